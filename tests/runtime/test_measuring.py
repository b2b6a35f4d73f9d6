"""The chore that measures: it keeps up with what happens, begins anew when asked, and stands in nobody's way."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlmodel import select

from db import tables
from db.measures import Batch, MeasureBook
from models.lead import Stage
from models.outcome import Outcome, OutcomeResult
from policy.insight.measuring import Measures
from runtime import measuring
from runtime.measuring import Measurer
from runtime.store import Store
from tests.db.samples import AT, facts, give, newcomer, order, roster, standing
from tests.runtime.conftest import NOW, Clock

MINUTE = timedelta(minutes=1)


async def measured(store: Store) -> dict[str, tables.LeadMeasure]:
    """Read what is measured."""
    async with store.database.reading() as session:
        return {row.lead_id: row for row in (await session.exec(select(tables.LeadMeasure))).all()}


async def let_in(store: Store, *lead_ids: str) -> None:
    """Let leads in now, and offer each to Ada."""
    await store.rosters.save(roster(), at=AT)
    for lead_id in lead_ids:
        await store.leads.admit(newcomer(lead_id, facts(lead_id, received_at=NOW), at=NOW))
        await store.ownerships.assign(order(lead_id), give(lead_id, "ada"), at=NOW, ordered_at=NOW)


async def test_it_keeps_up_with_what_happens(store: Store, clock: Clock) -> None:
    """New leads at once, outcomes within seconds, in the hours of their team (nine o'clock is ten in Berlin)."""
    chore = Measurer(store, clock)
    assert not await chore.once()
    await let_in(store, "one", "two")
    assert not await chore.once()
    assert {"one": 10, "two": 10} == {lead_id: row.hour_of_week for lead_id, row in (await measured(store)).items()}
    await store.outcomes.record("one", Outcome(result=OutcomeResult.WON), key="k", now=NOW)
    await store.leads.record(standing("two", 1, Stage.REVIEW, at=NOW + MINUTE))
    clock.now += MINUTE
    await chore.once()
    found = await measured(store)
    assert ("won", "review") == (found["one"].result, found["two"].stage)


async def test_it_says_when_there_is_more(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that is full has more behind it; the next look goes on there."""
    chore = Measurer(store, clock)
    await let_in(store, "one", "two", "three")
    monkeypatch.setattr(measuring, "BATCH", 2)
    assert await chore.once()
    assert 2 == len(await measured(store))
    assert not await chore.once()
    assert 3 == len(await measured(store))


async def test_it_can_begin_anew(store: Store, clock: Clock) -> None:
    """What was measured is thrown away, every lead measured again, and how far it is told."""
    chore = Measurer(store, clock)
    await let_in(store, "one", "two")
    await chore.once()
    async with store.database.writing() as session:
        (await session.get_one(tables.LeadMeasure, "one")).source = "nonsense"
    told: list[int] = []
    assert 2 == await chore.everything(told.append)
    assert [2] == told
    assert "web" == (await measured(store))["one"].source


async def test_beginning_anew_ends_with_the_last_lead(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another worker was quicker with the last batch: what was not kept is read again."""
    await let_in(store, "one", "two")
    keep, quicker = MeasureBook.keep, [True]

    async def kept(book: MeasureBook, batch: Batch, rows: Sequence[Measures]) -> bool:
        return not (quicker and quicker.pop()) and await keep(book, batch, rows)

    monkeypatch.setattr(MeasureBook, "keep", kept)
    assert 2 == await Measurer(store, clock).everything(lambda _: None)
    assert ["one", "two"] == sorted(await measured(store))


async def test_two_of_them_agree(store: Store, clock: Clock) -> None:
    """Whichever comes first; the other finds nothing left to do, and no row is there twice."""
    one, other = Measurer(store, clock), Measurer(store, clock)
    await let_in(store, "one", "two")
    while await one.once() or await other.once():
        pass
    await store.leads.record(standing("two", 1, Stage.REVIEW, at=NOW + MINUTE))
    clock.now += MINUTE
    assert not await other.once()
    assert not await one.once()
    assert ["one", "two"] == sorted(await measured(store))
    assert "review" == (await measured(store))["two"].stage
