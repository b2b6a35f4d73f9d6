"""Policies that are being written, and what simulations of them found.

Only what can be read as a policy is kept here, under the version that follows from its content. A draft acts on
nothing; what is tried on real leads is kept by `db.trials`, what is published by `db.policies`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, or_
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.tables.words import RunState

SILENT = timedelta(seconds=90)
"""A simulation that says nothing of itself for longer than this runs no more: its process has gone away."""

_SEEN = "seen_at"

KEPT = 50
"""Simulations that are kept; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One policy that is being written."""

    version: str
    name: str
    text: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation of a draft beside another version: `document` is what it found.

    `wanted`: on how many leads, and when it was last seen at work.
    """

    id: int
    version: str
    against: str
    wanted: Mapping[str, Any]
    began_at: datetime
    ended_at: datetime | None
    by: str
    state: RunState
    because: str
    document: Mapping[str, Any]

    def runs(self, at: datetime) -> bool:
        """Say whether it may still be under way."""
        seen = self.wanted.get(_SEEN)
        last = datetime.fromisoformat(seen) if seen else self.began_at
        return self.state is RunState.RUNNING and at < last + SILENT


_TOLD = tuple(field.name for field in fields(Run) if field.name != "document")


class Drafts:
    """Every draft, and every simulation of one."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(self, draft: Draft, *, instead_of: str = "") -> None:
        """Keep a draft; `instead_of` is the version that it was before, which goes."""
        async with self._db.writing() as session:
            if instead_of and instead_of != draft.version:
                await _forget(session, instead_of)
            row = await session.get(tables.PolicyDraft, draft.version)
            if row is None:
                row = tables.PolicyDraft(
                    version=draft.version,
                    name=draft.name,
                    text=draft.text,
                    saved_at=draft.saved_at,
                    saved_by=draft.saved_by,
                )
            row.name, row.text, row.saved_at, row.saved_by = draft.name, draft.text, draft.saved_at, draft.saved_by
            session.add(row)

    async def get(self, version: str) -> Draft | None:
        """Give one draft."""
        async with self._db.reading() as session:
            row = await session.get(tables.PolicyDraft, version)
            return None if row is None else _draft(row)

    async def list(self) -> tuple[Draft, ...]:
        """List the drafts, the last saved first."""
        table = tables.PolicyDraft
        async with self._db.reading() as session:
            asked = select(table).order_by(col(table.saved_at).desc(), col(table.version))
            return tuple(map(_draft, (await session.exec(asked)).all()))

    async def remove(self, version: str) -> bool:
        """Forget a draft and what simulations of it found; say whether there was one."""
        async with self._db.writing() as session:
            return await _forget(session, version)

    async def begin(self, version: str, against: str, wanted: Mapping[str, Any], *, by: str, at: datetime) -> int:
        """Note that a simulation begins, and give its number."""
        row = tables.DraftRun(
            version=version,
            against=against,
            wanted=dict(wanted),
            began_at=at,
            by=by,
            state=RunState.RUNNING,
            document={},
        )
        async with self._db.writing() as session:
            session.add(row)
            await session.flush()
            assert row.id is not None
            table = tables.DraftRun
            await session.exec(delete(table).where(col(table.id) <= row.id - KEPT))
            return row.id

    async def seen(self, run_id: int, *, at: datetime) -> None:
        """Note that a simulation is at work."""
        async with self._db.writing() as session:
            row = await session.get(tables.DraftRun, run_id, with_for_update=True)
            if row is not None and row.state is RunState.RUNNING:
                row.wanted = row.wanted | {_SEEN: at.isoformat()}
                session.add(row)

    async def end(
        self,
        run_id: int,
        state: RunState,
        *,
        at: datetime,
        because: str = "",
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """Note how a simulation ended; one that ended before stays as it is."""
        async with self._db.writing() as session:
            row = await session.get(tables.DraftRun, run_id)
            if row is not None and row.state is RunState.RUNNING:
                row.state, row.ended_at, row.because, row.document = state, at, because, dict(document or {})
                session.add(row)

    async def run(self, run_id: int) -> Run | None:
        """Give one simulation."""
        async with self._db.reading() as session:
            row = await session.get(tables.DraftRun, run_id)
            return None if row is None else _run(row)

    async def runs(self, version: str, *, limit: int = 20) -> tuple[Run, ...]:
        """List the simulations of a draft, the last first, without what they found."""
        table = tables.DraftRun
        columns: list[Any] = [getattr(table, name) for name in _TOLD]
        asked = select(*columns).where(table.version == version).order_by(col(table.id).desc()).limit(limit)
        async with self._db.reading() as session:
            rows: Sequence[Any] = (await session.exec(asked)).all()
            return tuple(Run(**dict(zip(_TOLD, row, strict=True)), document={}) for row in rows)

    async def since_last(self, leads: int, *, until: datetime) -> datetime | None:
        """Say since when the last so many leads came that can be replayed; None where there is none."""
        table = tables.Lead
        replayable = (
            col(table.received_at) < until,
            col(table.folded_into).is_(None),
            col(table.facts).is_not(None),
        )
        last = select(table.received_at).where(*replayable).order_by(col(table.received_at).desc())
        async with self._db.reading() as session:
            found = (await session.exec(last.offset(leads - 1).limit(1))).first()
            if found is None:
                found = (await session.exec(select(func.min(table.received_at)).where(*replayable))).first()
            return found


async def _forget(session: AsyncSession, version: str) -> bool:
    row = await session.get(tables.PolicyDraft, version)
    if row is None:
        return False
    await session.exec(delete(tables.DraftRun).where(col(tables.DraftRun.version) == version))
    await session.delete(row)
    await session.flush()
    return True


async def forget_in_runs(session: AsyncSession, lead_ids: Collection[str]) -> None:
    """Take leads out of what simulations found of each; they stay counted."""
    table = tables.DraftRun
    text = cast(col(table.document), Text)
    asked = select(table).where(or_(*(text.contains(f'"{one}"', autoescape=True) for one in lead_ids)))
    for row in (await session.exec(asked)).all():
        differ = row.document.get("differences", {})
        kept = [pair for pair in differ.get("leads", ()) if pair["lead_id"] not in lead_ids]
        unlisted = differ.get("not_listed", 0) + len(differ.get("leads", ())) - len(kept)
        row.document = row.document | {"differences": differ | {"leads": kept, "not_listed": unlisted}}
        session.add(row)


def _draft(row: tables.PolicyDraft) -> Draft:
    return Draft(row.version, row.name, row.text, row.saved_at, row.saved_by)


def _run(row: tables.DraftRun) -> Run:
    assert row.id is not None
    return Run(
        row.id,
        row.version,
        row.against,
        row.wanted,
        row.began_at,
        row.ended_at,
        row.by,
        row.state,
        row.because,
        row.document,
    )
