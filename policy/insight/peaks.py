"""When many leads will come: a forecast by hour of the week from the past, beside who is on shift then (R51).

Each hour's weeks are averaged with more weight on the later ones, after wild weeks were cut to what is usual, and
without the days that were holidays or before the first lead. The span is that of a count that scatters as much as the
past did. This room refuses to forecast from fewer than `WEEKS_NEEDED` weeks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist, median

from policy.insight.shifts import HOURS

WEEKS_NEEDED = 4
WEEKS_SEEN = 26
HALF_LIFE = 6.0
"""After so many weeks a week counts half."""

WILD = 3.0
"""A week that lies so many robust deviations above the median hour is cut to there."""

BUSY = 2.0
"""An hour is a peak where somebody on shift would get so many times the leads that they usually do."""

LEAST = 1.0
"""Of less than so many expected leads an hour is no peak and no gap."""

_Z = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Arrived:
    """Leads of one team that came on one day (where it is) in one hour of the week."""

    team: str
    day: date
    hour: int
    leads: int


@dataclass(frozen=True, slots=True)
class Expected:
    """One hour of the coming week: `mean` leads, `high` at most in nine weeks of ten; `people`: who is on shift then.

    `usual`: how many each on shift has in the hour in which the usual lead comes. `gap`: nobody is there. `peak`: far
    more than usual.
    """

    hour: int
    mean: float
    high: float
    people: int | None
    usual: float | None

    @property
    def each(self) -> float | None:
        """Give the leads for each who is on shift."""
        return self.mean / self.people if self.people else None

    @property
    def gap(self) -> bool:
        """Say whether leads are to be expected while nobody is on shift."""
        return self.people == 0 and self.mean >= LEAST

    @property
    def peak(self) -> bool:
        """Say whether they would have far more to do than is usual for them."""
        return (
            self.each is not None
            and bool(self.usual)
            and self.mean >= LEAST
            and self.each >= BUSY * (self.usual or 0.0)
        )


@dataclass(frozen=True, slots=True)
class Forecast:
    """A week of hours, Monday 00:00 first; `weeks`: of how many it is made; None: too few, and it is empty."""

    hours: tuple[Expected, ...]
    weeks: int

    @property
    def told(self) -> bool:
        """Say whether there are weeks enough."""
        return bool(self.hours)


def forecast(
    arrived: Iterable[Arrived],
    today: date,
    first: date | None,
    closed: Mapping[str, frozenset[date]],
    people: Sequence[int] | None,
) -> Forecast:
    """Forecast an ordinary week from the whole weeks before `today`; `first`: since when there are leads at all.

    `closed`: the days that were holidays, by team; on these nothing is learned of it.
    """
    known, seen = list(arrived), _weeks(today, first)
    if len(seen) < WEEKS_NEEDED:
        return Forecast((), len(seen))
    means, spreads = [0.0] * HOURS, [0.0] * HOURS
    for team in sorted({one.team for one in known}):
        counts = _by_hour([one for one in known if one.team == team])
        shut = closed.get(team, frozenset())
        for hour in range(HOURS):
            weeks = [(age, day) for age, monday in seen if (day := monday + timedelta(days=hour // 24)) not in shut]
            mean, spread = _hour([(age, counts.get((day, hour), 0)) for age, day in weeks])
            means[hour], spreads[hour] = means[hour] + mean, spreads[hour] + spread
    usual = _usual(means, people)
    hours = tuple(
        Expected(hour, means[hour], means[hour] + _Z * sqrt(spreads[hour]), people[hour] if people else None, usual)
        for hour in range(HOURS)
    )
    return Forecast(hours, len(seen))


def _weeks(today: date, first: date | None) -> list[tuple[int, date]]:
    """Give the Mondays of the whole weeks that are looked at, each with its age in weeks."""
    if first is None:
        return []
    this = today - timedelta(days=today.weekday())
    mondays = [(age, this - timedelta(weeks=age)) for age in range(1, WEEKS_SEEN + 1)]
    return [(age, monday) for age, monday in mondays if monday >= first]


def _by_hour(arrived: Iterable[Arrived]) -> dict[tuple[date, int], int]:
    counts: dict[tuple[date, int], int] = defaultdict(int)
    for one in arrived:
        # The day is that of UTC, the hour that of the team: the day of the hour is the nearest one of its weekday.
        off = (one.hour // 24 - one.day.weekday() + 3) % 7 - 3
        counts[one.day + timedelta(days=off), one.hour] += one.leads
    return counts


def _hour(weeks: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Give the mean of an hour's weeks, and the variance of one week to come."""
    if not weeks:
        return 0.0, 0.0
    usual = median(leads for _, leads in weeks)
    wide = 1.4826 * median(abs(leads - usual) for _, leads in weeks)
    most = usual + WILD * max(wide, sqrt(usual), 1.0)
    cut = [(0.5 ** (age / HALF_LIFE), min(float(leads), most)) for age, leads in weeks]
    whole = sum(weight for weight, _ in cut)
    mean = sum(weight * leads for weight, leads in cut) / whole
    scatter = sum(weight * (leads - mean) ** 2 for weight, leads in cut) / whole
    return mean, max(mean, scatter)


def _usual(means: Sequence[float], people: Sequence[int] | None) -> float | None:
    """Give how many leads each on shift has in an hour, as the usual lead meets it: still nights do not make a peak."""
    met = [(mean, mean / on) for mean, on in zip(means, people or (), strict=False) if on]
    whole = sum(mean for mean, _ in met)
    return sum(mean * each for mean, each in met) / whole if whole else None
