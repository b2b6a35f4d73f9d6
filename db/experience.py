"""What became of leads, each as it was known when somebody got it: what a score learns from (R38).

Read page by page, so that a hundred thousand leads are never in memory at once as rows.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.evidence import known_at
from models.facts import LeadFacts
from models.lead import Touch
from models.outcome import CONVERTED
from policy.learning.features import as_it_was

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Case:
    """One lead with an outcome: what was known of it `at` the instant that somebody got it, and how it ended."""

    facts: LeadFacts
    touches: tuple[Touch, ...]
    at: datetime
    converted: bool


async def cases(db: Database, *, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[Case]:
    """Give every lead whose outcome is known and that was received within these bounds, in the order of their ids."""
    after = ""
    while True:
        async with db.reading() as session:
            leads = await _leads(session, after, since, until)
            ids = [lead.lead_id for lead in leads]
            said, touched = await _said(session, ids), await _touches(session, ids)
        for lead in leads:
            outcome = said[lead.lead_id]
            then, touches = known_at(lead, outcome.at), tuple(touched.get(lead.lead_id, ()))
            facts = as_it_was(LeadFacts.model_validate(lead.facts), touches, then)
            seen = tuple(touch for touch in touches if touch.at <= then)
            yield Case(facts, seen, then, outcome.result in CONVERTED)
        if len(leads) < _PAGE:
            return
        after = ids[-1]


@dataclass(frozen=True, slots=True)
class Told:
    """How likely a model called a lead at its first judgement, the points it had then, and what became of it."""

    likelihood: float
    points: float
    converted: bool


async def told(db: Database, version: str) -> list[Told]:
    """Give what a model said of leads whose outcome is known by now, in the order in which it said so."""
    table, said = tables.Likelihood, tables.Outcome
    newest = select(func.max(said.id)).group_by(col(said.lead_id))
    asked = (
        select(table.likelihood, table.points, said.result)
        .join(said, col(said.lead_id) == col(table.lead_id))
        .where(table.version == version, col(said.id).in_(newest))
        .order_by(col(table.at), col(table.lead_id))
    )
    async with db.reading() as session:
        rows = (await session.exec(asked)).all()
    return [Told(likelihood, points, result in CONVERTED) for likelihood, points, result in rows]


async def _leads(session: AsyncSession, after: str, since: datetime | None, until: datetime | None) -> Sequence[Any]:
    lead, said = tables.Lead, tables.Outcome
    has_outcome = select(said.id).where(said.lead_id == col(lead.lead_id)).exists()
    columns: list[Any] = [
        *(lead.lead_id, lead.facts, lead.received_at),
        *(lead.first_offered_at, lead.contacted_at, lead.closed_at),
    ]
    asked = select_columns(*columns).where(col(lead.lead_id) > after, has_outcome, col(lead.facts).is_not(None))
    if since is not None:
        asked = asked.where(col(lead.received_at) >= since)
    if until is not None:
        asked = asked.where(col(lead.received_at) < until)
    connection = await session.connection()
    return (await connection.execute(asked.order_by(col(lead.lead_id)).limit(_PAGE))).all()


async def _said(session: AsyncSession, ids: Collection[str]) -> dict[str, tables.Outcome]:
    table = tables.Outcome
    newest = select(func.max(table.id)).where(col(table.lead_id).in_(ids)).group_by(col(table.lead_id))
    rows = (await session.exec(select(table).where(col(table.id).in_(newest)))).all()
    return {row.lead_id: row for row in rows}


async def _touches(session: AsyncSession, ids: Collection[str]) -> dict[str, list[Touch]]:
    table = tables.Touched
    asked = select(table).where(col(table.lead_id).in_(ids)).order_by(col(table.lead_id), col(table.n))
    found: dict[str, list[Touch]] = {}
    for row in (await session.exec(asked)).all():
        found.setdefault(row.lead_id, []).append(Touch(kind=row.kind, at=row.at, properties=row.properties))
    return found
