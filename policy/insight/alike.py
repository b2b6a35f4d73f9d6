"""How people differ on like leads, and how much of that is more than chance (R48).

Leads are like each other within a stratum: same type, intent and fit. Everybody is held against what the leads they
had would have made in anybody's hands: the expectation and variance of a draw without putting back from each stratum,
as in the test of Mantel and Haenszel. A stratum that only one person had compares nobody, and is left out. The spread
beyond chance is DerSimonian and Laird's. This room refuses to call a difference what it is not sure of: it takes
`ENOUGH` leads, `EXPECTED` expected of either kind, and 99.8 %.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import erfc, exp, lgamma, log, sqrt
from statistics import NormalDist

ENOUGH = 30
"""On fewer like leads nothing is said of anybody."""

EXPECTED = 5.0
"""So many of either kind have to be expected, or the limits mean little."""

LIMITS = (0.95, 0.998)
"""Within the inner limits are 19 of 20 by chance alone, within the outer ones 499 of 500."""

_INNER, _OUTER = (NormalDist().inv_cdf((1 + one) / 2) for one in LIMITS)


@dataclass(frozen=True, slots=True)
class Dealt:
    """What one person had of one stratum: so many leads, and of so many came what is asked about."""

    who: str
    stratum: str
    leads: int
    came: int


class Stands(StrEnum):
    """Where somebody stands among the others. `near`: between the limits, as one of 20 is by chance."""

    FEW = "few"
    WITHIN = "within"
    NEAR = "near"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Held:
    """One person held against the others on like leads.

    `expected`: of how many it would have come in anybody's hands. `rate`: the share of all, put up or down as `came`
    is to `expected`; None where nothing was to be expected. `weight`: of how many leads of average kind the comparison
    is worth. `z`: how far from chance, in standard deviations.
    """

    who: str
    leads: int
    came: int
    expected: float
    rate: float | None
    weight: float
    z: float
    stands: Stands


@dataclass(frozen=True, slots=True)
class Spread:
    """How much people differ on like leads.

    `rate`: of all compared leads. `p`: the chance of so much difference, were all alike; None where fewer than two were
    compared. `beyond`: the standard deviation of the rates beyond chance, as a share.
    """

    people: tuple[Held, ...]
    leads: int
    came: int
    p: float | None
    beyond: float

    @property
    def rate(self) -> float | None:
        """Give the share of all compared leads."""
        return self.came / self.leads if self.leads else None


@dataclass(slots=True)
class _Sum:
    leads: int = 0
    came: int = 0
    expected: float = 0.0
    fails: float = 0.0
    variance: float = 0.0
    crude: float = 0.0


def spread(dealt: Iterable[Dealt]) -> Spread:
    """Hold everybody against the others, most leads first."""
    strata: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for one in dealt:
        leads, came = strata[one.stratum].get(one.who, (0, 0))
        strata[one.stratum][one.who] = (leads + one.leads, came + one.came)
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for people in strata.values():
        _add(sums, people)
    leads, came = sum(one.leads for one in sums.values()), sum(one.came for one in sums.values())
    rate = came / leads if leads else 0.0
    held = [_held(who, one, rate) for who, one in sums.items()]
    told = [one for one in sums.values() if one.crude]
    chance = sum((one.came - one.expected) ** 2 / one.crude for one in told)
    p = chi_square_tail(chance, len(told) - 1) if len(told) > 1 else None
    ordered = sorted(held, key=lambda one: (-one.leads, one.who))
    return Spread(tuple(ordered), leads, came, p, _beyond(ordered, rate))


def limit(rate: float, weight: float, confidence: float) -> tuple[float, float]:
    """Say between what chance leaves the rate of somebody whose comparison is worth `weight` leads."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half = z * sqrt(rate * (1 - rate) / weight) if weight > 0 else 1.0
    return max(0.0, rate - half), min(1.0, rate + half)


def chi_square_tail(value: float, freedom: int) -> float:
    """Give the chance that chi-square with `freedom` degrees is `value` or more; the sum for whole degrees is exact.

    Raises ValueError below one degree.
    """
    if freedom < 1:
        raise ValueError(f"chi-square has one degree of freedom or more, not {freedom}")
    half = max(0.0, value) / 2
    if not half:
        return 1.0
    tail, start = (erfc(sqrt(half)), 0.5) if freedom % 2 else (0.0, 0.0)
    places = (start + step for step in range(freedom // 2))
    return min(1.0, tail + sum(exp(place * log(half) - half - lgamma(place + 1)) for place in places))


def _add(sums: dict[str, _Sum], people: dict[str, tuple[int, int]]) -> None:
    """Add a stratum; one that only one person had says nothing."""
    had = {who: one for who, one in people.items() if one[0]}
    whole, came = sum(leads for leads, _ in had.values()), sum(good for _, good in had.values())
    if len(had) < 2:
        return
    rate = came / whole
    for who, (leads, good) in had.items():
        one, scale = sums[who], rate * (1 - rate) * whole / (whole - 1)
        one.leads, one.came = one.leads + leads, one.came + good
        one.expected += leads * rate
        one.fails += leads * (1 - rate)
        one.crude += leads * scale
        one.variance += leads * scale * (1 - leads / whole)


def _held(who: str, one: _Sum, rate: float) -> Held:
    z = (one.came - one.expected) / sqrt(one.variance) if one.variance > 0 else 0.0
    put = min(1.0, rate * one.came / one.expected) if one.expected > 0 else None
    # Such that the limits of an average kind of leads are the limits of these.
    error = rate * sqrt(one.variance) / one.expected if one.expected > 0 else 0.0
    weight = rate * (1 - rate) / error**2 if error > 0 else 0.0
    stands = Stands.WITHIN
    if one.leads < ENOUGH or min(one.expected, one.fails) < EXPECTED or one.variance <= 0:
        stands = Stands.FEW
    elif abs(z) > _OUTER:
        stands = Stands.BELOW if z < 0 else Stands.ABOVE
    elif abs(z) > _INNER:
        stands = Stands.NEAR
    return Held(who, one.leads, one.came, one.expected, put, weight, z, stands)


def _beyond(held: Iterable[Held], rate: float) -> float:
    """Give the spread of the rates of those who had enough, less what chance makes of it."""
    known = [
        (one.rate, rate * (1 - rate) / one.weight)
        for one in held
        if one.rate is not None and one.weight > 0 and one.stands is not Stands.FEW
    ]
    if len(known) < 2:
        return 0.0
    weights = [1 / variance for _, variance in known]
    whole = sum(weights)
    mean = sum(weight * one for weight, (one, _) in zip(weights, known, strict=True)) / whole
    seen = sum(weight * (one - mean) ** 2 for weight, (one, _) in zip(weights, known, strict=True))
    scale = whole - sum(weight**2 for weight in weights) / whole
    return sqrt(max(0.0, (seen - (len(known) - 1)) / scale)) if scale > 0 else 0.0
