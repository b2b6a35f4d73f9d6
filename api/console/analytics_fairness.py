"""Analytics: who was offered what, beside what is theirs by weight, and who is full or idle (R22, R51)."""

from collections import defaultdict
from collections.abc import Sequence

from markupsafe import Markup

from api.console.analytics_asked import Asked
from api.console.analytics_view import Built, Stat, View
from api.console.charts import Bar, Column, Figure, Kind, Sheet, Stack, axis_to, bars, plain, stacked
from api.console.words import number, share
from models.figures import TOO_FEW, Dimension, Fairness, RepLoad

MOST_ROWS, MOST_TEAMS = 25, 6


async def build(asked: Asked) -> Built:
    """Show offers, answers and load by rep."""
    found = await asked.figures.fairness(asked.filters)
    sheet = _sheet(asked, found)
    teams: dict[str, list[RepLoad]] = defaultdict(list)
    for one in found.reps:
        teams[one.team].append(one)
    largest = sorted(teams, key=lambda team: (-sum(one.offers for one in teams[team]), team))
    full = [one for one in found.reps if one.capacity is not None and one.in_hand >= one.capacity]
    idle = [one for one in found.reps if one.capacity and not one.in_hand]
    shown = largest[:MOST_TEAMS]
    notes = [] if len(teams) <= MOST_TEAMS else [f"Drawn are {MOST_TEAMS} of {len(teams)} teams; the table has all."]
    return Built(
        says=_sentences(asked, found, full),
        stats=[
            Stat("Offers", number(found.offers), "leads may be offered more than once"),
            Stat("Reps", number(len(found.reps))),
            Stat("Full now", number(len(full)), "as many leads in hand as they may have", "late" if full else ""),
            Stat("Nothing in hand", number(len(idle))),
        ],
        figures=[
            *(_shares(asked, team, teams[team], sheet) for team in shown),
            _answers(asked, found.reps, sheet),
            _load(asked, found.reps, sheet),
        ],
        notes=[
            "Shares are of offers by rules; what is theirs by weight is of the reps that are active now.",
            "Time away, skills and accounts shift shares for good reasons: the ledger of each pool tells which.",
            *notes,
        ],
    )


def _sentences(asked: Asked, found: Fairness, full: Sequence[RepLoad]) -> list[str]:
    if not found.offers:
        return ["Nobody was offered a lead in this while."]
    away = [one for one in found.reps if one.expected is not None and one.share.tells and not _within(one)]
    says = []
    if away:
        far = max(away, key=lambda one: abs((one.share.rate or 0.0) - (one.expected or 0.0)))
        more = "more" if (far.share.rate or 0.0) > (far.expected or 0.0) else "less"
        says.append(
            f"{asked.names.of(Dimension.REP, far.rep_id)} was offered {share(far.share.rate)} of {far.team}'s leads, "
            f"{more} than chance would make of {share(far.expected)} by weight."
        )
    else:
        says.append("Nobody was offered surely more or less than what is theirs by weight.")
    if full:
        said = ", ".join(asked.names.of(Dimension.REP, one.rep_id) for one in full[:5])
        says.append(f"Full now: {said}{f' and {len(full) - 5} more' if len(full) > 5 else ''}.")
    return says


def _within(one: RepLoad) -> bool:
    return one.expected is not None and one.share.low <= one.expected <= one.share.high


def _shares(asked: Asked, team: str, reps: Sequence[RepLoad], sheet: Sheet) -> Figure:
    title = f"Offers by rules: {asked.names.of(Dimension.TEAM, team)}"
    drawn = []
    for one in reps[:MOST_ROWS]:
        name = asked.names.of(Dimension.REP, one.rep_id)
        if one.share.of < TOO_FEW:
            drawn.append(Bar(name, None, f"too few, {one.share.part} of {one.share.of}"))
        else:
            note = f"{share(one.share.rate)}, {number(one.share.part)}"
            drawn.append(Bar(name, one.share.rate, note, one.share.low, one.share.high, one.expected))
    most = max((max(one.high or 0.0, one.mark or 0.0) for one in drawn), default=1.0)
    scale = axis_to(most or 1.0)
    more = f" The first {MOST_ROWS} of {len(reps)}; the table has all." if len(reps) > MOST_ROWS else ""
    return Figure(
        title,
        f"The share of the team's offers by rules; the tick is what is theirs by weight, whiskers are 95\u00a0%.{more}",
        bars(title, drawn, axis=scale, written=lambda one: f"{100 * one:.3g} %") if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
    )


