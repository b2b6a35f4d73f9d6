"""Reaching what a command works on: settings, database, Temporal. What cannot be reached becomes one sentence."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.service import RPCError

from cli.exits import BadInput, Unreachable
from config.settings import Settings, SettingsError, load_settings
from config.values import LogFormat, LogLevel
from db.engine import DatabaseUnreachable
from db.upgrade import SchemaUnknown
from runtime.client import TemporalUnreachable, connection
from runtime.line import Line
from runtime.logs import configure
from runtime.store import Store, open_store
from runtime.talking import asking
from runtime.talking.answers import NoSuchLead

T = TypeVar("T")

CONNECTING = timedelta(seconds=8)
"""How long Temporal may take to answer for the first time."""


def settings() -> Settings:
    """Read the settings, and send what libraries log to standard error, warnings only. Raises BadInput."""
    configure(LogFormat.CONSOLE, LogLevel.WARNING)
    try:
        return load_settings()
    except SettingsError as error:
        raise BadInput(*str(error).splitlines()) from None


def carry_out(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Raises Unreachable when what it needs is away."""
    with naming_trouble():
        return asyncio.run(work)


@contextmanager
def naming_trouble() -> Iterator[None]:
    """Turn what means that a system is away into Unreachable, and a lead that nobody knows into BadInput."""
    try:
        yield
    except NoSuchLead as error:
        raise (Unreachable if error.silent else BadInput)(str(error)) from error
    except TemporalUnreachable as error:
        raise Unreachable(asking.away(error)) from error
    except (DatabaseUnreachable, SchemaUnknown) as error:
        raise Unreachable(_sentence(str(error))) from error
    except RPCError as error:
        raise Unreachable(
            f"Temporal at {connection()['target_host']} did not do it: {error.message.rstrip('.')}."
        ) from error
    except DBAPIError as error:
        if not _lacks_tables(error):
            raise
        raise Unreachable(
            "The database has no tables of this release yet: a worker, or the first `start`, makes them."
        ) from error


@asynccontextmanager
async def store(known: Settings, *, migrate: bool = False) -> AsyncIterator[Store]:
    """Reach the database; `migrate` brings its tables to this release first (only commands that write ask for it)."""
    async with open_store(known) as opened:
        if migrate:
            await opened.database.migrate()
        yield opened


def line() -> Line:
    """Give a line to Temporal that waits for its first answer as long as people do."""
    return Line(patience=CONNECTING)


async def temporal() -> Client:
    """Connect to Temporal. Raises TemporalUnreachable, also when it does not answer for too long."""
    return await line().client()


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _lacks_tables(error: DBAPIError) -> bool:
    said, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    return state in ("42P01", "42703") or "no such table" in said or "no such column" in said
