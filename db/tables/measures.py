"""What is measured of each lead and of each offer, narrow, so that a million are read at once; and how far that is.

Spans are whole seconds of wall time from when the lead was received (an offer's: from when it was made), and `_b` is
the bucket of `policy.insight.buckets` that a span is in. An erased lead has no row. No row holds personal data.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, SmallInteger, text
from sqlmodel import Field

from db.columns import Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import End

_WAITS = text("contacted_b IS NULL AND left_b IS NULL")


class LeadMeasure(Table, table=True):
    """What is counted of one lead.

    `day`: of its receipt, in UTC. `hour_of_week`: 0 is Monday's first hour where its team is; `answered_hour`: that of
    its first acceptance. `rep_id`: who has it, or had it last; `promise_rep_id`: who had it when its promise was kept
    or broke. `band`: the tens of its points. `handed`: how often a person moved it. `rule`: the policy's rule of the
    first offer that one made. `left_b`: when it went another way, not accepted or not contacted. `qualified`: it was an
    opportunity, and nobody took that back. `outcome_id`: the newest outcome that is counted.
    """

    __tablename__ = "lead_measure"
    __table_args__ = (
        Index("ix_lead_measure_day", "day"),
        Index("ix_lead_measure_rep_id", "rep_id", "day"),
        Index("ix_lead_measure_team", "team", "day"),
        Index("ix_lead_measure_source", "source", "day"),
        Index("ix_lead_measure_rule", "rule", "day"),
        Index("ix_lead_measure_waits", "day", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    day: date = Field(sa_type=Date)
    received_at: datetime = Field(sa_type=Utc)
    hour_of_week: int = Field(sa_type=SmallInteger)
    answered_hour: int | None = Field(default=None, sa_type=SmallInteger)
    source: str = Field(sa_type=Prose)
    type: str = Field(sa_type=Prose)
    region: str | None = Field(default=None, sa_type=Prose)
    team: str | None = Field(default=None, sa_type=Prose)
    rep_id: str | None = Field(default=None, sa_type=Prose)
    promise_rep_id: str | None = Field(default=None, sa_type=Prose)
    rule: str | None = Field(default=None, sa_type=Prose)
    policy: str = Field(sa_type=Prose)
    intent: str | None = Field(default=None, sa_type=Prose)
    fit: str | None = Field(default=None, sa_type=Prose)
    band: int | None = Field(default=None, sa_type=SmallInteger)
    stage: str = Field(sa_type=Prose)
    backfill: bool = False
    offers: int = Field(default=0, sa_type=SmallInteger)
    declines: int = Field(default=0, sa_type=SmallInteger)
    ran_out: int = Field(default=0, sa_type=SmallInteger)
    handed: int = Field(default=0, sa_type=SmallInteger)
    offered_s: int | None = None
    accepted_s: int | None = None
    contacted_s: int | None = None
    target_s: int | None = None
    offered_b: int | None = Field(default=None, sa_type=SmallInteger)
    accepted_b: int | None = Field(default=None, sa_type=SmallInteger)
    contacted_b: int | None = Field(default=None, sa_type=SmallInteger)
    left_b: int | None = Field(default=None, sa_type=SmallInteger)
    kept: bool | None = None
    settled: bool = False
    result: str | None = Field(default=None, sa_type=Prose)
    qualified: bool = False
    value: float | None = None
    currency: str | None = Field(default=None, sa_type=Prose)
    outcome_id: int = 0
    changed_at: datetime = Field(sa_type=Utc)


class OfferMeasure(Table, table=True):
    """What is counted of one offer: whom a lead was offered to, and how that ended (None: it has not).

    `day`: when it was made, in UTC. `by_hand`: a person ordered it. `contacted`: there was contact by it; `qualified`
    and `result`: as of its lead.
    """

    __tablename__ = "offer_measure"
    __table_args__ = (
        Index("ix_offer_measure_day", "day"),
        Index("ix_offer_measure_rep_id", "rep_id", "day"),
    )

    lead_id: str = Field(sa_type=Prose, primary_key=True)
    offer: int = Field(primary_key=True, sa_type=SmallInteger)
    day: date = Field(sa_type=Date)
    rep_id: str = Field(sa_type=Prose)
    pool: str | None = Field(default=None, sa_type=Prose)
    source: str = Field(sa_type=Prose)
    type: str = Field(sa_type=Prose)
    region: str | None = Field(default=None, sa_type=Prose)
    team: str | None = Field(default=None, sa_type=Prose)
    rule: str | None = Field(default=None, sa_type=Prose)
    policy: str = Field(sa_type=Prose)
    intent: str | None = Field(default=None, sa_type=Prose)
    fit: str | None = Field(default=None, sa_type=Prose)
    band: int | None = Field(default=None, sa_type=SmallInteger)
    backfill: bool = False
    by_hand: bool = False
    accepted_s: int | None = None
    accepted_b: int | None = Field(default=None, sa_type=SmallInteger)
    contacted: bool = False
    ended: End | None = Field(default=None, sa_type=Word(End))
    result: str | None = Field(default=None, sa_type=Prose)
    qualified: bool = False


class MeasuredWord(Table, table=True):
    """A value that some lead has of a dimension: what a filter offers, without a look at all leads."""

    __tablename__ = "measured_word"

    dimension: str = Field(sa_type=Prose, primary_key=True)
    word: str = Field(sa_type=Prose, primary_key=True)


class MeasuredUntil(Table, table=True):
    """How far one way of finding what to measure has come. `at`, `lead_id`: the last that was looked at.

    `rows`: counts what was written (leads), or the last outcome that was looked at (outcomes).
    """

    __tablename__ = "measured_until"

    name: str = Field(sa_type=Prose, primary_key=True)
    at: datetime = Field(sa_type=Utc)
    lead_id: str = Field(default="", sa_type=Prose)
    rows: int = Field(default=0, sa_type=BigInteger)
