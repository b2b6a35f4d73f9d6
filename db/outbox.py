"""The outbox: errands that were decided inside a transaction and are run after it, at least once."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, not_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.inbox import Arrival, put_in
from db.tables.words import Errand, Intake
from models.door import Urgency

TOLD = frozenset({Errand.WAKE, Errand.RECONSIDER, Errand.HANDOVER, Errand.SAY})
"""Errands that tell a lead's workflow something: the dispatcher's. The others are chores'."""


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

    @property
    def database(self) -> Database:
        """The database that it is in."""
        return self._db

    async def claim(
        self, limit: int, *, now: datetime, lease: timedelta, what: Collection[Errand] = TOLD
    ) -> tuple[Task, ...]:
        """Take errands of these kinds to run; nobody else gets them before `lease` is over.

        What is said to a lead that is not started yet waits for that: however much there is, it holds up no other.
        """
        table, inbox = tables.Outbox, tables.Inbox
        not_started = exists().where(col(inbox.lead_id) == col(table.lead_id), col(inbox.state) == Intake.WAITING)
        asked = (
            select(table)
            .where(col(table.sent_at).is_(None), col(table.next_at) <= now, col(table.what).in_(sorted(what)))
            .where(not_(and_(col(table.what) == Errand.SAY, not_started)))
            .order_by(col(table.next_at), col(table.id))
            .limit(limit)
            .with_for_update(skip_locked=True, of=table)
        )
        async with self._db.writing() as session:
            rows = (await session.exec(asked)).all()
            for row in rows:
                row.next_at = now + lease
                row.attempts += 1
            return tuple(
                Task(row.id or 0, row.lead_id, row.what, row.body, row.attempts, row.created_at) for row in rows
            )

    async def say(self, lead_id: str, name: str, message: Mapping[str, Any], *, at: datetime) -> None:
        """Keep what is to be said to a lead; the same once more, while it waits, changes nothing."""
        async with self._db.writing() as session:
            await self._db.lock(session, f"said:{lead_id}")
            await keep_saying(session, lead_id, name, message, at=at)

    async def awaits_start(self, lead_id: str) -> bool:
        """Say whether a lead is acknowledged and its workflow not started yet."""
        asked = select(tables.Inbox.id).where(
            tables.Inbox.lead_id == lead_id, col(tables.Inbox.state) == Intake.WAITING
        )
        async with self._db.reading() as session:
            return (await session.exec(asked)).first() is not None

    async def let_in_alone(self, task: Task, *, at: datetime) -> str | None:
        """Make what was folded into a lead that ended before it heard of it a lead of its own; give that one's id.

        The errand is done with it, in one transaction. None for an errand that tells of no arrival, or whose arrival
        was erased or let in before.
        """
        if (came_id := task.body.get("came")) is None:
            return None
        async with self._db.writing() as session:
            if (came := await session.get(tables.Came, came_id, with_for_update=True)) is None:
                return None
            arrival = Arrival(
                str(json.loads(came.raw)["lead_id"]),
                came.raw,
                source=came.source,
                urgency=int(task.body.get("urgency", Urgency.MEDIUM)),
                content=came.content,
            )
            (receipt,) = await put_in(self._db, session, [arrival], at=at, next_at=at)
            if not receipt.own:  # its sender chose an id that has become another's meanwhile
                arrival = _renamed(arrival, f"{arrival.lead_id[:40]}-{came.id}")
                await put_in(self._db, session, [arrival], at=at, next_at=at)
            await session.delete(came)  # the inbox has it now: whoever erases that lead erases all of it
            because = f"it had ended: what came is the lead {arrival.lead_id}"
            done = update(tables.Outbox).where(col(tables.Outbox.id) == task.id)
            await session.exec(done.values(sent_at=at, because=because))
            return arrival.lead_id

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


def _renamed(arrival: Arrival, lead_id: str) -> Arrival:
    return replace(arrival, lead_id=lead_id, raw=json.dumps({**json.loads(arrival.raw), "lead_id": lead_id}))


async def keep_saying(
    session: AsyncSession,
    lead_id: str,
    name: str,
    message: Mapping[str, Any],
    *,
    at: datetime,
    of: datetime | None = None,
) -> None:
    """Keep, in a transaction of the caller's, what is to be said to a lead; what waits already is kept once.

    `of`: when that happened elsewhere which is said, for whoever tells an older word from a newer one.
    """
    table, body = tables.Outbox, {"name": name, "message": dict(message)}
    if of is not None:
        body["of"] = of.isoformat()
    waiting = select(table).where(table.lead_id == lead_id, table.what == Errand.SAY, col(table.sent_at).is_(None))
    if not any(row.body == body for row in (await session.exec(waiting)).all()):
        session.add(table(lead_id=lead_id, what=Errand.SAY, body=body, created_at=at, next_at=at))
