"""Tables of what is told, woken and kept on the side: messages, the outbox, policies, the enrichment cache."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import Errand, Sending

_ACTIVE = text("active")
_UNSENT = text("sent_at IS NULL")


class Notification(Table, table=True):
    """One message to one person: at most one per lead, offer, rung and channel."""

    __table_args__ = (UniqueConstraint("lead_id", "offer", "rung", "channel"),)

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    offer: int
    rung: int
    channel: str = Field(sa_type=Prose)
    person_id: str | None = Field(default=None, sa_type=Prose)
    state: Sending = Field(sa_type=Word(Sending))
    attempts: int = 1
    provider_id: str | None = Field(default=None, sa_type=Prose)
    because: str = Field(default="", sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)


class PolicyVersion(Table, table=True):
    """One published policy text; at most one is active."""

    __tablename__ = "policy_version"
    __table_args__ = (
        Index("uq_policy_version_active", "active", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    )

    version: str = Field(sa_type=Prose, primary_key=True)
    name: str = Field(sa_type=Prose)
    text: str = Field(sa_type=Prose)
    published_at: datetime = Field(sa_type=Utc)
    published_by: str = Field(sa_type=Prose)
    active: bool = False


class Outbox(Table, table=True):
    """One errand that was decided in a transaction and is run after it, at least once."""

    __table_args__ = (
        Index("ix_outbox_due", "next_at", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
        Index("ix_outbox_lead_id", "lead_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    what: Errand = Field(sa_type=Word(Errand))
    body: dict[str, Any] = Field(sa_type=Document)
    attempts: int = 0
    created_at: datetime = Field(sa_type=Utc)
    next_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)
    because: str = Field(default="", sa_type=Prose)


class EnrichmentCache(Table, table=True):
    """One kept answer of a provider; keys hold no names."""

    __tablename__ = "enrichment_cache"

    key: str = Field(sa_type=Prose, primary_key=True)
    body: str = Field(sa_type=Prose)
    expires_at: datetime = Field(sa_type=Utc, index=True)
