"""Where leads that are being handed over stand now, lead by lead: with whom, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import load_only
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks
from db.tables.words import DecisionKind
from models.lead import ENDED, Stage


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one lead stands: with `owner`, and the sentence that says why.

    `settled` once it has moved, or it is known that it does not.
    """

    lead_id: str
    headline: str
    stage: Stage
    owner: str | None
    settled: bool
    because: str


async def whereabouts(db: Database, errands: Collection[int]) -> tuple[Whereabouts, ...]:
    """Say where the leads of these hand-over errands stand now, in the errands' order."""
    found: list[Whereabouts] = []
    async with db.reading() as session:
        for piece in chunks(sorted(errands)):
            found += await _of(session, piece)
    return tuple(found)


_NEEDED = [getattr(tables.Lead, name) for name in ("lead_id", "headline", "stage")]


async def _of(session: AsyncSession, errands: Collection[int]) -> list[Whereabouts]:
    outbox, lead, ownership = tables.Outbox, tables.Lead, tables.Ownership
    asked = (
        select(outbox, lead, ownership.rep_id)
        .join(lead, col(lead.lead_id) == col(outbox.lead_id))
        .outerjoin(ownership, (col(ownership.lead_id) == col(outbox.lead_id)) & col(ownership.ended_at).is_(None))
        .where(col(outbox.id).in_(errands))
        .order_by(col(outbox.id))
        .options(load_only(*_NEEDED))
    )
    rows = (await session.exec(asked)).all()
    if not rows:
        return []
    since = min(errand.created_at for errand, *_ in rows)
    decided = await _decided(session, [errand.lead_id for errand, *_ in rows], since)
    return [
        Whereabouts(errand.lead_id, about.headline, about.stage, owner, *_told(errand, about.stage, owner, decided))
        for errand, about, owner in rows
    ]


async def _decided(
    session: AsyncSession, leads: Collection[str], since: datetime
) -> Mapping[str, tuple[datetime, Mapping[str, Any]]]:
    """Give the latest decision of who gets each lead since an instant."""
    table = tables.Decision
    asked = select(table.lead_id, table.at, table.body).where(
        col(table.lead_id).in_(leads), table.kind == DecisionKind.ASSIGN, col(table.at) >= since
    )
    rows = (await session.exec(asked.order_by(col(table.at), col(table.id)))).all()
    return {lead_id: (at, body) for lead_id, at, body in rows}


def _told(
    errand: tables.Outbox,
    stage: Stage,
    owner: str | None,
    decided: Mapping[str, tuple[datetime, Mapping[str, Any]]],
) -> tuple[bool, str]:
    """Say whether it is settled where a lead goes, and why it is where it is."""
    leaver = errand.body["from"]
    at, body = decided.get(errand.lead_id, (None, {}))
    says = str(body.get("sentence") or body.get("because") or "")
    if owner is not None and owner != leaver:
        return True, says or f"{owner} has it"
    if stage in ENDED:
        kept = f"; {leaver} keeps it: hand over again" if owner == leaver else ""
        return True, f"it was {stage} meanwhile{kept}"
    if at is not None and at >= errand.created_at:
        return True, says
    if errand.sent_at is None:
        return False, f"its workflow is still to be told{f' ({errand.because})' if errand.because else ''}"
    if errand.because:
        return True, errand.because
    return False, "its workflow has been told and has not answered yet"
