"""One database: how it is reached, migrated and closed, and what a transaction is.

A writing transaction on SQLite takes the write lock when it begins (`BEGIN IMMEDIATE`): one that reads first and
writes later would be refused under load instead of waiting its turn. Everything that can be wrong with *reaching*
the database becomes `DatabaseUnreachable`; what is wrong with a statement stays what it is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from db.columns import to_json
from db.upgrade import upgrade

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg"}
_BEGIN = "baton_begin"
_MIGRATION = "baton: migration"
_COMPACTING_WAITS = 500
"""Milliseconds that a compaction waits for others, while others wait for it."""

_TROUBLE = (ConnectionError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError)
_AWAY = ("08", "53", "57P", "28", "3D")
"""SQLSTATE classes that mean away: connection, resources, shutting down, who are you, no such database."""
_SQLITE_AWAY = tuple(
    f"SQLITE_{word}"
    for word in ("BUSY", "LOCKED", "CANTOPEN", "NOTADB", "READONLY", "IOERR", "FULL", "PERM", "CORRUPT")
)


class DatabaseUnreachable(Exception):
    """The database cannot be used now, or not by us. Names its URL without the password.

    `busy`: it is there, but others kept it locked for longer than we wait.
    """

    def __init__(self, name: str, because: str) -> None:
        super().__init__(f"the database {name} cannot be used: {because}")
        self.busy = "locked" in because


class Database:
    """One database, SQLite or PostgreSQL, for one event loop; any number of processes may use the same one.

    `url` is `sqlite:///file` or `postgresql://user:password@host/name`, with or without its driver. `patience` is
    how long a transaction waits for others before it counts as unreachable. `tells_crm`: changes of leads are noted
    for a CRM that is set up.
    """

    def __init__(self, url: str, patience: timedelta = timedelta(seconds=30), *, tells_crm: bool = False) -> None:
        self.tells_crm = tells_crm
        self._url = _with_driver(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._patience = patience
        self._turn = asyncio.Lock()
        waits: dict[str, Any] = {"timeout": patience.total_seconds()}
        self._engine = create_async_engine(
            self._url,
            connect_args=waits,
            hide_parameters=True,  # they hold personal data, and errors are logged
            json_serializer=to_json,
            pool_pre_ping=not self.is_sqlite,
            pool_timeout=patience.total_seconds(),
        )
        if self.is_sqlite:
            event.listen(self._engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
            self._reader = self._engine
        else:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    def __repr__(self) -> str:
        return f"Database({self.name})"

    @property
    def name(self) -> str:
        """Name the database as people may read it: its URL without password and options."""
        return self._url.set(query={}).render_as_string(hide_password=True)

    async def migrate(self) -> None:
        """Bring the tables to this release, creating what is missing; several processes may do so at once.

        Raises `DatabaseUnreachable`, and `SchemaUnknown` when a newer release has been there.
        """
        if self.is_sqlite:
            await self._prepare_file()
        async with self.writing() as session:
            await self.lock(session, _MIGRATION)
            await (await session.connection()).run_sync(upgrade)

    async def dispose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that only reads, all of it as it was at one instant. Raises `DatabaseUnreachable`."""
        self._look_for_file()
        async with self._naming_trouble(), AsyncSession(self._reader, autoflush=False) as session:
            async with self._naming_trouble(OSError):
                await session.connection()
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that is committed at the end, or undone by what is raised in it.

        Raises `DatabaseUnreachable`.
        """
        self._look_for_file()
        # SQLite's own queue is a poll that favours whoever comes last; within one process a fair one is cheap.
        turn: AbstractAsyncContextManager[Any] = self._turn if self.is_sqlite else nullcontext()
        async with (
            turn,
            self._naming_trouble(),
            AsyncSession(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            async with self._naming_trouble(OSError):
                await session.connection()
            yield session

    async def compact(self, *tables: str) -> bool:
        """Leave nothing in the files of what was deleted from these tables; False: somebody is busy there, ask again.

        SQLite writes its whole file anew, and empties the log beside it. PostgreSQL frees the place; its own logs and
        backups hold it as long as they are kept. Raises `DatabaseUnreachable`.
        """
        if not self.is_sqlite:
            async with self._naming_trouble(), self._engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.exec_driver_sql(f"VACUUM {', '.join(tables)}")
            return True
        self._look_for_file()
        async with self._turn, self._naming_trouble(), self._engine.connect() as connection:
            await connection.execution_options(**{_BEGIN: ""})
            await connection.exec_driver_sql(f"PRAGMA busy_timeout = {_COMPACTING_WAITS}")  # everybody waits for us
            try:
                return await _compacted(connection)
            finally:
                await connection.exec_driver_sql(
                    f"PRAGMA busy_timeout = {round(self._patience.total_seconds() * 1000)}"
                )

    async def lock(self, session: AsyncSession, *names: str) -> None:
        """Keep every other transaction out that locks one of these names, until this one ends."""
        if self.is_sqlite:
            return  # whoever writes has the whole file
        for name in sorted(set(names)):
            statement = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await (await session.connection()).execute(statement, {"name": name})

    def _look_for_file(self) -> None:
        """Refuse a SQLite file that is not there: opening it makes an empty one, or fails in its driver's thread."""
        if self.is_sqlite and self._url.database and not Path(self._url.database).exists():
            because = "there is none yet (`make run`, a worker, or the first `starter.py start` makes it)"
            raise DatabaseUnreachable(self.name, because)

    async def _prepare_file(self) -> None:
        """Make the folder, and the file one with a WAL: kept in the file, and not covered by busy_timeout."""
        folder = Path(self._url.database or "").parent
        async with self._naming_trouble(OSError):
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience.total_seconds()
        while True:
            try:
                async with self._naming_trouble(), self._engine.connect() as connection:
                    await connection.execution_options(**{_BEGIN: ""})
                    await connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except DatabaseUnreachable as error:
                if not error.busy or clock() > deadline:
                    raise
                await asyncio.sleep(0.05)
            else:
                return

    @asynccontextmanager
    async def _naming_trouble(self, *more: type[Exception]) -> AsyncIterator[None]:
        """Turn what means "away" into `DatabaseUnreachable`; what the block itself did wrong stays what it is."""
        try:
            yield
        except (*_TROUBLE, *more) as error:
            if (why := _why_unreachable(error)) is None:
                raise
            raise DatabaseUnreachable(self.name, why) from None


