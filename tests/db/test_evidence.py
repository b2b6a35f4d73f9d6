"""What outcomes say about features: counted once, corrected exactly, forgotten with the lead."""

from datetime import timedelta
from itertools import permutations

from sqlmodel import delete, select

from db import tables
from db.emptying import empty
from db.engine import Database
from db.evidence import Evidence
from db.outcomes import Outcomes
from models.learning import Count
from models.outcome import Outcome, OutcomeResult
from tests.db.samples import AT, MINUTE

WON, LOST, QUALIFIED = OutcomeResult.WON, OutcomeResult.LOST, OutcomeResult.QUALIFIED


async def said(db: Database, lead_id: str, result: OutcomeResult, key: str) -> None:
    """Note an outcome of a lead a day after it came."""
    await Outcomes(db).record(lead_id, Outcome(result=result, at=AT + timedelta(days=1)), key=key, now=AT + MINUTE)


async def all_of(db: Database) -> tuple[Count, Count | None]:
    """Give the counts of all leads, and of those that asked for a demo."""
    total, counts = await Evidence(db).all()
    return total, counts.get("type demo_request")


async def test_an_outcome_counts_once_with_the_features_of_its_lead(staffed: Database) -> None:
    """A won and a lost lead count one each; the same outcome under its key again counts nothing."""
    await said(staffed, "one", WON, "a")
    await said(staffed, "one", WON, "a")
    await said(staffed, "two", LOST, "b")
    assert (Count(good=1, bad=1), Count(good=1, bad=1)) == await all_of(staffed)


async def test_a_corrected_outcome_takes_back_what_it_brought(staffed: Database) -> None:
    """Qualified, then lost, then won after all: one converted lead, however often it was said."""
    for key, result in enumerate((QUALIFIED, LOST, WON, WON)):
        await said(staffed, "one", result, str(key))
    assert (Count(good=1, bad=0), Count(good=1, bad=0)) == await all_of(staffed)


async def test_the_order_in_which_outcomes_come_does_not_matter(staffed: Database) -> None:
    """Three leads in every order, with a correction among them, leave the same counts."""
    news = (("one", WON), ("two", LOST), ("three", WON))
    seen = []
    for turn, order in enumerate(permutations(news)):
        for lead_id, result in order:
            await said(staffed, lead_id, LOST if result is WON else WON, f"{turn}-wrong")
            await said(staffed, lead_id, result, f"{turn}-right")
        seen.append(await Evidence(staffed).all())
    assert [seen[0]] * 6 == seen
    assert Count(good=2, bad=1) == seen[0][0]


async def test_an_erased_lead_leaves_no_evidence(staffed: Database) -> None:
    """What it brought is taken back, also features that nobody else had, and how likely it was called is gone."""
    await said(staffed, "one", WON, "a")
    async with staffed.writing() as session:
        session.add(tables.Likelihood(lead_id="one", version="m1", likelihood=0.5, points=3, at=AT))
    async with staffed.writing() as session:
        await empty(session, ["one"], AT)
    assert (Count(), {}) == await Evidence(staffed).all()
    async with staffed.reading() as session:
        assert [] == list((await session.exec(select(tables.EvidenceLead))).all())
        assert [] == list((await session.exec(select(tables.Likelihood))).all())


async def test_outcomes_from_before_are_gathered_once(staffed: Database) -> None:
    """Leads whose outcome was noted before there was evidence are counted; a second time there is nothing to do."""
    await said(staffed, "one", WON, "a")
    async with staffed.writing() as session:
        for table in (tables.Evidence, tables.EvidenceLead):
            for row in (await session.exec(select(table))).all():
                await session.delete(row)
    assert 1 == await Evidence(staffed).gather()
    assert 0 == await Evidence(staffed).gather()
    assert (Count(good=1), Count(good=1)) == await all_of(staffed)


async def test_a_lead_counts_as_it_was_when_somebody_got_it(staffed: Database) -> None:
    """What the prospect did after the first offer is not seen: it would tell the outcome."""
    async with staffed.writing() as session:
        lead = await session.get_one(tables.Lead, "one")
        lead.first_offered_at = AT + 2 * MINUTE
        for n, (kind, minutes) in enumerate((("pricing_visit", 1), ("booked_call", 3))):
            session.add(tables.Touched(lead_id="one", n=n, kind=kind, at=AT + minutes * MINUTE, properties={}))
    await said(staffed, "one", WON, "a")
    _, counts = await Evidence(staffed).all()
    assert {"did pricing_visit"} == {one for one in counts if one.startswith("did ")}


async def test_gathering_counts_as_noting_each_does(staffed: Database) -> None:
    """The same counts, however they came together; a corrected outcome and an erasure take back what was gathered."""
    async with staffed.writing() as session:
        lead = await session.get_one(tables.Lead, "two")
        lead.first_offered_at = AT + 2 * MINUTE
        for n, (kind, minutes) in enumerate((("pricing_visit", 1), ("booked_call", 3))):
            session.add(tables.Touched(lead_id="two", n=n, kind=kind, at=AT + minutes * MINUTE, properties={}))
    for lead_id, result in (("one", LOST), ("two", WON), ("three", LOST), ("one", WON)):
        await said(staffed, lead_id, result, f"{lead_id}-{result}")
    noted = await Evidence(staffed).all()
    async with staffed.writing() as session:
        await session.exec(delete(tables.Evidence))
        await session.exec(delete(tables.EvidenceLead))
    assert (3, 0) == (await Evidence(staffed).gather(), await Evidence(staffed).gather())
    assert noted == await Evidence(staffed).all()
    assert (2, 1, 1) == (noted[0].good, noted[0].bad, noted[1]["did pricing_visit"].good)
    await said(staffed, "two", LOST, "after all")
    async with staffed.writing() as session:
        await empty(session, ["one", "three"], AT)
    total, counts = await Evidence(staffed).all()
    assert (Count(bad=1), Count(bad=1)) == (total, counts["did pricing_visit"])
