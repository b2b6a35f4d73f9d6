"""Giving leads to people, on a real database: what is known of the past and of the ledger reaches the choice."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from db import tables
from db.ownership import Ownerships
from models.decisions import Held, NotAllowed
from models.ladder import Target
from models.lead import Stage
from models.orders import AssignLead, Holding
from models.outcome import Outcome, OutcomeResult
from models.routing import Refundable
from policy.fairness import UNIT
from runtime.store import Store
from tests.activities.deciding import NOW, assigned, decider_on, given_to, lead_in, opened, policy_text, publish, roster
from tests.db.samples import newcomer, standing

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with three reps and a simple policy, `p1`."""
    async with opened(tmp_path) as store:
        yield store


async def balances(store: Store) -> dict[str, int]:
    """Give the pool's balances in thirds of a lead: what each of the three is credited a turn."""
    kept = (await store.ownerships.balances()).get("all", {})
    assert 0 == sum(kept.values())
    return {rep_id: round(3 * units / UNIT) for rep_id, units in kept.items()}


async def test_whose_company_it_is_gets_the_lead(store: Store) -> None:
    """Who had contact with the company gets its next lead, past the rotation and uncharged."""
    await lead_in(store, "first", email="ann@acme.example")
    first = await given_to(store, "first")
    contact = Holding(rep_id=first.rep_id, offer=1, accepted_at=NOW, contacted_at=NOW)
    await store.leads.record(standing("first", 1, Stage.CONTACTED, contact, closed=True))
    before = await balances(store)
    await lead_in(store, "second", email="bob@acme.example")
    second = await given_to(store, "second", at=NOW + MINUTE)
    assert (first.rep_id, before) == (second.rep_id, await balances(store))
    assert second.trace is not None
    assert "relationship" == second.trace.tie


async def test_whose_person_it_is_gets_the_lead(store: Store) -> None:
    """The same person again, with no company at all: who had them before has them now."""
    await lead_in(store, "first", email="ann@gmail.com", email_kind="free")
    first = await given_to(store, "first")
    taken = Holding(rep_id=first.rep_id, offer=1, accepted_at=NOW)
    await store.leads.record(standing("first", 1, Stage.ACCEPTED, taken))
    await store.leads.record(standing("first", 2, Stage.CLOSED, closed=True))
    await lead_in(store, "second", email="ann@gmail.com", email_kind="free")
    assert first.rep_id == (await given_to(store, "second", at=NOW + MINUTE)).rep_id


async def test_the_parents_companies_are_looked_at_too(store: Store) -> None:
    """Who knows the parent company gets the daughter's lead."""
    accounts = [
        {"id": "mother", "name": "Mother", "domains": ["mother.example"]},
        {"id": "daughter", "name": "Daughter", "domains": ["daughter.example"], "parent": "mother"},
    ]
    text = json.dumps(json.loads(policy_text()) | {"accounts": accounts})
    await store.policies.publish("p2", "family", text, by="ops", at=NOW)
    await lead_in(store, "first", email="ann@mother.example")
    first = await given_to(store, "first", policy="p2")
    contact = Holding(rep_id=first.rep_id, offer=1, accepted_at=NOW, contacted_at=NOW)
    await store.leads.record(standing("first", 1, Stage.CONTACTED, contact, closed=True))
    await lead_in(store, "second", email="bob@daughter.example")
    assert first.rep_id == (await given_to(store, "second", policy="p2", at=NOW + MINUTE)).rep_id


async def test_a_tie_is_charged_where_the_policy_says_so(store: Store) -> None:
    """`charge: [tie]`: the lead past the rotation counts as a turn, and the ledger says whose."""
    await publish(store, "p2", charge=["tie"])
    await lead_in(store, "first", email="ann@acme.example")
    first = await given_to(store, "first", policy="p2")
    before = await balances(store)
    await lead_in(store, "second", email="bob@acme.example")
    second = await given_to(store, "second", policy="p2", at=NOW + MINUTE)
    assert first.rep_id == second.rep_id
    assert -2 == (await balances(store))[first.rep_id] - before[first.rep_id]


async def test_nobody_gets_more_than_their_cap(store: Store) -> None:
    """Three leads a day between two reps with a cap of one: the third lead waits for the next day."""
    caps = {"caps": [{"leads": 1}]}
    await store.rosters.save(roster(ada=caps, bo=caps, cy={"active": False}), at=NOW)
    for number in range(2):
        await lead_in(store, f"lead-{number}")
        await given_to(store, f"lead-{number}", at=NOW + number * MINUTE)
    await lead_in(store, "third")
    held = await assigned(store, "third", at=NOW + 2 * MINUTE)
    assert isinstance(held, Held)
    assert datetime(2026, 3, 3, tzinfo=UTC) == held.until
    assert {"ada": 1, "bo": 1} == await store.ownerships.loads()


