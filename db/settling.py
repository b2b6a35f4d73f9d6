"""Settling with who leaves a pool: what it owed them, or they it, goes to those who stay, so that no turn changes.

Who is inactive, away or missing from the roster file leaves nothing: when they come back, they go on where they were.
Who joins a pool starts even.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.ledger import Line, balances, post
from db.tables import PoolRow, RepRow
from db.tables.words import Posting
from db.waiting import is_member
from policy.fairness import leave

LEFT = "left the pool"


async def belonging(session: AsyncSession) -> Mapping[str, frozenset[str]]:
    """Say who belongs to which pool now, also in absence: what `settle` compares with when the roster has changed."""
    pools, reps = await _rows(session)
    kept = await balances(session)
    gone = {rep.id for rep in reps if not rep.listed}
    found = {}
    for pool in pools:
        on_ledger = kept.get(pool.name, {}).keys()
        members = {rep.id for rep in reps if is_member(rep, pool)}
        found[pool.name] = frozenset(members | (on_ledger if not pool.listed else on_ledger & gone))
    return found


async def settle(db: Database, session: AsyncSession, before: Mapping[str, frozenset[str]], at: datetime) -> None:
    """Settle with each rep of the file who belonged to a pool `before` and does not any more."""
    pools, reps = await _rows(session)
    kept = await balances(session)
    for pool in pools:
        members = {rep.id for rep in reps if is_member(rep, pool)}
        ledger = dict.fromkeys(members, 0) | kept.get(pool.name, {})
        stay = members | {rep.id for rep in reps if not rep.listed}
        if pool.listed:
            for rep_id in sorted((before.get(pool.name, frozenset()) & kept.get(pool.name, {}).keys()) - stay):
                settlement = leave(ledger, rep_id)
                ledger = dict(settlement.balances_after)
                await _part(db, session, pool.name, rep_id, settlement.moves, at)


async def _part(
    db: Database, session: AsyncSession, pool: str, leaver: str, moves: Mapping[str, int], at: datetime
) -> None:
    lines = [
        Line(pool, rep_id, units, LEFT if rep_id == leaver else f"{leaver} {LEFT}")
        for rep_id, units in sorted(moves.items())
        if units
    ]
    await post(db, session, lines, Posting.SETTLE, at)
    table = tables.Balance
    await session.exec(delete(table).where(col(table.pool) == pool, col(table.rep_id) == leaver))


async def _rows(session: AsyncSession) -> tuple[list[PoolRow], list[RepRow]]:
    pools = (await session.exec(select(PoolRow).order_by(col(PoolRow.name)))).all()
    return list(pools), list((await session.exec(select(RepRow))).all())
