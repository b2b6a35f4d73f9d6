"""What measuring reads of leads, and what it keeps: nothing missed, nothing undone, nothing twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from db import tables
from db.engine import Database
from db.erasing import Erasing
from db.figures import Figures
from db.leads import Leads
from db.measures import Batch, MeasureBook
from db.outcomes import Outcomes
from db.ownership import Ownerships
from db.tables.words import End
from db.unmeasured import Way
from models.explanation import RoutingTrace, RuleTried
from models.figures import Dimension, Fresh
from models.lead import Stage
from models.orders import Holding
from models.outcome import Outcome, OutcomeResult
from policy.insight.measuring import measure
from policy.insight.shifts import zone_of
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, roster, standing

LATER = AT + 60 * MINUTE
RULES = (RuleTried(rule="cold", matched=False, because=""), RuleTried(rule="hot", matched=True, because=""))
TRACE = RoutingTrace(at=AT, policy="p1", pool="all", tier=None, rules=RULES)


async def go(book: MeasureBook, way: Way = Way.CHANGED, *, limit: int = 100) -> Batch:
    """Measure one batch, as the chore does."""
    batch = await book.take(way, at=LATER, limit=limit)
    assert await keep(book, batch)
    return batch


async def keep(book: MeasureBook, batch: Batch) -> bool:
    """Write a batch down."""
    return await book.keep(batch, [measure(one.lead, zone_of(roster(), "emea")) for one in batch.told])


async def rows(db: Database) -> dict[str, tables.LeadMeasure]:
    """Read what is measured."""
    async with db.reading() as session:
        return {row.lead_id: row for row in (await session.exec(select(tables.LeadMeasure))).all()}


async def offers(db: Database) -> list[tables.OfferMeasure]:
    """Read what is measured of offers."""
    table = tables.OfferMeasure
    async with db.reading() as session:
        return list((await session.exec(select(table).order_by(table.lead_id, col(table.offer)))).all())


async def offer(
    db: Database, lead_id: str, rep_id: str = "ada", n: int = 1, trace: RoutingTrace = TRACE, **changes: Any
) -> None:
    """Offer a lead to somebody by a rule, promised in a quarter of an hour."""
    asked = order(lead_id, n, **changes)
    given = give(lead_id, rep_id, n, trace=trace, response_due_at=AT + 15 * MINUTE)
    at = AT + n * MINUTE
    await Ownerships(db).assign(asked, given, at=at, ordered_at=at)


async def accept(db: Database, lead_id: str, seq: int = 5, **changes: Any) -> None:
    """Record that Ada accepted it after five minutes."""
    holding = Holding(rep_id="ada", offer=1, accepted_at=AT + 5 * MINUTE)
    await Leads(db).record(standing(lead_id, seq, Stage.ACCEPTED, holding, **changes))


async def test_a_lead_is_measured_with_its_offers(staffed: Database) -> None:
    """Whom it was offered to, by which rule, how each offer ended, and what was said to have become of it."""
    await offer(staffed, "one")
    await offer(staffed, "one", "bo", 2, by="mia")
    await Outcomes(staffed).record("one", Outcome(result=OutcomeResult.WON, value=50.0), key="k", now=AT)
    batch = await go(MeasureBook(staffed))
    assert {"one", "two", "three"} == {one.lead_id for one in batch.told}
    found = (await rows(staffed))["one"]
    assert ("hot", "bo", "emea", "p1", 900) == (found.rule, found.rep_id, found.team, found.policy, found.target_s)
    assert (2, 1, 1, 60) == (found.offers, found.declines, found.handed, found.offered_s)
    assert ("won", True, 50.0, "EUR", 1) == (
        *(found.result, found.qualified, found.value, found.currency, found.outcome_id),
    )
    first, second = await offers(staffed)
    assert ("ada", End.DECLINED, False, "all", "hot") == (
        *(first.rep_id, first.ended, first.by_hand, first.pool, first.rule),
    )
    assert ("bo", None, True, "won") == (second.rep_id, second.ended, second.by_hand, second.result)


async def test_what_changes_is_measured_again(staffed: Database) -> None:
    """Its row is replaced, and what did not change is not looked at; filters offer every value there is."""
    book = MeasureBook(staffed)
    await offer(staffed, "one")
    await go(book)
    await accept(staffed, "one")
    assert ["one"] == [one.lead_id for one in (await go(book)).told]
    found = (await rows(staffed))["one"]
    assert (300, True, "ada", "accepted") == (found.accepted_s, found.kept, found.promise_rep_id, found.stage)
    assert [240] == [one.accepted_s for one in await offers(staffed)]
    assert () == (await book.take(Way.CHANGED, at=LATER, limit=9)).told
    values = await Figures(staffed).values()
    assert (("web",), ("ada",), ("hot",), ()) == (
        *(values[Dimension.SOURCE], values[Dimension.REP], values[Dimension.RULE], values[Dimension.INTENT]),
    )
    measured = await Figures(staffed).measured()
    assert (3, AT.date(), AT.date(), AT + 5 * MINUTE) == (measured.leads, measured.first, measured.last, measured.until)
    assert (0, Fresh(AT + 5 * MINUTE)) == (measured.behind, await Figures(staffed).fresh())
    await Leads(staffed).record(standing("two", 6, Stage.REVIEW))
    assert 1 == (await Figures(staffed).measured()).behind
    assert Fresh(AT + 5 * MINUTE, AT + 6 * MINUTE) == await Figures(staffed).fresh()


async def test_what_a_tie_decided_came_by_no_rule(staffed: Database) -> None:
    """Though a rule matched, too, to say the pool; a later offer's rule is the lead's."""
    tied = TRACE.model_copy(update={"tie": "open_lead"})
    await offer(staffed, "one", trace=tied)
    await offer(staffed, "two", trace=tied)
    await offer(staffed, "two", "bo", 2)
    await go(MeasureBook(staffed))
    found = await rows(staffed)
    assert (None, "hot") == (found["one"].rule, found["two"].rule)


async def test_many_are_measured_in_batches(staffed: Database) -> None:
    """Also when all changed at one instant."""
    book = MeasureBook(staffed)
    seen = []
    while (batch := await go(book, limit=2)).more:
        seen += [one.lead_id for one in batch.told]
    assert ["one", "three", "two"] == [*seen, *(one.lead_id for one in batch.told)]


async def test_what_was_written_down_late_is_found(staffed: Database) -> None:
    """A record of an instant that measuring had passed already; far back, the walk finds it."""
    book = MeasureBook(staffed)
    await offer(staffed, "one", n=20)
    await go(book)
    await accept(staffed, "two", seq=8)
    assert () == (await go(book)).told
    assert ["two"] == [one.lead_id for one in (await go(book, Way.LATE)).told]
    assert () == (await go(book, Way.LATE)).told
    await Leads(staffed).record(standing("three", 1, Stage.REVIEW))
    assert () == (await go(book, Way.LATE)).told
    walked = [one.lead_id for _ in range(3) for one in (await go(book, Way.WALK, limit=2)).told]
    assert ["three"] == walked
    assert "review" == (await rows(staffed))["three"].stage


async def test_what_was_said_of_a_lead_is_counted(staffed: Database) -> None:
    """Though nothing else of the lead changes; and what the look at outcomes misses, the walk finds."""
    book = MeasureBook(staffed)
    await go(book)
    await Outcomes(staffed).record("two", Outcome(result=OutcomeResult.QUALIFIED), key="a", now=AT)
    assert ["two"] == [one.lead_id for one in (await go(book, Way.SAID)).told]
    assert () == (await go(book, Way.SAID)).told
    await Outcomes(staffed).record("two", Outcome(result=OutcomeResult.LOST), key="b", now=AT + MINUTE)
    assert ["two"] == [one.lead_id for one in (await go(book, Way.WALK)).told]
    found = (await rows(staffed))["two"]
    assert ("lost", True, 2) == (found.result, found.qualified, found.outcome_id)


async def test_an_erased_lead_leaves_no_word_of_its_own(staffed: Database) -> None:
    """In the erasure's own transaction; words that others have, too, stay."""
    book = MeasureBook(staffed)
    await Leads(staffed).admit(newcomer("kim", facts("kim", region="kims own")))
    await go(book)
    assert ("kims own",) == (await Figures(staffed).values())[Dimension.REGION]
    await Erasing(staffed).erase("kim", by="ops", reason="asked", at=AT)
    values = await Figures(staffed).values()
    assert ((), ("web",)) == (values[Dimension.REGION], values[Dimension.SOURCE])
    assert {"one", "two", "three"} == set(await rows(staffed))


