"""The seam every enrichment provider fits: a question, a time budget, an outcome."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import final

from adapters.enrichers.findings import Failed, Findings, NothingKnown, Query


class EnricherError(Exception):
    """A provider could not answer; says why, repeating nothing of the answer or of our credentials."""


class TemporaryEnricherError(EnricherError):
    """Asking again later may help: the provider is slow, down or throttles us."""


class PermanentEnricherError(EnricherError):
    """Asking again will not help until somebody changes something: credentials, mapping, contract."""


def seconds(span: timedelta) -> str:
    """Say a time span in seconds as people write it: `2 s`, `0.25 s`."""
    return f"{span.total_seconds():.3g} s"


class Enricher(ABC):
    """One provider of company facts. A vendor writes `_look_up`; callers use `find`."""

    name: str

    @final
    async def find(self, query: Query, *, now: datetime, budget: timedelta) -> Findings:
        """Ask the provider and answer within `budget`: found, nothing known, or failed with the reason (R43).

        `now` is the instant put on findings. Ordinary trouble (slow, down, throttled, garbage) is `Failed`,
        never an exception. Raises ValueError for a naive `now`.
        """
        if now.tzinfo is None:
            raise ValueError("now needs a UTC offset")
        if query.is_empty:
            return NothingKnown(because="neither a domain nor a company name to ask with")
        if budget <= timedelta(0):
            return Failed(because="no time left to ask", temporary=True)
        limit = asyncio.timeout(budget.total_seconds())
        try:
            async with limit:
                return await self._look_up(query, now, budget)
        except TemporaryEnricherError as error:
            return Failed(because=str(error), temporary=True)
        except EnricherError as error:
            return Failed(because=str(error), temporary=False)
        except TimeoutError:
            # A time-out that is not ours is a provider's bug, and a bug is not to look like slowness.
            if not limit.expired():
                raise
            return Failed(because=f"timed out after {seconds(budget)}", temporary=True)

    @abstractmethod
    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        """Answer for a query that is not empty; may raise `EnricherError` instead of returning `Failed`."""
