"""Analytics: a bad source told apart from bad routing (R50)."""

from markupsafe import Markup

from api.console.analytics_asked import LABELS, Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Bar, Column, Figure, Kind, Mark, Sheet, bars
from api.console.words import number, share
from models.figures import TOO_FEW, Dimension
from policy.insight.blame import ENOUGH, Blame, Weighed, weigh
from policy.insight.shares import share as share_of
from policy.trials.experiment import Counted

SAYS = {
    Blame.FEW: "too few to tell",
    Blame.NONE: "converts like the others or better",
    Blame.SOURCE: "a bad source",
    Blame.ROUTING: "bad routing",
    Blame.BOTH: "a bad source, and bad routing",
    Blame.UNSURE: "worse, and not to be told why",
}
BLAMED = (Blame.SOURCE, Blame.ROUTING, Blame.BOTH, Blame.UNSURE)
MOST_ROWS, MOST_SAID = 20, 3


async def build(asked: Asked) -> Built:
    """Hold each source against the others, as a whole and on leads that were dealt with alike."""
    found = weigh(await asked.front.store.insights.handled(asked.filters))
    told = [one for one in found if one.blame is not Blame.FEW]
    sheet = _sheet(found)
    return Built(
        says=_sentences(found),
        stats=[
            Stat("Sources with enough leads", f"{len(told)} of {len(found)}", f"{ENOUGH} leads each"),
            *(
                _blamed(label, found, one)
                for label, one in (("Bad sources", Blame.SOURCE), ("Bad routing", Blame.ROUTING))
            ),
            _blamed("Both", found, Blame.BOTH),
        ],
        figures=[_converts(asked, found, sheet), _answered(asked, found, sheet)],
        notes=[
            "Converted: became an opportunity. Counted are offered leads whose promise was kept or broken.",
            "Leads that may still come to something do not count: a new source is not bad because it is new.",
            "Dealt with alike: answered by the same team, in time or late as the others' leads it is compared with.",
            "Other kinds of leads are not put right for: to send better or worse ones is what a source does.",
        ],
    )


def _blamed(label: str, found: tuple[Weighed, ...], blame: Blame) -> Stat:
    count = sum(one.blame is blame for one in found)
    return Stat(label, number(count), tone="late" if count else "")


def _sentences(found: tuple[Weighed, ...]) -> list[str]:
    if not any(one.blame is not Blame.FEW for one in found):
        leads = sum(one.leads.leads for one in found)
        return [f"Too few leads of two sources to compare (n = {number(leads)})."]
    blamed = sorted((one for one in found if one.blame in BLAMED), key=lambda one: one.difference * one.leads.leads)
    if not blamed:
        return ["No source converts clearly worse than the others."]
    more = len(blamed) - MOST_SAID
    rest = [f"{more} more: see the table."] if more > 0 else []
    return [*(said for one in blamed[:MOST_SAID] for said in in_words(one)), *rest]


def in_words(one: Weighed) -> list[str]:
    """Say what is wrong with a source, with both numbers."""
    said = [f"{one.source}: {SAYS[one.blame]}."]
    rates = f"It converts {share(one.leads.rate)}, the others {share(one.others.rate)}"
    if one.own is None:
        return [*said, f"{rates}; too few of the others' leads were dealt with as these were."]
    said.append(f"{rates}, and {share(one.alike)} where they are dealt with as these are.")
    if one.blame in (Blame.ROUTING, Blame.BOTH):
        said.append(f"In time are answered {_in_time(one.in_time, one.late)} of its leads, and "
                    f"{_in_time(one.others_in_time, one.others_late)} of the others.")  # fmt: skip
        if one.off_team is not None:
            said.append(f"More of them go to {one.off_team or 'no team'}, which converts worse.")
    if one.blame in (Blame.SOURCE, Blame.BOTH):
        said.append(f"Answered in time it converts {_rate(one.in_time)}, late {_rate(one.late)}.")
    return said


