"""Who is on duty: turns of whole days on one clock, swaps, and somebody else for whoever is away."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.roster import Roster
from policy.rota import Duty, duty, on_duty

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = {"mon": [["09:00", "18:00"]]}
ROTA = {"members": ["ana", "ben", "dana"], "turn": "7d", "from": "2026-03-02", "at": "09:00", "tz": "Europe/Berlin"}


def staff(rota: dict[str, Any] | None = None, **people: dict[str, Any]) -> Roster:
    """Make a roster with the rota `night`: ana and ben are reps, dana is their manager."""
    reps = [{"id": name, "name": name.title(), "team": "emea"} | people.get(name, {}) for name in ("ana", "ben", "cho")]
    return parse(
        Roster,
        {
            "calendars": {"office": {"tz": "Europe/Berlin", "week": WEEK}},
            "managers": [{"id": "dana", "name": "Dana"}],
            "teams": [{"id": "emea", "name": "EMEA", "manager": "dana", "calendar": "office", "region": "emea"}],
            "reps": reps,
            "pools": {"all": {"team": "emea"}},
            "rotas": {"night": ROTA | (rota or {})},
        },
    )


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """Give a Berlin wall time of 2026 as an instant."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def off(*spans: tuple[str, str]) -> dict[str, Any]:
    """Write somebody's time off."""
    return {"time_off": [{"from": start, "to": end} for start, end in spans]}


@pytest.mark.parametrize(
    ("when", "who"),
    [
        (at(3, 2, 8, 59), None),  # it has not begun
        (at(3, 2, 9), "ana"),
        (at(3, 9, 8, 59), "ana"),
        (at(3, 9, 9), "ben"),
        (at(3, 16, 9), "dana"),  # a manager, at night, on a day their team is closed
        (at(3, 23, 9), "ana"),
        (at(3, 30, 8, 59), "ana"),  # the clocks have changed on the 29th: the hand-over is at nine all the same
        (at(3, 30, 9), "ben"),
        (at(11, 2, 9), "dana"),  # and back again
    ],
)
def test_turns_are_whole_days_on_the_rotas_own_clock(when: datetime, who: str | None) -> None:
    """From the first day's hour on, by turns, whatever the clocks do; opening hours do not count."""
    assert who == on_duty(staff(), "night", when)


def test_a_hand_over_at_midnight_and_in_a_gap() -> None:
    """24:00 is the next 00:00; a skipped wall time hands over at the gap's end, one that is shown twice once."""
    late = staff({"at": "24:00", "turn": "1d"})
    assert [None, "ana", "ben"] == [on_duty(late, "night", at(3, day, 0)) for day in (2, 3, 4)]
    gap = staff({"at": "02:30", "turn": "1d", "from": "2026-03-28"})
    ends = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert ["ana", "ben"] == [on_duty(gap, "night", ends - timedelta(seconds=1)), on_duty(gap, "night", ends)]
    twice = staff({"at": "02:30", "turn": "1d", "from": "2026-10-24"})
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert ["ana", "ben", "ben"] == [
        on_duty(twice, "night", first + timedelta(minutes=minutes)) for minutes in (-1, 0, 40)
    ]


SWAPPED = {"swaps": [{"who": "cho", "from": "2026-03-04", "to": "2026-03-05"}]}


@pytest.mark.parametrize(
    ("roster", "expected"),
    [
        (staff(SWAPPED), {4: "cho", 5: "cho", 6: "ana"}),
        (staff(SWAPPED, cho={"active": False}), {4: "ben", 5: "ben", 6: "ana"}),
        (
            staff(SWAPPED, cho=off(("2026-03-05T09:00", "2026-03-06T09:00")), ben={"active": False}),
            {4: "cho", 5: "dana", 6: "ana"},
        ),
        (
            staff(
                SWAPPED | {"members": ["ana", "ben"]},
                cho={"active": False},
                ben={"active": False},
                ana={"active": True},
            ),
            {4: "ana", 6: "ana"},
        ),
        (
            staff({"swaps": [*SWAPPED["swaps"], {"who": "ben", "from": "2026-03-05", "to": "2026-03-06"}]}),
            {4: "cho", 5: "ben", 6: "ben"},
        ),
        (staff({"swaps": [{"who": "ana", "from": "2026-03-04", "to": "2026-03-10"}]}), {4: "ana", 9: "ana", 11: "ben"}),
    ],
)
def test_days_are_swapped_from_one_hand_over_to_the_next(roster: Roster, expected: dict[int, str]) -> None:
    """Both days included; the last swap written counts; who gave it away is asked again only after everybody else."""
    assert expected == {day: on_duty(roster, "night", at(3, day)) for day in expected}
    for day, who in expected.items():
        assert who == on_duty(roster, "night", at(3, day + 1, 8, 59))


