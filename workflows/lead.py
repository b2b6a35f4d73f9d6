"""One lead, from the door until somebody has reached out to it. Every effect is an activity, every wait is durable."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contract import Decide, Intake
    from models.base import UNREADABLE, bounded
    from models.decisions import (
        Admission,
        Admitted,
        Enrichment,
        Folded,
        Over,
        Unknown,
        Unusable,
    )
    from models.ladder import Entry, EntryKind
    from models.lead import LEAD_ID, Stage
    from models.orders import AdmitLead, AssignLead, EnrichLead, ScoreLead
    from models.status import Explanation, Result, Status
    from workflows import names, options, telling
    from workflows.house import House
    from workflows.insisting import surely, why
    from workflows.ladder import arrivals, climbing, judgements, managers, returns
    from workflows.ladder.resting import ended_in
    from workflows.ladder.state import Judging, LeadState
    from workflows.ladder.step import Step


LARGEST_INPUT = 1_000_000
DEEPEST_INPUT = 64
"""Bytes and levels of a lead's input; doors take far less, a bare client may send anything."""


@workflow.defn(name=names.WORKFLOW)
class LeadWorkflow(House):
    """Enrich, score, assign to exactly one person, notify, and wait for their acceptance, rung by rung."""

    @workflow.init
    def __init__(self, raw: Any = None, carried: Any = None, *_: Any) -> None:  # noqa: ARG002 (as `run`)
        super().__init__(_carried(carried) or LeadState(lead_id=_lead_id()))

    @workflow.run
    async def run(self, raw: Any = None, carried: Any = None, *_: Any) -> Result:  # noqa: ARG002
        """Pass the lead on until somebody has it and has reached out, whatever dies on the way."""
        try:
            if not self.state.admitted:
                await self.take_in(raw)
                await self.get_to_know()
            while not self.state.ended:
                if self.state.moving and not self.state.stuck:
                    await self.hand_over()
                elif self.state.judging and not self.state.stuck:
                    await self.judge()
                else:
                    await self.wait_for_an_answer_or_the_next_rung()
                    self.begin_a_new_history_if_this_one_is_long()
        except asyncio.CancelledError:
            await self.leave_nothing_behind()
            raise
        await self.finish_what_runs_beside()
        return telling.result(self.state)

    async def take_in(self, raw: Any) -> None:
        """Normalise it, recognise whom we know already, open its row."""
        raw, closed = _readable(raw), list[str]()
        admission = await self.admitted(raw, closed)
        while isinstance(admission, Folded) and not await self.fold(admission, raw):
            closed.append(admission.into)
            admission = await self.admitted(raw, closed)
        now = workflow.now()
        match admission:
            case Admitted():
                self.apply(arrivals.admitted(self.state, admission, now))
            case Unusable() if self.state.ended:
                self.apply(Step(self.state).set(admitted=True))
            case Unusable():
                self.apply(arrivals.unusable(self.state, admission, now))
            case Folded():
                step = Step(self.state).set(admitted=True, folded_into=admission.into)
                step = step.tell(now, EntryKind.FOLDED, f"folded into {admission.into}: {admission.because}")
                self.apply(ended_in(step, now, Stage.CLOSED, f"folded into {admission.into}"))
            case Over():
                step = Step(self.state).set(admitted=True)
                self.apply(ended_in(step, now, Stage.CLOSED, f"it was here before: {admission.because}"))

    async def admitted(self, raw: Any, not_into: Sequence[str]) -> Admission:
        """Order the intake, without end: a lead is never lost to a database that is down."""
        order = AdmitLead(
            lead_id=self.state.lead_id,
            raw=raw,
            started_at=workflow.info().start_time,
            not_into=tuple(not_into),
        )
        admission: Admission = await surely(Intake.admit, order, "normalise, look for duplicates, open the row")
        return admission

    async def get_to_know(self) -> None:
        """Look the company up within the time budget; what stays unknown says why."""
        if self.state.stage is not Stage.ENRICHING:
            return
        order = EnrichLead(lead_id=self.state.lead_id, policy=self.state.policy or "")
        try:
            enrichment = await workflow.execute_activity_method(
                Intake.enrich, order, summary="look the company up", **options.enriching(self.state.manners)
            )
        except ActivityError as error:
            unknown = Unknown(field="company", because=f"enrichment failed: {why(error)}")
            enrichment = Enrichment(unknown=(unknown,))
        if not self.state.ended:
            self.apply(arrivals.enriched(self.state, enrichment, workflow.now()))

    async def judge(self) -> None:
        """Score it and see where it goes: to a person, to marketing, to review, or out."""
        judging = self.state.judging or Judging()
        await self.journal.written(self)
        order = ScoreLead(
            lead_id=self.state.lead_id,
            policy=self.state.policy or "",
            at=workflow.now(),
            repin=judging.repin,
        )
        try:
            score = await workflow.execute_activity_method(
                Decide.score, order, summary="score and qualify", **options.deciding(self.state.manners)
            )
        except ActivityError as error:
            self.apply(returns.stuck(self.state, f"scoring failed: {why(error)}", workflow.now()))
            return
        if self.state.judging:
            step = judgements.judged(self.state, score, workflow.now())
            ends = self.state.holder and step.state.moving and step.state.moving.ended == "withdrawn"
            if ends and not workflow.patched(names.PERSONS_END_OFFERS):
                step = managers.ran_out(step, self.state)
            self.apply(step)

    async def hand_over(self) -> None:
        """Give it to exactly one person; the database decides whom, in one transaction."""
        move, holder = self.state.moving, self.state.holder
        if move is None:
            return
        order = AssignLead(
            lead_id=self.state.lead_id,
            offer=self.state.offer + 1,
            policy=self.state.policy or "",
            to=move.to,
            sla=self.state.sla,
            rungs_done=move.rungs_done,
            asked=self.state.asked,
            holder=holder.rep_id if holder else None,
            backup=move.backup,
            rep_id=move.rep_id,
            who=move.who,
            pools=self.state.widened,
            by=move.by,
            accepted=move.accepted,
            cause=move.cause,
            ended=move.ended,
            ordered_at=move.began_at,
            sla_from=self.state.sla_from or workflow.now(),
        )
        try:
            assignment = await workflow.execute_activity_method(
                Decide.reassign if move.again else Decide.assign,
                order,
                summary=f"offer {order.offer} to the {move.to}: {move.cause}",
                **options.deciding(self.state.manners),
            )
        except ActivityError as error:
            self.apply(returns.stuck(self.state, f"assigning failed: {why(error)}", workflow.now()))
            return
        self.apply(returns.assigned(self.state, assignment, workflow.now()))

    async def wait_for_an_answer_or_the_next_rung(self) -> None:
        """Wait, durably. Look at the state before acting: an answer that came first always wins."""
        due = climbing.next_look(self.state)
        timeout = None if due is None else max(due - workflow.now(), timedelta(0))
        with suppress(TimeoutError):  # the next lines look at the state first, whoever won
            await workflow.wait_condition(
                lambda: climbing.next_look(self.state) != due or self.wanted(),
                timeout=timeout,
                timeout_summary=telling.next_step(self.state),
            )
        self.reap()
        if not self.state.ended:
            self.apply(climbing.tick(self.state, workflow.now()))

    def wanted(self) -> bool:
        """Say whether the main thread has something to do."""
        orders = (self.state.moving or self.state.judging) and not self.state.stuck
        return bool(orders or self.state.ended or self.broken() or self.may_begin_anew())

    def may_begin_anew(self) -> bool:
        """Say whether the history is long and nothing is half done."""
        busy = self.state.moving or self.state.judging or self.state.ended or self.tickets
        return not busy and self.idle() and workflow.info().is_continue_as_new_suggested()

    def begin_a_new_history_if_this_one_is_long(self) -> None:
        """Carry everything over into a fresh history, keys included, as soon as nothing runs beside the wait."""
        if self.may_begin_anew() and self.journal.finished(self):
            workflow.continue_as_new(args=[None, self.state.model_dump(mode="json")])

    async def leave_nothing_behind(self) -> None:
        """Close the row of a lead that somebody cancelled in Temporal, so that it holds nobody's place."""
        if self.state.admitted and not self.state.ended:
            because = "cancelled in Temporal"
            self.apply(ended_in(Step(self.state).set(holder=None), workflow.now(), Stage.CLOSED, because))
        await self.finish_what_runs_beside()

    @workflow.query
    def status(self) -> Status:
        """Say owner, stage, next step and when (R47)."""
        return telling.status(self.state)

    @workflow.query
    def explanation(self) -> Explanation:
        """Say why it went where it went (R29)."""
        return telling.explanation(self.state)

    @workflow.query
    def timeline(self) -> Sequence[Entry]:
        """Tell what has happened so far."""
        return list(self.state.entries)

    @workflow.query
    def next_steps(self) -> Sequence[Any]:
        """Name the planned rungs with their absolute due times."""
        return [rung.model_dump(mode="json") for rung in self.state.plan]


def _lead_id() -> str:
    """Take the lead's id from the workflow's; where that names no lead, from its first run's."""
    return _named_lead() or f"run-{workflow.info().first_execution_run_id}"


def _named_lead() -> str | None:
    name = workflow.info().workflow_id
    lead_id = name.removeprefix(names.PREFIX)
    return lead_id if name.startswith(names.PREFIX) and LEAD_ID.fullmatch(lead_id) else None


def _readable(raw: Any) -> Any:
    """Make of any input what an activity can be given: bounded plain JSON, or what keeps it from being read."""
    if _named_lead() is None:
        return {UNREADABLE: f"the workflow's id has to be {names.PREFIX} and a lead id, so that messages find it"}
    return bounded(raw, LARGEST_INPUT, DEEPEST_INPUT)


def _carried(carried: Any) -> LeadState | None:
    """Read the state an earlier history left; anything else a stranger sends along is no state."""
    if carried is None or workflow.info().continued_run_id is None:
        return None
    return LeadState.model_validate(carried)
