"""The inbox: a lead is acknowledged once its row is committed here, whether or not Temporal is up.

Whoever starts workflows claims rows for a while; what is not started by then may be claimed again. Starting twice is
harmless (a workflow's id is the lead's), losing one is not.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks, insert_into
from db.tables.intake import WAITING
from db.tables.words import Intake
from models.door import Urgency
from models.lead import Stage

IMPORTS = "imports"
"""The name of the pace that imports keep."""

_NOT_JUDGED = (Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING)
_NOT_ROUTED = (*_NOT_JUDGED, Stage.ROUTING)
_LATEST = 20
_IN_ORDER = (col(tables.Inbox.urgency), col(tables.Inbox.next_at), col(tables.Inbox.id))


@dataclass(frozen=True, slots=True)
class Arrival:
    """One lead at a door: its raw JSON text, where it came from, and how it is to be started.

    `urgency`: the smallest is started first. `paced`: not faster than imports go. `backfill`: its promises are history.
    `content`: digest of what came, by which a repeat is known.
    """

    lead_id: str
    raw: str
    source: str | None = None
    import_id: str | None = None
    line: int | None = None
    paced: bool = False
    urgency: int = Urgency.MEDIUM
    backfill: bool = False
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a door may acknowledge: the row's id, and whether this arrival made it or a former one.

    `own`: the row is of this arrival, or says the same; otherwise the lead id is another's, and nothing was kept.
    """

    id: int
    lead_id: str
    new: bool
    state: Intake
    own: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """A row somebody is to start now; `attempts` counts this claim too."""

    id: int
    lead_id: str
    raw: str
    source: str | None
    import_id: str | None
    line: int | None
    paced: bool
    urgency: int
    backfill: bool
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows are in which state."""

    waiting: int = 0
    started: int = 0
    refused: int = 0


class Inbox:
    """Leads that were acknowledged, and which of them are started."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(
        self, arrivals: Sequence[Arrival], *, at: datetime, reserve: timedelta = timedelta(0)
    ) -> tuple[Receipt, ...]:
        """Commit arrivals and answer in their order; a lead id that is there already keeps its first row.

        `reserve`: for so long no dispatcher claims the new rows, because whoever puts them starts them.
        """
        receipts: list[Receipt] = []
        async with self._db.writing() as session:
            for piece in chunks(arrivals):
                receipts += await put_in(self._db, session, piece, at=at, next_at=at + reserve)
        return tuple(receipts)

    async def claim(
        self, limit: int, *, now: datetime, lease: timedelta, paced: bool | None = None
    ) -> tuple[Claim, ...]:
        """Take rows to start, urgent ones before paced ones; nobody else gets them before `lease` is over."""
        asked = select(tables.Inbox).where(WAITING, col(tables.Inbox.next_at) <= now)
        if paced is not None:
            asked = asked.where(col(tables.Inbox.paced).is_(paced))
        asked = asked.order_by(col(tables.Inbox.paced), *_IN_ORDER).limit(limit)
        async with self._db.writing() as session:
            rows = (await session.exec(asked.with_for_update(skip_locked=True))).all()
            for row in rows:
                row.next_at = now + lease
                row.attempts += 1
            return tuple(_claim(row) for row in rows)

    async def claim_paced(
        self, rate: float, *, now: datetime, lease: timedelta, most: int | None = None
    ) -> tuple[Claim, ...]:
        """Take rows of imports: `rate` a second, by however many dispatchers; idle time saves up a second's worth.

        `most`: so many at once at the most.
        """
        asked = select(tables.Inbox).where(WAITING, col(tables.Inbox.next_at) <= now, col(tables.Inbox.paced))
        asked = asked.order_by(*_IN_ORDER).with_for_update(skip_locked=True)
        async with self._db.writing() as session:
            if (await session.exec(asked.limit(1))).first() is None:
                return ()
            pace = await self._pace(session, now)
            passed = max((now - pace.at).total_seconds(), 0.0)
            allowance = min(pace.allowance + rate * passed, max(rate, 1.0))
            number = int(allowance) if most is None else min(int(allowance), most)
            rows = (await session.exec(asked.limit(number))).all() if number >= 1 else []
            pace.allowance, pace.at = allowance - len(rows), max(now, pace.at)
            for row in rows:
                row.next_at = now + lease
                row.attempts += 1
            return tuple(_claim(row) for row in rows)

    async def on_their_way(self, lead_ids: Collection[str]) -> frozenset[str]:
        """Say which of these leads are not let in, or not judged yet."""
        lead = tables.Lead
        there = select(lead.lead_id).where(col(lead.lead_id).in_(lead_ids), col(lead.stage).not_in(_NOT_JUDGED))
        async with self._db.reading() as session:
            return frozenset(lead_ids) - frozenset((await session.exec(there)).all())

    async def awaited(self, since: datetime) -> bool:
        """Say whether a lead that came at a door since, and not in an import, is not with anybody yet."""
        inbox, lead = tables.Inbox, tables.Lead
        latest = select(inbox.lead_id, inbox.created_at, inbox.paced).order_by(col(inbox.id).desc()).limit(_LATEST)
        async with self._db.reading() as session:
            ids = [one for one, at, paced in (await session.exec(latest)).all() if at > since and not paced]
            there = select(lead.lead_id).where(col(lead.lead_id).in_(ids), col(lead.stage).not_in(_NOT_ROUTED))
            held = select(tables.Ownership.lead_id).where(col(tables.Ownership.lead_id).in_(ids))
            return bool(set(ids) - set((await session.exec(there)).all()) - set((await session.exec(held)).all()))

    async def give_back(self, row_ids: Sequence[int], *, at: datetime) -> None:
        """Let others have claimed rows from `at` on: whoever claimed them cannot start them now."""
        await self._give_back(row_ids, {"next_at": at})

    async def undo_claim(self, row_ids: Sequence[int], because: str) -> None:
        """Give rows back as if nobody had tried, because nobody could have started any: they keep their turn."""
        inbox = tables.Inbox
        values = {"next_at": col(inbox.created_at), "attempts": col(inbox.attempts) - 1, "because": because}
        await self._give_back(row_ids, values)

    async def _give_back(self, row_ids: Sequence[int], values: dict[str, Any]) -> None:
        for piece in chunks(row_ids):
            theirs = update(tables.Inbox).where(col(tables.Inbox.id).in_(piece), WAITING)
            async with self._db.writing() as session:
                await session.exec(theirs.values(**values))

    async def started(self, row_id: int, *, at: datetime) -> None:
        """Note that the workflow of a row runs."""
        await self._change(row_id, state=Intake.STARTED, started_at=at, because="")

    async def failed(self, row_id: int, because: str, *, retry_at: datetime | None) -> None:
        """Note why a row could not be started; without `retry_at` it never will be, and stays to be seen."""
        if retry_at is None:
            await self._change(row_id, state=Intake.REFUSED, because=because)
        else:
            await self._change(row_id, next_at=retry_at, because=because)

    async def counts(self, import_id: str | None = None) -> Counts:
        """Count the rows by state, all or one import's."""
        asked = select(tables.Inbox.state, func.count()).group_by(col(tables.Inbox.state))
        if import_id is not None:
            asked = asked.where(tables.Inbox.import_id == import_id)
        async with self._db.reading() as session:
            found = {str(state): number for state, number in (await session.exec(asked)).all()}
        return Counts(**found)

    async def _pace(self, session: AsyncSession, now: datetime) -> tables.Pace:
        first = insert_into(self._db, tables.Pace, {"name": IMPORTS, "allowance": 1.0, "at": now})
        await session.exec(first.on_conflict_do_nothing())
        locked = select(tables.Pace).where(tables.Pace.name == IMPORTS).with_for_update()
        return (await session.exec(locked)).one()

    async def _change(self, row_id: int, **values: object) -> None:
        waiting = update(tables.Inbox).where(col(tables.Inbox.id) == row_id, WAITING)
        async with self._db.writing() as session:
            await session.exec(waiting.values(**values))


