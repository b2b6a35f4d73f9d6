"""Having enrichment providers asked beside a lead: an errand of the outbox, one of its kind at a time."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.tables.words import Errand

YOUNG = timedelta(days=1)
"""Facts that are no older are not asked for anew, whoever said them: nobody's word counts for less."""

EVERYBODY = "*"
"""Stands for all providers, where nobody came to asking any."""


async def ask_later(
    session: AsyncSession, lead_id: str, providers: Collection[str], *, at: datetime, next_at: datetime
) -> None:
    """Have these providers asked beside a lead, or for stale fields whoever knows them, in the caller's transaction."""
    table = tables.Outbox
    waiting = select(table).where(table.lead_id == lead_id, table.what == Errand.ENRICH, col(table.sent_at).is_(None))
    body = {"providers": sorted(providers)}
    if not any(row.body == body for row in (await session.exec(waiting)).all()):
        session.add(table(lead_id=lead_id, what=Errand.ENRICH, body=body, created_at=at, next_at=next_at))


async def ask_at_all(session: AsyncSession, lead: tables.Lead, at: datetime) -> None:
    """Have everybody asked about a lead that is judged without: no worker was there in its time (R43)."""
    if lead.enrichment is None:
        await ask_later(session, lead.lead_id, [EVERYBODY], at=at, next_at=at)


async def ask_anew(session: AsyncSession, lead_id: str, at: datetime) -> None:
    """Have what providers said of a lead looked at, whose person came again: what is stale is asked for anew (R43)."""
    row = await session.get(tables.Lead, lead_id)
    said = ((row.facts if row else None) or {}).get("as_of", {}).values()
    if any(datetime.fromisoformat(one) < at - YOUNG for one in said):
        await ask_later(session, lead_id, (), at=at, next_at=at)
