"""What people's messages were answered under their sender's keys, so that a repeat gets the first answer.

A row is there from the first try on, until it is so old that nobody asks again; its answer is final once it holds a
verdict. This room refuses to know verdicts.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, tuple_, update
from sqlmodel import col, select

from db import tables
from db.door import Asked, KeyReused
from db.engine import Database

_FINAL = "verdict"
"""The field that a final answer has."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered under which key."""

    db: Database

    async def first(self, asked: Asked, lead_id: str, *, at: datetime) -> dict[str, Any] | None:
        """Give the answer with a verdict that this key got before; None where there is none yet. Raises `KeyReused`."""
        async with self.db.writing() as session:
            await self.db.lock(session, f"baton: asked {asked.scope} {asked.key}")
            row = await session.get(tables.Idempotency, (asked.scope, asked.key))
            if row is None:
                begun = {"lead_id": lead_id}
                session.add(
                    tables.Idempotency(scope=asked.scope, key=asked.key, content=asked.content, answer=begun, at=at)
                )
                return None
            if row.content != asked.content:
                raise KeyReused(asked.key)
            return row.answer if row.answer and _FINAL in row.answer else None

    async def forget(self, before: datetime, limit: int) -> int:
        """Forget the oldest answers that were given before an instant, to leads and imports, too; say how many."""
        table = tables.Idempotency
        old = select(table.scope, table.key).where(col(table.at) < before).order_by(col(table.at)).limit(limit)
        async with self.db.writing() as session:
            found = (await session.exec(old)).all()
            if found:
                await session.exec(delete(table).where(tuple_(col(table.scope), col(table.key)).in_(found)))
        return len(found)

    async def keep(self, asked: Asked, answer: dict[str, Any]) -> None:
        """Keep an answer (it names the lead, and holds a `verdict`) for repeats."""
        table = tables.Idempotency
        known = update(table).where(col(table.scope) == asked.scope, col(table.key) == asked.key)
        async with self.db.writing() as session:
            await session.exec(known.values(answer=answer))
