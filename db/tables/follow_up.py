"""Tables of what follows from an assignment: tasks, and what is handed to other tools or said to the prospect."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import HandOffKind, HandOffState, TaskState

_OPEN = text("state = 'open'")
_WAITS = text("state = 'waiting'")

REFUSED = text("state = 'refused'")
"""The condition of the index of what never went out; asked with a bound value, SQLite would not use it."""


class FollowUp(Table, table=True):
    """One task of one person: get in touch with this lead by `due_at` (R54). At most one per lead, offer and contact.

    `contact_id`: whom of the company to try instead of whoever asked (R45); 0: whoever asked.
    """

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("lead_id", "offer", "contact_id"),
        Index("ix_task_open", "rep_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    offer: int
    contact_id: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    rep_id: str = Field(sa_type=Prose)
    what: str = Field(sa_type=Prose)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    state: TaskState = Field(default=TaskState.OPEN, sa_type=Word(TaskState))
    because: str = Field(default="", sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)


class HandOff(Table, table=True):
    """One thing that leaves the house for a lead: an enrolment with marketing, its end, or a first answer.

    At most one of a kind and number per lead; `n` counts enrolments.
    """

    __tablename__ = "hand_off"
    __table_args__ = (
        UniqueConstraint("lead_id", "kind", "n"),
        Index("ix_hand_off_due", "next_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_hand_off_refused", "id", sqlite_where=REFUSED, postgresql_where=REFUSED),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    kind: HandOffKind = Field(sa_type=Word(HandOffKind))
    n: int = 1
    body: dict[str, Any] = Field(sa_type=Document)
    state: HandOffState = Field(default=HandOffState.WAITING, sa_type=Word(HandOffState))
    attempts: int = 0
    provider_id: str | None = Field(default=None, sa_type=Prose)
    because: str = Field(default="", sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    next_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)
