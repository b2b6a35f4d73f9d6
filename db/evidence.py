"""Evidence: in how many converted leads, and in how many others, each feature held (R38).

It grows in the transaction that notes an outcome. What a lead brought is kept beside it, so that a corrected outcome or
an erasure takes back exactly that, and the order in which outcomes come does not matter.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.ledger import ROTATION
from models.facts import LeadFacts
from models.lead import Touch
from models.learning import Count
from models.outcome import CONVERTED, OutcomeResult
from policy.learning.features import as_it_was, features

ALL = ""
"""The feature that every lead has."""

_PAGE = 200


async def counted(session: AsyncSession, lead: tables.Lead, result: OutcomeResult, at: datetime) -> None:
    """Count a lead whose newest outcome is `result`, said to be of `at`; what it brought before is taken back.

    For a transaction that has the lead for itself and holds `ROTATION`. A lead that nobody could read brings nothing.
    """
    before = await session.get(tables.EvidenceLead, lead.lead_id)
    converted = result in CONVERTED
    if before is not None and before.converted == converted:
        return
    if before is not None:
        await _add(session, before.features, before.converted, -1)
    elif lead.facts is None:
        return
    else:
        touches = await _touches(session, lead.lead_id)
        facts, then = LeadFacts.model_validate(lead.facts), known_at(lead, at)
        held = sorted(features(as_it_was(facts, touches, then), touches, then))
        before = tables.EvidenceLead(lead_id=lead.lead_id, converted=converted, features=held, at=at)
        session.add(before)
    before.converted, before.at = converted, at
    await _add(session, before.features, converted, +1)
    await session.flush()


def known_at(lead: Any, outcome_at: datetime) -> datetime:
    """Say as of when a lead counts: as it was when somebody got it first, for whoever is judged is judged before that.

    A lead that nobody ever got counts as of its outcome. `lead` is a row with those instants.
    """
    moments = (lead.first_offered_at, lead.contacted_at, lead.closed_at, outcome_at)
    then: datetime = max(lead.received_at, min(one for one in moments if one is not None))
    return then


async def take_back(session: AsyncSession, lead_ids: Collection[str]) -> None:
    """Take back what these leads brought, and forget how likely they were called."""
    table = tables.EvidenceLead
    for row in (await session.exec(select(table).where(col(table.lead_id).in_(lead_ids)))).all():
        await _add(session, row.features, row.converted, -1)
        await session.delete(row)
    await session.flush()
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
        while True:
            async with self._db.writing() as session:
                await self._db.lock(session, ROTATION)
                rows = await _uncounted(session, after)
                for lead_id in rows:
                    lead = await session.get_one(tables.Lead, lead_id)
                    newest = await _newest(session, lead_id)
                    await counted(session, lead, newest.result, newest.at)
            if not rows:
                return done
            done, after = done + len(rows), rows[-1]


async def _touches(session: AsyncSession, lead_id: str) -> list[Touch]:
    table = tables.Touched
    rows = (await session.exec(select(table).where(table.lead_id == lead_id).order_by(col(table.n)))).all()
    return [Touch(kind=row.kind, at=row.at, properties=row.properties) for row in rows]


async def _add(session: AsyncSession, held: Iterable[str], converted: bool, sign: int) -> None:
    """Add one lead to the counts of its features, or take it away; a feature that nobody has is forgotten."""
    names = [ALL, *held]
    table = tables.Evidence
    known = {row.feature: row for row in (await session.exec(select(table).where(col(table.feature).in_(names)))).all()}
    for name in names:
        row = known.get(name)
        if row is None and sign < 0:
            continue
        if row is None:
            row = tables.Evidence(feature=name, good=0, bad=0)
            session.add(row)
        if converted:
            row.good += sign
        else:
            row.bad += sign
        if row.good <= 0 and row.bad <= 0:
            await session.delete(row)
    await session.flush()


async def _uncounted(session: AsyncSession, after: str) -> list[str]:
    lead, said, table = tables.Lead, tables.Outcome, tables.EvidenceLead
    has_outcome = select(said.id).where(said.lead_id == col(lead.lead_id)).exists()
    is_counted = select(table.lead_id).where(table.lead_id == col(lead.lead_id)).exists()
    asked = select(lead.lead_id).where(col(lead.facts).is_not(None), has_outcome, ~is_counted, lead.lead_id > after)
    return list((await session.exec(asked.order_by(col(lead.lead_id)).limit(_PAGE))).all())


async def _newest(session: AsyncSession, lead_id: str) -> tables.Outcome:
    table = tables.Outcome
    asked = select(table).where(table.lead_id == lead_id).order_by(col(table.id).desc()).limit(1)
    return (await session.exec(asked)).one()


def _counts(rows: Iterable[tables.Evidence]) -> tuple[Count, dict[str, Count]]:
    counts = {row.feature: Count(good=row.good, bad=row.bad) for row in rows}
    return counts.pop(ALL, Count()), counts
