"""Tables of what is known beside a lead: accounts, their people, providers' use, learned scores, the CRM's copies."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import AccountKeyKind
from models.account import MatchState
from models.contact import BuyingRole, ContactState
from models.learning import ModelState
from models.market import AccountStatus

_OPEN = text("state = 'open'")
_MAILED = text("email IS NOT NULL")
_PUBLISHED = text("state = 'published'")
_UNTOLD = text("wanted > told")

REFUSED = text("refused")
"""The condition of the index of what the CRM does not take; asked with a bound value, SQLite would not use it."""


class AccountRow(Table, table=True):
    """One company that we know (`models.market.Account`); one that was merged into another is still found."""

    __tablename__ = "account"

    account_id: str = Field(sa_type=Prose, primary_key=True)
    name: str = Field(sa_type=Prose)
    names: list[str] = Field(sa_type=Document)
    domains: list[str] = Field(sa_type=Document)
    parent: str | None = Field(default=None, sa_type=Prose, index=True)
    owner: str | None = Field(default=None, sa_type=Prose, index=True)
    relationship: str | None = Field(default=None, sa_type=Prose)
    success: str | None = Field(default=None, sa_type=Prose)
    status: AccountStatus = Field(default=AccountStatus.PROSPECT, sa_type=Word(AccountStatus))
    region: str | None = Field(default=None, sa_type=Prose)
    country: str | None = Field(default=None, sa_type=Prose)
    open_deals: int = 0
    merged_into: str | None = Field(default=None, sa_type=Prose)
    source: str = Field(sa_type=Prose)
    changed_at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Prose)


class AccountKey(Table, table=True):
    """One way to find an account: a domain, a name without its legal form, or a part of a name to look around at."""

    __tablename__ = "account_key"
    __table_args__ = (Index("ix_account_key_account_id", "account_id"),)

    kind: AccountKeyKind = Field(sa_type=Word(AccountKeyKind), primary_key=True)
    value: str = Field(sa_type=Prose, primary_key=True)
    account_id: str = Field(sa_type=Prose, primary_key=True)


class PossibleMatchRow(Table, table=True):
    """One account that a lead's company might be, until somebody says."""

    __tablename__ = "possible_match"
    __table_args__ = (
        UniqueConstraint("lead_id", "account_id"),
        Index("ix_possible_match_open", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose)
    account_id: str = Field(sa_type=Prose)
    score: float
    because: str = Field(sa_type=Prose)
    state: MatchState = Field(default=MatchState.OPEN, sa_type=Word(MatchState))
    at: datetime = Field(sa_type=Utc)
    decided_at: datetime | None = Field(default=None, sa_type=Utc)
    decided_by: str | None = Field(default=None, sa_type=Prose)


class Contact(Table, table=True):
    """One person of a company: from a lead of theirs (`lead_id`: the latest), an import, or a referral by another."""

    __table_args__ = (
        Index("uq_contact_email", "email", unique=True, sqlite_where=_MAILED, postgresql_where=_MAILED),
        Index("ix_contact_account_id", "account_id"),
        Index("ix_contact_company", "company"),
        Index("ix_contact_lead_id", "lead_id"),
        Index("ix_contact_referred_by", "referred_by"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: str | None = Field(default=None, sa_type=Prose)
    company: str | None = Field(default=None, sa_type=Prose)
    email: str | None = Field(default=None, sa_type=Prose)
    phone: str | None = Field(default=None, sa_type=Prose)
    first_name: str | None = Field(default=None, sa_type=Prose)
    last_name: str | None = Field(default=None, sa_type=Prose)
    title: str | None = Field(default=None, sa_type=Prose)
    seniority: str | None = Field(default=None, sa_type=Prose)
    department: str | None = Field(default=None, sa_type=Prose)
    decision_maker: bool | None = None
    language: str | None = Field(default=None, sa_type=Prose)
    role: BuyingRole | None = Field(default=None, sa_type=Word(BuyingRole))
    state: ContactState = Field(default=ContactState.ACTIVE, sa_type=Word(ContactState))
    referred_by: int | None = None
    source: str = Field(sa_type=Prose)
    lead_id: str | None = Field(default=None, sa_type=Prose)
    created_at: datetime = Field(sa_type=Utc)
    changed_at: datetime = Field(sa_type=Utc)


class ProviderUse(Table, table=True):
    """What one enrichment provider did on one day (UTC), and what it cost."""

    __tablename__ = "provider_use"

    provider: str = Field(sa_type=Prose, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    asked: int = 0
    found: int = 0
    cached: int = 0
    failed: int = 0
    cost: float = 0


class ScoreModelRow(Table, table=True):
    """One learned score (`models.learning.ScoreModel`); at most one is published."""

    __tablename__ = "score_model"
    __table_args__ = (
        Index(
            "uq_score_model_published",
            "state",
            unique=True,
            sqlite_where=_PUBLISHED,
            postgresql_where=_PUBLISHED,
        ),
    )

    version: str = Field(sa_type=Prose, primary_key=True)
    kind: str = Field(sa_type=Prose)
    state: ModelState = Field(sa_type=Word(ModelState))
    body: dict[str, Any] = Field(sa_type=Document)
    created_at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Prose)
    shadowed_at: datetime | None = Field(default=None, sa_type=Utc)
    published_at: datetime | None = Field(default=None, sa_type=Utc)
    published_by: str | None = Field(default=None, sa_type=Prose)
    retired_at: datetime | None = Field(default=None, sa_type=Utc)


class Likelihood(Table, table=True):
    """How likely one model called one lead when it was first judged: what its outcome is held against (R40)."""

    __table_args__ = (Index("ix_likelihood_version", "version", "at"),)

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    version: str = Field(sa_type=Prose, primary_key=True)
    likelihood: float
    points: float
    at: datetime = Field(sa_type=Utc)


class Evidence(Table, table=True):
    """How many converted leads, and how many others, had a feature; the empty feature counts all of them."""

    feature: str = Field(sa_type=Prose, primary_key=True)
    good: int = 0
    bad: int = 0


class EvidenceLead(Table, table=True):
    """What one lead brought to the evidence: taken back when its outcome is corrected, or it is erased."""

    __tablename__ = "evidence_lead"

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    converted: bool
    features: list[str] = Field(sa_type=Document)
    at: datetime = Field(sa_type=Utc)


class CrmCopy(Table, table=True):
    """What the CRM knows of one lead: which of its states was told (`told`), and which is to be (`wanted`).

    `owner`: whom we named last, at `named_at`, and `owner_before`: whom before, so that the CRM's echo of it is known.
    """

    __tablename__ = "crm_copy"
    __table_args__ = (
        Index("ix_crm_copy_due", "next_at", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
        Index("ix_crm_copy_refused", "lead_id", sqlite_where=REFUSED, postgresql_where=REFUSED),
        Index("ix_crm_copy_external_id", "external_id"),
    )

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    wanted: int = 1
    told: int = 0
    external_id: str | None = Field(default=None, sa_type=Prose)
    tasks: dict[str, Any] = Field(sa_type=Document)
    owner: str | None = Field(default=None, sa_type=Prose)
    owner_before: str | None = Field(default=None, sa_type=Prose)
    named_at: datetime | None = Field(default=None, sa_type=Utc)
    digest: str | None = Field(default=None, sa_type=Prose)
    refused: bool = False
    attempts: int = 0
    because: str = Field(default="", sa_type=Prose)
    changed_at: datetime = Field(sa_type=Utc)
    next_at: datetime = Field(sa_type=Utc)
    told_at: datetime | None = Field(default=None, sa_type=Utc)
