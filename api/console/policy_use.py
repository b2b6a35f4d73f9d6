"""What of the policy fired how often, what never did, and what people overruled or complained of (R29, R53)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request, Response
from markupsafe import Markup

from api.console.charts import Bar, Column, Figure, Kind, Sheet, axis_to, bars, plain
from api.console.policy_frame import Reading, opened, policy_page
from api.console.viewing import console
from api.console.words import number
from api.doors import FrontDep
from db.rule_use import MOST_JUDGED, WHILES, Counts, Judged, RuleUse, Use
from models.figures import TOO_FEW, Share
from models.lead import Fit, Intent
from models.policy import Policy
from models.qualifying import Via, WayRule
from policy.insight.shares import share
from runtime.front import Front
from runtime.telling_policy.leads import WAYS
from runtime.telling_policy.routing import TIED

router = console()

NONE: Counts = (0, 0, 0)
_WENT: dict[str, str] = {way.value: says for way, says in WAYS.items()}
UNRULED = "a tie, the default pool or a person"
NO_RULES = frozenset({"", *(tie.value for tie in TIED), *(via.value for via in Via)})
"""What a complaint names as the rule where none decided."""

VIAS = {
    Via.RELATIONSHIP: "where a way asks for them: who looks after the account",
    Via.SUCCESS: "where a way asks for them: the account's customer success",
}

TOLD = 6
"""Leads that are named beside a rule that was complained of."""

BARS = 20
"""Rules in the chart, those with the most leads."""


_BY_MATRIX = re.compile(rf"promoted: |({'|'.join(Intent)}) intent, ({'|'.join(Fit)}) fit\b")
"""How the reason of a decision begins where no way made it (policy.qualification)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the policy that may fire. `there`: the published policy has it."""

    name: str
    goes: str
    leads: Counts
    there: bool = True

    @property
    def silent(self) -> bool:
        """Say whether it is in the policy, and took no lead in all of the time."""
        return self.there and not self.leads[-1]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A routing rule, with what people did about it in 90 days."""

    line: Line
    use: RuleUse
    handed: Share
    complaints: int
    complained: Sequence[tuple[str, str]] = ()

    @property
    def tells(self) -> bool:
        """Say whether there are enough leads for a share to mean anything."""
        return self.handed.of >= TOO_FEW


@dataclass(frozen=True, slots=True)
class Fired:
    """Everything that may fire, by where it stands in the policy."""

    rules: tuple[RuleLine, ...]
    unruled: RuleLine
    ways: tuple[Line, ...]
    matrix: tuple[Line, ...]
    ties: tuple[Line, ...]
    promises: tuple[Line, ...]

    @property
    def silent(self) -> tuple[tuple[str, str], ...]:
        """Name what took no lead, with where it stands."""
        told = (
            ("rule", [one.line for one in self.rules]),
            ("way", self.ways),
            ("tie", self.ties),
            ("promise", self.promises),
        )
        return tuple((where, one.name) for where, lines in told for one in lines if one.silent)

    @property
    def contested(self) -> tuple[RuleLine, ...]:
        """Give the rules that people moved leads of, or complained of, the most first."""
        found = [one for one in (*self.rules, self.unruled) if one.use.handed or one.complaints]
        return tuple(sorted(found, key=lambda one: (-one.complaints, -one.use.handed)))


@router.get("/policy/use")
async def use(request: Request, front: FrontDep, viewer: Reading) -> Response:
    """Show how often each rule, way, tie and promise fired."""
    active = await front.store.policies.active()
    policy = await opened(active) if active else None
    found = await front.store.rule_uses.read(at=front.clock())
    fired = told(policy, found)
    return await policy_page(
        request, front, viewer, "policy_use.html", title="What fired", tab="/policy/use", active=active, fired=fired,
        figure=_figure(fired), since=found.judged_since, most=MOST_JUDGED, whiles=WHILES,
    )  # fmt: skip


@router.get("/policy/use.csv")
async def file(front: FrontDep, _viewer: Reading) -> Response:
    """Give the same as a file: rules with what people did about them, ways, ties and promises."""
    headers = {"Content-Disposition": 'attachment; filename="policy-use.csv"'}
    return Response((await _sheet(front)).csv(), media_type="text/csv; charset=utf-8", headers=headers)


async def _sheet(front: Front) -> Sheet:
    active = await front.store.policies.active()
    policy = await opened(active) if active else None
    fired = told(policy, await front.store.rule_uses.read(at=front.clock()))
    columns = (
        Column("kind", "What"), Column("name", "Name"), Column("in_policy", "In the policy"),
        *(Column(f"leads_{days}d", f"{days} days", Kind.COUNT) for days in WHILES),
        Column("moved_by_hand_90d", "Moved by hand", Kind.COUNT), Column("complaints_90d", "Complaints", Kind.COUNT),
    )  # fmt: skip
    rows = [("rule", *_cells(one.line), one.use.handed, one.complaints) for one in (*fired.rules, fired.unruled)]
    others = (("way", fired.ways), ("matrix", fired.matrix), ("tie", fired.ties), ("promise", fired.promises))
    rest = [(kind, *_cells(one), None, None) for kind, lines in others for one in lines]
    return Sheet("policy-use", columns, (*rows, *rest))


def _cells(one: Line) -> tuple[str | int, ...]:
    return (one.name, "yes" if one.there else "no", *one.leads)


