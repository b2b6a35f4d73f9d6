"""Documents that the house wrote, and keeps: the quarterly review (R53)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from db import tables
from db.engine import Database

WRITING = "baton-reports"
"""What writers of scheduled reports lock."""


@dataclass(frozen=True, slots=True)
class ReportKept:
    """One document, with what it was written from."""

    id: int
    kind: str
    since: datetime
    until: datetime
    text: str
    document: Mapping[str, Any]
    created_at: datetime
    created_by: str


class Reports:
    """Every document that was written. Every method raises `DatabaseUnreachable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def keep(
        self,
        kind: str,
        span: tuple[datetime, datetime],
        text: str,
        document: Mapping[str, Any],
        *,
        at: datetime,
        by: str,
        once: bool = False,
    ) -> int | None:
        """Keep a document; give its id. `once`: only where `by` kept none of this kind and beginning, else None."""
        table = tables.Report
        async with self._db.writing() as session:
            await self._db.lock(session, WRITING)
            if once:
                known = select(table.id).where(table.kind == kind, table.since == span[0], table.created_by == by)
                if (await session.exec(known.limit(1))).first() is not None:
                    return None
            row = tables.Report(
                kind=kind,
                since=span[0],
                until=span[1],
                text=text,
                document=dict(document),
                created_at=at,
                created_by=by,
            )
            session.add(row)
            await session.flush()
            return row.id

    async def is_kept(self, kind: str, since: datetime, by: str) -> bool:
        """Say whether somebody has written one of a kind and beginning."""
        table = tables.Report
        async with self._db.reading() as session:
            asked = select(table.id).where(table.kind == kind, table.since == since, table.created_by == by).limit(1)
            return (await session.exec(asked)).first() is not None

    async def get(self, report_id: int) -> ReportKept | None:
        """Give one; None where there is none of this id."""
        async with self._db.reading() as session:
            row = await session.get(tables.Report, report_id)
            return None if row is None else _kept(row)

    async def list(self, kind: str, *, limit: int = 50) -> Sequence[ReportKept]:
        """Give the newest of a kind."""
        table = tables.Report
        async with self._db.reading() as session:
            asked = select(table).where(table.kind == kind).order_by(col(table.id).desc()).limit(limit)
            return [_kept(row) for row in (await session.exec(asked)).all()]


def _kept(row: tables.Report) -> ReportKept:
    assert row.id is not None
    return ReportKept(row.id, row.kind, row.since, row.until, row.text, row.document, row.created_at, row.created_by)
