"""The roster between its file and its rows: one row for each calendar, person, team, pool, rota, room and absence.

Who is missing from a newer file stays as a row that is not `listed` any more; they are told where somebody who stays
still points at them. This room refuses to know what a change means: that is `db/rosters.py`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.tables import CalendarRow, ManagerRow, PoolRow, RepRow, RoomRow, RotaRow, TeamRow
from db.tables.words import Origin
from models.roster import Roster, TimeOff

R = TypeVar("R", CalendarRow, ManagerRow, TeamRow, RepRow, PoolRow, RotaRow, RoomRow)


async def write(session: AsyncSession, roster: Roster) -> None:
    """Take over a file; time off that was added since the last one stays."""
    calendars = {name: {"body": calendar.model_dump(mode="json")} for name, calendar in roster.calendars.items()}
    rotas = {name: {"body": rota.model_dump(mode="json", by_alias=True)} for name, rota in roster.rotas.items()}
    pools = {name: pool.model_dump(mode="json") for name, pool in roster.pools.items()}
    await _replace(session, CalendarRow, "name", calendars)
    await _replace(session, ManagerRow, "id", _entries(roster.managers))
    await _replace(session, TeamRow, "id", _entries(roster.teams))
    await _replace(session, RepRow, "id", _entries(roster.reps))
    await _replace(session, PoolRow, "name", _placed(pools))
    await _replace(session, RotaRow, "name", _placed(rotas))
    await _replace(session, RoomRow, "id", _entries(roster.rooms))
    table = tables.TimeOffRow
    await session.exec(delete(table).where(col(table.origin) == Origin.FILE))
    session.add_all(time_off_row(rep.id, away, Origin.FILE) for rep in roster.reps for away in rep.time_off)
    await session.flush()


async def read_file(session: AsyncSession) -> dict[str, Any]:
    """Give the roster as the last file said it, with who is active now: without those who are missing from it.

    Time off that was noted elsewhere is left out: taking the file over again leaves it as it is.
    """
    calendars = sorted(await _rows(session, CalendarRow), key=lambda row: row.name)
    away = await _absences(session, Origin.FILE)
    return {
        "calendars": {row.name: row.body for row in calendars if row.listed},
        "managers": [_plain(row) for row in await _rows(session, ManagerRow) if row.listed],
        "teams": [_plain(row) for row in await _rows(session, TeamRow) if row.listed],
        "reps": [
            _plain(row) | {"time_off": away.get(row.id, [])} for row in await _rows(session, RepRow) if row.listed
        ],
        "pools": {row.name: _plain(row, "name") for row in await _rows(session, PoolRow) if row.listed},
        "rotas": {row.name: row.body for row in await _rows(session, RotaRow) if row.listed},
        "rooms": [_plain(row) for row in await _rows(session, RoomRow) if row.listed],
    }


async def read(session: AsyncSession) -> dict[str, Any]:
    """Give the roster as a file would have it now."""
    teams, reps, managers = (
        await _rows(session, TeamRow),
        await _rows(session, RepRow),
        await _rows(session, ManagerRow),
    )
    pools, rotas, rooms = await _rows(session, PoolRow), await _rows(session, RotaRow), await _rows(session, RoomRow)
    calendars = sorted(await _rows(session, CalendarRow), key=lambda row: row.name)
    away = await _absences(session)
    teams = [team for team in teams if team.listed or team.id in {rep.team for rep in reps}]
    used = {*(team.calendar for team in teams), *(rep.calendar for rep in reps)}
    answering = _answering(managers, {team.manager for team in teams})
    return {
        "calendars": {row.name: row.body for row in calendars if row.listed or row.name in used},
        "managers": [_plain(row) for row in managers if row.id in answering],
        "teams": [_plain(row) for row in teams],
        "reps": [_plain(row) | {"time_off": away.get(row.id, [])} for row in reps],
        "pools": {row.name: _plain(row, "name") for row in pools if row.listed},
        "rotas": {row.name: row.body for row in rotas if row.listed},
        "rooms": [_plain(row) for row in rooms if row.listed],
    }


def time_off_row(rep_id: str, time_off: TimeOff, origin: Origin) -> tables.TimeOffRow:
    """Make the row of an absence, its ends as they were written."""
    plain = time_off.model_dump(mode="json")
    return tables.TimeOffRow(
        rep_id=rep_id, starts=plain["start"], ends=plain["end"], reason=time_off.reason, origin=origin
    )


def _answering(managers: Iterable[ManagerRow], chiefs: Iterable[str]) -> set[str]:
    """Name the managers of the file, and who is gone but still answers for a team, with whoever they answer to."""
    above = {row.id: row.manager for row in managers}
    found = {row.id for row in managers if row.listed}
    for chief in chiefs:
        one: str | None = chief
        while one is not None and one not in found and one in above:
            found.add(one)
            one = above[one]
    return found


async def _absences(session: AsyncSession, *origins: Origin) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    asked = select(tables.TimeOffRow).where(col(tables.TimeOffRow.origin).in_(origins or tuple(Origin)))
    for row in (await session.exec(asked.order_by(col(tables.TimeOffRow.id)))).all():
        found.setdefault(row.rep_id, []).append({"from": row.starts, "to": row.ends, "reason": row.reason})
    return found


def _entries(entries: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return _placed({entry.id: entry.model_dump(mode="json", exclude={"id", "time_off"}) for entry in entries})


def _placed(entries: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: values | {"place": place} for place, (name, values) in enumerate(entries.items())}


def _plain(row: ManagerRow | TeamRow | RepRow | PoolRow | RoomRow, *hidden: str) -> dict[str, Any]:
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
