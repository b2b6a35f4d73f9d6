"""Decisions with their reasons, kept so that each can be told from stored data alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.tables.words import DecisionKind
from models.decisions import Assignment

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision: which kind, under which policy version, when, and whole."""

    kind: DecisionKind
    offer: int | None
    policy: str
    at: datetime
    body: dict[str, Any]


class Decisions:
    """What was decided about each lead."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, lead_id: str) -> tuple[Decided, ...]:
        """List a lead's decisions, oldest first."""
        asked = select(tables.Decision).where(tables.Decision.lead_id == lead_id)
        async with self._db.reading() as session:
            rows = (await session.exec(asked.order_by(col(tables.Decision.at), col(tables.Decision.id)))).all()
            return tuple(Decided(row.kind, row.offer, row.policy, row.at, row.body) for row in rows)

    async def assignment(self, lead_id: str) -> Assignment | None:
        """Give a lead's latest routing decision, with its trace."""
        asked = (
            select(tables.Decision)
            .where(tables.Decision.lead_id == lead_id, tables.Decision.kind == DecisionKind.ASSIGN)
            .order_by(col(tables.Decision.at).desc(), col(tables.Decision.id).desc())
            .limit(1)
        )
        async with self._db.reading() as session:
            row = (await session.exec(asked)).first()
            return None if row is None else _ASSIGNMENT.validate_python(row.body)


async def write_decision(db: Database, session: AsyncSession, **values: Any) -> None:
    """Add a decision; the same one again (a retry) is not added twice."""
    row = insert_into(db, tables.Decision, values)
    await session.exec(row.on_conflict_do_nothing(index_elements=["lead_id", "kind", "at"]))