async def put_in(
    db: Database, session: AsyncSession, arrivals: Sequence[Arrival], *, at: datetime, next_at: datetime
) -> list[Receipt]:
    """Put at most a chunk of arrivals within a transaction; a lead id that is there already keeps its first row."""
    ids = [arrival.lead_id for arrival in arrivals]
    known = set((await session.exec(select(tables.Inbox.lead_id).where(col(tables.Inbox.lead_id).in_(ids)))).all())
    values = [{**asdict(arrival), "created_at": at, "next_at": next_at} for arrival in arrivals]
    await session.exec(insert_into(db, tables.Inbox, values).on_conflict_do_nothing(index_elements=["lead_id"]))
    rows = (await session.exec(select(tables.Inbox).where(col(tables.Inbox.lead_id).in_(ids)))).all()
    by_lead = {row.lead_id: row for row in rows}
    receipts = []
    for arrival in arrivals:
        row = by_lead[arrival.lead_id]
        new = arrival.lead_id not in known
        receipts.append(Receipt(row.id or 0, arrival.lead_id, new, row.state, new or _is_of(row, arrival)))
        known.add(arrival.lead_id)
    return receipts


def _is_of(row: tables.Inbox, arrival: Arrival) -> bool:
    """Say whether a row that was there before is this arrival's: it came before, or says word for word the same."""
    if arrival.import_id is not None and (row.import_id, row.line) == (arrival.import_id, arrival.line):
        return True
    return row.content == arrival.content if row.content and arrival.content else row.raw == arrival.raw


def _claim(row: tables.Inbox) -> Claim:
    return Claim(
        id=row.id or 0,
        lead_id=row.lead_id,
        raw=row.raw,
        source=row.source,
        import_id=row.import_id,
        line=row.line,
        paced=row.paced,
        urgency=row.urgency,
        backfill=row.backfill,
        attempts=row.attempts,
        created_at=row.created_at,
    )
