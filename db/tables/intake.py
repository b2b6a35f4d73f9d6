"""Tables of what comes in: the inbox and its pace, and whose person an open lead is.

`Inbox.urgency`: 0 is started before 1 before 2. `Inbox.content`: digest of what came, by which a repeat is known.
"""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from db.columns import Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import Intake

WAITING = text("state = 'waiting'")
"""The condition of the index of what is to be started; asked with a bound value, SQLite would not use the index."""


class Inbox(Table, table=True):
    """One lead that a door acknowledged, kept until its workflow is started."""

    __table_args__ = (
        Index(
            "ix_inbox_due",
            "paced",
            "urgency",
            "next_at",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_inbox_import_id", "import_id", "state"),
        Index("ix_inbox_content", "content", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose, unique=True)
    raw: str = Field(sa_type=Prose)
    source: str | None = Field(default=None, sa_type=Prose)
    import_id: str | None = Field(default=None, sa_type=Prose)
    line: int | None = None
    paced: bool = False
    urgency: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    backfill: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    content: str | None = Field(default=None, sa_type=Prose)
    state: Intake = Field(default=Intake.WAITING, sa_type=Word(Intake))
    attempts: int = 0
    created_at: datetime = Field(sa_type=Utc)
    next_at: datetime = Field(sa_type=Utc)
    started_at: datetime | None = Field(default=None, sa_type=Utc)
    because: str = Field(default="", sa_type=Prose)


class Pace(Table, table=True):
    """What all dispatchers together may still start of imports: one row."""

    name: str = Field(sa_type=Prose, primary_key=True)
    allowance: float
    at: datetime = Field(sa_type=Utc)


class Identity(Table, table=True):
    """One way to recognise the person behind a lead; at most one open lead has it."""

    __table_args__ = (
        Index(
            "uq_identity_open",
            "kind",
            "value",
            unique=True,
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_identity_kind_value", "kind", "value"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=Prose)
    value: str = Field(sa_type=Prose)
    lead_id: str = Field(sa_type=Prose, foreign_key="lead.lead_id", index=True)
    released_at: datetime | None = Field(default=None, sa_type=Utc)
