"""Who lets offers run out, declines, or lets promises break: what a coaching list is made of, and forgiving it.

It counts what happened to offers made within a while. This room refuses to judge who is to be coached and who is set
aside: that is the policy's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.forgiving import forgiven_at, misses_of
from db.rosters import UnknownRep, read_roster, rep_row
from db.tables.words import End
from models.routing import AsideRule

__all__ = ["Coaching", "Tally", "UnknownRep"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the offers that one rep was made within a while.

    `ran_out`: not answered in time. `untouched`: accepted, and taken away again because there was no contact.
    `breached`: the lead's promise broke while they had it and had not answered. `missed` counts the offers of which any
    of these is true, once each, those alone that were missed since the rep was last forgiven.
    """

    rep_id: str
    offers: int
    accepted: int
    declined: int
    ran_out: int
    untouched: int
    breached: int
    missed: int
    last_missed_at: datetime | None
    forgiven_at: datetime | None


class Coaching:
    """Who may need a word."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def tallies(self, since: datetime, until: datetime) -> tuple[Tally, ...]:
        """Count up the offers made from `since` on and before `until`, for each active rep, who missed most first."""
        async with self._db.reading() as session:
            known = await read_roster(session)
            reps = [rep.id for rep in known.roster.reps if rep.active] if known else []
            forgiven = await forgiven_at(session, reps, since)
            missed = await _missed(session, reps, since, until)
            counts = await _counts(session, reps, since, until)
        found = []
        for rep_id in reps:
            after = forgiven.get(rep_id)
            theirs = [at for at in missed.get(rep_id, ()) if after is None or at > after]
            last = max(theirs, default=None)
            offers, accepted, declined, ran_out, untouched, breached = counts.get(rep_id, _NONE)
            found.append(
                Tally(rep_id, offers, accepted, declined, ran_out, untouched, breached, len(theirs), last, after)
            )
        return tuple(sorted(found, key=lambda one: (-one.missed, -one.offers, one.rep_id)))

    async def misses(self, rule: AsideRule, at: datetime) -> Mapping[str, tuple[datetime, ...]]:
        """Say when offers ran out on each active rep, as a choice of who gets a lead is told (`Situation.misses`)."""
        async with self._db.reading() as session:
            known = await read_roster(session)
            return {} if known is None else await misses_of(session, known.roster, rule, at)

    async def forgive(self, rep_id: str, *, by: str, reason: str, at: datetime) -> None:
        """Let what a rep has missed so far count no more: nobody is set aside for it. Raises `UnknownRep`."""
        async with self._db.writing() as session:
            await rep_row(session, rep_id)
            session.add(tables.Forgiven(rep_id=rep_id, at=at, by=by, reason=reason))


_NONE = (0, 0, 0, 0, 0, 0)
_OFFER, _LEAD = tables.Ownership, tables.Lead


def _broke_at(until: datetime) -> ColumnElement[bool]:
    """Say that the lead's promise broke in their hands, unanswered."""
    answered_at = func.coalesce(_OFFER.accepted_at, _OFFER.ended_at, until)
    due_at = col(_LEAD.response_due_at)
    return (due_at >= col(_OFFER.offered_at)) & (due_at < answered_at)


def _asked(reps: Collection[str], since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(_OFFER.rep_id).in_(sorted(reps)),
        col(_OFFER.offered_at) >= since,
        col(_OFFER.offered_at) < until,
        col(_OFFER.assignment).is_not(None),
    )


async def _counts(
    session: AsyncSession, reps: Collection[str], since: datetime, until: datetime
) -> Mapping[str, Sequence[int]]:
    ran_out = col(_OFFER.ended) == End.EXPIRED
    taken = col(_OFFER.accepted_at).is_not(None)
    kinds = (taken, col(_OFFER.ended) == End.DECLINED, ran_out & ~taken, ran_out & taken, _broke_at(until))
    sums = [func.coalesce(func.sum(case((kind, 1), else_=0)), 0) for kind in kinds]
    asked = (
        select(_OFFER.rep_id, func.count(), *sums)
        .join(_LEAD, col(_LEAD.lead_id) == col(_OFFER.lead_id))
        .where(*_asked(reps, since, until))
        .group_by(col(_OFFER.rep_id))
    )
    return {rep_id: tuple(map(int, numbers)) for rep_id, *numbers in (await session.exec(asked)).all()}


async def _missed(
    session: AsyncSession, reps: Collection[str], since: datetime, until: datetime
) -> Mapping[str, list[datetime]]:
    """Give, for each rep, when each offer was missed that ran out or in which a promise broke."""
    broke = _broke_at(until)
    asked = (
        select(_OFFER.rep_id, _OFFER.ended, _OFFER.ended_at, _LEAD.response_due_at)
        .join(_LEAD, col(_LEAD.lead_id) == col(_OFFER.lead_id))
        .where(*_asked(reps, since, until), or_(col(_OFFER.ended) == End.EXPIRED, broke))
    )
    found: dict[str, list[datetime]] = {}
    for rep_id, ended, ended_at, due_at in (await session.exec(asked)).all():
        at = ended_at if ended is End.EXPIRED else due_at
        if at is not None:
            found.setdefault(rep_id, []).append(at)
    return found
