"""The chore that waits for providers that were too slow, and asks anew for what has grown old.

A lead went on without them. What they say now is kept, and said to its workflow, which scores it again; that is done at
least once. A lead that has ended is asked about no more. This room refuses to hold a lead up, and to ask for ever.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from activities.enriching import Answers, Asking, Enriching
from activities.policybook import Policybook
from adapters.enrichers.waterfall import Waterfall
from db.engine import DatabaseUnreachable
from db.outbox import Task
from db.tables.words import Errand
from models.lead import ENDED
from models.messages import Event, HouseEvent
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.enriching")

BATCH = 20

SPARE = timedelta(seconds=30)
"""How long an errand is somebody's beyond the time that its providers may take."""

TIDIES = timedelta(hours=1)
"""How often providers' answers that have expired are thrown away."""

FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)

GIVEN_UP = timedelta(days=1)
"""A provider that had no answer for so long is not waited for any more."""


class LateAnswers:
    """Asks providers beside their leads."""

    name = "enriching"

    def __init__(self, store: Store, waterfall: Waterfall, clock: Callable[[], datetime]) -> None:
        policybook = Policybook(store.policies, store.trials)
        self._store, self._clock, self._asking = store, clock, Asking(waterfall)
        self._enriching = Enriching(store.leads, policybook, self._asking)
        self._tidied_at: datetime | None = None

    async def once(self) -> bool:
        """Ask about the leads that an errand names; say whether there may be more. Raises `DatabaseUnreachable`."""
        await self._tidy()
        lease = self._asking.patience + SPARE
        tasks = await self._store.outbox.claim(BATCH, now=self._clock(), lease=lease, what=[Errand.ENRICH])
        outcomes = await asyncio.gather(*(self._run(task) for task in tasks), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(tasks) == BATCH

    async def _tidy(self) -> None:
        """Throw kept answers away that nobody believes any more, now and then."""
        now = self._clock()
        if self._tidied_at is None or now - self._tidied_at >= TIDIES:
            await self._store.cache.prune(now=now)
            self._tidied_at = now

    async def _run(self, task: Task) -> None:
        try:
            await self._ask(task)
        except DatabaseUnreachable:
            raise
        except Exception as error:  # whatever it is about this lead, the others are not to blame
            because = type(error).__name__
            log.exception("late_answer_failed", lead_id=task.lead_id, because=because)
            await self._later(task, because)

    async def _ask(self, task: Task) -> None:
        card, facts = await self._store.leads.get(task.lead_id), await self._store.leads.facts(task.lead_id)
        if card is None or facts is None or card.stage in ENDED:
            await self._store.outbox.done(task.id, at=self._clock(), because="the lead has ended")
            return
        providers = frozenset(task.body.get("providers", ()))
        answers = await self._asking.beside(facts, self._clock(), providers)
        if answers is None:
            await self._store.outbox.done(task.id, at=self._clock(), because="nothing is left to ask for")
            return
        await self._keep(task, card.policy, answers)

    async def _keep(self, task: Task, policy: str, answers: Answers) -> None:
        """Keep what was learned; whoever still has no answer is asked again by the same errand."""
        at = self._clock()
        settled = replace(answers, late=())

        def saying(fields: tuple[str, ...]) -> Mapping[str, Any] | None:
            return _event(task, fields, answers, at)

        await self._enriching.settle(task.lead_id, settled, policy, at, saying)
        log.info("late_answers", lead_id=task.lead_id, learned=len(answers.enrichment.facts), waits_for=answers.late)
        if answers.late:
            await self._later(task, f"no answer yet from {', '.join(answers.late)}", answers.again_after)
        else:
            await self._store.outbox.done(task.id, at=at)

    async def _later(self, task: Task, because: str, after: timedelta = timedelta(0)) -> None:
        now = self._clock()
        if now - task.created_at > GIVEN_UP:
            log.warning("provider_gave_no_answer", lead_id=task.lead_id, because=because)
            await self._store.outbox.done(task.id, at=now, because=because)
        else:
            wait = min(max(after, FIRST_RETRY * 2 ** min(task.attempts - 1, 20)), LONGEST_RETRY)
            await self._store.outbox.failed(task.id, because, retry_at=now + wait)


def _event(task: Task, fields: tuple[str, ...], answers: Answers, at: datetime) -> Mapping[str, Any] | None:
    """Say to a lead which facts it was told late, and by whom; nothing where none of them has changed."""
    if not fields:
        return None
    by = sorted({one.source for one in answers.enrichment.facts if one.field in fields})
    properties = {"fields": list(fields), "provider": ", ".join(by)}
    event = Event(kind=HouseEvent.ENRICHED, at=at, properties=properties, key=f"enriched-{task.id}-{task.attempts}")
    return event.model_dump(mode="json", exclude_none=True)
