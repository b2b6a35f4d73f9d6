"""What auditors ask and keep: which open leads look forgotten, what is kept of one of them, what audits found.

Everything is asked by index, so that a million leads that have ended cost nothing. This room judges no lead: it names
suspects, and `activities.audit` looks at them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.stood import stood
from db.tables.intake import WAITING
from db.tables.words import Intake, Sending
from db.unheard import Unheard, unheard, unheard_of
from models.audit import Audit, Finding, Stood, Surveyed, Suspect
from models.lead import Stage

LATE = timedelta(seconds=60)
"""How long past its due time a lead is simply being worked on."""

STANDING = timedelta(minutes=5)
"""How long a lead may be on its way without a due time, wait for its start, or an errand for its run."""

TRIED = 3
"""So often somebody tried to start a lead of an import that is suspected; before, it waits for its turn."""

RECENT = 20_000
"""So many of the last inbox rows are looked through for leads that were started and never let in."""

KEPT = timedelta(days=30)
"""How long audits are kept."""

_OPEN = col(tables.Lead.closed_at).is_(None)

_UNDATED = col(tables.Lead.due_at).is_(None) == true()
"""Said so, SQLite goes through the open leads, and not through every ended one, which has no due time either."""


@dataclass(frozen=True, slots=True)
class Row:
    """The lead's row: where it stood when its workflow last wrote it down. `seq` -1: it never did."""

    stage: Stage
    due_at: datetime | None
    next_step: str
    answerable: str | None
    offer: int
    rung: int
    breached: bool
    seq: int
    changed_at: datetime
    received_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The lead's row in the inbox."""

    id: int
    state: Intake
    created_at: datetime
    attempts: int
    because: str


@dataclass(frozen=True, slots=True)
class Errand:
    """The oldest errand for a lead that is not run yet."""

    id: int
    what: str
    created_at: datetime
    attempts: int
    because: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one lead; `raw` is what came in, None where nothing readable is; `unheard` the oldest alert."""

    row: Row | None
    inbox: Acknowledged | None
    errand: Errand | None
    raw: Any | None
    unheard: Unheard | None


class Audits:
    """Audits, and what they ask."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def survey(self, *, at: datetime, limit: int) -> Surveyed:
        """Count the open leads and name those that look forgotten, longest overdue first."""
        found: dict[str, Suspect] = {}
        async with self._db.reading() as session:
            open_leads = await _count(session, tables.Lead, _OPEN)
            doubtful = cut = 0
            for look in (_late, _undated, _unstarted, _never_let_in, _errands, _unheard):
                suspects, of = await look(session, at, limit)
                cut += of - len(suspects)
                doubtful += of if look in (_late, _undated) else 0
                for one in suspects:
                    found.setdefault(one.lead_id, one)
        named = tuple(found.values())[:limit]
        more = cut + len(found) - len(named)
        return Surveyed(open_leads=open_leads, proved=open_leads - doubtful, suspects=named, more=more)

    async def waiting(self, start: int, limit: int, *, at: datetime) -> tuple[str, ...]:
        """List some open leads that have a future due time, from the one numbered `start` on: do they still run?"""
        lead = tables.Lead
        asked = select(lead.lead_id).where(_OPEN, col(lead.due_at) >= at)
        asked = asked.order_by(col(lead.due_at), col(lead.lead_id)).offset(start).limit(limit)
        async with self._db.reading() as session:
            return tuple((await session.exec(asked)).all())

    async def stood(self, lead_id: str, why: str) -> Stood | None:
        """Say where a lead stands that lost its workflow, as `db.stood`."""
        return await stood(self._db, lead_id, why)

    async def kept(self, lead_id: str) -> Kept:
        """Give all that is kept of one lead that an auditor needs."""
        async with self._db.reading() as session:
            lead = await session.get(tables.Lead, lead_id)
            inbox = (await session.exec(select(tables.Inbox).where(tables.Inbox.lead_id == lead_id))).first()
            outbox = tables.Outbox
            asked = select(outbox).where(outbox.lead_id == lead_id, col(outbox.sent_at).is_(None))
            errand = (await session.exec(asked.order_by(col(outbox.id)).limit(1))).first()
            return Kept(
                row=_row(lead) if lead else None,
                inbox=_acknowledged(inbox) if inbox else None,
                errand=_errand(errand) if errand else None,
                raw=_as_it_came(inbox, lead),
                unheard=await unheard_of(session, lead_id),
            )

    async def write(self, audit: Audit) -> None:
        """Keep an audit; a repeat changes nothing, and what is older than `KEPT` goes."""
        values = audit.model_dump(mode="json", include={"found"})
        row = {**audit.model_dump(exclude={"found"}), **values}
        async with self._db.writing() as session:
            await session.exec(insert_into(self._db, tables.Audit, row).on_conflict_do_nothing())
            await session.exec(delete(tables.Audit).where(col(tables.Audit.ended_at) < audit.ended_at - KEPT))

    async def latest(self, limit: int) -> tuple[Audit, ...]:
        """List audits, newest first."""
        asked = select(tables.Audit).order_by(col(tables.Audit.ended_at).desc()).limit(limit)
        async with self._db.reading() as session:
            return tuple(_audit(row) for row in (await session.exec(asked)).all())

    async def since(self, at: datetime) -> tuple[Audit, ...]:
        """List the audits that ended after `at`, oldest first."""
        asked = select(tables.Audit).where(col(tables.Audit.ended_at) > at).order_by(col(tables.Audit.ended_at))
        async with self._db.reading() as session:
            return tuple(_audit(row) for row in (await session.exec(asked)).all())

    async def told(self, letters: Sequence[str]) -> frozenset[str]:
        """Say which of these letters went out, by the id that their key begins with."""
        table = tables.Notification
        asked = select(table.lead_id).where(col(table.lead_id).in_(letters), table.state == Sending.SENT)
        async with self._db.reading() as session:
            return frozenset((await session.exec(asked)).all())


