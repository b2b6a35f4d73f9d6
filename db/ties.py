"""Who has had to do with a lead's person or company, and who got how much of late: what a choice looks back on.

Every question is bounded, however old a company's acquaintance is: the latest few leads stand for all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, Text, and_, bindparam, literal_column, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from models.roster import Roster
from policy.routing.accounts import ACCOUNT
from policy.routing.situation import Tie, TieKind

MOST = 10
"""So many leads of a company are looked at for each kind of tie, the latest ones."""

_OFFER = tables.Table.metadata.tables["ownership"].c
_LEAD = tables.Table.metadata.tables["lead"].c
_INSTANTS = (_OFFER.contacted_at, _OFFER.accepted_at, _OFFER.offered_at)
_BACK = 5
_TOGETHER = 20
_DAY = timedelta(hours=25)  # a calendar day, in an autumn night


async def ties_of(session: AsyncSession, lead: tables.Lead, companies: Collection[str]) -> tuple[Tie, ...]:
    """List who is tied to a lead: by its person, and by the companies that are looked at; newest first.

    A company is a domain, or an account that leads were matched to (`policy.routing.accounts.ACCOUNT`).
    """
    connection = await session.connection()
    found = [] if lead.follows is None else await _of_person(connection, lead.follows)
    asked = list(dict.fromkeys(companies))
    for start in range(0, len(asked), _TOGETHER):
        found += await _of_companies(connection, lead.lead_id, asked[start : start + _TOGETHER])
    return tuple(sorted(found, key=lambda tie: (tie.last_at, tie.lead_id, tie.rep_id), reverse=True))


async def recent_of(session: AsyncSession, roster: Roster, at: datetime) -> Mapping[str, tuple[datetime, ...]]:
    """Say, for reps with caps, when each of the leads was offered to them that their caps may count, oldest first.

    Those count that they have taken or may still take; a lead that came back to them counts once, by its first offer.
    What they were handed over in contact does not: they were not asked.
    """
    by_span: dict[timedelta, list[str]] = {}
    for rep in roster.reps:
        if rep.caps and rep.active:
            by_span.setdefault(max(cap.span or _DAY for cap in rep.caps), []).append(rep.id)
    if not by_span:
        return {}
    within = [and_(_OFFER.rep_id.in_(reps), _OFFER.offered_at >= at - span) for span, reps in by_span.items()]
    asked = select(_OFFER.rep_id, _OFFER.lead_id, _OFFER.offered_at).where(
        or_(*within),
        or_(_OFFER.ended_at.is_(None), _OFFER.accepted_at.is_not(None)),
        _OFFER.assignment.is_not(None),
    )
    firsts: dict[tuple[str, str], datetime] = {}
    rows = (await (await session.connection()).execute(asked.order_by(_OFFER.offered_at))).all()
    for rep_id, lead_id, offered_at in rows:
        firsts.setdefault((rep_id, lead_id), offered_at)
    found: dict[str, list[datetime]] = {}
    for (rep_id, _), offered_at in firsts.items():
        found.setdefault(rep_id, []).append(offered_at)
    return {rep_id: tuple(instants) for rep_id, instants in found.items()}


async def _of_person(connection: AsyncConnection, before: str) -> list[Tie]:
    """Find who last had an earlier lead of the same person, a few leads back."""
    lead_id: str | None = before
    for _ in range(_BACK):
        if lead_id is None:
            break
        taken = (
            select(_OFFER.rep_id, *_INSTANTS)
            .where(_OFFER.lead_id == lead_id)
            .where(or_(_OFFER.accepted_at.is_not(None), _OFFER.contacted_at.is_not(None)))
            .order_by(_OFFER.offer.desc())
            .limit(1)
        )
        if row := (await connection.execute(taken)).first():
            rep_id, *instants = row
            return [Tie(TieKind.PERSON, rep_id, lead_id, None, _last_at(*instants))]
        before_that = select(_LEAD.follows).where(_LEAD.lead_id == lead_id)
        lead_id = (await connection.execute(before_that)).scalar()
    return []


async def _of_companies(connection: AsyncConnection, but: str, companies: Sequence[str]) -> list[Tie]:
    matched = [company for company in companies if company.startswith(ACCOUNT)]
    names = {f"company_{place}": company.removeprefix(ACCOUNT) for place, company in enumerate(matched)}
    rest = [company for company in companies if company not in matched]
    names |= {f"company_{place}": company for place, company in enumerate(rest, start=len(matched))}
    rows = (await connection.execute(_asking_for(len(matched), len(rest)), {"but": but, **names})).all()
    return [
        Tie(TieKind(kind), rep_id, lead_id, company, _last_at(*instants))
        for kind, company, lead_id, rep_id, *instants in rows
    ]


@cache
def _asking_for(matched: int, domains: int) -> Select[Any]:
    """Ask for so many companies at once: what takes time is to ask, and to put the question together."""
    asked = [bindparam(f"company_{place}", type_=Text) for place in range(matched + domains)]
    parts = [part for place, company in enumerate(asked) for part in _latest(company, by_account=place < matched)]
    latest = union_all(*parts).subquery("latest")
    met = and_(latest.c.kind == TieKind.COMPANY.value, _OFFER.contacted_at.is_not(None))
    in_hand = and_(latest.c.kind == TieKind.OPEN.value, _OFFER.ended_at.is_(None))
    return (
        select(latest.c.kind, latest.c.company, _OFFER.lead_id, _OFFER.rep_id, *_INSTANTS)
        .join(latest, latest.c.lead_id == _OFFER.lead_id)
        .where(or_(met, in_hand))
    )


def _latest(company: BindParameter[str], *, by_account: bool) -> tuple[Select[Any], Select[Any]]:
    """Select the company's latest leads that somebody had contact with, and those that somebody has in hand."""
    others = _LEAD.lead_id != bindparam("but", type_=Text)
    column = _LEAD.account_id if by_account else _LEAD.company
    named = literal_column(f"'{ACCOUNT}'", Text).concat(column) if by_account else column
    theirs = select(_LEAD.lead_id, named.label("company")).where(column == company, others).limit(MOST)
    met = theirs.where(_LEAD.contacted_at.is_not(None)).order_by(_LEAD.contacted_at.desc()).subquery("met")
    in_hand = theirs.where(_LEAD.closed_at.is_(None), _LEAD.owner.is_not(None))
    in_hand_now = in_hand.order_by(_LEAD.received_at.desc()).subquery("in_hand")
    return (
        select(literal_column(f"'{TieKind.COMPANY}'", Text).label("kind"), met.c.lead_id, met.c.company),
        select(literal_column(f"'{TieKind.OPEN}'", Text).label("kind"), in_hand_now.c.lead_id, in_hand_now.c.company),
    )


def _last_at(contacted_at: datetime | None, accepted_at: datetime | None, offered_at: datetime) -> datetime:
    return contacted_at or accepted_at or offered_at
