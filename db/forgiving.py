"""Offers that ran out on people, and forgiving them: what was missed before that counts against nobody any more.

The rows stay; only what a choice and a coaching list are told of them is cut off.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.tables.rotation import RAN_OUT
from models.roster import Roster
from models.routing import AsideRule


async def misses_of(
    session: AsyncSession, roster: Roster, rule: AsideRule, at: datetime
) -> Mapping[str, tuple[datetime, ...]]:
    """Say when offers ran out on each active rep, newest last, as far back as they may set anybody aside at `at`.

    Of each rep so many of the newest are told as can matter. What ran out before it was forgiven is left out.
    """
    since = at - rule.within - rule.lasts
    newest = rule.misses * (2 + rule.lasts // rule.within if rule.within else 2)
    table, reps = tables.Ownership, [rep.id for rep in roster.reps if rep.active]
    rank = func.row_number().over(partition_by=col(table.rep_id), order_by=col(table.ended_at).desc())
    theirs = col(table.rep_id).in_(reps), col(table.ended_at) > since
    ranked = select(table.rep_id, table.ended_at, rank.label("rank")).where(RAN_OUT, *theirs).subquery("misses")
    asked = select(ranked.c.rep_id, ranked.c.ended_at).where(ranked.c.rank <= newest).order_by(ranked.c.ended_at)
    forgiven = await forgiven_at(session, reps, since)
    found: dict[str, list[datetime]] = {}
    for rep_id, ended_at in (await session.exec(asked)).all():
        if rep_id not in forgiven or ended_at > forgiven[rep_id]:
            found.setdefault(rep_id, []).append(ended_at)
    return {rep_id: tuple(instants) for rep_id, instants in found.items()}


async def forgiven_at(session: AsyncSession, reps: Collection[str], since: datetime) -> dict[str, datetime]:
    """Say when these people were last forgiven, where that was after `since`."""
    table = tables.Forgiven
    asked = select(table.rep_id, func.max(table.at)).where(col(table.rep_id).in_(sorted(reps)), col(table.at) > since)
    return dict((await session.exec(asked.group_by(col(table.rep_id)))).all())
