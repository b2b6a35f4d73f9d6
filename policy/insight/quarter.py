"""The quarterly review: what of the policy is dead, overruled, or missing, and which teams carry too much (R53).

It is read off counts of two quarters, the one that is reviewed and the one before. What so few leads show that it may
be chance is left out. This room refuses to change a policy or a roster: what follows is for people to decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log, sqrt

from models.figures import TOO_FEW, Share
from policy.insight.shares import share

OVERRULED = 0.2
"""A rule is overruled where people surely moved more than this part of its leads (R28: 80 to 90 % go by rules)."""

UNEVEN = 1.25
"""A team carries too much where it has so many times the leads that its capacity would make, or more; or too little."""

ENOUGH = 30
"""Of fewer leads in the quarter nobody is told to drop a rule that took none."""

UNLIKELY = log(1000)
"""Where so many leads were to be expected, that none came is one in a thousand by chance."""

SURE = 3.09
"""So many standard deviations of a count of Poisson's: one in a thousand by chance, either way 998 of 1,000 within."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a year; `number` is 1 to 4."""

    year: int
    number: int

    @property
    def first(self) -> date:
        """Give its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Give its last day."""
        return self.after.first - timedelta(days=1)

    @property
    def before(self) -> "Quarter":
        """Give the quarter before."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    @property
    def after(self) -> "Quarter":
        """Give the quarter after."""
        return Quarter(self.year + (self.number == 4), self.number % 4 + 1)

    def __str__(self) -> str:
        """Write it as `2026Q3`."""
        return f"{self.year}Q{self.number}"


def quarter_of(day: date) -> Quarter:
    """Say in which quarter a day is."""
    return Quarter(day.year, (day.month + 2) // 3)


def read_quarter(text: str) -> Quarter:
    """Read `2026Q3`. Raises ValueError for anything else."""
    year, _, number = text.upper().partition("Q")
    known = len(year) == 4 and year.isascii() and year.isdecimal() and year >= "2000"
    if not known or number not in ("1", "2", "3", "4"):
        raise ValueError(f"{text!r} is no quarter: write it as 2026Q3")
    return Quarter(int(year), int(number))


@dataclass(frozen=True, slots=True)
class RuleCount:
    """Leads that came by one rule, and those that a person moved, declined or let pass at least once."""

    leads: int
    handed: int
    declined: int
    ran_out: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What a quarter was, in numbers."""

    received: int
    offered: int
    automatic: Share
    kept: Share
    qualified: Share


@dataclass(frozen=True, slots=True)
class Team:
    """What a team had: leads offered to it, and the places of its active reps."""

    team: str
    region: str
    offered: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted of a quarter; `*_before`: of the one before.

    `unruled`: leads that fell through to the default pool, by (dimension, value); `all_of`: all offered leads, in the
    same way.
    """

    now: Sums
    before: Sums
    rules: Mapping[str, RuleCount]
    rules_before: Mapping[str, int]
    complaints: Mapping[str, int]
    unruled: Mapping[tuple[str, str], int]
    all_of: Mapping[tuple[str, str], int]
    all_of_before: Mapping[tuple[str, str], int]
    teams: Sequence[Team]


@dataclass(frozen=True, slots=True)
class SilentRule:
    """A rule of the policy that took no lead; `before`: how many it took in the quarter before.

    `surely`: there were leads enough that chance does not explain it.
    """

    rule: str
    before: int
    surely: bool


@dataclass(frozen=True, slots=True)
class OverruledRule:
    """A rule whose leads people moved, declined, let pass or complained of; `surely`: more than is healthy."""

    rule: str
    moved: Share
    declined: int
    ran_out: int
    complaints: int
    surely: bool


@dataclass(frozen=True, slots=True)
class UnevenTeam:
    """A team that carries more or less than its capacity would make; `ratio` is of what it would."""

    team: str
    region: str
    offered: int
    expected: float
    capacity: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Unruled:
    """A value that has no rule: its leads fell through to the default pool. `new`: it was not there before."""

    dimension: str
    value: str
    share: Share
    new: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What the review of a quarter found."""

    quarter: Quarter
    policy: str
    now: Sums
    before: Sums
    silent: tuple[SilentRule, ...]
    overruled: tuple[OverruledRule, ...]
    uneven: tuple[UnevenTeam, ...]
    unruled: tuple[Unruled, ...]


def findings(quarter: Quarter, policy: str, rules: Iterable[str], counts: Counts) -> Findings:
    """Say what a quarter's counts show of a policy that has these rules."""
    return Findings(
        quarter=quarter,
        policy=policy,
        now=counts.now,
        before=counts.before,
        silent=tuple(_silent(rules, counts)),
        overruled=tuple(_overruled(counts)),
        uneven=uneven(counts.teams),
        unruled=tuple(_unruled(counts)),
    )


def uneven(teams: Sequence[Team]) -> tuple[UnevenTeam, ...]:
    """Find teams that surely had far more or far fewer leads than their capacity would make, the fullest first."""
    able = [one for one in teams if one.capacity > 0]
    offered, places = sum(one.offered for one in able), sum(one.capacity for one in able)
    found = []
    for one in able if len(able) > 1 else []:
        expected = offered * one.capacity / places
        ratio = one.offered / expected if expected else 1.0
        surely = expected >= TOO_FEW and abs(one.offered - expected) > SURE * sqrt(expected)
        if surely and (ratio >= UNEVEN or ratio <= 1 / UNEVEN):
            found.append(UnevenTeam(one.team, one.region, one.offered, expected, one.capacity, ratio))
    return tuple(sorted(found, key=lambda one: (-one.ratio, one.team)))


def _silent(rules: Iterable[str], counts: Counts) -> Iterable[SilentRule]:
    for rule in rules:
        if rule not in counts.rules or not counts.rules[rule].leads:
            before = counts.rules_before.get(rule, 0)
            expected = before * counts.now.offered / max(counts.before.offered, before, 1)
            surely = counts.now.offered >= ENOUGH and (not before or expected >= UNLIKELY)
            yield SilentRule(rule, before, surely)


def _overruled(counts: Counts) -> Iterable[OverruledRule]:
    found = []
    for rule in {*counts.rules, *counts.complaints}:
        one, complaints = counts.rules.get(rule, RuleCount(0, 0, 0, 0)), counts.complaints.get(rule, 0)
        moved = share(one.handed, one.leads)
        surely = moved.tells and moved.low > OVERRULED
        if surely or complaints:
            found.append(OverruledRule(rule, moved, one.declined, one.ran_out, complaints, surely))
    return sorted(found, key=lambda one: (-one.complaints, -one.moved.part, one.rule))


def _unruled(counts: Counts) -> Iterable[Unruled]:
    found = []
    for key, leads in counts.unruled.items():
        part = share(leads, max(leads, counts.all_of.get(key, 0)))
        if leads >= TOO_FEW and part.low > 0.5:
            found.append(Unruled(*key, share=part, new=not counts.all_of_before.get(key)))
    return sorted(found, key=lambda one: (not one.new, -one.share.part, one.dimension, one.value))
