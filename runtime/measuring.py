"""The chore that measures leads: figures are counted from narrow rows beside them, never from the leads themselves.

Nothing on a lead's way knows of it. It may run in any number of workers; a figure lags behind by seconds. This room
refuses to count.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from db.measures import Batch, MeasureBook
from db.unmeasured import Way
from models.roster import Roster
from policy.insight.measuring import measure
from policy.insight.shifts import zone_of
from runtime.store import Store

BATCH = 300
"""Leads read and written at once; writing them keeps others of SQLite's file for some hundredths of a second."""

EVERY = {
    Way.CHANGED: timedelta(0),
    Way.SAID: timedelta(seconds=2),
    Way.LATE: timedelta(seconds=20),
    Way.WALK: timedelta(seconds=30),
}
"""How often each way is gone, in this order; while one has more, those after it wait."""

ROSTER_FOR = timedelta(minutes=1)
"""How long a roster is known before it is read again."""


class Measurer:
    """Keeps what is measured up with what happens."""

    name = "measuring"

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._book = MeasureBook(store.database)
        self._next_at: dict[Way, datetime] = {}
        self._roster: Roster | None = None
        self._read_at: datetime | None = None

    async def once(self) -> bool:
        """Measure what changed; say whether there may be more. Raises `DatabaseUnreachable`."""
        for way, pause in EVERY.items():
            now = self._clock()
            if way in self._next_at and now < self._next_at[way]:
                continue
            if await self._go(way, now):
                return True
            self._next_at[way] = now + pause
        return False

    async def everything(self, tell: Callable[[int], None]) -> int:
        """Throw away what was measured, measure every lead anew, and say how many; `tell` hears how far it is.

        Raises `DatabaseUnreachable`.
        """
        await self._book.forget()
        measured, more = 0, True
        while more:
            batch = await self._book.take(Way.CHANGED, at=self._clock(), limit=BATCH)
            kept = await self._keep(batch)
            if kept:
                measured += len(batch.told)
                tell(measured)
            more = batch.more or not kept
        return measured

    async def _go(self, way: Way, now: datetime) -> bool:
        batch = await self._book.take(way, at=now, limit=BATCH)
        kept = await self._keep(batch)
        return batch.more or not kept

    async def _keep(self, batch: Batch) -> bool:
        """Measure a batch and write it down; False: another worker was quicker, and it is to be read again."""
        if not batch.moves:
            return True
        roster = await self._known() if batch.told else None
        zones = {team: zone_of(roster, team) for team in {one.about["team"] for one in batch.told}}
        return await self._book.keep(batch, [measure(one.lead, zones[one.about["team"]]) for one in batch.told])

    async def _known(self) -> Roster | None:
        """Give the roster as it was a minute ago at most: of it, only the teams' zones matter."""
        now = self._clock()
        if self._read_at is None or now >= self._read_at + ROSTER_FOR:
            self._roster, self._read_at = await self._store.rosters.load(), now
        return self._roster
