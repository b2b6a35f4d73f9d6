"""The escalation ladder as a pure machine: time passes, and this is what follows.

No I/O and no clock: `now` is an argument. What people say is in `answers`, what orders come back as is in `returns`;
all are property-tested without Temporal.
"""

from datetime import datetime

from models.ladder import OFFERING, EntryKind, Rung, RungKind, Target
from models.lead import Stage
from models.orders import Tell
from workflows.ladder.effects import AlertCause, Alerting, Telling
from workflows.ladder.handing_over import handed_over, next_handover
from workflows.ladder.later import next_later, sent_again
from workflows.ladder.leaving import asked_anew, gone_away, to_reconsider
from workflows.ladder.moves import look_again
from workflows.ladder.plans import answer_by, next_offering, on_the_contact_clock, shifted, watched, widened
from workflows.ladder.promise import breach_due, breach_noted
from workflows.ladder.resting import NOT_TAKEN, passed_on, woken_up
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step

WAITING = frozenset({Stage.ROUTING, Stage.REVIEW, Stage.NURTURING, Stage.TRIAGE, Stage.ACCEPTED})


def step_due(state: LeadState) -> datetime | None:
    """Name the instant of the next step, whatever becomes of the promise meanwhile; None while an order is out."""
    if _busy(state):
        return None
    if state.stuck:
        return state.stuck.retry_at
    if state.paused:
        return state.paused.until
    rung = state.plan[0].due_at if state.plan else None
    awake = state.wake_at if state.stage in WAITING and not state.plan else None
    return min((due for due in (rung, state.on_leave_at, awake) if due), default=None)


def next_due(state: LeadState) -> datetime | None:
    """Name the instant at which something happens by itself, be it that the promise breaks; None as `step_due`."""
    dues = () if _busy(state) else (step_due(state), breach_due(state))
    return min((due for due in dues if due), default=None)


def _busy(state: LeadState) -> bool:
    return bool(state.ended or ((state.moving or state.judging) and not state.stuck))


def next_look(state: LeadState) -> datetime | None:
    """Name the instant at which the clock has to be looked at: what is due, or a message that waits for its time."""
    if state.ended:
        return None
    change = to_reconsider(state)
    wish = next_handover(state)
    looks = (next_due(state), next_later(state), change.since if change else None, wish.since if wish else None)
    return min((look for look in looks if look), default=None)


def tick(state: LeadState, now: datetime) -> Step:
    """Do what is due. After an outage at most one overdue offering rung runs; the rest is planned anew from it."""
    step = breach_noted(Step(state), now)
    state = step.state
    if state.ended:
        return step
    step = sent_again(step, now)
    if next_handover(state := step.state):
        return handed_over(step, now)
    if state.stuck:
        return step.set(stuck=None) if now >= state.stuck.retry_at else step
    if state.moving or state.judging:
        return step
    if state.paused:
        return resumed(step, now, "the pause ended by policy") if now >= state.paused.until else step
    if state.plan:
        step = _climb(step, now)
    elif state.wake_at and now >= state.wake_at and state.stage in WAITING:
        step = woken_up(step, now)
    return asked_anew(step, now)


def _climb(step: Step, now: datetime) -> Step:
    """Run the rungs that are due, up to and with the first that moves the lead on; so does a holder who is on leave."""
    state = step.state
    due = [rung for rung in state.plan if rung.due_at <= now]
    offering = next((rung for rung in due if rung.kind in OFFERING), None)
    leaves = _leaves(state, now, offering)
    if not due and not leaves:
        return step
    last = next_offering(state.plan) if leaves else offering
    here = [rung for rung in due if last is None or rung.n < last.n]
    behind = [rung for rung in due if last is not None and rung.n > last.n]
    step = _run(step, here, now, passing=leaves or offering is not None)
    if leaves:
        return gone_away(_not_burnt(step, behind, now), state.away_because, now)
    if offering is None:
        return watched(step, now)
    afresh = on_the_contact_clock(state)
    step = step.set(plan=state.plan[len(here) + 1 :], rung=offering.n + 1)
    cause = "no contact was made in time" if state.accepted else "it was not taken in time"
    over = offering.kind not in (RungKind.OFFER, RungKind.REASSIGN)
    return passed_on(_not_burnt(step, behind, now), offering, now, NOT_TAKEN if over else cause, afresh=afresh)