@pytest.mark.parametrize(
    ("people", "who"),
    [
        ({"ana": off(("2026-03-03", "2026-03-03"))}, "ben"),
        ({"ana": off(("2026-03-03T11:00", "2026-03-03T12:00"))}, "ana"),
        ({"ana": off(("2026-03-03T12:00", "2026-03-03T13:00"))}, "ben"),
        ({"ana": {"active": False}, "ben": {"active": False}}, "dana"),
    ],
)
def test_the_next_member_covers_for_whoever_is_away(people: dict[str, Any], who: str) -> None:
    """On leave at that very instant, or not active."""
    assert who == on_duty(staff(**people), "night", at(3, 3))


def test_nobody_is_on_duty_when_everybody_is_away() -> None:
    """Nor on a rota that the roster does not have; asked for more than a name, that is an error."""
    away = staff({"members": ["ana", "ben"]}, ana={"active": False}, ben=off(("2026-03-01", "2026-03-31")))
    assert None is on_duty(away, "night", at(3, 3))
    assert None is on_duty(away, "nihgt", at(3, 3))
    with pytest.raises(LookupError, match="the roster has no rota nihgt; it has night"):
        duty(away, "nihgt", at(3, 3))
    back_at = at(4, 1, 0)
    assert Duty(None, "ana is not active; ben is on leave until 31 Mar", back_at, "ben") == duty(
        away, "night", at(3, 3)
    )


@pytest.mark.parametrize(
    ("roster", "when", "told"),
    [
        (staff(), at(3, 3), Duty("ana", "", at(3, 9, 9), "ben")),
        (staff(), at(2, 1), Duty(None, "it begins on 2026-03-02", at(3, 2, 9), "ana")),
        (staff(SWAPPED), at(3, 3), Duty("ana", "", at(3, 4, 9), "cho")),
        (staff(SWAPPED), at(3, 4), Duty("cho", "cho took it over from ana", at(3, 6, 9), "ana")),
        (
            staff(SWAPPED, cho={"active": False}),
            at(3, 4),
            Duty("ben", "cho took it over from ana; cho is not active", at(3, 6, 9), "ana"),
        ),
        (
            staff(ana=off(("2026-03-03", "2026-03-04"))),
            at(3, 3),
            Duty("ben", "ana is on leave until 4 Mar", at(3, 5, 0), "ana"),
        ),
        (staff(ana=off(("2026-03-05", "2026-03-12"))), at(3, 3), Duty("ana", "", at(3, 5, 0), "ben")),
        (staff({"members": ["dana"]}), at(3, 3), Duty("dana", "", None, None)),
    ],
)
def test_who_is_next_and_when(roster: Roster, when: datetime, told: Duty) -> None:
    """The turn's end, a swap or a leave, whichever comes first and makes a difference."""
    assert told == duty(roster, "night", when)


DAYS = st.integers(0, 40).map(lambda day: date(2026, 3, 1) + timedelta(days=day))
LEAVE = st.lists(st.tuples(DAYS, st.integers(0, 9)), max_size=2).map(
    lambda found: off(*((str(start), str(start + timedelta(days=length))) for start, length in found))
)


@given(
    st.lists(st.sampled_from(["ana", "ben", "cho", "dana"]), min_size=1, max_size=4, unique=True),
    st.integers(1, 9),
    st.lists(st.tuples(st.sampled_from(["ana", "cho"]), DAYS, st.integers(0, 9)), max_size=2),
    st.tuples(LEAVE, LEAVE, LEAVE),
    st.integers(0, 40 * 24),
)
def test_duty_is_the_same_until_the_next_one_comes(
    members: list[str], turn: int, swaps: list[tuple[str, date, int]], leave: tuple[Any, Any, Any], hour: int
) -> None:
    """Whatever turns, swaps and absences: at each hour until `next_at` it is who it is now, and then `next_id`."""
    written = [
        {"who": who, "from": str(start), "to": str(start + timedelta(days=length))} for who, start, length in swaps
    ]
    roster = staff(
        {"members": members, "turn": f"{turn}d", "swaps": written},
        **dict(zip(("ana", "ben", "cho"), leave, strict=True)),
    )
    now = at(3, 2, 9) + timedelta(hours=hour)
    told = duty(roster, "night", now)

    assert told.person_id == on_duty(roster, "night", now)
    until = told.next_at or now + timedelta(days=60)
    hours = range(min(int((until - now) / timedelta(hours=1)), 24 * 20))
    assert {told.person_id} >= {on_duty(roster, "night", now + timedelta(hours=later)) for later in hours}
    if told.next_at is not None:
        assert told.next_id == on_duty(roster, "night", told.next_at)
        assert told.person_id == on_duty(roster, "night", told.next_at - timedelta(seconds=1))
        assert told.next_id != told.person_id