def _answers(asked: Asked, reps: Sequence[RepLoad], sheet: Sheet) -> Figure:
    title = "What became of the offers"
    offered = [one for one in sorted(reps, key=lambda one: -one.offers) if one.offers]
    rows = []
    for one in offered[:MOST_ROWS]:
        parts = (one.accepted.part, one.declined, one.ran_out)
        rest = max(0, one.offers - sum(parts))
        note = f"{number(one.offers)} offers"
        rows.append(Stack(asked.names.of(Dimension.REP, one.rep_id), (*parts, rest), note))
    return Figure(
        title,
        "Other: still open, or taken away before an answer.",
        stacked(title, rows, (1, 2, 4, 6)) if rows else Markup(),
        sheet,
        (("accepted", "s1"), ("declined", "s2"), ("ran out", "s4"), ("other", "s6")),
        asked.csv(sheet.name),
        "Nobody was offered a lead in this while.",
    )


def _load(asked: Asked, reps: Sequence[RepLoad], sheet: Sheet) -> Figure:
    title = "In hand now"
    ordered = sorted(reps, key=lambda one: (-one.in_hand, -(one.capacity or 0)))[:MOST_ROWS]
    drawn = []
    for one in ordered:
        most = "" if one.capacity is None else f" of {number(one.capacity)}"
        full = one.capacity is not None and one.in_hand >= one.capacity
        note = f"{number(one.in_hand)}{most}{', full' if full else ''}"
        name = asked.names.of(Dimension.REP, one.rep_id)
        drawn.append(Bar(name, one.in_hand, note, mark=one.capacity, tone=2 if full else 1))
    scale = axis_to(max((max(one.in_hand, one.capacity or 0) for one in ordered), default=1), whole=True)
    return Figure(
        title,
        "Leads that count against a rep's capacity, which is the tick. It is as of now, whatever days are chosen.",
        bars(title, drawn, axis=scale, written=plain) if drawn else Markup(),
        sheet,
        csv=asked.csv(sheet.name),
        empty="There is nobody to have a lead.",
    )


def _sheet(asked: Asked, found: Fairness) -> Sheet:
    return Sheet(
        "reps",
        (
            Column("name", "Rep"),
            Column("team", "Team"),
            Column("offers", "Offers", Kind.COUNT),
            Column("share", "Share by rules", Kind.SHARE),
            Column("low", "At least", Kind.SHARE),
            Column("high", "At most", Kind.SHARE),
            Column("expected", "By weight", Kind.SHARE),
            Column("accepted", "Accepted", Kind.COUNT),
            Column("accepted_share", "Of answered", Kind.SHARE),
            Column("declined", "Declined", Kind.COUNT),
            Column("ran_out", "Ran out", Kind.COUNT),
            Column("half_s", "Half within", Kind.SPAN),
            Column("in_hand", "In hand", Kind.COUNT),
            Column("capacity", "Capacity", Kind.COUNT),
            Column("rep_id", "", Kind.KEY),
        ),
        tuple(_cells(asked, one) for one in found.reps),
    )


def _cells(asked: Asked, one: RepLoad) -> tuple[str | int | float | None, ...]:
    name, tells = asked.names.of(Dimension.REP, one.rep_id), one.share.of >= TOO_FEW
    sure = (one.share.rate, one.share.low, one.share.high) if tells else (None, None, None)
    accepted = one.accepted.rate if one.accepted.tells else None
    return (
        name, one.team, one.offers, *sure, one.expected, one.accepted.part, accepted, one.declined, one.ran_out,
        one.half_s if one.accepted.part >= TOO_FEW else None, one.in_hand, one.capacity, one.rep_id,
    )  # fmt: skip


VIEW = View("fairness", "Load", "Load and fairness", "Who gets how much, and who has how much in hand.", build)
