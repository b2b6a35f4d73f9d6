"""A simulation as tables that a person reads; what they hold is in the JSON document and the CSV file, too."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType

from cli.output import facts, instant, span, table
from policy.simulation.diff import SAYS, Difference, Pair
from policy.simulation.report import HEALTHY_REVIEW, Exposure, Report
from policy.simulation.verdicts import Verdict
from runtime.telling_policy.simulation import Told

LISTED = 20
"""So many leads that fare differently are shown, those first in which more differs than the turn."""


def layout(told: Told) -> list[RenderableType]:
    """Lay everything out, an empty line after each part."""
    parts = [_head(told), *_people(told), *_troubles(told.draft.report), *_exposures(told.draft.report)]
    if told.against:
        parts += _differences(told)
    return [piece for part in parts for piece in (part, "")][:-1]


def _head(told: Told) -> RenderableType:
    report = told.draft.report
    least, most = HEALTHY_REVIEW
    return facts(
        {
            "policy": told.draft.policy,
            "against": told.against.policy if told.against else None,
            "roster": told.roster,
            "leads": f"{report.leads:,} from {told.leads_from}",
            "received": f"{instant(told.first_at)} to {instant(told.last_at)}",
            "review": f"{report.review_share:.1%} are decided by people; healthy is {least:.0%} to {most:.0%}",
            "automatic": f"{report.automatic_share:.1%}",
            "assumed": "\n".join(told.assumptions),
            "left out": "\n".join(report.left_out),
        }
    )


def _people(told: Told) -> Iterator[RenderableType]:
    report, before = told.draft.report, told.against.report if told.against else None
    beside = ("before",) if before else ()

    def with_before(known: Mapping[str, int] | None, name: str) -> Sequence[object]:
        return () if known is None else (known.get(name, 0),)

    fates = before.fates if before else None
    rows = [
        (fate, count, f"{count / report.leads:.1%}", *with_before(fates, fate)) for fate, count in report.fates.items()
    ]
    yield table(("what becomes of them", "leads", "share", *beside), rows)
    had = {one.rep: one.leads for one in before.reps} if before else None
    reps = [
        (one.rep, one.team, one.leads, *with_before(had, one.rep), f"{one.share:.1%}", f"{one.weight_share:.1%}",
         one.held, one.late, f"{one.peak_load} of {one.capacity}")
        for one in report.reps
    ]  # fmt: skip
    yield table(("rep", "team", "leads", *beside, "share", "by weight", "held", "late", "most at once"), reps, "Reps")
    came = {one.pool: one.leads for one in before.pools} if before else None
    pools = [
        (one.pool, one.leads, *with_before(came, one.pool), one.offered, one.held, one.waiting, one.nobody, one.late)
        for one in report.pools
    ]
    heads = ("pool", "leads", *beside, "offered", "held before", "still waiting", "nobody", "late")
    yield table(heads, pools, "Pools")


def _troubles(report: Report) -> Iterator[RenderableType]:
    if report.nobody:
        yield table(("leads", "because"), [(count, why) for why, count in report.nobody.items()], "Nobody gets")
    silent = [(key, name) for key, names in report.never_fired.items() for name in names]
    if silent:
        yield table(("where", "which"), silent, "Took no lead")


def _exposures(report: Report) -> Iterator[RenderableType]:
    for title, head, lines in (
        ("Promises by hour of the day (UTC)", "hour", report.hours),
        ("Promises by region", "region", report.regions),
    ):
        yield table((head, "leads", "late", "share late", "longest wait"), list(map(_exposure, lines)), title)


def _exposure(one: Exposure) -> Sequence[object]:
    return one.where or "unknown", one.leads, one.late, f"{one.late / one.leads:.1%}", span(one.longest_wait)


def _differences(told: Told) -> Iterator[RenderableType]:
    rows = [(count, SAYS[difference]) for difference, count in told.counts.items()]
    alike = told.draft.report.leads - len(told.pairs)
    yield table(("leads", "difference"), [*rows, (alike, "no difference")], "Compared")
    shown = sorted(told.pairs, key=lambda pair: pair.difference is Difference.TURN)[:LISTED]
    if shown:
        more = len(told.pairs) - len(shown)
        title = "Lead by lead" + (f" ({more:,} more: --out FILE.csv has all)" if more else "")
        yield table(("lead", "difference", "before", "after"), list(map(_pair, shown)), title)


def _pair(pair: Pair) -> Sequence[object]:
    return pair.before.lead_id, pair.difference, _side(pair.before), _side(pair.after)


def _side(one: Verdict) -> str:
    who = f"{one.fate} {one.owner}" if one.owner else str(one.fate)
    by = (("tie", one.tie), ("rule", one.rule), ("way", one.way_rule))
    reason = next((f"{what} {name}" for what, name in by if name), None)
    where = ", ".join(filter(None, (reason, f"pool {one.pool}" if one.pool else None, one.sla)))
    return "\n".join(filter(None, (who, where, one.because)))
