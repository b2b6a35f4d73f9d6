"""The ledger of whose turn it was: lines are added, and the balances are their sum, in the same transaction.

Amounts are whole numbers, as `policy.fairness` counts them. What a turn moves is handed in; giving it back reverses
exactly what was moved, and taking it again moves the same once more.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.tables.words import Posting

ROTATION = "baton: rotation"
"""The lock of every transaction that changes ownership or the ledger: they happen one after the other."""


class Ledger:
    """The lines of one offer, within an open transaction that holds `ROTATION`."""

    def __init__(self, db: Database, session: AsyncSession, lead_id: str, offer: int) -> None:
        self._db = db
        self._session = session
        self._lead_id = lead_id
        self._offer = offer

    async def turn(self, pool: str, moves: Mapping[str, int], because: str, at: datetime) -> None:
        """Add what a turn moved in its pool."""
        await self._post({(pool, rep_id): units for rep_id, units in moves.items()}, Posting.TURN, because, at)

    async def refund(self, because: str, at: datetime) -> None:
        """Reverse what the offer's turn moved; nothing when that was done already."""
        moved = await self._sums()
        if any(moved.values()):
            await self._post({place: -units for place, units in moved.items()}, Posting.REFUND, because, at)

    async def retake(self, because: str, at: datetime) -> None:
        """Move once more what was given back, because the offer stands again."""
        if not any((await self._sums()).values()):
            await self._post(await self._sums(Posting.TURN), Posting.RETAKE, because, at)

    async def _sums(self, posting: Posting | None = None) -> dict[tuple[str, str], int]:
        table = tables.Ledger
        asked = (
            select(table.pool, table.rep_id, func.sum(table.units))
            .where(table.lead_id == self._lead_id, table.offer == self._offer)
            .group_by(col(table.pool), col(table.rep_id))
        )
        if posting is not None:
            asked = asked.where(table.posting == posting)
        return {(pool, rep_id): int(units) for pool, rep_id, units in (await self._session.exec(asked)).all()}

    async def _post(self, moves: Mapping[tuple[str, str], int], posting: Posting, because: str, at: datetime) -> None:
        if not moves:
            return
        places = sorted(moves)
        lines = [
            {
                "pool": pool,
                "rep_id": rep_id,
                "lead_id": self._lead_id,
                "offer": self._offer,
                "posting": posting,
                "units": moves[pool, rep_id],
                "because": because,
                "at": at,
            }
            for pool, rep_id in places
        ]
        await self._session.exec(insert_into(self._db, tables.Ledger, lines))
        sums = [{"pool": pool, "rep_id": rep_id, "units": moves[pool, rep_id]} for pool, rep_id in places]
        balance = insert_into(self._db, tables.Balance, sums)
        added = col(tables.Balance.units) + balance.excluded.units
        await self._session.exec(
            balance.on_conflict_do_update(index_elements=["pool", "rep_id"], set_={"units": added})
        )


async def balances(session: AsyncSession) -> dict[str, dict[str, int]]:
    """Give every balance, by pool and rep."""
    found: dict[str, dict[str, int]] = {}
    for row in (await session.exec(select(tables.Balance))).all():
        found.setdefault(row.pool, {})[row.rep_id] = row.units
    return found
