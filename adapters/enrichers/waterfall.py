"""Several providers asked, those that need not wait for each other at once, until nothing is missing or time is up.

A lead is never held up: whatever one provider does, the whole ends within the overall budget (R43). Who is believed
goes by the order of trust, not by who was quicker. This room does not decide whether a fact replaces one the lead came
with, and refuses to wait for late answers: it names who may have one.
"""

import asyncio
import time
import traceback
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath

from adapters.enrichers.base import Enricher, seconds
from adapters.enrichers.findings import EnrichedField, Failed, Finding, Findings, Found, NothingKnown, Query
from adapters.enrichers.reports import Enriched, NotAsked, ProviderReport
from policy.believing import Trust

ALL_FIELDS = frozenset(EnrichedField)


@dataclass(frozen=True, slots=True)
class Asked:
    """A provider as it is asked here: how long within a lead's response, how long beside it, at what price.

    `budget` None: what is left of the whole. `patience` None: its late answers are not waited for. `cost`: of one
    question that it answers. `counted`: its questions are counted as they are asked.
    """

    enricher: Enricher
    budget: timedelta | None = None
    patience: timedelta | None = None
    cost: float = 0
    counted: bool = False

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.enricher.name


class Waterfall:
    """Ask providers. Their order is the order of trust, unless `trust` says otherwise."""

    def __init__(self, enrichers: Sequence[Enricher | Asked], budget: timedelta, trust: Trust | None = None) -> None:
        self._asked = tuple(one if isinstance(one, Asked) else Asked(one) for one in enrichers)
        names = tuple(one.name for one in self._asked)
        if len(set(names)) != len(names):
            raise ValueError("two providers have the same name")
        if budget <= timedelta(0):
            raise ValueError("the budget must be positive")
        self._budget = budget
        self.trust = trust or Trust(providers=names)

    @property
    def patience(self) -> timedelta:
        """How long the most patiently awaited provider may take beside a lead."""
        return max((one.patience for one in self._asked if one.patience), default=timedelta(0))

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
        total = self._budget if budget is None else min(budget, self._budget)
        return await _Round(self._asked, self.trust, query, now, frozenset(wanted), total).run()

    async def enrich_late(
        self, query: Query, *, now: datetime, providers: Collection[str], wanted: Iterable[EnrichedField] = ALL_FIELDS
    ) -> Enriched:
        """Ask only these providers, beside a lead: each has as long as it is waited for there."""
        asked = [replace(one, budget=one.patience) for one in self._asked if one.name in providers]
        total = max(self.patience, self._budget)
        return await _Round(asked, self.trust, query, now, frozenset(wanted), total).run()


class _Round:
    """One question to all of them."""

    def __init__(
        self,
        asked: Sequence[Asked],
        trust: Trust,
        query: Query,
        now: datetime,
        wanted: frozenset[EnrichedField],
        total: timedelta,
    ) -> None:
        self._asked, self._trust, self._query, self._now, self._wanted = asked, trust, query, now, wanted
        self._total, self._started = total, time.monotonic()
        self._best: dict[EnrichedField, Finding] = {}
        self._overruled: list[Finding] = []
        self._reports: dict[str, ProviderReport] = {}
        self._running: dict[str, asyncio.Task[ProviderReport]] = {}

    async def run(self) -> Enriched:
        try:
            self._start_whoever_can()
            while self._running:
                done, _ = await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._take_in(task.result())
                self._start_whoever_can()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
        late = [one for one in self._asked if self._may_answer_later(one)]
        outcomes = [self._reports[one.name].outcome for one in late]
        return Enriched(
            findings=tuple(self._best[field] for field in EnrichedField if field in self._best),
            missing=tuple(field for field in EnrichedField if field in self._wanted - self._best.keys()),
            reports=tuple(self._reports[one.name] for one in self._asked),
            took=_since(self._started),
            overruled=tuple(self._overruled),
            late=tuple(one.name for one in late),
            again_after=min((one.after for one in outcomes if isinstance(one, Failed)), default=timedelta(0)),
        )

    def _start_whoever_can(self) -> None:
        """Start whoever has nobody to wait for, and say of whom nothing is needed; one may lead to the next."""
        for place, one in enumerate(self._asked):
            if one.name in self._reports or one.name in self._running:
                continue
            before = [other for other in self._asked[:place] if other.name not in self._reports]
            if any(self._waits(one, other) for other in before):
                continue
            if (because := self._not_needed(one)) is not None:
                not_asked = NotAsked(because=because)
                self._reports[one.name] = ProviderReport(provider=one.name, outcome=not_asked, took=timedelta(0))
                continue
            self._running[one.name] = asyncio.create_task(self._ask(one), name=f"ask {one.name}")

    def _waits(self, one: Asked, other: Asked) -> bool:
        """Say whether one waits for another that goes before it.

        It does where the other is there in no time, may find the domain that it needs, or may save what it costs.
        """
        if other.enricher.local:
            return True
        lacks_domain = one.enricher.needs_domain and not self._query.domains
        if lacks_domain and EnrichedField.DOMAIN in other.enricher.tells:
            return True
        return one.cost > 0 and bool(one.enricher.tells & other.enricher.tells & self._open_to(one))

    def _open_to(self, one: Asked) -> frozenset[EnrichedField]:
        """Give the wanted fields that nobody has told yet who is rather believed than this one."""
        tells = one.enricher.tells & self._wanted
        return frozenset(
            field
            for field in tells
            if field not in self._best or self._trust.goes_before(field, one.name, self._best[field].source)
        )

    def _not_needed(self, one: Asked) -> str | None:
        if not self._open_to(one):
            return "nothing was missing"
        return "the time budget was used up" if self._left() <= timedelta(0) else None

    def _left(self) -> timedelta:
        return self._total - _since(self._started)

    async def _ask(self, one: Asked) -> ProviderReport:
        began = time.monotonic()
        left = self._left()
        outcome = await _ask(
            one.enricher, self._query, self._now, left if one.budget is None else min(one.budget, left)
        )
        answered = isinstance(outcome, Found | NothingKnown) and not outcome.cached
        return ProviderReport(
            provider=one.name,
            outcome=outcome,
            took=_since(began),
            cost=one.cost if answered else 0,
            counted=one.counted,
        )

    def _take_in(self, report: ProviderReport) -> None:
        del self._running[report.provider]
        self._reports[report.provider] = report
        if not isinstance(report.outcome, Found):
            return
        for finding in report.outcome.findings:
            best = self._best.get(finding.field)
            if finding.field not in self._wanted:
                self._overruled.append(finding)
            elif best is None:
                self._best[finding.field] = finding
            elif self._trust.goes_before(finding.field, finding.source, best.source):
                self._best[finding.field] = finding
                self._overruled.append(best)
            else:
                self._overruled.append(finding)
        self._query = _sharpened(self._query, report.outcome)

    def _may_answer_later(self, one: Asked) -> bool:
        outcome = self._reports[one.name].outcome
        if one.patience is None or not self._open_to(one):
            return False
        return isinstance(outcome, NotAsked) or (isinstance(outcome, Failed) and outcome.temporary)


async def _ask(enricher: Enricher, query: Query, now: datetime, left: timedelta) -> Findings:
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
