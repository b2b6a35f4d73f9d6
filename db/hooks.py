"""What tools sent, byte for byte and before anybody tried to understand it; and the sources that say how to.

A delivery is kept first and settled later: what could not be read waits here, dead, until its mapping is mended.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, update
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.columns import to_json
from db.engine import Database
from db.statements import insert_into
from db.tables.words import HookState
from models.source import Source

WAITS = frozenset({HookState.RECEIVED, HookState.DEAD})
"""What is not settled: a replay may change it."""


class UnknownSource(LookupError):
    """There is no source of this name."""


class UnknownDelivery(LookupError):
    """There is no delivery of this number."""


class NotWaiting(Exception):
    """A delivery is settled: there is nothing to replay or to drop."""

    def __init__(self, state: HookState) -> None:
        self.state = state
        super().__init__(f"it is {state.value} already")


@dataclass(frozen=True, slots=True)
class KeptSource:
    """One source as it is kept."""

    source: Source
    changed_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One authentic webhook: what came, and what became of it. `results` has one entry for each item.

    `size`: of what came, in bytes; `raw` is empty in lists, which would hold megabytes for each line of them.
    """

    id: int
    source: str
    webhook_id: str | None
    content_type: str
    raw: bytes = field(repr=False)
    state: HookState
    because: str
    results: tuple[dict[str, Any], ...]
    attempts: int
    received_at: datetime
    changed_at: datetime
    size: int


