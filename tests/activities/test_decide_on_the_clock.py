"""Decisions on a real database while routing is stopped, nobody is there in time, or the roster has changed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from db import tables
from models.decisions import Held, Nobody, Offered
from models.ladder import Target
from models.lead import Stage
from models.orders import Holding
from runtime.store import Store
from tests.activities.deciding import NOW, assigned, given_to, lead_in, opened, planned, publish, roster
from tests.db.samples import standing

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with three reps and a simple policy, `p1`."""
    async with opened(tmp_path) as store:
        yield store


async def stop(store: Store) -> str:
    """Stop all routing, and give what is said of it."""
    await store.switching.stop(by="mia", reason="a wrong rule", at=NOW)
    return "all routing is stopped by mia since 2026-03-02 10:00:00 UTC: a wrong rule"


async def taken(store: Store, lead_id: str) -> str:
    """Have a lead assigned and accepted; say by whom."""
    await lead_in(store, lead_id)
    first = await given_to(store, lead_id)
    holding = Holding(rep_id=first.rep_id, offer=1, accepted_at=NOW + MINUTE)
    await store.leads.record(standing(lead_id, 1, Stage.ACCEPTED, holding, at=NOW + MINUTE))
    return first.rep_id


def next_one(rep_id: str, **changes: Any) -> dict[str, Any]:
    """Order the next offer, for somebody other than `rep_id`."""
    return {"offer": 2, "to": Target.NEXT, "holder": rep_id, "asked": (rep_id,), "at": NOW + HOUR} | changes


async def waiting(store: Store) -> dict[str, tuple[str | None, str | None]]:
    """Give for which pool or person each lead waits."""
    async with store.database.reading() as session:
        return {row.lead_id: (row.pool, row.rep_id) for row in (await session.exec(select(tables.Waiting))).all()}


async def test_while_routing_is_stopped_leads_wait_visibly(store: Store) -> None:
    """A new lead and one nobody answered for wait, and say why; those who have accepted keep theirs."""
    await lead_in(store, "new")
    await lead_in(store, "asked")
    asked = (await given_to(store, "asked")).rep_id
    accepted = await taken(store, "accepted")
    because = await stop(store)

    new = await assigned(store, "new", at=NOW + HOUR)
    unanswered = await assigned(store, "asked", **next_one(asked))
    kept = await assigned(store, "accepted", **next_one(accepted))

    assert isinstance(new, Held)
    assert isinstance(unanswered, Held)
    assert isinstance(kept, Nobody)
    assert [because] * 3 == [new.because, unanswered.because, kept.because]
    assert NOW + HOUR + 15 * MINUTE == new.until
    assert new.trace is not None
    assert (None, True) == (new.trace.chosen, "; it would have gone to " in new.trace.because)
    assert kept.plan is not None
    assert (f"nobody else: {because}", None) == (kept.plan.cause, kept.plan.away_at)
    assert {"new": ("all", None), "asked": ("all", None)} == await waiting(store)
    assert {accepted: 1} == await store.ownerships.loads()

    assert 2 == await store.switching.start(by="mia", at=NOW + 2 * HOUR)
    assert isinstance(await assigned(store, "new", at=NOW + 2 * HOUR), Offered)


async def test_people_may_hand_leads_out_while_routing_is_stopped(store: Store) -> None:
    """Whom a human names gets it; but who hands over by routing leaves, so what they had waits."""
    await lead_in(store, "named")
    accepted = await taken(store, "handed")
    because = await stop(store)

    named = await given_to(store, "named", to=Target.NAMED, rep_id="cy", by="mia", at=NOW + HOUR)
    handed = await assigned(store, "handed", **next_one(accepted, by="mia", ended="withdrawn"))

    assert "cy" == named.rep_id
    assert isinstance(handed, Held)
    assert because == handed.because
    assert None is await store.ownerships.open_owner("handed")


