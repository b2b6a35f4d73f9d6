"""A lead that lost its workflow (terminated, failed, or Temporal forgot it) goes on where the database says it stood.

Only the auditor starts one. It stands where the lost one stood, writes that down, and continues as an ordinary lead as
soon as nothing is half done. Offers keep counting: whom it was offered before is asked no more, and an offer that
somebody holds stands. What the database does not keep is lost and said to be: keys of messages, a pause.
"""

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from models.audit import Stood
    from models.decisions import Route
    from models.ladder import EntryKind, Plan
    from models.lead import Stage
    from models.status import Result
    from workflows import names
    from workflows.journal import Journal
    from workflows.ladder.effects import Planning
    from workflows.ladder.moves import look_again, moved_on
    from workflows.ladder.state import Holder, Judging, LeadState
    from workflows.ladder.step import Step
    from workflows.lead import LeadWorkflow

RESUMED = "ResumedLeadWorkflow"

UNTOUCHED = frozenset({Stage.TRIAGE, Stage.REVIEW, Stage.NURTURING})
"""Stages in which a lead waits without rungs until it is looked at again."""


@workflow.defn(name=RESUMED)
class ResumedLeadWorkflow(LeadWorkflow):
    """A lead begun again in the middle of its life."""

    @workflow.init
    def __init__(self, given: Any = None, *_: Any) -> None:
        super().__init__()
        self.there = _readable(given, self.state.lead_id)
        if self.there is not None:
            self.state = as_it_stood(self.there)
            self.journal = Journal(self.state)

    @workflow.run
    async def run(self, given: Any = None, *_: Any) -> Result:  # noqa: ARG002 (as `__init__`)
        """Go on, and become an ordinary lead at the first quiet moment."""
        if self.there is None:
            raise ApplicationError("the auditor alone resumes leads, from what the database keeps", non_retryable=True)
        self.apply(going_on(self.state, self.there, workflow.now()))
        return await super().run()

    def may_begin_anew(self) -> bool:
        """Say whether nothing is half done."""
        busy = self.state.moving or self.state.judging or self.state.ended or self.tickets
        return not busy and self.idle()

    def begin_a_new_history_if_this_one_is_long(self) -> None:
        """Continue as an ordinary lead."""
        if self.may_begin_anew() and self.journal.finished(self):
            workflow.continue_as_new(workflow=names.WORKFLOW, args=[None, self.state.model_dump(mode="json")])


def as_it_stood(there: Stood) -> LeadState:
    """Make the state of a lead from what the database keeps of it."""
    qualification = there.score.qualification if there.score else None
    holder = _holder(there)
    return LeadState(
        lead_id=there.lead_id,
        admitted=True,
        headline=there.headline,
        source=there.source,
        type=there.type,
        region=there.region,
        stage=there.stage,
        because=qualification.because if qualification else "",
        policy=there.policy,
        manners=there.manners,
        backfill=there.backfill,
        received_at=there.received_at,
        sla_from=there.received_at,
        response_due_at=there.response_due_at,
        enrichment=there.enrichment,
        score=there.score,
        sla=there.offered.sla if there.offered else qualification.sla if isinstance(qualification, Route) else None,
        assignment=there.offered,
        offer=there.offer,
        made=there.offer,
        rung=there.rung,
        holder=holder,
        answerable=there.answerable,
        asked=there.asked,
        declined=there.declined,
        first_offered_at=there.first_offered_at,
        first_accepted_at=there.accepted_at,
        accepted_at=there.accepted_at,
        breached=there.breached,
        alerts=there.alerts,
        touches=there.touches,
        told=there.told,
        seq=there.seq,
    )


def going_on(state: LeadState, there: Stood, now: datetime) -> Step:
    """Set the lead on its way again: with the rungs that are left, or by looking for somebody anew.

    What is overdue is run by the ladder's own rules: one offering rung at most.
    """
    cause = f"{there.why}: it goes on from what the database keeps"
    step = Step(state).tell(now, EntryKind.TROUBLE, cause)
    if state.accepted and state.accepted_at:
        step = step.set(stage=Stage.ACCEPTED, plan_no=1)
        return step.do(Planning("contact", state.accepted_at, cause, 1))
    if state.holder is not None:
        step = step.set(stage=Stage.OFFERED)
        plan = there.offered.plan if there.offered else Plan(made_at=now, cause="", rungs=())
        left = tuple(rung for rung in plan.rungs if rung.n >= there.rung)
        if not left:
            return moved_on(step, None, now, cause, ended="withdrawn")
        return step.set(plan=left, away_at=plan.away_at, away_because=plan.away_because)
    if state.stage in UNTOUCHED:
        return step.set(
            released_because="nobody had taken it",
            wake_at=there.due_at or now,
            wake_for=there.next_step or "look again",
        )
    if state.score is None or not isinstance(state.score.qualification, Route):
        return step.set(stage=Stage.SCORING, judging=Judging(cause=there.why))
    step = step.set(stage=Stage.ROUTING)
    if there.stage is Stage.ROUTING and there.due_at is not None and there.due_at > now:
        return step.set(wake_at=there.due_at, wake_for=there.next_step)
    return look_again(step, now, cause)


def _holder(there: Stood) -> Holder | None:
    if there.holder is None or there.held_by is None:
        return None
    offered = there.offered
    return Holder(
        rep_id=there.holder,
        rep_name=offered.rep_name if offered else there.holder,
        offer=there.held_by,
        team=offered.team if offered else None,
        region=offered.region if offered else None,
        manager_id=offered.manager_id if offered else None,
        backup_id=offered.backup_id if offered else None,
        sentence=offered.sentence if offered else "as it was recorded",
        since=offered.at if offered else there.accepted_at or there.received_at,
        accepted_at=there.accepted_at,
    )


def _readable(given: Any, lead_id: str) -> Stood | None:
    """Read what is given; None for what is not this lead's state."""
    try:
        there = Stood.model_validate(given)
    except ValidationError:
        return None
    return there if there.lead_id == lead_id else None
