"""Hours that a team promises and nobody covers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.roster import Roster
from policy.coverage import Short, Span, away_between, gaps, joined, shortages, without

OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MORNINGS = {day: [["09:00", "12:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def roster(*reps: dict[str, Any]) -> Roster:
    """A team in London with office hours, and these reps."""
    return parse(
        Roster,
        {
            "calendars": {
                "office": {"tz": "Europe/London", "week": OFFICE},
                "mornings": {"tz": "Europe/London", "week": MORNINGS},
            },
            "managers": [{"id": "mia", "name": "Mia"}],
            "teams": [{"id": "uk", "name": "UK", "manager": "mia", "calendar": "office", "region": "uk"}],
            "reps": [{"name": rep["id"].title(), "team": "uk"} | rep for rep in reps],
            "pools": {"uk": {"team": "uk"}},
        },
    )


def hours(day: int, start: int, end: int) -> Span:
    """A stretch of a day of March 2026, in London's winter time."""
    return Span(datetime(2026, 3, day, start, tzinfo=UTC), datetime(2026, 3, day, end, tzinfo=UTC))


def off(start: str, end: str) -> dict[str, str]:
    """Leave, both days included."""
    return {"from": start, "to": end}


@pytest.mark.parametrize(
    ("reps", "expected"),
    [
        ([{"id": "ana"}], []),
        ([{"id": "ana", "time_off": [off("2026-03-03", "2026-03-04")]}], [hours(3, 9, 17), hours(4, 9, 17)]),
        ([{"id": "ana", "time_off": [off("2026-03-03", "2026-03-04")]}, {"id": "ben"}], []),
        (
            [
                {"id": "ana", "time_off": [off("2026-03-03", "2026-03-03")]},
                {"id": "ben", "calendar": "mornings"},
            ],
            [hours(3, 12, 17)],
        ),
        (
            [{"id": "ana", "active": False}, {"id": "ben", "calendar": "mornings"}],
            [hours(day, 12, 17) for day in (2, 3, 4, 5, 6)],
        ),
        ([{"id": "ana", "tz": "America/New_York"}], [hours(day, 9, 14) for day in (2, 3, 4, 5, 6)]),
        ([{"id": "ana", "team": "uk", "active": False}], [hours(day, 9, 17) for day in (2, 3, 4, 5, 6)]),
    ],
)
def test_gaps_are_where_the_team_is_open_and_nobody_is_there(reps: list[dict[str, Any]], expected: list[Span]) -> None:
    """Leave, other hours, other zones and people who are not active leave holes; a colleague fills them."""
    assert expected == list(gaps(roster(*reps), "uk", MONDAY, MONDAY + WEEK))


def test_a_gap_begins_and_ends_with_what_is_looked_at() -> None:
    """What is past is nobody's matter any more."""
    people = roster({"id": "ana", "active": False})
    noon, half_past_one = MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=13, minutes=30)
    assert (Span(noon, half_past_one),) == gaps(people, "uk", noon, half_past_one)


def test_leave_is_listed_in_the_week_it_touches() -> None:
    """Also one that began before, or ends after."""
    people = roster({"id": "ana", "time_off": [off("2026-02-20", "2026-03-02"), off("2026-03-08", "2026-03-20")]})
    found = away_between(people, people.reps[0], MONDAY, MONDAY + WEEK)
    assert [datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)] == [one.starts_at for one in found]
    assert () == away_between(people, people.reps[0], MONDAY + timedelta(days=1), MONDAY + timedelta(days=6))


INSTANTS = st.integers(0, 60).map(lambda minute: MONDAY + timedelta(minutes=minute))
SPANS = st.lists(st.tuples(INSTANTS, INSTANTS).map(lambda pair: Span(*sorted(pair))), max_size=8)


@given(SPANS, SPANS)
def test_each_minute_is_left_or_taken(spans: list[Span], taken: list[Span]) -> None:
    """Minute by minute: what is left is what was there and is not taken out, in order and without overlap."""

    def within(minute: int, some: list[Span]) -> bool:
        at = MONDAY + timedelta(minutes=minute)
        return any(one.starts_at <= at < one.ends_at for one in some)

    left = list(without(spans, taken))
    for minute in range(61):
        assert (within(minute, spans) and not within(minute, taken)) == within(minute, left)
    assert left == joined(left)


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (1, []),
        (2, [(3, 12, 17, 1)]),
        (3, [(3, 9, 12, 2), (3, 12, 17, 1)]),
        (4, [(2, 9, 17, 3), (3, 9, 12, 2), (3, 12, 17, 1)]),
    ],
)
def test_hours_with_too_few_people_say_how_many_are_there(
    least: int, expected: list[tuple[int, int, int, int]]
) -> None:
    """Each stretch ends where the number of people changes; leave, own hours and inactivity count."""
    known = roster(
        {"id": "ana"},
        {"id": "ben", "time_off": [{"from": "2026-03-03T12:00", "to": "2026-03-04"}]},
        {"id": "cam", "time_off": [off("2026-03-03", "2026-03-05")]},
        {"id": "dee", "active": False},
    )
    until = datetime(2026, 3, 4, tzinfo=UTC)
    found = shortages(known, known.calendars["office"], known.reps, least, MONDAY, until)
    assert [Short(*hours(day, start, end), there) for day, start, end, there in expected] == list(found)


@given(
    st.lists(st.tuples(st.integers(1, 14), st.integers(0, 5), st.booleans()), max_size=5),
    st.integers(1, 4),
)
def test_too_few_is_what_counting_each_half_hour_finds(away: list[tuple[int, int, bool]], least: int) -> None:
    """Instant by instant, a stretch is told exactly when fewer than `least` people are there; one is what gaps find."""
    reps = [
        {
            "id": f"r{place}",
            "calendar": "mornings" if mornings else "office",
            "time_off": [off(f"2026-03-{first:02}", f"2026-03-{first + days:02}")],
        }
        for place, (first, days, mornings) in enumerate(away)
    ]
    known = roster(*reps)
    end = MONDAY + 2 * WEEK
    found = shortages(known, known.calendars["office"], known.reps, least, MONDAY, end)
    at = MONDAY
    while at < end:
        there = sum(
            not (first <= at.day <= first + days) and at.hour < (12 if mornings else 17)
            for first, days, mornings in away
        )
        short = at.weekday() < 5 and 9 <= at.hour < 17 and there < least
        told = [one.there for one in found if one.starts_at <= at < one.ends_at]
        assert told == ([there] if short else []), at
        at += timedelta(minutes=30)
    if least == 1:
        assert [Span(one.starts_at, one.ends_at) for one in found] == list(gaps(known, "uk", MONDAY, end))
