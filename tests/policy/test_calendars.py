"""Business time by its conventions: one table for each, and the words of the trace."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calendar import ALWAYS, WEEKDAYS, Calendar
from policy.hours.calendars import NeverOpens, closes_at, due, elapsed, is_open, next_opening
from policy.hours.opening_hours import SEARCH_DAYS, opening_hours
from policy.hours.words import LINES

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ZERO = timedelta(0)


def calendar(
    tz: str = "Europe/Berlin", days: str = "mon tue wed thu fri", windows: Any = None, **rest: Any
) -> Calendar:
    """Make a calendar with the same windows on each of the days."""
    week = {day: windows or [["09:00", "17:00"]] for day in days.split()}
    return Calendar.model_validate({"tz": tz, "week": week, **rest})


def at(text: str, tz: str = "Europe/Berlin") -> datetime:
    """Read a wall time of 2026 ("01-09 16:00"), or one of a named year; a trailing * is the second of two."""
    wall = text.removesuffix("*")
    moment = datetime.fromisoformat(wall if len(wall) > 14 else f"2026-{wall}")
    return moment.replace(tzinfo=ZoneInfo(tz), fold=int(text.endswith("*")))


OFFICE = calendar()
SPLIT = calendar(windows=[["09:00", "13:00"], ["14:00", "17:00"]])
NIGHT = calendar(days=" ".join(WEEKDAYS), windows=[["22:00", "06:00"]])
FESTIVE = calendar(
    holidays=["2026-12-24", "2026-12-25"], exceptions={"2026-12-25": [["10:00", "11:00"]], "2026-12-28": []}
)
PUBLIC = calendar(
    country="DE",
    public_holidays=True,
    holidays=["2026-12-24"],
    frozen={"2026-12-25": "Christmas Day", "2026-12-26": "Second Day of Christmas"},
)
NIGHT_OFF = calendar(days=" ".join(WEEKDAYS), windows=[["22:00", "06:00"]], holidays=["2026-12-24"])
TOUCHING = calendar(days=" ".join(WEEKDAYS), windows=[["20:00", "24:00"], ["00:00", "04:00"]])


@pytest.mark.parametrize(
    ("hours", "start", "budget", "expected"),
    [
        pytest.param(OFFICE, "01-09 10:00", HOUR, "01-09 11:00", id="inside a window"),
        pytest.param(OFFICE, "01-09 16:00", HOUR, "01-09 17:00", id="exactly at closing stays there"),
        pytest.param(OFFICE, "01-09 16:00", HOUR + MINUTE, "01-12 09:01", id="a minute more goes over the weekend"),
        pytest.param(OFFICE, "01-09 09:00", 40 * HOUR, "01-15 17:00", id="a week of work"),
        pytest.param(OFFICE, "01-09 17:55", 30 * MINUTE, "01-12 09:30", id="after hours"),
        pytest.param(OFFICE, "01-10 12:00", 30 * MINUTE, "01-12 09:30", id="on a closed day"),
        pytest.param(OFFICE, "01-09 07:00", 30 * MINUTE, "01-09 09:30", id="before opening"),
        pytest.param(OFFICE, "01-09 07:00", ZERO, "01-09 09:00", id="zero before opening snaps to it"),
        pytest.param(OFFICE, "01-09 09:00", ZERO, "01-09 09:00", id="zero at opening"),
        pytest.param(OFFICE, "01-09 12:00", ZERO, "01-09 12:00", id="zero inside stays"),
        pytest.param(OFFICE, "01-09 17:00", ZERO, "01-12 09:00", id="zero at closing snaps to the next opening"),
        pytest.param(SPLIT, "01-09 12:00", HOUR, "01-09 13:00", id="split: due at lunch is due at lunch"),
        pytest.param(SPLIT, "01-09 12:00", 2 * HOUR, "01-09 15:00", id="split: lunch does not count"),
        pytest.param(NIGHT, "01-09 23:00", 4 * HOUR, "01-10 03:00", id="night window over midnight"),
        pytest.param(NIGHT, "01-10 05:00", 2 * HOUR, "01-10 23:00", id="from yesterday's window to today's"),
        pytest.param(TOUCHING, "01-09 23:00", 4 * HOUR, "01-10 03:00", id="windows touching at midnight"),
        pytest.param(FESTIVE, "12-23 16:00", HOUR + MINUTE, "12-25 10:01", id="holiday, then its exception"),
        pytest.param(FESTIVE, "12-25 10:00", 2 * HOUR, "12-29 10:00", id="exception that closes a day"),
        pytest.param(NIGHT_OFF, "12-23 23:00", 7 * HOUR, "12-24 06:00", id="a holiday keeps the night before"),
        pytest.param(NIGHT_OFF, "12-23 23:00", 7 * HOUR + MINUTE, "12-25 22:01", id="and cancels its own night"),
        pytest.param(ALWAYS, "01-09 16:00", timedelta(days=200), "07-28 17:00", id="around the clock is real time"),
    ],
)
def test_due_counts_windows_only(hours: Calendar, start: str, budget: timedelta, expected: str) -> None:
    """The budget runs while it is open, and a due instant exactly at closing stays there."""
    assert at(expected) == due(hours, at(start), budget).due_at


GAP = "gap: Berlin goes from 02:00 to 03:00 on 2026-03-29"
FOLD = "fold: Berlin goes from 03:00 back to 02:00 on 2026-10-25"


@pytest.mark.parametrize(
    ("window", "start", "budget", "expected"),
    [
        pytest.param(
            ["02:30", "06:00"], "03-29 00:00", ZERO, "2026-03-29T01:00Z", id=f"{GAP}; an opening moves forward"
        ),
        pytest.param(["02:30", "06:00"], "03-29 00:00", 3 * HOUR, "2026-03-29T04:00Z", id=f"{GAP}; and is short"),
        pytest.param(
            ["01:00", "02:30"], "03-29 00:00", HOUR, "2026-03-29T01:00Z", id=f"{GAP}; a closing moves forward"
        ),
        pytest.param(
            ["01:00", "02:30"], "03-29 00:00", HOUR + MINUTE, "2026-03-29T23:01Z", id=f"{GAP}; to the gap's end only"
        ),
        pytest.param(["02:10", "02:50"], "03-29 00:00", ZERO, "2026-03-30T00:10Z", id=f"{GAP}; a window may vanish"),
        pytest.param(["22:00", "06:00"], "03-28 12:00", 7 * HOUR, "2026-03-29T04:00Z", id=f"{GAP}; a night has 7 h"),
        pytest.param(["02:30", "06:00"], "10-25 00:00", ZERO, "2026-10-25T00:30Z", id=f"{FOLD}; opens at the first"),
        pytest.param(
            ["02:30", "06:00"], "10-25 00:00", 4 * HOUR + 30 * MINUTE, "2026-10-25T05:00Z", id=f"{FOLD}; and is long"
        ),
        pytest.param(
            ["01:00", "02:30"], "10-25 00:00", 90 * MINUTE, "2026-10-25T00:30Z", id=f"{FOLD}; closes at first"
        ),
        pytest.param(
            ["01:00", "02:30"], "10-25 00:00", 91 * MINUTE, "2026-10-26T00:01Z", id=f"{FOLD}; and does not open again"
        ),
        pytest.param(["01:00", "02:30"], "10-25 02:10*", ZERO, "2026-10-26T00:00Z", id=f"{FOLD}; the second is closed"),
        pytest.param(["22:00", "06:00"], "10-24 12:00", 9 * HOUR, "2026-10-25T05:00Z", id=f"{FOLD}; a night has 9 h"),
    ],
)
def test_due_over_a_clock_change(window: list[str], start: str, budget: timedelta, expected: str) -> None:
    """A wall time in a gap moves forward to its end, an ambiguous one is the first, and real time counts."""
    hours = calendar(days=" ".join(WEEKDAYS), windows=[window])
    assert datetime.fromisoformat(expected) == due(hours, at(start), budget).due_at


@pytest.mark.parametrize(
    ("tz", "windows", "start", "budget", "expected"),
    [
        pytest.param(
            "Australia/Lord_Howe",
            ["00:00", "06:00"],
            "2026-10-04T00:00",
            330 * MINUTE,
            "2026-10-03T19:00Z",
            id="30 min gap",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            ["00:00", "06:00"],
            "2026-04-05T00:00",
            390 * MINUTE,
            "2026-04-04T19:30Z",
            id="30 min fold",
        ),
        pytest.param(
            "Pacific/Apia",
            ["09:00", "17:00"],
            "2011-12-29T09:00",
            10 * HOUR,
            "2011-12-30T21:00Z",
            id="a day that never was",
        ),
        pytest.param(
            "America/Sao_Paulo",
            ["00:00", "02:00"],
            "2018-11-03T20:00",
            HOUR,
            "2018-11-04T04:00Z",
            id="midnight in a gap",
        ),
        pytest.param(
            "America/St_Johns", ["00:00", "01:00"], "2010-11-07T00:00", HOUR, "2010-11-07T03:30Z", id="midnight twice"
        ),
        pytest.param(
            "Asia/Kathmandu", ["09:00", "17:00"], "2026-01-09T09:00", HOUR, "2026-01-09T04:15Z", id="5 h 45 min"
        ),
    ],
)
def test_due_in_zones_with_habits_of_their_own(
    tz: str, windows: list[str], start: str, budget: timedelta, expected: str
) -> None:
    """Half-hour changes, a skipped day, a missing midnight and a double one follow the same rule."""
    hours = calendar(tz, " ".join(WEEKDAYS), [windows])
    assert datetime.fromisoformat(expected) == due(hours, at(start, tz), budget).due_at


@pytest.mark.parametrize(
    ("hours", "start", "end", "expected"),
    [
        pytest.param(OFFICE, "01-09 16:00", "01-12 09:30", 90 * MINUTE, id="over a weekend"),
        pytest.param(OFFICE, "01-09 17:00", "01-12 09:00", ZERO, id="from closing to opening"),
        pytest.param(OFFICE, "01-09 12:00", "01-09 12:00", ZERO, id="no time at all"),
        pytest.param(NIGHT, "03-28 12:00", "03-29 12:00", 7 * HOUR, id="night of the gap"),
        pytest.param(NIGHT, "10-24 12:00", "10-25 12:00", 9 * HOUR, id="night of the fold"),
        pytest.param(ALWAYS, "03-01 00:00", "04-01 00:00", timedelta(days=31) - HOUR, id="around the clock"),
    ],
)
def test_elapsed_counts_windows_only(hours: Calendar, start: str, end: str, expected: timedelta) -> None:
    """Only real time inside windows passes."""
    assert expected == elapsed(hours, at(start), at(end)).elapsed


@pytest.mark.parametrize(
    ("hours", "moment", "opened", "opens", "closes"),
    [
        pytest.param(OFFICE, "01-09 09:00", True, "01-09 09:00", "01-09 17:00", id="an opening is open"),
        pytest.param(OFFICE, "01-09 16:59", True, "01-09 16:59", "01-09 17:00", id="the last minute"),
        pytest.param(OFFICE, "01-09 17:00", False, "01-12 09:00", None, id="a closing is closed"),
        pytest.param(OFFICE, "01-09 08:59", False, "01-09 09:00", None, id="before opening"),
        pytest.param(NIGHT, "01-10 05:00", True, "01-10 05:00", "01-10 06:00", id="yesterday's night window"),
        pytest.param(TOUCHING, "01-09 21:00", True, "01-09 21:00", "01-10 04:00", id="touching windows are one"),
        pytest.param(ALWAYS, "01-09 21:00", True, "01-09 21:00", None, id="never closes"),
    ],
)
def test_open_or_closed(hours: Calendar, moment: str, opened: bool, opens: str, closes: str | None) -> None:
    """A window is open from its opening up to, not including, its closing."""
    answer = is_open(hours, at(moment)), next_opening(hours, at(moment)), closes_at(hours, at(moment))
    assert (opened, at(opens), closes and at(closes)) == answer


def test_around_the_clock_with_a_day_off_closes_at_the_end_of_its_last_day() -> None:
    """Windows that touch for months are one stretch, and one for longer than anybody searches has no end."""
    all_days = {day: [["00:00", "24:00"]] for day in WEEKDAYS}
    soon = Calendar.model_validate({"tz": "UTC", "week": all_days, "holidays": ["2026-06-01"]})
    late = Calendar.model_validate({"tz": "UTC", "week": all_days, "holidays": ["2028-06-01"]})
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert (datetime(2026, 6, 1, tzinfo=UTC), None) == (closes_at(soon, start), closes_at(late, start))


def test_closes_at_the_last_closing_there_will_ever_be() -> None:
    """The last window of a calendar of exceptions still closes."""
    once = calendar(days="", exceptions={"2026-06-01": [["09:00", "17:00"]]})
    assert at("06-01 17:00") == closes_at(once, at("06-01 12:00"))


ONE_DAY = calendar(days="", exceptions={"2026-06-01": [["09:00", "17:00"]]})


@pytest.mark.parametrize(
    ("start", "budget"),
    [("06-01 17:00", ZERO), ("06-01 09:00", 8 * HOUR + MINUTE), ("2020-01-01T00:00", MINUTE)],
    ids=["after the last day", "more than there is", "years before the first"],
)
def test_due_refuses_a_calendar_that_does_not_open_in_time(start: str, budget: timedelta) -> None:
    """The search for an opening is bounded and ends in an error that says where it looked."""
    with pytest.raises(NeverOpens, match=rf"Europe/Berlin does not open within {SEARCH_DAYS} days after 20"):
        due(ONE_DAY, at(start), budget)


def test_next_opening_refuses_a_calendar_that_does_not_open_again() -> None:
    """No opening to come is an error, not a date in the far future."""
    with pytest.raises(NeverOpens, match="does not open"):
        next_opening(ONE_DAY, at("06-01 17:00"))


def test_due_finds_an_opening_most_of_the_search_away() -> None:
    """A year-long closure is not the end of a calendar."""
    assert at("06-01 10:00") == due(ONE_DAY, at("2025-05-20T00:00"), HOUR).due_at


@pytest.mark.parametrize("hours", [OFFICE, ALWAYS])
def test_due_refuses_a_budget_beyond_the_years_it_counts_in(hours: Calendar) -> None:
    """An absurd budget ends in an error instead of an overflow."""
    with pytest.raises(NeverOpens):
        due(hours, datetime(2999, 6, 1, tzinfo=UTC), timedelta(days=400))


NAIVE = datetime.fromisoformat("2026-01-09T12:00")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: due(OFFICE, at("01-09 12:00"), -MINUTE), "not negative"),
        (lambda: due(OFFICE, NAIVE, MINUTE), "no UTC offset"),
        (lambda: elapsed(OFFICE, at("01-09 12:00"), NAIVE), "no UTC offset"),
        (lambda: elapsed(OFFICE, at("01-09 12:00"), at("01-09 11:59")), "does not run backwards"),
        (lambda: is_open(OFFICE, datetime.min.replace(tzinfo=UTC)), "outside the years"),
        (lambda: next_opening(OFFICE, datetime.max.replace(tzinfo=UTC)), "outside the years"),
    ],
)
def test_business_time_refuses_what_has_no_answer(call: Any, says: str) -> None:
    """Naive instants, negative budgets and time running backwards are errors that say so."""
    with pytest.raises(ValueError, match=says):
        call()


def test_due_is_answered_in_utc_whatever_zone_was_asked_in() -> None:
    """The same instant asked in two zones has one answer, in UTC."""
    start = at("01-09 16:00")
    answers = {due(OFFICE, start.astimezone(ZoneInfo(tz)), HOUR) for tz in ("UTC", "Asia/Tokyo", "Europe/Berlin")}
    assert [(datetime(2026, 1, 9, 16, tzinfo=UTC), UTC)] == [(one.due_at, one.due_at.tzinfo) for one in answers]


@pytest.mark.parametrize(
    ("hours", "start", "budget", "expected"),
    [
        pytest.param(
            OFFICE,
            "01-09 16:00",
            90 * MINUTE,
            ("Fri 16:00-17:00 1 h", "weekend", "Mon 09:00-09:30 30 min"),
            id="weekend",
        ),
        pytest.param(
            OFFICE,
            "01-09 17:55",
            30 * MINUTE,
            ("Fri 17:55 closed", "weekend", "Mon 09:00-09:30 30 min"),
            id="after hours",
        ),
        pytest.param(OFFICE, "01-11 12:00", ZERO, ("Sun closed", "Mon 09:00 0 min"), id="zero"),
        pytest.param(
            OFFICE,
            "01-09 16:59:30",
            timedelta(seconds=45),
            ("Fri 16:59:30-17:00 30 s", "weekend", "Mon 09:00-09:00:15 15 s"),
            id="seconds",
        ),
        pytest.param(
            FESTIVE,
            "12-23 16:30",
            2 * HOUR,
            (
                "Wed 16:30-17:00 30 min",
                "Thu 24 Dec holiday",
                "Fri 10:00-11:00 1 h (exception)",
                "weekend",
                "Mon 28 Dec closed (exception)",
                "Tue 09:00-09:30 30 min",
            ),
            id="holidays and exceptions",
        ),
        pytest.param(
            PUBLIC,
            "12-23 16:30",
            HOUR,
            (
                "Wed 16:30-17:00 30 min",
                "Thu 24 Dec holiday",
                "Fri 25 Dec holiday (Christmas Day)",
                "Sat 26 Dec holiday (Second Day of Christmas)",
                "Sun closed",
                "Mon 09:00-09:30 30 min",
            ),
            id="public holidays by name",
        ),
        pytest.param(
            PUBLIC,
            "12-31 16:30",
            HOUR,
            ("Thu 16:30-17:00 30 min", "Fri 09:00-09:30 30 min", "(public holidays after 2026 are not known)"),
            id="a year nobody has looked up",
        ),
        pytest.param(
            calendar(days="mon tue wed thu fri", windows=[["09:00", "10:00"]]),
            "01-08 09:00",
            8 * HOUR,
            (
                "Thu 09:00-10:00 1 h",
                "Fri 09:00-10:00 1 h",
                "weekend",
                "Mon 09:00-10:00 1 h",
                "Tue 09:00-10:00 1 h",
                "Wed 09:00-10:00 1 h",
                "Thu 15 Jan 09:00-10:00 1 h",
                "Fri 16 Jan 09:00-10:00 1 h",
                "weekend of Sat 17 Jan",
                "Mon 19 Jan 09:00-10:00 1 h",
            ),
            id="weekends of the second week have a date",
        ),
        pytest.param(
            calendar(days="sun mon tue wed thu"),
            "01-08 16:00",
            2 * HOUR,
            ("Thu 16:00-17:00 1 h", "Fri, Sat closed", "Sun 09:00-10:00 1 h"),
            id="where weekends are other days",
        ),
        pytest.param(
            NIGHT,
            "03-28 12:00",
            8 * HOUR,
            ("Sat 12:00 closed", "Sat 22:00-06:00 7 h (clock change)", "Sun 22:00-23:00 1 h"),
            id="clock change",
        ),
        pytest.param(
            TOUCHING, "01-09 23:00", 2 * HOUR, ("Fri 23:00-24:00 1 h", "Sat 00:00-01:00 1 h"), id="midnight is 24:00"
        ),
        pytest.param(
            calendar(days="mon"),
            "01-05 16:30",
            9 * HOUR,
            (
                "Mon 16:30-17:00 30 min",
                "Tue, Wed, Thu, Fri, Sat, Sun closed",
                "Mon 12 Jan 09:00-17:00 8 h",
                "Tue 13 Jan, Wed 14 Jan, Thu 15 Jan, Fri 16 Jan, Sat 17 Jan, Sun 18 Jan closed",
                "Mon 19 Jan 09:00-09:30 30 min",
            ),
            id="dates from the second week on",
        ),
        pytest.param(
            ONE_DAY,
            "2025-06-02T12:00",
            HOUR,
            ("Mon 2 Jun to Sun 31 May 2026 closed", "Mon 1 Jun 2026 09:00-10:00 1 h (exception)"),
            id="a long closure is one line",
        ),
        pytest.param(
            ALWAYS,
            "01-09 17:00",
            timedelta(days=10),
            ("Fri 16:00 to Mon 19 Jan 16:00 240 h, open around the clock",),
            id="around the clock",
        ),
    ],
)
def test_trace_tells_window_by_window(
    hours: Calendar, start: str, budget: timedelta, expected: tuple[str, ...]
) -> None:
    """Each line can be checked against the wall clock of the calendar's own zone."""
    assert expected == due(hours, at(start), budget).trace