def _leaves(state: LeadState, now: datetime, offering: Rung | None) -> bool:
    leave_at = state.on_leave_at
    return leave_at is not None and leave_at <= now and (offering is None or leave_at < offering.due_at)


def _run(step: Step, rungs: list[Rung], now: datetime, passing: bool) -> Step:
    """Run rungs that leave the lead where it is; of reminders the last one, and none if it moves on this moment."""
    if not rungs:
        return step
    reminders = [rung for rung in rungs if rung.kind is RungKind.REMIND]
    step = step.set(plan=step.state.plan[len(rungs) :], rung=rungs[-1].n + 1, resting_until=None)
    for rung in rungs:
        match rung.kind:
            case RungKind.ALERT:
                step = _alert(step, rung, now)
            case RungKind.REMIND if passing or rung is not reminders[-1]:
                step = step.tell(now, EntryKind.SKIPPED, f"skipped a reminder: {_late(rung, now)}", rung=rung.n)
            case RungKind.REMIND:
                step = _remind(step, rung)
            case RungKind.WIDEN:
                step = widened(step, (rung,), now)
            case RungKind.PAUSE:
                step = _rest(step, rung, now)
            case _:
                pass
    return step


def _rest(step: Step, rung: Rung, now: datetime) -> Step:
    """Let the lead rest until the policy's time of day; the rungs behind are planned accordingly."""
    until = rung.until_at
    if until is None or until <= now:
        return step
    says = f"paused by the policy until {until:%Y-%m-%d %H:%M:%S} UTC"
    return step.set(resting_until=until).tell(now, EntryKind.PAUSED, says, rung=rung.n)


def _alert(step: Step, rung: Rung, now: datetime) -> Step:
    """Tell whom the rung names; a manager who has seen to it that this offer needs somebody is not told again."""
    seen, holder = step.state.acknowledged, step.state.holder
    to = rung.to or Target.MANAGER
    if seen and holder and seen.offer == holder.offer and now < seen.until and to is Target.MANAGER:
        says = f"not told again: {seen.by} has acknowledged it until {seen.until:%Y-%m-%d %H:%M:%S} UTC"
        return step.tell(now, EntryKind.SKIPPED, says)
    return step.do(alerting(rung, rung.says))


def alerting(rung: Rung, what: str) -> Alerting:
    """Say what a rung tells, to whom, and how."""
    return Alerting(
        what,
        rung.n,
        AlertCause.RUNG,
        to=rung.to or Target.MANAGER,
        who=rung.who,
        channels=rung.channels,
        text=rung.text,
        urgent=rung.urgent,
    )


def _remind(step: Step, rung: Rung) -> Step:
    holder = step.state.holder
    if holder is None:
        return step
    plan = step.state.plan
    return step.do(
        Telling(
            Tell(
                lead_id=step.state.lead_id,
                kind="contact" if holder.accepted_at else "remind",
                rep_id=holder.rep_id,
                offer=holder.offer,
                rung=rung.n,
                sentence=holder.sentence,
                due_at=answer_by(step.state),
                next_step=plan[0].says if plan else "",
                channels=rung.channels,
                text=rung.text,
                urgent=rung.urgent,
            )
        )
    )


def _late(rung: Rung, now: datetime) -> str:
    return f"rung {rung.n} ({rung.says}) was due {(now - rung.due_at).total_seconds():.0f} s ago"


def _not_burnt(step: Step, overdue: list[Rung], now: datetime) -> Step:
    """Write down the later rungs that are overdue too: they are not burnt but planned from the offer to come."""
    if not overdue:
        return step
    says = "; ".join(_late(one, now) for one in overdue)
    rungs = [one.n for one in overdue]
    return step.tell(now, EntryKind.SKIPPED, f"not run, planned anew from this offer: {says}", rungs=rungs)


def resumed(step: Step, now: datetime, because: str) -> Step:
    """Let frozen business time run on, unless whoever is asked went on leave meanwhile."""
    paused = step.state.paused
    if paused is None:
        return step
    step = step.set(paused=None).tell(now, EntryKind.RESUMED, f"goes on: {because}")
    state = step.state
    busy = state.moving or state.judging
    if state.stage is Stage.ROUTING and state.holder is None and state.wake_at is not None and not busy:
        return look_again(step, now, because)  # its place in the queue was others' meanwhile
    if _leaves(state, now, None) and not busy:
        return gone_away(step, state.away_because, now)
    return shifted(step, state.plan, paused.since, now, f"resumed after a pause of {now - paused.since}")
