"""Tables of who has what and whose turn it is: ownership, the ledger, its balances, and who waits for a place."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field

from db.columns import Document, Prose, Utc, Word
from db.tables.base import Table
from db.tables.words import End, Holds, Posting
from models.routing import Refundable

_OPEN = text("ended_at IS NULL")
_COUNTS = text("ended_at IS NULL AND contacted_at IS NULL")
_IN_CONTACT = text("ended_at IS NULL AND contacted_at IS NOT NULL")
_REFUNDED = text("refunded_at IS NOT NULL")
RAN_OUT = text("ended = 'expired'")
_FOR_ONE = text("rep_id IS NOT NULL")


class Ownership(Table, table=True):
    """One offer of one lead to one person. At most one of a lead is open; contact leaves it open.

    `refund_on` and `refund_limit` are as the policy of the offer has them; `refunded` is why its turn was given back.
    """

    __table_args__ = (
        UniqueConstraint("lead_id", "offer"),
        Index("uq_ownership_open", "lead_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_ownership_in_contact", "rep_id", sqlite_where=_IN_CONTACT, postgresql_where=_IN_CONTACT),
        Index("ix_ownership_ran_out", "rep_id", "ended_at", sqlite_where=RAN_OUT, postgresql_where=RAN_OUT),
        Index("ix_ownership_load", "rep_id", sqlite_where=_COUNTS, postgresql_where=_COUNTS),
        Index("ix_ownership_rep_id", "rep_id", "offered_at"),
        Index("ix_ownership_refunded", "rep_id", "refunded_at", sqlite_where=_REFUNDED, postgresql_where=_REFUNDED),
    )

    id: int | None = Field(default=None, primary_key=True)
    lead_id: str = Field(sa_type=Prose, foreign_key="lead.lead_id")
    offer: int
    rep_id: str = Field(sa_type=Prose)
    pool: str | None = Field(default=None, sa_type=Prose)
    state: Holds = Field(sa_type=Word(Holds))
    ordered_at: datetime = Field(sa_type=Utc)
    offered_at: datetime = Field(sa_type=Utc)
    accepted_at: datetime | None = Field(default=None, sa_type=Utc)
    contacted_at: datetime | None = Field(default=None, sa_type=Utc)
    ended_at: datetime | None = Field(default=None, sa_type=Utc)
    ended: End | None = Field(default=None, sa_type=Word(End))
    because: str = Field(default="", sa_type=Prose)
    by: str | None = Field(default=None, sa_type=Prose)
    refund_on: list[str] = Field(sa_type=Document)
    refund_limit: dict[str, Any] | None = Field(default=None, sa_type=Document)
    refunded: Refundable | None = Field(default=None, sa_type=Word(Refundable))
    refunded_at: datetime | None = Field(default=None, sa_type=Utc)
    assignment: dict[str, Any] | None = Field(default=None, sa_type=Document)


class Ledger(Table, table=True):
    """What one decision of a pool added to one balance. Lines are added, never changed."""

    __table_args__ = (Index("ix_ledger_lead_id_offer", "lead_id", "offer"), Index("ix_ledger_pool", "pool", "rep_id"))

    id: int | None = Field(default=None, primary_key=True)
    pool: str = Field(sa_type=Prose)
    rep_id: str = Field(sa_type=Prose)
    lead_id: str = Field(sa_type=Prose)
    offer: int
    posting: Posting = Field(sa_type=Word(Posting))
    units: int = Field(sa_type=BigInteger)
    because: str = Field(default="", sa_type=Prose)
    at: datetime = Field(sa_type=Utc)


class Balance(Table, table=True):
    """The sum of the ledger's lines of one rep in one pool."""

    pool: str = Field(sa_type=Prose, primary_key=True)
    rep_id: str = Field(sa_type=Prose, primary_key=True)
    units: int = Field(sa_type=BigInteger)


class Waiting(Table, table=True):
    """One held lead, until `until` or until it is woken because a place came free.

    It waits for anybody of `pool`, or for `rep_id`, whose it is.
    """

    __table_args__ = (
        Index("ix_waiting_pool", "pool", "points"),
        Index("ix_waiting_points", "points"),
        Index("ix_waiting_rep_id", "rep_id", "points", sqlite_where=_FOR_ONE, postgresql_where=_FOR_ONE),
    )

    lead_id: str = Field(sa_type=Prose, primary_key=True, foreign_key="lead.lead_id")
    pool: str | None = Field(default=None, sa_type=Prose)
    rep_id: str | None = Field(default=None, sa_type=Prose)
    levels: str = Field(default="", sa_type=Prose)
    points: float
    since: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_type=Utc)
    woken_at: datetime | None = Field(default=None, sa_type=Utc)
