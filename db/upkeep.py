"""What whoever keeps the house running looks at: what waits and since when, and what nobody could send.

Every number is asked by an index over what is open, waits or failed, so that a million leads that have ended cost
nothing. No row that it gives says who a prospect is.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import case, func, or_, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.alerts import ALERT, SETTLED, Alert, alert_of
from db.engine import Database
from db.hooks import WAITS
from db.notifications import Key, Sent
from db.tables import follow_up, knowing
from db.tables.errands import TROUBLED, UNDELIVERED
from db.tables.intake import WAITING
from db.tables.words import Alerting, HandOffState, HookState, Sending
from db.upgrade import MIGRATIONS

TROUBLES = (Sending.FAILED, Sending.REFUSED, Sending.CLAIMED)
"""Where a message may stand that did not go out, or of which nobody knows whether it did."""

LATELY = 2000
"""So many of the last deliveries are looked through for what each source sent."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one thing: how much, and since when the oldest. `refused`: what waits for a person."""

    waiting: int = 0
    since: datetime | None = None
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Everything that waits. `received`: webhooks that came and are not settled; `dead` those that cannot be read.

    `late`: open leads past their due time for longer than it takes to work on one. `untold`: alerts that could not be
    sent, of the last day.
    """

    open_leads: int
    late: int
    door: Queue
    imports: Queue
    errands: Queue
    received: Queue
    dead: Queue
    hand_offs: Queue
    crm: Queue
    messages: Queue
    alerts: Queue
    erasures: Queue


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables' release, as the database says, and the one of this program; and what database it is.

    `clock`: what time it is there; None for a file, which has no clock of its own.
    """

    has: str | None
    needs: str
    software: str
    clock: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceUse:
    """What one source sent of the last deliveries of all: how much, when last, and what became of it."""

    source: str
    deliveries: int
    last_at: datetime
    taken: int
    ignored: int


@dataclass(frozen=True, slots=True)
class Untold:
    """An alert that could not be sent to anybody."""

    id: int
    lead_id: str
    person_id: str
    what: str
    because: str
    raised_at: datetime


class Upkeep:
    """Looks after the house."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def backlog(self, at: datetime, *, late: timedelta) -> Backlog:
        """Count everything that waits; `late`: how long past its due time a lead counts as late."""
        lead, inbox, alert = tables.Lead, tables.Inbox, tables.Alert
        open_lead, day_ago = col(lead.closed_at).is_(None), at - timedelta(days=1)
        erasure, outbox = tables.Erasure, tables.Outbox
        async with self._db.reading() as session:
            untold = col(alert.raised_at) >= day_ago
            return Backlog(
                open_leads=(await _queue(session, lead.received_at, open_lead)).waiting,
                late=(await _queue(session, lead.due_at, open_lead, col(lead.due_at) < at - late)).waiting,
                door=await _queue(session, inbox.created_at, WAITING, col(inbox.paced).is_(False)),
                imports=await _queue(session, inbox.created_at, WAITING, col(inbox.paced).is_(True)),
                errands=await _queue(session, outbox.created_at, col(outbox.sent_at).is_(None)),
                received=await _hooks(session, HookState.RECEIVED),
                dead=await _hooks(session, HookState.DEAD),
                hand_offs=await _hand_offs(session),
                crm=await _crm(session),
                messages=await _messages(session, day_ago),
                alerts=Queue(
                    waiting=(await _queue(session, alert.send_at, WAITING, col(alert.send_at) < at - late)).waiting,
                    refused=(await session.exec(_needed(select(func.count(col(alert.id)))).where(untold))).one(),
                ),
                erasures=await _queue(session, erasure.at, col(erasure.done_at).is_(None)),
            )

    async def schema(self) -> Schema:
        """Say which release the tables are of, and which database this is."""
        asked = "SELECT sqlite_version()" if self._db.is_sqlite else "SHOW server_version"
        async with self._db.reading() as session:
            connection = await session.connection()
            has = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
            version = (await connection.execute(text(asked))).scalar()
            clock = (
                None if self._db.is_sqlite else (await connection.execute(text("SELECT clock_timestamp()"))).scalar()
            )
        name = "SQLite" if self._db.is_sqlite else "PostgreSQL"
        return Schema(has, _needed_release(), f"{name} {version}", clock)

    async def more_outcomes_than(self, number: int) -> bool:
        """Say whether more outcomes are known than so many; no more of them are looked at."""
        some = select(tables.Outcome.id).limit(number + 1).subquery()
        async with self._db.reading() as session:
            return (await session.exec(select(func.count()).select_from(some))).one() > number

    async def sources_lately(self) -> tuple[SourceUse, ...]:
        """Say what each source sent, of the last `LATELY` deliveries, by name."""
        table = tables.HookDelivery
        latest = select(table.id, table.source, table.state, table.received_at).order_by(col(table.id).desc())
        of = latest.limit(LATELY).subquery()

        def count(state: HookState) -> Any:
            return func.sum(case((of.c.state == state, 1), else_=0))

        columns: tuple[Any, ...] = (
            of.c.source,
            func.count(),
            func.max(of.c.received_at),
            count(HookState.TAKEN),
            count(HookState.IGNORED),
        )
        asked = select(*columns).group_by(of.c.source).order_by(of.c.source)
        async with self._db.reading() as session:
            return tuple(SourceUse(*row) for row in (await session.exec(asked)).all())

    async def unread_by_source(self) -> dict[str, int]:
        """Count the webhooks that are not settled, by source."""
        table = tables.HookDelivery
        asked = select(table.source, func.count()).where(col(table.state).in_(WAITS)).group_by(col(table.source))
        async with self._db.reading() as session:
            return dict((await session.exec(asked)).all())

    async def troubled(
        self, *, states: Collection[Sending] = TROUBLES, before: int | None = None, limit: int = 50
    ) -> tuple[tuple[int, Sent], ...]:
        """List messages that are not out, newest first, with their numbers; `before` is the last of the page before."""
        table = tables.Notification
        asked = select(table).where(TROUBLED, col(table.state).in_(states)).order_by(col(table.id).desc())
        if before is not None:
            asked = asked.where(col(table.id) < before)
        async with self._db.reading() as session:
            return tuple((row.id or 0, _sent(row)) for row in (await session.exec(asked.limit(limit))).all())

    async def untold(self, *, limit: int = 50) -> tuple[Untold, ...]:
        """List alerts that could not be sent and whose leads still need somebody, newest first."""
        alert = tables.Alert
        asked = _needed(select(alert)).order_by(col(alert.id).desc()).limit(limit)
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
            return tuple(
                Untold(row.id or 0, row.lead_id, row.person_id, row.what, row.because, row.raised_at) for row in rows
            )

    async def untold_one(self, alert_id: int) -> Alert | None:
        """Give an alert that could not be sent, with who has its lead by now; None where it need not be told."""
        asked = _needed(select(tables.Alert, tables.Lead)).where(tables.Alert.id == alert_id)
        async with self._db.reading() as session:
            found = (await session.exec(asked)).first()
            if found is None:
                return None
            row, lead = found
            return replace(alert_of(row, lead), owner=lead.owner, due_at=lead.due_at)

    async def reopen(self, alert_id: int) -> bool:
        """Let an alert that could not be sent be sent by whoever asks, also over what refused it; False: somebody has.

        Whoever asks sends it now; it waits for nobody else.
        """
        table = tables.Notification
        async with self._db.writing() as session:
            row = await session.get(tables.Alert, alert_id, with_for_update=True)
            if row is None or row.state is not Alerting.UNDELIVERABLE or row.bundle is None:
                return False
            row.state, row.bundle, row.because = Alerting.WAITING, None, ""
            of = (col(table.lead_id) == row.lead_id, col(table.offer) == row.offer, col(table.rung) == row.rung)
            refused = update(table).where(*of, col(table.state) == Sending.REFUSED)
            await session.exec(refused.values(state=Sending.FAILED))
            return True


@cache
def _needed_release() -> str:
    """Name the release of the tables that this program needs; reading it takes longer than all else."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head() or ""


