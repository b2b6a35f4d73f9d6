"""Where a lead stood whose workflow is gone: everything that a new one needs to go on as if nothing had happened.

The database decides who holds it, so the offer by which somebody does comes from its ownership; where on the ladder it
was comes from the last record.
"""

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.holding import open_ownership
from db.tables.words import End
from models.audit import Stood
from models.decisions import Offered

OUTSIDE_THE_LADDER = 1000
"""Messages that are not rungs of a plan have numbers above this."""

_AS_THEY_ARE = (
    "lead_id", "headline", "source", "type", "region", "stage", "policy", "backfill", "received_at", "response_due_at",
    "first_offered_at", "breached", "enrichment", "score", "answerable", "rung", "due_at", "next_step", "seq",
)  # fmt: skip


async def stood(db: Database, lead_id: str, why: str) -> Stood | None:
    """Say where a lead stands; None when no workflow has ever written that down, so that it can begin afresh."""
    async with db.reading() as session:
        lead = await session.get(tables.Lead, lead_id)
        if lead is None or lead.admission is None or lead.seq < 0:
            return None
        asked = select(tables.Ownership).where(tables.Ownership.lead_id == lead_id)
        offers = (await session.exec(asked.order_by(col(tables.Ownership.offer)))).all()
        present = await open_ownership(session, lead_id)
        return Stood(
            **{name: getattr(lead, name) for name in _AS_THEY_ARE},
            why=why,
            manners=lead.admission["manners"],
            offer=max([lead.offer, *(one.offer for one in offers)]),
            holder=present.rep_id if present else None,
            held_by=present.offer if present else None,
            offered=_offered(present),
            accepted_at=present.accepted_at if present else None,
            asked=tuple(dict.fromkeys(one.rep_id for one in offers)),
            declined=tuple(dict.fromkeys(one.rep_id for one in offers if one.ended is End.DECLINED)),
            alerts=await _alerts(session, lead_id),
            touches=await _next(session, tables.Touched, lead_id),
            told=await _next(session, tables.Timeline, lead_id),
        )


def _offered(present: tables.Ownership | None) -> Offered | None:
    """Read the offer by which somebody holds it; one that only a workflow recorded was never made here."""
    if present is None or present.assignment is None:
        return None
    return Offered.model_validate(present.assignment)


async def _alerts(session: AsyncSession, lead_id: str) -> int:
    highest = 0
    for table in (tables.Notification, tables.Alert):
        asked = select(func.max(table.rung)).where(table.lead_id == lead_id)
        highest = max(highest, (await session.exec(asked)).one() or 0)
    return max(0, highest - OUTSIDE_THE_LADDER)


async def _next(session: AsyncSession, table: Any, lead_id: str) -> int:
    highest = (await session.exec(select(func.max(table.n)).where(table.lead_id == lead_id))).one()
    return 0 if highest is None else highest + 1