async def test_who_leaves_does_not_keep_a_lead_that_nobody_else_can_have_yet(store: Store) -> None:
    """Handed over at night, or on leave with nothing answered: it waits for the first who comes; nobody is triaged."""
    day = {"calendars": {"office": {"tz": "UTC", "week": OFFICE}}}
    off: dict[str, Any] = {"bo": {"calendar": "office"}, "cy": {"calendar": "office"}}
    await store.rosters.save(roster(sections=day, **off), at=NOW)
    for lead_id in ("handed", "left", "kept"):
        await lead_in(store, lead_id)
        await given_to(store, lead_id, to=Target.NAMED, rep_id="ada", by="mia")
    night = NOW.replace(hour=20)
    kept = await assigned(store, "kept", **next_one("ada", at=night))
    leave = {"time_off": [{"from": "2026-03-02", "to": "2026-03-20"}]}
    await store.rosters.save(roster(sections=day, ada=leave, **off), at=NOW)
    handed = await assigned(store, "handed", **next_one("ada", at=night, by="mia", ended="withdrawn"))
    left = await assigned(store, "left", **next_one("ada", at=night, ended="withdrawn"))

    assert isinstance(kept, Nobody)
    assert kept.plan is not None
    opening = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert [opening, opening] == [one.until for one in (handed, left) if isinstance(one, Held)]
    assert {"handed": ("all", None), "left": ("all", None)} == await waiting(store)
    assert {"ada": 1} == await store.ownerships.loads()


async def test_nobody_in_time_is_paged_or_followed(store: Store) -> None:
    """A lead of the evening, due by the wall's clock: held with a page, or had by a team under another sun."""
    day = {"calendars": {"office": {"tz": "UTC", "week": OFFICE}, "night": {"tz": "UTC", "week": night_week()}}}
    people: dict[str, Any] = {"ada": {"calendar": "office"}, "bo": {"calendar": "office"}, "cy": {"calendar": "night"}}
    pools = {"pools": {"all": {"members": ["ada", "bo"]}, "far": {"members": ["cy"]}}}
    await store.rosters.save(roster(sections=day | pools, **people), at=NOW)
    wall = {"response_clock": "wall"}
    await publish(store, "paged", promise=wall | {"late": {"do": "page", "who": "mia"}})
    await publish(store, "sunny", promise=wall | {"late": {"do": "follow", "pools": ["far"]}})
    for lead_id in ("paged", "sunny"):
        await lead_in(store, lead_id)
    evening = NOW.replace(hour=20)

    held = await assigned(store, "paged", policy="paged", at=evening)
    followed = await given_to(store, "sunny", policy="sunny", at=evening)

    assert isinstance(held, Held)
    assert (True, "mia", evening + HOUR) == (held.page, held.page_who, held.response_due_at)
    assert held.because.endswith("nobody is on shift before it is due, so mia is to hear of it now")
    assert ("cy", "far") == (followed.rep_id, followed.pool)


async def test_who_lets_offers_run_out_is_set_aside_until_forgiven(store: Store) -> None:
    """Two offers that ran out on ada: the third lead is not hers; forgiven, she is asked again."""
    await store.rosters.save(roster(bo={"active": False}), at=NOW)
    await publish(store, "strict", aside={"misses": 2, "within": "2d", "lasts": "1d"})
    for number in range(2):
        await lead_in(store, f"missed-{number}")
        await given_to(store, f"missed-{number}", to=Target.NAMED, rep_id="ada", by="mia", policy="strict")
        again = next_one("ada", policy="strict", at=NOW + (number + 1) * MINUTE)
        assert "cy" == (await given_to(store, f"missed-{number}", **again)).rep_id
    for lead_id in ("third", "fourth"):
        await lead_in(store, lead_id)
    third = await given_to(store, "third", policy="strict", at=NOW + HOUR)
    await store.coaching.forgive("ada", by="mia", reason="was ill", at=NOW + HOUR)
    fourth = await given_to(store, "fourth", policy="strict", at=NOW + HOUR)

    assert ("cy", "ada") == (third.rep_id, fourth.rep_id)
    assert third.trace is not None
    told = {one.rep_id: one.excluded for one in third.trace.candidates}
    assert "set aside until Tue 10:02 (2 offers ran out within 2 days)" == told["ada"]


