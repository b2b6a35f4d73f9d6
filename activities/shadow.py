"""A draft that looks on: it judges real leads beside the published policy, and acts on nothing.

Whatever goes wrong here harms no lead: it runs after the live judgement is stored, beside the activity and not in it,
off the event loop where it computes, and within bounds. What it could not say is counted in the shadow's report.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from activities.casebook import KnownLead
from activities.policybook import Policybook
from db.shadows import Shadows
from db.trials import Trial, Trials
from models.decisions import Learned, Route
from models.ladder import Target
from models.orders import AssignLead
from models.trial import TrialKind
from policy.compiled import CompiledPolicy
from policy.qualification import judge
from policy.routing.accounts import companies_of, parents_of
from policy.routing.choices import Chosen, Impossible
from policy.routing.late import choose_in_time, promise
from policy.routing.situation import Situation
from policy.trials.beside import Answer, answer_of

log = structlog.stdlib.get_logger("baton.shadow")

WITHIN = timedelta(seconds=2)
"""How long one lead may take."""

WAITING = 1000
"""So many leads may wait to be looked at; in a larger flood the others are missed, and counted."""


class Shadow:
    """Looks at each lead once, under the draft that is on trial, if one is.

    `beside` runs what it is given next to everything else, and sees to its end when the process stops.
    """

    def __init__(
        self,
        trials: Trials,
        shadows: Shadows,
        policybook: Policybook,
        beside: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._trials, self._shadows, self._policybook, self._beside = trials, shadows, policybook, beside
        self._turn = asyncio.Lock()
        # One of its own: a draft that computes for ever takes no thread from the leads.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shadow")
        self._waiting = 0

    def look(
        self,
        lead: KnownLead,
        *,
        judged_at: datetime,
        at: datetime,
        answerable: str | None,
        learned: Learned | None = None,
    ) -> None:
        """Have a lead that was just judged for the first time looked at; returns at once and raises nothing.

        `judged_at` is the instant of the live judgement, `at` the one at which people would be looked for;
        `learned` how likely the learned score called it.
        """
        if self._waiting < WAITING:
            self._waiting += 1
            self._beside(self._look(lead, judged_at, at, answerable, learned))

    async def _look(
        self, lead: KnownLead, judged_at: datetime, at: datetime, answerable: str | None, learned: Learned | None
    ) -> None:
        trial, lead_id = None, lead.facts.lead_id
        try:
            # One after the other: each builds on the ledger that the one before has left.
            async with self._turn, asyncio.timeout(WITHIN.total_seconds()):
                trial = await self._trials.running(TrialKind.SHADOW)
                if trial is not None and not await self._shadows.knows(trial, lead_id):
                    await self._answer(trial, lead, judged_at, at, answerable, learned)
        except Exception as error:  # noqa: BLE001 - a draft may fail in any way, and no lead is to suffer from it
            await self._failed(trial, lead_id, at, error)
        finally:
            self._waiting -= 1

    async def _answer(
        self,
        trial: Trial,
        lead: KnownLead,
        judged_at: datetime,
        at: datetime,
        answerable: str | None,
        learned: Learned | None,
    ) -> None:
        compiled = await self._policybook.beside(trial.version, self._thread)
        companies = {*companies_of(compiled, lead.facts), *parents_of(compiled, lead.facts)}
        while True:
            glimpse = await self._shadows.glimpse(
                trial, lead.facts.lead_id, at=at, companies=companies, aside=compiled.policy.routing.aside
            )
            if glimpse is None:
                return
            would = partial(_would, compiled, lead, judged_at, glimpse.situation, answerable, learned)
            answer, chosen = await asyncio.get_running_loop().run_in_executor(self._thread, would)
            turn = chosen.turn if chosen else None
            if await self._shadows.write(
                trial,
                lead.facts.lead_id,
                answer,
                at=at,
                judged=glimpse.judged,
                pool=answer.pool,
                moves=turn.moves if turn else {},
            ):
                return

    async def _failed(self, trial: Trial | None, lead_id: str, at: datetime, error: Exception) -> None:
        """Tell that a lead could not be looked at, and count it if the database lets us."""
        log.error("shadow_failed", lead_id=lead_id, error=type(error).__name__)
        if trial is None:
            return
        try:
            async with asyncio.timeout(WITHIN.total_seconds()):
                name = type(error).__name__
                await self._shadows.write(trial, lead_id, None, at=at, judged=None, failed=name)
        except Exception as worse:  # noqa: BLE001 - then the report counts it among those it never looked at
            log.error("shadow_not_counted", lead_id=lead_id, error=type(worse).__name__)


def _would(
    compiled: CompiledPolicy,
    lead: KnownLead,
    judged_at: datetime,
    situation: Situation,
    answerable: str | None,
    learned: Learned | None,
) -> tuple[Answer, Chosen | None]:
    """Say what a draft would do with a lead."""
    score = judge(compiled, lead.facts, lead.touches, judged_at, answerable=answerable, learned=learned)
    if not isinstance(score.qualification, Route):
        return answer_of(score, None), None
    order = AssignLead(
        lead_id=lead.facts.lead_id,
        offer=1,
        policy=compiled.version,
        to=Target.PRIMARY,
        sla=score.qualification.sla,
        cause="qualified",
        ordered_at=situation.at,
        sla_from=lead.facts.received_at,
    )
    promised = promise(compiled, score.qualification.sla, situation.roster, lead.facts.timezone, order.sla_from)
    chosen = choose_in_time(compiled, lead.facts, score, order, situation, promised, lead.touches)
    match chosen:
        case Chosen():
            return answer_of(score, chosen.trace, sentence=chosen.sentence), chosen
        case Impossible():
            return answer_of(score, None, because=chosen.because), None
        case _:
            return answer_of(score, chosen.trace, because=chosen.because), None
