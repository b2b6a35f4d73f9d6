"""When somebody works: one calendar as people write it down, and what counting on it answers.

A calendar says wall times of one zone; what they mean as instants is arithmetic, and lives in `policy`. A
window belongs to the day it opens on: a holiday cancels the windows that open on it, and the tail of the
night window before it stays. A country's public holidays are dates by the time they get here (`frozen`): who keeps
which is looked up once, where files are read. This room refuses calendars that mean two things (overlapping windows),
nothing at all (no window anywhere) or not the same everywhere (an unknown zone, holidays nobody has looked up).
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from models.base import Inside, Instant, Outside

DAY = 24 * 60
"""The minutes of a wall-clock day."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str) and not _TIME.fullmatch(value):
        raise ValueError(f'"{value}" is not a time of day: write HH:MM, from 00:00 to 24:00')
    if isinstance(value, int | float):  # YAML reads 13:00 as 780
        raise ValueError(f'{value} is not a time of day: put it in quotes, "HH:MM"')
    return value


TimeOfDay = Annotated[str, BeforeValidator(_time_of_day)]
"""A wall time, "00:00" to "24:00"."""


def _opens_within_its_day(window: tuple[str, str]) -> tuple[str, str]:
    if window[0] == "24:00":
        raise ValueError(f"{'-'.join(window)} opens at 24:00: write it as 00:00 on the next day")
    return window


Window = Annotated[tuple[TimeOfDay, TimeOfDay], AfterValidator(_opens_within_its_day)]
"""Opening and closing of one window; it is open at its opening and closed at its closing."""

Windows = tuple[Window, ...]


def span(window: Window) -> tuple[int, int]:
    """Minutes from the opening day's midnight to opening and closing.

    A closing at or before its opening is on the next day, so the second number may be more than `DAY`.
    """
    opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in window)
    return opens, closes if closes > opens else closes + DAY


class Week(Outside):
    """The windows of each weekday; a day that is not named is closed."""

    model_config = ConfigDict(strict=False)

    mon: Windows = ()
    tue: Windows = ()
    wed: Windows = ()
    thu: Windows = ()
    fri: Windows = ()
    sat: Windows = ()
    sun: Windows = ()

    def of(self, weekday: int) -> Windows:
        """Give the windows of a weekday, 0 being Monday."""
        return (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)[weekday]


def known_zone(tz: str) -> str:
    """Check that `tz` names an IANA zone, the same on each machine. Raises ValueError."""
    if tz == "localtime":
        raise ValueError('"localtime" is another zone on each machine; write an IANA name')
    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{tz}" is not a time zone; write an IANA name, like Europe/Berlin') from None
    return tz


HolidayName = Annotated[str, Field(min_length=1, max_length=300)]
"""What a holiday is called; two that fall together are told as "one; other"."""


