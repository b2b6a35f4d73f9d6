"""What a manager's digest is made of: the open leads of their teams, which are late, and which wait for them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from models.ladder import EntryKind
from models.lead import Stage

ON_A_TABLE = (Stage.TRIAGE, Stage.REVIEW)
"""Stages in which a lead waits for a person who is answerable."""


@dataclass(frozen=True, slots=True)
class Line:
    """One lead of a digest; no personal data. `seen`: somebody acknowledged what was told of it."""

    lead_id: str
    headline: str
    stage: Stage
    owner: str | None
    due_at: datetime | None
    next_step: str
    response_due_at: datetime | None
    changed_at: datetime
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """Some leads of one kind, most urgent first, and how many of that kind there are."""

    of: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TeamsStand:
    """Where somebody's teams stand. `stages` counts their open leads."""

    stages: dict[Stage, int]
    late: Heading
    waiting: Heading
    seen: int


class Digests:
    """Questions that digests ask."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def standing(self, manager_id: str, teams: Collection[str], *, most: int) -> TeamsStand:
        """Say where the teams of a manager stand, and what waits for them; `most` lines of each kind."""
        lead = tables.Lead
        on_them = col(lead.answerable) == manager_id
        theirs = (col(lead.closed_at).is_(None), or_(col(lead.team).in_(sorted(teams)), on_them))
        late = (
            *theirs,
            col(lead.breached).is_(True),
            col(lead.accepted_at).is_(None),
            col(lead.stage) != Stage.NURTURING,
        )
        mine = (col(lead.closed_at).is_(None), lead.answerable == manager_id, col(lead.stage).in_(ON_A_TABLE))
        async with self._db.reading() as session:
            asked = select(lead.stage, func.count()).where(*theirs).group_by(col(lead.stage))
            stages = {Stage(stage): number for stage, number in (await session.exec(asked)).all()}
            seen = await _seen(session, mine)
            return TeamsStand(
                stages=stages,
                late=await _heading(session, late, seen, most),
                waiting=await _heading(session, mine, seen, most),
                seen=len(seen),
            )


async def _heading(session: AsyncSession, which: tuple[Any, ...], seen: Collection[str], most: int) -> Heading:
    lead = tables.Lead
    of = (await session.exec(select(func.count()).select_from(lead).where(*which))).one()
    asked = select(lead).where(*which).order_by(col(lead.response_due_at), col(lead.received_at), col(lead.lead_id))
    rows = (await session.exec(asked.limit(most))).all()
    return Heading(of, tuple(_line(row, row.lead_id in seen) for row in rows))


async def _seen(session: AsyncSession, which: tuple[Any, ...]) -> frozenset[str]:
    lead, line = tables.Lead, tables.Timeline
    asked = select(line.lead_id).join(lead, col(lead.lead_id) == col(line.lead_id))
    asked = asked.where(*which, line.kind == EntryKind.ACKNOWLEDGED).distinct()
    return frozenset((await session.exec(asked)).all())


def _line(row: tables.Lead, seen: bool) -> Line:
    return Line(
        lead_id=row.lead_id,
        headline=row.headline,
        stage=row.stage,
        owner=row.owner,
        due_at=row.due_at,
        next_step=row.next_step,
        response_due_at=row.response_due_at,
        changed_at=row.changed_at,
        seen=seen,
    )
