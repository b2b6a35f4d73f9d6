"""A daily limit: a provider is asked so often a day, by all workers together, and no more.

Who counts is somebody else's (`Meter`). A question that could not be counted is not asked: it might be one too many.
"""

from datetime import date, datetime, timedelta
from typing import Protocol

from adapters.enrichers.base import Enricher, Wrapper
from adapters.enrichers.findings import Failed, Findings, Query


class Meter(Protocol):
    """Counts questions for all workers together."""

    async def take(self, provider: str, day: date, most: int) -> bool:
        """Count one question of a day (UTC), unless there were `most` already; say whether it was counted."""


class LimitedEnricher(Wrapper):
    """Ask `inner` at most `most_per_day` times a day (UTC). Raises ValueError for less than one."""

    def __init__(self, inner: Enricher, meter: Meter, most_per_day: int) -> None:
        if most_per_day < 1:
            raise ValueError("needs at least one question a day")
        super().__init__(inner)
        self._meter, self._most = meter, most_per_day

    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        try:
            counted = await self._meter.take(self.name, now.date(), self._most)
        except Exception as error:  # noqa: BLE001 - whatever broke, the reason says so and nobody is asked
            because = f"not asked: its questions could not be counted ({type(error).__name__})"
            return Failed(because=because, temporary=True, asked=False)
        if not counted:
            because = f"not asked: {self._most} questions a day were asked already"
            return Failed(because=because, temporary=False, asked=False)
        return await self._inner.find(query, now=now, budget=budget)
