"""Evidence: in how many converted leads, and in how many others, each feature held (R38).

It grows in the transaction that notes an outcome. What a lead brought is kept beside it, so that a corrected outcome or
an erasure takes back exactly that, and the order in which outcomes come does not matter.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.experience import Case, known_at, page, touches_of
from db.ledger import ROTATION
from db.statements import chunks
from models.facts import LeadFacts
from models.learning import Count
from models.outcome import CONVERTED, OutcomeResult
from policy.learning.features import as_it_was, features

Changes = Counter[tuple[str, bool]]
"""How many leads with a feature, converted or not, come to the counts, or go."""

ALL = ""
"""The feature that every lead has."""

_PAGE = 500
"""Leads counted in one transaction: outcomes that come meanwhile wait for it."""


async def counted(session: AsyncSession, lead: tables.Lead, result: OutcomeResult, at: datetime) -> None:
    """Count a lead whose newest outcome is `result`, said to be of `at`; what it brought before is taken back.

    For a transaction that has the lead for itself and holds `ROTATION`. A lead that nobody could read brings nothing.
    """
    before = await session.get(tables.EvidenceLead, lead.lead_id)
    converted = result in CONVERTED
    if before is not None and before.converted == converted:
        return
    if before is not None:
        await _add(session, _brought(before.features, before.converted, -1))
    elif lead.facts is None:
        return
    else:
        touches = (await touches_of(session, [lead.lead_id])).get(lead.lead_id, [])
        facts, then = LeadFacts.model_validate(lead.facts), known_at(lead, at)
        held = sorted(features(as_it_was(facts, touches, then), touches, then))
        before = tables.EvidenceLead(lead_id=lead.lead_id, converted=converted, features=held, at=at)
        session.add(before)
    before.converted, before.at = converted, at
    await _add(session, _brought(before.features, converted))
    await session.flush()


async def take_back(session: AsyncSession, lead_ids: Collection[str]) -> None:
    """Take back what these leads brought, and forget how likely they were called."""
    table = tables.EvidenceLead
    changes = Changes()
    for row in (await session.exec(select(table).where(col(table.lead_id).in_(lead_ids)))).all():
        changes.update(_brought(row.features, row.converted, -1))
        await session.delete(row)
    await _add(session, changes)
    likelihood = tables.Likelihood
    await session.exec(delete(likelihood).where(col(likelihood.lead_id).in_(lead_ids)))


class Evidence:
    """What outcomes say about features."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, held: Iterable[str]) -> tuple[Count, dict[str, Count]]:
        """Give how many leads converted and how many did not, and the same of those with each of these features."""
        table = tables.Evidence
        asked = select(table).where(col(table.feature).in_([ALL, *held]))
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
        return _counts(rows)

    async def all(self) -> tuple[Count, dict[str, Count]]:
        """Give the counts of every feature."""
        async with self._db.reading() as session:
            rows = (await session.exec(select(tables.Evidence))).all()
        return _counts(rows)

    async def gather(self) -> int:
        """Count the leads whose outcome was noted before there was evidence; say how many. Safe to repeat."""
        done, after = 0, ""
        lead, table = tables.Lead, tables.EvidenceLead
        uncounted = ~select(table.lead_id).where(col(table.lead_id) == col(lead.lead_id)).exists()
        while True:
            async with self._db.writing() as session:
                await self._db.lock(session, ROTATION)
                found = await page(session, after, uncounted, size=_PAGE)
                await _gathered(session, found)
            if not found:
                return done
            done, after = done + len(found), found[-1].facts.lead_id


async def _gathered(session: AsyncSession, found: Sequence[Case]) -> None:
    """Count many leads that were never counted."""
    changes, rows = Changes(), []
    for case in found:
        held = sorted(features(case.facts, case.touches, case.at))
        changes.update(_brought(held, case.converted))
        one = {"lead_id": case.facts.lead_id, "converted": case.converted, "features": held, "at": case.at}
        rows.append(one)
    if rows:
        await (await session.connection()).execute(insert(tables.EvidenceLead), rows)
        await _add(session, changes)


def _brought(held: Iterable[str], converted: bool, sign: int = 1) -> Changes:
    """Say what one lead adds to the counts of its features, or takes away."""
    return Changes({(name, converted): sign for name in (ALL, *held)})


async def _add(session: AsyncSession, changes: Changes) -> None:
    """Add to the counts of features; one that nobody has is forgotten."""
    table = tables.Evidence
    for names in chunks(sorted({name for name, _ in changes})):
        asked = select(table).where(col(table.feature).in_(names))
        known = {row.feature: row for row in (await session.exec(asked)).all()}
        for name in names:
            good, bad = changes[name, True], changes[name, False]
            row = known.get(name)
            if row is None:
                if good < 0 or bad < 0:
                    continue
                row = tables.Evidence(feature=name, good=0, bad=0)
                session.add(row)
            row.good, row.bad = row.good + good, row.bad + bad
            if row.good <= 0 and row.bad <= 0:
                await session.delete(row)
    await session.flush()


def _counts(rows: Iterable[tables.Evidence]) -> tuple[Count, dict[str, Count]]:
    counts = {row.feature: Count(good=row.good, bad=row.bad) for row in rows}
    return counts.pop(ALL, Count()), counts
