"""A policy's page, last but one part: the calendars it counts business time in beside the roster's."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from models.calendar import WEEKDAYS, Calendar, Windows
from models.policy import Policy
from runtime.telling_policy.words import Item, Items, Reader, Section, listed, pairs

_CLOSED = "closed"


def calendars(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell each calendar's zone and opening hours, whose public holidays it keeps, and the days that differ."""
    if policy.calendars:
        told = Items(tuple(_calendar(name, one, reader) for name, one in policy.calendars.items()))
        yield Section("calendars", "Calendars", (told,))


def _calendar(name: str, calendar: Calendar, reader: Reader) -> Item:
    zone = f"the zone of each lead, else {calendar.tz}" if name == "lead" else calendar.tz
    about = pairs(
        ("open", "around the clock" if calendar.always_open else _week(calendar)),
        ("public holidays", _public(calendar)),
        ("closed", _days(calendar.holidays, reader)),
        ("exceptions", _exceptions(calendar, reader)),
    )
    return Item(f"{name}: {zone}", (about,))


def _week(calendar: Calendar) -> str:
    """Tell the week, weekdays that are alike together: "Mon-Fri 09:00-18:00"."""
    told = []
    for windows, alike in groupby(range(len(WEEKDAYS)), calendar.week.of):
        days = [WEEKDAYS[weekday].capitalize() for weekday in alike]
        if windows:
            told.append(f"{days[0]}{f'-{days[-1]}' if len(days) > 1 else ''} {_windows(windows)}")
    return "; ".join(told) or "by its exceptions only"


def _windows(windows: Windows) -> str:
    return listed(["-".join(window) for window in windows]) or _CLOSED


def _public(calendar: Calendar) -> str:
    if not calendar.public_holidays:
        return ""
    whose = "-".join(filter(None, [calendar.country, calendar.subdivision]))
    without = f", without {listed(calendar.without)}" if calendar.without else ""
    until = f" (known until {calendar.known_until})" if calendar.known_until else ""
    return f"{whose}{without}{until}"


def _days(days: tuple[date, ...], reader: Reader) -> str:
    return ", ".join(reader.some([str(day) for day in sorted(days)], "days"))


def _exceptions(calendar: Calendar, reader: Reader) -> str:
    told = [f"{day} {_windows(windows)}" for day, windows in sorted(calendar.exceptions.items())]
    return "; ".join(reader.some(told, "days"))
