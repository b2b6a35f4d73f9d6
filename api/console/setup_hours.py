"""A calendar's opening hours, day by day, as people read them. It refuses to look at who is away."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.calendar import Calendar
from policy.hours.opening_hours import OpeningHours, opening_hours

DAYS = 14


@dataclass(frozen=True, slots=True)
class OpenDay:
    """One day: its hours, empty when closed, and what is special about it."""

    day: date
    hours: str
    note: str


def days_of(calendar: Calendar, at: datetime, days: int = DAYS) -> tuple[OpenDay, ...]:
    """List a calendar's opening hours from today on, in its own zone."""
    today = at.astimezone(ZoneInfo(calendar.tz)).date()
    hours = opening_hours(calendar)
    ahead = (today + timedelta(days=number) for number in range(days))
    return tuple(OpenDay(day, _hours(hours, day), _note(calendar, day)) for day in ahead)


def _hours(hours: OpeningHours, day: date) -> str:
    return ", ".join(_span(*(hours.local(at) for at in window)) for window in hours.windows(day.toordinal()))


def _span(opens: datetime, closes: datetime) -> str:
    over_night = closes.date() > opens.date()
    if over_night and closes.time() == time.min and closes - opens <= timedelta(days=1):
        return f"{opens:%H:%M}\u201324:00"
    return f"{opens:%H:%M}\u2013{closes:%H:%M}" + (" (next day)" if over_night else "")


def _note(calendar: Calendar, day: date) -> str:
    if day in calendar.exceptions:
        return "differs from the week"
    if calendar.is_holiday(day):
        return calendar.holiday_name(day) or "a holiday"
    if not calendar.windows_on(day):
        return "closed"
    return ""
