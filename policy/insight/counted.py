"""From counts to figures: what the database counted of leads, put into the answers of `models.figures`.

Rows come as the database groups them; everything here adds them up. This room refuses to ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.figures import (
    TOO_FEW,
    AutomationRow,
    ConversionRow,
    Funnel,
    FunnelStep,
    HeatCell,
    HeatMap,
    KeptRow,
    Step,
    Timing,
)
from policy.insight.buckets import high_of
from policy.insight.shares import share
from policy.insight.shifts import HOURS
from policy.insight.survival import timing_of


@dataclass(slots=True)
class Waits:
    """Leads by bucket: those that came to a step, wait for it, went another way; and the time of those that came."""

    came: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    seconds: int = 0

    def timing(self, step: Step) -> Timing:
        """Sum them up."""
        return timing_of(step, self.came, self.waiting, self.left, self.seconds)

    @property
    def leads(self) -> int:
        """Count them all."""
        return sum(map(sum, (self.came.values(), self.waiting.values(), self.left.values())))


@dataclass(frozen=True, slots=True)
class PromiseCount:
    """Promises as they were counted: kept, decided (kept or broken), still open."""

    kept: int
    decided: int
    open: int


def add(counts: dict[int, int], bucket: int, leads: int) -> None:
    """Add leads to a bucket."""
    counts[bucket] = counts.get(bucket, 0) + leads


def kept_row(value: str, rows: Iterable[PromiseCount]) -> KeptRow:
    """Add up promises."""
    kept = decided = waiting = 0
    for one in rows:
        kept, decided, waiting = kept + one.kept, decided + one.decided, waiting + one.open
    return KeptRow(value, share(kept, decided), waiting)


def kept_rows(counts: Mapping[str, PromiseCount]) -> tuple[KeptRow, ...]:
    """Order promises by how many are decided, most first; values without any promise are left out."""
    rows = [kept_row(value, [one]) for value, one in counts.items() if one.decided or one.open]
    return tuple(sorted(rows, key=lambda row: (-row.kept.of, -row.open, row.value)))


def half_of(accepted: Mapping[int, int], leads: int) -> int | None:
    """Say by when half of some leads were accepted; None of too few, or where less than half were."""
    if leads < TOO_FEW:
        return None
    so_far = 0
    for bucket in sorted(accepted):
        so_far += accepted[bucket]
        if 2 * so_far >= leads:
            return high_of(bucket)
    return None


@dataclass(slots=True)
class HourCount:
    """One hour of the week as it was counted; `accepted`: promised leads by bucket, `promised`: all of these."""

    received: int = 0
    answered: int = 0
    kept: int = 0
    decided: int = 0
    promised: int = 0
    accepted: dict[int, int] = field(default_factory=dict)


def heat_map(hours: Sequence[HourCount], people: Sequence[int] | None) -> HeatMap:
    """Put the week's hours beside who is on shift in them."""
    cells = tuple(
        HeatCell(
            hour=hour,
            received=one.received,
            answered=one.answered,
            kept=share(one.kept, one.decided),
            half_s=half_of(one.accepted, one.promised),
            people=people[hour] if people is not None else None,
        )
        for hour, one in zip(range(HOURS), hours, strict=True)
    )
    if people is None:
        return HeatMap(cells, None)
    return HeatMap(cells, share(sum(one.received for one in cells if one.gap), sum(one.received for one in cells)))


@dataclass(frozen=True, slots=True)
class ConvertedCount:
    """Leads of one value: offered to somebody, converted, decided (converted or not).

    `worth`: of the won ones in `currency`; None: nobody said any.
    """

    offered: int
    converted: int
    decided: int
    worth: float | None = None
    currency: str = ""


def conversion_row(value: str, rows: Iterable[ConvertedCount]) -> ConversionRow:
    """Add up conversions."""
    known = list(rows)
    converted = sum(one.converted for one in known)
    return ConversionRow(
        value=value,
        share=share(converted, sum(one.offered for one in known)),
        settled=share(converted, sum(one.decided for one in known)),
        worth=_by_currency(known),
    )


def _by_currency(rows: Iterable[ConvertedCount]) -> tuple[tuple[str, float], ...]:
    sums: dict[str, float] = {}
    for one in rows:
        if one.worth is not None:
            sums[one.currency] = sums.get(one.currency, 0.0) + one.worth
    return tuple(sorted(sums.items()))


def funnel(steps: Sequence[tuple[str, int]], aside: Iterable[tuple[str, int]]) -> Funnel:
    """Put the steps of a funnel, each with no more leads than the one before, beside the first and the one before."""
    found, before = [], steps[0][1]
    for name, leads in steps:
        found.append(FunnelStep(name, leads, share(leads, steps[0][1]), share(leads, before)))
        before = leads
    return Funnel(tuple(found), tuple(sorted(aside, key=lambda one: (-one[1], one[0]))))


def automation_rows(counts: Mapping[str, tuple[int, int]]) -> tuple[AutomationRow, ...]:
    """Give how many of each value's leads went by rules alone: (by rules alone, of all), most leads first."""
    rows = [AutomationRow(value, share(*one)) for value, one in counts.items() if one[1]]
    return tuple(sorted(rows, key=lambda row: (-row.automatic.of, row.value)))


def week_of(day: date) -> str:
    """Name the week of a day by its Monday."""
    return (day - timedelta(days=day.weekday())).isoformat()