def _in_time(in_time: Counted, late: Counted) -> str:
    leads = in_time.leads + late.leads
    return share(in_time.leads / leads) if leads else "none"


def _rate(one: Counted) -> str:
    if one.leads < TOO_FEW:
        return f"too few to tell (n = {number(one.leads)})"
    return f"{share(one.rate)} (n = {number(one.leads)})"


def _converts(asked: Asked, found: tuple[Weighed, ...], sheet: Sheet) -> Figure:
    title = "What each source converts, and what it would"
    return Figure(
        title,
        "The bar is the source; the tick is what the others' leads convert that were dealt with alike. A bar short of "
        "its tick is a bad source; a tick that is low itself is bad routing.",
        bars(title, [_bar(one) for one in found[:MOST_ROWS]]) if found else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _bar(one: Weighed) -> Bar:
    if one.blame is Blame.FEW or one.leads.rate is None:
        return Bar(one.source, None, f"too few, n = {number(one.leads.leads)}")
    sure = share_of(one.leads.converted, one.leads.leads)
    note = f"{share(one.leads.rate)}, n = {number(one.leads.leads)}"
    return Bar(one.source, one.leads.rate, note, sure.low, sure.high, one.alike, 2 if one.blame in BLAMED else 1)


def _answered(asked: Asked, found: tuple[Weighed, ...], sheet: Sheet) -> Figure:
    title = f"Answered in time, by {LABELS[Dimension.SOURCE].lower()}"
    drawn = []
    for one in found[:MOST_ROWS]:
        kept = share_of(one.in_time.leads, one.leads.leads)
        note = f"{share(kept.rate)}, n = {number(kept.of)}"
        few = Bar(one.source, None, f"too few, n = {number(kept.of)}")
        drawn.append(Bar(one.source, kept.rate, note, kept.low, kept.high) if kept.tells else few)
    whole = share_of(sum(one.in_time.leads for one in found), sum(one.leads.leads for one in found))
    target = Mark(whole.rate, f"all: {share(whole.rate)}") if whole.tells and whole.rate is not None else None
    return Figure(
        title,
        "Most leads first; whiskers are the 95\u00a0% interval.",
        bars(title, drawn, target=target) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _sheet(found: tuple[Weighed, ...]) -> Sheet:
    return Sheet(
        "sources",
        (
            Column("source", "Source"),
            Column("so", "So"),
            Column("leads", "Leads", Kind.COUNT),
            Column("share", "Converts", Kind.SHARE),
            Column("others", "The others", Kind.SHARE),
            Column("difference", "Difference", Kind.SHARE),
            Column("own", "Its own part", Kind.SHARE),
            Column("own_low", "At least", Kind.SHARE),
            Column("own_high", "At most", Kind.SHARE),
            Column("routing", "By how it is dealt with", Kind.SHARE),
            Column("in_time", "In time, number", Kind.COUNT),
            Column("in_time_share", "Of those converted", Kind.SHARE),
            Column("late", "Late, number", Kind.COUNT),
            Column("late_share", "Of these converted", Kind.SHARE),
            Column("off_team", "Team that does not fit"),
        ),
        tuple(_cells(one) for one in found),
    )


def _cells(one: Weighed) -> tuple[str | int | float | None, ...]:
    shares: tuple[float | None, ...] = (None,) * 7
    if one.blame is not Blame.FEW:
        sure = one.own_interval
        ends = (sure.low, sure.high) if sure else (None, None)
        shares = (one.leads.rate, one.others.rate, one.difference, one.own, *ends, one.routing)
    rates = [part.rate if part.leads >= TOO_FEW else None for part in (one.in_time, one.late)]
    return (
        one.source, SAYS[one.blame], one.leads.leads, *shares,
        one.in_time.leads, rates[0], one.late.leads, rates[1], one.off_team or "",
    )  # fmt: skip


VIEW = View("sources", "Sources", "Bad source or bad routing?", "Why the leads of a source come to less.", build)
