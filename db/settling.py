"""Settling with who leaves a pool: what it owed them, or they it, goes to those who stay, so that no turn changes.

Who is inactive, away or missing from the roster file leaves nothing: when they come back, they go on where they were.
Who is retired leaves every pool. Who joins a pool starts even, and so does who comes back after leaving.
"""

from collections.abc import Mapping, Sequence
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
        ledger = _ledger(pool, reps, kept)
        stay = members | {rep.id for rep in reps if not rep.listed}
        if pool.listed:
            for rep_id in sorted((before.get(pool.name, frozenset()) & kept.get(pool.name, {}).keys()) - stay):
                settlement = leave(ledger, rep_id)
                ledger = dict(settlement.balances_after)
                await _part(db, session, pool.name, rep_id, settlement.moves, LEFT, at)


async def part_with(db: Database, session: AsyncSession, rep_id: str, because: str, at: datetime) -> None:
    """Settle with a rep in every pool in whose ledger they are, whether they still belong to it or not."""
    pools, reps = await _rows(session)
    kept = await balances(session)
    for pool in pools:
        if rep_id in kept.get(pool.name, {}):
            settlement = leave(_ledger(pool, reps, kept), rep_id)
            await _part(db, session, pool.name, rep_id, settlement.moves, f"{LEFT} ({because})", at)


def _ledger(pool: PoolRow, reps: Sequence[RepRow], kept: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Give the balances of those between whom the pool's turns go; who is inactive and on no line has no part in it."""
    present = {rep.id for rep in reps if rep.active and is_member(rep, pool)}
    return dict.fromkeys(present, 0) | dict(kept.get(pool.name, {}))


async def _part(
    db: Database, session: AsyncSession, pool: str, leaver: str, moves: Mapping[str, int], because: str, at: datetime
) -> None:
    lines = [
        Line(pool, rep_id, units, because if rep_id == leaver else f"{leaver} {because}")
        for rep_id, units in sorted(moves.items())
        if units
    ]
    await post(db, session, lines, Posting.SETTLE, at)
    table = tables.Balance
    await session.exec(delete(table).where(col(table.pool) == pool, col(table.rep_id) == leaver))


async def _rows(session: AsyncSession) -> tuple[list[PoolRow], list[RepRow]]:
    pools = (await session.exec(select(PoolRow).order_by(col(PoolRow.name)))).all()
    return list(pools), list((await session.exec(select(RepRow))).all())
