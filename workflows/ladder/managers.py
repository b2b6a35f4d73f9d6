"""What managers say, one function per message: give, take, put off, freeze, climb, judge anew, end.

Handing over is in `handing_over`.
"""

from dataclasses import replace
from datetime import datetime

from models.ladder import OFFERING, EntryKind, RungKind, Target
from models.lead import Stage
from models.messages import (
    Acknowledge,
    Disqualify,
    Escalate,
    Extend,
    Message,
    Pause,
    Reassign,
    Requalify,
    Resume,
    Snooze,
    Take,
)
from workflows.ladder.climbing import alerting, resumed
from workflows.ladder.effects import AlertCause, Alerting
from workflows.ladder.moves import NOT_ROUTED, before_the_machine
from workflows.ladder.plans import next_offering, on_the_contact_clock, watched, widened
from workflows.ladder.resting import ended_in, passed_on
from workflows.ladder.state import Acknowledged, Judging, LeadState, Move, Pausing
from workflows.ladder.step import Step
from workflows.ladder.verdicts import done, refused, who_has_it


def ask_for(step: Step, now: datetime, rep_id: str, by: str, because: str, accepted: bool = False) -> Step:
    """Order an offer to one named person; the verdict comes when it does."""
    state = step.state
    if state.stage in NOT_ROUTED or (state.judging and not state.stuck):
        return refused(step, now, f"it is being judged just now (stage {state.stage}): ask again in a second")
    if state.moving and not state.stuck:
        return refused(step, now, "somebody is being chosen this very moment: ask again in a second")
    holder = state.holder
    if holder and holder.rep_id == rep_id and (holder.accepted_at or not accepted):
        return done(step, f"{rep_id} has it already")
    number = state.tickets + 1
    move = Move(
        to=Target.NAMED,
        rungs_done=1,
        cause=f"{by}: {because}",
        began_at=now,
        again=state.offer > 0,
        ended="withdrawn",
        rep_id=rep_id,
        by=by,
        accepted=accepted,
        over=holder.offer if holder and holder.accepted_at else None,
        ticket=str(number),
    )
    step = before_the_machine(step).tell(now, EntryKind.ASKED, f"{by} asks for {rep_id}: {because}")
    step = step.set(tickets=number, moving=move, sla_from=_sla_from(state, now))
    return Step(step.state, step.effects, None, move.ticket)


def comes_between(state: LeadState, message: Message, *, planning: bool) -> bool:
    """Say whether somebody asks for what an order or a plan (`planning`) is out for that is back in a moment."""
    if state.ended or state.stuck:
        return False
    if isinstance(message, Reassign | Take):
        return state.moving is not None or state.judging is not None
    return planning and not state.plan and isinstance(message, Extend | Escalate | Snooze)


def _sla_from(state: LeadState, now: datetime) -> datetime | None:
    return now if state.stage in (Stage.REVIEW, Stage.NURTURING) else state.sla_from


def reassign(step: Step, message: Reassign, now: datetime) -> Step:
    """Give the lead to somebody else."""
    return ask_for(step, now, message.rep_id, message.by, message.reason)


def take(step: Step, message: Take, now: datetime) -> Step:
    """Take the lead, whoever has it."""
    return ask_for(step, now, message.by, message.by, "takes it", accepted=True)


def extend(step: Step, message: Extend, now: datetime) -> Step:
    """Give the present owner longer, or less."""
    state = step.state
    ahead = next_offering(state.plan)
    if state.holder is None or ahead is None or state.moving or state.paused:
        return refused(step, now, "no rung is ahead that could be put off")
    latest = now + state.manners.pause_at_most
    if not now < message.until <= latest:
        return refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    delta = message.until - ahead.due_at
    plan = tuple(
        rung if rung.n < ahead.n else rung.model_copy(update={"due_at": rung.due_at + delta, "counted_from": None})
        for rung in state.plan
    )
    plan = tuple(rung for rung in plan if rung.due_at <= message.until or rung.n >= ahead.n)
    says = f"{message.by} gives {state.holder.rep_id} until {message.until:%Y-%m-%d %H:%M:%S} UTC"
    step = step.set(plan=plan, plan_no=state.plan_no + 1).tell(now, EntryKind.PLANNED, says)
    return done(step, f"extended until {message.until:%Y-%m-%dT%H:%M:%SZ}")


