"""What a pool's ledger says of its members over a while: the lines behind `policy.shares`, and who was offered what.

It reads; only `db.ledger` adds lines.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks
from db.tables.words import Posting
from models.decisions import Offered
from policy.shares import Book, Kind, Line, Offer

LOOKED_AT = 200
"""So many decisions are read to say why somebody took no part in a turn, the latest first."""

NOT_ASKED = "not looked at for it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger as it is told. `theirs`: the offer was the member's own; `to`: whose it was.

    `headline` is empty where there is no lead; `credit` is what the line adds besides the lead itself.
    """

    id: int
    at: datetime
    pool: str
    rep_id: str
    lead_id: str
    offer: int
    headline: str
    posting: Posting
    units: int
    because: str
    to: str | None

    @property
    def theirs(self) -> bool:
        """Say whether the lead was offered to the member whose line it is."""
        return self.to == self.rep_id


@dataclass(frozen=True, slots=True)
class PastCount:
    """How many leads a member was offered past the rotation, and how many of these a person gave them."""

    offers: int = 0
    by_hand: int = 0


class Shares:
    """Who got which part of a pool's leads, and by which lines."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def books(
        self, pool: str, reps: Collection[str], since: datetime
    ) -> tuple[Mapping[str, Book], Mapping[str, PastCount]]:
        """Give these members' books of a pool from `since` on, and what came to them past the rotation."""
        async with self._db.reading() as session:
            balances = await _balances(session, pool)
            lines = await _lines(session, pool, reps, since)
            past = await _past(session, pool, reps, since)
        books = {
            rep_id: Book(rep_id, balances.get(rep_id, 0), past.get(rep_id, PastCount()).offers, lines.get(rep_id, ()))
            for rep_id in reps
        }
        return books, {rep_id: past.get(rep_id, PastCount()) for rep_id in reps}

    async def entries(self, pool: str, rep_id: str, *, limit: int, after: int | None = None) -> tuple[Entry, ...]:
        """List a member's lines in a pool, the last first; `after` is the last id of the page before."""
        line, offer, lead = tables.Ledger, tables.Ownership, tables.Lead
        asked = (
            select(line, offer.rep_id, lead.headline)
            .outerjoin(offer, (col(offer.lead_id) == col(line.lead_id)) & (col(offer.offer) == col(line.offer)))
            .outerjoin(lead, col(lead.lead_id) == col(line.lead_id))
            .where(line.pool == pool, line.rep_id == rep_id)
            .order_by(col(line.id).desc())
            .limit(limit)
        )
        if after is not None:
            asked = asked.where(col(line.id) < after)
        async with self._db.reading() as session:
            return tuple(_entry(*row) for row in (await session.exec(asked)).all())

    async def sizes(self, entries: Sequence[Entry]) -> Mapping[Offer, int]:
        """Count who took part in the turn of each of these offers."""
        line, wanted = tables.Ledger, {(one.lead_id, one.offer) for one in entries if one.lead_id}
        found: dict[Offer, int] = {}
        async with self._db.reading() as session:
            for piece in chunks(sorted({lead_id for lead_id, _ in wanted})):
                asked = (
                    select(line.lead_id, line.offer, func.count())
                    .where(col(line.lead_id).in_(piece), line.posting == Posting.TURN)
                    .group_by(col(line.lead_id), col(line.offer))
                )
                found |= {(lead_id, offer): size for lead_id, offer, size in (await session.exec(asked)).all()}
        return {one: size for one, size in found.items() if one in wanted}

    async def against(self, rep_id: str, offers: Sequence[Offer]) -> Mapping[Offer, str]:
        """Say what was against a member when others were offered these leads, for the first `LOOKED_AT` of them."""
        table, wanted = tables.Ownership, set(offers[:LOOKED_AT])
        found: dict[Offer, str] = {}
        async with self._db.reading() as session:
            for piece in chunks(sorted({lead_id for lead_id, _ in wanted})):
                asked = select(table.lead_id, table.offer, table.assignment).where(col(table.lead_id).in_(piece))
                for lead_id, offer, body in (await session.exec(asked)).all():
                    if (lead_id, offer) in wanted and body is not None:
                        found[lead_id, offer] = _reason(rep_id, Offered.model_validate(body))
        return found


def _reason(rep_id: str, made: Offered) -> str:
    candidates = made.trace.candidates if made.trace else ()
    for one in candidates:
        if one.rep_id == rep_id:
            return one.excluded or "eligible"
    return NOT_ASKED


def _entry(row: tables.Ledger, to: str | None, headline: str | None) -> Entry:
    return Entry(
        id=row.id or 0,
        at=row.at,
        pool=row.pool,
        rep_id=row.rep_id,
        lead_id=row.lead_id,
        offer=row.offer,
        headline=headline or "",
        posting=row.posting,
        units=row.units,
        because=row.because,
        to=to,
    )


async def _balances(session: AsyncSession, pool: str) -> dict[str, int]:
    asked = select(tables.Balance.rep_id, tables.Balance.units).where(tables.Balance.pool == pool)
    return dict((await session.exec(asked)).all())


async def _lines(session: AsyncSession, pool: str, reps: Collection[str], since: datetime) -> Mapping[str, list[Line]]:
    """Read the lines, with whose offer each is of, and whether the member had a part in its turn."""
    line, offer, turn = tables.Ledger, tables.Ownership, aliased(tables.Ledger)
    of_offer = (col(offer.lead_id) == col(line.lead_id)) & (col(offer.offer) == col(line.offer))
    of_turn = (
        (col(turn.lead_id) == col(line.lead_id))
        & (col(turn.offer) == col(line.offer))
        & (col(turn.pool) == col(line.pool))
        & (col(turn.rep_id) == col(line.rep_id))
        & (col(turn.posting) == Posting.TURN)
    )
    columns: tuple[Any, ...] = (line.rep_id, line.posting, line.lead_id, line.offer, line.units, offer.rep_id, turn.id)
    asked = (
        select(*columns)
        .outerjoin(offer, of_offer)
        .outerjoin(turn, of_turn)
        .where(line.pool == pool, col(line.rep_id).in_(sorted(reps)), col(line.at) >= since)
        .order_by(col(line.id))
    )
    found: dict[str, list[Line]] = {}
    for rep_id, posting, lead_id, number, units, to, part in (await session.exec(asked)).all():
        took_part = part is not None and posting is not Posting.SETTLE
        one = Line(Kind(posting.value), (lead_id, number), units, to == rep_id, took_part)
        found.setdefault(rep_id, []).append(one)
    return found


async def _past(session: AsyncSession, pool: str, reps: Collection[str], since: datetime) -> Mapping[str, PastCount]:
    """Count the pool's offers to these members for which no turn was taken."""
    offer, turn = tables.Ownership, tables.Ledger
    its = (
        (col(turn.lead_id) == col(offer.lead_id))
        & (col(turn.offer) == col(offer.offer))
        & (col(turn.pool) == col(offer.pool))
        & (col(turn.rep_id) == col(offer.rep_id))
        & (col(turn.posting) == Posting.TURN)
    )
    asked = (
        select(offer.rep_id, func.count(), func.count(col(offer.by)))
        .outerjoin(turn, its)
        .where(
            offer.pool == pool,
            col(offer.rep_id).in_(sorted(reps)),
            col(offer.offered_at) >= since,
            col(turn.id).is_(None),
        )
        .group_by(col(offer.rep_id))
    )
    return {rep_id: PastCount(offers, by_hand) for rep_id, offers, by_hand in (await session.exec(asked)).all()}