Named = tuple[list[Suspect], int]
"""Some suspects of one kind, and how many of that kind there are."""


async def _late(session: AsyncSession, at: datetime, limit: int) -> Named:
    lead = tables.Lead
    late = (_OPEN, col(lead.due_at) < at - LATE)
    asked = select(lead.lead_id, lead.due_at).where(*late).order_by(col(lead.due_at)).limit(limit)
    rows = (await session.exec(asked)).all()
    suspects = [_suspect(one, f"was due {_span(at - due)} ago") for one, due in rows if due]
    return suspects, await _count(session, lead, *late)


async def _undated(session: AsyncSession, at: datetime, limit: int) -> Named:
    lead = tables.Lead
    # Said so that the index of open leads is taken, and not the one of changes, which holds those that have ended.
    changed_at = func.coalesce(col(lead.changed_at), col(lead.changed_at))
    undated = (_OPEN, _UNDATED, changed_at < at - STANDING)
    asked = select(lead.lead_id, lead.stage, lead.changed_at).where(*undated).order_by(changed_at)
    rows = (await session.exec(asked.limit(limit))).all()
    says = "has stood in {} for {} without a due time"
    suspects = [_suspect(one, says.format(stage, _span(at - since))) for one, stage, since in rows]
    return suspects, await _count(session, lead, *undated)


async def _unstarted(session: AsyncSession, at: datetime, limit: int) -> Named:
    inbox = tables.Inbox
    its_turn_came = or_(col(inbox.paced).is_(False), col(inbox.attempts) >= TRIED)
    waiting = (WAITING, col(inbox.created_at) < at - STANDING, its_turn_came)
    asked = select(inbox.lead_id, inbox.created_at).where(*waiting).order_by(col(inbox.created_at)).limit(limit)
    rows = (await session.exec(asked)).all()
    suspects = [_suspect(one, f"was acknowledged {_span(at - since)} ago and is not started") for one, since in rows]
    return suspects, await _count(session, inbox, *waiting)


async def _never_let_in(session: AsyncSession, at: datetime, limit: int) -> Named:
    inbox, lead = tables.Inbox, tables.Lead
    last = (await session.exec(select(func.max(inbox.id)))).one() or 0
    asked = (
        select(inbox.lead_id, inbox.started_at)
        .outerjoin(lead, col(lead.lead_id) == col(inbox.lead_id))
        .where(col(inbox.id) > last - RECENT, inbox.state == Intake.STARTED, col(lead.lead_id).is_(None))
        .where(col(inbox.started_at) < at - STANDING)
        .order_by(col(inbox.id))
    )
    rows = (await session.exec(asked)).all()
    says = "was started {} ago and never let in"
    return [_suspect(one, says.format(_span(at - since))) for one, since in rows[:limit] if since], len(rows)


async def _errands(session: AsyncSession, at: datetime, limit: int) -> Named:
    outbox = tables.Outbox
    standing = (col(outbox.sent_at).is_(None), col(outbox.created_at) < at - STANDING)
    asked = select(outbox.lead_id, outbox.what, outbox.created_at).where(*standing).order_by(col(outbox.created_at))
    rows = (await session.exec(asked.limit(limit))).all()
    suspects = [_suspect(one, f"an errand ({what}) waits for {_span(at - since)}") for one, what, since in rows]
    return suspects, await _count(session, outbox, *standing)


async def _unheard(session: AsyncSession, at: datetime, limit: int) -> Named:
    alerts, of = await unheard(session, at, limit)
    says = "{} was to be alerted {} ago"
    return [_suspect(one.lead_id, says.format(one.person_id, _span(at - one.send_at))) for one in alerts], of


async def _count(session: AsyncSession, table: type[tables.Table], *conditions: ColumnElement[bool] | Any) -> int:
    return (await session.exec(select(func.count()).select_from(table).where(*conditions))).one()


def _suspect(lead_id: str, suspicion: str) -> Suspect:
    return Suspect(lead_id=lead_id, suspicion=suspicion)


def _span(span: timedelta) -> str:
    """Say roughly how long: `3 h`, `12 min`, `75 s`."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _as_it_came(inbox: tables.Inbox | None, lead: tables.Lead | None) -> Any | None:
    """Read what came in; of a lead that no door took (a bare client's), what its intake kept."""
    if inbox is not None:
        try:
            return json.loads(inbox.raw)
        except (ValueError, RecursionError):
            return None
    return lead.raw if lead is not None else None


def _row(lead: tables.Lead) -> Row:
    names = Row.__dataclass_fields__
    return Row(**{name: getattr(lead, name) for name in names})


def _acknowledged(row: tables.Inbox) -> Acknowledged:
    return Acknowledged(row.id or 0, row.state, row.created_at, row.attempts, row.because)


def _errand(row: tables.Outbox) -> Errand:
    return Errand(row.id or 0, row.what, row.created_at, row.attempts, row.because)


def _audit(row: tables.Audit) -> Audit:
    found = tuple(Finding.model_validate(one) for one in row.found)
    return Audit.model_validate({**row.model_dump(exclude={"found"}), "found": found})