@pytest.mark.parametrize(("refund", "expected"), [(["covered"], 0), ([], -2)])
async def test_who_is_covered_is_charged_as_the_policy_says(store: Store, refund: list[str], expected: int) -> None:
    """The backup takes over an offer that was slept through: the turn is given back, or had."""
    backups: Any = {name: {"backup": other} for name, other in (("ada", "bo"), ("bo", "cy"), ("cy", "ada"))}
    await store.rosters.save(roster(**backups), at=NOW)
    await publish(store, "p2", refund=refund)
    await lead_in(store, "one")
    first = await given_to(store, "one", policy="p2")
    again = await given_to(
        store,
        "one",
        policy="p2",
        offer=2,
        to=Target.BACKUP,
        holder=first.rep_id,
        backup=first.backup_id,
        asked=(first.rep_id,),
        ended="expired",
        at=NOW + MINUTE,
    )
    assert first.backup_id == again.rep_id
    assert expected == (await balances(store))[first.rep_id]


async def test_the_policys_refund_limit_is_kept(store: Store) -> None:
    """A rep who declines gets as many turns back as the pinned policy allows, and no more."""
    limit = {"times": 1, "within": "7d"}
    await publish(store, "p2", refund=[Refundable.DECLINED], refund_limit=limit)
    await store.rosters.save(roster(cy={"active": False}), at=NOW)
    for number in range(6):
        lead_id = f"lead-{number}"
        await lead_in(store, lead_id)
        first = await given_to(store, lead_id, policy="p2")
        how = {"to": Target.NEXT, "holder": first.rep_id, "asked": (first.rep_id,), "ended": "declined"}
        await given_to(store, lead_id, policy="p2", offer=2, **how)
    assert {"ada": 1, "bo": 1} == await refunded(store)
    assert {"ada": 0, "bo": 0} == await balances(store)


async def refunded(store: Store) -> dict[str, int]:
    """Count the turns that each rep got back."""
    async with store.database.reading() as session:
        rows = (await session.exec(select(tables.Ownership.rep_id, tables.Ownership.refunded))).all()
    found: dict[str, int] = {}
    for rep_id, how in rows:
        if how is not None:
            found[rep_id] = found.get(rep_id, 0) + 1
    return found


async def test_who_won_most_like_leads_gets_the_next(store: Store) -> None:
    """`best_fit` with `won`: the reps' records are read, and only for such a policy."""
    await store.rosters.save(roster("best_fit"), at=NOW)
    await publish(store, "p2", best_fit=[{"name": "record", "points": 10, "won": True}])
    won, asked = Outcome(result=OutcomeResult.WON, by="mia"), []
    for number, rep_id in enumerate(["cy", "cy", "bo"]):
        lead_id = f"old-{number}"
        await lead_in(store, lead_id)
        named = {"to": Target.NAMED, "rep_id": rep_id, "by": "mia", "accepted": True}
        await given_to(store, lead_id, **named)
        await store.outcomes.record(lead_id, won, key=lead_id, now=NOW)
    await lead_in(store, "new")
    assert "cy" == (await given_to(store, "new", policy="p2")).rep_id

    async def records(_self: Ownerships) -> dict[Any, Any]:
        asked.append(True)
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ownerships, "records", records)
        for policy in ("p1", "p2"):
            await lead_in(store, f"newer-{policy}")
            await given_to(store, f"newer-{policy}", policy=policy)
    assert [True] == asked


async def test_a_lead_that_could_not_be_read_is_given_to_nobody(store: Store) -> None:
    """There is nothing to choose by: it says so, and changes nothing."""
    await store.leads.admit(newcomer("odd", raw=["?"]))
    async with store.database.writing() as session:
        (await session.get_one(tables.Lead, "odd")).facts = None
    known: dict[str, Any] = {"policy": "p1", "to": Target.PRIMARY, "sla": None, "cause": "qualified"}
    order = AssignLead(lead_id="odd", offer=1, ordered_at=NOW, sla_from=NOW, **known)
    answer = await ActivityEnvironment().run(decider_on(store).assign, order)
    assert isinstance(answer, NotAllowed)
    assert {} == await store.ownerships.loads()