@pytest.mark.parametrize("way", [Way.CHANGED, Way.WALK])
async def test_an_erased_lead_counts_no_longer(staffed: Database, way: Way) -> None:
    """Neither it nor its offers, also where a worker had read it before; a rebuild finds the same."""
    book = MeasureBook(staffed)
    await offer(staffed, "one")
    known = await go(book)
    measured = await book.take(Way.WALK, at=LATER, limit=9)
    await Erasing(staffed).erase("one", by="ops", reason="asked", at=AT + 30 * MINUTE)
    assert "one" not in await rows(staffed)
    overtaken = replace(measured, told=known.told, gone=())
    assert await keep(book, overtaken)
    assert "one" in await rows(staffed)
    batch = await go(book, way)
    assert (("one",), ()) == (batch.gone, batch.told)
    assert ({"two", "three"}, []) == (set(await rows(staffed)), await offers(staffed))
    await book.forget()
    assert {} == await rows(staffed)
    await go(book)
    assert {"two", "three"} == set(await rows(staffed))


async def test_one_that_is_folded_into_another_counts_once(staffed: Database) -> None:
    """With the lead that it is."""
    book = MeasureBook(staffed)
    async with staffed.writing() as session:
        await session.exec(update(tables.Lead).where(col(tables.Lead.lead_id) == "two").values(folded_into="one"))
    await go(book)
    assert "two" not in await rows(staffed)


