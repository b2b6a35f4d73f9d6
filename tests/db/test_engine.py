"""Reaching, migrating and using one database."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlmodel import select

from db import tables
from db.columns import NaiveInstant
from db.engine import Database, DatabaseUnreachable
from db.inbox import Arrival, Inbox
from db.upgrade import SchemaUnknown, alembic_config
from tests.db.samples import AT

SECOND = timedelta(seconds=1)


async def test_the_migrations_make_exactly_the_tables_of_the_models(db: Database) -> None:
    """From an empty database, the migrations lead to what the models say: Alembic finds nothing to add."""
    async with db.writing() as session:
        await (await session.connection()).run_sync(lambda connection: command.check(alembic_config(connection)))


async def test_migrating_again_and_at_once_is_harmless(database_url: str) -> None:
    """Several processes may start at once on an empty database: one migrates, the others wait."""
    databases = [Database(database_url) for _ in range(5)]
    await asyncio.gather(*(one.migrate() for one in databases))
    await databases[0].migrate()
    async with databases[1].reading() as session:
        versions = (await (await session.connection()).execute(text("SELECT version_num FROM alembic_version"))).all()
    assert 1 == len(versions)
    await asyncio.gather(*(one.dispose() for one in databases))


async def test_a_database_of_a_newer_release_is_left_alone(database_url: str) -> None:
    """A schema that this release does not know is refused by name, not overwritten."""
    db = Database(database_url)
    await db.migrate()
    async with db.writing() as session:
        await (await session.connection()).execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaUnknown, match="9999"):
        await db.migrate()
    await db.dispose()


async def test_an_instant_comes_back_as_it_was_in_utc(db: Database) -> None:
    """An aware instant of any zone is the same instant afterwards, in UTC, to the microsecond."""
    berlin = timezone(timedelta(hours=1))
    at = datetime(2026, 3, 2, 10, 0, 0, 123456, tzinfo=berlin)
    await Inbox(db).put([Arrival("one", "{}")], at=at)
    async with db.reading() as session:
        stored = (await session.exec(select(tables.Inbox.created_at))).one()
    assert (at, UTC) == (stored, stored.tzinfo)


async def test_a_naive_instant_is_refused(db: Database) -> None:
    """An instant without an offset never reaches the database, neither stored nor compared."""
    naive = AT.replace(tzinfo=None)
    with pytest.raises(NaiveInstant):
        await Inbox(db).put([Arrival("one", "{}")], at=naive)
    with pytest.raises(NaiveInstant):
        await Inbox(db).claim(1, now=naive, lease=SECOND)
    assert 0 == (await Inbox(db).counts()).waiting


async def test_odd_characters_do_not_stop_a_row(db: Database) -> None:
    """NUL and half a surrogate, which databases refuse, are replaced: an odd lead must not wedge."""
    await Inbox(db).put([Arrival("one", 'a\x00b"\ud800"', source="ü\x00")], at=AT)
    (claim,) = await Inbox(db).claim(1, now=AT, lease=SECOND)
    assert ("ü\ufffd", "a\ufffdb") == (claim.source, claim.raw[:3])


async def test_what_is_raised_in_a_transaction_undoes_it(db: Database) -> None:
    """Nothing of a broken transaction stays, and the error is the one that was raised."""

    async def break_off() -> None:
        async with db.writing() as session:
            session.add(tables.Inbox(lead_id="one", raw="{}", created_at=AT, next_at=AT))
            await session.flush()
            raise FileNotFoundError("mine")

    with pytest.raises(FileNotFoundError, match="mine"):
        await break_off()
    assert 0 == (await Inbox(db).counts()).waiting


async def test_foreign_keys_hold(db: Database) -> None:
    """A line of the story needs its lead, on SQLite too."""
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        async with db.writing() as session:
            session.add(tables.Touched(lead_id="nobody", n=0, kind="visit", at=AT, properties={}))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:////proc/no/such/folder/baton.db", "/proc/no/such/folder/baton.db"),
        ("postgresql://baton:geheim@127.0.0.1:1/leads", "baton:***@127.0.0.1:1/leads"),
        ("postgresql://baton:geheim@127.0.0.1:1/leads?password=geheim", "baton:***@127.0.0.1:1/leads cannot"),
    ],
)
async def test_an_unreachable_database_is_named_without_its_password(url: str, says: str) -> None:
    """Migrating, reading and writing all say which database cannot be used, and never the password."""
    database = Database(url, patience=SECOND)
    for attempt in (_read, _write, Database.migrate):
        with pytest.raises(DatabaseUnreachable) as caught:
            await attempt(database)
        assert says in str(caught.value)
        assert "geheim" not in str(caught.value) + repr(database)
        assert caught.value.__cause__ is None
    await database.dispose()


@pytest.mark.postgres
async def test_a_missing_postgres_database_is_unreachable(new_postgres_database: Callable[[], str]) -> None:
    """A server that has no such database is as good as none."""
    database = Database(new_postgres_database() + "_gone", patience=SECOND)
    with pytest.raises(DatabaseUnreachable, match="does not exist"):
        await _read(database)
    await database.dispose()


async def test_a_file_that_is_not_there_is_neither_made_nor_opened(tmp_path: Path) -> None:
    """Who only wants to read is told that there is no database yet; nothing is made by looking."""
    path = tmp_path / "none.db"
    db = Database(f"sqlite:///{path}")
    for transaction in (db.reading, db.writing):
        with pytest.raises(DatabaseUnreachable, match="there is none yet"):
            async with transaction():
                pytest.fail("the transaction was opened")
    assert not path.exists()
    await db.dispose()


async def test_a_file_that_is_no_database_is_unreachable(tmp_path: Path) -> None:
    """Some other file at the database's place is left alone and named."""
    other = tmp_path / "notes.txt"
    other.write_text("not a database " * 100)
    database = Database(f"sqlite:///{other}", patience=SECOND)
    with pytest.raises(DatabaseUnreachable, match=r"notes\.txt"):
        await database.migrate()
    await database.dispose()


