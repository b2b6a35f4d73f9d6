"""What became of leads: said once, corrected, and summed up for whoever held them."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from db import tables
from db.engine import Database
from db.holding import UnknownLead
from db.leads import Leads
from db.outcomes import NoOutcome, Noted, NothingNew, Outcomes, records
from db.ownership import Choice, Give, Ownerships, Snapshot
from models.base import parse
from models.facts import LeadFacts
from models.lead import Company, Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from models.routing import Refundable, RefundLimit
from policy.routing.situation import Record
from tests.db.samples import AT, MINUTE, facts, give, in_turn, newcomer, order, standing


async def held(db: Database, lead_id: str, rep_id: str = "ada", stage: Stage = Stage.CONTACTED) -> None:
    """Let somebody hold a lead, and come as far with it as the stage says."""
    await Ownerships(db).assign(order(lead_id), give(lead_id, rep_id), at=AT, ordered_at=AT)
    if stage is Stage.CONTACTED:
        await contact(db, lead_id, rep_id)
    else:
        holding = Holding(rep_id=rep_id, offer=1, accepted_at=AT)
        await Leads(db).record(standing(lead_id, 1, stage, holding))


async def contact(db: Database, lead_id: str, rep_id: str) -> None:
    """Record the first touch, as the workflow does when it ends."""
    holding = Holding(rep_id=rep_id, offer=1, accepted_at=AT, contacted_at=AT)
    await Leads(db).record(standing(lead_id, 1, Stage.CONTACTED, holding, closed=True))


async def say(db: Database, lead_id: str, result: str, *, key: str = "k", now: datetime = AT, **more: Any) -> Noted:
    """Say what became of a lead."""
    return await Outcomes(db).record(lead_id, parse(Outcome, {"result": result} | more), key=key, now=now)


async def summed(db: Database) -> dict[tuple[str, str | None], Record]:
    """Read what the outcomes say about the reps."""
    async with db.reading() as session:
        return await records(session)


def about(lead_id: str, industry: str | None) -> LeadFacts:
    """A lead of a company in an industry."""
    return facts(lead_id, company=Company(name="Acme", industry=industry))


async def test_an_outcome_names_who_held_the_lead(staffed: Database) -> None:
    """With its value; the newest counts, and the older ones stay to be read."""
    await held(staffed, "one")
    first = await say(staffed, "one", "qualified", key="a", value=12000, by="mia", now=AT + MINUTE)
    expected = Noted("one", "a", OutcomeResult.QUALIFIED, 12000, "EUR", "ada", None, AT + MINUTE, "mia", AT + MINUTE)
    assert expected == first
    last = await say(staffed, "one", "won", key="b", at=AT.isoformat(), now=AT + 2 * MINUTE)
    assert (None, None, AT, None) == (last.value, last.currency, last.at, last.by)
    assert last == await Outcomes(staffed).of("one")
    assert (first, last) == await Outcomes(staffed).all_of("one")
    assert None is await Outcomes(staffed).of("two")


async def test_the_same_key_changes_nothing(staffed: Database) -> None:
    """A double click, or a hook that comes twice, gets the first answer."""
    await held(staffed, "one")
    first = await say(staffed, "one", "won", key="a")
    again = await say(staffed, "one", "lost", key="a", now=AT + MINUTE)
    assert (OutcomeResult.WON, True, first.recorded_at) == (again.result, again.repeat, again.recorded_at)
    assert 1 == len(await Outcomes(staffed).all_of("one"))
    assert {("ada", None): Record(won=1)} == await summed(staffed)
    await held(staffed, "two")
    assert not (await say(staffed, "two", "lost", key="a")).repeat


async def test_of_news_only_the_newest_counts_however_it_comes_in(db: Database, staffed: Database) -> None:
    """Hooks come at once and in any order: what is older, or known, is noted by none of them, whoever said it."""
    told = [Outcome(result=result, at=AT + n * MINUTE, by=f"tool-{n}") for n, result in enumerate(OutcomeResult)]
    orders = {"one": told, "two": told[::-1], "three": told[3:] + told[:3]}
    for lead_id, order_ in orders.items():
        tries = [
            Outcomes(db).record(lead_id, said, key=str(n), now=AT + 9 * MINUTE, news_only=True)
            for n, said in enumerate(order_)
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert not [one for one in done if not isinstance(one, Noted | NothingNew)]
        newest = await Outcomes(db).of(lead_id)
        assert newest is not None
        assert (told[-1].result, told[-1].at) == (newest.result, newest.at)
    with pytest.raises(NothingNew, match="it was noted already that it is unreachable"):
        await Outcomes(db).record("one", told[-1], key="again", now=AT + 9 * MINUTE, news_only=True)
    with pytest.raises(NothingNew, match="older than what tool-5 said last: unreachable"):
        await Outcomes(db).record("one", told[0], key="late", now=AT + 9 * MINUTE, news_only=True)


async def test_results_are_summed_by_rep_and_industry(db: Database, staffed: Database) -> None:
    """Won and qualified speak for whoever held it, lost and unreachable against them, bad and disqualified neither."""
    given = [
        ("ada", "software", "won"),
        ("ada", "software", "qualified"),
        ("ada", "retail", "lost"),
        ("ada", None, "unreachable"),
        ("ada", "retail", "bad"),
        ("ada", "retail", "disqualified"),
        ("bo", "retail", "won"),
    ]
    for n, (rep_id, industry, result) in enumerate(given):
        await Leads(db).admit(newcomer(f"l{n}", about(f"l{n}", industry)))
        await held(db, f"l{n}", rep_id)
        await say(db, f"l{n}", result)
    expected = {
        ("ada", None): Record(won=2, lost=2),
        ("ada", "software"): Record(won=2),
        ("ada", "retail"): Record(lost=1),
        ("bo", None): Record(won=1),
        ("bo", "retail"): Record(won=1),
    }
    assert expected == await summed(db)


async def test_a_correction_takes_back_what_was_said_before(staffed: Database) -> None:
    """Also after a final result ended the ownership: it stays the same person's."""
    await held(staffed, "one", "bo")
    for n, (result, expected) in enumerate(
        [
            ("qualified", Record(won=1)),
            ("lost", Record(lost=1)),
            ("won", Record(won=1)),
            ("bad", Record()),
            ("unreachable", Record(lost=1)),
        ]
    ):
        said = await say(staffed, "one", result, key=str(n), now=AT + n * MINUTE)
        assert ("bo", {("bo", None): expected}) == (said.rep_id, await summed(staffed)), result


