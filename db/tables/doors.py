"""Tables of the doors: who may use them, what they were answered, what tools sent, and what is to be erased."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import HookState

_IDENTIFIED = text("webhook_id IS NOT NULL")
_UNDONE = text("done_at IS NULL")


class DoorSign(Table, table=True):
    """By what the person behind a lead is recognised that is acknowledged and not admitted yet.

    Admission takes these rows away: from then on `identity` says it.
    """

    __tablename__ = "door_sign"
    __table_args__ = (Index("ix_door_sign_value", "kind", "value"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=Prose)
    value: str = Field(sa_type=Prose)
    lead_id: str = Field(sa_type=Prose, index=True)
    at: datetime = Field(sa_type=Utc)


class Came(Table, table=True):
    """One arrival of somebody whose lead was in flight: kept as it came, and told to that lead as an event."""

    __table_args__ = (Index("ix_came_content", "content", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose, index=True)
    source: str = Field(sa_type=Prose)
    content: str = Field(sa_type=Prose)
    raw: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=Utc)


class Idempotency(Table, table=True):
    """What a request was answered, under its sender's key: a repeat gets the same."""

    __table_args__ = (Index("ix_idempotency_at", "at"),)

    scope: str = Field(sa_type=Prose, primary_key=True)
    key: str = Field(sa_type=Prose, primary_key=True)
    content: str = Field(sa_type=Prose)
    answer: dict[str, Any] | None = Field(default=None, sa_type=Document)
    at: datetime = Field(sa_type=Utc)


class Import(Table, table=True):
    """One file of leads that came through the door: how many lines were kept, and what is wrong with the others."""

    __tablename__ = "lead_import"

    import_id: str = Field(sa_type=Prose, primary_key=True)
    content: str = Field(sa_type=Prose, index=True)
    by: str = Field(sa_type=Prose)
    backfill: bool = False
    kept: int = 0
    refused: int = 0
    errors: list[dict[str, Any]] = Field(sa_type=Document)
    created_at: datetime = Field(sa_type=Utc)
    read_at: datetime | None = Field(default=None, sa_type=Utc)


class SourceRow(Table, table=True):
    """One source of leads and how its payloads are read (`models.source.Source`)."""

    __tablename__ = "source"

    name: str = Field(sa_type=Prose, primary_key=True)
    body: dict[str, Any] = Field(sa_type=Document)
    changed_at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Prose)


class HookDelivery(Table, table=True):
    """One authentic webhook, its payload as it came, and what became of it."""

    __tablename__ = "hook_delivery"
    __table_args__ = (
        Index(
            "uq_hook_delivery_webhook_id",
            "source",
            "webhook_id",
            unique=True,
            sqlite_where=_IDENTIFIED,
            postgresql_where=_IDENTIFIED,
        ),
        Index("ix_hook_delivery_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(sa_type=Prose)
    webhook_id: str | None = Field(default=None, sa_type=Prose)
    content_type: str = Field(default="", sa_type=Prose)
    raw: bytes = Field(sa_type=LargeBinary)
    state: HookState = Field(sa_type=Word(HookState))
    because: str = Field(default="", sa_type=Prose)
    results: list[dict[str, Any]] = Field(sa_type=Document)
    attempts: int = 1
    received_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)


class SealedSecret(Table, table=True):
    """One secret that we have to say or check ourselves, sealed with the key ring; newest first it is a ring, too."""

    __tablename__ = "sealed_secret"

    id: int | None = Field(default=None, primary_key=True)
    purpose: str = Field(sa_type=Prose, index=True)
    sealed: str = Field(sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    expires_at: datetime | None = Field(default=None, sa_type=Utc)


class ApiKey(Table, table=True):
    """One tool's key, of which only a digest is kept; after a rotation the former secret holds for a while."""

    __tablename__ = "api_key"

    key_id: str = Field(sa_type=Prose, primary_key=True)
    name: str = Field(sa_type=Prose)
    digest: str = Field(sa_type=Prose)
    former_digest: str | None = Field(default=None, sa_type=Prose)
    former_until: datetime | None = Field(default=None, sa_type=Utc)
    scopes: list[str] = Field(sa_type=Document)
    sources: list[str] = Field(sa_type=Document)
    people: list[str] = Field(sa_type=Document)
    per_minute: int = 600
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(sa_type=Prose)
    expires_at: datetime | None = Field(default=None, sa_type=Utc)
    revoked_at: datetime | None = Field(default=None, sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)


class Erasure(Table, table=True):
    """One lead that was erased: who asked for it, what had been sent out, and how far it has come.

    `same_person`: the ids of other leads of the same person, which were left alone.
    """

    __table_args__ = (Index("ix_erasure_undone", "at", sqlite_where=_UNDONE, postgresql_where=_UNDONE),)

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    by: str = Field(sa_type=Prose)
    reason: str = Field(sa_type=Prose)
    sent_out: list[dict[str, Any]] = Field(sa_type=Document)
    same_person: list[str] = Field(sa_type=Document)
    at: datetime = Field(sa_type=Utc)
    done_at: datetime | None = Field(default=None, sa_type=Utc)
