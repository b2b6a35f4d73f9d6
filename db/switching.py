"""The switch that stops and starts all routing: while it is off the machine gives no lead to anybody.

What waits goes on waiting, visibly; people may still hand leads out. This room refuses to decide what becomes of a
lead meanwhile: whoever chooses is told with the snapshot (`db/choosing.py`).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.choosing import Stopped
from db.engine import Database
from db.ledger import ROTATION


@dataclass(frozen=True, slots=True)
class Queue:
    """How many leads wait for a place, since when the longest, and how many of them were woken and have not asked."""

    leads: int
    since: datetime | None
    woken: int


class Switching:
    """Stops and starts all routing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def stop(self, *, by: str, reason: str, at: datetime) -> Stopped:
        """Stop all routing, and say who has stopped it: whoever did so first, until it is started again."""
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            standing = await stopped(session)
            if standing is not None:
                return standing
            session.add(tables.Switch(name=tables.ROUTING, stopped_at=at, by=by, reason=reason))
            return Stopped(by, at, reason)

    async def start(self, *, by: str, at: datetime) -> int | None:
        """Start routing again and wake every waiting lead, best score first; say how many, None when it runs."""
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            row = await session.get(tables.Switch, tables.ROUTING)
            if row is None:
                return None
            await session.delete(row)
            return await waiting.wake_all(session, f"{by} has started routing again", at)

    async def state(self) -> Stopped | None:
        """Say who has stopped routing, since when and why; None while it runs."""
        async with self._db.reading() as session:
            return await stopped(session)

    async def queue(self) -> Queue:
        """Count the leads that wait."""
        table = tables.Waiting
        asked = select(func.count(), func.min(table.since), func.count(col(table.woken_at)))
        async with self._db.reading() as session:
            leads, since, woken = (await session.exec(asked)).one()
            return Queue(leads, since, woken)


async def stopped(session: AsyncSession) -> Stopped | None:
    """Say who has stopped routing, within an open transaction."""
    row = await session.get(tables.Switch, tables.ROUTING)
    return None if row is None else Stopped(row.by, row.stopped_at, row.reason)
