"""Absences and times of day as instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.base import parse
from models.calendar import ALWAYS, Calendar
from models.roster import Rep
from policy.leave import Leave, leave_at, leaves, next_leave
from policy.routing.availability import on_leave
from policy.routing.moments import FOR_EVER
from policy.wall_times import day_of, instant_of, next_after, on_day

PHOENIX = Calendar.model_validate({"tz": "America/Phoenix", "week": {"mon": [["08:00", "16:00"]]}})


def rep(*spans: tuple[str, str]) -> Rep:
    """Make a rep with these absences."""
    off = [{"from": start, "to": end} for start, end in spans]
    return parse(Rep, {"id": "ana", "name": "Ana", "team": "emea", "time_off": off})


def utc(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Give an instant of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([("2026-03-05", "2026-03-05")], [(utc(5, 7), utc(6, 7))]),
        ([("2026-03-05T09:00", "2026-03-05T10:00")], [(utc(5, 16), utc(5, 17))]),
        ([("2026-03-05T09:00Z", "2026-03-06")], [(utc(5, 9), utc(7, 7))]),
        (
            [("2026-03-09", "2026-03-09"), ("2026-03-05", "2026-03-05")],
            [(utc(5, 7), utc(6, 7)), (utc(9, 7), utc(10, 7))],
        ),
        ([("2026-03-05", "2026-03-05"), ("2026-03-06", "2026-03-07")], [(utc(5, 7), utc(8, 7))]),
        ([("2026-03-01", "2026-03-09"), ("2026-03-03", "2026-03-04")], [(utc(1, 7), utc(10, 7))]),
        ([("2026-03-05T09:00", "2026-03-05T09:00")], []),
        ([("2026-03-05", "9999-12-31")], [(utc(5, 7), FOR_EVER)]),
    ],
)
def test_absences_are_whole_and_in_order(
    spans: list[tuple[str, str]], expected: list[tuple[datetime, datetime]]
) -> None:
    """Dates are whole days of the rep's zone, the last one included; what touches is one absence."""
    assert tuple(Leave(*one) for one in expected) == leaves(rep(*spans), PHOENIX)


def test_the_next_absence_is_not_the_running_one() -> None:
    """One that begins at this very instant is running."""
    away = rep(("2026-03-05", "2026-03-05"), ("2026-03-09", "2026-03-09"))
    first, second = leaves(away, PHOENIX)
    assert (None, first) == (leave_at(away, PHOENIX, utc(5, 6, 59)), next_leave(away, PHOENIX, utc(5, 6, 59)))
    assert (first, second) == (leave_at(away, PHOENIX, utc(5, 7)), next_leave(away, PHOENIX, utc(5, 7)))
    assert (None, second) == (leave_at(away, PHOENIX, utc(6, 7)), next_leave(away, PHOENIX, utc(6, 7)))
    assert next_leave(away, PHOENIX, utc(9, 7)) is None


MINUTES = st.integers(0, 40 * 24 * 60).map(lambda minute: utc(1) + timedelta(minutes=minute))
SPANS = st.lists(st.tuples(MINUTES, st.integers(0, 5000)), max_size=4).map(
    lambda found: [(start.isoformat(), (start + timedelta(minutes=length)).isoformat()) for start, length in found]
)


@given(SPANS, MINUTES)
def test_one_is_on_leave_while_any_absence_runs(spans: list[tuple[str, str]], at: datetime) -> None:
    """It ends when nothing of what touches it runs any more: what a rep is told, and what moves a lead on, is this."""
    written = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in spans]
    back_at = at
    while later := [end for start, end in written if start <= back_at < end]:
        back_at = max(later)
    assert (back_at if back_at > at else None) == on_leave(rep(*spans), PHOENIX, at)


ZONES = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Kathmandu"])
TIMES = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda clock: f"{clock[0]:02}:{clock[1]:02}")
INSTANTS = st.integers(0, 20 * 365 * 24 * 60).map(
    lambda minute: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
SAMOA_SKIPS_A_DAY = datetime(2011, 12, 30, 9, 30, tzinfo=UTC)


@given(ZONES, TIMES, INSTANTS)
@example("Pacific/Apia", "00:00", SAMOA_SKIPS_A_DAY)
@example("Pacific/Apia", "08:00", SAMOA_SKIPS_A_DAY + timedelta(hours=1))
def test_a_time_of_day_comes_once_a_day(zone: str, clock: str, at: datetime) -> None:
    """The next one is later, within a day and what clocks shift; days begin with it and follow each other."""
    then = next_after(at, clock, zone)
    assert at < then <= at + timedelta(hours=49)  # Samoa had no 30 December 2011
    shown = then.astimezone(ZoneInfo(zone))
    assert shown.replace(tzinfo=None) >= datetime.combine(shown.date(), time.fromisoformat(clock))
    day = day_of(at, clock, zone)
    assert on_day(day, clock, zone) <= at < on_day(day + timedelta(days=1), clock, zone)


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        (date(2026, 3, 29), "02:30", "Europe/Berlin", utc(29, 1)),  # skipped: the gap's end
        (date(2026, 10, 25), "02:30", "Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first of two
        (date(2026, 3, 5), "24:00", "UTC", utc(6)),
        (date(2026, 3, 5), "00:00", "UTC", utc(5)),
    ],
)
def test_wall_times_are_read_as_calendars_read_them(day: date, clock: str, zone: str, expected: datetime) -> None:
    """A skipped one is the gap's end, of two it is the first."""
    assert expected == on_day(day, clock, zone)


def test_what_a_roster_writes_is_an_instant() -> None:
    """A date, a wall time, an instant."""
    wall = datetime.fromisoformat("2026-03-05T09:00")
    assert [utc(5), utc(5, 8), utc(5, 8)] == [
        instant_of(date(2026, 3, 5), ALWAYS.tz),
        instant_of(wall, "Europe/Berlin"),
        instant_of(utc(5, 8), "Europe/Berlin"),
    ]
