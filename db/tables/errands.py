"""Tables of what is told, woken and kept on the side: messages, alerts, the outbox, audits, policies, the cache."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import Alerting, Errand, Sending

_ACTIVE = text("active")
_UNSENT = text("sent_at IS NULL")
_WAITS = text("state = 'waiting'")
_SENT = text("sent_at IS NOT NULL")

TROUBLED = text("state IN ('failed', 'refused', 'claimed')")
UNDELIVERED = text("state = 'undeliverable'")
"""Conditions of the indexes of what did not go out; asked with a bound value, SQLite would not use them."""


class Notification(Table, table=True):
    """One message to one person: at most one per lead, offer, rung and channel. `shows`: what it was changed to say."""

    __table_args__ = (
        UniqueConstraint("lead_id", "offer", "rung", "channel"),
        Index("ix_notification_told", "person_id", "sent_at", sqlite_where=_SENT, postgresql_where=_SENT),
        Index("ix_notification_troubled", "id", sqlite_where=TROUBLED, postgresql_where=TROUBLED),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    offer: int
    rung: int
    channel: str = Field(sa_type=Prose)
    kind: str = Field(default="", sa_type=Prose, sa_column_kwargs={"server_default": ""})
    person_id: str | None = Field(default=None, sa_type=Prose)
    state: Sending = Field(sa_type=Word(Sending))
    attempts: int = 1
    provider_id: str | None = Field(default=None, sa_type=Prose)
    because: str = Field(default="", sa_type=Prose)
    shows: str | None = Field(default=None, sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)


class Alert(Table, table=True):
    """One alert of a lead to one person, kept until it goes out alone or with others: at most one per lead and rung.

    `bundle` is the key of the message that it went out with. `kind`: `alert`, or what a rep is told of their own lead
    (`models.orders.Tell`).
    """

    __table_args__ = (
        UniqueConstraint("lead_id", "offer", "rung"),
        Index("ix_alert_waiting", "person_id", "raised_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_alert_told", "person_id", "sent_at", sqlite_where=_SENT, postgresql_where=_SENT),
        Index("ix_alert_undelivered", "id", sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    offer: int
    rung: int
    kind: str = Field(default="alert", sa_type=Prose, sa_column_kwargs={"server_default": "alert"})
    person_id: str = Field(sa_type=Prose)
    what: str = Field(sa_type=Prose)
    owner: str | None = Field(default=None, sa_type=Prose)
    due_at: datetime | None = Field(default=None, sa_type=Utc)
    state: Alerting = Field(default=Alerting.WAITING, sa_type=Word(Alerting))
    because: str = Field(default="", sa_type=Prose)
    bundle: str | None = Field(default=None, sa_type=Prose)
    raised_at: datetime = Field(sa_type=Utc)
    send_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)


class Audit(Table, table=True):
    """One audit, and what it found of each suspect."""

    audit_id: str = Field(sa_type=Prose, primary_key=True)
    began_at: datetime = Field(sa_type=Utc)
    ended_at: datetime = Field(sa_type=Utc, index=True)
    open_leads: int
    suspects: int
    healed: int
    unhealed: int
    found: list[dict[str, Any]] = Field(sa_type=Document)


ROUTING = "routing"
"""The switch that stops all routing."""


class Switch(Table, table=True):
    """One thing that somebody has stopped (`routing`); there is no row for what runs."""

    name: str = Field(sa_type=Prose, primary_key=True)
    stopped_at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Prose)
    reason: str = Field(sa_type=Prose)


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
