"""A roster opened for questions: the same answers as the roster, kept only as long as it is in use."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from policy.routing.availability import objections, presence
from policy.routing.crew import Crew, calendar_of, crew_of, members_of, rep_of, team_of
from tests.policy.floor import berlin, roster

PEOPLE = roster(
    ana={
        "time_off": [
            {"from": "2026-03-04", "to": "2026-03-05"},
            {"from": "2026-03-06T08:30:00Z", "to": "2026-03-06T10:00:00Z"},
        ]
    },
    ben={"time_off": [{"from": "2026-03-05", "to": "9999-12-31"}]},
    cho={"calendar": "always", "active": False},
    dee={"tz": "Asia/Tokyo"},
    eve={"calendar": "always"},
)


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=1, max_size=20))
def test_presence_is_what_speaks_against_a_rep_at_each_instant(minutes: list[int]) -> None:
    """Asked in any order of instants, what is kept says the same, in the same words, as what is worked out anew."""
    crew = Crew(PEOPLE)
    for minute in minutes:
        at = berlin(1, 0) + timedelta(minutes=minute)
        for rep in PEOPLE.reps:
            there = presence(crew, rep, at)
            assert there.from_at <= at < there.until_at
            assert objections(rep, crew.calendar(rep), at, load=0) == there.against


def test_one_roster_is_opened_once_and_few_are_kept() -> None:
    """The same object gives the same crew; an equal copy its own; and old ones are let go."""
    first = roster()
    crew = crew_of(first)

    assert crew is crew_of(first)
    assert crew is not crew_of(first.model_copy())
    others = [roster() for _ in range(20)]
    assert len({id(crew_of(one)) for one in others[-8:]}) == 8
    assert crew is not crew_of(first)


def test_a_crew_knows_what_its_roster_says() -> None:
    """People, teams, hours and members, as the roster has them; nobody for who and what is not in it."""
    crew = crew_of(PEOPLE)

    assert ("emea", "Ana", None) == (
        team_of(PEOPLE, PEOPLE.reps[0]).id,
        crew.people["ana"].name,
        rep_of(PEOPLE, "vera"),
    )
    assert "Vera" == crew.people["vera"].name
    assert "Asia/Tokyo" == calendar_of(PEOPLE, crew.reps["dee"]).tz
    assert members_of(PEOPLE, PEOPLE.pools["all"]) == crew.members("all")
    assert () == crew.members("lost")


def test_somebody_changed_in_passing_is_looked_at_as_they_are() -> None:
    """A copy of a rep with another zone works in that zone, whatever is kept of the one in the roster."""
    rep = PEOPLE.reps[0]
    moved = rep.model_copy(update={"tz": "Asia/Tokyo"})

    assert ("Europe/Berlin", "Asia/Tokyo", "Europe/Berlin") == tuple(
        calendar_of(PEOPLE, one).tz for one in (rep, moved, rep)
    )
