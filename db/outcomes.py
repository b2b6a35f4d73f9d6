"""What became of leads: said once or corrected, and summed up for whoever held them.

A lead's newest outcome counts; older ones stay to be read. The sums are kept beside them in the same transaction,
because every assignment may ask for them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.crm_wanting import tell_crm
from db.engine import Database
from db.evidence import counted
from db.holding import Hands, lead_for_change
from db.ledger import ROTATION
from db.next_contact import after_outcome
from db.statements import insert_into
from db.tables.words import End
from models.lead import Stage
from models.outcome import FINAL, TO_THE_BAD, TO_THE_GOOD, Outcome, OutcomeResult
from policy.routing.situation import Record

_ALL = ""


class NoOutcome(Exception):
    """This lead can have none: it was folded into another, or erased."""


class NothingNew(Exception):
    """What somebody says became of a lead follows nothing from: says why."""


@dataclass(frozen=True, slots=True)
class Noted:
    """One outcome as it is kept; `rep_id` is who held the lead then, `repeat` whether its key was known already."""

    lead_id: str
    key: str
    result: OutcomeResult
    value: float | None
    currency: str | None
    rep_id: str | None
    industry: str | None
    at: datetime
    by: str | None
    recorded_at: datetime
    repeat: bool = False


class Outcomes:
    """What became of each lead."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(self, lead_id: str, said: Outcome, *, key: str, now: datetime, news_only: bool = False) -> Noted:
        """Note what became of a lead; the same key again changes nothing and gets the first answer.

        A final result of a lead in contact ends its ownership. `news_only`: nothing is noted of what is known, or
        older than what was said last: tools tell things twice, and in any order. Raises `UnknownLead`, `NoOutcome` and,
        of news only, `NothingNew`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            lead = await lead_for_change(session, lead_id)
            if lead.folded_into:
                raise NoOutcome(f"it was folded into lead {lead.folded_into}: say it of that one")
            if lead.stage is Stage.ERASED:
                raise NoOutcome("it was erased")
            before = await _newest(session, lead_id)
            if known := await _under(session, lead_id, key):
                return _noted(known, repeat=True)
            if news_only and before is not None:
                _is_news(before, said, now)
            hands = Hands(self._db, session, lead, now)
            holder = await hands.open()
            row = tables.Outcome(
                lead_id=lead_id,
                key=key,
                result=said.result,
                value=said.value,
                currency=None if said.value is None else said.currency,
                rep_id=holder.rep_id if holder else before.rep_id if before else None,
                industry=_industry(lead),
                at=said.at or now,
                by=said.by,
                recorded_at=now,
            )
            session.add(row)
            if before:
                await self._count(session, before, -1)
            await self._count(session, row, +1)
            await session.flush()
            await counted(session, lead, row.result, row.at)
            await let_go(hands)
            await after_outcome(hands, row.result, row.rep_id)
            await tell_crm(self._db, session, lead_id, now)
            return _noted(row)

    async def of(self, lead_id: str) -> Noted | None:
        """Give what became of a lead, as it was said last; None while nobody has said."""
        async with self._db.reading() as session:
            row = await _newest(session, lead_id)
            return None if row is None else _noted(row)

    async def all_of(self, lead_id: str) -> tuple[Noted, ...]:
        """List everything that was said to have become of a lead, oldest first."""
        table = tables.Outcome
        async with self._db.reading() as session:
            rows = (await session.exec(select(table).where(table.lead_id == lead_id).order_by(col(table.id)))).all()
            return tuple(map(_noted, rows))

    async def _count(self, session: AsyncSession, row: tables.Outcome, sign: int) -> None:
        """Add what an outcome says about who held the lead, or take it back."""
        won, lost = sign * (row.result in TO_THE_GOOD), sign * (row.result in TO_THE_BAD)
        if row.rep_id is None or not (won or lost):
            return
        table = tables.RepRecord
        for industry in sorted({_ALL, row.industry or _ALL}):
            known = insert_into(self._db, table, {"rep_id": row.rep_id, "industry": industry, "won": won, "lost": lost})
            sums = {"won": col(table.won) + known.excluded.won, "lost": col(table.lost) + known.excluded.lost}
            await session.exec(known.on_conflict_do_update(index_elements=["rep_id", "industry"], set_=sums))


async def records(session: AsyncSession) -> dict[tuple[str, str | None], Record]:
    """Sum up how each rep's leads ended, by rep and industry, and under None in all industries (R22).

    `won` are those whose newest outcome is `won` or `qualified`, `lost` those `lost` or `unreachable`.
    """
    rows = (await session.exec(select(tables.RepRecord))).all()
    return {(row.rep_id, row.industry or None): Record(won=row.won, lost=row.lost) for row in rows}


async def let_go(hands: Hands) -> None:
    """End the ownership of a lead in contact whose outcome is final, and give the turn of a bad one back.

    A bad one that was none after all costs its turn again.

    While a lead's workflow runs, that one decides who holds it.
    """
    said = await _newest(hands.session, hands.lead.lead_id)
    if said is None or hands.lead.stage is not Stage.CONTACTED:
        return
    because = f"outcome: {said.result}"
    if said.result is not OutcomeResult.BAD:
        await hands.was_not_bad(because)
    if said.result not in FINAL:
        return
    if holder := await hands.open():
        await hands.end(holder, End.RELEASED, because)
        hands.lead.owner, hands.lead.changed_at = None, hands.at
    if said.result is OutcomeResult.BAD:
        await hands.turned_out_bad(because)


async def _newest(session: AsyncSession, lead_id: str) -> tables.Outcome | None:
    table = tables.Outcome
    asked = select(table).where(table.lead_id == lead_id).order_by(col(table.id).desc()).limit(1)
    return (await session.exec(asked)).first()


async def _under(session: AsyncSession, lead_id: str, key: str) -> tables.Outcome | None:
    table = tables.Outcome
    return (await session.exec(select(table).where(table.lead_id == lead_id, table.key == key))).first()


def _is_news(before: tables.Outcome, said: Outcome, now: datetime) -> None:
    """Raise `NothingNew` for what is known already, or older than the newest."""
    worth = (said.value, None if said.value is None else said.currency)
    if (before.result, before.value, before.currency) == (said.result, *worth):
        raise NothingNew(f"it was noted already that it is {before.result}")
    if (said.at or now) < before.at:
        raise NothingNew(f"it is older than what {before.by or 'somebody'} said last: {before.result}")


def _industry(lead: tables.Lead) -> str | None:
    company = (lead.facts or {}).get("company") or {}
    return company.get("industry") or None


def _noted(row: tables.Outcome, repeat: bool = False) -> Noted:
    return Noted(
        lead_id=row.lead_id,
        key=row.key,
        result=row.result,
        value=row.value,
        currency=row.currency,
        rep_id=row.rep_id,
        industry=row.industry,
        at=row.at,
        by=row.by,
        recorded_at=row.recorded_at,
        repeat=repeat,
    )
