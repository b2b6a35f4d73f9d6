"""The escalation ladder as a pure machine: time passes, an order comes back, and this is what follows.

No I/O and no clock: `now` is an argument. What people say is in `answers`; both are property-tested without Temporal.
"""

from datetime import datetime, timedelta

from models.ladder import OFFERING, EntryKind, Plan, Rung, RungKind, Target
from models.lead import Stage
from models.messages import Verdict, VerdictKind
from models.orders import Tell
from workflows.state import (
    AlertCause,
    Alerting,
    LeadState,
    Move,
    Planning,
    Settling,
    Step,
    Telling,
)

A_TICK = timedelta(milliseconds=1)
"""Late means strictly after due: a breach is looked for this much after it."""

WAITING = frozenset({Stage.ROUTING, Stage.REVIEW, Stage.NURTURING, Stage.TRIAGE, Stage.ACCEPTED})


def next_due(state: LeadState) -> datetime | None:
    """Name the instant at which something happens by itself; None while an order is out or at the end."""
    if state.ended or (state.moving and not state.stuck) or (state.judging and not state.stuck):
        return None
    dues = []
    if state.stuck:
        dues.append(state.stuck.retry_at)
    elif state.paused:
        dues.append(state.paused.until)
    else:
        if state.plan:
            dues.append(state.plan[0].due_at)
        if state.wake_at and state.stage in WAITING:
            dues.append(state.wake_at)
    if _may_breach(state) and state.response_due_at:
        dues.append(state.response_due_at + A_TICK)
    return min(dues, default=None)


def _may_breach(state: LeadState) -> bool:
    return not (
        state.breached
        or state.backfill
        or state.accepted
        or state.ended
        or state.stage in (Stage.REVIEW, Stage.NURTURING)
        or (state.first_accepted_at and state.response_due_at and state.first_accepted_at <= state.response_due_at)
    )


def tick(state: LeadState, now: datetime) -> Step:
    """Do what is due. After an outage at most one overdue offering rung runs; the rest is planned anew from it."""
    step = breach_noted(Step(state), now)
    state = step.state
    if state.ended:
        return step
    if state.stuck:
        return step.set(stuck=None) if now >= state.stuck.retry_at else step
    if state.moving or state.judging:
        return step
    if state.paused:
        return resumed(step, now, "the pause ended by policy") if now >= state.paused.until else step
    if state.plan:
        return _climb(step, now)
    if state.wake_at and now >= state.wake_at and state.stage in WAITING:
        return _wake(step, now)
    return step


def breach_noted(step: Step, now: datetime) -> Step:
    """Note that the promised time has passed, if it has, before anything else changes."""
    due = step.state.response_due_at
    if due is None or now <= due or not _may_breach(step.state):
        return step
    says = f"nobody had taken it by {due:%Y-%m-%d %H:%M:%S} UTC, the promised time"
    step = step.set(breached=True).tell(now, EntryKind.BREACHED, says)
    held = step.state.holder is None and step.state.stage is Stage.ROUTING
    return step.alert(f"{says}: it is held, and nobody is asked", AlertCause.TROUBLE) if held else step


def _climb(step: Step, now: datetime) -> Step:
    """Run the rungs that are due, up to and with the first offering one."""
    due = [rung for rung in step.state.plan if rung.due_at <= now]
    if not due:
        return step
    offering = next((rung for rung in due if rung.kind in OFFERING), None)
    here = [rung for rung in due if offering is None or rung.n <= offering.n]
    reminders = [rung for rung in here if rung.kind is RungKind.REMIND]
    afresh = on_the_contact_clock(step.state)
    step = step.set(plan=step.state.plan[len(here) :], rung=here[-1].n + 1)
    for rung in here:
        if rung.kind is RungKind.ALERT:
            step = step.do(Alerting(rung.says, rung.n, AlertCause.RUNG))
        elif rung.kind is RungKind.REMIND:
            if offering is None and rung is reminders[-1]:
                step = _remind(step, rung)
            else:
                step = step.tell(now, EntryKind.SKIPPED, f"skipped a reminder: {_late(rung, now)}", rung=rung.n)
    if offering is None:
        return watched(step, now)
    return _offer(step, offering, due[len(here) :], now, afresh=afresh)


def on_the_contact_clock(state: LeadState) -> bool:
    """Tell the contact clock's rungs from the ladder's, which a lead may climb with its owner still in place."""
    return state.accepted and all(rung.kind is not RungKind.TRIAGE for rung in state.plan)


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
                due_at=answer_by(plan),
                next_step=plan[0].says if plan else "",
            )
        )
    )


