"""Whether all routing is stopped, and what waits: the same for every door that asks."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from db import tables
from db.choosing import Stopped
from db.switching import Queue
from runtime.store import Store

FIRST = 10
"""How many of the waiting leads are named: those that go first."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A lead that waits for somebody: anybody of `pool`, or `rep_id` alone."""

    lead_id: str
    headline: str
    points: float
    pool: str | None
    rep_id: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether routing runs, and what waits, best score first."""

    stopped: Stopped | None
    queue: Queue
    first: tuple[Waits, ...]


async def standing_in(store: Store) -> Standing:
    """Look whether routing runs, and what waits."""
    waiting, lead = tables.Waiting, tables.Lead
    asked = (
        select(waiting, lead.headline)
        .join(lead, col(lead.lead_id) == col(waiting.lead_id))
        .order_by(col(waiting.points).desc(), col(waiting.since), col(waiting.lead_id))
        .limit(FIRST)
    )
    async with store.database.reading() as session:
        rows = (await session.exec(asked)).all()
    first = [
        Waits(row.lead_id, headline, row.points, row.pool, row.rep_id, row.since, row.until) for row, headline in rows
    ]
    return Standing(await store.switching.state(), await store.switching.queue(), tuple(first))
