"""What of the policy fired how often: rules by what is measured of leads, ways and ties by how leads were judged.

Three whiles are counted at once, in whole days (UTC) up to today. Imports of old leads do not count. It reads, and
leaves to others what a policy has of which name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database

WHILES = (7, 30, 90)
"""Over so many days each is counted."""

MOST_JUDGED = 50_000
"""Of so many leads, the latest, ways, promises and ties are counted: what a decision says has to be unfolded."""

MOST_COMPLAINED = 200
"""So many complaints, the latest, are told with their leads."""

Counts = tuple[int, int, int]
"""How many leads, in each of `WHILES`."""

COMPLAINT = "complaint"
"""What somebody does at the console who got the wrong lead."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """What came by one rule. `handed`: of these leads (90 days), so many were moved by a person, `times` together.

    `declined` and `ran_out`: so many were declined, or let pass, at least once.
    """

    leads: Counts
    handed: int
    times: int
    declined: int
    ran_out: int


@dataclass(frozen=True, slots=True)
class Judged:
    """Leads that were judged alike: the way they went, why, how well they seemed, and under which promise."""

    way: str
    because: str
    intent: str | None
    fit: str | None
    sla: str | None
    leads: Counts


@dataclass(frozen=True, slots=True)
class Use:
    """What fired. `unruled`: offers that a tie, a person or no rule decided. `complaints`: in 90 days, by rule.

    `complained`: of these leads, id and headline, the last first; some hundred in all. `judged_since`: ways, promises
    and ties are counted from there on only, as there were too many leads before.
    """

    rules: Mapping[str, RuleUse]
    unruled: RuleUse
    complaints: Mapping[str, int]
    complained: Mapping[str, Sequence[tuple[str, str]]]
    judged: Sequence[Judged]
    ties: Mapping[str, Counts]
    judged_since: datetime | None


class RuleUses:
    """How often what of a policy fired."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def read(self, *, at: datetime) -> Use:
        """Count the last 90 days, today included."""
        days = [at.astimezone(UTC).date() - timedelta(days=length - 1) for length in WHILES]
        since = [datetime.combine(day, time(), UTC) for day in days]
        async with self._db.reading() as session:
            rules = await _rules(session, days)
            complaints = await _complaints(session, since[-1])
            complained = await _complained(session, since[-1])
            first = await _first_judged(session, since[-1])
            judged = await _judged(session, since, first or since[-1])
            ties = await _ties(session, since, first or since[-1])
        unruled = rules.pop(None, RuleUse((0, 0, 0), 0, 0, 0, 0))
        named = {name: use for name, use in rules.items() if name is not None}
        return Use(named, unruled, complaints, complained, judged, ties, first)


def _in_each(when: Any, starts: Sequence[date]) -> list[ColumnElement[int]]:
    return [func.coalesce(func.sum(case((when >= start, 1), else_=0)), 0) for start in starts]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def _rules(session: AsyncSession, days: Sequence[date]) -> dict[str | None, RuleUse]:
    table = tables.LeadMeasure
    columns: list[Any] = [
        table.rule,
        *_in_each(col(table.day), days),
        _sum(col(table.handed) > 0),
        func.coalesce(func.sum(col(table.handed)), 0),
        _sum(col(table.declines) > 0),
        _sum(col(table.ran_out) > 0),
    ]
    asked = (
        select(*columns)
        .where(col(table.day) >= days[-1], col(table.backfill).is_(False), col(table.offers) > 0)
        .group_by(col(table.rule))
    )
    return {
        rule: RuleUse((week, month, quarter), handed, times, declined, ran_out)
        for rule, week, month, quarter, handed, times, declined, ran_out in (await session.exec(asked)).all()
    }


async def _complaints(session: AsyncSession, since: datetime) -> dict[str, int]:
    table = tables.HumanAct
    rule = col(table.detail)["rule"].as_string().label("rule")
    every = select(rule).where(col(table.at) >= since, table.what == COMPLAINT).subquery()
    # Of an erased lead nothing says any more which rule it was.
    asked = select(every.c.rule, func.count()).where(every.c.rule.is_not(None)).group_by(every.c.rule)
    return dict((await session.exec(asked)).all())


async def _complained(session: AsyncSession, since: datetime) -> dict[str, list[tuple[str, str]]]:
    act, lead = tables.HumanAct, tables.Lead
    asked = (
        select(col(act.detail)["rule"].as_string(), lead.lead_id, lead.headline)
        .join(lead, col(lead.lead_id) == col(act.lead_id))
        .where(col(act.at) >= since, act.what == COMPLAINT)
        .order_by(col(act.id).desc())
        .limit(MOST_COMPLAINED)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for rule, lead_id, headline in (await session.exec(asked)).all():
        if rule is not None and (lead_id, headline) not in (leads := found.setdefault(rule, [])):
            leads.append((lead_id, headline))
    return found


def _counted(since: datetime) -> list[ColumnElement[bool]]:
    table = tables.Lead
    return [
        col(table.received_at) >= since,
        col(table.backfill).is_(False),
        col(table.folded_into).is_(None),
        col(table.score).is_not(None),
    ]


async def _first_judged(session: AsyncSession, since: datetime) -> datetime | None:
    """Say from when on leads are looked at, where there are more than `MOST_JUDGED`."""
    table = tables.Lead
    last = select(table.received_at).where(*_counted(since)).order_by(col(table.received_at).desc())
    return (await session.exec(last.offset(MOST_JUDGED).limit(1))).first()


async def _judged(session: AsyncSession, since: Sequence[datetime], first: datetime) -> tuple[Judged, ...]:
    table = tables.Lead
    went = col(table.score)["qualification"]
    said: list[Any] = [
        col(table.received_at).label("at"),
        went["way"].as_string().label("way"),
        went["because"].as_string().label("because"),
        col(table.intent).label("intent"),
        col(table.fit).label("fit"),
        went["sla"].as_string().label("sla"),
    ]
    leads = _unfolded(select(*said).where(*_counted(first)))
    columns: list[Any] = [leads.c.way, leads.c.because, leads.c.intent, leads.c.fit, leads.c.sla]
    asked = select(*columns, *_in_each(leads.c.at, since)).group_by(*columns)
    return tuple(
        Judged(way or "", because or "", intent, fit, sla, (week, month, quarter))
        for way, because, intent, fit, sla, week, month, quarter in (await session.exec(asked)).all()
    )


async def _ties(session: AsyncSession, since: Sequence[datetime], first: datetime) -> dict[str, Counts]:
    lead, offer = tables.Lead, tables.Ownership
    leads = _unfolded(
        select(
            col(lead.received_at).label("at"),
            col(offer.assignment)["trace"]["tie"].as_string().label("tie"),
        )
        .join(offer, (col(offer.lead_id) == col(lead.lead_id)) & (col(offer.offer) == 1))
        .where(*_counted(first), col(offer.by).is_(None))
    )
    asked = select(leads.c.tie, *_in_each(leads.c.at, since)).where(leads.c.tie.is_not(None)).group_by(leads.c.tie)
    return {tie: (week, month, quarter) for tie, week, month, quarter in (await session.exec(asked)).all()}


def _unfolded(asked: Any) -> Subquery:
    found: Subquery = asked.subquery()
    return found
