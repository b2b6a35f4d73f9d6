"""Leads of the past as they are known now, with what their prospects did and when: what simulations replay.

It only reads, page by page, so that no transaction stays open while a page is worked on.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from models.facts import LeadFacts
from models.lead import Touch

PAGE = 500
"""Leads read in one transaction."""


@dataclass(frozen=True, slots=True)
class PastLead:
    """What is known of a lead, and everything that its prospect did since it came in."""

    facts: LeadFacts
    touches: tuple[Touch, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many leads a span of time holds, those that were folded into others, and those that could not be read."""

    leads: int
    folded: int
    unread: int


class History:
    """Every lead that was let in, by the time at which it was received."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def extent(self, since: datetime, until: datetime) -> Extent:
        """Count the leads received from `since` on and before `until`."""
        table = tables.Lead
        asked = select(func.count(), func.count(col(table.folded_into))).where(*_within(since, until))
        readable = select(func.count()).where(*_within(since, until), *_readable())
        async with self._db.reading() as session:
            every, folded = (await session.exec(asked)).one()
            leads = (await session.exec(readable)).one()
        return Extent(leads, folded, every - folded - leads)

    async def pages(self, since: datetime, until: datetime) -> AsyncIterator[tuple[PastLead, ...]]:
        """Give the leads that could be read and were not folded, in the order in which they were received."""
        table = tables.Lead
        place = (col(table.received_at), col(table.lead_id))
        asked = select(table.received_at, table.lead_id, table.facts).where(*_within(since, until), *_readable())
        last: tuple[datetime, str] | None = None
        while True:
            page = asked if last is None else asked.where(tuple_(*place) > last)
            async with self._db.reading() as session:
                rows = (await session.exec(page.order_by(*place).limit(PAGE))).all()
                touches = await _touches(session, [row[1] for row in rows])
            if not rows:
                return
            last = (rows[-1][0], rows[-1][1])
            yield tuple(PastLead(LeadFacts.model_validate(raw), tuple(touches[lead_id])) for _, lead_id, raw in rows)


def _within(since: datetime, until: datetime) -> list[ColumnElement[bool]]:
    received_at = col(tables.Lead.received_at)
    return [received_at >= since, received_at < until]


def _readable() -> list[ColumnElement[bool]]:
    return [col(tables.Lead.folded_into).is_(None), col(tables.Lead.facts).is_not(None)]


async def _touches(session: AsyncSession, lead_ids: Sequence[str]) -> dict[str, list[Touch]]:
    table = tables.Touched
    asked = select(table).where(col(table.lead_id).in_(lead_ids)).order_by(col(table.lead_id), col(table.n))
    found: dict[str, list[Touch]] = defaultdict(list)
    for row in (await session.exec(asked)).all():
        found[row.lead_id].append(Touch(kind=row.kind, at=row.at, properties=row.properties))
    return found