def answer_by(plan: tuple[Rung, ...]) -> datetime | None:
    """Name the instant at which the lead moves on; where no rung does that, the next rung's."""
    moving_on = next((rung for rung in plan if rung.kind in OFFERING), plan[0] if plan else None)
    return moving_on.due_at if moving_on else None


def _late(rung: Rung, now: datetime) -> str:
    return f"rung {rung.n} ({rung.says}) was due {(now - rung.due_at).total_seconds():.0f} s ago"


def _offer(step: Step, rung: Rung, overdue: list[Rung], now: datetime, afresh: bool) -> Step:
    """Begin the offering rung; later rungs that are overdue too are not burnt but planned from this offer."""
    if overdue:
        says = "; ".join(_late(one, now) for one in overdue)
        step = step.tell(
            now,
            EntryKind.SKIPPED,
            f"not run, planned anew from this offer: {says}",
            rungs=[one.n for one in overdue],
        )
    if rung.kind is RungKind.TRIAGE:
        return triaged(step, now, "nobody took it on the whole ladder")
    cause = "no contact was made in time" if step.state.accepted else "it was not taken in time"
    return moved_on(step, rung, now, cause, afresh=afresh)


def moved_on(
    step: Step, rung: Rung | None, now: datetime, cause: str, afresh: bool = False, declined: bool = False
) -> Step:
    """Offer it to whom the rung names (none: the next one available); `afresh` begins the ladder anew.

    While an order is out for a judgement or for what a person asked, the move waits for that.
    """
    holder = step.state.holder
    done = rung.n + 1 if rung else max(1, step.state.rung)
    move = Move(
        to=(rung.to if rung else None) or Target.NEXT,
        rungs_done=1 if afresh else done,
        rung=rung.n if rung else 0,
        cause=cause,
        began_at=now,
        again=True,
        ended="declined" if declined else "expired",
        backup=holder.backup_id if holder else None,
        over=holder.offer if holder and holder.accepted_at else None,
    )
    step = step.set(plan=(), plan_no=step.state.plan_no + 1, wake_at=None)
    return step.set(postponed=move) if step.state.moving or step.state.judging else step.set(moving=move)


def triaged(step: Step, now: datetime, because: str) -> Step:
    """Put it on the manager's table: visible, alerted at least daily until somebody takes it."""
    holder = step.state.holder
    step = step.set(
        stage=Stage.TRIAGE,
        last_holder=holder or step.state.last_holder,
        holder=None,
        accepted_at=None,
        released_because=because,
        released_as="expired" if holder else step.state.released_as,
        answerable=(holder.manager_id if holder else None) or step.state.answerable,
        plan=(),
        plan_no=step.state.plan_no + 1,
        wake_at=now + step.state.manners.triage_every,
        wake_for="alert the manager again",
    ).tell(now, EntryKind.TRIAGED, f"to triage: {because}")
    return step.alert(f"{because}: please take it or give it to somebody", AlertCause.TRIAGE)


def _wake(step: Step, now: datetime) -> Step:
    state = step.state
    if state.stage is Stage.TRIAGE:
        step = step.set(wake_at=now + state.manners.triage_every)
        return step.alert(f"still in triage, because {state.released_because}", AlertCause.TRIAGE)
    if state.stage is Stage.ACCEPTED:
        step = step.set(wake_at=now + state.manners.triage_every)
        owner = state.holder.rep_id if state.holder else "nobody"
        return step.alert(f"still no contact is noted, and {owner} has it", AlertCause.TRIAGE)
    if state.stage is Stage.REVIEW:
        step = step.set(wake_at=now + state.manners.triage_every)
        return step.alert(f"waits for review: {state.because}", AlertCause.TRIAGE)
    if state.stage is Stage.NURTURING:
        return ended(step, now, Stage.CLOSED, "the nurture programme ran its time")
    return look_again(step, now, "the hold is over")


def watched(step: Step, now: datetime) -> Step:
    """Keep an eye on an accepted lead whose contact rungs are all behind: the manager hears of it again and again."""
    state = step.state
    if state.stage is not Stage.ACCEPTED or state.plan:
        return step
    return step.set(wake_at=now + state.manners.triage_every, wake_for="tell the manager that no contact is noted")


def look_again(step: Step, now: datetime, cause: str) -> Step:
    """Try to assign a held lead again."""
    move = Move(
        to=Target.NEXT if step.state.offer else Target.PRIMARY,
        rungs_done=max(1, step.state.rung),
        cause=cause,
        began_at=now,
        again=step.state.offer > 0,
    )
    return step.set(moving=move, wake_at=None)


