"""Answers of enrichment providers, kept until they expire; somebody else decides what they mean."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.statements import insert_into


class Cache:
    """Texts under keys. Keys hold no names, so nothing personal is looked up by."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, key: str) -> str | None:
        """Return what was put under `key`, expired or not, or None."""
        async with self._db.reading() as session:
            asked = select(tables.EnrichmentCache.body).where(tables.EnrichmentCache.key == key)
            return (await session.exec(asked)).first()

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep `value` under `key`, replacing what is there; `prune` may throw it away after `expires_at`."""
        values = {"body": value, "expires_at": expires_at}
        row = insert_into(self._db, tables.EnrichmentCache, {"key": key, **values})
        async with self._db.writing() as session:
            await session.exec(row.on_conflict_do_update(index_elements=["key"], set_=values))

    async def prune(self, *, now: datetime) -> int:
        """Throw away what has expired and say how many."""
        expired = delete(tables.EnrichmentCache).where(col(tables.EnrichmentCache.expires_at) <= now)
        async with self._db.writing() as session:
            return (await session.exec(expired)).rowcount
