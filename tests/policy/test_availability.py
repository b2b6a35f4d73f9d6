"""Who may be offered a lead at an instant, and the first reason why not (R11, R19, invariant 6)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.calendar import Calendar
from models.roster import Level, Rep, Roster
from policy.hours.calendars import is_open
from policy.routing.availability import (
    FOR_GOOD,
    Against,
    Objection,
    first_reason_against,
    in_order,
    next_available_at,
    objections,
    on_leave,
)
from policy.routing.crew import calendar_of, rep_of
from policy.routing.moments import moment

OFFICE = {day: [["09:00", "13:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
BERLIN = Calendar.model_validate({"tz": "Europe/Berlin", "week": OFFICE})
MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)  # 12:00 in Berlin


def rep(**changes: Any) -> Rep:
    """Make a rep, with changes in the roster file's words."""
    return parse(Rep, {"id": "ana", "name": "Ana", "team": "emea"} | changes)


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of early March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def off(start: str, end: str) -> dict[str, list[dict[str, str]]]:
    """Write one absence down as the roster file does."""
    return {"time_off": [{"from": start, "to": end}]}


@pytest.mark.parametrize(
    ("changes", "at", "asking", "reason"),
    [
        ({}, berlin(2, 12), {}, None),
        ({"active": False}, berlin(2, 12), {}, "inactive"),
        (off("2026-03-01", "2026-03-03"), berlin(2, 12), {}, "on leave until 3 Mar"),
        (off("2026-03-02", "2027-01-07"), berlin(2, 12), {}, "on leave until 7 Jan 2027"),
        (off("2026-03-02", "9999-12-31"), berlin(2, 12), {}, "on leave until further notice"),
        (off("2026-03-02T08:00:00Z", "2026-03-02T14:30:00Z"), berlin(2, 12), {}, "on leave until 2 Mar 15:30"),
        ({}, berlin(6, 18), {}, "off hours until Mon 09:00"),
        ({}, berlin(2, 13), {}, "off hours until Mon 14:00"),
        ({}, berlin(2, 8, 59), {}, "off hours until Mon 09:00"),
        (off("2026-03-09", "2026-03-10"), berlin(6, 18), {}, "off hours until Wed 09:00"),
        (off("2026-03-09", "2026-03-15"), berlin(6, 18), {}, "off hours until Mon 16 Mar 09:00"),
        ({"level": "junior"}, berlin(2, 12), {"levels": [Level.SENIOR]}, "junior, not senior"),
        ({"level": "sdr"}, berlin(2, 12), {"levels": [Level.SENIOR, Level.MID]}, "sdr, not mid or senior"),
        ({"level": "mid"}, berlin(2, 12), {"levels": [Level.SENIOR, Level.MID]}, None),
        ({"capacity": 5}, berlin(2, 12), {"load": 5}, "5 of 5 leads open"),
        ({"capacity": 5}, berlin(2, 12), {"load": 4}, None),
        ({"capacity": 0}, berlin(2, 12), {}, "0 of 0 leads open"),
        ({}, berlin(2, 12), {"asked": True}, "was offered it before"),
    ],
)
def test_names_the_first_reason(changes: Any, at: datetime, asking: Any, reason: str | None) -> None:
    """The reason is told in words a colleague would use; None means the rep may be offered the lead."""
    assert reason == first_reason_against(rep(**changes), BERLIN, at, **asking)


def test_reasons_have_a_fixed_order() -> None:
    """With everything against a rep, the reasons come in the documented order."""
    everything = rep(active=False, capacity=1, **off("2026-03-01", "2026-03-09"))

    absence = objections(everything, BERLIN, berlin(7, 12))[:3]
    needs = [Objection(kind, str(kind)) for kind in (Against.SKILL, Against.HOURS)]
    caps = [Objection(Against.CAP, "has had 1 of 1 leads today")]
    aside = Objection(Against.ASIDE, "set aside until Tue 10 Mar 09:00 (3 offers ran out within 7 days)")
    found = in_order(
        absence, everything, aside=aside, levels=[Level.SENIOR], needs=needs, load=1, caps=caps, asked=True
    )

    assert list(Against) == [one.kind for one in found]


