"""A calendar means one thing or is refused, naming what is wrong."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from models.calendar import ALWAYS, WEEKDAYS, Calendar, span

PUBLIC: dict[str, Any] = {"country": "DE", "public_holidays": True}
OFFICE: dict[str, Any] = {"tz": "Europe/Berlin", "week": {"mon": [["09:00", "13:00"], ["14:00", "17:00"]]}}


def calendar(**changes: Any) -> Calendar:
    """Make a small office calendar with changes."""
    return Calendar.model_validate(OFFICE | changes)


def test_calendar_reads_and_writes_the_json_of_the_contract() -> None:
    """What a policy file says comes back unchanged, with the days that were left out as closed ones."""
    written = OFFICE | {
        "holidays": ["2026-12-25"],
        "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
        "country": "DE",
        "subdivision": "BY",
        "public_holidays": True,
        "without": ["Epiphany", "2026-08-15"],
        "frozen": {"2026-01-01": "New Year's Day"},
    }
    read = Calendar.model_validate_json(json.dumps(written))
    expected = written | {"week": {day: [] for day in WEEKDAYS} | OFFICE["week"]}
    assert expected == json.loads(read.model_dump_json())
    assert read == Calendar.model_validate_json(read.model_dump_json())


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tz": "Mars/Olympus"}, '"Mars/Olympus" is not a time zone'),
        ({"tz": "Europe"}, '"Europe" is not a time zone'),
        ({"tz": ""}, '"" is not a time zone'),
        ({"tz": "../etc/passwd"}, '"../etc/passwd" is not a time zone'),
        ({"tz": "localtime"}, "another zone on each machine"),
        ({"week": {}}, "never opens"),
        ({"week": {"mon": []}, "exceptions": {"2026-12-24": []}}, "never opens"),
        ({"week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "mon 09:00-12:00 overlaps mon 11:00-13:00"),
        ({"week": {"mon": [["09:00", "12:00"], ["09:00", "12:00"]]}}, "mon 09:00-12:00 overlaps mon 09:00-12:00"),
        (
            {"week": {"tue": [["05:00", "09:00"]], "mon": [["22:00", "06:00"]]}},
            "mon 22:00-06:00 overlaps tue 05:00-09:00",
        ),
        (
            {"week": {"mon": [["05:00", "09:00"]], "sun": [["22:00", "06:00"]]}},
            "sun 22:00-06:00 overlaps mon 05:00-09:00",
        ),
        (
            {"exceptions": {"2026-03-03": [["08:00", "12:00"], ["10:00", "11:00"]]}},
            "tue 2026-03-03 08:00-12:00 overlaps tue 2026-03-03 10:00-11:00",
        ),
        (
            {"week": {"mon": [["22:00", "06:00"]]}, "exceptions": {"2026-03-03": [["00:00", "24:00"]]}},
            "mon 2026-03-02 22:00-06:00 overlaps tue 2026-03-03 00:00-24:00",
        ),
        (
            {"exceptions": {"2026-03-01": [["20:00", "10:00"]]}},
            "sun 2026-03-01 20:00-10:00 overlaps mon 2026-03-02 09:00-13:00",
        ),
        ({"week": {"mon": [["09:00", "24:30"]]}}, '"24:30" is not a time of day'),
        ({"week": {"mon": [["9:00", "17:00"]]}}, '"9:00" is not a time of day'),
        ({"week": {"mon": [["09:00", "17:00:00"]]}}, '"17:00:00" is not a time of day'),
        ({"week": {"mon": [["٠٩:00", "17:00"]]}}, "is not a time of day"),
        ({"week": {"mon": [[540, 780]]}}, "540 is not a time of day: put it in quotes"),
        ({"week": {"mon": [["24:00", "06:00"]]}}, "24:00-06:00 opens at 24:00"),
        ({"week": {"mon": [["09:00"]]}}, "week.mon.0.1"),
        ({"week": {"monday": [["09:00", "17:00"]]}}, "week.monday"),
        ({"holidays": ["2026-02-30"]}, "holidays.0"),
        ({"holidays": ["9999-12-31"]}, "9999-12-31 is not a day anybody plans for"),
        ({"exceptions": {"0001-01-01": []}}, "0001-01-01 is not a day anybody plans for"),
        ({"country": "Germany"}, "country"),
        ({"timezone": "UTC"}, "timezone"),
        ({"subdivision": "BY"}, "subdivision: is a part of a country; say which with `country`"),
        ({"public_holidays": True}, "public_holidays: whose? say it with `country`"),
        ({"public_holidays": "yes", "country": "DE"}, "public_holidays"),
        ({"public_holidays": True, "country": "DE"}, "public_holidays: their dates are not looked up yet"),
        ({"country": "DE", "without": ["Epiphany"]}, "without: is for `public_holidays: true`"),
        ({"country": "DE", "frozen": {}}, "frozen: is for `public_holidays: true`"),
        (PUBLIC | {"frozen": {"1066-10-14": "a battle"}}, "1066-10-14 is not a day anybody plans for"),
        (PUBLIC | {"frozen": {"2026-12-25": ""}}, "frozen.2026-12-25"),
    ],
)
def test_calendar_refuses_what_means_nothing_or_two_things(changes: dict[str, Any], says: str) -> None:
    """The error names the zone, the day and the windows, or the field."""
    with pytest.raises(ValidationError) as refusal:
        calendar(**changes)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"week": {"mon": [["09:00", "13:00"], ["13:00", "17:00"]]}},
        {"week": {"mon": [["14:00", "17:00"], ["09:00", "13:00"]]}},
        {"week": {"sun": [["22:00", "06:00"]], "mon": [["06:00", "09:00"]]}},
        {"week": {day: [["09:00", "09:00"]] for day in WEEKDAYS}},
        {"week": {}, "exceptions": {"2026-12-24": [["09:00", "12:00"]]}},
    ],
    ids=["touching", "any order", "touching over midnight", "touching day and night", "exceptions only"],
)
def test_calendar_accepts_windows_that_touch(changes: dict[str, Any]) -> None:
    """Touching is not overlapping, and the order in which windows are written does not matter."""
    written = json.loads(calendar(**changes).model_dump_json())
    assert {day: windows for day, windows in written["week"].items() if windows} == changes["week"]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (("09:00", "17:00"), (540, 1020)),
        (("00:00", "24:00"), (0, 1440)),
        (("22:00", "06:00"), (1320, 1800)),
        (("22:00", "00:00"), (1320, 1440)),
        (("09:00", "09:00"), (540, 1980)),
    ],
)
def test_window_that_closes_at_or_before_its_opening_crosses_midnight(
    window: tuple[str, str], expected: tuple[int, int]
) -> None:
    """A closing at or before the opening is on the next day; the same time twice is a whole day."""
    assert expected == span(window)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 21), (("09:00", "13:00"), ("14:00", "17:00"))),
        (date(2026, 12, 22), ()),
        (date(2026, 12, 28), ()),
        (date(2027, 1, 4), (("10:00", "11:00"),)),
        (date(2027, 1, 11), ()),
        (date(2027, 1, 18), ()),
        (date(2027, 1, 25), (("10:00", "11:00"),)),
    ],
    ids=[
        "weekday",
        "closed day",
        "holiday",
        "exception on a holiday",
        "exception that closes",
        "public holiday",
        "exception on a public holiday",
    ],
)
def test_exception_comes_before_holiday_and_holiday_before_week(
    day: date, expected: tuple[tuple[str, str], ...]
) -> None:
    """An exception replaces that day's windows, a holiday's too."""
    winter = calendar(
        **PUBLIC,
        holidays=["2026-12-28", "2027-01-04"],
        exceptions={"2027-01-04": [["10:00", "11:00"]], "2027-01-11": [], "2027-01-25": [["10:00", "11:00"]]},
        frozen={"2027-01-18": "a day off", "2027-01-25": "another"},
    )
    assert expected == winter.windows_on(day)


def test_calendar_is_frozen_and_equal_ones_are_one_key() -> None:
    """A calendar read twice is the same key of a cache, whatever the order of its exceptions."""
    days = {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}
    one, other = calendar(exceptions=days), calendar(exceptions=dict(reversed(days.items())))
    assert (one, hash(one)) == (other, hash(other))
    assert one != calendar()
    public = calendar(exceptions=days, **PUBLIC, frozen={"2026-12-25": "Christmas Day"})
    assert one != public != calendar(exceptions=days, **PUBLIC, frozen={"2026-12-26": "Christmas Day"})
    with pytest.raises(ValidationError):
        one.tz = "UTC"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("always", "expected"),
    [
        (ALWAYS, True),
        (calendar(week={day: [["09:00", "09:00"]] for day in WEEKDAYS}), True),
        (calendar(week={day: [["00:00", "12:00"], ["12:00", "24:00"]] for day in WEEKDAYS}), True),
        (calendar(week={day: [["00:00", "23:59"]] for day in WEEKDAYS}), False),
        (ALWAYS.model_copy(update={"holidays": (date(2026, 1, 1),)}), False),
        (ALWAYS.model_copy(update={"exceptions": {date(2026, 1, 1): ()}}), False),
        (ALWAYS.model_copy(update={"frozen": {date(2026, 1, 1): "New Year's Day"}}), False),
    ],
)
def test_calendar_knows_that_it_is_always_open(always: Calendar, expected: bool) -> None:
    """Around the clock is a property of the week, however it is written, and one different day ends it."""
    assert expected == always.always_open
