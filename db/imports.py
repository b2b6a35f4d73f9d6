"""Files of leads that came through the door: under one id for good, so that a file sent again keeps the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.door import Asked, KeyReused
from db.engine import Database
from models.base import Inside, Instant

SAME_WITHIN = timedelta(days=1)
"""For so long the same file of the same sender is the same import."""


class ImportCard(Inside):
    """One import: how many lines were kept and refused, and the first complaints. `read_at`: every line was come to."""

    import_id: str
    by: str
    backfill: bool
    kept: int
    refused: int
    errors: list[dict[str, Any]]
    created_at: Instant
    read_at: Instant | None


@dataclass(frozen=True, slots=True)
class File:
    """A file at the door: its digest, whose it is, and whether it is history."""

    content: str
    by: str
    backfill: bool
    asked: Asked | None = None


class Imports:
    """Every import."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open(self, file: File, import_id: str, *, at: datetime) -> ImportCard:
        """Begin an import under `import_id`, or give the one that the same file began before. Raises `KeyReused`."""
        async with self._db.writing() as session:
            await self._db.lock(session, f"baton: import {file.by} {file.content}")
            row = await _asked_before(session, file) or await _same(session, file, at - SAME_WITHIN)
            if row is None:
                row = tables.Import(
                    import_id=import_id,
                    content=file.content,
                    by=file.by,
                    backfill=file.backfill,
                    errors=[],
                    created_at=at,
                )
                session.add(row)
            await _remember(session, file, row.import_id, at)
            return _card(row)

    async def read(
        self, import_id: str, *, kept: int, refused: int, errors: Sequence[dict[str, Any]], at: datetime
    ) -> ImportCard:
        """Note that every line was come to. Raises `LookupError` for an import that was never begun."""
        async with self._db.writing() as session:
            row = await session.get(tables.Import, import_id, with_for_update=True)
            if row is None:
                raise LookupError(f"there is no import {import_id}")
            row.kept, row.refused, row.errors, row.read_at = kept, refused, list(errors), at
            return _card(row)

    async def get(self, import_id: str) -> ImportCard | None:
        """Give one import."""
        async with self._db.reading() as session:
            row = await session.get(tables.Import, import_id)
            return None if row is None else _card(row)


async def _asked_before(session: AsyncSession, file: File) -> tables.Import | None:
    if (asked := file.asked) is None:
        return None
    known = await session.get(tables.Idempotency, (asked.scope, asked.key))
    if known is None:
        return None
    if known.content != asked.content or known.answer is None:
        raise KeyReused(asked.key)
    return await session.get(tables.Import, str(known.answer["import_id"]))


async def _same(session: AsyncSession, file: File, since: datetime) -> tables.Import | None:
    table = tables.Import
    same = select(table).where(table.content == file.content, table.by == file.by, table.backfill == file.backfill)
    return (await session.exec(same.where(col(table.created_at) >= since).limit(1))).first()


async def _remember(session: AsyncSession, file: File, import_id: str, at: datetime) -> None:
    asked = file.asked
    if asked is None or await session.get(tables.Idempotency, (asked.scope, asked.key)) is not None:
        return
    answer = {"import_id": import_id}
    row = tables.Idempotency(scope=asked.scope, key=asked.key, content=asked.content, answer=answer, at=at)
    session.add(row)


def _card(row: tables.Import) -> ImportCard:
    return ImportCard.model_validate(row, from_attributes=True)