@pytest.mark.parametrize(
    ("kind", "predicate"),
    [
        (Against.INACTIVE, "is inactive"),
        (Against.ON_LEAVE, "is on leave until 9 Mar"),
        (Against.OFF_HOURS, "is off hours until Tue 10 Mar 09:00"),
        (Against.LEVEL, "is mid, not senior"),
        (Against.CAPACITY, "has 1 of 1 leads open"),
        (Against.ASKED, "was offered it before"),
    ],
)
def test_reasons_read_as_sentences(kind: Against, predicate: str) -> None:
    """Each reason can be said of a person."""
    everything = rep(active=False, capacity=1, **off("2026-03-01", "2026-03-09"))
    found = objections(everything, BERLIN, berlin(1, 12), levels=[Level.SENIOR], load=1, asked=True)

    assert predicate == next(one.predicate for one in found if one.kind is kind)


def test_waiting_does_not_cure_everything() -> None:
    """Leave, hours and capacity pass; the others do not."""
    assert {Against.INACTIVE, Against.LEVEL, Against.SKILL, Against.HOURS, Against.ASKED} == FOR_GOOD


@pytest.mark.parametrize(
    ("absence", "at", "back_at"),
    [
        (("2026-03-02", "2026-03-03"), berlin(2, 0), berlin(4, 0)),
        (("2026-03-02", "2026-03-03"), berlin(4, 0), None),
        (("2026-03-02", "2026-03-02"), berlin(2, 0) - timedelta(seconds=1), None),
        (("2026-03-02T08:00:00Z", "2026-03-02T14:00:00Z"), datetime(2026, 3, 2, 14, tzinfo=UTC), None),
        (("2026-03-02T10:00:00", "2026-03-02T12:00:00"), berlin(2, 11), berlin(2, 12)),
        (("2026-03-29", "2026-03-29"), berlin(29, 12), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
    ids=["from-midnight", "to-midnight", "not-earlier", "over-at-its-end", "local-wall-time", "short-day"],
)
def test_leave_is_in_the_reps_zone(absence: tuple[str, str], at: datetime, back_at: datetime | None) -> None:
    """Dates are whole days of the rep's zone, the last one included; instants are over at their end."""
    assert back_at == on_leave(rep(**off(*absence)), BERLIN, at)


def test_absences_that_touch_are_one() -> None:
    """Who is away till Tuesday and again from Wednesday is back after the second absence."""
    twice = rep(time_off=[{"from": "2026-03-04", "to": "2026-03-05"}, {"from": "2026-03-02", "to": "2026-03-03"}])

    assert berlin(6, 0) == on_leave(twice, BERLIN, berlin(2, 12))
    assert berlin(6, 9) == next_available_at(twice, BERLIN, berlin(2, 12))


@pytest.mark.parametrize(
    ("changes", "at", "available_at"),
    [
        ({}, berlin(2, 12), berlin(2, 12)),
        ({}, berlin(6, 17, 59), berlin(6, 17, 59)),
        ({}, berlin(6, 18), berlin(9, 9)),
        (off("2026-03-02", "2026-03-02"), berlin(2, 12), berlin(3, 9)),
        (off("2026-03-02T08:00:00Z", "2026-03-02T12:30:00Z"), berlin(2, 12), berlin(2, 14)),
        (off("2026-03-02T08:00:00Z", "2026-03-02T13:30:00Z"), berlin(2, 12), berlin(2, 14, 30)),
        (off("2026-03-06", "2026-03-09"), berlin(5, 18), berlin(10, 9)),
        (off("2026-03-02", "9999-12-31"), berlin(2, 12), None),
    ],
)
def test_next_available_combines_leave_and_hours(changes: Any, at: datetime, available_at: datetime | None) -> None:
    """A rep is available when back from leave and on shift, whichever is later."""
    assert available_at == next_available_at(rep(**changes), BERLIN, at)


def test_a_calendar_that_has_ended_is_never_available() -> None:
    """A season's calendar after its last day makes its reps unavailable, not the router fail."""
    season = Calendar.model_validate({"tz": "UTC", "week": {}, "exceptions": {"2024-06-01": [["09:00", "17:00"]]}})

    assert next_available_at(rep(), season, MONDAY_NOON) is None
    assert first_reason_against(rep(), season, MONDAY_NOON) == "off hours until further notice"


def test_the_reps_own_calendar_and_zone_win() -> None:
    """A rep's calendar goes before their team's, and their zone before the calendar's."""
    early = {"tz": "Europe/Berlin", "week": {"mon": [["06:00", "14:00"]]}}
    raw = {
        "calendars": {"office": {"tz": "Europe/Berlin", "week": OFFICE}, "early": early},
        "managers": [{"id": "dana", "name": "Dana"}],
        "teams": [{"id": "emea", "name": "EMEA", "manager": "dana", "calendar": "office", "region": "emea"}],
        "reps": [
            {"id": "ana", "name": "Ana", "team": "emea"},
            {"id": "ben", "name": "Ben", "team": "emea", "calendar": "early"},
            {"id": "cho", "name": "Cho", "team": "emea", "calendar": "early", "tz": "Asia/Seoul"},
        ],
        "pools": {"all": {"team": "emea"}},
    }
    roster = parse(Roster, raw)
    hours = {one.id: calendar_of(roster, one) for one in roster.reps}

    assert {"ana": BERLIN, "ben": roster.calendars["early"]} == {"ana": hours["ana"], "ben": hours["ben"]}
    assert ("Asia/Seoul", roster.calendars["early"].week) == (hours["cho"].tz, hours["cho"].week)
    assert is_open(hours["cho"], datetime(2026, 3, 1, 21, tzinfo=UTC))  # Monday 06:00 in Seoul
    assert rep_of(roster, "dana") is None


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (berlin(2, 14), "Mon 14:00"),
        (berlin(8, 14), "Sun 14:00"),
        (berlin(9, 14), "Mon 9 Mar 14:00"),
        (berlin(1, 14), "Sun 1 Mar 14:00"),
        (datetime(2027, 1, 4, 8, 0, 30, tzinfo=UTC), "Mon 4 Jan 2027 09:00:30"),
    ],
)
def test_moments_mean_one_day(at: datetime, said: str) -> None:
    """A weekday alone stands for a day of the coming week only."""
    assert said == moment(at, "Europe/Berlin", MONDAY_NOON)


