"""Where a value lies on a chart, and which round values stand beside the axis. Pure: it draws nothing."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from policy.insight.buckets import BINS

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight scale from `low` to `high` with round `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Say where a value lies, 0 to 1; what lies outside is taken to the end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def axis_to(most: float, ticks: int = 5, *, whole: bool = False) -> Axis:
    """Give the scale from nothing to `most` with about so many round steps; `whole`: no half ones."""
    if not math.isfinite(most) or most < 0:
        raise ValueError(f"{most} is no end of a scale")
    most = most if most > 1e-9 else 1.0
    rough = most / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    if whole and step < 5:
        step = math.ceil(step)
    count = max(1, math.ceil(most / step - 1e-9))
    return Axis(0.0, count * step, tuple(place * step for place in range(count + 1)))


class Scale(Protocol):
    """What a chart needs of a scale."""

    @property
    def low(self) -> float:
        """Give where it begins."""
        ...

    @property
    def ticks(self) -> tuple[float, ...]:
        """Give the values that stand beside it."""
        ...

    def at(self, value: float) -> float:
        """Say where a value lies, 0 to 1."""
        ...


SHARES = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))
"""The scale of shares. It is never cut: half is in the middle on every chart."""


def plain(value: float) -> str:
    """Write a number as it stands beside an axis."""
    if value >= 10_000:
        for size, name in ((1_000_000, "m"), (1_000, "k")):
            if value >= size:
                return f"{value / size:.3g} {name}" if value / size < 1000 else f"{value / size:.0f} {name}"
    return f"{value:.10g}" if value == round(value, 6) else f"{value:.3g}"


def percent(value: float) -> str:
    """Write a share as it stands beside an axis."""
    return f"{100 * value:.0f} %"


def brief(seconds: float) -> str:
    """Write a round span: `30 s`, `5 m`, `2 h`, `14 d`."""
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class Spans:
    """A scale of spans whose steps widen: every bin of `edges` is as broad as the next; within one it is straight."""

    edges: tuple[int, ...]

    @property
    def low(self) -> float:
        """Give where it begins."""
        return float(self.edges[0])

    @property
    def ticks(self) -> tuple[float, ...]:
        """Give every edge."""
        return tuple(float(edge) for edge in self.edges)

    def at(self, seconds: float) -> float:
        """Say where a span lies, 0 to 1."""
        if seconds <= self.edges[0]:
            return 0.0
        if seconds >= self.edges[-1]:
            return 1.0
        place = bisect_right(self.edges, seconds) - 1
        low, high = self.edges[place], self.edges[place + 1]
        return (place + (seconds - low) / (high - low)) / (len(self.edges) - 1)


def spans_to(longest: float, least: int = 4) -> Spans:
    """Give the scale of spans from nothing to the first edge that is not under `longest`."""
    places = [place for place, edge in enumerate(BINS) if edge >= longest]
    last = max(places[0] if places else len(BINS) - 1, min(least, len(BINS) - 1))
    return Spans(BINS[: last + 1])


def kept_apart(wanted: Sequence[float], low: float, high: float, apart: float) -> list[float]:
    """Move places as little as needed so that they lie `apart` from each other between `low` and `high`.

    Raises ValueError where there is no room for so many.
    """
    if len(wanted) > 1 and (len(wanted) - 1) * apart > high - low + 1e-9:
        raise ValueError(f"no room for {len(wanted)} labels")
    order = sorted(range(len(wanted)), key=lambda one: wanted[one])
    found = [0.0] * len(wanted)
    before = low - apart
    for one in order:
        before = found[one] = max(wanted[one], before + apart, low)
    after = high + apart
    for one in reversed(order):
        after = found[one] = min(found[one], after - apart)
    return found


def days_beside(first: date, last: date, most: int) -> tuple[date, ...]:
    """Choose at most so many round days: every one, Mondays, or first days of months, quarters and years."""
    days = [first + timedelta(days=one) for one in range((last - first).days + 1)]
    firsts = [day for day in days if day.day == 1]
    for found in (
        days,
        [day for day in days if day.weekday() == 0],
        [day for day in days if day.weekday() == 0 and day.isocalendar().week % 2 == 0],
        firsts,
        [day for day in firsts if day.month % 3 == 1],
        [day for day in firsts if day.month == 1],
        days[::2],
        days[::3],
    ):
        if 2 <= len(found) <= most or len(days) == 1:
            return tuple(found)
    return (first, last)
