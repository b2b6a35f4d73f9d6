"""What is measured of leads: what measuring reads of them, and the rows that are kept.

Measuring reads in one transaction and writes in another, and only if nobody else wrote in between; so a writer never
waits for a million leads to be read, and two workers never undo each other. Which leads it is, `db.unmeasured` finds.
This room refuses to measure.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import chunks, insert_into
from db.tables.words import End
from db.unmeasured import FINDS, Way, until_of
from models.base import Inside
from models.explanation import RuleTried
from models.figures import Dimension
from models.lead import Stage
from models.outcome import OutcomeResult
from policy.insight.buckets import EDITION
from policy.insight.measuring import LeadSeen, Measures, OfferSeen, bucket, span

_LOCK = "baton: measuring"
_WRITTEN = f"written-{EDITION}"
_MEASURED = (tables.OfferMeasure, tables.LeadMeasure, tables.MeasuredWord, tables.MeasuredUntil)
_SHARED = ("source", "type", "region", "team", "policy", "intent", "fit", "backfill")


@dataclass(frozen=True, slots=True)
class Told:
    """One lead to measure: what is measured of it, and what its row says of it besides."""

    lead_id: str
    lead: LeadSeen
    about: dict[str, Any]
    pools: tuple[str | None, ...]
    ends: tuple[End | None, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Leads to measure, those that count no longer (erased, or one lead with another), and where the way goes on.

    `moves`: there is something to write down. `more`: there may be more at once.
    """

    way: Way
    told: tuple[Told, ...]
    gone: tuple[str, ...]
    at: datetime
    lead_id: str
    number: int
    written: int
    moves: bool
    more: bool


class _Rules(Inside):
    """What measuring reads of an offer's trace."""

    rules: tuple[RuleTried, ...] = ()


class MeasureBook:
    """What is measured of leads."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def take(self, way: Way, *, at: datetime, limit: int) -> Batch:
        """Read leads to measure, as they are now. Raises `DatabaseUnreachable`."""
        async with self._db.reading() as session:
            written = await until_of(session, _WRITTEN)
            until = await until_of(session, f"{way}-{EDITION}")
            found = await FINDS[way](session, until, at, limit)
            told, gone = await _read(session, found.lead_ids)
        moves = bool(told or gone) or (found.lead_id, found.number) != (until.lead_id, until.rows)
        return Batch(way, told, gone, found.at, found.lead_id, found.number, written.rows, moves, found.more)

    async def keep(self, batch: Batch, rows: Sequence[Measures]) -> bool:
        """Write down what was measured of each of a batch's leads; False: somebody else wrote meanwhile.

        Raises `DatabaseUnreachable`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, _LOCK)
            written = await until_of(session, _WRITTEN)
            if written.rows != batch.written:
                return False
            if not written.rows:  # what another edition measured counts no more
                await _forget(session)
            await unmeasure(session, batch.gone)
            await _drop(session, [one.lead_id for one in batch.told])
            leads = [_lead_row(one, row) for one, row in zip(batch.told, rows, strict=True)]
            offers = [offer for lead, one in zip(leads, batch.told, strict=True) for offer in _offer_rows(lead, one)]
            connection = await session.connection()
            for table, values in ((tables.LeadMeasure, leads), (tables.OfferMeasure, offers)):
                if values:
                    await connection.execute(insert(table), values)
            await self._learn(session, leads)
            await self._move(session, f"{batch.way}-{EDITION}", batch.at, batch.lead_id, batch.number)
            await self._move(session, _WRITTEN, batch.at, "", batch.written + 1)
        return True

    async def forget(self) -> None:
        """Throw away everything that was measured; the chore begins anew. Raises `DatabaseUnreachable`."""
        async with self._db.writing() as session:
            await self._db.lock(session, _LOCK)
            await _forget(session)

    async def _learn(self, session: AsyncSession, leads: Iterable[dict[str, Any]]) -> None:
        """Keep the values that filters may offer."""
        words = {
            (one.value, str(word)) for lead in leads for one in Dimension if (word := lead[COLUMNS[one]]) is not None
        }
        rows = [{"dimension": dimension, "word": word} for dimension, word in sorted(words)]
        for piece in chunks(rows):
            await session.exec(insert_into(self._db, tables.MeasuredWord, list(piece)).on_conflict_do_nothing())

    async def _move(self, session: AsyncSession, name: str, at: datetime, lead_id: str, rows: int) -> None:
        values = {"at": at, "lead_id": lead_id, "rows": rows}
        row = insert_into(self._db, tables.MeasuredUntil, {"name": name, **values})
        await session.exec(row.on_conflict_do_update(index_elements=["name"], set_=values))


COLUMNS = {one: one.value for one in Dimension} | {Dimension.REP: "rep_id"}
"""The column of each dimension."""


_LEAD, _OFFER, _SAID = tables.Lead, tables.Ownership, tables.Outcome