def pause(step: Step, message: Pause, now: datetime) -> Step:
    """Freeze the time that is left."""
    state = step.state
    latest = now + state.manners.pause_at_most
    until = message.until or latest
    if not now < until <= latest:
        return refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    if state.paused:
        return refused(step, now, f"paused already by {state.paused.by} until {state.paused.until:%Y-%m-%dT%H:%M:%SZ}")
    paused = Pausing(by=message.by, reason=message.reason, since=now, until=until)
    says = f"paused by {message.by} until {until:%Y-%m-%d %H:%M:%S} UTC: {message.reason}"
    return done(step.set(paused=paused).tell(now, EntryKind.PAUSED, says), "paused")


def resume(step: Step, message: Resume, now: datetime) -> Step:
    """Let frozen time run on."""
    if step.state.paused is None:
        return refused(step, now, "it is not paused")
    return done(resumed(step, now, f"resumed by {message.by}"), "resumed")


def escalate(step: Step, message: Escalate, now: datetime) -> Step:
    """Climb the next rung now; nobody waits for a pause of the policy's."""
    state = step.state
    plan = tuple(rung for rung in state.plan if rung.kind is not RungKind.PAUSE)
    if state.moving or state.judging or not plan:
        return refused(step, now, "no rung is planned that could be climbed")
    rung, rest = plan[0], state.plan[state.plan.index(plan[0]) + 1 :]
    step = step.set(resting_until=None).tell(now, EntryKind.ASKED, f"{message.by} escalates: {rung.says}")
    if rung.kind in OFFERING:
        step = passed_on(
            step, rung, now, f"escalated by {message.by}", afresh=on_the_contact_clock(state), ended="withdrawn"
        )
        return done(step, "in triage" if step.state.stage is Stage.TRIAGE else rung.says)
    step = step.set(plan=rest, rung=rung.n + 1)
    if rung.kind is RungKind.WIDEN:
        return done(widened(step, (rung,), now), rung.says)
    what = f"{message.by} escalated: {rung.says}"
    told = alerting(rung, what) if rung.kind is RungKind.ALERT else Alerting(what, rung.n, AlertCause.RUNG)
    return done(watched(step.do(replace(told, asked=True)), now), "the manager is told")


def ran_out(step: Step, before: LeadState) -> Step:
    """Let a manager end the offer as leads in flight since 0.1.0 know it: as if it had run out."""
    move = step.state.moving
    if move is not None:
        return step.set(moving=move.model_copy(update={"ended": "expired"}))
    return step.set(released_as="expired") if before.holder and step.state.holder is None else step


def requalify(step: Step, message: Requalify, now: datetime) -> Step:
    """Have it judged anew, under the policy published now."""
    state = step.state
    if state.stage in NOT_ROUTED or (state.judging and not state.stuck):
        return refused(step, now, f"it is being judged just now (stage {state.stage})")
    if state.accepted:
        return refused(step, now, f"{who_has_it(state)}: reassign it instead")
    number = state.tickets + 1
    cause = f"requalified by {message.by}: {message.reason}"
    step = before_the_machine(step).tell(now, EntryKind.ASKED, cause)
    step = step.set(tickets=number, judging=Judging(repin=True, cause=cause, ticket=str(number)))
    return Step(step.state, step.effects, None, str(number))


def disqualify(step: Step, message: Disqualify, now: datetime) -> Step:
    """End it: it is not a lead."""
    because = f"disqualified by {message.by}: {message.reason}"
    return done(ended_in(step.set(holder=None), now, Stage.DISQUALIFIED, because), "disqualified")


def acknowledge(step: Step, message: Acknowledge, now: datetime) -> Step:
    """Stop what is repeated, for as long as the policy says; what moves the lead on runs on."""
    state = step.state
    until = now + state.manners.acknowledged_for
    offer = state.holder.offer if state.holder else state.offer
    says = f"{message.by} has seen it and sees to it"
    step = step.set(acknowledged=Acknowledged(by=message.by, offer=offer, until=until))
    step = step.tell(now, EntryKind.ACKNOWLEDGED, says, by=message.by)
    watched_over = state.stage is Stage.ACCEPTED and state.wake_at is not None
    if state.stage in (Stage.TRIAGE, Stage.REVIEW) or watched_over or state.stuck:
        step = step.set(wake_at=until)
    return done(step, f"acknowledged: nothing of it is told again before {until:%Y-%m-%dT%H:%M:%SZ}")