def told(policy: Policy | None, use: Use) -> Fired:
    """Put what fired beside what the policy has."""
    ways = policy.ways if policy else []
    return Fired(
        rules=tuple(_rules(policy, use)),
        unruled=_unruled(use),
        ways=tuple(_lines({way.name: WAYS[way.do] for way in ways}, _ways(use.judged, ways))),
        matrix=tuple(_others(use.judged, ways)),
        ties=tuple(_lines(_tied(policy), use.ties)),
        promises=tuple(_lines({one.name: "" for one in policy.sla} if policy else {}, _slas(use.judged))),
    )


def _rules(policy: Policy | None, use: Use) -> Iterator[RuleLine]:
    known = {rule.name: f"pool {rule.pool}" for rule in policy.routing.rules} if policy else {}
    # A way that names a pool is told with a decision as the rule that it is.
    ways = policy.ways if policy else []
    known |= {
        way.name: f"a way, pool {way.pool}" for way in ways if way.name in use.rules or way.name in use.complaints
    }
    complaints = {name: NONE for name in use.complaints if name not in NO_RULES}
    for line in _lines(known, complaints | {name: one.leads for name, one in use.rules.items()}):
        yield _rule(line, use.rules.get(line.name, RuleUse(NONE, 0, 0, 0, 0)), use, [line.name])


def _unruled(use: Use) -> RuleLine:
    """Tell of what no rule decided; who complains of a tie's lead names the tie."""
    return _rule(Line(UNRULED, "", use.unruled.leads), use.unruled, use, sorted(NO_RULES - use.rules.keys()))


def _rule(line: Line, one: RuleUse, use: Use, names: Sequence[str]) -> RuleLine:
    complaints = sum(use.complaints.get(name, 0) for name in names)
    complained = [lead for name in names for lead in use.complained.get(name, ())]
    return RuleLine(line, one, share(one.handed, one.leads[-1]), complaints, complained[:TOLD])


def _tied(policy: Policy | None) -> dict[str, str]:
    """Name the ties of a policy; a way may say whose a customer's lead is, too."""
    if policy is None:
        return {}
    by_way = {way.via.value: VIAS[way.via] for way in policy.ways if way.via is not None}
    return by_way | {tie.to.value: TIED[tie.to] for tie in policy.routing.ties}


def _lines(known: Mapping[str, str], counted: Mapping[str, Counts]) -> Iterator[Line]:
    """Give what the policy has in its order, then what fired and it has no longer."""
    for name, goes in known.items():
        yield Line(name, goes, counted.get(name, NONE))
    for name in sorted(counted.keys() - known.keys()):
        yield Line(name, "", counted[name], there=False)


def _ways(judged: Iterable[Judged], ways: Sequence[WayRule]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for one in judged:
        if (name := _way_of(one, ways)) is not None:
            found[name] = _sum(found.get(name, NONE), one.leads)
    return found


def _way_of(one: Judged, ways: Sequence[WayRule]) -> str | None:
    """Name the way that decided: its name stands first in the reason of the decision, in whichever version it was."""
    if (known := next((way.name for way in ways if one.because.startswith(f"{way.name}: ")), None)) is not None:
        return known
    # What neither matrix nor points decided, a way did that the policy has no more.
    return None if _BY_MATRIX.match(one.because) else one.because.partition(": ")[0] or None


def _others(judged: Iterable[Judged], ways: Sequence[WayRule]) -> Iterator[Line]:
    """Give what no way of the policy decided, by intent and fit, the most first."""
    found: dict[tuple[str, str], Counts] = {}
    for one in judged:
        if _way_of(one, ways) is None:
            promoted = "promoted by points, " if one.because.startswith("promoted") else ""
            seems = f"{promoted}{one.intent or 'unknown'} intent, {one.fit or 'unknown'} fit"
            key = (seems, _WENT.get(one.way, one.way))
            found[key] = _sum(found.get(key, NONE), one.leads)
    for (seems, goes), leads in sorted(found.items(), key=lambda one: -one[1][-1]):
        yield Line(seems, goes, leads)


def _slas(judged: Iterable[Judged]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for one in judged:
        if one.sla is not None:
            found[one.sla] = _sum(found.get(one.sla, NONE), one.leads)
    return found


def _sum(one: Counts, two: Counts) -> Counts:
    return (one[0] + two[0], one[1] + two[1], one[2] + two[2])


def _figure(fired: Fired) -> Figure:
    """Draw the leads of 30 days by the rule that they came by."""
    rules = [one for one in fired.rules if one.line.leads[1]]
    most = sorted(rules, key=lambda one: -one.line.leads[1])[:BARS]
    columns = (Column("rule", "Rule"), Column("leads_30d", "Leads", Kind.COUNT))
    sheet = Sheet("rules", columns, tuple((one.line.name, one.line.leads[1]) for one in most))
    whole = sum(one.line.leads[1] for one in rules) + fired.unruled.line.leads[1]
    if not most:
        return Figure("Leads by rule, last 30 days", "No lead came by a rule in 30 days.", Markup(), sheet)
    first = most[0]
    brought = f"{number(first.line.leads[1])} of {number(whole)}"
    says = f"{first.line.name} brought the most: {brought} leads that were offered to somebody."
    drawing = bars(
        "Leads by rule, last 30 days",
        [Bar(one.line.name, float(one.line.leads[1]), number(one.line.leads[1])) for one in most],
        axis=axis_to(float(first.line.leads[1]), whole=True),
        written=plain,
    )
    return Figure("Leads by rule, last 30 days", says, drawing, sheet, csv="/policy/use.csv")
