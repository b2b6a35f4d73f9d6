"""Giving turns back: once each, as the policy of the offer said, and not endlessly to who brings it about themselves.

What a person did to the lead (gave it away, took it back) is never counted against who had it. What they brought about
themselves is: beyond the policy's limit the turn stays charged, and the offer says so.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.ledger import Ledger
from db.tables.words import End
from models.routing import Refundable, RefundLimit

LIMITED = frozenset({Refundable.DECLINED, Refundable.EXPIRED, Refundable.COVERED, Refundable.BAD})
"""What a rep may bring about themselves, so that it counts towards `routing.refund_limit`."""


_STAYS = "the turn stays charged"


def refundable(how: End) -> tuple[Refundable, ...]:
    """Say as what an offer that ended so may be given back; a lead that was taken and left later: as nothing."""
    return () if how is End.RELEASED else (Refundable(how.value),)


async def give_back(
    db: Database, session: AsyncSession, row: tables.Ownership, why: Sequence[Refundable], because: str, at: datetime
) -> bool:
    """Give the turn of an offer back for the first reason that its policy knows; say whether that was done.

    Never twice, nothing where no turn was charged, and what stays charged by the limit stays so when the while is over.
    """
    reason = next((one for one in why if one in row.refund_on), None)
    if reason is None or row.refunded is not None:
        return False
    ledger = Ledger(db, session, row.lead_id, row.offer)
    if not await ledger.stands():
        return False
    if reason in LIMITED and _STAYS in row.because:
        return False
    if reason in LIMITED and (spent := await _spent(session, row, at)):
        row.because = f"{row.because}; {_STAYS}: {spent}"
        return False
    await ledger.refund(f"{reason}: {because}", at)
    row.refunded, row.refunded_at = reason, at
    await session.flush()  # the next one counts it
    return True


async def _spent(session: AsyncSession, row: tables.Ownership, at: datetime) -> str:
    """Say how often the rep has had turns of this pool back of late, when that is as often as may be."""
    if row.refund_limit is None:
        return ""
    limit, table = RefundLimit.model_validate(row.refund_limit), tables.Ownership
    asked = select(func.count()).where(
        table.rep_id == row.rep_id,
        table.pool == row.pool,
        col(table.refunded).in_(sorted(LIMITED)),
        col(table.refunded_at).is_not(None),
        col(table.refunded_at) > at - limit.within,
    )
    times = (await session.exec(asked)).one()
    if times < limit.times:
        return ""
    return f"{row.rep_id} was given back {times} within {_span(limit)} already (routing.refund_limit)"


def _span(limit: RefundLimit) -> str:
    days, rest = divmod(limit.within.total_seconds(), 86400)
    return f"{days:g} days" if not rest else f"{limit.within.total_seconds() / 3600:g} hours"