class Sources:
    """Every source of leads by its name."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(self, source: Source, *, by: str, at: datetime) -> bool:
        """Keep a source, also instead of a former one of its name; say whether it is a new one."""
        table = tables.SourceRow
        values = {"body": source.model_dump(mode="json", exclude_unset=True), "changed_at": at, "by": by}
        async with self._db.writing() as session:
            new = await session.get(table, source.name) is None
            kept = insert_into(self._db, table, {"name": source.name, **values})
            await session.exec(kept.on_conflict_do_update(index_elements=["name"], set_=values))
            return new

    async def find(self, name: str) -> KeptSource:
        """Give a source. Raises `UnknownSource`."""
        async with self._db.reading() as session:
            row = await session.get(tables.SourceRow, name)
            if row is None:
                raise UnknownSource(name)
            return _kept(row)

    async def list(self) -> tuple[KeptSource, ...]:
        """Give every source, by name."""
        async with self._db.reading() as session:
            rows = (await session.exec(select(tables.SourceRow).order_by(col(tables.SourceRow.name)))).all()
            return tuple(map(_kept, rows))

    async def remove(self, name: str) -> bool:
        """Take a source away: its hook knows nobody from now on. Say whether there was one."""
        async with self._db.writing() as session:
            return bool(
                (await session.exec(delete(tables.SourceRow).where(col(tables.SourceRow.name) == name))).rowcount
            )


class Deliveries:
    """Every webhook that was believed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def receive(
        self, source: str, webhook_id: str | None, content_type: str, raw: bytes, *, at: datetime
    ) -> tuple[Delivery, bool]:
        """Commit what came as it came; one whose id its source has used before is given back as it stands now.

        Says whether it is new.
        """
        table = tables.HookDelivery
        async with self._db.writing() as session:
            if webhook_id is not None:
                await self._db.lock(session, f"baton: hook {source} {webhook_id}")
                asked = select(table).where(table.source == source, table.webhook_id == webhook_id)
                if (known := (await session.exec(asked)).first()) is not None:
                    return _delivery(known), False
            row = table(
                source=source,
                webhook_id=webhook_id,
                content_type=content_type,
                raw=raw,
                state=HookState.RECEIVED,
                results=[],
                received_at=at,
                changed_at=at,
            )
            session.add(row)
            await session.flush()
            return _delivery(row), True

    async def settle(
        self, delivery_id: int, state: HookState, because: str, results: Sequence[dict[str, Any]], *, at: datetime
    ) -> Delivery:
        """Say what became of one; what somebody else has settled meanwhile stays. Raises `UnknownDelivery`."""
        async with self._db.writing() as session:
            row = await _for_change(session, delivery_id)
            if row.state in WAITS:
                row.state, row.because, row.results, row.changed_at = state, because, list(results), at
                session.add(row)
            return _delivery(row)

    async def find(self, delivery_id: int) -> Delivery:
        """Give one. Raises `UnknownDelivery`."""
        async with self._db.reading() as session:
            row = await session.get(tables.HookDelivery, delivery_id)
            if row is None:
                raise UnknownDelivery(str(delivery_id))
            return _delivery(row)

    async def list(
        self,
        states: Collection[HookState],
        *,
        source: str | None = None,
        sources: Collection[str] = (),
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """Give those in these states without what came, newest first; `before`: only with a smaller number than that.

        `sources`: of any of these, whatever else is asked for.
        """
        table = tables.HookDelivery
        asked = select(table, func.length(table.raw)).options(defer(col(table.raw)))  # type: ignore[arg-type]
        asked = asked.where(col(table.state).in_(states)).order_by(col(table.id).desc()).limit(limit)
        if source is not None:
            asked = asked.where(table.source == source)
        if sources:
            asked = asked.where(col(table.source).in_(sources))
        if before is not None:
            asked = asked.where(col(table.id) < before)
        async with self._db.reading() as session:
            return tuple(_listed(row, size) for row, size in (await session.exec(asked)).all())

    async def counts(self) -> dict[tuple[str, HookState], int]:
        """Count deliveries by source and state."""
        table = tables.HookDelivery
        asked = select(table.source, table.state, func.count()).group_by(col(table.source), col(table.state))
        async with self._db.reading() as session:
            return {(source, HookState(state)): number for source, state, number in (await session.exec(asked)).all()}

    async def left_behind(self, before: datetime, limit: int) -> tuple[Delivery, ...]:
        """Give those that came before an instant and were never settled: whoever had them has died. Oldest first.

        Each look counts as an attempt.
        """
        table = tables.HookDelivery
        asked = (
            select(table)
            .where(table.state == HookState.RECEIVED, col(table.changed_at) < before)
            .order_by(col(table.id))
            .limit(limit)
        )
        async with self._db.reading() as session:
            found = [row.id for row in (await session.exec(asked)).all()]
        if not found:
            return ()
        async with self._db.writing() as session:
            await session.exec(update(table).where(col(table.id).in_(found)).values(attempts=table.attempts + 1))
        async with self._db.reading() as session:
            rows = (await session.exec(select(table).where(col(table.id).in_(found)).order_by(col(table.id)))).all()
            return tuple(map(_delivery, rows))

    async def drop(self, delivery_id: int, because: str, *, at: datetime) -> Delivery:
        """Give one up, and empty it: nobody reads it any more. Raises `UnknownDelivery` and `NotWaiting`."""
        async with self._db.writing() as session:
            row = await _for_change(session, delivery_id)
            if row.state not in WAITS:
                raise NotWaiting(row.state)
            row.state, row.because, row.raw, row.changed_at = HookState.DROPPED, because, b"", at
            session.add(row)
            return _delivery(row)


async def _for_change(session: AsyncSession, delivery_id: int) -> tables.HookDelivery:
    row: tables.HookDelivery | None = await session.get(tables.HookDelivery, delivery_id, with_for_update=True)
    if row is None:
        raise UnknownDelivery(str(delivery_id))
    return row


def _kept(row: tables.SourceRow) -> KeptSource:
    return KeptSource(Source.model_validate_json(to_json(row.body)), row.changed_at, row.by)


def _delivery(row: tables.HookDelivery) -> Delivery:
    return replace(_listed(row, len(row.raw)), raw=row.raw)


def _listed(row: tables.HookDelivery, size: int) -> Delivery:
    return Delivery(
        id=row.id or 0,
        source=row.source,
        webhook_id=row.webhook_id,
        content_type=row.content_type,
        raw=b"",
        state=row.state,
        because=row.because,
        results=tuple(row.results),
        attempts=row.attempts,
        received_at=row.received_at,
        changed_at=row.changed_at,
        size=size,
    )
