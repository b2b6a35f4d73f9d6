"""The roster: saved as rows, so that one rep can be edited alone, and given back as the file's shape.

People who are missing from a newer file become inactive and stay; ledger and ownership know them still. What a change
means for leads is noted in the same transaction: those whose holder's hours changed count their rungs again, those
that are held look again for whom there is a place now.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import roster_rows, tables, waiting
from db.engine import Database
from db.ledger import ROTATION
from db.reconsidering import Changed, changes, reconsider
from db.settling import belonging, part_with, settle
from db.tables import RepRow
from db.tables.words import Origin
from models.base import Refused, parse
from models.roster import Roster, TimeOff


class UnknownRep(LookupError):
    """No rep has this id."""


@dataclass(frozen=True, slots=True)
class KnownRoster:
    """A roster as it was at a revision."""

    revision: int
    roster: Roster


class RosterChanged(RuntimeError):
    """Somebody changed the roster meanwhile."""


@dataclass(frozen=True, slots=True)
class RosterFile:
    """What a file of the roster would say, and `digest`: what it is called for as long as it says just that."""

    digest: str
    roster: Roster


class Rosters:
    """Who may get leads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: KnownRoster | None = None

    async def save(self, roster: Roster, *, at: datetime, instead_of: str | None = None) -> None:
        """Take over a roster file, settle with who left a pool, and wake held leads for the places there are now.

        Who is missing becomes inactive. Time off that was added since the last file stays. Raises `Refused`, with
        nothing changed, when the file does not go with those who are missing from it (a room with a former rep's id);
        and `RosterChanged` where `instead_of` is not the digest of what it is to replace.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            if instead_of is not None and instead_of != _digest(await roster_rows.read_file(session)):
                raise RosterChanged("somebody changed the roster meanwhile")
            was, before = await self._as_it_was(session), await belonging(session)
            await roster_rows.write(session, roster)
            await settle(self._db, session, before, at)
            await follow(self._db, session, changes(was, await self._changed(session, at)), at)
            free = {rep.id: rep.capacity for rep in roster.reps if rep.active}
            await waiting.wake(session, free, "the roster changed", at)

    async def load(self) -> Roster | None:
        """Give the roster as it is now; None before the first one is saved."""
        async with self._db.reading() as session:
            self._known = await read_roster(session, self._known)
        return None if self._known is None else self._known.roster

    async def file(self) -> RosterFile | None:
        """Give what a file would have to say for nothing to change; None before the first one is saved."""
        async with self._db.reading() as session:
            if await session.get(tables.RosterState, 1) is None:
                return None
            document = await roster_rows.read_file(session)
        return RosterFile(_digest(document), parse(Roster, document))

    async def add_time_off(self, rep_id: str, time_off: TimeOff, *, at: datetime) -> bool:
        """Note that a rep is away, and say whether just that was not noted before: forms come twice.

        A roster file that says nothing of it leaves it. Raises `UnknownRep`.
        """
        table, it = tables.TimeOffRow, roster_rows.time_off_row(rep_id, time_off, Origin.ADDED)
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            await rep_row(session, rep_id)
            theirs = select(table.id).where(col(table.rep_id) == rep_id, col(table.origin) == Origin.ADDED)
            if (await session.exec(theirs.where(col(table.starts) == it.starts, col(table.ends) == it.ends))).first():
                return False
            session.add(it)
            await self._changed(session, at)
            await follow(self._db, session, {rep_id: Changed(f"{rep_id}'s time off changed", gone=True)}, at)
            return True

    async def remove_time_off(self, rep_id: str, time_off: TimeOff, *, at: datetime) -> bool:
        """Take back time off that was added; say whether there was such. What the file says stays.

        Raises `UnknownRep`.
        """
        table, it = tables.TimeOffRow, roster_rows.time_off_row(rep_id, time_off, Origin.ADDED)
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            rep = await rep_row(session, rep_id)
            theirs = delete(table).where(col(table.rep_id) == rep_id, col(table.origin) == Origin.ADDED)
            gone = await session.exec(theirs.where(col(table.starts) == it.starts, col(table.ends) == it.ends))
            if not gone.rowcount:
                return False
            await self._changed(session, at)
            because = f"{rep_id}'s time off changed"
            await follow(self._db, session, {rep_id: Changed(because, gone=True)}, at)
            await waiting.wake(session, {rep_id: rep.capacity}, because, at)
            return True

    async def set_active(self, rep_id: str, active: bool, *, at: datetime, because: str = "") -> bool:
        """Offer a rep leads again, or none any more; say whether that is new. Raises `UnknownRep`.

        Nothing is settled: who comes back goes on where they were. The next roster file has the last word.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            rep = await rep_row(session, rep_id)
            if rep.active == active:
                return False
            rep.active = active
            await self._changed(session, at)
            says = f"{rep_id} is {'active again' if active else 'not active any more'}" + (because and f": {because}")
            await follow(self._db, session, {rep_id: Changed(says, gone=not active)}, at)
            if active:
                await waiting.wake(session, {rep_id: rep.capacity}, says, at)
            return True

    async def retire(self, rep_id: str, *, by: str, reason: str, at: datetime) -> bool:
        """Take a rep out of the rotation for good, and settle with those who stay; say whether they were active.

        What they hold unanswered moves on, what they have accepted stays theirs (`db.handovers` gives it away). If they
        ever come back, they start even. Raises `UnknownRep`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            was_active, changed = await retire(self._db, session, rep_id, by, reason, at)
            await follow(self._db, session, changed, at)
            return was_active

    async def _as_it_was(self, session: AsyncSession) -> Roster | None:
        """Give the roster that is about to be replaced; None where there is none, or none that can still be read."""
        try:
            known = await read_roster(session, self._known)
        except Refused:
            return None
        return None if known is None else known.roster

    async def _changed(self, session: AsyncSession, at: datetime) -> Roster:
        """Count the roster's revision up, and read it whole."""
        await count_up(session, at)
        found = await read_roster(session)
        if found is None:
            raise RuntimeError("a roster that was just written is there")
        return found.roster


