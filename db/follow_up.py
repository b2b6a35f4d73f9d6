"""Follow-up tasks (R54): who has to get in touch with which lead by when, kept in step with who holds it.

A task is opened in the transaction that gives a lead to somebody, and follows that offer: done with the contact,
dropped when the lead leaves their hands, open again when the offer stands again. Tasks to try somebody else of the
company (`db/next_contact.py`) go with the lead to whoever has it next. This room refuses to decide any of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, tuple_
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.holding import Hands
from db.tables.words import TaskState
from models.lead import SETTLED, Stage


class UnknownTask(LookupError):
    """No task has this id."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task as a list shows it; no personal data of the prospect. `due_at` None: nothing was promised.

    `contact_id`: whom to try instead of whoever asked; None: whoever asked.
    """

    id: int
    lead_id: str
    offer: int
    rep_id: str
    what: str
    due_at: datetime | None
    state: TaskState
    because: str
    created_at: datetime
    closed_at: datetime | None
    contact_id: int | None = None


class FollowUps:
    """Everybody's tasks, to be read."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self,
        *,
        rep_id: str | None = None,
        states: Collection[TaskState] = (),
        lead_id: str | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> tuple[Task, ...]:
        """List tasks, the newest first; `after` is the last id of the page before. Raises `UnknownTask`."""
        table = tables.FollowUp
        place = (col(table.created_at), col(table.id))
        asked = select(table).order_by(*(column.desc() for column in place)).limit(limit)
        for column, wanted in ((table.rep_id, rep_id), (table.lead_id, lead_id)):
            if wanted is not None:
                asked = asked.where(column == wanted)
        if states:
            asked = asked.where(col(table.state).in_(states))
        async with self._db.reading() as session:
            if after is not None:
                last = (await session.exec(select(*place).where(place[1] == after))).first()
                if last is None:
                    raise UnknownTask(f"there is no task {after}")
                asked = asked.where(tuple_(*place) < last)
            return tuple(map(_task, (await session.exec(asked)).all()))

    async def of(self, lead_id: str) -> Task | None:
        """Give the newest task of a lead; None while there was none."""
        found = await self.list(lead_id=lead_id, limit=1)
        return found[0] if found else None


async def follow_up(hands: Hands) -> None:
    """Bring a lead's tasks to where its ownership stands; within a transaction that holds `ROTATION`.

    Also opens the task of an offer that was made before there were tasks.
    """
    lead, session, table = hands.lead, hands.session, tables.FollowUp
    present = await hands.open()
    matters = col(table.state) == TaskState.OPEN
    if present is not None:
        matters = or_(matters, col(table.offer) == present.offer)
    found = (await session.exec(select(table).where(table.lead_id == lead.lead_id, matters))).all()
    rows = [row for row in found if not row.contact_id]
    _pass_on([row for row in found if row.contact_id and row.state is TaskState.OPEN], present, hands)
    for row in rows:
        mine = present is not None and row.offer == present.offer
        _bring_up_to_date(row, present if mine else await hands.of(row.offer), hands.at)
    if present is None or present.contacted_at or any(row.offer == present.offer for row in rows):
        return
    task = table(
        lead_id=lead.lead_id,
        offer=present.offer,
        rep_id=present.rep_id,
        what=f"reach out: {lead.headline}",
        due_at=_promised(present) or lead.response_due_at,
        created_at=present.offered_at,
    )
    session.add(task)
    await session.flush()


def _pass_on(tries: Sequence[tables.FollowUp], present: tables.Ownership | None, hands: Hands) -> None:
    """Let whoever has the lead now try the others of its company; once nobody is to have it, nobody tries."""
    for task in tries:
        if present is not None:
            task.rep_id = present.rep_id
        elif hands.lead.stage in SETTLED - {Stage.CONTACTED}:
            task.state, task.closed_at = TaskState.DROPPED, hands.at
            task.because = f"the lead went to {hands.lead.stage}"


def _bring_up_to_date(task: tables.FollowUp, offer: tables.Ownership | None, at: datetime) -> None:
    if offer is None:
        state, because, closed_at = TaskState.DROPPED, "there is no such offer", at
    elif offer.contacted_at is not None:
        state, because, closed_at = TaskState.DONE, f"{offer.rep_id} reached out", offer.contacted_at
    elif offer.ended_at is not None:
        state, because, closed_at = TaskState.DROPPED, offer.because, offer.ended_at
    else:
        task.state, task.because, task.closed_at = TaskState.OPEN, "", None
        return
    task.state, task.because, task.closed_at = state, because, closed_at


def _promised(offer: tables.Ownership) -> datetime | None:
    """Read when the response of this offer is due, from how it was made."""
    said = (offer.assignment or {}).get("response_due_at")
    return datetime.fromisoformat(said) if isinstance(said, str) else None


def _task(row: tables.FollowUp) -> Task:
    return Task(
        id=row.id or 0,
        lead_id=row.lead_id,
        offer=row.offer,
        contact_id=row.contact_id or None,
        rep_id=row.rep_id,
        what=row.what,
        due_at=row.due_at,
        state=row.state,
        because=row.because,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )
