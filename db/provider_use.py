"""What enrichment providers did and cost, by provider and day (UTC). No lead is named here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import literal
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into


@dataclass(frozen=True, slots=True)
class Use:
    """What one provider did, to be added to a day's; `asked` counts questions, however often each was tried."""

    provider: str
    asked: int = 0
    found: int = 0
    cached: int = 0
    failed: int = 0
    cost: float = 0


@dataclass(frozen=True, slots=True)
class UseOfDay:
    """What one provider did on one day."""

    provider: str
    day: date
    asked: int
    found: int
    cached: int
    failed: int
    cost: float


async def count(db: Database, session: AsyncSession, uses: Iterable[Use], day: date) -> None:
    """Add to what providers did on a day, in a transaction of the caller's."""
    table = tables.ProviderUse
    for use in sorted(uses, key=lambda one: one.provider):  # in one order, so that two never wait for each other
        counts = {name: getattr(use, name) for name in ("asked", "found", "cached", "failed", "cost")}
        if not any(counts.values()):
            continue
        row = insert_into(db, table, {"provider": use.provider, "day": day, **counts})
        more = {name: col(getattr(table, name)) + number for name, number in counts.items()}
        await session.exec(row.on_conflict_do_update(index_elements=["provider", "day"], set_=more))


class ProviderUses:
    """The counts of every provider."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, provider: str, day: date, most: int) -> bool:
        """Count one question of a day, unless there were `most` already; say whether it was counted.

        However many ask at once, no more are counted.
        """
        table = tables.ProviderUse
        none = {"found": 0, "cached": 0, "failed": 0, "cost": 0.0}
        row = insert_into(self._db, table, {"provider": provider, "day": day, "asked": 1, **none})
        taken = row.on_conflict_do_update(
            index_elements=["provider", "day"],
            set_={"asked": col(table.asked) + 1},
            where=col(table.asked) < literal(most),
        ).returning(col(table.asked))
        async with self._db.writing() as session:
            return (await session.exec(taken)).first() is not None

    async def list(self, since: date) -> tuple[UseOfDay, ...]:
        """Give every provider's days from `since` on, newest first."""
        table = tables.ProviderUse
        asked = select(table).where(col(table.day) >= since).order_by(col(table.day).desc(), col(table.provider))
        async with self._db.reading() as session:
            return tuple(
                UseOfDay(row.provider, row.day, row.asked, row.found, row.cached, row.failed, row.cost)
                for row in (await session.exec(asked)).all()
            )
