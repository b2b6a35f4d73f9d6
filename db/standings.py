"""Where one lead stands as one answer to it sees it: who has it, since when, and what became of the offer answered.

Read in one transaction, so that a page never says two things at once. This room refuses to decide what may be done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.holding import Holder, holder_of, open_ownership
from db.tables.words import End
from models.facts import LeadFacts
from models.lead import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who has a lead and what comes next; `take_back`: who was asked before may still take what nobody has accepted.

    `offer` counts how often it was offered.
    """

    lead_id: str
    headline: str
    stage: Stage
    holder: Holder | None
    due_at: datetime | None
    next_step: str
    changed_at: datetime
    take_back: bool
    offer: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One offer: to whom it was made, why to them, and how it ended if it did."""

    offer: int
    rep_id: str
    sentence: str
    ended: End | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A lead, and one of its offers; what is known of the prospect only while anything is."""

    standing: Standing
    asked: Asked | None
    present: Asked | None
    facts: LeadFacts | None


class Standings:
    """Says where leads stand."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, lead_id: str, offer: int) -> View | None:
        """Give where a lead stands, with one offer of it and the present one; None for a lead that was not let in."""
        async with self._db.reading() as session:
            lead = await session.get(tables.Lead, lead_id)
            if lead is None:
                return None
            table = tables.Ownership
            asked = (await session.exec(select(table).where(table.lead_id == lead_id, table.offer == offer))).first()
            present = await open_ownership(session, lead_id)
            return View(
                standing=standing_of(lead, holder_of(present)),
                asked=_asked(asked),
                present=_asked(present),
                facts=None if lead.facts is None else LeadFacts.model_validate(lead.facts),
            )


async def read_standing(session: AsyncSession, lead_id: str) -> Standing | None:
    """Give where a lead stands, within an open transaction."""
    lead = await session.get(tables.Lead, lead_id)
    return None if lead is None else standing_of(lead, holder_of(await open_ownership(session, lead_id)))


def standing_of(lead: tables.Lead, holder: Holder | None) -> Standing:
    """Say where a lead stands whose holder is known."""
    return Standing(
        lead_id=lead.lead_id,
        headline=lead.headline,
        stage=lead.stage,
        holder=holder,
        due_at=lead.due_at,
        next_step=lead.next_step,
        changed_at=lead.changed_at,
        take_back=bool(_manners(lead).get("take_back", False)),
        offer=lead.offer,
    )


def _manners(lead: tables.Lead) -> dict[str, Any]:
    found = (lead.admission or {}).get("manners")
    return found if isinstance(found, dict) else {}


def _asked(row: tables.Ownership | None) -> Asked | None:
    if row is None:
        return None
    sentence = str((row.assignment or {}).get("sentence", ""))
    return Asked(offer=row.offer, rep_id=row.rep_id, sentence=sentence, ended=row.ended, ended_at=row.ended_at)