def _needed(asked: Any) -> Any:
    """Ask for alerts that could not be sent, of leads that still need somebody and of which nobody heard since."""
    alert, lead, later = tables.Alert, tables.Lead, aliased(tables.Alert)
    heard = select(later.id).where(
        later.lead_id == alert.lead_id, later.kind == ALERT, col(later.sent_at) >= alert.raised_at
    )
    return asked.join(lead, col(lead.lead_id) == col(alert.lead_id)).where(
        *_not_told(),
        col(lead.closed_at).is_(None),
        col(lead.stage).not_in(SETTLED),
        or_(col(lead.accepted_at).is_(None), col(lead.accepted_at) <= alert.raised_at),
        ~heard.exists(),
    )


def _not_told() -> tuple[Any, ...]:
    """Name alerts that were to go out and could not; what was settled meanwhile has no message of its own."""
    return (UNDELIVERED, col(tables.Alert.bundle).is_not(None), col(tables.Alert.kind) == ALERT)


async def _queue(session: AsyncSession, since: Any, *conditions: Any) -> Queue:
    count, oldest = (await session.exec(select(func.count(), func.min(since)).where(*conditions))).one()
    return Queue(count, oldest)


async def _hooks(session: AsyncSession, state: HookState) -> Queue:
    table = tables.HookDelivery
    return await _queue(session, table.received_at, col(table.state) == state)


async def _hand_offs(session: AsyncSession) -> Queue:
    table = tables.HandOff
    waits = await _queue(session, table.created_at, WAITING, col(table.state) == HandOffState.WAITING)
    refused = await _queue(session, table.created_at, follow_up.REFUSED)
    return Queue(waits.waiting, waits.since, refused.waiting)


async def _crm(session: AsyncSession) -> Queue:
    table = tables.CrmCopy
    waits = await _queue(session, table.changed_at, col(table.wanted) > col(table.told), col(table.refused).is_(False))
    refused = await _queue(session, table.changed_at, knowing.REFUSED)
    return Queue(waits.waiting, waits.since, refused.waiting)


async def _messages(session: AsyncSession, day_ago: datetime) -> Queue:
    table = tables.Notification
    failed = await _queue(session, table.created_at, TROUBLED, col(table.state) == Sending.FAILED,
                          col(table.changed_at) >= day_ago)  # fmt: skip
    refused = await _queue(
        session, table.changed_at, TROUBLED, col(table.state) == Sending.REFUSED, col(table.changed_at) >= day_ago
    )
    return Queue(failed.waiting, failed.since, refused.waiting)


def _sent(row: tables.Notification) -> Sent:
    return Sent(
        Key(row.lead_id, row.offer, row.rung, row.channel),
        row.person_id,
        row.state,
        row.attempts,
        row.provider_id,
        row.because,
        row.changed_at,
        row.kind,
    )