def test_trace_of_elapsed_tells_the_closed_days_up_to_the_end() -> None:
    """What passed and what did not: the weekend at the end is named too."""
    answer = elapsed(OFFICE, at("01-09 16:55"), at("01-11 12:00"))
    assert (5 * MINUTE, ("Fri 16:55-17:00 5 min", "weekend")) == (answer.elapsed, answer.trace)


def test_trace_of_elapsed_ends_before_an_opening_it_only_touches() -> None:
    """An end exactly at an opening uses nothing of that window, and no line pretends it does."""
    answer = elapsed(OFFICE, at("01-09 17:00"), at("01-12 09:00"))
    assert (ZERO, ("Fri 17:00 closed", "weekend")) == (answer.elapsed, answer.trace)


def test_elapsed_sees_a_window_of_tomorrow_when_the_clock_went_back_to_today() -> None:
    """St. John's once went from 00:01 back to 23:01: the new day's window is open although the date is the old one."""
    hours = calendar("America/St_Johns", " ".join(WEEKDAYS), [["00:00", "01:00"]])
    start, end = (datetime(2010, 11, 7, hour, tzinfo=UTC) for hour in (2, 3))
    assert 30 * MINUTE == elapsed(hours, start, end).elapsed
    assert is_open(hours, end)


def test_trace_names_a_day_the_zone_skipped() -> None:
    """Apia had no 30 December 2011, and the trace says so."""
    apia = calendar("Pacific/Apia", " ".join(WEEKDAYS))
    trace = due(apia, at("2011-12-29T16:00", "Pacific/Apia"), 2 * HOUR).trace
    assert ("Thu 16:00-17:00 1 h", "Fri 30 Dec skipped by a clock change", "Sat 09:00-10:00 1 h") == trace


