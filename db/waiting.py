"""Held leads, and how they learn that a place came free: an outbox row, in the transaction that freed it.

One lead is woken for each free place, the best score first, whether it waits for anybody of a pool or for that very
person; a lead that was woken is not woken again before it has been held again. While routing is stopped nobody is
woken for a place: its start wakes them all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.columns import Document, Utc, Word
from db.engine import Database
from db.statements import chunks, insert_into
from db.tables.words import Errand
from models.roster import Level

LOOK_AHEAD = 500
"""How many better leads are looked at when one asks for a place."""

GIVEN_UP = timedelta(hours=1)
"""A lead that is due for longer and still has not asked keeps nobody from a place any more."""

SLEEPS_ON = timedelta(minutes=2)
"""A lead that was told to wake asks within seconds; one that has not after this, and is not due, lets others by."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """A waiting lead that goes first: which pool and levels it waits for (no levels: any), and its score."""

    lead_id: str
    pool: str | None
    levels: tuple[Level, ...]
    points: float


async def hold(
    db: Database,
    session: AsyncSession,
    lead: tables.Lead,
    pool: str | None,
    levels: Collection[Level],
    until: datetime,
    at: datetime,
    rep_id: str | None = None,
) -> None:
    """Let a lead wait, for anybody of a pool or for `rep_id` alone; one that waits already keeps its place."""
    values = {
        "pool": pool,
        "rep_id": rep_id,
        "levels": "".join(f",{level}" for level in sorted(levels)) + ("," if levels else ""),
        "points": lead.points or 0.0,
        "until": until,
        "woken_at": None,
    }
    row = insert_into(db, tables.Waiting, {"lead_id": lead.lead_id, "since": at, **values})
    await session.exec(row.on_conflict_do_update(index_elements=["lead_id"], set_=values))


async def drop(session: AsyncSession, lead_id: str) -> None:
    """Let a lead wait no longer."""
    await session.exec(delete(tables.Waiting).where(col(tables.Waiting.lead_id) == lead_id))


async def leave(session: AsyncSession, lead_id: str) -> str | None:
    """Let a lead wait no longer, and name the person for whose free place it was woken if it has not asked since."""
    row = await session.get(tables.Waiting, lead_id)
    if row is None:
        return None
    woken = row.woken_at is not None
    await drop(session, lead_id)
    if not woken:
        return None
    table = tables.Outbox
    asked = select(table).where(table.lead_id == lead_id, table.what == Errand.WAKE)
    errand = (await session.exec(asked.order_by(col(table.id).desc()).limit(1))).first()
    return errand.body.get("rep_id") if errand else None


async def ahead_of(session: AsyncSession, lead: tables.Lead, at: datetime) -> tuple[Ahead, ...]:
    """List the leads that are due or woken and go before this one: a better score, or an equal one for longer."""
    table = tables.Waiting
    points = lead.points or 0.0
    own = (await session.exec(select(table).where(table.lead_id == lead.lead_id))).first()
    since = own.since if own else at
    asked = (
        select(table)
        .where(
            col(table.points) >= points,
            or_(col(table.points) > points, col(table.since) < since),
            or_(
                col(table.until).between(at - GIVEN_UP, at),
                col(table.woken_at).between(at - SLEEPS_ON, at),
                and_(col(table.woken_at).between(at - GIVEN_UP, at), _is_still_told(at)),
            ),
            table.lead_id != lead.lead_id,
        )
        .order_by(*_best_first())
        .limit(LOOK_AHEAD)
    )
    rows = (await session.exec(asked)).all()
    return tuple(Ahead(row.lead_id, row.pool, _levels(row.levels), row.points) for row in rows)


def _is_still_told(at: datetime) -> ColumnElement[bool]:
    """Say that a woken lead has not heard of it, or just now: after a long stop it takes minutes to tell them all."""
    outbox = tables.Outbox
    told = or_(col(outbox.sent_at).is_(None), col(outbox.sent_at) > at - SLEEPS_ON)
    theirs = select(outbox.id).where(outbox.lead_id == tables.Waiting.lead_id, outbox.what == Errand.WAKE, told)
    return theirs.exists()


async def loads(session: AsyncSession) -> dict[str, int]:
    """Count what each person has to answer or to contact; leads in contact do not count."""
    table = tables.Ownership
    asked = (
        select(table.rep_id, func.count())
        .where(col(table.ended_at).is_(None), col(table.contacted_at).is_(None))
        .group_by(col(table.rep_id))
    )
    return dict((await session.exec(asked)).all())


async def wake(session: AsyncSession, freed: Mapping[str, int], because: str, at: datetime) -> None:
    """Wake the best waiting leads for places that came free, at most `freed` for each rep and what they can take."""
    await session.flush()
    if await session.get(tables.Switch, tables.ROUTING) is not None:
        return
    reps = (
        await session.exec(
            select(tables.RepRow)
            .where(col(tables.RepRow.id).in_(sorted(freed)), col(tables.RepRow.active))
            .order_by(col(tables.RepRow.id))
        )
    ).all()
    if not reps:
        return
    pools = (await session.exec(select(tables.PoolRow).where(col(tables.PoolRow.listed)))).all()
    busy = await loads(session)
    for rep in reps:
        places = min(freed[rep.id], rep.capacity - busy.get(rep.id, 0))
        names = [pool.name for pool in pools if is_member(rep, pool)]
        if places > 0:
            await _wake_for(session, rep, names, places, because, at)


async def _wake_for(
    session: AsyncSession,
    rep: tables.RepRow,
    pools: list[str],
    places: int,
    because: str,
    at: datetime,
) -> None:
    table = tables.Waiting
    anybody = and_(
        col(table.rep_id).is_(None),
        col(table.pool).in_(pools),
        or_(col(table.levels) == "", col(table.levels).contains(f",{rep.level},")),
    )
    asked = (
        select(table.lead_id)
        .where(or_(anybody, col(table.rep_id) == rep.id), col(table.woken_at).is_(None))
        .order_by(*_best_first())
        .limit(places)
    )
    body = {"because": because, "rep_id": rep.id}
    errand = {"what": Errand.WAKE, "body": body, "attempts": 0, "created_at": at, "next_at": at, "because": ""}
    for leads in chunks((await session.exec(asked)).all()):
        rows = [{"lead_id": lead_id, **errand} for lead_id in leads]
        await (await session.connection()).execute(insert(tables.Outbox), rows)
        await session.exec(update(table).where(col(table.lead_id).in_(leads)).values(woken_at=at))


async def wake_those_for(session: AsyncSession, rep_ids: Collection[str], because: str, at: datetime) -> int:
    """Wake every lead that is held for one of these people alone, and say how many: they may be somebody else's now."""
    return await _wake_all(session, because, at, [col(tables.Waiting.rep_id).in_(sorted(rep_ids))])


