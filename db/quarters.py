"""What the quarterly review is made of: counts of whole quarters (UTC days), grouped by the database.

Imports of old leads do not count. This room refuses to say what a count means.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.figures_asked import LEAD, OFFER, OFFERED, count, grouped, within, word
from db.rosters import read_roster
from db.rule_use import COMPLAINT
from models.figures import Filters
from policy.insight.quarter import Counts, Quarter, RuleCount, Sums, Team
from policy.insight.shares import share

VALUES = ("type", "region", "source")
"""By what leads without a rule are told apart."""


class Quarters:
    """Counts whole quarters. Every method raises `DatabaseUnreachable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def counts(self, quarter: Quarter, default_pool: str) -> Counts:
        """Count a quarter and the one before; `default_pool`: where leads go that no rule is for."""
        now, before = _within(quarter), _within(quarter.before)
        async with self._db.reading() as session:
            return Counts(
                now=await _sums(session, now),
                before=await _sums(session, before),
                rules=await _rules(session, now),
                rules_before={rule: one.leads for rule, one in (await _rules(session, before)).items()},
                complaints=await _complaints(session, quarter),
                unruled=await _values(session, OFFER, [*_offers(quarter), *_unruled(default_pool)]),
                all_of=await _values(session, OFFER, _offers(quarter)),
                all_of_before=await _values(session, OFFER, _offers(quarter.before)),
                teams=await _teams(session, now),
            )

    async def first_day(self) -> date | None:
        """Give the day of the first lead that is measured; None: there is none."""
        async with self._db.reading() as session:
            return (await session.exec(select(func.min(col(LEAD.day))))).one()

    async def decided_since(self, quarter: Quarter, most: int) -> datetime:
        """Say from when on leads of a quarter are looked at, so that at most `most` of those with a result are."""
        asked = select(LEAD.received_at).where(*_within(quarter), col(LEAD.result).is_not(None))
        async with self._db.reading() as session:
            last = asked.order_by(col(LEAD.received_at).desc()).offset(most).limit(1)
            found = (await session.exec(last)).first()
        return datetime.combine(quarter.first, time(), UTC) if found is None else found + timedelta(microseconds=1)


def _within(quarter: Quarter) -> list[ColumnElement[bool]]:
    return within(Filters(since=quarter.first, until=quarter.last))


def _offers(quarter: Quarter) -> list[ColumnElement[bool]]:
    return [*within(Filters(since=quarter.first, until=quarter.last), OFFER), col(OFFER.offer) == 1]


def _unruled(default_pool: str) -> list[ColumnElement[bool]]:
    return [col(OFFER.rule).is_(None), col(OFFER.by_hand).is_(False), col(OFFER.pool) == default_pool]


async def _sums(session: AsyncSession, conditions: list[ColumnElement[bool]]) -> Sums:
    numbers = (
        func.count(),
        count(OFFERED),
        count(OFFERED, col(LEAD.handed) == 0),
        count(col(LEAD.kept).is_(True)),
        count(col(LEAD.kept).is_not(None)),
        count(OFFERED, col(LEAD.qualified).is_(True)),
    )
    [row] = await grouped(session, [], numbers, conditions)
    received, offered, automatic, kept, decided, qualified = map(int, row)
    return Sums(received, offered, share(automatic, offered), share(kept, decided), share(qualified, offered))


async def _rules(session: AsyncSession, conditions: list[ColumnElement[bool]]) -> dict[str, RuleCount]:
    numbers = (func.count(), *(count(col(one) > 0) for one in (LEAD.handed, LEAD.declines, LEAD.ran_out)))
    asked = [*conditions, OFFERED, col(LEAD.rule).is_not(None)]
    return {
        rule: RuleCount(*map(int, rest)) for rule, *rest in await grouped(session, [col(LEAD.rule)], numbers, asked)
    }


async def _complaints(session: AsyncSession, quarter: Quarter) -> Mapping[str, int]:
    table = tables.HumanAct
    since, until = (datetime.combine(day, time(), UTC) for day in (quarter.first, quarter.after.first))
    rule = col(table.detail)["rule"].as_string().label("rule")
    every = select(rule).where(col(table.at) >= since, col(table.at) < until, table.what == COMPLAINT).subquery()
    asked = (
        select(every.c.rule, func.count()).where(every.c.rule.is_not(None), every.c.rule != "").group_by(every.c.rule)
    )
    return dict((await session.exec(asked)).all())


async def _values(
    session: AsyncSession, table: Any, conditions: list[ColumnElement[bool]]
) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for name in VALUES:
        rows = await grouped(session, [col(getattr(table, name))], [func.count()], conditions)
        found |= {(name, word(value)): int(leads) for value, leads in rows if value is not None}
    return found


async def _teams(session: AsyncSession, conditions: list[ColumnElement[bool]]) -> tuple[Team, ...]:
    rows = await grouped(session, [col(LEAD.team)], [func.count()], [*conditions, OFFERED])
    offered = {word(team): int(leads) for team, leads in rows}
    known = await read_roster(session)
    if known is None:
        return ()
    places: dict[str, int] = {}
    for rep in known.roster.reps:
        places[rep.team] = places.get(rep.team, 0) + (rep.capacity if rep.active else 0)
    return tuple(Team(one.id, one.region, offered.get(one.id, 0), places.get(one.id, 0)) for one in known.roster.teams)
