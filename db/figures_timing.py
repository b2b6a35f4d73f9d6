"""How long leads take, counted by bucket: to a step, by a dimension, and by the hour of the week."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.figures_asked import LEAD, PROMISED, column, count, grouped, within, word
from models.figures import Dimension, Filters, Step
from policy.insight.buckets import bucket_of
from policy.insight.counted import HourCount, Waits, add
from policy.insight.measuring import span
from policy.insight.shifts import HOURS

_LATEST = 10_000
"""Of so many leads the usual promise is told."""


@dataclass(slots=True)
class Timed:
    """Promised leads by how long they took to a step, wait for it, or waited; and what became of their promises."""

    waits: Waits = field(default_factory=Waits)
    kept: int = 0
    decided: int = 0


async def timed(session: AsyncSession, filters: Filters, step: Step, now: datetime) -> Timed:
    """Count promised leads on their way to a step; those that wait count until `now`."""
    return (await _timed(session, filters, step, now)).get("", Timed())


async def timed_by(
    session: AsyncSession, filters: Filters, by: Dimension, step: Step, now: datetime
) -> Mapping[str, Timed]:
    """Count the same for each value of a dimension."""
    return await _timed(session, filters, step, now, column(by))


async def _timed(session: AsyncSession, filters: Filters, step: Step, now: datetime, *by: Any) -> Mapping[str, Timed]:
    bucket, seconds = col(getattr(LEAD, f"{step}_b")), col(getattr(LEAD, f"{step}_s"))
    kept, promised = col(LEAD.kept), [*within(filters), PROMISED]
    left = case((bucket.is_(None), col(LEAD.left_b)), else_=None)
    numbers = (
        *(func.count(), func.coalesce(func.sum(seconds), 0)),
        *(count(kept.is_(True)), count(kept.is_not(None))),
    )
    found: dict[str, Timed] = defaultdict(Timed)
    for *value, came, gone, leads, took, good, decided in await grouped(
        session, (*by, bucket, left), numbers, promised
    ):
        one = found[word(value[0]) if value else ""]
        one.kept, one.decided = one.kept + int(good), one.decided + int(decided)
        if came is not None:
            add(one.waits.came, came, leads)
            one.waits.seconds += int(took)
        elif gone is not None:
            add(one.waits.left, gone, leads)
    # Apart from the others: by instants there are as many groups as leads, for all that a planner knows.
    waiting = [*promised, col(LEAD.contacted_b).is_(None), col(LEAD.left_b).is_(None), bucket.is_(None)]
    for *value, since, leads in await grouped(session, (*by, col(LEAD.received_at)), [func.count()], waiting):
        add(found[word(value[0]) if value else ""].waits.waiting, bucket_of(span(since, now) or 0), leads)
    return found


async def usual_target(session: AsyncSession, filters: Filters) -> int | None:
    """Give the promise that most of the latest leads have, in seconds of wall time."""
    promised, latest = [*within(filters), PROMISED], col(LEAD.day)
    some = select(LEAD.target_s).where(*promised).order_by(latest.desc()).limit(_LATEST).subquery()
    number = func.count()
    asked = select(some.c.target_s).group_by(some.c.target_s).order_by(number.desc(), some.c.target_s).limit(1)
    return (await session.exec(asked)).first()


async def hour_counts(session: AsyncSession, filters: Filters) -> tuple[HourCount, ...]:
    """Count what came and was answered in each hour of the week."""
    hours = [HourCount() for _ in range(HOURS)]
    received, kept = col(LEAD.hour_of_week), col(LEAD.kept)
    numbers = (func.count(), count(kept.is_(True)), count(kept.is_not(None)), count(PROMISED))
    for hour, leads, good, decided, promised in await grouped(session, [received], numbers, within(filters)):
        one = hours[hour]
        one.received, one.kept, one.decided, one.promised = leads, int(good), int(decided), int(promised)
    answered = col(LEAD.answered_hour)
    groups = (received, answered, col(LEAD.accepted_b))
    answers = [*within(filters), answered.is_not(None)]
    for hour, at, bucket, promised, leads in await grouped(session, groups, (count(PROMISED), func.count()), answers):
        hours[at].answered += leads
        if promised:
            add(hours[hour].accepted, bucket, int(promised))
    return tuple(hours)