async def wake_all(session: AsyncSession, because: str, at: datetime) -> int:
    """Wake every waiting lead, best score first, and say how many, however many they are."""
    return await _wake_all(session, because, at, [])


async def _wake_all(session: AsyncSession, because: str, at: datetime, which: list[ColumnElement[bool]]) -> int:
    await session.flush()
    connection, table, outbox = await session.connection(), tables.Waiting, tables.Outbox
    values = {
        col(outbox.lead_id): col(table.lead_id),
        col(outbox.what): literal(Errand.WAKE, Word(Errand)),
        col(outbox.body): literal({"because": because}, Document),
        col(outbox.attempts): literal(0),
        col(outbox.created_at): literal(at, Utc),
        col(outbox.next_at): literal(at, Utc),
        col(outbox.because): literal(""),
    }
    theirs = select_columns(*values.values()).where(*which).order_by(*_best_first())
    await connection.execute(insert(outbox).from_select(list(values), theirs))
    woken = await connection.execute(update(table).where(*which).values(woken_at=at))
    return woken.rowcount


def is_member(rep: tables.RepRow, pool: tables.PoolRow) -> bool:
    """Say whether a rep belongs to a pool: by name, or by team and level."""
    if rep.id in pool.members:
        return True
    return pool.team is not None and pool.team == rep.team and (not pool.levels or rep.level in pool.levels)


def _levels(text: str) -> tuple[Level, ...]:
    return tuple(Level(word) for word in text.strip(",").split(",") if word)


def _best_first() -> tuple[Any, ...]:
    table = tables.Waiting
    return col(table.points).desc(), col(table.since), col(table.lead_id)
