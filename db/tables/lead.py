"""Tables of one lead: where it stands, what was decided, what happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import DecisionKind
from models.ladder import EntryKind
from models.lead import Stage

_HAD_CONTACT = text("contacted_at IS NOT NULL")
_OPEN = text("closed_at IS NULL")
_FOLLOWS = text("follows IS NOT NULL")
_IN_HAND = text("closed_at IS NULL AND owner IS NOT NULL")


class Lead(Table, table=True):
    """Where a lead stands, as the workflow recorded it at `seq`, and what is known of it."""

    __table_args__ = (
        Index("ix_lead_received", "received_at", "lead_id"),
        Index("ix_lead_stage", "stage", "received_at", "lead_id"),
        Index("ix_lead_owner", "owner", "received_at", "lead_id"),
        Index("ix_lead_answerable", "answerable", "received_at", "lead_id"),
        Index("ix_lead_team", "team", "received_at", "lead_id"),
        Index("ix_lead_type", "type", "received_at", "lead_id"),
        Index("ix_lead_source", "source", "received_at", "lead_id"),
        Index("ix_lead_due", "due_at"),
        Index("ix_lead_open", "due_at", "lead_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_lead_company", "company", "contacted_at", sqlite_where=_HAD_CONTACT, postgresql_where=_HAD_CONTACT),
        Index("ix_lead_follows", "follows", sqlite_where=_FOLLOWS, postgresql_where=_FOLLOWS),
        Index("ix_lead_account", "account_id", "received_at"),
        Index("ix_lead_scored", "stage", "scored_at"),
        Index("ix_lead_changed", "changed_at", "lead_id"),
        Index("ix_lead_company_open", "company", "received_at", sqlite_where=_IN_HAND, postgresql_where=_IN_HAND),
    )

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    headline: str = Field(sa_type=Prose)
    source: str = Field(sa_type=Prose)
    type: str = Field(sa_type=Prose)
    region: str | None = Field(default=None, sa_type=Prose)
    company: str | None = Field(default=None, sa_type=Prose)
    account_id: str | None = Field(default=None, sa_type=Prose)
    team: str | None = Field(default=None, sa_type=Prose)
    policy: str = Field(sa_type=Prose)
    backfill: bool = False
    stage: Stage = Field(default=Stage.RECEIVED, sa_type=Word(Stage))
    owner: str | None = Field(default=None, sa_type=Prose)
    answerable: str | None = Field(default=None, sa_type=Prose)
    offer: int = 0
    rung: int = 0
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    next_step: str = Field(default="", sa_type=Prose)
    breached: bool = False
    points: float | None = None
    intent: str | None = Field(default=None, sa_type=Prose)
    fit: str | None = Field(default=None, sa_type=Prose)
    likelihood: float | None = None
    scored_at: datetime | None = Field(default=None, sa_type=Utc)
    received_at: datetime = Field(sa_type=Utc)
    response_due_at: datetime | None = Field(default=None, sa_type=Utc)
    first_offered_at: datetime | None = Field(default=None, sa_type=Utc)
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    contacted_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
    seq: int = -1
    folded_into: str | None = Field(default=None, sa_type=Prose)
    follows: str | None = Field(default=None, sa_type=Prose)
    admission: dict[str, Any] | None = Field(default=None, sa_type=Document)
    raw: Any | None = Field(default=None, sa_type=Document, nullable=True)
    facts: dict[str, Any] | None = Field(default=None, sa_type=Document)
    enrichment: dict[str, Any] | None = Field(default=None, sa_type=Document)
    score: dict[str, Any] | None = Field(default=None, sa_type=Document)


class Decision(Table, table=True):
    """One decision with its reasons, whole."""

    __table_args__ = (UniqueConstraint("lead_id", "kind", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose, foreign_key="lead.lead_id")
    offer: int | None = None
    kind: DecisionKind = Field(sa_type=Word(DecisionKind))
    policy: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=Utc)
    body: dict[str, Any] = Field(sa_type=Document)


class Timeline(Table, table=True):
    """One line of a lead's story."""

    lead_id: str = Field(sa_type=Prose, primary_key=True, foreign_key="lead.lead_id")
    n: int = Field(primary_key=True)
    at: datetime = Field(sa_type=Utc)
    kind: EntryKind = Field(sa_type=Word(EntryKind))
    says: str = Field(sa_type=Prose)
    data: dict[str, Any] = Field(sa_type=Document)


class Touched(Table, table=True):
    """One thing the prospect did after the lead came in."""

    __tablename__ = "touch"

    lead_id: str = Field(sa_type=Prose, primary_key=True, foreign_key="lead.lead_id")
    n: int = Field(primary_key=True)
    kind: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=Utc)
    properties: dict[str, Any] = Field(sa_type=Document)
