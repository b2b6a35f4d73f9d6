"""Erasing a lead: every word of it goes in one transaction, and an errand ends and deletes its workflow.

A tombstone says that there was a lead and that it was erased, by whom and why, and what had been sent out. Leads that
were folded into it are the same person's and go with it. This room refuses to reach Temporal: `runtime/erasing` does.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.collecting import parts_of
from db.emptying import ERASED, ask_to_erase, empty, empty_payloads
from db.engine import Database
from db.hand_offs import withdraw
from db.holding import Hands
from db.ledger import ROTATION
from db.payloads import about, marks_of, readable
from db.refreshing import refresh
from db.tables.words import Alerting, End, HandOffState, Sending
from models.erasure import Erased, Left, SentOut
from models.lead import LeadType, Stage


class Erasing:
    """Leads that are to be forgotten."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def erase(self, lead_id: str, *, by: str, reason: str, at: datetime) -> Erased | None:
        """Forget a lead, and those that were folded into it; a repeat gets the first answer, None: there is none.

        Once this is committed the database says nothing of it. Its workflow is ended and deleted by an errand, and the
        database compacted: `done_at` says when. A lead that was only acknowledged is forgotten, too, and never starts.
        """
        async with self._db.reading() as session:
            if not (ids := await _family(session, lead_id)):
                return None
            signs = await _signs(session, ids)
            payloads = await about(session, ids, await _marks(session, ids))
        async with self._db.writing() as session:
            names = [f"baton: lead {one}" for one in ids] + [f"baton: person {kind} {value}" for kind, value in signs]
            await self._db.lock(session, ROTATION, *names)
            if (known := await session.get(tables.Erasure, lead_id)) is not None:
                return _erased(known, repeat=True)
            ids = [one for one in await _family(session, lead_id) if await session.get(tables.Erasure, one) is None]
            rows = [await self._erase_one(session, one, ids, by, reason, at) for one in ids]
            await empty(session, ids, at)
            await empty_payloads(session, payloads)
            return _erased(rows[0])

    async def of(self, lead_id: str) -> Erased | None:
        """Give the erasure of a lead; None where it was not erased."""
        async with self._db.reading() as session:
            row = await session.get(tables.Erasure, lead_id)
            return None if row is None else _erased(row)

    async def sweep(self, lead_id: str) -> None:
        """Empty once more what was written of an erased lead by whoever was in the middle of it."""
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            row = await session.get(tables.Erasure, lead_id)
            if row is not None:
                payloads = await about(session, [lead_id], ())
                await empty(session, [lead_id], row.at)
                await empty_payloads(session, payloads)

    async def finish(self, lead_ids: Collection[str], *, at: datetime) -> None:
        """Note that nothing of these leads is left anywhere."""
        undone = update(tables.Erasure).where(
            col(tables.Erasure.lead_id).in_(lead_ids), col(tables.Erasure.done_at).is_(None)
        )
        async with self._db.writing() as session:
            await session.exec(undone.values(done_at=at))

    async def _erase_one(
        self, session: AsyncSession, lead_id: str, family: Collection[str], by: str, reason: str, at: datetime
    ) -> tables.Erasure:
        """Take a lead out of everybody's hands, and note what is known of it that does not name its person."""
        lead = await session.get(tables.Lead, lead_id, with_for_update=True)
        row = tables.Erasure(
            lead_id=lead_id,
            by=by,
            reason=reason,
            at=at,
            sent_out=await _sent_out(session, lead_id),
            same_person=await _others(session, lead_id, lead, family),
        )
        session.add(row)
        if lead is None:
            session.add(await _tombstone(session, lead_id, at))
        else:
            await _let_go(self._db, session, lead, at)
        ask_to_erase(session, lead_id, at)
        await session.flush()
        return row


async def _family(session: AsyncSession, lead_id: str) -> list[str]:
    """Name a lead that there is, first, and those that were folded into it."""
    there = await session.get(tables.Lead, lead_id)
    waits = select(tables.Inbox.id).where(tables.Inbox.lead_id == lead_id)
    if there is None and (await session.exec(waits)).first() is None:
        return []
    found, newest = [lead_id], [lead_id]
    while newest:
        asked = select(tables.Lead.lead_id).where(col(tables.Lead.folded_into).in_(newest))
        newest = [one for one in (await session.exec(asked)).all() if one not in found]
        found += newest
    return found


async def _signs(session: AsyncSession, ids: Collection[str]) -> set[tuple[str, str]]:
    """Give by what these leads' person is recognised, as admission and doors do."""
    found: set[tuple[str, str]] = set()
    for table in (tables.Identity, tables.DoorSign):
        found |= set((await session.exec(select(table.kind, table.value).where(col(table.lead_id).in_(ids)))).all())
    return found


