"""When a wall clock shows a time of day, by the rule of `policy.hours`: in a gap at its end, of two the first.

This room refuses to know whose clock it is.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from models.calendar import WEEKDAYS, Calendar, Week
from policy.hours.opening_hours import OpeningHours, opening_hours

_DAY = timedelta(days=1)
_NEXT_MIDNIGHT = "24:00"


def on_day(day: date, time_of_day: str, zone: str) -> datetime:
    """Find the first instant, in UTC, at which the clocks of `zone` show `time_of_day` on a day, or have passed it."""
    if time_of_day == _NEXT_MIDNIGHT:
        day, time_of_day = day + _DAY, "00:00"
    hours, number = _daily(time_of_day, zone), day.toordinal()
    while not (windows := hours.windows(number)):  # a day that the zone has skipped as a whole, as Samoa did
        number += 1
    return windows[0][0]


def next_after(at: datetime, time_of_day: str, zone: str) -> datetime:
    """Find the first such instant after `at`, never `at` itself."""
    day = at.astimezone(ZoneInfo(zone)).date() - _DAY
    while (found := on_day(day, time_of_day, zone)) <= at:
        day += _DAY
    return found


def day_of(at: datetime, time_of_day: str, zone: str) -> date:
    """Name the day that runs at `at`, where days of `zone` begin at `time_of_day`."""
    day = at.astimezone(ZoneInfo(zone)).date() + _DAY
    while on_day(day, time_of_day, zone) > at:
        day -= _DAY
    return day


def instant_of(start: date | datetime, zone: str) -> datetime:
    """Read what a roster file writes: a date is its first instant, a wall time is one of `zone`; in UTC."""
    if not isinstance(start, datetime):
        return on_day(start, "00:00", zone)
    return (start if start.tzinfo else start.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


@lru_cache(maxsize=512)
def _daily(time_of_day: str, zone: str) -> OpeningHours:
    """Give hours whose windows open each day at that time, and last until the next opens."""
    return opening_hours(Calendar(tz=zone, week=Week(**dict.fromkeys(WEEKDAYS, ((time_of_day, time_of_day),)))))
