"""A holder who cannot answer any more: on leave, not active, gone from the roster. Their lead moves on at once.

It is nobody's fault and no decline: the turn is given back. Who has accepted keeps the lead, and the manager decides.
"""

from datetime import datetime

from models.ladder import EntryKind, Plan
from workflows.ladder.effects import AlertCause, Planning
from workflows.ladder.plans import next_offering, planned_anew
from workflows.ladder.resting import passed_on
from workflows.ladder.state import LeadState, Reconsidering
from workflows.ladder.step import Step


def reconsidered(state: LeadState, because: str, now: datetime) -> Step:
    """Note that the holder's hours, leave or place in the roster have changed; who that is may still be on its way."""
    chosen = state.moving or state.judging
    if state.ended or (state.holder is None and not chosen):
        return Step(state)
    return Step(state).set(reconsider=Reconsidering(because=because, since=now))


def to_reconsider(state: LeadState) -> Reconsidering | None:
    """Give what is to be looked at now: while a move, a judgement, a pause or a plan is out, it waits for its end."""
    busy = state.moving or state.judging or state.stuck or state.paused
    planned = state.plan or state.wake_at
    return state.reconsider if state.holder and planned and not busy else None


def asked_anew(step: Step, now: datetime) -> Step:
    """Order the rungs ahead to be planned on today's calendars, beside the wait."""
    change = to_reconsider(step.state)
    if change is None:
        return step
    state = step.state
    step = step.set(reconsider=None)
    return step.do(Planning("anew", now, change.because, state.plan_no, rungs=state.plan))


def replanned(state: LeadState, plan: Plan, effect: Planning, now: datetime) -> Step:
    """Take in what the roster's change means: the lead moves on, its rungs move, or nothing does."""
    step = Step(state)
    if state.ended or state.holder is None:
        return step
    busy = state.moving or state.judging or state.paused or state.stuck
    if busy or state.plan_no != effect.plan_no:  # what was planned is of a moment ago: looked at again when calm
        return step if state.reconsider else reconsidered(state, effect.cause, now)
    if plan.gone and not state.accepted:
        return gone_away(step, plan.gone, now)
    if plan.gone:
        step = _owner_gone(step, plan.gone, now)
    ahead = {rung.n for rung in state.plan}
    rungs = tuple(rung for rung in plan.rungs if rung.n in ahead)  # the others were climbed meanwhile
    if rungs == state.plan:
        return step.set(away_at=plan.away_at, away_because=plan.away_because)
    rest = state.resting_until
    step = planned_anew(step, plan.model_copy(update={"rungs": rungs}), now)
    return step.set(resting_until=rest)


def gone_away(step: Step, because: str, now: datetime) -> Step:
    """Move the lead on at once, because whoever is asked cannot answer."""
    holder = step.state.holder
    says = f"{because}: it moves on from {holder.rep_id}" if holder else because
    step = step.tell(now, EntryKind.AWAY, says)
    return passed_on(step, next_offering(step.state.plan), now, because, ended="withdrawn", leaving=True)


def _owner_gone(step: Step, because: str, now: datetime) -> Step:
    holder = step.state.holder
    if holder is None or step.state.gone_told == holder.offer:
        return step
    what = f"{because}, and {holder.rep_id} has accepted it: please give it to somebody"
    return step.set(gone_told=holder.offer).tell(now, EntryKind.AWAY, what).alert(what, AlertCause.TROUBLE)
