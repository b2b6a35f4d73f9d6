"""Whose lead something is about, long after it ended: by its id, the CRM's number of it, or how its person is known.

A door looks among leads in flight only (`db.door`); what became of a lead is said of the latest one there was.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.admission import EXTERNAL, Sign
from db.engine import Database
from db.leads import source_of
from models.lead import Stage


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lead is meant: what is more certain goes before what is less.

    `crm_id`: the CRM's number of the record that it keeps of the lead. `sources`: only a lead of one of these, or one
    that such a source knows by an id of its own; empty means any.
    """

    lead_id: str | None = None
    crm_id: str | None = None
    signs: tuple[Sign, ...] = ()
    sources: Collection[str] = ()


class Recognising:
    """Finds leads by what tools call them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def latest(self, sought: Sought) -> str | None:
        """Name the lead that is meant, the latest where only its person is named; None where nobody is known.

        One that was folded stands for the lead that took it in; one that was erased is known no more. A lead that is
        acknowledged and not started yet is named, too.
        """
        async with self._db.reading() as session:
            found = await _found(session, sought)
            if found is None or not await _theirs(session, found, sought):
                return None
            return found


async def _found(session: AsyncSession, sought: Sought) -> str | None:
    if sought.lead_id is not None:
        return await _by_id(session, sought.lead_id)
    lead, copy, identity = tables.Lead, tables.CrmCopy, tables.Identity
    place = select(col(lead.received_at), col(lead.lead_id))
    asked = []
    if sought.crm_id is not None:
        asked.append(place.join(copy, col(copy.lead_id) == col(lead.lead_id)).where(copy.external_id == sought.crm_id))
    for sign in sought.signs:
        theirs = place.join(identity, col(identity.lead_id) == col(lead.lead_id))
        asked.append(theirs.where(identity.kind == sign.kind, identity.value == sign.value))
    for one in asked:
        newest = one.where(col(lead.stage) != Stage.ERASED).order_by(col(lead.received_at).desc()).limit(1)
        if (row := (await session.exec(newest)).first()) is not None:
            return await _by_id(session, row[1])
    return await _at_the_door(session, sought.signs)


async def _by_id(session: AsyncSession, lead_id: str) -> str | None:
    seen = {lead_id}
    row = await session.get(tables.Lead, lead_id)
    if row is None:
        asked = select(tables.Inbox.lead_id).where(tables.Inbox.lead_id == lead_id)
        return (await session.exec(asked)).first()
    while row is not None and row.folded_into is not None and row.folded_into not in seen:
        seen.add(row.folded_into)
        row = await session.get(tables.Lead, row.folded_into)
    return None if row is None or row.stage is Stage.ERASED else row.lead_id


async def _at_the_door(session: AsyncSession, signs: Collection[Sign]) -> str | None:
    table = tables.DoorSign
    known: list[tuple[datetime, str]] = []
    for sign in signs:
        asked = select(table.at, table.lead_id).where(table.kind == sign.kind, table.value == sign.value)
        known += (await session.exec(asked)).all()
    return max(known)[1] if known else None


async def _theirs(session: AsyncSession, lead_id: str, sought: Sought) -> bool:
    if not sought.sources or await source_of(session, lead_id) in sought.sources:
        return True
    table = tables.Identity
    for sign in sought.signs:
        known = select(table.lead_id).where(
            table.kind == sign.kind, table.value == sign.value, table.lead_id == lead_id
        )
        if sign.kind == EXTERNAL and (await session.exec(known)).first() is not None:
            return True
    return False
