"""How long leads take, counted by bucket: to a step, by a dimension, and by the hour of the week."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.figures_asked import LEAD, PROMISED, column, count, grouped, within, word
from models.figures import Dimension, Filters, Step
from policy.insight.buckets import bucket_of
from policy.insight.counted import HourCount, Waits, add
from policy.insight.measuring import span
from policy.insight.shifts import HOURS


async def timing_waits(session: AsyncSession, filters: Filters, step: Step, now: datetime) -> Waits:
    """Count promised leads by how long they took to a step, or wait for it until `now`, or waited."""
    found = await _waits(session, filters, step, now)
    return found.get("", Waits())


async def waits_by(
    session: AsyncSession, filters: Filters, by: Dimension, step: Step, now: datetime
) -> Mapping[str, Waits]:
    """Count the same for each value of a dimension."""
    return await _waits(session, filters, step, now, column(by))


async def _waits(session: AsyncSession, filters: Filters, step: Step, now: datetime, *by: Any) -> Mapping[str, Waits]:
    bucket, seconds = col(getattr(LEAD, f"{step}_b")), col(getattr(LEAD, f"{step}_s"))
    left = case((bucket.is_(None), col(LEAD.left_b)), else_=None)
    since = case((bucket.is_(None) & col(LEAD.left_b).is_(None), col(LEAD.received_at)), else_=None)
    groups = (*by, bucket, left, since)
    numbers = (func.count(), func.coalesce(func.sum(seconds), 0))
    rows = await grouped(session, groups, numbers, [*within(filters), PROMISED])
    found: dict[str, Waits] = defaultdict(Waits)
    for *value, came, gone, waits_since, leads, took in rows:
        waits = found[word(value[0]) if value else ""]
        if came is not None:
            add(waits.came, came, leads)
            waits.seconds += int(took)
        elif gone is not None:
            add(waits.left, gone, leads)
        else:
            add(waits.waiting, bucket_of(span(waits_since, now) or 0), leads)
    return found


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
