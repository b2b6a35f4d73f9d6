"""Leads: let in once, brought up to date by records, read by people and by decisions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.orm import load_only
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.acquaintance import meet
from db.admission import Newcomer, admit
from db.asking_later import ask_at_all
from db.crm_wanting import tell_crm
from db.decisions import write_decision
from db.engine import Database
from db.holding import UnknownLead, lead_for_change
from db.known import keep_facts, keep_score
from db.recording import record
from db.tables.words import DecisionKind
from models.base import Inside, Instant
from models.decisions import Admission, Enrichment, Recorded, Score
from models.facts import LeadFacts
from models.lead import Stage
from models.orders import RecordLead


class LeadCard(Inside):
    """One lead as a list shows it (R47); no personal data. `follows` is the same person's lead before this one."""

    lead_id: str
    headline: str
    source: str
    type: str
    region: str | None
    team: str | None
    policy: str
    backfill: bool
    stage: Stage
    owner: str | None
    answerable: str | None
    offer: int
    rung: int
    due_at: Instant | None
    next_step: str
    breached: bool
    points: float | None
    intent: str | None
    fit: str | None
    received_at: Instant
    response_due_at: Instant | None
    first_offered_at: Instant | None
    accepted_at: Instant | None
    contacted_at: Instant | None
    closed_at: Instant | None
    changed_at: Instant
    folded_into: str | None
    follows: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which leads to list; what is left out does not filter. Folded ones are listed only when asked for.

    `sources`: of any of these, whatever else is asked for.
    """

    stages: Collection[Stage] = ()
    owner: str | None = None
    answerable: str | None = None
    team: str | None = None
    type: str | None = None
    source: str | None = None
    sources: Collection[str] = ()
    breached: bool | None = None
    due_before: datetime | None = None
    folded: bool = False


async def source_of(session: AsyncSession, lead_id: str) -> str | None:
    """Name the source that a lead came from, as `Leads.source_of` does."""
    lead, inbox = tables.Lead, tables.Inbox
    found = (await session.exec(select(lead.source).where(lead.lead_id == lead_id))).first()
    if found is not None:
        return found
    waits = (await session.exec(select(inbox).where(inbox.lead_id == lead_id))).first()
    return None if waits is None else waits.source or ""


_CARD = [getattr(tables.Lead, name) for name in LeadCard.model_fields]


class Leads:
    """Every lead that was let in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def database(self) -> Database:
        """The database that they are in."""
        return self._db

    async def admit(self, newcomer: Newcomer) -> Admission:
        """Open a row for a lead, or fold it into the open lead of the same person; a repeat gets the first answer.

        A lead that has ended is over: it is not let in a second time.
        """
        return await admit(self._db, newcomer)

    async def record(self, order: RecordLead) -> Recorded:
        """Apply a record; a repeat or a late one changes nothing but the story. Raises `UnknownLead`."""
        return await record(self._db, order)

    async def source_of(self, lead_id: str) -> str | None:
        """Name the source that a lead came from, also before it is admitted; None where there is no such lead."""
        async with self._db.reading() as session:
            return await source_of(session, lead_id)

    async def facts(self, lead_id: str) -> LeadFacts | None:
        """Give what is known of a lead; None for an unknown lead, and for input that was not one."""
        async with self._db.reading() as session:
            raw = (await session.exec(select(tables.Lead.facts).where(tables.Lead.lead_id == lead_id))).first()
            return None if raw is None else LeadFacts.model_validate(raw)

    async def save_facts(self, facts: LeadFacts, enrichment: Enrichment | None = None, *, at: datetime) -> None:
        """Keep what is known of a lead now, and what was asked to learn it; nothing of an erased one.

        Raises `UnknownLead`.
        """
        async with self._db.writing() as session:
            lead = await lead_for_change(session, facts.lead_id)
            if lead.stage is Stage.ERASED:
                return
            keep_facts(lead, facts, at)
            await meet(self._db, session, facts, lead.account_id, at)
            if enrichment is not None:
                lead.enrichment = enrichment.model_dump(mode="json")
            await tell_crm(self._db, session, facts.lead_id, at)

    async def enrichment(self, lead_id: str) -> Enrichment | None:
        """Give what was learned of a lead; None before it was tried."""
        async with self._db.reading() as session:
            asked = select(tables.Lead.enrichment).where(tables.Lead.lead_id == lead_id)
            raw = (await session.exec(asked)).first()
            return None if raw is None else Enrichment.model_validate(raw)

    async def save_score(self, lead_id: str, score: Score, *, at: datetime) -> None:
        """Keep a judgement and add it to the decisions, unless it is erased. Raises `UnknownLead`."""
        async with self._db.writing() as session:
            lead = await lead_for_change(session, lead_id)
            if lead.stage is Stage.ERASED:
                return
            keep_score(lead, score, at)
            await ask_at_all(session, lead, at)
            await tell_crm(self._db, session, lead_id, at)
            await write_decision(
                self._db,
                session,
                lead_id=lead_id,
                offer=None,
                kind=DecisionKind.SCORE,
                policy=score.policy,
                at=at,
                body=score.model_dump(mode="json"),
            )

    async def score(self, lead_id: str) -> Score | None:
        """Give the latest judgement; None before the first."""
        async with self._db.reading() as session:
            raw = (await session.exec(select(tables.Lead.score).where(tables.Lead.lead_id == lead_id))).first()
            return None if raw is None else Score.model_validate(raw)

    async def get(self, lead_id: str) -> LeadCard | None:
        """Give one lead as a list shows it."""
        async with self._db.reading() as session:
            row = (
                await session.exec(select(tables.Lead).where(tables.Lead.lead_id == lead_id).options(load_only(*_CARD)))
            ).first()
            return None if row is None else LeadCard.model_validate(row, from_attributes=True)

    async def list(
        self, filters: Filters | None = None, *, limit: int = 50, after: str | None = None
    ) -> tuple[LeadCard, ...]:
        """List leads, last received first; `after` is the last lead id of the page before.

        Raises `UnknownLead` when `after` is none.
        """
        place = (col(tables.Lead.received_at), col(tables.Lead.lead_id))
        asked = select(tables.Lead).where(*_conditions(filters or Filters()))
        asked = asked.order_by(*(column.desc() for column in place)).limit(limit).options(load_only(*_CARD))
        async with self._db.reading() as session:
            if after is not None:
                last = (await session.exec(select(*place).where(place[1] == after))).first()
                if last is None:
                    raise UnknownLead(f"there is no lead {after}")
                asked = asked.where(tuple_(*place) < last)
            rows = (await session.exec(asked)).all()
            return tuple(LeadCard.model_validate(row, from_attributes=True) for row in rows)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    table = tables.Lead
    found = [
        column == wanted
        for column, wanted in (
            (col(table.owner), filters.owner),
            (col(table.answerable), filters.answerable),
            (col(table.team), filters.team),
            (col(table.type), filters.type),
            (col(table.source), filters.source),
        )
        if wanted is not None
    ]
    if filters.stages:
        found.append(col(table.stage).in_(sorted(filters.stages)))
    if filters.sources:
        found.append(col(table.source).in_(sorted(filters.sources)))
    if filters.breached is not None:
        found.append(col(table.breached).is_(filters.breached))
    if filters.due_before is not None:
        found.append(col(table.due_at) < filters.due_before)
    if not filters.folded:
        found.append(col(table.folded_into).is_(None))
    return found