class Calendar(Outside):
    """Opening hours in one zone: the ordinary week, closed holidays, and days that differ.

    Raises `ValidationError` for an unknown zone, for overlapping windows (naming day and windows; they may
    touch), for a calendar that never opens, and for public holidays whose dates nobody has looked up.
    """

    model_config = ConfigDict(strict=False)

    tz: str
    week: Week
    holidays: tuple[date, ...] = Field((), description="the company's own, closed")
    exceptions: dict[date, Windows] = Field(
        default_factory=dict,
        description="replace the day's windows, a holiday's too; an empty list is closed",
    )
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$", description="whose holidays these are, ISO 3166 alpha-2")
    subdivision: str | None = Field(
        None, min_length=1, max_length=20, description="the part of the country, ISO 3166-2 without it: BY, CA, NSW"
    )
    public_holidays: bool = Field(False, strict=True, description="closed on those of country and subdivision, too")
    without: tuple[HolidayName, ...] = Field(
        (), max_length=200, description="public holidays on which the company works, by date or name"
    )
    frozen: dict[date, HolidayName] | None = Field(
        None, max_length=5000, description="the public holidays as they were looked up; nobody types these"
    )

    def __hash__(self) -> int:
        looked_up = len(self.frozen) if self.frozen else 0  # equal ones have as many; hashing each takes its time
        return hash((self.tz, self.week, self.holidays, frozenset(self.exceptions.items()), looked_up))

    def windows_on(self, day: date) -> Windows:
        """Give the windows that open on `day`: its exception's, none on a holiday, else its weekday's."""
        if day in self.exceptions:
            return self.exceptions[day]
        return () if self.is_holiday(day) else self.week.of(day.weekday())

    def is_holiday(self, day: date) -> bool:
        """Say whether `day` is one of its holidays, own or public."""
        return day in self.holidays or (self.frozen is not None and day in self.frozen)

    def holiday_name(self, day: date) -> str | None:
        """Give what the public holiday on `day` is called; None for a day that is none, or only the company's own."""
        return self.frozen.get(day) if self.frozen else None

    @property
    def known_until(self) -> int | None:
        """Give the last year whose public holidays it knows; None where it asks for none."""
        return max(self.frozen).year if self.frozen else None

    @property
    def always_open(self) -> bool:
        """Say whether it is open around the clock, every day, with no day that differs."""
        if self.holidays or self.exceptions or self.frozen:
            return False
        return sum(closes - opens for _, _, opens, closes in _laid_out(self.week)) == 7 * DAY

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, tz: str) -> str:
        return known_zone(tz)

    @field_validator("holidays")
    @classmethod
    def _plausible_holidays(cls, days: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(map(plausible, days))

    @field_validator("exceptions")
    @classmethod
    def _plausible_exceptions(cls, days: dict[date, Windows]) -> dict[date, Windows]:
        return {plausible(day): windows for day, windows in days.items()}

    @field_validator("frozen")
    @classmethod
    def _plausible_frozen(cls, days: dict[date, str] | None) -> dict[date, str] | None:
        return None if days is None else {plausible(day): name for day, name in days.items()}

    @model_validator(mode="after")
    def _whose_holidays(self) -> "Calendar":
        if self.subdivision is not None and self.country is None:
            raise ValueError("subdivision: is a part of a country; say which with `country`")
        if self.public_holidays and self.country is None:
            raise ValueError("public_holidays: whose? say it with `country`")
        if self.without and not self.public_holidays:
            raise ValueError("without: is for `public_holidays: true`; what is not listed in `holidays` is none")
        if self.public_holidays and self.frozen is None:
            raise ValueError("public_holidays: their dates are not looked up yet (`frozen`)")
        if self.frozen is not None and not self.public_holidays:
            raise ValueError("frozen: is for `public_holidays: true`; write the company's own days in `holidays`")
        return self

    @model_validator(mode="after")
    def _means_one_thing(self) -> "Calendar":
        week = sorted(_laid_out(self.week), key=lambda laid: laid[2:])
        if not week and not any(self.exceptions.values()):
            raise ValueError("never opens: give at least one window in week or in exceptions")
        if week:
            name, window, opens, closes = week[0]
            _refuse_overlaps([*week, (name, window, opens + 7 * DAY, closes + 7 * DAY)], "week")
        for day in self.exceptions:
            around = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
            laid = [
                (f"{WEEKDAYS[near.weekday()]} {near}", window, opens + offset * DAY, closes + offset * DAY)
                for offset, near in enumerate(around)
                for window in self.windows_on(near)
                for opens, closes in (span(window),)
            ]
            _refuse_overlaps(sorted(laid, key=lambda laid: laid[2:]), "exceptions")
        return self


def plausible(day: date) -> date:
    """Check that a day is one that can be planned for. Raises ValueError."""
    if not 1900 <= day.year <= 2999:
        raise ValueError(f"{day} is not a day anybody plans for (years 1900 to 2999)")
    return day


_Laid = tuple[str, Window, int, int]


def _laid_out(week: Week) -> Iterator[_Laid]:
    """Lay the week's windows out in minutes since Monday 00:00."""
    for weekday, name in enumerate(WEEKDAYS):
        for window in week.of(weekday):
            opens, closes = span(window)
            yield name, window, opens + weekday * DAY, closes + weekday * DAY


def _refuse_overlaps(windows: list[_Laid], where: str) -> None:
    for (day, first, _, closes), (next_day, second, opens, _) in pairwise(windows):
        if opens < closes:
            raise ValueError(f"{where}: {day} {'-'.join(first)} overlaps {next_day} {'-'.join(second)}")


ALWAYS = Calendar(tz="UTC", week=Week(**dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))))
"""Open around the clock: business time is wall time."""


class Due(Inside):
    """The instant a budget of business time is used up, and how it got there, window by window."""

    due_at: Instant
    trace: tuple[str, ...]


class Elapsed(Inside):
    """The business time between two instants, and how it adds up, window by window."""

    elapsed: timedelta
    trace: tuple[str, ...]
