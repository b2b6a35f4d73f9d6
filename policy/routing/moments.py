"""Instants and days as people say them: "Mon 09:00", "until 9 Mar". This room refuses to work any out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FOR_EVER = datetime(2999, 1, 1, tzinfo=UTC)
"""Later than anything that is planned: what ends then, or after, ends until further notice."""

_DAY = timedelta(days=1)
_SIX_DAYS = timedelta(days=6)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(at: datetime, zone: str, seen_from: datetime) -> str:
    """Say an instant as the wall time of a zone: "Mon 09:00"; with a date where that could mean two days."""
    local, now = at.astimezone(ZoneInfo(zone)), seen_from.astimezone(ZoneInfo(zone))
    seconds = f":{local.second:02}" if local.second else ""
    clock = f"{local.hour:02}:{local.minute:02}{seconds}"
    weekday = _WEEKDAYS[local.weekday()]
    if timedelta(0) <= local.date() - now.date() <= _SIX_DAYS:
        return f"{weekday} {clock}"
    return f"{weekday} {_day(local.date(), now.date())} {clock}"


def until(at: datetime | None, zone: str, seen_from: datetime) -> str:
    """Say until when somebody is away, as the wall time of a zone; None is for good."""
    return "until further notice" if at is None else f"until {moment(at, zone, seen_from)}"


def until_day(back: datetime, zone: str, seen_from: datetime) -> str:
    """Say when leave ends: by its last day, or by the instant when that is not a midnight."""
    if back >= FOR_EVER:
        return "until further notice"
    local, now = (at.astimezone(ZoneInfo(zone)) for at in (back, seen_from))
    if local.time() == time.min:
        return f"until {_day(local.date() - _DAY, now.date())}"
    return f"until {_day(local.date(), now.date())} {local:%H:%M}"


def _day(day: date, today: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}{'' if day.year == today.year else f' {day.year}'}"
