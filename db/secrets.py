"""Secrets that we have to say or check ourselves, as sealed text: what they are, this room never learns.

Those of one purpose (`source:hubspot`) are a ring: while one is replaced, the former ones count on until they expire.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from db import tables
from db.engine import Database


@dataclass(frozen=True, slots=True)
class Kept:
    """One sealed secret: what it is for, and until when it counts."""

    id: int
    purpose: str
    sealed: str
    created_at: datetime
    expires_at: datetime | None


class Secrets:
    """Every sealed secret, by purpose."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, purpose: str, sealed: str, *, at: datetime, former_until: datetime | None = None) -> int:
        """Keep one as the newest of its purpose, and give its number.

        `former_until`: the older ones count until then at the latest. Left out, they count on.
        """
        table = tables.SealedSecret
        async with self._db.writing() as session:
            if former_until is not None:
                longer = or_(col(table.expires_at).is_(None), col(table.expires_at) > former_until)
                await session.exec(
                    update(table).where(col(table.purpose) == purpose, longer).values(expires_at=former_until)
                )
            row = table(purpose=purpose, sealed=sealed, created_at=at)
            session.add(row)
            await session.flush()
            return row.id or 0

    async def ring(self, purpose: str, now: datetime) -> tuple[str, ...]:
        """Give the sealed secrets of a purpose that count now, newest first."""
        table = tables.SealedSecret
        counts = or_(col(table.expires_at).is_(None), col(table.expires_at) > now)
        asked = select(table.sealed).where(table.purpose == purpose, counts).order_by(col(table.id).desc())
        async with self._db.reading() as session:
            return tuple((await session.exec(asked)).all())

    async def list(self, purpose: str | None = None) -> tuple[Kept, ...]:
        """Give every sealed secret, or those of one purpose, newest first within each."""
        table = tables.SealedSecret
        asked = select(table).order_by(col(table.purpose), col(table.id).desc())
        if purpose is not None:
            asked = asked.where(table.purpose == purpose)
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
            return tuple(Kept(row.id or 0, row.purpose, row.sealed, row.created_at, row.expires_at) for row in rows)

    async def replace(self, secret_id: int, was: str, sealed: str) -> bool:
        """Put the same secret there, sealed otherwise; say whether it was still as it `was`."""
        table = tables.SealedSecret
        asked = update(table).where(col(table.id) == secret_id, col(table.sealed) == was).values(sealed=sealed)
        async with self._db.writing() as session:
            return bool((await session.exec(asked)).rowcount)

    async def remove(self, secret_id: int) -> str | None:
        """Take one away for good, and say what it was for; None where there is no such secret."""
        table = tables.SealedSecret
        async with self._db.writing() as session:
            row = await session.get(table, secret_id)
            if row is None:
                return None
            await session.exec(delete(table).where(col(table.id) == secret_id))
            return row.purpose