def resumed(step: Step, now: datetime, because: str) -> Step:
    """Let frozen business time run on."""
    paused = step.state.paused
    if paused is None:
        return step
    step = step.set(paused=None).tell(now, EntryKind.RESUMED, f"goes on: {because}")
    held = step.state.stage is Stage.ROUTING and step.state.holder is None and step.state.wake_at is not None
    if held and not (step.state.moving or step.state.judging):
        return look_again(step, now, because)  # its place in the queue was others' meanwhile
    return shifted(step, step.state.plan, paused.since, now, f"resumed after a pause of {now - paused.since}")


def shifted(step: Step, rungs: tuple[Rung, ...], frozen_at: datetime, at: datetime, cause: str) -> Step:
    """Order what was left of `rungs` at `frozen_at` to run on from `at`, in business time."""
    if not rungs:
        return step
    number = step.state.plan_no + 1
    step = step.set(plan=(), plan_no=number)
    return step.do(Planning("shift", at, cause, number, frozen_at, rungs))


def ended(step: Step, now: datetime, stage: Stage, because: str) -> Step:
    """End the workflow in `stage`, and answer whoever still waits; what has ended stays as it is."""
    if step.state.ended:
        return step
    step = breach_noted(step, now)
    for pending in (step.state.moving, step.state.judging):
        step = settled(step, pending.ticket if pending else None, VerdictKind.REFUSED, because)
    return step.set(
        stage=stage,
        because=because,
        plan=(),
        plan_no=step.state.plan_no + 1,
        wake_at=None,
        moving=None,
        judging=None,
        postponed=None,
        unjudged=None,
        stuck=None,
        paused=None,
        released_because=because,
    ).tell(now, EntryKind.ENDED, f"{stage}: {because}")


def verdict(state: LeadState, kind: VerdictKind, because: str) -> Verdict:
    """Answer with who has the lead now."""
    return Verdict(
        verdict=kind,
        because=because,
        lead_id=state.lead_id,
        stage=state.stage,
        owner=state.holder.rep_id if state.holder else None,
        offer=state.holder.offer if state.holder else state.offer,
        since=(state.holder.accepted_at or state.holder.since) if state.holder else None,
    )


def settled(step: Step, ticket: str | None, kind: VerdictKind, because: str) -> Step:
    """Answer whoever waits, if anybody does."""
    return step.do(Settling(ticket, verdict(step.state, kind, because))) if ticket else step


def planned_anew(step: Step, plan: Plan, now: datetime) -> Step:
    """Put these rungs ahead, and write down why."""
    paused = step.state.paused
    if paused:  # what is planned during a pause has lost nothing before it was planned
        since = max(paused.since, min(plan.made_at, now))
        step = step.set(paused=paused.model_copy(update={"since": since}))
    step = step.set(plan=plan.rungs, plan_no=step.state.plan_no + 1)
    if not plan.rungs:
        return watched(step, now)
    step = step.set(wake_at=None)
    rungs = [f"{rung.says} at {rung.due_at:%Y-%m-%d %H:%M:%S} UTC" for rung in plan.rungs]
    return step.tell(now, EntryKind.PLANNED, f"{plan.cause}: next, {rungs[0]}", rungs=rungs)


def taken(step: Step, now: datetime, says: str) -> Step:
    """Somebody has it: the answer window is over, the contact clock starts."""
    step = breach_noted(step, now)
    state = step.state
    holder = state.holder
    if holder is None:
        return step
    number = state.plan_no + 1
    step = abandoned(step) if state.stuck else step
    step = step.set(
        stage=Stage.ACCEPTED,
        holder=holder.model_copy(update={"accepted_at": now}),
        accepted_at=now,
        first_accepted_at=state.first_accepted_at or now,
        frozen=state.plan,
        frozen_at=state.paused.since if state.paused else now,
        frozen_rung=state.rung,
        frozen_stage=state.stage,
        plan=(),
        plan_no=number,
        wake_at=None,
        paused=None,
        postponed=None,
        unjudged=None,
    ).tell(now, EntryKind.ACCEPTED, says, rep_id=holder.rep_id, offer=holder.offer)
    return step.do(Planning("contact", now, "accepted: the contact clock runs", number))


def abandoned(step: Step) -> Step:
    """Let go of orders that are not out. The number of an offer that may have been made is not used again."""
    spent = 1 if step.state.moving else 0
    return step.set(moving=None, judging=None, stuck=None, failures=0, offer=step.state.offer + spent)
