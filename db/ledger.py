"""The ledger of whose turn it was: lines are added, and the balances are their sum, in the same transaction.

Amounts are whole numbers, as `policy.fairness` counts them. What a turn moves is handed in; giving it back reverses
exactly what was moved, and taking it again moves the same once more. The part of who has left the pool since goes to
those who are in it, so that a pool's balances add up to nothing at every instant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.tables.words import Posting
from db.waiting import is_member
from policy.fairness import leave

ROTATION = "baton: rotation"
"""The lock of every transaction that changes ownership or the ledger: they happen one after the other."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is added to one balance, of which lead's offer, and why."""

    pool: str
    rep_id: str
    units: int
    because: str
    lead_id: str = ""
    offer: int = 0


class Ledger:
    """The lines of one offer, within an open transaction that holds `ROTATION`."""

    def __init__(self, db: Database, session: AsyncSession, lead_id: str, offer: int) -> None:
        self._db = db
        self._session = session
        self._lead_id = lead_id
        self._offer = offer

    async def turn(self, pool: str, moves: Mapping[str, int], because: str, at: datetime) -> None:
        """Add what a turn moved in its pool."""
        await self._post(pool, moves, Posting.TURN, because, at)

    async def stands(self) -> bool:
        """Say whether the offer moved anything that was not given back."""
        last, moved = await self._moved()
        return last is not Posting.REFUND and any(units for moves in moved.values() for units in moves.values())

    async def refund(self, because: str, at: datetime) -> None:
        """Reverse what the offer's turn moved; nothing when that was done already."""
        if not await self.stands():
            return
        for pool, moves in (await self._moved())[1].items():
            back = {rep_id: -units for rep_id, units in moves.items()}
            await self._post(pool, await self._among_present(pool, back), Posting.REFUND, because, at)

    async def retake(self, because: str, at: datetime) -> None:
        """Move once more what was given back, because the offer stands again."""
        last, moved = await self._moved()
        if last is not Posting.REFUND:
            return
        for pool, moves in moved.items():
            await self._post(pool, await self._among_present(pool, moves), Posting.RETAKE, because, at)

    async def _moved(self) -> tuple[Posting | None, dict[str, dict[str, int]]]:
        """Give how the last line was posted, and what the turn moved in each pool."""
        table = tables.Ledger
        asked = select(table).where(table.lead_id == self._lead_id, table.offer == self._offer)
        lines = (await self._session.exec(asked.order_by(col(table.id)))).all()
        moved: dict[str, dict[str, int]] = {}
        for line in lines:
            if line.posting is Posting.TURN:
                moved.setdefault(line.pool, {})[line.rep_id] = line.units
        return (lines[-1].posting if lines else None), moved

    async def _among_present(self, pool: str, moves: Mapping[str, int]) -> Mapping[str, int]:
        """Hand the part of each who has left the pool to those who are in it, in equal parts."""
        table = tables.Balance
        on_ledger = set((await self._session.exec(select(table.rep_id).where(table.pool == pool))).all())
        if moves.keys() <= on_ledger:
            return moves
        present = on_ledger | await _members(self._session, pool)
        shared: Mapping[str, int] = dict.fromkeys(present, 0) | dict(moves)
        for rep_id in sorted(moves.keys() - present):
            shared = leave(shared, rep_id).balances_after
        return shared

    async def _post(self, pool: str, moves: Mapping[str, int], posting: Posting, because: str, at: datetime) -> None:
        lines = [
            Line(pool, rep_id, units, because, self._lead_id, self._offer) for rep_id, units in sorted(moves.items())
        ]
        await post(self._db, self._session, lines, posting, at)


async def post(db: Database, session: AsyncSession, lines: Sequence[Line], posting: Posting, at: datetime) -> None:
    """Add lines of one pool, a rep each, and what they sum up to."""
    if not lines:
        return
    rows = [
        {
            "pool": line.pool,
            "rep_id": line.rep_id,
            "lead_id": line.lead_id,
            "offer": line.offer,
            "posting": posting,
            "units": line.units,
            "because": line.because,
            "at": at,
        }
        for line in lines
    ]
    await session.exec(insert_into(db, tables.Ledger, rows))
    sums = [{"pool": line.pool, "rep_id": line.rep_id, "units": line.units} for line in lines]
    balance = insert_into(db, tables.Balance, sums)
    added = col(tables.Balance.units) + balance.excluded.units
    await session.exec(balance.on_conflict_do_update(index_elements=["pool", "rep_id"], set_={"units": added}))


@dataclass(frozen=True, slots=True)
class Booked:
    """One line of the ledger as it was added: what which offer of which lead moved, and why."""

    pool: str
    rep_id: str
    lead_id: str
    offer: int
    posting: Posting
    units: int
    because: str
    at: datetime


async def booked(
    session: AsyncSession, pool: str | None = None, rep_id: str | None = None, *, limit: int
) -> tuple[Booked, ...]:
    """List the ledger's lines, newest first: of one pool, of one rep, or all."""
    table = tables.Ledger
    asked = select(table).order_by(col(table.id).desc()).limit(limit)
    asked = asked if pool is None else asked.where(table.pool == pool)
    asked = asked if rep_id is None else asked.where(table.rep_id == rep_id)
    return tuple(
        Booked(row.pool, row.rep_id, row.lead_id, row.offer, row.posting, row.units, row.because, row.at)
        for row in (await session.exec(asked)).all()
    )


async def balances(session: AsyncSession) -> dict[str, dict[str, int]]:
    """Give every balance, by pool and rep."""
    found: dict[str, dict[str, int]] = {}
    for row in (await session.exec(select(tables.Balance))).all():
        found.setdefault(row.pool, {})[row.rep_id] = row.units
    return found


async def _members(session: AsyncSession, name: str) -> set[str]:
    """Name who is in a pool and active; who is inactive and on no line of the ledger has no part in its turns."""
    pool = await session.get(tables.PoolRow, name)
    if pool is None:
        return set()
    theirs = select(tables.RepRow).where(col(tables.RepRow.active))
    return {rep.id for rep in (await session.exec(theirs)).all() if is_member(rep, pool)}
