"""What became of leads, each as it was known when somebody got it: what a score learns from (R38).

Read page by page, so that a hundred thousand leads are never in memory at once as rows.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks
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


def known_at(lead: Any, outcome_at: datetime) -> datetime:
    """Say as of when a lead counts: as it was when somebody got it first, for whoever is judged is judged before that.

    A lead that nobody ever got counts as of its outcome. `lead` is a row with those instants.
    """
    moments = (lead.first_offered_at, lead.contacted_at, lead.closed_at, outcome_at)
    then: datetime = max(lead.received_at, min(one for one in moments if one is not None))
    return then


async def cases(db: Database, *, since: datetime | None = None, until: datetime | None = None) -> AsyncIterator[Case]:
    """Give every lead whose outcome is known and that was received within these bounds, in the order of their ids."""
    received = col(tables.Lead.received_at)
    bounds = [*([received >= since] if since else []), *([received < until] if until else [])]
    after = ""
    while True:
        async with db.reading() as session:
            found = await page(session, after, *bounds)
        for case in found:
            yield case
        if len(found) < _PAGE:
            return
        after = found[-1].facts.lead_id


async def cases_of(db: Database, lead_ids: Collection[str]) -> AsyncIterator[Case]:
    """Give those of these leads whose outcome is known."""
    for some in chunks(sorted(lead_ids), _PAGE):
        async with db.reading() as session:
            found = await page(session, "", col(tables.Lead.lead_id).in_(some))
        for case in found:
            yield case


async def page(session: AsyncSession, after: str, *where: ColumnElement[bool], size: int = _PAGE) -> list[Case]:
    """Give as many leads whose outcome is known and whose id comes after this one, in the order of their ids.

    Only the columns that are needed are read: of a hundred thousand leads each counts.
    """
    lead, said = tables.Lead, tables.Outcome
    other = aliased(said)
    newest = select(func.max(other.id)).where(col(other.lead_id) == col(lead.lead_id)).scalar_subquery()
    moments = (lead.received_at, lead.first_offered_at, lead.contacted_at, lead.closed_at)
    columns: list[Any] = [lead.lead_id, lead.facts, *moments, col(said.result), col(said.at).label("said_at")]
    asked = (
        select_columns(*columns)
        .join(said, col(said.id) == newest)
        .where(col(lead.lead_id) > after, col(lead.facts).is_not(None), *where)
        .order_by(col(lead.lead_id))
        .limit(size)
    )
    connection = await session.connection()
    rows = (await connection.execute(asked)).all()
    touched = await touches_of(session, [row.lead_id for row in rows])
    return [_case(row, touched.get(row.lead_id, [])) for row in rows]


def _case(row: Any, touches: Sequence[Touch]) -> Case:
    then = known_at(row, row.said_at)
    facts = as_it_was(LeadFacts.model_validate(row.facts), touches, then)
    return Case(facts, tuple(touch for touch in touches if touch.at <= then), then, row.result in CONVERTED)


async def touches_of(session: AsyncSession, lead_ids: Collection[str]) -> dict[str, list[Touch]]:
    """Give what each of these leads did, in that order."""
    table = tables.Touched
    columns: list[Any] = [table.lead_id, table.kind, table.at, table.properties]
    asked = select_columns(*columns).where(col(table.lead_id).in_(lead_ids))
    connection = await session.connection()
    found: dict[str, list[Touch]] = {}
    for lead_id, kind, at, properties in await connection.execute(asked.order_by(col(table.lead_id), col(table.n))):
        found.setdefault(lead_id, []).append(Touch(kind=kind, at=at, properties=properties))
    return found


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
