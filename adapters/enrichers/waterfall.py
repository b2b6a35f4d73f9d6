"""Several providers asked in order until nothing is missing or time is up, and who said what.

A lead is never held up: whatever one provider does, the whole ends within the overall budget (R43). This
room does not decide whether a fact replaces one the lead came with.
"""

import asyncio
import time
import traceback
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from adapters.enrichers.base import Enricher, seconds
from adapters.enrichers.findings import EnrichedField, Failed, Finding, Findings, Found, NothingKnown, Query
from models.base import Inside

ALL_FIELDS = frozenset(EnrichedField)


class NotAsked(Inside):
    """The provider was not asked: nothing was missing any more, or no time was left."""

    kind: Literal["not_asked"] = "not_asked"
    because: str
    notes: tuple[str, ...] = ()


class ProviderReport(Inside):
    """What one provider answered and how long it took."""

    provider: str
    outcome: Annotated[Found | NothingKnown | Failed | NotAsked, Field(discriminator="kind")]
    took: timedelta


class Enriched(Inside):
    """The facts found, each with its origin, what is still missing, and what each provider did."""

    findings: tuple[Finding, ...]
    missing: tuple[EnrichedField, ...]
    reports: tuple[ProviderReport, ...]
    took: timedelta

    @property
    def unknown_because(self) -> str | None:
        """Why something is still unknown, provider by provider; None when nothing is."""
        if not self.missing:
            return None
        accounts = "; ".join(f"{report.provider}: {report.outcome.because}" for report in self.reports)
        return f"unknown, because {accounts or 'there is no provider to ask'}"


class Waterfall:
    """Ask providers in order of trust; the first to know a field is believed."""

    def __init__(self, enrichers: Sequence[Enricher], budget: timedelta) -> None:
        names = [enricher.name for enricher in enrichers]
        if len(set(names)) != len(names):
            raise ValueError("two providers have the same name")
        if budget <= timedelta(0):
            raise ValueError("the budget must be positive")
        self._enrichers = tuple(enrichers)
        self._budget = budget

    async def enrich(
        self,
        query: Query,
        *,
        now: datetime,
        wanted: Iterable[EnrichedField] = ALL_FIELDS,
        budget: timedelta | None = None,
    ) -> Enriched:
        """Find the `wanted` fields within `budget` (the waterfall's own unless given, and never more).

        A domain or a name that one provider finds is asked with at the next. Never raises for a provider's
        trouble.
        """
        started = time.monotonic()
        total = self._budget if budget is None else min(budget, self._budget)
        missing = set(wanted)
        findings: dict[EnrichedField, Finding] = {}
        reports = []
        for enricher in self._enrichers:
            began = time.monotonic()
            outcome = await _ask(enricher, query, now, missing, total - _since(started))
            reports.append(ProviderReport(provider=enricher.name, outcome=outcome, took=_since(began)))
            if isinstance(outcome, Found):
                findings |= {each.field: each for each in outcome.findings if each.field in missing}
                missing -= findings.keys()
                query = _sharpened(query, outcome)
        return Enriched(
            findings=tuple(findings.values()),
            missing=tuple(field for field in EnrichedField if field in missing),
            reports=tuple(reports),
            took=_since(started),
        )


async def _ask(
    enricher: Enricher, query: Query, now: datetime, missing: set[EnrichedField], left: timedelta
) -> Findings | NotAsked:
    if not missing:
        return NotAsked(because="nothing was missing")
    if left <= timedelta(0):
        return NotAsked(because="the time budget was used up")
    limit = asyncio.timeout(left.total_seconds())
    try:
        async with limit:
            return await enricher.find(query, now=now, budget=left)
    except Exception as error:  # noqa: BLE001 - a provider's bug must not cost the lead; it is reported
        if isinstance(error, TimeoutError) and limit.expired():
            return Failed(because=f"timed out after {seconds(left)}", temporary=True)
        return Failed(because=f"broke: {_where(error)}", temporary=False)


def _where(error: Exception) -> str:
    """Name an error by type and place; its text may hold what must not be kept."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return f"{type(error).__name__} at {PurePath(last.filename).name}:{last.lineno}"


def _sharpened(query: Query, found: Found) -> Query:
    known = {each.field: str(each.value) for each in found.findings}
    return Query(
        domain=query.domain or known.get(EnrichedField.DOMAIN),
        company_name=query.company_name or known.get(EnrichedField.NAME),
        email_domain=query.email_domain,
    )


def _since(started: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - started)
