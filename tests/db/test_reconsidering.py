"""A change of the roster reaches the leads of those whom it concerns, in the same transaction, and no others."""

from typing import Any

import pytest

from db.engine import Database
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import Ownerships
from db.reconsidering import changes
from db.rosters import Rosters, UnknownRep
from db.tables.words import Errand, Posting
from models.lead import Stage
from models.orders import Holding
from models.roster import TimeOff
from tests.db.samples import AT, MINUTE, give, hold, in_turn, newcomer, order, rep, roster, standing

AWAY = {"from": "2026-03-02", "to": "2026-03-06", "reason": "leave"}
REPS = [rep("ada", level="senior"), rep("bo", weight=2), rep("cy", weight=3, level="junior", backup="ada")]


def _reps(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    return [one | changed.get(one["id"], {}) for one in REPS]


def _office(**changed: Any) -> dict[str, Any]:
    return {"office": roster().calendars["office"].model_dump(mode="json", exclude_none=True) | changed}


US = {"id": "us", "name": "US", "manager": "mia", "calendar": "office", "region": "us"}
TEAMS = [team.model_dump(mode="json") for team in roster().teams]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, {}),
        ({}, {"reps": _reps(bo={"weight": 9, "name": "Bob", "capacity": 1, "languages": ["de"]})}, {}),
        ({}, {"reps": _reps(bo={"time_off": [AWAY]})}, {"bo": "bo's time off changed"}),
        ({}, {"reps": _reps(bo={"active": False})}, {"bo": "bo is not active any more"}),
        ({"reps": _reps(bo={"active": False})}, {}, {"bo": "bo is active again"}),
        ({}, {"reps": _reps(bo={"tz": "Asia/Tokyo"})}, {"bo": "bo's hours changed"}),
        (
            {"teams": [*TEAMS, US]},
            {"teams": [*TEAMS, US], "reps": _reps(cy={"team": "us"})},
            {"cy": "cy is in team us now"},
        ),
        (
            {},
            {"calendars": _office(holidays=["2026-12-26"])},
            {name: f"{name}'s hours changed" for name in ("ada", "bo", "cy")},
        ),
        (
            {"calendars": _office() | {"own": _office()["office"]}, "reps": _reps(bo={"calendar": "own"})},
            {
                "calendars": _office() | {"own": _office(tz="UTC")["office"]},
                "reps": _reps(bo={"calendar": "own"}),
            },
            {"bo": "bo's hours changed"},
        ),
    ],
)
def test_what_matters_to_the_leads_somebody_holds(
    before: dict[str, Any], after: dict[str, Any], told: dict[str, str]
) -> None:
    """Hours, their own or their team's, absence, activity and team do; weight, name or languages do not."""
    found = changes(roster(**before), roster(**after))
    assert told == {rep_id: what.because for rep_id, what in found.items()}


async def test_who_holds_an_open_lead_is_reconsidered(staffed: Database) -> None:
    """Offered and accepted leads of who changed are; those in contact, those of others and ended offers are not."""
    rosters, leads, owners = Rosters(staffed), Leads(staffed), Ownerships(staffed)
    await leads.admit(newcomer("four"))
    for lead_id, rep_id in (("one", "bo"), ("two", "bo"), ("three", "bo"), ("four", "ada")):
        await owners.assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    accepted = Holding(rep_id="bo", offer=1, accepted_at=AT)
    await leads.record(standing("two", 1, Stage.ACCEPTED, accepted))
    touched = accepted.model_copy(update={"contacted_at": AT})
    await leads.record(standing("three", 1, Stage.CONTACTED, touched, closed=True))
    await rosters.save(roster(reps=_reps(bo={"time_off": [AWAY]})), at=AT)
    assert {("one", "bo's time off changed"), ("two", "bo's time off changed")} == await _reconsidered(staffed)
    await rosters.save(roster(reps=_reps(bo={"time_off": [AWAY], "capacity": 1})), at=AT)
    assert set() == await _reconsidered(staffed)
    await rosters.save(roster(calendars=_office(tz="UTC"), reps=_reps(bo={"time_off": [AWAY]})), at=AT)
    assert {"one", "two", "four"} == {lead_id for lead_id, _ in await _reconsidered(staffed)}