async def _read(session: AsyncSession, lead_ids: Sequence[str]) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    leads, offers, said = [], defaultdict(list), defaultdict(list)
    columns = [getattr(_LEAD, name) for name in _OF_LEAD]
    for piece in chunks(lead_ids):
        leads += (await session.exec(select(*columns).where(col(_LEAD.lead_id).in_(piece)))).all()
        asked = select(_OFFER).where(col(_OFFER.lead_id).in_(piece)).order_by(col(_OFFER.offer))
        for offer in (await session.exec(asked)).all():
            offers[offer.lead_id].append(offer)
        results = select(*_OF_SAID).where(col(_SAID.lead_id).in_(piece))
        for lead_id, *words in (await session.exec(results.order_by(col(_SAID.id)))).all():
            said[lead_id].append(words)
    told, gone = [], []
    for row in leads:
        if row.stage is Stage.ERASED or row.folded_into is not None:
            gone.append(row.lead_id)
        else:
            told.append(_told(row, offers[row.lead_id], said[row.lead_id]))
    return tuple(told), tuple(gone)


_OF_LEAD = (
    *("lead_id", "stage", "received_at", "response_due_at", "contacted_at", "closed_at", "changed_at", "owner"),
    *("breached", "points", "folded_into"),
    *_SHARED,
)
_OF_SAID = tuple(getattr(_SAID, name) for name in ("lead_id", "id", "result", "value", "currency"))


def _told(row: Any, offers: Sequence[tables.Ownership], said: Sequence[Sequence[Any]]) -> Told:
    seen = LeadSeen(
        stage=row.stage,
        received_at=row.received_at,
        due_at=row.response_due_at,
        contacted_at=row.contacted_at,
        closed_at=row.closed_at,
        changed_at=row.changed_at,
        owner=row.owner,
        breached=row.breached,
        backfill=row.backfill,
        points=row.points,
        offers=[_offer(one) for one in offers],
        results=[OutcomeResult(result) for _, result, *_ in said],
    )
    worth = ((value, currency) for _, _, value, currency in reversed(said) if value is not None)
    value, currency = next(worth, (None, None))
    about = {name: getattr(row, name) for name in _SHARED} | {
        "received_at": row.received_at,
        "changed_at": row.changed_at,
        "stage": row.stage.value,
        "rule": next((rule for one in offers if (rule := _rule(one))), None),
        "value": value,
        "currency": currency,
        "outcome_id": said[-1][0] if said else 0,
    }
    return Told(row.lead_id, seen, about, tuple(one.pool for one in offers), tuple(one.ended for one in offers))


def _offer(one: tables.Ownership) -> OfferSeen:
    return OfferSeen(
        offer=one.offer,
        rep_id=one.rep_id,
        by_hand=one.by is not None,
        offered_at=one.offered_at,
        accepted_at=one.accepted_at,
        contacted_at=one.contacted_at,
        ended_at=one.ended_at,
        declined=one.ended is End.DECLINED,
        ran_out=one.ended is End.EXPIRED,
    )


def _rule(one: tables.Ownership) -> str | None:
    """Name the rule that an offer came by; None where a tie, a person or nobody's rule decided."""
    trace = (one.assignment or {}).get("trace")
    if one.by is not None or not trace or trace.get("tie"):
        return None
    return next((rule.rule for rule in reversed(_Rules.model_validate(trace).rules) if rule.matched), None)


def _lead_row(one: Told, row: Measures) -> dict[str, Any]:
    return {"lead_id": one.lead_id, **one.about, **asdict(row)}


def _offer_rows(lead: dict[str, Any], one: Told) -> Iterable[dict[str, Any]]:
    copied = {name: lead[name] for name in ("lead_id", *_SHARED, "rule", "band", "result", "qualified")}
    for offer, pool, ended in zip(one.lead.offers, one.pools, one.ends, strict=True):
        answered_s = span(offer.offered_at, offer.accepted_at)
        yield {
            **copied,
            "offer": offer.offer,
            "day": offer.offered_at.date(),
            "rep_id": offer.rep_id,
            "pool": pool,
            "by_hand": offer.by_hand,
            "accepted_s": answered_s,
            "accepted_b": bucket(answered_s),
            "contacted": offer.contacted_at is not None,
            "ended": ended,
        }


async def unmeasure(session: AsyncSession, lead_ids: Collection[str]) -> None:
    """Let leads count no longer, and forget the words that no other lead has: an erasure leaves none of its own."""
    measured = tables.LeadMeasure
    rows = [
        row
        for piece in chunks(list(lead_ids))
        for row in (await session.exec(select(measured).where(col(measured.lead_id).in_(piece)))).all()
    ]
    await _drop(session, list(lead_ids))
    known = tables.MeasuredWord
    for dimension, name in COLUMNS.items():
        column = col(getattr(measured, name))
        for value in {word for row in rows if (word := getattr(row, name)) is not None}:
            if (await session.exec(select(measured.lead_id).where(column == value).limit(1))).first() is None:
                gone = (col(known.dimension) == dimension.value, col(known.word) == str(value))
                await session.exec(delete(known).where(*gone))


async def _drop(session: AsyncSession, lead_ids: Sequence[str]) -> None:
    for table in (tables.LeadMeasure, tables.OfferMeasure):
        for piece in chunks(lead_ids):
            await session.exec(delete(table).where(col(table.lead_id).in_(piece)))


async def _forget(session: AsyncSession) -> None:
    for table in _MEASURED:
        await session.exec(delete(table))
