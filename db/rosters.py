"""The roster: saved as rows, so that one rep can be edited alone, and given back as the file's shape.

People who are missing from a newer file become inactive and stay; ledger and ownership know them still.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.engine import Database
from db.ledger import ROTATION
from db.settling import belonging, settle
from db.tables import CalendarRow, ManagerRow, PoolRow, RepRow, TeamRow
from db.tables.words import Origin
from models.base import parse
from models.roster import Roster, TimeOff

R = TypeVar("R", CalendarRow, ManagerRow, TeamRow, RepRow, PoolRow)


class UnknownRep(LookupError):
    """No rep has this id."""


@dataclass(frozen=True, slots=True)
class KnownRoster:
    """A roster as it was at a revision."""

    revision: int
    roster: Roster


class Rosters:
    """Who may get leads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: KnownRoster | None = None

    async def save(self, roster: Roster, *, at: datetime) -> None:
        """Take over a roster file, settle with who left a pool, and wake held leads for the places there are now.

        Who is missing becomes inactive. Time off that was added since the last file stays.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            before = await belonging(session)
            await _replace(session, CalendarRow, "name", _calendars(roster))
            await _replace(session, ManagerRow, "id", _entries(roster.managers))
            await _replace(session, TeamRow, "id", _entries(roster.teams))
            await _replace(session, RepRow, "id", _entries(roster.reps))
            await _replace(session, PoolRow, "name", _pools(roster))
            await _replace_time_off(session, roster)
            await settle(self._db, session, before, at)
            await _count_up(session, at)
            free = {rep.id: rep.capacity for rep in roster.reps if rep.active}
            await waiting.wake(session, free, "the roster changed", at)

    async def load(self) -> Roster | None:
        """Give the roster as it is now; None before the first one is saved."""
        async with self._db.reading() as session:
            self._known = await read_roster(session, self._known)
        return None if self._known is None else self._known.roster

    async def add_time_off(self, rep_id: str, time_off: TimeOff, *, at: datetime) -> None:
        """Note that a rep is away; a roster file that says nothing of it leaves it. Raises `UnknownRep`."""
        async with self._db.writing() as session:
            if await session.get(RepRow, rep_id) is None:
                raise UnknownRep(f"there is no rep {rep_id}")
            session.add(_time_off(rep_id, time_off, Origin.ADDED))
            await _count_up(session, at)


async def read_roster(session: AsyncSession, known: KnownRoster | None = None) -> KnownRoster | None:
    """Read the roster, unless what is `known` is still so; None when none was ever saved."""
    state = await session.get(tables.RosterState, 1)
    if state is None:
        return None
    if known is not None and known.revision == state.revision:
        return known
    teams = await _rows(session, TeamRow)
    reps = await _rows(session, RepRow)
    calendars = {row.name: row for row in (await session.exec(select(CalendarRow))).all()}
    managers = await _rows(session, ManagerRow)
    pools = await _rows(session, PoolRow)
    away: dict[str, list[dict[str, str]]] = {}
    for row in (await session.exec(select(tables.TimeOffRow).order_by(col(tables.TimeOffRow.id)))).all():
        away.setdefault(row.rep_id, []).append({"from": row.starts, "to": row.ends, "reason": row.reason})
    # What a newer file left out is told only where somebody who stays still points at it.
    teams = [team for team in teams if team.listed or team.id in {rep.team for rep in reps}]
    used = {*(team.calendar for team in teams), *(rep.calendar for rep in reps)}
    chiefs = {team.manager for team in teams}
    raw = {
        "calendars": {name: row.body for name, row in sorted(calendars.items()) if row.listed or name in used},
        "managers": [_plain(row) for row in managers if row.listed or row.id in chiefs],
        "teams": [_plain(row) for row in teams],
        "reps": [_plain(row) | {"time_off": away.get(row.id, [])} for row in reps],
        "pools": {row.name: _plain(row, "name") for row in pools if row.listed},
    }
    return KnownRoster(state.revision, parse(Roster, raw))


def _calendars(roster: Roster) -> dict[str, dict[str, Any]]:
    return {name: {"body": calendar.model_dump(mode="json")} for name, calendar in roster.calendars.items()}


def _entries(entries: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {
        entry.id: entry.model_dump(mode="json", exclude={"id", "time_off"}) | {"place": place}
        for place, entry in enumerate(entries)
    }


def _pools(roster: Roster) -> dict[str, dict[str, Any]]:
    return {
        name: pool.model_dump(mode="json") | {"place": place} for place, (name, pool) in enumerate(roster.pools.items())
    }


def _plain(row: ManagerRow | TeamRow | RepRow | PoolRow, *hidden: str) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"place", "listed", *hidden})


async def _rows(session: AsyncSession, table: type[R]) -> list[R]:
    rows = await session.exec(select(table))
    return sorted(rows.all(), key=lambda row: (not row.listed, getattr(row, "place", 0)))


async def _replace(session: AsyncSession, table: type[R], key: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    known = {getattr(row, key): row for row in (await session.exec(select(table))).all()}
    for name, values in wanted.items():
        row = known.pop(name, None)
        if row is None:
            fields: dict[str, Any] = {key: name, **values, "listed": True}
            session.add(table(**fields))
        else:
            row.sqlmodel_update({**values, "listed": True})
    for gone in known.values():
        gone.listed = False
        if isinstance(gone, RepRow):
            gone.active = False
    await session.flush()


async def _replace_time_off(session: AsyncSession, roster: Roster) -> None:
    table = tables.TimeOffRow
    await session.exec(delete(table).where(col(table.origin) == Origin.FILE))
    session.add_all(_time_off(rep.id, away, Origin.FILE) for rep in roster.reps for away in rep.time_off)


def _time_off(rep_id: str, time_off: TimeOff, origin: Origin) -> tables.TimeOffRow:
    plain = time_off.model_dump(mode="json")
    return tables.TimeOffRow(
        rep_id=rep_id, starts=plain["start"], ends=plain["end"], reason=time_off.reason, origin=origin
    )


async def _count_up(session: AsyncSession, at: datetime) -> None:
    state = await session.get(tables.RosterState, 1, with_for_update=True)
    if state is None:
        session.add(tables.RosterState(id=1, revision=1, changed_at=at))
    else:
        state.revision, state.changed_at = state.revision + 1, at
