"""Splitting leads between two policies, and saying what the split has shown (R52).

The test is Fisher's exact one, in whole numbers: no table is too small for it, and nothing is rounded before the end.
The sample is fixed in advance: whoever looks every day and stops at the first good one calls chance a winner. Intervals
are Wilson's for a rate, and for a difference Newcombe's of two of these (Statistics in Medicine 17, 1998). This room
refuses to know what a lead's conversion is, and to stop anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import takewhile
from math import ceil, comb, sqrt
from statistics import NormalDist

_BITS = 64


class Arm(StrEnum):
    """Which of two policies a lead gets: the published one, or the variant."""

    CONTROL = "control"
    VARIANT = "variant"


class Call(StrEnum):
    """What an experiment says so far."""

    TOO_EARLY = "too_early"
    CONTROL = "control"
    VARIANT = "variant"
    NO_DIFFERENCE = "no_difference"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many leads of one arm there are, and how many of them converted."""

    leads: int
    converted: int

    def __post_init__(self) -> None:
        if not 0 <= self.converted <= self.leads:
            raise ValueError(f"{self.converted} of {self.leads} cannot have converted")

    @property
    def rate(self) -> float | None:
        """Give the share that converted; None without leads."""
        return self.converted / self.leads if self.leads else None


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many leads each arm needs."""

    control: int
    variant: int

    @property
    def both(self) -> int:
        """Give how many leads that are together."""
        return self.control + self.variant


def arm_of(experiment_id: str, lead_id: str, share: float) -> Arm:
    """Say which arm a lead is in, the same for ever; `share` (0 to 1) is the variant's part of all leads.

    Two experiments split independently of each other.
    """
    digest = sha256(f"{experiment_id}\n{lead_id}".encode()).digest()
    number = int.from_bytes(digest[: _BITS // 8], "big")
    return Arm.VARIANT if number < int(share * 2**_BITS) else Arm.CONTROL


def fisher(a: Counted, b: Counted) -> float:
    """Give the two-sided p of Fisher's exact test: the chance, were the arms alike, of a split as unlikely as this."""
    converted, total = a.converted + b.converted, comb(a.leads + b.leads, a.converted + b.converted)
    low, high = max(0, converted - b.leads), min(a.leads, converted)
    mode = (a.leads + 1) * (converted + 1) // (a.leads + b.leads + 2)
    seen = comb(a.leads, a.converted) * comb(b.leads, b.converted)
    # The likelier splits are neighbours around the mode, the others the two tails: the shorter way is walked.
    if abs(a.converted - mode) <= min(a.converted - low, high - a.converted):
        inwards = _splits(a.leads, b.leads, converted, a.converted, 1 if a.converted < mode else -1)
        next(inwards)
        at_least = total - sum(takewhile(lambda ways: ways > seen, inwards))
    else:
        tails = (_splits(a.leads, b.leads, converted, *end) for end in ((low, 1), (high, -1)))
        at_least = sum(sum(takewhile(lambda ways: ways <= seen, tail)) for tail in tails)
    return min(at_least, total) / total  # the tails are all there is, twice, when none is likelier than the one seen


def _splits(a: int, b: int, converted: int, k: int, step: int) -> Iterator[int]:
    """Count the ways in which k of a (and the other converted ones of b) convert, from one k on to the last possible.

    Each follows from the one before; both divisions leave no rest.
    """
    low, high = max(0, converted - b), min(a, converted)
    ways = comb(a, k) * comb(b, converted - k)
    while True:
        yield ways
        if k == (high if step > 0 else low):
            return
        if step > 0:
            ways = ways * (a - k) * (converted - k) // (k + 1) // (b - converted + k + 1)
        else:
            ways = ways * k * (b - converted + k) // (a - k + 1) // (converted - k + 1)
        k += step


def wilson(arm: Counted, confidence: float = 0.95) -> Interval:
    """Give Wilson's score interval of a rate; without leads it may be anything."""
    if not arm.leads:
        return Interval(0.0, 1.0)
    n, p, z = arm.leads, arm.converted / arm.leads, _z((1 + confidence) / 2)
    middle = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At 0 and n the ends are exact, and rounding must not put them beside.
    low = 0.0 if arm.converted == 0 else (middle - half) / scale
    high = 1.0 if arm.converted == n else (middle + half) / scale
    return Interval(low, high)


def newcombe(a: Counted, b: Counted, confidence: float = 0.95) -> Interval:
    """Give Newcombe's interval of the difference of two rates, `a` less `b` (his method 10)."""
    one, other = wilson(a, confidence), wilson(b, confidence)
    p, q = a.rate, b.rate
    if p is None or q is None:
        return Interval(-1.0, 1.0)
    low = p - q - sqrt((p - one.low) ** 2 + (other.high - q) ** 2)
    high = p - q + sqrt((one.high - p) ** 2 + (q - other.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


def sample_size(
    baseline: float, effect: float, *, share: float = 0.5, alpha: float = 0.05, power: float = 0.8
) -> Sizes:
    """Say how many leads each arm needs so that a true `effect` on the `baseline` rate is found with `power`.

    `share` is the variant's part of all leads. By the normal approximation with Fleiss' correction, which the exact
    test needs (Statistical Methods for Rates and Proportions, 1981, 3.15 and 3.19). Raises ValueError for rates that
    are none.
    """
    _check(baseline, effect, share, alpha, power)
    p, q, r = baseline, baseline + effect, (1 - share) / share
    mean = (q + r * p) / (1 + r)
    spread = _z(1 - alpha / 2) * sqrt((r + 1) * mean * (1 - mean)) + _z(power) * sqrt(r * q * (1 - q) + p * (1 - p))
    n = spread**2 / (r * effect**2)
    corrected = n / 4 * (1 + sqrt(1 + 2 * (r + 1) / (n * r * abs(effect)))) ** 2
    return Sizes(control=ceil(r * corrected), variant=ceil(corrected))


def sizes_for(smaller: int, share: float) -> Sizes:
    """Say how many leads each arm has once the smaller one has its number."""
    part = min(share, 1 - share)
    larger = ceil(round(smaller * (1 - part) / part, 6))  # 0.8 and 0.2 do not add up to 1 in binary
    return Sizes(larger, smaller) if share <= 1 - share else Sizes(smaller, larger)


def call(control: Counted, variant: Counted, alpha: float, *, complete: bool) -> Call:
    """Say what is shown; nothing before the sample that was planned is complete."""
    if not complete:
        return Call.TOO_EARLY
    if fisher(variant, control) >= alpha:
        return Call.NO_DIFFERENCE
    return Call.VARIANT if (variant.rate or 0) > (control.rate or 0) else Call.CONTROL


def _z(p: float) -> float:
    return NormalDist().inv_cdf(p)


def _check(baseline: float, effect: float, share: float, alpha: float, power: float) -> None:
    for name, value in {"baseline": baseline, "share": share, "alpha": alpha, "power": power}.items():
        if not 0 < value < 1:
            raise ValueError(f"{name}: lies between 0 and 1, and is {value:g}")
    if effect == 0 or not 0 < baseline + effect < 1:
        raise ValueError(f"effect: {baseline:g} and {effect:g} more have to be a rate between 0 and 1, and another one")
    if power <= alpha:
        raise ValueError(f"power: has to be more than alpha ({alpha:g}), and is {power:g}")
