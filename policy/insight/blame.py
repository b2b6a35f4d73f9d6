"""A bad source told apart from bad routing (R50).

A source converts worse than the others for two reasons: its leads are worse, or they are dealt with worse (answered
late, or by another team). Held against the others' leads that were dealt with alike, what is left is the source's own:
the difference of Mantel and Haenszel, with Sato's variance (Biometrics 45, 1989). The rest of the difference goes to
how its leads are dealt with. Kinds of leads are not put right: to send other kinds is what a source does. This room
refuses to blame anything that chance explains.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

from policy.trials.experiment import Counted, Interval, newcombe

ENOUGH = 30
"""With fewer leads, of the source or of the others, nothing is said; nor of fewer that were dealt with alike."""

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Handled:
    """Leads of one source that were dealt with alike: by which team, in time or late; `came`: those that converted."""

    source: str
    team: str
    in_time: bool
    leads: int
    came: int


class Blame(StrEnum):
    """What a source's difference comes from. `none`: it does not convert clearly worse."""

    FEW = "few"
    NONE = "none"
    SOURCE = "source"
    ROUTING = "routing"
    BOTH = "both"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Weighed:
    """One source beside all others.

    `gap`: how much more or less it converts, as shares; `own`: the part that is left on leads dealt with alike (None:
    there are too few). `in_time`, `late`: its leads by how they were answered; `others_*`: those of the others.
    `off_team`: the team that gets more of its leads than of the others' and converts worst, where one does.
    """

    source: str
    leads: Counted
    others: Counted
    gap: Interval
    own: float | None
    own_interval: Interval | None
    in_time: Counted
    late: Counted
    others_in_time: Counted
    others_late: Counted
    off_team: str | None
    blame: Blame

    @property
    def difference(self) -> float:
        """Give how much more (or less) it converts than the others, as a share."""
        return (self.leads.rate or 0.0) - (self.others.rate or 0.0)

    @property
    def alike(self) -> float | None:
        """Give the share that the others' leads convert that were dealt with alike."""
        return None if self.own is None else min(1.0, max(0.0, (self.leads.rate or 0.0) - self.own))

    @property
    def routing(self) -> float | None:
        """Give the part of the difference that goes to how its leads were dealt with."""
        return None if self.own is None else self.difference - self.own


_Cell = tuple[str, bool]


def weigh(handled: Iterable[Handled]) -> tuple[Weighed, ...]:
    """Hold each source against all others, most leads first."""
    cells: dict[str, dict[_Cell, Counted]] = defaultdict(dict)
    whole: dict[_Cell, Counted] = {}
    for one in handled:
        counted, cell = Counted(one.leads, one.came), (one.team, one.in_time)
        cells[one.source][cell] = _plus(cells[one.source].get(cell, _NONE), counted)
        whole[cell] = _plus(whole.get(cell, _NONE), counted)
    found = [_weighed(source, own, whole) for source, own in cells.items()]
    return tuple(sorted(found, key=lambda one: (-one.leads.leads, one.source)))


def alike(pairs: Iterable[tuple[Counted, Counted]]) -> tuple[float, Interval] | None:
    """Give the difference of rates over strata (first less second) of Mantel and Haenszel, and its interval, 95 %.

    None where no stratum has both.
    """
    weight = above = p_part = q_part = 0.0
    for one, other in pairs:
        n, m = one.leads, other.leads
        if not n or not m:
            continue
        a, b, whole = one.converted, other.converted, n + m
        weight += n * m / whole
        above += (a * m - b * n) / whole
        p_part += (n * n * b - m * m * a + n * m * (m - n) / 2) / whole**2
        q_part += (a * (m - b) + b * (n - a)) / (2 * whole)
    if not weight:
        return None
    difference = above / weight
    half = _Z * sqrt(max(0.0, difference * p_part + q_part)) / weight
    return difference, Interval(max(-1.0, difference - half), min(1.0, difference + half))


_NONE = Counted(0, 0)


def _plus(one: Counted, other: Counted) -> Counted:
    return Counted(one.leads + other.leads, one.converted + other.converted)


def _less(one: Counted, other: Counted) -> Counted:
    return Counted(one.leads - other.leads, one.converted - other.converted)


def _weighed(source: str, own: Mapping[_Cell, Counted], whole: Mapping[_Cell, Counted]) -> Weighed:
    others = {cell: _less(counted, own.get(cell, _NONE)) for cell, counted in whole.items()}
    leads, rest = _sum(own.values()), _sum(others.values())
    pairs = [(counted, others[cell]) for cell, counted in own.items() if counted.leads and others[cell].leads]
    fewest = min(sum(one.leads for one, _ in pairs), sum(other.leads for _, other in pairs))
    found = alike(pairs) if fewest >= ENOUGH else None
    gap = newcombe(leads, rest)
    return Weighed(
        source=source,
        leads=leads,
        others=rest,
        gap=gap,
        own=found[0] if found else None,
        own_interval=found[1] if found else None,
        in_time=_answered(own, in_time=True),
        late=_answered(own, in_time=False),
        others_in_time=_answered(others, in_time=True),
        others_late=_answered(others, in_time=False),
        off_team=_off_team(own, others),
        blame=_blame(leads, rest, gap, found),
    )


def _blame(leads: Counted, rest: Counted, gap: Interval, found: tuple[float, Interval] | None) -> Blame:
    if min(leads.leads, rest.leads) < ENOUGH or leads.converted + rest.converted < 2 * 5:
        return Blame.FEW
    if gap.high >= 0:
        return Blame.NONE
    if found is None:
        return Blame.UNSURE
    own, interval = found
    difference = (leads.rate or 0.0) - (rest.rate or 0.0)
    routed = (difference - own) / difference  # the part of the difference that is not the source's own
    surely = interval.low > difference  # less than all of it is the source's own
    if interval.high < 0:
        return Blame.BOTH if surely and routed >= 1 / 3 else Blame.SOURCE
    return Blame.ROUTING if surely and routed >= 1 / 2 else Blame.UNSURE


def _off_team(own: Mapping[_Cell, Counted], others: Mapping[_Cell, Counted]) -> str | None:
    """Find the team that has clearly more of its leads than of the others', and clearly less luck with them all."""
    mine, theirs = _by_team(own), _by_team(others)
    all_mine, all_theirs = _sum(mine.values()), _sum(theirs.values())
    worst: tuple[float, str] | None = None
    for team, counted in mine.items():
        rest = theirs.get(team, _NONE)
        has = newcombe(Counted(all_mine.leads, counted.leads), Counted(all_theirs.leads, rest.leads))
        both, elsewhere = _plus(counted, rest), _less(_plus(all_mine, all_theirs), _plus(counted, rest))
        does = newcombe(both, elsewhere)
        if has.low > 0 and does.high < 0 and both.leads >= ENOUGH and (worst is None or does.high < worst[0]):
            worst = (does.high, team)
    return worst[1] if worst else None


def _by_team(cells: Mapping[_Cell, Counted]) -> dict[str, Counted]:
    found: dict[str, Counted] = {}
    for (team, _), counted in cells.items():
        found[team] = _plus(found.get(team, _NONE), counted)
    return found


def _answered(cells: Mapping[_Cell, Counted], *, in_time: bool) -> Counted:
    return _sum(counted for cell, counted in cells.items() if cell[1] is in_time)


def _sum(counted: Iterable[Counted]) -> Counted:
    whole = _NONE
    for one in counted:
        whole = _plus(whole, one)
    return whole
