"""Which leads are to be measured: those that changed since, by four ways that miss nothing between them.

What `changed`; what changed `late`, under an instant that had been passed; what was `said` to have become of a lead;
and a slow `walk` over all of them, for what the others missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_, tuple_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from models.lead import Stage
from policy.insight.buckets import EDITION

_BEGINNING = datetime.fromisoformat("0001-01-02T00:00:00+00:00")
_OVERLAP = timedelta(minutes=15)
"""So far back it is looked again for changes that were written down late."""

_SAID_AGAIN = 200
"""So many outcomes are looked at again: a number that was given out first may be written down last."""

_LEAD, _MEASURE, _SAID = tables.Lead, tables.LeadMeasure, tables.Outcome


class Way(StrEnum):
    """How leads to measure are found."""

    CHANGED = "changed"
    LATE = "late"
    SAID = "said"
    WALK = "walk"


@dataclass(frozen=True, slots=True)
class Found:
    """Leads to look at, and where their way goes on."""

    lead_ids: Sequence[str]
    at: datetime
    lead_id: str = ""
    number: int = 0
    more: bool = False


async def until_of(session: AsyncSession, name: str) -> tables.MeasuredUntil:
    """Say how far a way has come."""
    asked = select(tables.MeasuredUntil).where(tables.MeasuredUntil.name == name)
    return (await session.exec(asked)).first() or tables.MeasuredUntil(name=name, at=_BEGINNING)


async def behind_of(session: AsyncSession) -> tuple[datetime | None, int]:
    """Say up to which change leads are measured (None: not begun), and how many changed since."""
    until = await until_of(session, f"{Way.CHANGED}-{EDITION}")
    place = (col(_LEAD.changed_at), col(_LEAD.lead_id))
    since = select(func.count()).select_from(_LEAD).where(tuple_(*place) > (until.at, until.lead_id))
    behind = (await session.exec(since)).one()
    return (None if until.at == _BEGINNING else until.at), behind


async def fresh_of(session: AsyncSession) -> tuple[datetime | None, datetime | None]:
    """Say up to which change leads are measured (None: not begun), and the first change that is not (None: all are)."""
    until = await until_of(session, f"{Way.CHANGED}-{EDITION}")
    place = (col(_LEAD.changed_at), col(_LEAD.lead_id))
    since = select(place[0]).where(tuple_(*place) > (until.at, until.lead_id)).order_by(*place).limit(1)
    return (None if until.at == _BEGINNING else until.at), (await session.exec(since)).first()


async def _changed(session: AsyncSession, until: tables.MeasuredUntil, at: datetime, limit: int) -> Found:
    place = (col(_LEAD.changed_at), col(_LEAD.lead_id))
    asked = select(*place).where(tuple_(*place) > (until.at, until.lead_id), place[0] <= at)
    rows = (await session.exec(asked.order_by(*place).limit(limit))).all()
    last_at, last = rows[-1] if rows else (until.at, until.lead_id)
    return Found([one for _, one in rows], last_at, last, more=len(rows) == limit)


async def _late(session: AsyncSession, _place: tables.MeasuredUntil, at: datetime, limit: int) -> Found:
    reached = await until_of(session, f"{Way.CHANGED}-{EDITION}")
    since = max(reached.at, _BEGINNING + _OVERLAP) - _OVERLAP
    within = (col(_LEAD.changed_at) > since, col(_LEAD.changed_at) <= reached.at)
    return Found(await _stale(session, within, limit), at)


async def _said(session: AsyncSession, until: tables.MeasuredUntil, at: datetime, limit: int) -> Found:
    asked = (
        select(_SAID.id, _SAID.lead_id)
        .join(_MEASURE, col(_MEASURE.lead_id) == col(_SAID.lead_id))
        .where(col(_SAID.id) > until.rows - _SAID_AGAIN, col(_MEASURE.outcome_id) < col(_SAID.id))
        .order_by(col(_SAID.id))
        .limit(limit)
    )
    rows = (await session.exec(asked)).all()
    newest = (await session.exec(select(func.max(_SAID.id)))).one() or 0
    number = max((number or 0 for number, _ in rows), default=0) if len(rows) == limit else newest
    return Found(sorted({lead_id for _, lead_id in rows}), at, number=number, more=len(rows) == limit)


async def _walk(session: AsyncSession, until: tables.MeasuredUntil, at: datetime, limit: int) -> Found:
    asked = select(_LEAD.lead_id).where(col(_LEAD.lead_id) > until.lead_id).order_by(col(_LEAD.lead_id)).limit(limit)
    ids = (await session.exec(asked)).all()
    if not ids:
        return Found([], at)
    within = (col(_LEAD.lead_id) > until.lead_id, col(_LEAD.lead_id) <= ids[-1])
    said = select(func.max(_SAID.id)).where(col(_SAID.lead_id) == col(_LEAD.lead_id)).scalar_subquery()
    missed = func.coalesce(said, 0) != col(_MEASURE.outcome_id)
    return Found(await _stale(session, within, limit, missed), at, ids[-1] if len(ids) == limit else "")


async def _stale(
    session: AsyncSession, within: Sequence[ColumnElement[bool]], limit: int, *missed: ColumnElement[bool]
) -> Sequence[str]:
    """Find leads whose row is not of what they are now, and rows of leads that count no longer."""
    counts = and_(col(_LEAD.stage) != Stage.ERASED, col(_LEAD.folded_into).is_(None))
    known = col(_MEASURE.lead_id)
    other = or_(known.is_(None), col(_MEASURE.changed_at) != col(_LEAD.changed_at), *missed)
    asked = (
        select(_LEAD.lead_id)
        .join(_MEASURE, known == col(_LEAD.lead_id), isouter=True)
        .where(*within, or_(and_(counts, other), and_(~counts, known.is_not(None))))
        .order_by(col(_LEAD.changed_at), col(_LEAD.lead_id))
        .limit(limit)
    )
    return (await session.exec(asked)).all()


FINDS = {Way.CHANGED: _changed, Way.LATE: _late, Way.SAID: _said, Way.WALK: _walk}
