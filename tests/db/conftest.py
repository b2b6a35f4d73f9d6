"""A migrated, empty database of each kind, and a lead that was let in.

Migrating takes longer than most tests, so it is done once: SQLite tests get a copy of the migrated file, PostgreSQL
tests the one database, emptied.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import Database
from db.leads import Leads
from db.rosters import Rosters
from tests.db.samples import AT, newcomer, roster
from tests.engines.migrated import migrate
from tests.engines.postgres import PostgresServer

_EMPTIED = """
DO $$
DECLARE found record;
BEGIN
    SET LOCAL session_replication_role = replica;  -- in whatever order
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', found.tablename);
    END LOOP;
    PERFORM setval(format('%I', sequencename), 1, false) FROM pg_sequences WHERE schemaname = 'public';
END $$
"""
"""Deleting few rows takes milliseconds, truncating every table a quarter of a second."""


@pytest.fixture(scope="session")
async def migrated_postgres(postgres_server: PostgresServer) -> str:
    """A PostgreSQL database with the tables, shared by the tests."""
    url = postgres_server.create_database()
    await migrate(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated database of each kind: the test runs once on either."""
    if request.param == "sqlite":
        path = Path(shutil.copy(request.getfixturevalue("migrated_file"), tmp_path))
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database: the test runs once on SQLite and once on PostgreSQL."""
    database = Database(migrated_url)
    if not database.is_sqlite:
        async with database.writing() as session:
            await (await session.connection()).execute(text(_EMPTIED))
    yield database
    await database.dispose()


@pytest.fixture
async def staffed(db: Database) -> Database:
    """A database with the sample roster and the leads `one`, `two` and `three`."""
    await Rosters(db).save(roster(), at=AT)
    for lead_id in ("one", "two", "three"):
        await Leads(db).admit(newcomer(lead_id))
    return db
