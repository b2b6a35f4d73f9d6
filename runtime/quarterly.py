"""The quarterly review: written once after each quarter by whichever worker is first, and whenever asked for (R53).

It reads counts, judges the quarter's outcomes anew, and keeps a document. It changes neither policy nor roster.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from pydantic import TypeAdapter

from config.load import compile_text
from db.quarters import Quarters
from policy.insight.quarter import Findings, Quarter, findings, quarter_of
from policy.reviewing import Review
from runtime.quarterly_words import to_do, written
from runtime.reviewing import review
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.quarterly")

KIND = "quarter"
"""What this kind of document is called where documents are kept."""

SCHEDULED = "baton"
"""Who wrote a document that nobody asked for."""

SETTLES = timedelta(days=1)
"""So long after its end a quarter is reviewed: by then its last leads are measured."""

EVERY = timedelta(minutes=10)
"""How often a worker looks whether a review is due."""

MOST_JUDGED = 20_000
"""Of so many leads with an outcome, the latest of the quarter, the points are judged: each is judged anew."""


class NothingToReview(LookupError):
    """No policy is published."""


@dataclass(frozen=True, slots=True)
class Written:
    """A review: its document, what is to be decided, and the same for programs."""

    quarter: Quarter
    text: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Document:
    found: Findings
    points: Review
    to_do: tuple[str, ...]


_DOCUMENT = TypeAdapter(_Document)


def span(quarter: Quarter) -> tuple[datetime, datetime]:
    """Give the instants of a quarter: its first, and the first that is not in it."""
    begin, end = (datetime.combine(day, time(), UTC) for day in (quarter.first, quarter.after.first))
    return begin, end


async def write(store: Store, quarter: Quarter) -> Written:
    """Review a quarter under the published policy. Raises `NothingToReview` and `DatabaseUnreachable`."""
    published = await store.policies.active()
    if published is None:
        raise NothingToReview("no policy is published yet")
    compiled = await asyncio.to_thread(compile_text, published.text, published.version)
    routing, quarters = compiled.policy.routing, Quarters(store.database)
    counts = await quarters.counts(quarter, routing.default_pool)
    found = findings(quarter, published.version, [rule.name for rule in routing.rules], counts)
    since = await quarters.decided_since(quarter, MOST_JUDGED)
    points = await review(store, compiled, since=since, until=span(quarter)[1])
    told = _Document(found, points, tuple(to_do(found, points)))
    document: dict[str, Any] = _DOCUMENT.dump_python(told, mode="json")
    return Written(quarter, written(found, points), document)


async def keep(store: Store, one: Written, *, by: str, at: datetime, once: bool = False) -> int | None:
    """Keep a review; give its number. `once`: None where `by` has kept one of this quarter already."""
    return await store.reports.keep(KIND, span(one.quarter), one.text, one.document, at=at, by=by, once=once)


class Quarterly:
    """The chore that writes the review of the quarter that is over, exactly once."""

    name = "quarterly"

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._next_at: datetime | None = None
        self._done: Quarter | None = None

    async def once(self) -> bool:
        """Write what is due; there is never more at once. Raises `DatabaseUnreachable`."""
        now = self._clock()
        if self._next_at is not None and now < self._next_at:
            return False
        self._next_at = now + EVERY
        quarter = quarter_of((now - SETTLES).astimezone(UTC).date()).before
        if quarter != self._done and await self._write(quarter, now):
            self._done = quarter
        return False

    async def _write(self, quarter: Quarter, now: datetime) -> bool:
        """Write a review where there is none; True: there is one now."""
        if await self._store.reports.is_kept(KIND, span(quarter)[0], SCHEDULED):
            return True
        first = await Quarters(self._store.database).first_day()
        if first is None or first > quarter.last or await self._store.policies.active() is None:
            return False  # nothing to look back at: there were no leads
        number = await keep(self._store, await write(self._store, quarter), by=SCHEDULED, at=now, once=True)
        if number is not None:
            log.info("quarter_reviewed", quarter=str(quarter), report=number)
        return True
