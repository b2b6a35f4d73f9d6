"""A migrated database of each kind, and a lead that was let in."""

from collections.abc import AsyncIterator

import pytest

from db.engine import Database
from db.leads import Leads
from db.rosters import Rosters
from tests.db.samples import AT, newcomer, roster


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database: the test runs once on SQLite and once on PostgreSQL."""
    database = Database(database_url)
    await database.migrate()
    yield database
    await database.dispose()


@pytest.fixture
async def staffed(db: Database) -> Database:
    """A database with the sample roster and the leads `one`, `two` and `three`."""
    await Rosters(db).save(roster(), at=AT)
    for lead_id in ("one", "two", "three"):
        await Leads(db).admit(newcomer(lead_id))
    return db
