"""Leads as the board lists them: who has which, the most urgent first, with how many there are of each stage.

It answers for thousands of open leads at once, by index. It refuses to give out who the prospect is: an e-mail address
finds leads, and is never shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.leads import LeadCard
from db.statements import chunks
from db.tables.intake import WAITING
from db.tables.words import ActOutcome
from models.base import Inside
from models.lead import Stage

LATELY = timedelta(minutes=10)
"""How far back changes are looked for: records of a lead come seconds after what they tell of."""

MOST_CHANGES = 2000
"""Changes that are told apart in one look; more than that are many, which is all that is asked."""


class BoardSort(StrEnum):
    """What comes first: what is due, what came last, who has the best score, what changed last."""

    DUE = "due"
    NEWEST = "newest"
    POINTS = "points"
    CHANGED = "changed"


class BoardFilters(Inside):
    """Which leads; what is left out does not filter. Folded and erased ones are never listed.

    `who`: who has it, or answers for it while nobody has. `words`: each of them is in the headline, or the whole is a
    lead id. `ended`: leads that are over instead of those that are open. `leads`: of these only, open or over.
    """

    stages: tuple[Stage, ...] = ()
    who: str | None = None
    team: str | None = None
    source: str | None = None
    type: str | None = None
    region: str | None = None
    breached: bool = False
    due_before: datetime | None = None
    words: str = ""
    ended: bool = False
    leads: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What open leads can be filtered by: every source, region and team that one of them has."""

    sources: tuple[str, ...]
    regions: tuple[str, ...]
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one act for one lead."""

    outcome: ActOutcome
    because: str
    at: datetime


_CARD = [getattr(tables.Lead, name) for name in LeadCard.model_fields]


class Boards:
    """Every lead, for the board."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def look(
        self, filters: BoardFilters, *, sort: BoardSort, limit: int, offset: int
    ) -> tuple[tuple[LeadCard, ...], Mapping[Stage, int]]:
        """Give a page and the counts of all of it, as they are at one instant."""
        async with self._db.reading() as session:
            return await _page(session, filters, sort, limit, offset), await _counts(session, filters)

    async def page(
        self, filters: BoardFilters, *, sort: BoardSort = BoardSort.DUE, limit: int = 50, offset: int = 0
    ) -> tuple[LeadCard, ...]:
        """List leads in an order that two looks share."""
        async with self._db.reading() as session:
            return await _page(session, filters, sort, limit, offset)

    async def ids(self, filters: BoardFilters, *, sort: BoardSort = BoardSort.DUE, limit: int) -> tuple[str, ...]:
        """Name leads in that order, at most so many."""
        asked = select(col(tables.Lead.lead_id)).where(*_conditions(filters)).order_by(*_order(sort)).limit(limit)
        async with self._db.reading() as session:
            return tuple((await (await session.connection()).execute(asked)).scalars())

    async def counts(self, filters: BoardFilters) -> Mapping[Stage, int]:
        """Count leads by stage, whatever stages are asked for."""
        async with self._db.reading() as session:
            return await _counts(session, filters)

    async def choices(self) -> Choices:
        """Say what open leads can be filtered by."""
        table = tables.Lead
        columns = (col(table.source), col(table.region), col(table.team))
        asked = select(*columns).where(col(table.closed_at).is_(None)).distinct()
        async with self._db.reading() as session:
            rows = (await (await session.connection()).execute(asked)).all()
        sources, regions, teams = ({row[place] or "" for row in rows} - {""} for place in range(len(columns)))
        return Choices(tuple(sorted(sources)), tuple(sorted(regions)), tuple(sorted(teams)))

    async def at_the_door(self) -> int:
        """Count leads that are acknowledged and not started yet."""
        asked = select(func.count()).select_from(tables.Inbox).where(WAITING)
        async with self._db.reading() as session:
            return (await (await session.connection()).execute(asked)).scalar_one()

    async def sla_classes(self, lead_ids: Collection[str]) -> Mapping[str, str]:
        """Name the SLA class by whose ladder each lead goes, as its present offer has it."""
        table, found = tables.Ownership, dict[str, str]()
        async with self._db.reading() as session:
            for piece in chunks(sorted(lead_ids)):
                asked = select(col(table.lead_id), col(table.assignment)).where(
                    col(table.lead_id).in_(piece), col(table.ended_at).is_(None)
                )
                for lead_id, assignment in await (await session.connection()).execute(asked):
                    if assignment and assignment.get("sla"):
                        found[lead_id] = assignment["sla"]
        return found

    async def zones(self, lead_ids: Collection[str]) -> Mapping[str, str]:
        """Name the zone of each prospect that is known to be in one: some rungs count in their hours."""
        table, found = tables.Lead, dict[str, str]()
        async with self._db.reading() as session:
            for piece in chunks(sorted(lead_ids)):
                asked = select(col(table.lead_id), col(table.facts)).where(col(table.lead_id).in_(piece))
                for lead_id, facts in await (await session.connection()).execute(asked):
                    if facts and facts.get("timezone"):
                        found[lead_id] = facts["timezone"]
        return found

    async def of_address(self, email: str, *, limit: int) -> tuple[str, ...]:
        """Name the leads of whoever has this e-mail address, the last received first; all of it has to be right."""
        lead, identity = tables.Lead, tables.Identity
        asked = (
            select(col(lead.lead_id))
            .join(identity, col(identity.lead_id) == col(lead.lead_id))
            .where(col(identity.kind) == "email", col(identity.value) == email)
            .where(col(lead.folded_into).is_(None), col(lead.stage) != Stage.ERASED)
            .order_by(col(lead.received_at).desc(), col(lead.lead_id))
            .limit(limit)
        )
        async with self._db.reading() as session:
            return tuple((await (await session.connection()).execute(asked)).scalars())

    async def bulk_begun(self, who: str, about: str) -> int | None:
        """Give the number of the note that somebody began this run; None where they have not."""
        async with self._db.reading() as session:
            return await _run(session, who, about)

    async def bulk_begin(self, begun: tables.HumanAct) -> tuple[int, bool]:
        """Note that somebody begins a run, unless they have; give the note's number, and whether it was made now.

        Of two that come at once, anywhere, one makes it.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, f"baton: {begun.about} of {begun.who}")
            if (known := await _run(session, begun.who, begun.about)) is not None:
                return known, False
            session.add(begun)
            await session.flush()
            assert begun.id is not None
            return begun.id, True

    async def bulk_told(self, about: str, who: str, begun: int) -> Mapping[str, Told]:
        """Say what came of a run for each lead that it has reached."""
        table = tables.HumanAct
        asked = select(col(table.lead_id), col(table.outcome), col(table.because), col(table.at)).where(
            col(table.who) == who, col(table.about) == about, col(table.id) > begun, col(table.lead_id).is_not(None)
        )
        async with self._db.reading() as session:
            rows = (await (await session.connection()).execute(asked.order_by(col(table.id)))).all()
        return {lead_id: Told(outcome, because, at) for lead_id, outcome, because, at in rows if lead_id is not None}

    async def changed_since(self, instant: datetime) -> frozenset[tuple[str, int]]:
        """Name leads that changed since an instant, each with the number of its last record."""
        table = tables.Lead
        asked = select(col(table.lead_id), col(table.seq)).where(col(table.changed_at) >= instant)
        asked = asked.order_by(col(table.changed_at).desc()).limit(MOST_CHANGES)
        async with self._db.reading() as session:
            return frozenset((lead_id, seq) for lead_id, seq in await (await session.connection()).execute(asked))


async def _run(session: AsyncSession, who: str, about: str) -> int | None:
    table = tables.HumanAct
    asked = select(col(table.id)).where(col(table.who) == who, col(table.about) == about)
    asked = asked.where(col(table.lead_id).is_(None)).order_by(col(table.id)).limit(1)
    return (await (await session.connection()).execute(asked)).scalar_one_or_none()


async def _page(
    session: AsyncSession, filters: BoardFilters, sort: BoardSort, limit: int, offset: int
) -> tuple[LeadCard, ...]:
    asked = select(*_CARD).where(*_conditions(filters)).order_by(*_order(sort)).limit(limit).offset(offset)
    rows = (await (await session.connection()).execute(asked)).all()
    return tuple(LeadCard.model_validate(row, from_attributes=True) for row in rows)


async def _counts(session: AsyncSession, filters: BoardFilters) -> Mapping[Stage, int]:
    stage = col(tables.Lead.stage)
    anywhere = _conditions(filters.model_copy(update={"stages": ()}))
    asked = select(stage, func.count()).where(*anywhere).group_by(stage)
    return dict((await (await session.connection()).execute(asked)).all())


def _order(sort: BoardSort) -> tuple[Any, ...]:
    table = tables.Lead
    lead_id = col(table.lead_id)
    match sort:
        case BoardSort.DUE:
            return (col(table.due_at).is_(None), col(table.due_at), lead_id)
        case BoardSort.NEWEST:
            return (col(table.received_at).desc(), lead_id.desc())
        case BoardSort.POINTS:
            return (col(table.points).is_(None), col(table.points).desc(), lead_id)
        case BoardSort.CHANGED:
            return (col(table.changed_at).desc(), lead_id.desc())


def _conditions(filters: BoardFilters) -> list[ColumnElement[bool]]:
    table = tables.Lead
    found: list[ColumnElement[bool]] = [col(table.folded_into).is_(None), col(table.stage) != Stage.ERASED]
    if filters.leads is None:
        closed_at = col(table.closed_at)
        found.append(closed_at.is_not(None) if filters.ended else closed_at.is_(None))
    equal: tuple[tuple[InstrumentedAttribute[str | None] | InstrumentedAttribute[str], str | None], ...] = (
        (col(table.team), filters.team),
        (col(table.source), filters.source),
        (col(table.type), filters.type),
        (col(table.region), filters.region),
    )  # type: ignore[assignment]
    found += [column == wanted for column, wanted in equal if wanted is not None]
    if filters.stages:
        found.append(col(table.stage).in_(sorted(filters.stages)))
    if filters.who is not None:
        nobody = col(table.owner).is_(None)
        found.append(or_(col(table.owner) == filters.who, and_(nobody, col(table.answerable) == filters.who)))
    if filters.breached:
        found.append(col(table.breached).is_(True))
    if filters.due_before is not None:
        found.append(col(table.due_at) < filters.due_before)
    if filters.leads is not None:
        found.append(col(table.lead_id).in_(filters.leads))
    if words := filters.words.split():
        headline = and_(*(col(table.headline).icontains(word, autoescape=True) for word in words))
        found.append(or_(headline, col(table.lead_id) == filters.words.strip()))
    return found
