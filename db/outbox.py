"""The outbox: errands that were decided inside a transaction and are run after it, at least once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, update
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.tables.words import Errand


@dataclass(frozen=True, slots=True)
class Task:
    """One errand to run now for one lead; `attempts` counts this claim too."""

    id: int
    lead_id: str
    what: Errand
    body: dict[str, Any]
    attempts: int
    created_at: datetime


class Outbox:
    """What is still to be done for leads, oldest first."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, limit: int, *, now: datetime, lease: timedelta) -> tuple[Task, ...]:
        """Take errands to run; nobody else gets them before `lease` is over."""
        asked = (
            select(tables.Outbox)
            .where(col(tables.Outbox.sent_at).is_(None), col(tables.Outbox.next_at) <= now)
            .order_by(col(tables.Outbox.next_at), col(tables.Outbox.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._db.writing() as session:
            rows = (await session.exec(asked)).all()
            for row in rows:
                row.next_at = now + lease
                row.attempts += 1
            return tuple(
                Task(row.id or 0, row.lead_id, row.what, row.body, row.attempts, row.created_at) for row in rows
            )

    async def give_back(self, task_ids: Sequence[int], *, at: datetime) -> None:
        """Let others have claimed errands from `at` on: whoever claimed them cannot run them now."""
        theirs = update(tables.Outbox).where(col(tables.Outbox.id).in_(task_ids), col(tables.Outbox.sent_at).is_(None))
        async with self._db.writing() as session:
            await session.exec(theirs.values(next_at=at))

    async def done(self, task_id: int, *, at: datetime, because: str = "") -> None:
        """Note that an errand was run, or why there is nothing left to run."""
        await self._change(task_id, sent_at=at, because=because)

    async def failed(self, task_id: int, because: str, *, retry_at: datetime) -> None:
        """Note why an errand could not be run, and when to try again."""
        await self._change(task_id, next_at=retry_at, because=because)

    async def pending(self) -> int:
        """Count the errands that are not run yet."""
        asked = select(func.count()).select_from(tables.Outbox).where(col(tables.Outbox.sent_at).is_(None))
        async with self._db.reading() as session:
            return (await session.exec(asked)).one()

    async def _change(self, task_id: int, **values: object) -> None:
        async with self._db.writing() as session:
            await session.exec(update(tables.Outbox).where(col(tables.Outbox.id) == task_id).values(**values))