@pytest.mark.parametrize("result", OutcomeResult)
async def test_a_final_result_ends_the_ownership_of_a_lead_in_contact(staffed: Database, result: OutcomeResult) -> None:
    """Contact ended the workflow, the outcome ends the ownership; a qualified lead stays with its owner."""
    await held(staffed, "one")
    await say(staffed, "one", result)
    holder = await Ownerships(staffed).open_owner("one")
    card = await Leads(staffed).get("one")
    expected = "ada" if result is OutcomeResult.QUALIFIED else None
    assert card is not None
    assert (expected, expected) == (holder and holder.rep_id, card.owner)


@pytest.mark.parametrize("first", [True, False])
async def test_a_bad_lead_gives_the_turn_back(staffed: Database, first: bool) -> None:
    """As the policy of the offer said, once; also when it was said to be lost before."""
    await in_contact(staffed)
    if not first:
        await say(staffed, "one", "lost", key="a")
    assert await charged(staffed)
    await say(staffed, "one", "bad", key="b")
    await say(staffed, "one", "bad", key="c")
    assert not await charged(staffed)


@pytest.mark.parametrize("result", [OutcomeResult.WON, OutcomeResult.QUALIFIED, OutcomeResult.LOST])
async def test_a_lead_that_was_not_bad_after_all_costs_its_turn(staffed: Database, result: OutcomeResult) -> None:
    """Corrected, it counts as what it is now; else whoever calls a lead bad first has the good ones for nothing."""
    await in_contact(staffed)
    for n, (said, expected) in enumerate([("bad", False), (result, True), (result, True), ("bad", False)]):
        await say(staffed, "one", said, key=str(n), now=AT + n * MINUTE)
        assert expected is await charged(staffed), said