NO_ROSTER = "none"
"""What is called the roster before the first one."""


def _digest(document: Mapping[str, Any]) -> str:
    if not any(document.values()):
        return NO_ROSTER
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:20]


async def read_roster(session: AsyncSession, known: KnownRoster | None = None) -> KnownRoster | None:
    """Read the roster, unless what is `known` is still so; None when none was ever saved."""
    state = await session.get(tables.RosterState, 1)
    if state is None:
        return None
    if known is not None and known.revision == state.revision:
        return known
    return KnownRoster(state.revision, parse(Roster, await roster_rows.read(session)))


async def rep_row(session: AsyncSession, rep_id: str) -> RepRow:
    """Give the row of a rep. Raises `UnknownRep`."""
    row = await session.get(RepRow, rep_id)
    if row is None:
        raise UnknownRep(f"there is no rep {rep_id}")
    return row


async def retire(
    db: Database, session: AsyncSession, rep_id: str, by: str, reason: str, at: datetime
) -> tuple[bool, dict[str, Changed]]:
    """Make a rep inactive and settle with them, within a transaction that holds `ROTATION`.

    Say whether they were active, and what that changes for those who hold leads. Raises `UnknownRep`.
    """
    rep = await rep_row(session, rep_id)
    was_active, rep.active = rep.active, False
    await part_with(db, session, rep_id, f"retired by {by}: {reason}", at)
    await count_up(session, at)
    return was_active, {rep_id: Changed(f"{rep_id} has left", gone=True)} if was_active else {}


async def follow(db: Database, session: AsyncSession, changed: Mapping[str, Changed], at: datetime) -> None:
    """Note for the leads of those for whom something changed that they are to look again."""
    await reconsider(db, session, changed, at)
    for rep_id, what in sorted(changed.items()):
        if what.gone:
            await waiting.wake_those_for(session, [rep_id], what.because, at)


async def count_up(session: AsyncSession, at: datetime) -> None:
    """Say that the roster is another one now."""
    state = await session.get(tables.RosterState, 1, with_for_update=True)
    if state is None:
        session.add(tables.RosterState(id=1, revision=1, changed_at=at))
    else:
        state.revision, state.changed_at = state.revision + 1, at
    await session.flush()
