"""The rungs ahead: taken in, put off, and what the next of them means for whoever holds the lead."""

from datetime import datetime

from models.ladder import LAST, OFFERING, EntryKind, Plan, Rung, RungKind
from models.lead import Stage
from workflows.ladder.effects import Planning
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step


def next_offering(plan: tuple[Rung, ...]) -> Rung | None:
    """Name the next rung that moves the lead on."""
    return next((rung for rung in plan if rung.kind in OFFERING), None)


def answer_by(state: LeadState) -> datetime | None:
    """Name the instant at which the lead moves on; where no rung does that, the next rung's."""
    plan = state.plan
    moving_on = next_offering(plan) or (plan[0] if plan else None)
    dues = [due for due in (moving_on.due_at if moving_on else None, state.on_leave_at) if due]
    return min(dues, default=None)


def on_the_contact_clock(state: LeadState) -> bool:
    """Tell the contact clock's rungs from the ladder's, which a lead may climb with its owner still in place."""
    return state.accepted and all(rung.kind not in LAST for rung in state.plan)


def watched(step: Step, now: datetime) -> Step:
    """Keep an eye on an accepted lead whose contact rungs are all behind: the manager hears of it again and again."""
    state = step.state
    if state.stage is not Stage.ACCEPTED or state.plan:
        return step
    again_at = now + state.manners.triage_every
    seen = state.acknowledged
    if seen and state.holder and seen.offer == state.holder.offer:
        again_at = max(again_at, seen.until)
    return step.set(wake_at=again_at, wake_for="tell the manager that no contact is noted")


def shifted(step: Step, rungs: tuple[Rung, ...], frozen_at: datetime, at: datetime, cause: str) -> Step:
    """Order what was left of `rungs` at `frozen_at` to run on from `at`, in business time."""
    if not rungs:
        return step
    number = step.state.plan_no + 1
    step = step.set(plan=(), plan_no=number)
    return step.do(Planning("shift", at, cause, number, frozen_at, rungs))


def planned_anew(step: Step, plan: Plan, now: datetime) -> Step:
    """Put these rungs ahead, and write down why."""
    paused = step.state.paused
    if paused:  # what is planned during a pause has lost nothing before it was planned
        since = max(paused.since, min(plan.made_at, now))
        step = step.set(paused=paused.model_copy(update={"since": since}))
    step = step.set(
        plan=plan.rungs,
        plan_no=step.state.plan_no + 1,
        away_at=plan.away_at,
        away_because=plan.away_because,
        resting_until=None,
    )
    if not plan.rungs:
        return watched(step, now)
    step = step.set(wake_at=None)
    rungs = [f"{rung.says} at {rung.due_at:%Y-%m-%d %H:%M:%S} UTC" for rung in plan.rungs]
    return step.tell(now, EntryKind.PLANNED, f"{plan.cause}: next, {rungs[0]}", rungs=rungs)


def widened(step: Step, rungs: tuple[Rung, ...], now: datetime) -> Step:
    """Let more people be asked from here on: also where the lead leaves these rungs behind before their time."""
    for rung in rungs:
        if rung.kind is RungKind.WIDEN:
            says = f"from here on {', '.join(rung.pools)} may be asked, too"
            step = step.set(widened=tuple(dict.fromkeys((*step.state.widened, *rung.pools))))
            step = step.tell(now, EntryKind.WIDENED, says, rung=rung.n, pools=list(rung.pools))
    return step