async def test_a_lead_that_is_held_for_somebody_waits_for_them_alone(store: Store) -> None:
    """Its place in the queue names whose it is."""
    await publish(store, "tied", ties=[{"to": "relationship", "away": "hold"}])
    await store.rosters.save(roster(ada={"capacity": 1}, bo={"capacity": 1}, cy={"capacity": 1}), at=NOW)
    await lead_in(store, "first", email="ann@acme.example")
    first = await given_to(store, "first", policy="tied")
    contact = Holding(rep_id=first.rep_id, offer=1, accepted_at=NOW, contacted_at=NOW)
    await store.leads.record(standing("first", 1, Stage.CONTACTED, contact, closed=True))
    for lead_id in ("second", "third"):
        await lead_in(store, lead_id, email=f"{lead_id}@acme.example")
    await given_to(store, "second", policy="tied", at=NOW + MINUTE)

    assert isinstance(await assigned(store, "third", policy="tied", at=NOW + 2 * MINUTE), Held)
    assert {"third": (None, first.rep_id)} == await waiting(store)


async def test_rungs_are_planned_anew_on_todays_roster(store: Store) -> None:
    """An offer says when its rep goes on leave; when the hours change the same rungs are counted again."""
    ladder = [
        {"do": "offer", "to": "primary"},
        {"do": "remind", "after": "2h", "clock": "rep"},
        {"do": "triage", "after": "2d"},
    ]
    await publish(store, "slow", promise={"ladder": ladder})
    leave = {"time_off": [{"from": "2026-03-03", "to": "2026-03-04"}]}
    await store.rosters.save(roster(ada=leave, bo={"active": False}, cy={"active": False}), at=NOW)
    await lead_in(store, "one")
    offer = await given_to(store, "one", policy="slow")
    assert isinstance(offer, Offered)
    ask: dict[str, Any] = {"kind": "anew", "lead_id": "one", "policy": "slow", "rep_id": "ada"}
    ask |= {"rungs": offer.plan.rungs, "cause": "ada's hours changed"}

    same = await planned(store, NOW + MINUTE, **ask)
    week = {day: [["11:00", "17:00"]] for day in OFFICE}
    late = {"calendars": {"always": {"tz": "UTC", "week": week}}}
    await store.rosters.save(roster(sections=late, bo={"active": False}, cy={"active": False}), at=NOW)
    moved = await planned(store, NOW + MINUTE, **ask)
    await store.rosters.save(roster(ada={"active": False}), at=NOW)
    gone = await planned(store, NOW + MINUTE, **ask)
    kept = await planned(store, NOW + MINUTE, **ask | {"accepted": True})

    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert (midnight, "ada is on leave until 4 Mar") == (offer.plan.away_at, offer.plan.away_because)
    assert (offer.plan.rungs, "", midnight) == (same.rungs, same.cause, same.away_at)
    assert [NOW + 3 * HOUR, NOW + timedelta(days=2)] == [rung.due_at for rung in moved.rungs]
    assert moved.cause.startswith("ada's hours changed: remind ")
    assert ["ada is not active any more"] * 2 == [gone.gone, kept.gone]


async def test_a_contact_plan_names_the_manager_and_a_shifted_one_the_leave(store: Store) -> None:
    """What runs after acceptance names who hears of it; a snoozed offer still moves on when its rep goes on leave."""
    contact = [{"do": "alert", "to": "manager", "after": "1d"}]
    await publish(store, "watched", promise={"contact": contact})
    await store.rosters.save(roster(ada={"time_off": [{"from": "2026-03-02", "to": "2026-03-02"}]}), at=NOW)
    await lead_in(store, "one")
    ask: dict[str, Any] = {"lead_id": "one", "policy": "watched", "rep_id": "bo"}

    plan = await planned(store, NOW, kind="contact", **ask)
    assert ["tell the manager, mia"] == [rung.says for rung in plan.rungs]

    away = {"time_off": [{"from": "2026-03-03", "to": "2026-03-04"}]}
    await store.rosters.save(roster(bo=away), at=NOW)
    shift: dict[str, Any] = {"kind": "shift", "frozen_at": NOW, "rungs": plan.rungs, **ask}
    shifted = await planned(store, NOW + HOUR, **shift)
    accepted = await planned(store, NOW + HOUR, accepted=True, **shift)
    assert (datetime(2026, 3, 3, tzinfo=UTC), None) == (shifted.away_at, accepted.away_at)


def night_week() -> dict[str, list[list[str]]]:
    """Hours of somebody who works when others sleep."""
    return {day: [["18:00", "02:00"]] for day in OFFICE}