async def test_a_file_locked_for_too_long_is_busy(tmp_path: Path) -> None:
    """A writer that never ends makes the others give up after their patience, and say why."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    first, second = Database(url), Database(url, patience=timedelta(milliseconds=50))
    await first.migrate()
    async with first.writing():
        with pytest.raises(DatabaseUnreachable, match="locked") as caught:
            await _write(second)
    assert caught.value.busy
    await _write(second)
    await asyncio.gather(first.dispose(), second.dispose())


def test_an_unknown_kind_of_database_is_refused() -> None:
    """Only SQLite and PostgreSQL are known."""
    with pytest.raises(ValueError, match="mysql"):
        Database("mysql://root@localhost/leads")


async def test_processes_share_one_sqlite_file(tmp_path: Path) -> None:
    """Four processes that start on an empty folder and write 25 rows each lose none and fail nowhere."""
    url = f"sqlite:///{tmp_path / 'made' / 'baton.db'}"
    writers = [await _python(_WRITER, url, str(number)) for number in range(4)]
    for writer in writers:
        assert (0, b"") == (await writer.wait(), await writer.stderr.read() if writer.stderr else b"")
    database = Database(url)
    assert 100 == (await Inbox(database).counts()).waiting
    await database.dispose()


async def test_an_acknowledged_row_survives_kill_9(tmp_path: Path) -> None:
    """A row that was acknowledged is there after the process was killed without warning."""
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    writer = await _python(_WRITER + "\nprint('acknowledged', flush=True); time.sleep(60)", url, "0")
    assert writer.stdout is not None
    assert b"acknowledged\n" == await writer.stdout.readline()
    writer.kill()
    await writer.wait()
    database = Database(url)
    await database.migrate()
    assert 25 == (await Inbox(database).counts()).waiting
    await database.dispose()


_WRITER = """
import asyncio, sys, time
from datetime import UTC, datetime
from db.engine import Database
from db.inbox import Arrival, Inbox

async def main(url, name):
    database = Database(url)
    await database.migrate()
    for number in range(25):
        await Inbox(database).put([Arrival(f"{name}-{number}", "{}")], at=datetime(2026, 3, 2, tzinfo=UTC))
    return database

kept = asyncio.run(main(*sys.argv[1:]))
"""


async def _python(code: str, *arguments: str) -> asyncio.subprocess.Process:
    root = str(Path(__file__).parents[2])
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


async def _read(database: Database) -> None:
    async with database.reading() as session:
        await session.exec(select(tables.Inbox))


async def _write(database: Database) -> None:
    async with database.writing() as session:
        await session.exec(select(1))