async def test_each_edit_of_one_rep_reaches_their_leads(staffed: Database) -> None:
    """Away, back, inactive, active, retired: said once each, and an edit that changes nothing says nothing."""
    rosters = Rosters(staffed)
    await Ownerships(staffed).assign(order("one"), give("one", "bo"), at=AT, ordered_at=AT)
    off = TimeOff.model_validate({"from": AT, "to": AT + 60 * MINUTE, "reason": "dentist"})
    await rosters.add_time_off("bo", off, at=AT)
    assert {("one", "bo's time off changed")} == await _reconsidered(staffed)
    assert await rosters.remove_time_off("bo", off, at=AT)
    assert not await rosters.remove_time_off("bo", off, at=AT)
    assert {("one", "bo's time off changed")} == await _reconsidered(staffed)
    assert roster() == await rosters.load()
    assert await rosters.set_active("bo", active=False, at=AT, because="ill (mia)")
    assert not await rosters.set_active("bo", active=False, at=AT)
    assert {("one", "bo is not active any more: ill (mia)")} == await _reconsidered(staffed)
    assert await rosters.set_active("bo", active=True, at=AT)
    assert {("one", "bo is active again")} == await _reconsidered(staffed)
    assert await rosters.retire("bo", by="mia", reason="moves on", at=AT)
    assert not await rosters.retire("bo", by="mia", reason="moves on", at=AT)
    assert {("one", "bo has left")} == await _reconsidered(staffed)
    now = await rosters.load()
    assert now is not None
    assert [True, False, True] == [one.active for one in now.reps]


@pytest.mark.parametrize("edit", ["add_time_off", "remove_time_off", "set_active", "retire"])
async def test_an_edit_needs_somebody(staffed: Database, edit: str) -> None:
    """Whoever is not in the roster cannot be edited, and nothing is noted."""
    off = TimeOff.model_validate({"from": AT, "to": AT})
    wanted: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "add_time_off": ((off,), {}),
        "remove_time_off": ((off,), {}),
        "set_active": ((False,), {}),
        "retire": ((), {"by": "mia", "reason": "gone"}),
    }
    args, more = wanted[edit]
    with pytest.raises(UnknownRep, match="there is no rep ghost"):
        await getattr(Rosters(staffed), edit)("ghost", *args, **more, at=AT)
    assert 0 == await Outbox(staffed).pending()


async def test_what_waits_for_somebody_who_is_gone_looks_for_others(staffed: Database) -> None:
    """A lead that is held for one person alone hears at once that they are away, inactive or gone."""
    rosters, owners, outbox = Rosters(staffed), Ownerships(staffed), Outbox(staffed)
    await owners.assign(order("one"), hold(AT + 60 * MINUTE, pool=None, rep_id="bo"), at=AT, ordered_at=AT)
    await rosters.set_active("ada", active=False, at=AT)
    assert 0 == await outbox.pending()
    await rosters.set_active("bo", active=False, at=AT)
    (task,) = await outbox.claim(9, now=AT, lease=MINUTE)
    assert ("one", Errand.WAKE) == (task.lead_id, task.what)


async def test_who_is_retired_is_settled_with_and_comes_back_even(staffed: Database) -> None:
    """Their balance goes to those who stay and are active, line by line; back again, they owe nothing."""
    rosters, owners = Rosters(staffed), Ownerships(staffed)
    for lead_id in ("one", "two", "three"):
        await owners.assign(order(lead_id), in_turn(lead_id), at=AT, ordered_at=AT)
    before = (await owners.balances())["all"]
    await rosters.retire("cy", by="mia", reason="moves on", at=AT)
    after = (await owners.balances())["all"]
    assert ({"ada", "bo"}, 0) == (set(after), sum(after.values()))
    assert before["cy"] == sum(after[name] - before[name] for name in after) != 0
    lines = {
        line.rep_id: line.because for line in await owners.booked("all", limit=9) if line.posting is Posting.SETTLE
    }
    says = "left the pool (retired by mia: moves on)"
    assert {"cy": says, "ada": f"cy {says}", "bo": f"cy {says}"} == lines
    await rosters.retire("bo", by="mia", reason="too", at=AT)
    assert {"ada": 0} == (await owners.balances())["all"]
    await rosters.set_active("cy", active=True, at=AT)
    assert {"ada": 0} == (await owners.balances())["all"]


async def _reconsidered(db: Database) -> set[tuple[str, str]]:
    """Run what is pending, and say which leads were to be reconsidered, and why."""
    outbox, found = Outbox(db), set()
    for task in await outbox.claim(99, now=AT + MINUTE, lease=MINUTE):
        await outbox.done(task.id, at=AT + MINUTE)
        if task.what is Errand.RECONSIDER:
            assert (task.lead_id, task.body["because"]) not in found
            found.add((task.lead_id, task.body["because"]))
    return found
