"""A provider that says what it is told to say, for tests and demonstrations of everything above the seam."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.enrichers.base import Enricher, EnricherError
from adapters.enrichers.findings import (
    EnrichedField,
    Finding,
    Findings,
    Found,
    NothingKnown,
    Query,
    read_value,
)


class FakeEnricher(Enricher):
    """Answer from `companies` (domain -> field -> value), after `delay`, or fail with `trouble`.

    `asked` keeps the queries in order; `trouble` may be set and cleared between questions.
    """

    def __init__(
        self,
        companies: Mapping[str, Mapping[EnrichedField, object]] | None = None,
        name: str = "fake",
        delay: timedelta = timedelta(0),
        trouble: EnricherError | None = None,
    ) -> None:
        self.name = name
        self.delay = delay
        self.trouble = trouble
        self.asked: list[Query] = []
        self._companies = companies or {}

    async def _look_up(self, query: Query, now: datetime, _budget: timedelta, /) -> Findings:
        self.asked.append(query)
        await asyncio.sleep(self.delay.total_seconds())
        if self.trouble is not None:
            raise self.trouble
        facts = self._companies.get(query.domain or query.email_domain or "")
        if not facts:
            return NothingKnown(because="no such domain")
        return Found(
            findings=tuple(
                Finding(field=field, value=read_value(field, raw), source=self.name, fetched_at=now)
                for field, raw in facts.items()
            )
        )
