"""Telling leads that their holder's hours have changed: an outbox row each, in the transaction that changed them.

A rung is due on the calendar of whoever holds the lead, or of their team, and who goes on leave moves on what they have
not taken. What else a roster says of a person (their name, weight, languages) changes nothing for what they hold.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks, insert_into
from db.tables.words import Errand
from models.calendar import Calendar
from models.roster import Rep, Roster, TimeOff


@dataclass(frozen=True, slots=True)
class Hours:
    """What a rep's rungs are counted on, and what takes them away."""

    active: bool
    team: str
    tz: str | None
    calendar: Calendar
    of_team: Calendar
    time_off: tuple[TimeOff, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed for one rep, in words; `gone` when they may not be there now and were before."""

    because: str
    gone: bool = False


def changes(before: Roster | None, after: Roster) -> dict[str, Changed]:
    """Say for which reps something has changed that matters to the leads they hold, and what."""
    known = dict(_hours(before)) if before is not None else {}
    found = {}
    for rep_id, now in _hours(after):
        was = known.get(rep_id)
        if was is not None and was != now:
            found[rep_id] = Changed(f"{rep_id}{_what(was, now)}", not now.active or was.time_off != now.time_off)
    return found


async def reconsider(
    db: Database, session: AsyncSession, changed: Mapping[str, Changed], at: datetime, but: Collection[str] = ()
) -> int:
    """Have the rungs of what these people are offered or have accepted counted again, and say of how many leads."""
    table = tables.Ownership
    rows = []
    for reps in chunks(sorted(changed)):
        asked = select(table.lead_id, table.rep_id).where(
            col(table.rep_id).in_(reps), col(table.ended_at).is_(None), col(table.contacted_at).is_(None)
        )
        rows += [
            {
                "lead_id": lead_id,
                "what": Errand.RECONSIDER,
                "body": {"because": changed[rep_id].because},
                "attempts": 0,
                "created_at": at,
                "next_at": at,
                "because": "",
            }
            for lead_id, rep_id in (await session.exec(asked.order_by(col(table.offered_at)))).all()
            if lead_id not in but
        ]
    for piece in chunks(rows):
        await session.exec(insert_into(db, tables.Outbox, list(piece)))
    return len(rows)


def _hours(roster: Roster) -> Iterator[tuple[str, Hours]]:
    of_team = {team.id: roster.calendars[team.calendar] for team in roster.teams}
    for rep in roster.reps:
        yield rep.id, _hours_of(rep, roster, of_team[rep.team])


def _hours_of(rep: Rep, roster: Roster, of_team: Calendar) -> Hours:
    own = roster.calendars[rep.calendar] if rep.calendar else of_team
    away = tuple(sorted(rep.time_off, key=str))  # as they were noted, not as rows happen to stand
    return Hours(rep.active, rep.team, rep.tz, own, of_team, away)


def _what(was: Hours, now: Hours) -> str:
    if was.active != now.active:
        return " is active again" if now.active else " is not active any more"
    if was.time_off != now.time_off:
        return "'s time off changed"
    if was.team != now.team:
        return f" is in team {now.team} now"
    return "'s hours changed"