async def test_who_was_overtaken_writes_nothing(staffed: Database) -> None:
    """Two workers read the same; one writes, the other reads again, and sees what the first one saw or later."""
    one, other = MeasureBook(staffed), MeasureBook(staffed)
    early = await one.take(Way.CHANGED, at=LATER, limit=9)
    await accept(staffed, "two")
    await go(other)
    assert not await keep(one, early)
    assert "accepted" == (await rows(staffed))["two"].stage
    await one.forget()
    assert not await keep(other, await _stale(other))


async def _stale(book: MeasureBook) -> Batch:
    """A batch that was read before everything was thrown away."""
    fresh = await book.take(Way.CHANGED, at=LATER, limit=9)
    assert fresh.told
    await go(book)
    await book.forget()
    return Batch(**{name: getattr(fresh, name) for name in fresh.__slots__} | {"written": 1})


async def test_another_editions_measures_are_thrown_away(staffed: Database) -> None:
    """A release that measures otherwise begins anew by itself."""
    book = MeasureBook(staffed)
    await go(book)
    async with staffed.writing() as session:
        session.add(tables.LeadMeasure(**{**(await rows(staffed))["one"].model_dump(), "lead_id": "of old"}))
        await session.exec(update(tables.MeasuredUntil).values(name=tables.MeasuredUntil.name + "-old"))
    await go(MeasureBook(staffed))
    assert {"one", "two", "three"} == set(await rows(staffed))


async def test_a_change_of_the_future_waits_for_its_time(staffed: Database) -> None:
    """A clock that is ahead moves nothing past what others still write."""
    book = MeasureBook(staffed)
    await Leads(staffed).record(standing("one", 200, Stage.REVIEW))
    await go(book)
    assert {"two", "three"} == set(await rows(staffed))
    await Leads(staffed).record(standing("two", 30, Stage.REVIEW))
    assert ["two"] == [one.lead_id for one in (await go(book)).told]
    batch = await book.take(Way.CHANGED, at=LATER + timedelta(days=1), limit=9)
    assert ["one"] == [one.lead_id for one in batch.told]
