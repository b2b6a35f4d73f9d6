"""A circuit breaker: a provider that fails again and again is left in peace for a while, and leads stop waiting for it.

So is one that asks for it: who throttles is not asked about the next lead either before its time is over. What it knows
it knows in this process; it refuses to be shared. After its rest one question tries the provider again.
"""

import time
from asyncio import CancelledError
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.enrichers.base import Enricher, Wrapper, seconds
from adapters.enrichers.findings import Failed, Findings, Query

_NEARLY = 0.9
"""The part of its fair time that a provider has to have had before its silence counts against it."""

LONGEST = timedelta(hours=1)
"""Whoever wants to be left in peace for longer is asked once an hour whether it still does."""


class GuardedEnricher(Wrapper):
    """Leave `inner` in peace for `rest` after `after` failures in a row (R43).

    A time-out counts only where the provider had `fair` time: what an overall budget leaves may be too little for
    anybody. `clock` gives seconds that only go forward. Raises ValueError for `after` below 1 and spans that are none.
    """

    def __init__(
        self,
        inner: Enricher,
        after: int = 5,
        rest: timedelta = timedelta(minutes=1),
        fair: timedelta = timedelta(0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if after < 1 or rest <= timedelta(0) or fair < timedelta(0):
            raise ValueError("needs after >= 1, a positive rest and no negative fair time")
        super().__init__(inner)
        self._after, self._rest_s, self._fair_s = after, rest.total_seconds(), fair.total_seconds()
        self._clock = clock
        self._failures = 0
        self._rests_until: float | None = None
        self._why = ""
        self._trying = False

    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        left = (self._rests_until or 0) - self._clock()
        if self._rests_until is not None and (left > 0 or self._trying):
            span = timedelta(seconds=max(left, 1))
            because = f"rests for another {seconds(span)} {self._why}"
            return Failed(because=because, temporary=True, after=span, asked=False)
        tries = self._trying = self._rests_until is not None
        began = self._clock()
        try:
            answer = await self._inner.find(query, now=now, budget=budget)
        except CancelledError:
            self._silent(began)
            raise
        except Exception:
            self._failed()
            raise
        finally:
            if tries:
                self._trying = False
        if not isinstance(answer, Failed):
            self._failures, self._rests_until = 0, None
        elif not answer.asked:
            return answer
        elif answer.after > timedelta(0):
            self._failures += 1
            self._rest(min(answer.after, LONGEST).total_seconds(), "because it asked to be left in peace")
        elif answer.temporary and self._clock() - began >= budget.total_seconds() * _NEARLY:
            self._silent(began)
        else:
            self._failed()
        return answer

    def _silent(self, began: float) -> None:
        """Count a time-out, where there was time enough to answer."""
        if self._clock() - began >= self._fair_s * _NEARLY:
            self._failed()

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= self._after:
            self._rest(self._rest_s, f"after {self._failures} failures in a row")

    def _rest(self, seconds: float, why: str) -> None:
        self._rests_until, self._why = self._clock() + seconds, why
