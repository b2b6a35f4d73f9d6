"""Tables of what became of leads, and of what that says about who held them."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from db.columns import Prose, Utc, Word
from db.tables.base import Table
from models.outcome import OutcomeResult


class Outcome(Table, table=True):
    """What somebody said became of a lead. Rows are only added; a lead's newest counts."""

    __table_args__ = (UniqueConstraint("lead_id", "key"), Index("ix_outcome_lead_id", "lead_id", "id"))

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose, foreign_key="lead.lead_id")
    key: str = Field(sa_type=Prose)
    result: OutcomeResult = Field(sa_type=Word(OutcomeResult))
    value: float | None = None
    currency: str | None = Field(default=None, sa_type=Prose)
    rep_id: str | None = Field(default=None, sa_type=Prose)
    industry: str | None = Field(default=None, sa_type=Prose)
    at: datetime = Field(sa_type=Utc)
    by: str | None = Field(default=None, sa_type=Prose)
    recorded_at: datetime = Field(sa_type=Utc)


class RepRecord(Table, table=True):
    """How the leads of one rep ended in one industry, or in all of them (an empty industry): the sum of what counts."""

    __tablename__ = "rep_record"

    rep_id: str = Field(sa_type=Prose, primary_key=True)
    industry: str = Field(sa_type=Prose, primary_key=True)
    won: int = 0
    lost: int = 0
