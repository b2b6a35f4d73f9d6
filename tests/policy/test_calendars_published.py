"""Business time against what other systems publish: their documented examples, as numbers, counted on our calendars."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.calendar import Calendar
from policy.hours.calendars import due, elapsed, next_opening

HOUR = timedelta(hours=1)
WORKDAYS = "mon tue wed thu fri"


def hours(
    opens: str, closes: str, *, days: str = WORKDAYS, lunch: tuple[str, str] | None = None, **rest: Any
) -> Calendar:
    """Make their usual calendar: the same hours each day, perhaps with a break."""
    windows = [[opens, lunch[0]], [lunch[1], closes]] if lunch else [[opens, closes]]
    return Calendar.model_validate({"tz": "UTC", "week": dict.fromkeys(days.split(), windows), **rest})


def at(text: str) -> datetime:
    """Read a wall time; their examples have no zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("UTC"))


OFFICE = hours("09:00", "17:00")
LUNCH = hours("09:00", "18:00", lunch=("12:00", "13:00"))
LATE = hours("11:00", "20:00")
NIGHTS = hours("17:00", "09:00")
US_2014 = hours("09:00", "17:00", holidays=["2014-01-20"])


@pytest.mark.parametrize(
    ("calendar", "start", "budget", "expected"),
    [
        pytest.param(OFFICE, "2014-08-01 10:00", HOUR, "2014-08-01 11:00", id="pandas: in hours"),
        pytest.param(OFFICE, "2014-08-01 08:00", HOUR, "2014-08-01 10:00", id="pandas: before opening"),
        pytest.param(OFFICE, "2014-08-01 16:30", HOUR, "2014-08-04 09:30", id="pandas: over the weekend"),
        pytest.param(OFFICE, "2014-08-01 10:00", 2 * HOUR, "2014-08-01 12:00", id="pandas: two hours"),
        pytest.param(OFFICE, "2022-12-09 08:00", 5 * HOUR, "2022-12-09 14:00", id="pandas: five hours"),
        pytest.param(
            hours("09:00", "19:00"), "2022-08-05 22:00", HOUR, "2022-08-08 10:00", id="pandas: after hours on Friday"
        ),
        pytest.param(LATE, "2014-08-01 13:00", HOUR, "2014-08-01 14:00", id="pandas: other hours"),
        pytest.param(LATE, "2014-08-01 09:00", HOUR, "2014-08-01 12:00", id="pandas: before other hours"),
        pytest.param(LATE, "2014-08-01 18:00", HOUR, "2014-08-01 19:00", id="pandas: late in other hours"),
        pytest.param(NIGHTS, "2014-08-01 17:00", HOUR, "2014-08-01 18:00", id="pandas: a night begins"),
        pytest.param(NIGHTS, "2014-08-01 23:00", HOUR, "2014-08-02 00:00", id="pandas: a night's midnight"),
        pytest.param(NIGHTS, "2014-08-02 04:00", HOUR, "2014-08-02 05:00", id="pandas: Friday's night on Saturday"),
        pytest.param(NIGHTS, "2014-08-04 04:00", HOUR, "2014-08-04 18:00", id="pandas: no night on Sunday"),
        pytest.param(US_2014, "2014-01-17 15:00", HOUR, "2014-01-17 16:00", id="pandas: before a long weekend"),
        pytest.param(LUNCH, "2016-01-18 09:00", 40 * HOUR, "2016-01-22 18:00", id="businesstimedelta: a week"),
        pytest.param(OFFICE, "2026-01-06 11:00", 8 * HOUR, "2026-01-07 11:00", id="Eccentex: Tuesday to Wednesday"),
    ],
)
def test_due_is_what_others_say(calendar: Calendar, start: str, budget: timedelta, expected: str) -> None:
    """The user guide of pandas on business hours, the README of businesstimedelta, the manual of Eccentex."""
    assert at(expected) == due(calendar, at(start), budget).due_at


@pytest.mark.parametrize(
    ("calendar", "start", "budget", "closing", "theirs"),
    [
        pytest.param(OFFICE, "2014-08-01 16:00", HOUR, "2014-08-01 17:00", "2014-08-04 09:00", id="pandas: a weekend"),
        pytest.param(
            hours("11:00", "17:00"), "2022-08-05 16:00", HOUR, "2022-08-05 17:00", "2022-08-08 11:00", id="pandas: Fri"
        ),
        pytest.param(
            US_2014, "2014-01-17 15:00", 2 * HOUR, "2014-01-17 17:00", "2014-01-21 09:00", id="pandas: a holiday"
        ),
        pytest.param(
            hours("10:00", "17:00", days="tue wed thu fri"), "2014-01-17 15:00", 2 * HOUR, "2014-01-17 17:00",
            "2014-01-21 10:00", id="pandas: no Mondays",
        ),
        pytest.param(
            LUNCH, "2016-01-18 08:00", 40 * HOUR, "2016-01-22 18:00", "2016-01-25 09:00", id="businesstimedelta: a week"
        ),
    ],
)  # fmt: skip
def test_where_others_jump_to_the_next_opening_ours_stays_at_the_closing(
    calendar: Calendar, start: str, budget: timedelta, closing: str, theirs: str
) -> None:
    """The one convention that differs (pandas, businesstimedelta once): no business time lies between."""
    answer = due(calendar, at(start), budget).due_at
    assert (at(closing), at(theirs)) == (answer, next_opening(calendar, answer))


@pytest.mark.parametrize(
    ("calendar", "start", "end", "expected"),
    [
        pytest.param(LUNCH, "2016-01-18 09:00", "2016-01-22 18:00", 40 * HOUR, id="businesstimedelta: a week"),
        pytest.param(
            hours("09:00", "18:00", lunch=("12:00", "13:00"), holidays=["2015-12-25"]),
            "2015-12-21 09:00", "2015-12-28 09:00", 32 * HOUR, id="businesstimedelta: Christmas",
        ),
        pytest.param(
            hours("07:00", "17:00", holidays=["2017-07-04"]),
            "2017-07-01 02:02", "2017-07-07 04:48", 30 * HOUR, id="business-duration: Independence Day",
        ),
        pytest.param(
            hours("09:00", "17:00", holidays=["2013-12-25"]),
            "2013-12-23 12:00", "2013-12-26 05:00", 13 * HOUR, id="businesstime: a day of 8 hours and 5",
        ),
        pytest.param(
            OFFICE, "2014-08-03 08:32", "2014-08-04 10:32", timedelta(seconds=5520), id="working_hours: over Sunday"
        ),
    ],
)  # fmt: skip
def test_elapsed_is_what_others_say(calendar: Calendar, start: str, end: str, expected: timedelta) -> None:
    """The READMEs of businesstimedelta, business-duration and businesstime (Python), and of working_hours (Ruby)."""
    assert expected == elapsed(calendar, at(start), at(end)).elapsed


def test_a_weekend_ends_where_others_say() -> None:
    """The README of working_hours (Ruby): before hours on a Monday, the next working time is its opening."""
    assert at("2014-08-04 09:00") == next_opening(OFFICE, at("2014-08-04 07:16"))
