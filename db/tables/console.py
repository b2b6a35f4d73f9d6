"""The people at the console and what they did there, drafts of policies, and reports.

`HumanAct.detail` holds no personal data of prospects; what a person typed is emptied with its lead.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import ActOutcome, RunState


class Member(Table, table=True):
    """Somebody who may sign in. `subject`: who they are to the identity provider; None until they came from there."""

    member_id: str = Field(sa_type=Prose, primary_key=True)
    name: str = Field(sa_type=Prose)
    email: str | None = Field(default=None, sa_type=Prose, unique=True)
    subject: str | None = Field(default=None, sa_type=Prose, unique=True)
    roles: list[str] = Field(sa_type=Document)
    person_id: str | None = Field(default=None, sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(sa_type=Prose)
    disabled_at: datetime | None = Field(default=None, sa_type=Utc)
    seen_at: datetime | None = Field(default=None, sa_type=Utc)


class ConsoleSession(Table, table=True):
    """One browser that is signed in; only the digest of its cookie is kept. `how`: by link, or by which provider."""

    __tablename__ = "console_session"

    digest: str = Field(sa_type=Prose, primary_key=True)
    member_id: str = Field(sa_type=Prose, index=True)
    name: str = Field(sa_type=Prose)
    roles: list[str] = Field(sa_type=Document)
    person_id: str | None = Field(default=None, sa_type=Prose)
    csrf: str = Field(sa_type=Prose)
    how: str = Field(sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    seen_at: datetime = Field(sa_type=Utc)
    expires_at: datetime = Field(sa_type=Utc, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)


class SignInLink(Table, table=True):
    """A link that signs somebody in once; only its digest is kept."""

    __tablename__ = "sign_in_link"

    digest: str = Field(sa_type=Prose, primary_key=True)
    member_id: str = Field(sa_type=Prose)
    name: str = Field(sa_type=Prose)
    roles: list[str] = Field(sa_type=Document)
    person_id: str | None = Field(default=None, sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(sa_type=Prose)
    expires_at: datetime = Field(sa_type=Utc)
    used_at: datetime | None = Field(default=None, sa_type=Utc)


class HumanAct(Table, table=True):
    """What somebody did at the console, and what came of it."""

    __tablename__ = "human_act"
    __table_args__ = (
        Index("ix_human_act_at", "at", "id"),
        Index("ix_human_act_lead_id", "lead_id"),
        Index("ix_human_act_who", "who", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Utc)
    who: str = Field(sa_type=Prose)
    person_id: str | None = Field(default=None, sa_type=Prose)
    what: str = Field(sa_type=Prose)
    lead_id: str | None = Field(default=None, sa_type=Prose)
    about: str = Field(default="", sa_type=Prose)
    detail: dict[str, Any] = Field(sa_type=Document)
    outcome: ActOutcome = Field(sa_type=Word(ActOutcome))
    because: str = Field(default="", sa_type=Prose)


class PolicyDraft(Table, table=True):
    """A policy that is being written."""

    __tablename__ = "policy_draft"

    version: str = Field(sa_type=Prose, primary_key=True)
    name: str = Field(sa_type=Prose)
    text: str = Field(sa_type=Prose)
    saved_at: datetime = Field(sa_type=Utc)
    saved_by: str = Field(sa_type=Prose)


class DraftRun(Table, table=True):
    """One simulation of a draft on past leads: what it found, or why it failed."""

    __tablename__ = "draft_run"
    __table_args__ = (Index("ix_draft_run_version", "version", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    version: str = Field(sa_type=Prose)
    against: str = Field(sa_type=Prose)
    wanted: dict[str, Any] = Field(sa_type=Document)
    began_at: datetime = Field(sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    by: str = Field(sa_type=Prose)
    state: RunState = Field(sa_type=Word(RunState))
    because: str = Field(default="", sa_type=Prose)
    document: dict[str, Any] = Field(sa_type=Document)


class Report(Table, table=True):
    """A document that the house wrote: the quarterly review (R53)."""

    __table_args__ = (Index("ix_report_kind", "kind", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=Prose)
    since: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_type=Utc)
    text: str = Field(sa_type=Prose)
    document: dict[str, Any] = Field(sa_type=Document)
    created_at: datetime = Field(sa_type=Utc)
    created_by: str = Field(sa_type=Prose)
