"""Giving what somebody holds to others, because they leave: an errand for each lead whose workflow runs.

A running lead is given on by its own workflow, which the dispatcher tells. A lead in contact has none any more: it goes
to whom a person named, else to the backup, in the database alone. Nobody's turn is charged or given back for it. This
room refuses to route: who gets a running lead is decided where every lead is decided.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import load_only
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.giving_over import Leaving, give_over
from db.holding import Hands, lead_for_change
from db.ledger import ROTATION
from db.reconsidering import reconsider
from db.rosters import rep_row, retire
from db.statements import chunks, insert_into
from db.tables import RepRow
from db.tables.words import Errand, Holds
from db.waiting import wake_those_for
from db.whereabouts import Whereabouts, whereabouts

PIECE = 50
"""Leads in contact that change hands in one transaction: assigning waits meanwhile."""


class CannotTakeOver(ValueError):
    """The person named cannot be given leads. Says why."""


@dataclass(frozen=True, slots=True)
class InHand:
    """One lead that somebody holds; `running` unless it is in contact already."""

    lead_id: str
    headline: str
    offer: int
    state: Holds
    since: datetime

    @property
    def running(self) -> bool:
        """Say whether its workflow runs, which has to give it on."""
        return self.state is not Holds.CONTACTED


@dataclass(frozen=True, slots=True)
class Given:
    """What became of one lead in contact: who has it now, and why; `to` is None where it stays."""

    lead_id: str
    to: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Handover:
    """A hand-over under way: the errands by lead, and what was given over at once."""

    rep_id: str
    errands: tuple[int, ...]
    given: tuple[Given, ...]


class Handovers:
    """Gives a leaver's leads to others."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def held_by(self, rep_id: str) -> tuple[InHand, ...]:
        """List what somebody holds, longest first. Raises `UnknownRep`."""
        async with self._db.reading() as session:
            await rep_row(session, rep_id)
            return await _in_hand(session, rep_id)

    async def begin(
        self, rep_id: str, *, by: str, reason: str, at: datetime, to: str | None = None, keep_active: bool = False
    ) -> Handover:
        """Give everything that a rep holds to others, and take them out of the rotation unless they stay in it.

        Begun again, it goes on with what they still hold. Raises `UnknownRep` and `CannotTakeOver`, with nothing
        changed.
        """
        leaving = Leaving(rep_id, by, reason, to)
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            await _may_take_over(session, await rep_row(session, rep_id), to)
            held = await _in_hand(session, rep_id)
            running = [one.lead_id for one in held if one.running]
            errands = await self._send(session, running, leaving, at)
            if not keep_active:
                _, changed = await retire(self._db, session, rep_id, by, reason, at)
                await reconsider(self._db, session, changed, at, but=running)
                await wake_those_for(session, [rep_id], f"{rep_id} has left", at)
        given: list[Given] = []
        for piece in chunks([one.lead_id for one in held if not one.running], PIECE):
            given += await self._give_over(piece, leaving, at)
        return Handover(rep_id, errands, tuple(given))

    async def whereabouts(self, handover: Handover) -> tuple[Whereabouts, ...]:
        """Say where the leads that had to be given on by their own workflows stand now."""
        return await whereabouts(self._db, handover.errands)

    async def _send(
        self, session: AsyncSession, leads: Collection[str], leaving: Leaving, at: datetime
    ) -> tuple[int, ...]:
        """Write an errand for each lead; one that is still to be run says from now on what was asked last."""
        table, found = tables.Outbox, list[int]()
        body = {"by": leaving.by, "reason": leaving.reason, "rep_id": leaving.to, "from": leaving.rep_id}
        for piece in chunks(list(leads)):
            asked = select(table).where(
                col(table.lead_id).in_(piece), table.what == Errand.HANDOVER, col(table.sent_at).is_(None)
            )
            under_way = {row.lead_id: row for row in (await session.exec(asked)).all()}
            for row in under_way.values():
                row.body = body
                found.append(row.id or 0)
            rows = [
                {
                    "lead_id": lead_id,
                    "what": Errand.HANDOVER,
                    "body": body,
                    "attempts": 0,
                    "created_at": at,
                    "next_at": at,
                    "because": "",
                }
                for lead_id in piece
                if lead_id not in under_way
            ]
            if rows:
                added = insert_into(self._db, table, rows).returning(col(table.id))
                found += [one for (one,) in await (await session.connection()).execute(added) if one is not None]
        return tuple(sorted(found))

    async def _give_over(self, leads: Collection[str], leaving: Leaving, at: datetime) -> list[Given]:
        """Give leads in contact to somebody else, in one transaction; who has moved on meanwhile is left alone."""
        found = []
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            rep = await rep_row(session, leaving.rep_id)
            to, why = await _heir(session, rep, leaving.to)
            for lead_id in leads:
                hands = Hands(self._db, session, await lead_for_change(session, lead_id), at)
                present = await hands.open()
                if present is None or present.rep_id != rep.id or present.contacted_at is None:
                    continue
                if to is None:
                    found.append(Given(lead_id, None, why))
                    continue
                because = await give_over(hands, present, to, why, leaving)
                found.append(Given(lead_id, to.id, because))
        return found


_NEEDED = [getattr(tables.Ownership, name) for name in ("lead_id", "offer", "state", "offered_at")]


async def _in_hand(session: AsyncSession, rep_id: str) -> tuple[InHand, ...]:
    table, lead = tables.Ownership, tables.Lead
    found = []
    for how_far in (col(table.contacted_at).is_(None), col(table.contacted_at).is_not(None)):  # an index for each
        asked = (
            select(table, lead.headline)
            .join(lead, col(lead.lead_id) == col(table.lead_id))
            .where(table.rep_id == rep_id, col(table.ended_at).is_(None), how_far)
            .options(load_only(*_NEEDED))
        )
        found += [
            InHand(row.lead_id, headline, row.offer, row.state, row.offered_at)
            for row, headline in (await session.exec(asked)).all()
        ]
    return tuple(sorted(found, key=lambda one: (one.since, one.lead_id)))


async def _may_take_over(session: AsyncSession, rep: RepRow, to: str | None) -> None:
    if to is None:
        return
    heir = await session.get(RepRow, to)
    if to == rep.id:
        raise CannotTakeOver(f"{to} is who holds them")
    if heir is None:
        raise CannotTakeOver(f"there is no rep {to}")
    if not heir.active:
        raise CannotTakeOver(f"{to} is not active")


async def _heir(session: AsyncSession, rep: RepRow, to: str | None) -> tuple[RepRow | None, str]:
    """Say who gets what is in contact, and as what; or why nobody does."""
    if to is not None:
        return await rep_row(session, to), "as was asked"
    if rep.backup is None:
        return None, f"stays with {rep.id}: they have no backup; name somebody to get it"
    backup = await rep_row(session, rep.backup)
    if not backup.active:
        return None, f"stays with {rep.id}: their backup {backup.id} is not active; name somebody to get it"
    return backup, f"as the backup of {rep.id}"
