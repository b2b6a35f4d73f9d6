"""Exports: every row once, in pages, with what changed since an instant only."""

from typing import Any

import pytest

from db import exporting, tables
from db.engine import Database
from db.exporting import COLUMNS, Exporting
from db.leads import Leads
from db.outcomes import Outcomes
from models.export import Export
from models.outcome import Outcome, OutcomeResult
from tests.db.samples import AT, MINUTE, facts, newcomer


@pytest.fixture
async def stocked(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Five leads, each a minute after the last, two accounts, and three of their people; pages of two rows."""
    monkeypatch.setattr(exporting, "PAGE", 2)
    for n in range(5):
        about = facts(f"l{n}", external_id=f"x{n}", first_name="Mona")
        await Leads(db).admit(newcomer(f"l{n}", about, at=AT + n * MINUTE))
    async with db.writing() as session:
        for n in range(2):
            account: dict[str, Any] = {"account_id": f"a{n}", "name": f"Acme {n}", "names": ["Acme"], "domains": []}
            session.add(tables.AccountRow(**account, source="file", changed_at=AT + n * MINUTE, by="mia"))
        for n in range(3):
            session.add(tables.Contact(source="file", email=f"p{n}@acme.example", created_at=AT, changed_at=AT))
    return db


async def read(db: Database, what: Export, **since: Any) -> list[dict[str, Any]]:
    """Give all rows of an export."""
    return [row async for page in Exporting(db).pages(what, **since) for row in page]


async def test_every_row_is_there_once_with_the_columns_that_were_promised(stocked: Database) -> None:
    """Whether or not the last page is full."""
    await Outcomes(stocked).record("l0", Outcome(result=OutcomeResult.WON), key="k", now=AT)
    expected = {Export.LEADS: 5, Export.ACCOUNTS: 2, Export.CONTACTS: 3, Export.OUTCOMES: 1}
    for what, number in expected.items():
        rows = await read(stocked, what)
        assert number == len({row["lead_id" if what is Export.LEADS else "id"] for row in rows}) == len(rows), what
        assert all(set(COLUMNS[what]) == set(row) for row in rows), what


async def test_what_changed_since_is_exported_alone(stocked: Database) -> None:
    """The instant itself counts; nothing is no page."""
    assert ["l3", "l4"] == [row["lead_id"] for row in await read(stocked, Export.LEADS, since=AT + 3 * MINUTE)]
    assert ["a1"] == [row["id"] for row in await read(stocked, Export.ACCOUNTS, since=AT + MINUTE)]
    assert [] == [page async for page in Exporting(stocked).pages(Export.CONTACTS, AT + MINUTE)]
    later = AT + 9 * MINUTE
    await Outcomes(stocked).record("l1", Outcome(result=OutcomeResult.QUALIFIED), key="k", now=later)
    assert [("l1", "qualified")] == [
        (row["lead_id"], row["outcome.result"]) for row in await read(stocked, Export.LEADS, since=later)
    ]


async def test_a_lead_is_exported_with_what_became_of_it_last(stocked: Database) -> None:
    """And an outcome with how its lead's source knows the person: that is how another tool finds them."""
    for n, said in enumerate((Outcome(result=OutcomeResult.LOST), Outcome(result=OutcomeResult.WON, value=900))):
        await Outcomes(stocked).record("l1", said, key=str(n), now=AT + n * MINUTE)
    lead = next(row for row in await read(stocked, Export.LEADS) if row["lead_id"] == "l1")
    assert ("won", 900, "EUR", "x1", "l1@acme.example", "Mona") == (
        lead["outcome.result"],
        lead["outcome.value"],
        lead["outcome.currency"],
        lead["external_id"],
        lead["email"],
        lead["first_name"],
    )
    outcomes = await read(stocked, Export.OUTCOMES)
    assert [("lost", "web", "x1"), ("won", "web", "x1")] == [
        (one["result"], one["source"], one["external_id"]) for one in outcomes
    ]
