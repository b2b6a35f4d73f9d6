"""What a simulation's verdicts come to: who got how much, who got nobody, which promises nobody could have kept.

This room refuses to replay (`policy/simulation/simulator.py`) and to lay tables out.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.ladder import RungKind
from models.policy import Policy
from models.roster import Roster
from models.sla import Late
from policy.routing.crew import members_of
from policy.routing.strategies import weight_of
from policy.simulation.verdicts import ROUTED, Fate, Verdict

HEALTHY_REVIEW = (0.10, 0.20)
"""The share of leads that people decide on which the field calls healthy (R28)."""


@dataclass(frozen=True, slots=True)
class RepLine:
    """One rep: leads, their share of all that were offered, and what the weights in the leads' pools would make it.

    `held` of them waited before; `late` were offered after their promise was due. `peak_load` is the most at once.
    """

    rep: str
    team: str
    leads: int
    share: float
    weight_share: float
    held: int
    late: int
    peak_load: int
    capacity: int


@dataclass(frozen=True, slots=True)
class ShareLine:
    """One active member of one pool: leads of it, their share, and the share that their weight has in it."""

    pool: str
    rep: str
    leads: int
    share: float
    weight_share: float


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool: what became of the leads for it; `held` are those of the offered ones that waited before."""

    pool: str
    leads: int
    offered: int
    held: int
    waiting: int
    nobody: int
    late: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """Promises at one hour of the day or in one region: leads for sales, those late, and the longest wait."""

    where: str
    leads: int
    late: int
    longest_wait: timedelta


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Shares of review and automatic routing are of leads that were judged: folded ones were not.

    `nobody` counts why nobody could be offered a lead. `never_fired` names what took no lead, by the policy's key
    (R53). `hours` are by the hour (UTC) at which a lead was to go to a person. `left_out` is what of the policy does
    nothing here, and why.
    """

    leads: int
    fates: Mapping[str, int]
    review_share: float
    automatic_share: float
    reps: Sequence[RepLine]
    pools: Sequence[PoolLine]
    shares: Sequence[ShareLine]
    nobody: Mapping[str, int]
    fired: Mapping[str, Mapping[str, int]]
    never_fired: Mapping[str, Sequence[str]]
    hours: Sequence[Exposure]
    regions: Sequence[Exposure]
    left_out: Sequence[str]

    @property
    def healthy(self) -> bool:
        """Say whether people decide on as many leads as is healthy (R28)."""
        least, most = HEALTHY_REVIEW
        return least <= self.review_share <= most


def report(verdicts: Iterable[Verdict], policy: Policy, roster: Roster, peaks: Mapping[str, int]) -> Report:
    """Sum verdicts up; `peaks` are the most leads that each rep had to contact at once."""
    everybody = list(verdicts)
    fates = Counter(one.fate for one in everybody)
    routed = [one for one in everybody if one.fate in ROUTED]
    judged = len(everybody) - fates[Fate.FOLDED]
    by_hand = fates[Fate.REVIEW] + fates[Fate.NOBODY]
    fired = {
        "ways": _counted(one.way_rule for one in everybody),
        "routing.ties": _counted(one.tie for one in routed),
        "routing.rules": _counted(one.rule for one in routed),
        "sla": _counted(one.sla for one in routed),
    }
    shares = list(_shares(routed, roster))
    return Report(
        leads=len(everybody),
        fates={fate.value: fates[fate] for fate in Fate},
        review_share=fates[Fate.REVIEW] / max(judged, 1),
        automatic_share=(judged - by_hand) / max(judged, 1),
        reps=list(_reps(routed, roster, shares, peaks)),
        pools=list(_pools(routed)),
        shares=shares,
        nobody=_counted(one.because.partition(":")[0] for one in routed if one.fate is Fate.NOBODY),
        fired=fired,
        never_fired={key: _left_out(names, fired[key]) for key, names in _named(policy).items()},
        hours=list(_exposures(routed, lambda one: f"{(one.routed_at or one.received_at).hour:02}")),
        regions=list(_exposures(routed, lambda one: one.region or "")),
        left_out=list(_left_out_of(policy)),
    )


def _left_out_of(policy: Policy) -> Iterator[str]:
    kinds = {rung.do for one in policy.sla for rung in [*one.ladder[1:], *one.contact]}
    if kinds:
        rungs = ", ".join(kind for kind in RungKind if kind in kinds)
        yield f"rungs behind the first offer ({rungs}): everybody takes the first offer they get, and makes contact"
    if policy.routing.aside is not None:
        yield "routing.aside: no offer runs out, so nobody is set aside"
    if any(one.late.do is Late.PAGE for one in policy.sla):
        yield "late, page: the lead waits as it would, and whoever is paged does nothing about it"


def _named(policy: Policy) -> Mapping[str, Sequence[str]]:
    """List what of a policy may take a lead, by its key."""
    return {
        "ways": [way.name for way in policy.ways],
        "routing.ties": [tie.to for tie in policy.routing.ties],
        "routing.rules": [rule.name for rule in policy.routing.rules],
        "sla": [one.name for one in policy.sla],
    }


def _left_out(names: Sequence[str], fired: Mapping[str, int]) -> Sequence[str]:
    return [str(name) for name in names if name not in fired]


def _counted(names: Iterable[str | None]) -> Mapping[str, int]:
    return dict(Counter(str(name) for name in names if name is not None).most_common())


def _shares(routed: Iterable[Verdict], roster: Roster) -> Iterator[ShareLine]:
    given = Counter((one.pool, one.owner) for one in routed if one.fate is Fate.OFFERED)
    for name, pool in roster.pools.items():
        total = sum(count for (of, _), count in given.items() if of == name)
        members = {rep.id: weight_of(pool, rep) for rep in members_of(roster, pool) if rep.active}
        others = [str(owner) for of, owner in given if of == name and owner not in members]
        for rep_id in [*members, *others] if total else []:
            leads = given[name, rep_id]
            yield ShareLine(name, rep_id, leads, leads / total, members.get(rep_id, 0) / max(sum(members.values()), 1))


def _reps(
    routed: Sequence[Verdict], roster: Roster, shares: Sequence[ShareLine], peaks: Mapping[str, int]
) -> Iterator[RepLine]:
    offered = [one for one in routed if one.fate is Fate.OFFERED]
    leads = Counter(one.owner for one in offered)
    held = Counter(one.owner for one in offered if one.held)
    late = Counter(one.owner for one in offered if one.late)
    per_pool = Counter(one.pool for one in offered)
    for rep in roster.reps:
        fair = sum(one.weight_share * per_pool[one.pool] for one in shares if one.rep == rep.id)
        if rep.active or leads[rep.id]:
            yield RepLine(
                rep=rep.id,
                team=rep.team,
                leads=leads[rep.id],
                share=leads[rep.id] / max(len(offered), 1),
                weight_share=fair / max(len(offered), 1),
                held=held[rep.id],
                late=late[rep.id],
                peak_load=peaks.get(rep.id, 0),
                capacity=rep.capacity,
            )


def _pools(routed: Iterable[Verdict]) -> Iterator[PoolLine]:
    for pool, theirs in _grouped(routed, lambda one: one.pool or ""):
        fates = Counter(one.fate for one in theirs)
        yield PoolLine(
            pool=pool,
            leads=len(theirs),
            offered=fates[Fate.OFFERED],
            held=sum(one.held and one.fate is Fate.OFFERED for one in theirs),
            waiting=fates[Fate.WAITING],
            nobody=fates[Fate.NOBODY],
            late=sum(one.late for one in theirs),
        )


def _exposures(routed: Iterable[Verdict], where: Callable[[Verdict], str]) -> Iterator[Exposure]:
    for place, theirs in _grouped(routed, where):
        yield Exposure(place, len(theirs), sum(one.late for one in theirs), max(one.held_for for one in theirs))


def _grouped(verdicts: Iterable[Verdict], by: Callable[[Verdict], str]) -> Iterable[tuple[str, Sequence[Verdict]]]:
    groups: dict[str, list[Verdict]] = {}
    for one in verdicts:
        groups.setdefault(by(one), []).append(one)
    return sorted(groups.items())
