"""Whether points tell who converts, read off conversions by tens of points; and whether the threshold fits (R40).

The exact review judges each lead anew (`policy.reviewing`); this one reads what is counted anyway, and so is there at
once for a million leads. A lead of exactly as many points as the threshold is in the band above it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from policy.reviewing import ENOUGH, ENOUGH_CONVERTED, AtThreshold
from policy.trials.experiment import Counted, Interval, newcombe, wilson

WIDTH = 10


@dataclass(frozen=True, slots=True)
class Tens:
    """Leads of `low` to under `low + 10` points whose outcome is known."""

    low: int
    counted: Counted

    @property
    def interval(self) -> Interval:
        """Give how sure its rate is, 95 %."""
        return wilson(self.counted)


@dataclass(frozen=True, slots=True)
class Bands:
    """Conversion by tens of points, the fewest points first, and what the bands next to the threshold say.

    `turned`: neighbours of which the one with more points converts certainly worse. `above`, `below`: all leads on
    either side of the threshold, to tens. `enough`: there are leads enough to say anything at all.
    """

    bands: tuple[Tens, ...]
    leads: Counted
    enough: bool
    threshold: int
    above: Counted
    below: Counted
    just_above: Tens
    just_below: Tens
    says: AtThreshold
    turned: tuple[tuple[Tens, Tens], ...]


def bands_of(counted: Iterable[Tens], threshold: float) -> Bands:
    """Hold bands against each other and against the threshold above which a lead goes to sales."""
    bands = tuple(sorted(counted, key=lambda one: one.low))
    at = int(threshold // WIDTH * WIDTH)
    leads = _sum(bands)
    above = _sum([one for one in bands if one.low >= at])
    below = _sum([one for one in bands if one.low < at])
    just_above, just_below = (_at(bands, low) for low in (at, at - WIDTH))
    enough = leads.leads >= 2 * ENOUGH and leads.converted >= ENOUGH_CONVERTED
    says = AtThreshold.UNSURE
    if enough and leads.rate is not None and min(just_above.counted.leads, just_below.counted.leads) >= ENOUGH:
        says = AtThreshold.FITS
        if just_below.interval.low > leads.rate:
            says = AtThreshold.TOO_LATE
        elif just_above.interval.high < leads.rate:
            says = AtThreshold.TOO_EARLY
    turned = tuple(pair for pair in pairwise(bands) if enough and _turned(*pair))
    return Bands(bands, leads, enough, at, above, below, just_above, just_below, says, turned)


def _turned(one: Tens, more: Tens) -> bool:
    if min(one.counted.leads, more.counted.leads) < ENOUGH:
        return False
    return newcombe(more.counted, one.counted, 0.99).high < 0


def _at(bands: Sequence[Tens], low: int) -> Tens:
    return next((one for one in bands if one.low == low), Tens(low, Counted(0, 0)))


def _sum(bands: Iterable[Tens]) -> Counted:
    known = list(bands)
    return Counted(sum(one.counted.leads for one in known), sum(one.counted.converted for one in known))
