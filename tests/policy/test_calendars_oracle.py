"""Business time against an oracle that knows nothing of its arithmetic: it watches the clock minute by minute.

The oracle walks UTC minutes, looks at the wall clock of the zone and asks whether that time stands in a window of the
calendar as written. When the wall clock is set back it stays at the latest time it has shown until the clock gets there
again: that is what "an ambiguous time is the first" means to somebody who watches. It never turns a wall time into
an instant.
"""

import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calendar import WEEKDAYS, Calendar
from policy.hours.calendars import closes_at, due, elapsed, is_open, next_opening

MINUTE = timedelta(minutes=1)
SPAN = 16 * 24 * 60
"""How many minutes are watched around each change."""

CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/Los_Angeles", "2027-11-07"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2019-02-17"),
    ("America/St_Johns", "2010-11-07"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("Antarctica/Troll", "2026-03-29"),
    ("Antarctica/Troll", "2026-10-25"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Auckland", "2026-04-05"),
    ("Pacific/Auckland", "2026-09-27"),
    ("Pacific/Chatham", "2026-04-05"),
    ("Pacific/Chatham", "2026-09-27"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Kiritimati", "1994-12-31"),
    ("Asia/Kathmandu", "2026-01-01"),
    ("Asia/Kolkata", "2026-06-15"),
]
"""Zones, each around a day on which its clocks change or do not."""


@cache
def watched(zone: str, around: str) -> tuple[datetime, tuple[datetime, ...]]:
    """Watch the wall clock of a zone: the first UTC minute, and the latest wall time shown by each minute."""
    begin = datetime.fromisoformat(around).replace(tzinfo=UTC) - SPAN // 2 * MINUTE
    tz = ZoneInfo(zone)
    shown = ((begin + minute * MINUTE).astimezone(tz).replace(tzinfo=None) for minute in range(SPAN))
    return begin, tuple(accumulate(shown, max))


class Oracle(NamedTuple):
    """Which of the watched minutes are open, and how many were open before each."""

    begin: datetime
    open: tuple[bool, ...]
    before: tuple[int, ...]

    def passed(self, instant: datetime) -> timedelta:
        """Say how much business time has passed since the watch began."""
        minute, rest = divmod(instant - self.begin, MINUTE)
        return self.before[minute] * MINUTE + rest * self.open[minute]

    def due(self, start: datetime, budget: timedelta) -> datetime | None:
        """Find the first instant, at or after `start` and open or just closing, by which the budget has passed."""
        if not budget:
            minute, rest = divmod(start - self.begin, MINUTE)
            if self.open[minute]:
                return start
            later = next((later for later in range(minute, SPAN) if self.open[later]), None)
            return None if later is None else self.begin + later * MINUTE
        goal = self.passed(start) + budget
        minutes, rest = divmod(goal, MINUTE)
        if minutes + bool(rest) > self.before[-1]:
            return None
        if rest:  # inside the open minute that follows `minutes` others
            return self.begin + (bisect_left(self.before, minutes + 1) - 1) * MINUTE + rest
        return self.begin + bisect_left(self.before, minutes) * MINUTE

    def closing(self, instant: datetime) -> datetime | None:
        """Find the first closed minute after an open instant."""
        minute = (instant - self.begin) // MINUTE
        later = next((later for later in range(minute, SPAN) if not self.open[later]), None)
        return None if later is None else self.begin + later * MINUTE


def oracle(written: dict[str, Any], around: str) -> Oracle:
    """Watch a calendar as it is written, without any of the code under test."""
    begin, walls = watched(written["tz"], around)
    day_windows: dict[Any, Any] = {}

    def windows(day: Any) -> Any:
        if day not in day_windows:
            iso = day.isoformat()
            off = iso in written["holidays"] or iso in written["frozen"]
            usual = [] if off else written["week"].get(WEEKDAYS[day.weekday()], [])
            day_windows[day] = written["exceptions"].get(iso, usual)
        return day_windows[day]

    def stands_open(wall: datetime) -> bool:
        shown = f"{wall:%H:%M}"
        for opens, closes in windows(wall.date()):
            if opens <= shown and (shown < closes or closes <= opens):
                return True
        return any(closes <= opens and shown < closes for opens, closes in windows(wall.date() - timedelta(days=1)))

    is_open = tuple(map(stands_open, walls))
    return Oracle(begin, is_open, tuple(accumulate(is_open, initial=0)))


def clock(minute: int) -> str:
    """Write a minute of a day as people do."""
    return f"{minute // 60:02}:{minute % 60:02}"


def random_windows(dice: random.Random) -> list[list[str]]:
    """Throw windows of one day: around the hours clocks change at, anywhere, or an ordinary office."""
    kind = dice.randrange(4)
    if kind == 0:
        return [["09:00", "13:00"], ["14:00", "17:00"]]
    if kind == 1:
        return [["22:00", "06:00"]]
    top = 300 if kind == 2 else 1440
    cuts = sorted(dice.sample(range(0, top + 1, dice.choice((1, 5, 30))), 2 * dice.randint(1, 2)))
    return [[clock(opens), clock(closes)] for opens, closes in zip(cuts[::2], cuts[1::2], strict=True)]


def random_calendar(dice: random.Random, zone: str, around: str) -> tuple[dict[str, Any], Calendar]:
    """Throw a calendar that is accepted, with holidays, public ones and exceptions near the change."""
    near = [datetime.fromisoformat(around).date() + timedelta(days=offset) for offset in range(-6, 7)]
    while True:
        usual = random_windows(dice)
        week = {day: random_windows(dice) if dice.random() < 0.3 else usual for day in WEEKDAYS if dice.random() < 0.8}
        written = {
            "tz": zone,
            "week": week,
            "holidays": [day.isoformat() for day in dice.sample(near, dice.choice((0, 0, 2)))],
            "country": "DE",
            "public_holidays": True,
            "frozen": {day.isoformat(): "a feast" for day in dice.sample(near, dice.choice((0, 0, 2)))},
            "exceptions": {
                day.isoformat(): dice.choice(([], random_windows(dice)))
                for day in dice.sample(near, dice.choice((0, 1, 2)))
            },
        }
        try:
            return written, Calendar.model_validate(written)
        except ValidationError:  # two windows overlap, or none is left: throw again
            continue


@pytest.mark.parametrize(("zone", "around"), CHANGES)
def test_business_time_equals_what_a_watcher_sees(zone: str, around: str) -> None:
    """Due, elapsed, open, next opening and closing agree with the minute-by-minute watch, on random calendars."""
    dice = random.Random(f"{zone} {around}")
    compared = 0
    for _ in range(4):
        written, calendar = random_calendar(dice, zone, around)
        seen = oracle(written, around)
        # The watch needs a day of its own before it is asked, for last night's window.
        instants = [seen.begin + dice.randrange(1440 * 60, SPAN * 60 - 60) * timedelta(seconds=1) for _ in range(60)]
        for start, end in map(sorted, pairwise(instants)):
            case = (written, start.isoformat(), end.isoformat())
            passed = seen.passed(end) - seen.passed(start)
            assert passed == elapsed(calendar, start, end).elapsed, case
            assert bool(seen.open[(start - seen.begin) // MINUTE]) == is_open(calendar, start), case
            budget = dice.choice((passed, passed // MINUTE * MINUTE, timedelta(0), dice.randrange(600) * MINUTE))
            expected, opening = seen.due(start, budget), seen.due(start, timedelta(0))
            if expected is None or opening is None:
                continue
            assert expected == due(calendar, start, budget).due_at, (*case, budget)
            assert opening == next_opening(calendar, start), case
            closing = seen.closing(start)
            if closing is not None:
                assert (closing if opening == start else None) == closes_at(calendar, start), case
            compared += 1
    assert compared > 100


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw any calendar that is accepted, in any of the zones."""
    zone, around = draw(st.sampled_from(CHANGES))
    return random_calendar(random.Random(draw(st.integers(0, 2**32))), zone, around)[1]


@settings(max_examples=300, deadline=None)
@given(
    calendar=calendars(),
    start=st.datetimes(datetime(2009, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    budget=st.timedeltas(timedelta(0), timedelta(days=20)),
)
def test_elapsed_up_to_due_is_the_budget(calendar: Calendar, start: datetime, budget: timedelta) -> None:
    """The round trip is exact, to the microsecond, and due never comes before its start."""
    due_at = due(calendar, start, budget).due_at
    assert due_at >= start
    assert budget == elapsed(calendar, start, due_at).elapsed


@settings(max_examples=150, deadline=None)
@given(
    calendar=calendars(),
    start=st.datetimes(datetime(2009, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    first=st.timedeltas(timedelta(0), timedelta(days=3)),
    second=st.timedeltas(timedelta(microseconds=1), timedelta(days=3)),
)
def test_due_in_two_steps_is_due_in_one(
    calendar: Calendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    """A budget may be used up in parts: pausing and resuming lose nothing."""
    paused_at = due(calendar, start, first).due_at
    assert due(calendar, start, first + second).due_at == due(calendar, paused_at, second).due_at
