"""Opening, ending and reopening an ownership: the steps that assigning and recording are made of.

Each step keeps the three in agreement that must never disagree: who holds the lead, whose turn it was, and how many
places are free. It runs within an open transaction that holds `ROTATION`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.engine import Database
from db.ledger import Ledger
from db.refunds import give_back, refundable
from db.tables.words import End, Holds
from models.routing import Refundable


class UnknownLead(LookupError):
    """No lead has this id."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lead: by which offer, and how far it has come."""

    rep_id: str
    offer: int
    state: Holds
    offered_at: datetime
    accepted_at: datetime | None
    contacted_at: datetime | None

    @property
    def accepted(self) -> bool:
        """Say whether they have taken it."""
        return self.accepted_at is not None


@dataclass(slots=True)
class Hands:
    """The hands one lead went through, and the places that come free while it changes hands."""

    db: Database
    session: AsyncSession
    lead: tables.Lead
    at: datetime
    freed: dict[str, int] = field(default_factory=dict)

    async def open(self) -> tables.Ownership | None:
        """Give the ownership that is open."""
        return await open_ownership(self.session, self.lead.lead_id)

    async def of(self, offer: int) -> tables.Ownership | None:
        """Give the ownership of one offer, open or ended."""
        table = tables.Ownership
        asked = select(table).where(table.lead_id == self.lead.lead_id, table.offer == offer)
        return (await self.session.exec(asked)).first()

    async def last(self) -> tables.Ownership | None:
        """Give the ownership of the latest offer, open or ended."""
        table = tables.Ownership
        asked = select(table).where(table.lead_id == self.lead.lead_id).order_by(col(table.offer).desc()).limit(1)
        return (await self.session.exec(asked)).first()

    async def end(
        self, row: tables.Ownership, how: End, because: str, refund: Sequence[Refundable] | None = None
    ) -> None:
        """End an open ownership; the turn is given back if its policy said so when the offer was made.

        `refund`: as what it may be given back, the first that the policy knows; None: as what it ended.
        """
        self._count_free(row)
        row.state, row.ended, row.ended_at, row.because = Holds.ENDED, how, self.at, because
        await self.session.flush()  # before another may open: the database allows one
        why = refundable(how) if refund is None else refund
        await give_back(self.db, self.session, row, why, because, self.at)

    async def turned_out_bad(self, because: str) -> bool:
        """Give the last one who was offered the lead their turn back, because it was none; say whether that was done.

        Only if the policy of the offer gives back `bad` ones, within its limit, and never twice.
        """
        row = await self.last()
        if row is None:
            return False
        return await give_back(self.db, self.session, row, [Refundable.BAD], because, self.at)

    async def was_not_bad(self, because: str) -> None:
        """Charge the last one who was offered the lead again for the turn they were given back because it was bad."""
        row = await self.last()
        if row is None or row.refunded is not Refundable.BAD:
            return
        row.refunded, row.refunded_at = None, None
        await self.session.flush()
        await Ledger(self.db, self.session, row.lead_id, row.offer).retake(because, self.at)

    async def stand_again(self, row: tables.Ownership, because: str) -> None:
        """Reopen an ownership that was ended too early; its turn counts again."""
        row.state, row.ended, row.ended_at, row.because = Holds.OFFERED, None, None, because
        row.refunded, row.refunded_at = None, None
        await self.session.flush()
        await Ledger(self.db, self.session, row.lead_id, row.offer).retake(because, self.at)

    def accepted(self, row: tables.Ownership, accepted_at: datetime | None, contacted_at: datetime | None) -> None:
        """Note how far an open ownership has come; contact frees the place, undoing an acceptance does not."""
        if contacted_at is not None and row.contacted_at is None:
            self._count_free(row)
        row.accepted_at, row.contacted_at = accepted_at, contacted_at
        row.state = Holds.CONTACTED if contacted_at else Holds.ACCEPTED if accepted_at else Holds.OFFERED

    async def stop_waiting(self) -> None:
        """Let the lead wait no longer; a place it was woken for and has not asked for is the next one's."""
        rep_id = await waiting.leave(self.session, self.lead.lead_id)
        if rep_id is not None:
            self.freed[rep_id] = self.freed.get(rep_id, 0) + 1

    async def wake_the_waiting(self, because: str) -> None:
        """Tell waiting leads of the places that came free."""
        if self.freed:
            await waiting.wake(self.session, self.freed, because, self.at)

    def _count_free(self, row: tables.Ownership) -> None:
        if row.ended_at is None and row.contacted_at is None:
            self.freed[row.rep_id] = self.freed.get(row.rep_id, 0) + 1


async def open_ownership(session: AsyncSession, lead_id: str) -> tables.Ownership | None:
    """Give the one open ownership of a lead."""
    table = tables.Ownership
    asked = select(table).where(table.lead_id == lead_id, col(table.ended_at).is_(None))
    return (await session.exec(asked)).first()


async def lead_for_change(session: AsyncSession, lead_id: str) -> tables.Lead:
    """Give a lead that nobody else changes until the transaction ends. Raises `UnknownLead`."""
    lead = await session.get(tables.Lead, lead_id, with_for_update=True)
    if lead is None:
        raise UnknownLead(f"there is no lead {lead_id}")
    return lead


def holder_of(row: tables.Ownership | None) -> Holder | None:
    """Say who holds a lead by this ownership."""
    if row is None:
        return None
    return Holder(row.rep_id, row.offer, row.state, row.offered_at, row.accepted_at, row.contacted_at)