async def test_a_turn_that_stays_charged_says_so_once_and_stays_charged(staffed: Database) -> None:
    """However often, and however long after, the lead is called bad again."""
    owners = Ownerships(staffed)
    await owners.assign(order("two"), in_turn("two"), at=AT, ordered_at=AT)
    await owners.assign(order("two", 2), give("two", "ada", 2), at=AT, ordered_at=AT)
    await in_contact(staffed, RefundLimit(times=1, within=MINUTE))
    for n in range(3):
        await say(staffed, "one", "bad", key=str(n), now=AT + n * 10 * MINUTE)
    async with staffed.reading() as session:
        (row,) = (await session.exec(select(tables.Ownership).where(tables.Ownership.lead_id == "one"))).all()
    assert (1, True) == (row.because.count("stays charged"), await charged(staffed))


async def in_contact(db: Database, limit: RefundLimit | None = None) -> None:
    """Have the lead `one` given in turn, under a policy that gives bad ones back, and contacted."""

    def decide(snapshot: Snapshot) -> Choice:
        choice = in_turn("one")(snapshot)
        assert isinstance(choice, Give)
        return replace(choice, refund_on=frozenset({Refundable.BAD}), refund_limit=limit)

    await Ownerships(db).assign(order("one"), decide, at=AT, ordered_at=AT)
    holder = await Ownerships(db).open_owner("one")
    assert holder is not None
    await contact(db, "one", holder.rep_id)


async def charged(db: Database) -> bool:
    """Say whether the turn counts."""
    return any((await Ownerships(db).balances())["all"].values())


async def test_an_outcome_may_be_quicker_than_the_record_of_the_contact(staffed: Database) -> None:
    """Said before the database knows of the first touch, it ends the ownership as soon as it does."""
    await Ownerships(staffed).assign(order("one"), give("one", "ada"), at=AT, ordered_at=AT)
    await say(staffed, "one", "won")
    await contact(staffed, "one", "ada")
    assert None is await Ownerships(staffed).open_owner("one")


async def test_while_the_workflow_runs_it_decides_who_holds_the_lead(staffed: Database) -> None:
    """An early outcome is noted, and takes the lead from nobody."""
    await held(staffed, "one", stage=Stage.ACCEPTED)
    assert "ada" == (await say(staffed, "one", "lost")).rep_id
    holder = await Ownerships(staffed).open_owner("one")
    assert holder is not None
    assert "ada" == holder.rep_id


async def test_nobody_is_credited_for_a_lead_that_nobody_held(staffed: Database) -> None:
    """A manager's word on a lead in review counts for no rep."""
    assert None is (await say(staffed, "one", "lost", by="mia")).rep_id
    assert {} == await summed(staffed)


async def test_an_unknown_folded_or_erased_lead_has_no_outcome(db: Database, staffed: Database) -> None:
    """Each with its reason; nothing is written."""
    with pytest.raises(UnknownLead, match="nobody-knows-it"):
        await say(db, "nobody-knows-it", "won")
    await Leads(db).admit(newcomer("again", facts("again", email="one@acme.example")))
    with pytest.raises(NoOutcome, match="folded into lead one"):
        await say(db, "again", "won")
    await Leads(db).record(standing("two", 1, Stage.ERASED, closed=True))
    with pytest.raises(NoOutcome, match="erased"):
        await say(db, "two", "won")
    assert {} == await summed(db)
