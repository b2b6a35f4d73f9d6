"""A calendar's windows as instants, each day worked out once and when first needed.

Wall times become instants here by one rule: a wall time means the first instant at which the wall clock
shows it or has passed it. So a time inside a daylight-saving gap moves forward to the gap's end, an
ambiguous time is the first of the two, no window opens twice in one night, and windows that touch stay
touching.

This room refuses budgets and words: what the windows are used for is `policy.hours.calendars`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.calendar import Calendar, span

SEARCH_DAYS = 400
"""How many days without an opening make a calendar one that never opens."""

YEARS = range(1900, 3000)
"""The years business time is counted in."""

_END = datetime(YEARS.stop, 1, 1, tzinfo=UTC)
_LAST_DAY = _END.toordinal() - 1
_DAYS_KEPT = 2000
_SECOND = timedelta(seconds=1)
_ZERO = timedelta(0)


class Slice(NamedTuple):
    """A stretch of one window that counts, in UTC, and the ordinal of the local day its window opens on."""

    day: int
    opens_at: datetime
    closes_at: datetime

    @property
    def used(self) -> timedelta:
        """Give the real time between the two instants."""
        return self.closes_at - self.opens_at


class OpeningHours:
    """What a calendar's wall times mean, in UTC."""

    __slots__ = ("_days", "always", "calendar", "zone")

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.tz)
        self.always = calendar.always_open
        self._days: dict[int, tuple[tuple[datetime, datetime], ...]] = {}

    def local(self, instant: datetime) -> datetime:
        """Give the naive wall time at `instant`."""
        return instant.astimezone(self.zone).replace(tzinfo=None)

    def windows(self, day: int) -> tuple[tuple[datetime, datetime], ...]:
        """Give opening and closing of the windows that open on a local day, without those a gap swallowed."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            spans = sorted(map(span, self.calendar.windows_on(date.fromordinal(day))))
            instants = ((self._first(day, opens), self._first(day, closes)) for opens, closes in spans)
            known = self._days[day] = tuple(pair for pair in instants if pair[0] < pair[1])
        return known

    def slices(self, start: datetime, enough: timedelta) -> Iterator[Slice]:
        """Walk the open stretches from `start` on; around the clock there is one, and it is `enough` long."""
        day = open_day = self.local(start).toordinal() - 1  # yesterday's night window may still be open
        if self.always:
            if enough < _END - start:
                yield Slice(day + 1, start, start + enough)
            return
        while day - open_day <= SEARCH_DAYS and day <= _LAST_DAY:
            for opens, closes in self.windows(day):
                if closes > start:
                    yield Slice(day, max(opens, start), closes)
                    open_day = day
            day += 1

    def slices_until(self, start: datetime, end: datetime) -> Iterator[Slice]:
        """Walk the open stretches between `start` and `end`."""
        first, last = self.local(start).toordinal() - 1, self.local(end).toordinal() + 1
        if self.always:
            yield Slice(first + 1, start, end)
            return
        for day in range(first, last + 1):
            for opens, closes in self.windows(day):
                if closes > start and opens < end:
                    yield Slice(day, max(opens, start), min(closes, end))

    def _first(self, day: int, minute: int) -> datetime:
        """Find the first instant at which the wall clock shows `minute` of a local day, or has passed it."""
        wall = datetime.fromordinal(day) + timedelta(minutes=minute)
        local = wall.replace(tzinfo=self.zone)  # fold=0: the first of two
        instant = local.astimezone(UTC)
        if self.local(instant) == wall:
            return instant
        # In a gap: its end lies between the instants that the offsets around it make of this wall time.
        before, after = local.utcoffset() or _ZERO, local.replace(fold=1).utcoffset() or _ZERO
        early, late = (wall - after).replace(tzinfo=UTC), instant
        while late - early > _SECOND:
            middle = early + (late - early) // _SECOND // 2 * _SECOND
            if middle.astimezone(self.zone).utcoffset() == before:
                early = middle
            else:
                late = middle
        return late


@lru_cache(maxsize=512)
def opening_hours(calendar: Calendar) -> OpeningHours:
    """Give the calendar's hours, the same object for an equal calendar."""
    return OpeningHours(calendar)