async def _marks(session: AsyncSession, ids: Collection[str]) -> frozenset[str]:
    facts = (
        await session.exec(select(tables.Lead.facts, tables.Lead.raw).where(col(tables.Lead.lead_id).in_(ids)))
    ).all()
    documents = [one for pair in facts for one in pair]
    for table in (tables.Inbox, tables.Came):
        raws = (await session.exec(select(table.raw).where(col(table.lead_id).in_(ids)))).all()
        documents += [readable(one) for one in raws]
    return marks_of(*documents)


async def _others(session: AsyncSession, lead_id: str, lead: tables.Lead | None, family: Collection[str]) -> list[str]:
    """Name the other leads of the same person, whom this erasure leaves alone."""
    found = {lead.folded_into, lead.follows} if lead else set()
    signs = await _signs(session, [lead_id])
    for table in (tables.Identity, tables.DoorSign) if signs else ():
        same = or_(*((col(table.kind) == kind) & (col(table.value) == value) for kind, value in signs))
        found |= set((await session.exec(select(table.lead_id).where(same))).all())
    return sorted(one for one in found if one is not None and one not in family)


async def _sent_out(session: AsyncSession, lead_id: str) -> list[dict[str, Any]]:
    """List what left the house for a lead, so that somebody can ask for it back."""
    told, handed, raised = tables.Notification, tables.HandOff, tables.Alert
    gone = col(told.state).in_([Sending.SENT, Sending.CLAIMED])
    theirs = select(told).where(told.lead_id == lead_id, gone).order_by(col(told.id))
    messages = list((await session.exec(theirs)).all())
    with_others = select(raised.bundle).where(raised.lead_id == lead_id, raised.state == Alerting.SENT)
    for bundle in (await session.exec(with_others)).all():
        first, offer, rung = parts_of(bundle or f"{lead_id}:0:0")
        if first != lead_id:  # told of in a message about several, under another lead's key
            them = select(told).where(told.lead_id == first, told.offer == offer, told.rung == rung, gone)
            messages += (await session.exec(them)).all()
    out = [
        SentOut(
            what=Left.MESSAGE,
            kind=row.kind,
            channel=row.channel,
            to=row.person_id,
            offer=row.offer if row.lead_id == lead_id else None,
            provider_id=row.provider_id,
            at=row.sent_at or row.changed_at,
        )
        for row in messages
    ]
    hand_offs = select(handed).where(handed.lead_id == lead_id, handed.state == HandOffState.SENT)
    out += [
        SentOut(what=Left.HAND_OFF, kind=row.kind, provider_id=row.provider_id, at=row.sent_at or row.created_at)
        for row in (await session.exec(hand_offs.order_by(col(handed.id)))).all()
    ]
    copy = await session.get(tables.CrmCopy, lead_id)
    if copy is not None and (copy.external_id is not None or copy.attempts or copy.owner is not None or copy.tasks):
        at = copy.told_at or copy.changed_at
        out.append(SentOut(what=Left.HAND_OFF, kind="crm", provider_id=copy.external_id, at=at))
    return [one.model_dump(mode="json") for one in out]


async def _let_go(db: Database, session: AsyncSession, lead: tables.Lead, at: datetime) -> None:
    """Take a lead from whoever has it or waits for it; who waits for a place is told that one came free."""
    hands = Hands(db, session, lead, at)
    if (present := await hands.open()) is not None:
        await hands.end(present, End.RELEASED if present.accepted_at else End.WITHDRAWN, ERASED)
    await hands.stop_waiting()
    await hands.wake_the_waiting("a place came free")
    await withdraw(hands, ERASED)
    lead.stage = Stage.ERASED
    await refresh(session, lead, at)


async def _tombstone(session: AsyncSession, lead_id: str, at: datetime) -> tables.Lead:
    """Make the row of a lead that was acknowledged and never began."""
    asked = select(tables.Inbox.created_at).where(tables.Inbox.lead_id == lead_id)
    received_at = (await session.exec(asked)).one()
    return tables.Lead(
        lead_id=lead_id,
        headline=ERASED,
        source=ERASED,
        type=LeadType.OTHER,
        policy="",
        received_at=received_at,
        changed_at=at,
    )


def _erased(row: tables.Erasure, *, repeat: bool = False) -> Erased:
    known = {name: getattr(row, name) for name in Erased.model_fields if name != "repeat"}
    return Erased(**known, repeat=repeat)
