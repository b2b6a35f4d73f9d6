"""The roster: what was saved comes back, and nobody who ever had leads is forgotten."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.load import read_roster
from db.engine import Database
from db.rosters import Rosters, UnknownRep
from models.base import Refused
from models.roster import Roster, Strategy, TimeOff
from tests.db.samples import AT, MINUTE, rep, roster

AWAY = [
    {"from": "2026-03-02", "to": "2026-03-06", "reason": "leave"},
    {"from": "2026-03-09T08:00:00Z", "to": "2026-03-09T12:30:00+01:00"},
]


async def test_a_roster_comes_back_as_it_was(db: Database) -> None:
    """Calendars with exceptions, reps with every field, pools of every strategy, and absences of any kind survive."""
    assert None is await Rosters(db).load()
    everything = rep(
        "dee",
        email="dee@baton.example",
        webhook_url="https://hooks.baton.example/dee",
        channels=["webhook", "email"],
        role="account executive",
        tz="America/New_York",
        calendar="office",
        languages=["en", "tr"],
        regions=["us"],
        industries=["retail"],
        products=["crm"],
        skills=["migration", "cto"],
        certifications=["soc2"],
        caps=[{"leads": 8}, {"leads": 30, "per": "7d"}],
        backup="ada",
        active=False,
        time_off=AWAY,
    )
    pools = {
        strategy.value: {"team": "emea", "strategy": strategy, "weights": {"ada": 3} if n else {}}
        for n, strategy in enumerate(Strategy)
    }
    saved = roster(reps=[rep("ada"), everything, rep("bo")], pools=pools)
    await Rosters(db).save(saved, at=AT)
    assert saved == await Rosters(db).load()
    await Rosters(db).save(saved, at=AT + MINUTE)
    assert saved == await Rosters(db).load()


async def test_the_example_roster_comes_back_as_it_was(db: Database) -> None:
    """Everything that the shipped file says, and everything that it might say besides."""
    shipped = read_roster(Path("examples/roster.yaml"))
    await Rosters(db).save(shipped, at=AT)
    assert shipped == await Rosters(db).load()
    people = [
        {"id": "mia", "name": "Mia", "tz": "Europe/Istanbul", "quiet": ["22:00", "07:00"], "manager": "max"},
        {"id": "max", "name": "Max", "channels": ["email"], "email": "max@baton.example"},
    ]
    rota = {
        "members": ["ada", "max"],
        "turn": "14d",
        "from": "2026-03-02",
        "at": "08:00",
        "tz": "Europe/Berlin",
        "swaps": [{"who": "mia", "from": "2026-03-03", "to": "2026-03-04"}],
    }
    more = roster(
        managers=people,
        reps=[rep("ada", quiet=["20:00", "08:00"]), rep("bo"), rep("cy")],
        rotas={"weekend": rota, "duty": {"members": ["bo"], "from": "2026-01-01"}},
        rooms=[
            {"id": "deals", "name": "#deals", "webhook_url": "https://hooks.baton.example/d", "channels": ["webhook"]}
        ],
    )
    await Rosters(db).save(more, at=AT)
    found = await Rosters(db).load()
    assert (["ada", "bo", "cy"], more.rotas, more.rooms, more.managers) == (
        [one.id for one in found.reps if one.active] if found else None,
        found and found.rotas,
        found and found.rooms,
        found and [one for one in found.managers if one.id in ("mia", "max")],
    )
    await Rosters(db).save(roster(), at=AT)
    found = await Rosters(db).load()
    assert ({}, []) == (found and found.rotas, found and found.rooms)


async def test_whoever_still_answers_for_a_team_answers_to_somebody(db: Database) -> None:
    """A manager who is gone stays with their team, and so does the manager above them."""
    us = {"id": "us", "name": "US", "manager": "max", "calendar": "office", "region": "us"}
    chain = [{"id": "mia", "name": "Mia"}, {"id": "max", "name": "Max", "manager": "zoe"}, {"id": "zoe", "name": "Zoe"}]
    teams = [*(team.model_dump(mode="json") for team in roster().teams), us]
    pools = {"all": {"team": "emea"}}
    people = [rep("ada"), rep("dee", team="us")]
    await Rosters(db).save(roster(managers=chain, teams=teams, reps=people, pools=pools), at=AT)
    await Rosters(db).save(roster(reps=[rep("ada")], pools=pools), at=AT)
    now = await Rosters(db).load()
    assert now is not None
    assert [("mia", None), ("max", "zoe"), ("zoe", None)] == [(one.id, one.manager) for one in now.managers]


async def test_a_room_is_never_called_as_somebody_was(db: Database) -> None:
    """A file that does not go with the people of former files is refused as a whole, and the one before stays."""
    small = {"reps": [rep("ada")], "pools": {"all": {"team": "emea"}}}
    await Rosters(db).save(roster(reps=[rep("ada"), rep("bo")], pools={"all": {"team": "emea"}}), at=AT)
    before = await Rosters(db).load()
    with pytest.raises(Refused, match="bo is a person's id already"):
        await Rosters(db).save(roster(**small, rooms=[{"id": "bo", "name": "#bo"}]), at=AT)
    assert before == await Rosters(db).load()


async def test_who_is_missing_from_a_newer_file_becomes_inactive(db: Database) -> None:
    """A rep who left stays known, inactive, behind the others, with their team and its manager."""
    us = {"id": "us", "name": "US", "manager": "max", "calendar": "office", "region": "us"}
    before = roster(
        managers=[{"id": "mia", "name": "Mia"}, {"id": "max", "name": "Max"}],
        teams=[*(team.model_dump(mode="json") for team in roster().teams), us],
        reps=[rep("zoe", team="us"), rep("ada"), rep("bo")],
        pools={"us": {"team": "us"}, "all": {"team": "emea"}},
    )
    await Rosters(db).save(before, at=AT)
    await Rosters(db).save(roster(reps=[rep("ada", capacity=3), rep("cy")], pools={"all": {"team": "emea"}}), at=AT)
    now = await Rosters(db).load()
    assert now is not None
    assert [("ada", True), ("cy", True), ("zoe", False), ("bo", False)] == [(one.id, one.active) for one in now.reps]
    assert (3, {"all"}) == (now.reps[0].capacity, set(now.pools))
    assert (["emea", "us"], ["mia", "max"]) == ([team.id for team in now.teams], [one.id for one in now.managers])


async def test_a_leaver_can_come_back(db: Database) -> None:
    """Named in a file again, a rep is active again."""
    await Rosters(db).save(roster(), at=AT)
    await Rosters(db).save(roster(reps=[rep("ada")]), at=AT)
    await Rosters(db).save(roster(), at=AT)
    assert roster() == await Rosters(db).load()


async def test_time_off_that_was_added_outlives_the_next_file(db: Database) -> None:
    """What somebody entered since the file stays; what the file said is what the newer file says."""
    rosters = Rosters(db)
    await rosters.save(roster(reps=[rep("ada", time_off=AWAY[:1])]), at=AT)
    added = TimeOff.model_validate({"from": AT, "to": AT + timedelta(hours=4), "reason": "dentist"})
    await rosters.add_time_off("ada", added, at=AT)
    assert ["leave", "dentist"] == await _reasons(rosters)
    await rosters.save(roster(reps=[rep("ada", time_off=AWAY[1:])]), at=AT)
    assert ["dentist", ""] == await _reasons(rosters)
    with pytest.raises(UnknownRep, match="ghost"):
        await rosters.add_time_off("ghost", added, at=AT)


async def _reasons(rosters: Rosters) -> list[str]:
    found = await rosters.load()
    assert isinstance(found, Roster)
    return [one.reason for one in found.reps[0].time_off]