ABSENCES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=4)


def _away(spans: list[tuple[int, int]]) -> Rep:
    first = datetime(2026, 3, 1, tzinfo=UTC).date()
    days = [(first + timedelta(days=start), first + timedelta(days=start + length)) for start, length in spans]
    return rep(time_off=[{"from": start.isoformat(), "to": end.isoformat()} for start, end in days])


@given(ABSENCES, st.integers(0, 40 * 24 * 60))
def test_nothing_speaks_against_a_rep_at_their_next_availability(spans: list[tuple[int, int]], minute: int) -> None:
    """At the instant given the rep is free, it is not in the past, and a rep free now is available now."""
    at = MONDAY_NOON + timedelta(minutes=minute)
    away = _away(spans)

    then = next_available_at(away, BERLIN, at)

    assert then is not None
    assert then >= at
    assert first_reason_against(away, BERLIN, then) is None
    assert (then == at) == (first_reason_against(away, BERLIN, at) is None)


@given(ABSENCES, st.integers(0, 40 * 24 * 60), st.integers(1, 60))
def test_there_is_no_earlier_availability(spans: list[tuple[int, int]], minute: int, step: int) -> None:
    """Between an instant and the next availability somebody is always away or off hours."""
    at = MONDAY_NOON + timedelta(minutes=minute)
    away = _away(spans)
    then = next_available_at(away, BERLIN, at)
    assert then is not None

    for part in range(step):
        between = at + (then - at) * part / step
        if between < then:
            assert first_reason_against(away, BERLIN, between) is not None
