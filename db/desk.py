"""What lies on one person's desk: leads they are asked about, have taken, are in contact with, and had of late.

No personal data of prospects. It reads, and refuses to judge what is due first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.digests import ON_A_TABLE
from db.engine import Database
from db.leads import LeadCard
from db.tables.words import End, Holds, Origin
from models.lead import Stage

_OFFER, _LEAD = tables.Ownership, tables.Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDesk:
    """One offer of one lead to somebody. `sla`: by which class's ladder; `because`: how it ended, if it did.

    `sentence`: why to them.
    """

    card: LeadCard
    rep_id: str
    offer: int
    state: Holds
    offered_at: datetime
    accepted_at: datetime | None
    contacted_at: datetime | None
    ended: End | None
    ended_at: datetime | None
    because: str
    given_back: bool
    sentence: str
    sla: str

    @property
    def lead_id(self) -> str:
        """Give the lead's id."""
        return self.card.lead_id


@dataclass(frozen=True, slots=True)
class Waits:
    """One lead that waits for a person who answers for it."""

    lead_id: str
    headline: str
    stage: Stage
    next_step: str
    due_at: datetime | None
    response_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One offer that was made to somebody: when, when they took it, and when the lead's promise was due."""

    offered_at: datetime
    accepted_at: datetime | None
    ended: End | None
    ended_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Away:
    """One absence as it was written; one that the roster file says (`of_file`) is changed there."""

    starts: str
    ends: str
    reason: str
    of_file: bool


@dataclass(frozen=True, slots=True)
class InHand:
    """What somebody has open: offered, taken and not contacted, and of these late: their promise is broken."""

    offered: int = 0
    taken: int = 0
    late: int = 0


class Desks:
    """Everybody's desk."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def in_hand(self, rep_id: str, *, most: int) -> tuple[OnDesk, ...]:
        """List what somebody is asked about or has taken and not contacted, what is due first first."""
        which = (col(_OFFER.ended_at).is_(None), col(_OFFER.contacted_at).is_(None))
        return await self._list(rep_id, which, (col(_LEAD.due_at).is_(None), col(_LEAD.due_at), col(_OFFER.id)), most)

    async def in_contact(self, rep_id: str, *, most: int) -> tuple[OnDesk, ...]:
        """List the leads that somebody is in contact with, the last contact first."""
        which = (col(_OFFER.ended_at).is_(None), col(_OFFER.contacted_at).is_not(None))
        return await self._list(rep_id, which, (col(_OFFER.contacted_at).desc(), col(_OFFER.id)), most)

    async def had(self, rep_id: str, since: datetime, *, most: int) -> tuple[OnDesk, ...]:
        """List the offers to somebody that ended since, the last first."""
        which = (col(_OFFER.offered_at) >= since, col(_OFFER.ended_at).is_not(None))
        return await self._list(rep_id, which, (col(_OFFER.offered_at).desc(), col(_OFFER.id).desc()), most)

    async def waiting_for(self, person_id: str, *, most: int) -> tuple[Waits, ...]:
        """List the leads in triage and review that wait for somebody, what was promised first first."""
        asked = (
            select(_LEAD)
            .where(col(_LEAD.closed_at).is_(None), _LEAD.answerable == person_id, col(_LEAD.stage).in_(ON_A_TABLE))
            .order_by(col(_LEAD.response_due_at).is_(None), col(_LEAD.response_due_at), col(_LEAD.lead_id))
            .limit(most)
        )
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
        return tuple(
            Waits(row.lead_id, row.headline, row.stage, row.next_step, row.due_at, row.response_due_at) for row in rows
        )

    async def was_asked(self, rep_id: str, lead_id: str) -> bool:
        """Say whether somebody was ever asked to take a lead, or has it."""
        asked = select(_OFFER.id).where(_OFFER.lead_id == lead_id, _OFFER.rep_id == rep_id).limit(1)
        async with self._db.reading() as session:
            return (await session.exec(asked)).first() is not None

    async def away(self, rep_id: str) -> tuple[Away, ...]:
        """List every absence of somebody, as it was written, by its start."""
        table = tables.TimeOffRow
        asked = select(table).where(table.rep_id == rep_id).order_by(col(table.starts), col(table.id))
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
        return tuple(Away(row.starts, row.ends, row.reason, row.origin is Origin.FILE) for row in rows)

    async def answered(self, rep_id: str, since: datetime, *, most: int) -> tuple[Answered, ...]:
        """List what became of the offers that routing made to somebody since, the last first."""
        columns: tuple[Any, ...] = (
            _OFFER.offered_at, _OFFER.accepted_at, _OFFER.ended, _OFFER.ended_at, _LEAD.response_due_at,
        )  # fmt: skip
        asked = (
            select(*columns)
            .join(_LEAD, col(_LEAD.lead_id) == col(_OFFER.lead_id))
            .where(_OFFER.rep_id == rep_id, col(_OFFER.offered_at) >= since, col(_OFFER.by).is_(None))
            .order_by(col(_OFFER.offered_at).desc())
            .limit(most)
        )
        async with self._db.reading() as session:
            return tuple(Answered(*row) for row in (await session.exec(asked)).all())

    async def hands(self, reps: Collection[str]) -> dict[str, InHand]:
        """Count what each of these people has open; who has nothing is left out."""
        open_still = (col(_OFFER.ended_at).is_(None), col(_OFFER.contacted_at).is_(None))
        asked = (
            select(
                _OFFER.rep_id,
                _sum(col(_OFFER.accepted_at).is_(None)),
                _sum(col(_OFFER.accepted_at).is_not(None)),
                _sum(col(_LEAD.breached).is_(True)),
            )
            .join(_LEAD, col(_LEAD.lead_id) == col(_OFFER.lead_id))
            .where(*open_still, col(_OFFER.rep_id).in_(sorted(reps)))
            .group_by(col(_OFFER.rep_id))
        )
        async with self._db.reading() as session:
            return {rep_id: InHand(*map(int, counts)) for rep_id, *counts in (await session.exec(asked)).all()}

    async def _list(
        self, rep_id: str, which: Sequence[ColumnElement[bool]], order: Sequence[Any], most: int
    ) -> tuple[OnDesk, ...]:
        async with self._db.reading() as session:
            return await _listed(session, rep_id, which, order, most)


def _sum(which: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


async def _listed(
    session: AsyncSession, rep_id: str, which: Sequence[ColumnElement[bool]], order: Sequence[Any], most: int
) -> tuple[OnDesk, ...]:
    asked = (
        select(_OFFER, _LEAD)
        .join(_LEAD, col(_LEAD.lead_id) == col(_OFFER.lead_id))
        .where(_OFFER.rep_id == rep_id, *which)
        .order_by(*order)
        .limit(most)
    )
    return tuple(_on_desk(offer, lead) for offer, lead in (await session.exec(asked)).all())


def _on_desk(offer: tables.Ownership, lead: tables.Lead) -> OnDesk:
    made = offer.assignment or {}
    return OnDesk(
        card=LeadCard.model_validate(lead, from_attributes=True),
        rep_id=offer.rep_id,
        offer=offer.offer,
        state=offer.state,
        offered_at=offer.offered_at,
        accepted_at=offer.accepted_at,
        contacted_at=offer.contacted_at,
        ended=offer.ended,
        ended_at=offer.ended_at,
        because=offer.because,
        given_back=offer.refunded is not None,
        sentence=str(made.get("sentence", "")),
        sla=str(made.get("sla", "")),
    )
