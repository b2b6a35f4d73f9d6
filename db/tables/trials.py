"""Tables of what is tried on real leads before it is published: trials, their leads, and what a shadow would do."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from models.trial import TrialEnd, TrialKind
from policy.trials.experiment import Arm

_OPEN = text("ended_at IS NULL")


class Trial(Table, table=True):
    """One trial of a draft (`version`); at most one of each kind is open. `control` is what it is compared with.

    `full_at`: an experiment takes in no lead any more. `judged` counts a shadow's leads, each of which builds on the
    one before.
    """

    __table_args__ = (Index("uq_trial_open", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: int | None = Field(default=None, primary_key=True)
    kind: TrialKind = Field(sa_type=Word(TrialKind))
    version: str = Field(sa_type=Prose, foreign_key="policy_version.version")
    control: str = Field(sa_type=Prose, foreign_key="policy_version.version")
    plan: dict[str, Any] | None = Field(default=None, sa_type=Document)
    started_at: datetime = Field(sa_type=Utc)
    started_by: str = Field(sa_type=Prose)
    full_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_by: str | None = Field(default=None, sa_type=Prose)
    ended: TrialEnd | None = Field(default=None, sa_type=Word(TrialEnd))
    because: str = Field(default="", sa_type=Prose)
    judged: int = 0
    control_leads: int = 0
    variant_leads: int = 0


class TrialLead(Table, table=True):
    """One lead of an experiment, and the arm it is in for good."""

    __tablename__ = "trial_lead"

    trial_id: int = Field(primary_key=True, foreign_key="trial.id")
    lead_id: str = Field(sa_type=Prose, primary_key=True, foreign_key="lead.lead_id", index=True)
    arm: Arm = Field(sa_type=Word(Arm))
    at: datetime = Field(sa_type=Utc)


class ShadowDecision(Table, table=True):
    """What a draft would have done with one lead; `failed` names the error where it could not say."""

    __tablename__ = "shadow_decision"

    trial_id: int = Field(primary_key=True, foreign_key="trial.id")
    lead_id: str = Field(sa_type=Prose, primary_key=True, foreign_key="lead.lead_id")
    at: datetime = Field(sa_type=Utc)
    failed: str | None = Field(default=None, sa_type=Prose)
    way: str | None = Field(default=None, sa_type=Prose)
    points: float | None = None
    sla: str | None = Field(default=None, sa_type=Prose)
    pool: str | None = Field(default=None, sa_type=Prose)
    rule: str | None = Field(default=None, sa_type=Prose)
    tie: str | None = Field(default=None, sa_type=Prose)
    owner: str | None = Field(default=None, sa_type=Prose)
    because: str = Field(default="", sa_type=Prose)
    sentence: str = Field(default="", sa_type=Prose)


class ShadowBalance(Table, table=True):
    """The ledger that a shadow keeps for itself: what its turns have moved, by pool and rep."""

    __tablename__ = "shadow_balance"

    trial_id: int = Field(primary_key=True, foreign_key="trial.id")
    pool: str = Field(sa_type=Prose, primary_key=True)
    rep_id: str = Field(sa_type=Prose, primary_key=True)
    units: int = Field(sa_type=BigInteger)