def length(line: str) -> timedelta:
    """Add up the durations a line of a trace ends in."""
    units = {"h": HOUR, "min": MINUTE, "s": timedelta(seconds=1)}
    return sum((float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (h|min|s)\b", line)), ZERO)


@settings(max_examples=60, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    minutes=st.integers(0, 60 * 24 * 60),
)
def test_trace_is_bounded_and_adds_up(start: datetime, minutes: int) -> None:
    """However long the budget, the trace has at most `LINES` lines, and its durations add up to it."""
    start, budget = start.replace(microsecond=0), minutes * MINUTE
    trace = due(SPLIT, start, budget).trace
    assert len(trace) <= LINES
    assert budget == sum(map(length, trace), ZERO)


def test_around_the_clock_needs_no_days_worked_out() -> None:
    """Years of real time cost no more than a minute of it: no day is looked at."""
    tokyo = calendar("Asia/Tokyo", " ".join(WEEKDAYS), [["00:00", "24:00"]])
    start = at("01-09 16:00").astimezone(UTC)
    answer = due(tokyo, start, timedelta(days=5000))
    assert (start + timedelta(days=5000), 1, {}) == (answer.due_at, len(answer.trace), opening_hours(tokyo)._days)


def test_days_worked_out_are_kept_within_bounds() -> None:
    """A walk over decades does not keep every day it passed."""
    hours = calendar(holidays=["2026-01-01"])
    total = elapsed(hours, datetime(1990, 1, 1, tzinfo=BERLIN), datetime(2020, 1, 1, tzinfo=BERLIN)).elapsed
    working_days = sum(
        date.fromordinal(day).weekday() < 5 for day in range(date(1990, 1, 1).toordinal(), date(2020, 1, 1).toordinal())
    )
    assert 8 * HOUR * working_days == total
    assert len(opening_hours(hours)._days) <= 2000