def _with_driver(url: str) -> URL:
    parts = make_url(url)
    driver = _DRIVERS.get(parts.drivername, parts.drivername)
    if driver not in _DRIVERS.values():
        raise ValueError(f"{parts.drivername} is no database Baton knows: sqlite or postgresql")
    return parts.set(drivername=driver)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    # NORMAL: a commit survives the death of the process; only a power cut may take the last ones.
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _compacted(connection: AsyncConnection) -> bool:
    """Write a SQLite file anew and empty its log; say whether nobody was in the way."""
    try:
        await connection.exec_driver_sql("VACUUM")
        busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar_one()
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return False
        raise
    return not busy


def _begin_sqlite(connection: Connection) -> None:
    if statement := connection.get_execution_options().get(_BEGIN, "BEGIN"):
        connection.exec_driver_sql(statement)


def _why_unreachable(error: BaseException) -> str | None:
    """Say in one line why the database is away, or None when it is there and the statement was wrong."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig else error
    says = (str(original).splitlines() or [""])[0] or type(original).__name__
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return says
    if isinstance(error, PoolTimeout):
        return "every connection is in use"
    if state := getattr(original, "sqlstate", None):
        return says if str(state).startswith(_AWAY) else None
    if name := getattr(original, "sqlite_errorname", None):
        return says if str(name).startswith(_SQLITE_AWAY) else None
    return says if isinstance(original, OSError | asyncpg.InterfaceError) else None
