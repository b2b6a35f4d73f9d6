"""The figures of a while, read off what is measured of each lead (`db.measures`); the same filters for each of them.

It asks, and leaves the arithmetic to `policy.insight`. This room refuses to read leads themselves: a million of them
are read at once only because their measures are narrow.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.figures_asked import LEAD, OFFERED, PROMISED, column, count, grouped, within, word
from db.figures_fairness import rep_loads
from db.figures_timing import hour_counts, timed, timed_by, usual_target
from db.rosters import read_roster
from db.unmeasured import behind_of, fresh_of
from models.figures import (
    Automation,
    Conversion,
    Dimension,
    Fairness,
    Filters,
    Fresh,
    Funnel,
    HeatMap,
    Kept,
    KeptDay,
    Measured,
    Overview,
    Speed,
    SpeedRow,
    Step,
)
from models.lead import Stage
from models.outcome import FINAL, OutcomeResult
from models.trial import Goal
from policy.insight.counted import (
    ConvertedCount,
    PromiseCount,
    automation_rows,
    conversion_row,
    funnel,
    heat_map,
    kept_row,
    kept_rows,
    week_of,
)
from policy.insight.shares import share
from policy.insight.shifts import on_shift

R32 = (Dimension.REP, Dimension.TEAM, Dimension.REGION, Dimension.TYPE, Dimension.SOURCE)
"""By what promises are told apart."""

_KEPT = col(LEAD.kept).is_(True)
_DECIDED = col(LEAD.kept).is_not(None)
_STANDS = PROMISED & col(LEAD.backfill).is_(False)  # old leads are promised nothing, so nothing of theirs is open
_OPEN = _STANDS & col(LEAD.kept).is_(None) & col(LEAD.left_b).is_(None) & col(LEAD.accepted_b).is_(None)
_PROMISES = (count(_KEPT), count(_DECIDED), count(_OPEN))
_WHOSE = case((_DECIDED, col(LEAD.promise_rep_id)), else_=col(LEAD.rep_id))
_AUTOMATIC = col(LEAD.handed) == 0
_WON = col(LEAD.result) == OutcomeResult.WON.value
_QUALIFIED = col(LEAD.qualified).is_(True)
_GOALS = {
    Goal.ACCEPTED: col(LEAD.accepted_b).is_not(None),
    Goal.CONTACTED: col(LEAD.contacted_b).is_not(None),
    Goal.QUALIFIED: _QUALIFIED,
    Goal.WON: _WON,
}
_FINAL = col(LEAD.result).in_([one.value for one in FINAL])
_OVER = {
    Goal.ACCEPTED: col(LEAD.left_b).is_not(None),
    Goal.CONTACTED: col(LEAD.left_b).is_not(None),
    Goal.QUALIFIED: _FINAL,
    Goal.WON: _FINAL,
}
_ASIDE = (Stage.NURTURING, Stage.REVIEW, Stage.DISQUALIFIED, Stage.CLOSED)


class Figures:
    """Answers each question of the analytics. Every method raises `DatabaseUnreachable`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def measured(self) -> Measured:
        """Say what is measured so far."""
        async with self._db.reading() as session:
            [(leads, first, last)] = await grouped(
                session, [], (func.count(col(LEAD.lead_id)), func.min(col(LEAD.day)), func.max(col(LEAD.day))), []
            )
            until, behind = await behind_of(session)
        return Measured(leads, first, last, until, behind)

    async def fresh(self) -> Fresh:
        """Say how fresh the figures are, without a count of anything."""
        async with self._db.reading() as session:
            return Fresh(*await fresh_of(session))

    async def values(self) -> dict[Dimension, tuple[str, ...]]:
        """Give every value that leads have of each dimension, sorted: what a filter may offer; cheap."""
        async with self._db.reading() as session:
            rows = (await session.exec(select(tables.MeasuredWord))).all()
        found: dict[Dimension, list[str]] = {one: [] for one in Dimension}
        for row in rows:
            found[Dimension(row.dimension)].append(row.word)
        bands = sorted(found[Dimension.BAND], key=int)
        return {one: tuple(sorted(words)) for one, words in found.items()} | {Dimension.BAND: tuple(bands)}

    async def overview(self, filters: Filters, now: datetime) -> Overview:
        """Give one number of each."""
        answered, waiting = _GOALS[Goal.ACCEPTED], col(LEAD.settled).is_(False)
        numbers = (
            func.count(),
            *(count(answered), *_PROMISES[:2]),
            *(count(OFFERED, _AUTOMATIC), count(OFFERED), count(OFFERED, _QUALIFIED), count(waiting)),
        )
        async with self._db.reading() as session:
            rows = sorted(await grouped(session, [col(LEAD.day)], numbers, within(filters)), key=itemgetter(0))
            accepted = await timed(session, filters, Step.ACCEPTED, now)
        received, _, kept, decided, automatic, offered, qualified, open_ = (
            sum(int(row[place]) for row in rows) for place in range(1, 9)
        )
        return Overview(
            received=received,
            accepted=accepted.waits.timing(Step.ACCEPTED),
            kept=share(kept, decided),
            automatic=share(automatic, offered),
            qualified=share(qualified, offered),
            waiting=open_,
            days=tuple((row[0], int(row[1]), int(row[2])) for row in rows),
        )

    async def speed(self, filters: Filters, now: datetime) -> Speed:
        """Say how fast leads are offered, accepted and contacted; those that wait count until `now` (R50)."""
        async with self._db.reading() as session:
            found = {step: await timed(session, filters, step, now) for step in Step}
            target = await usual_target(session, filters)
        accepted = found[Step.ACCEPTED]
        return Speed(
            leads=accepted.waits.leads,
            offered=found[Step.OFFERED].waits.timing(Step.OFFERED),
            accepted=accepted.waits.timing(Step.ACCEPTED),
            contacted=found[Step.CONTACTED].waits.timing(Step.CONTACTED),
            kept=share(accepted.kept, accepted.decided),
            target_s=target,
        )

    async def speed_by(self, filters: Filters, by: Dimension, now: datetime) -> tuple[SpeedRow, ...]:
        """Say the same in short for each value of a dimension, most leads first."""
        async with self._db.reading() as session:
            accepted = await timed_by(session, filters, by, Step.ACCEPTED, now)
            contacted = await timed_by(session, filters, by, Step.CONTACTED, now)
        rows = []
        for value, one in accepted.items():
            timing, touched = one.waits.timing(Step.ACCEPTED), contacted[value].waits.timing(Step.CONTACTED)
            kept = share(one.kept, one.decided)
            rows.append(SpeedRow(value, one.waits.leads, timing.half_s, timing.nine_tenths_s, touched.half_s, kept))
        return tuple(sorted(rows, key=lambda row: (-row.leads, row.value)))

    async def kept(self, filters: Filters) -> Kept:
        """Say which promises were kept, by rep, team, region, type and source (R32)."""
        promised = [*within(filters, rep=_WHOSE), PROMISED]
        broke = count(col(LEAD.kept).is_(False), col(LEAD.promise_rep_id).is_(None))
        async with self._db.reading() as session:
            rows = await grouped(session, [col(LEAD.day)], (*_PROMISES, broke), promised)
            by = {one: kept_rows(await _promises(session, filters, _whose(one), rep=_WHOSE)) for one in R32}
        days, nobody = {row[0]: _promise(*row[1:4]) for row in rows}, sum(int(row[4]) for row in rows)
        every = tuple(KeptDay(day, kept_row("", [days[day]]).kept) for day in sorted(days) if days[day].decided)
        return Kept(kept_row("", days.values()), every, by, nobody)

    async def hours(self, filters: Filters, now: datetime) -> HeatMap:
        """Say when in the week leads come and are answered, and when nobody is there to (R50)."""
        async with self._db.reading() as session:
            hours = await hour_counts(session, filters)
            known = await read_roster(session)
        return heat_map(hours, on_shift(known.roster, now, filters.team) if known else None)

    async def conversion(self, filters: Filters, by: Dimension, goal: Goal) -> Conversion:
        """Say how leads convert, by one dimension (R49)."""
        good = _GOALS[goal]
        worth, currency = func.sum(col(LEAD.value)).filter(_WON), case((_WON, col(LEAD.currency)), else_=None)
        numbers = (func.count(), count(good), count(good | _OVER[goal]), worth)
        async with self._db.reading() as session:
            rows = await grouped(session, [column(by), currency], numbers, [*within(filters), OFFERED])
        counts: dict[str, list[ConvertedCount]] = defaultdict(list)
        for value, said, offered, converted, decided, won in rows:
            one = ConvertedCount(int(offered), int(converted), int(decided), won, word(said))
            counts[word(value)].append(one)
        ordered = sorted((conversion_row(*one) for one in counts.items()), key=lambda row: (-row.share.of, row.value))
        return Conversion(goal, by, conversion_row("", chain.from_iterable(counts.values())), tuple(ordered))

    async def funnel(self, filters: Filters) -> Funnel:
        """Say how far leads come."""
        reached = _WON
        conditions = [("won", reached)]
        for name, one in (
            ("qualified", _QUALIFIED),
            ("contacted", _GOALS[Goal.CONTACTED]),
            ("accepted", _GOALS[Goal.ACCEPTED]),
            ("offered", OFFERED),
            ("for sales", PROMISED),
        ):
            reached = reached | one  # who says what became of a lead may not have said that they were in touch
            conditions.append((name, reached))
        steps = conditions[::-1]
        gone = col(LEAD.stage).in_([one.value for one in _ASIDE]) & col(LEAD.contacted_b).is_(None)
        async with self._db.reading() as session:
            [numbers] = await grouped(session, [], (func.count(), *(count(one) for _, one in steps)), within(filters))
            aside = await grouped(session, [col(LEAD.stage)], [func.count()], [*within(filters), gone])
        names = ("received", *(name for name, _ in steps))
        return funnel(
            [(name, int(leads)) for name, leads in zip(names, numbers, strict=True)],
            [(stage, leads) for stage, leads in aside],
        )

    async def automation(self, filters: Filters) -> Automation:
        """Say how many leads went by rules alone (R28)."""
        groups, offered = (col(LEAD.day), col(LEAD.rule)), [*within(filters), OFFERED]
        weeks: dict[str, tuple[int, int]] = {}
        rules: dict[str, tuple[int, int]] = {}
        async with self._db.reading() as session:
            rows = await grouped(session, groups, (count(_AUTOMATIC), func.count()), offered)
        for day, rule, automatic, leads in rows:
            for counts, key in ((weeks, week_of(day)), (rules, word(rule))):
                before = counts.get(key, (0, 0))
                counts[key] = (before[0] + int(automatic), before[1] + int(leads))
        automatic, leads = (sum(one[place] for one in weeks.values()) for place in (0, 1))
        by_week = sorted(automation_rows(weeks), key=lambda row: row.value)
        return Automation(share(automatic, leads), leads - automatic, tuple(by_week), automation_rows(rules))

    async def fairness(self, filters: Filters) -> Fairness:
        """Say what each rep was offered and has in hand, beside what is theirs by weight."""
        async with self._db.reading() as session:
            return await rep_loads(session, filters)


def _whose(by: Dimension) -> Any:
    return _WHOSE if by is Dimension.REP else column(by)


def _promise(kept: int, decided: int, waiting: int) -> PromiseCount:
    return PromiseCount(int(kept), int(decided), int(waiting))


async def _promises(session: AsyncSession, filters: Filters, by: Any, rep: Any = None) -> Mapping[str, PromiseCount]:
    rows = await grouped(session, [by], _PROMISES, [*within(filters, rep=rep), PROMISED])
    return {word(row[0]): _promise(*row[1:]) for row in rows}
