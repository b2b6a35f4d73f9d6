"""Leads of the past: in the order of receipt, page by page, with what their prospects did."""

from datetime import timedelta

import pytest

from db import history, tables
from db.engine import Database
from db.history import Extent, History, PastLead
from db.leads import Leads
from models.lead import Stage, Touch
from tests.db.samples import AT, facts, newcomer, standing

DAY = timedelta(days=1)


async def let_in(db: Database, *days: int) -> None:
    """Let leads in that were received so many days after the first."""
    for number, day in enumerate(days):
        about = facts(f"l{number}", received_at=AT + day * DAY)
        await Leads(db).admit(newcomer(about.lead_id, about))


async def read(db: Database, since: int = -1, until: int = 99) -> list[PastLead]:
    """Read the leads received between two days."""
    pages = History(db).pages(AT + since * DAY, AT + until * DAY)
    return [one async for page in pages for one in page]


@pytest.mark.parametrize("page", [1, 2, 3, 500])
async def test_leads_come_in_the_order_of_receipt(db: Database, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Whatever the pages; at the same instant by id, and none twice."""
    monkeypatch.setattr(history, "PAGE", page)
    await let_in(db, 3, 1, 2, 1, 0)
    assert ["l4", "l1", "l3", "l2", "l0"] == [one.facts.lead_id for one in await read(db)]
    assert ["l1", "l3", "l2"] == [one.facts.lead_id for one in await read(db, since=1, until=3)]


async def test_what_the_prospects_did_comes_with_them(db: Database) -> None:
    """In the order in which it was heard of, each lead's own."""
    await let_in(db, 0, 0)
    touches = [Touch(kind=kind, at=AT + DAY, properties={"page": kind}) for kind in ("pricing_visit", "email_open")]
    order = standing("l1", 0, Stage.NURTURING, touches=tuple(enumerate(touches)))
    await Leads(db).record(order)
    found = {one.facts.lead_id: one.touches for one in await read(db)}
    assert {"l0": (), "l1": tuple(touches)} == found


async def test_folded_leads_and_unreadable_ones_are_counted_and_not_given(db: Database) -> None:
    """A folded lead is a touch of another already; of an unreadable one nothing is known."""
    await let_in(db, 0)
    again = facts("again", email=facts("l0").email, received_at=AT)
    await Leads(db).admit(newcomer("again", again))
    await Leads(db).admit(newcomer("odd", raw=["?"]))
    async with db.writing() as session:
        (await session.get_one(tables.Lead, "odd")).facts = None
    assert ["l0"] == [one.facts.lead_id for one in await read(db)]
    assert Extent(leads=1, folded=1, unread=1) == await History(db).extent(AT - DAY, AT + DAY)
    assert Extent(leads=0, folded=0, unread=0) == await History(db).extent(AT + DAY, AT + 2 * DAY)
