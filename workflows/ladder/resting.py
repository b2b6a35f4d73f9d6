"""Where a lead rests when nobody is asked: on a manager's table, in marketing's hands, in review, or at its end."""

from datetime import datetime

from models.decisions import Nurture
from models.ladder import LAST, EntryKind, Rung, RungKind
from models.lead import Stage
from models.messages import VerdictKind
from workflows.ladder.effects import AlertCause
from workflows.ladder.moves import look_again, moved_on, remembered_as_asked
from workflows.ladder.promise import breach_noted
from workflows.ladder.state import Ended
from workflows.ladder.step import Step
from workflows.ladder.verdicts import settled

NOT_TAKEN = "nobody took it on the whole ladder"


def passed_on(
    step: Step,
    rung: Rung | None,
    now: datetime,
    cause: str,
    *,
    afresh: bool = False,
    ended: Ended = "expired",
    leaving: bool = False,
) -> Step:
    """Move the lead on by an offering rung: to somebody else, or, behind the last of them, to where the ladder ends."""
    if rung is None or rung.kind not in LAST:
        return moved_on(step, rung, now, cause, afresh=afresh, ended=ended, leaving=leaving)
    if rung.kind is RungKind.TRIAGE:
        return triaged(step, now, cause, ended)
    return _let_go(step, rung.stage or Stage.CLOSED, now, cause, ended)


def triaged(step: Step, now: datetime, because: str, ended: Ended = "expired") -> Step:
    """Put it on the manager's table: visible, alerted at least daily until somebody takes it."""
    holder = step.state.holder
    step = _released(step, because, ended).set(
        stage=Stage.TRIAGE,
        last_holder=holder or step.state.last_holder,
        formers=remembered_as_asked(step.state, holder),
        answerable=(holder.manager_id if holder else None) or step.state.answerable,
        wake_at=now + step.state.manners.triage_every,
        wake_for="alert the manager again",
    )
    step = step.tell(now, EntryKind.TRIAGED, f"to triage: {because}")
    return step.alert(f"{because}: please take it or give it to somebody", AlertCause.TRIAGE)


def _let_go(step: Step, stage: Stage, now: datetime, because: str, ended: Ended) -> Step:
    """Sales lets go of it, as the ladder's last rung says: marketing has it, a person reviews it, or it is over."""
    step = breach_noted(step, now)  # before the promise is forgotten: nothing may have ticked since it was broken
    state = step.state
    holder = state.holder
    step = _released(step, because, ended).set(because=because)
    if stage is Stage.CLOSED:
        return ended_in(step, now, stage, because)
    answerable = (holder.manager_id if holder else None) or state.answerable
    # If it comes back to sales that is a new story: with its own promise, and all who did not decline may be asked.
    step = step.set(
        stage=stage,
        answerable=answerable,
        first_accepted_at=None,
        response_due_at=None,
        asked=state.declined,
        formers=(),
        widened=(),
    )
    if stage is Stage.REVIEW:
        return _reviewed(step, now, because)
    way = state.score.qualification if state.score else None
    known = way if isinstance(way, Nurture) and way.until > now else None
    until = known.until if known else now + state.manners.nurture_for
    step = step.set(answerable=(known.answerable if known else None) or answerable)
    step = step.set(wake_at=until, wake_for="the nurture programme ends")
    return step.tell(now, EntryKind.QUALIFIED, f"nurtured until {until:%Y-%m-%d}: {because}")


def _reviewed(step: Step, now: datetime, because: str) -> Step:
    step = step.set(wake_at=now + step.state.manners.triage_every, wake_for="the review is due")
    step = step.tell(now, EntryKind.QUALIFIED, f"a person reviews it: {because}")
    return step.alert(f"please review it: {because}", AlertCause.TRIAGE)


def _released(step: Step, because: str, ended: Ended) -> Step:
    """Nobody holds it any more, and no rung is ahead."""
    state = step.state
    return step.set(
        holder=None,
        accepted_at=None,
        released_because=because,
        released_as=ended if state.holder else state.released_as,
        plan=(),
        plan_no=state.plan_no + 1,
        resting_until=None,
        paged=False,
    )


def woken_up(step: Step, now: datetime) -> Step:
    """Do what a lead without rungs waited for."""
    state = step.state
    if state.stage is Stage.ROUTING:
        return look_again(step, now, "the hold is over")
    if state.stage is Stage.NURTURING:
        because = "the nurture programme ran its time"
        if state.manners.review_after_nurture:
            return _reviewed(step.set(stage=Stage.REVIEW, because=because), now, because)
        return ended_in(step, now, Stage.CLOSED, because)
    step = step.set(wake_at=now + state.manners.triage_every)
    if state.stage is Stage.ACCEPTED:
        owner = state.holder.rep_id if state.holder else "nobody"
        return step.alert(f"still no contact is noted, and {owner} has it", AlertCause.TRIAGE)
    if state.stage is Stage.REVIEW:
        return step.alert(f"waits for review: {state.because}", AlertCause.TRIAGE)
    return step.alert(f"still in triage, because {state.released_because}", AlertCause.TRIAGE)


def ended_in(step: Step, now: datetime, stage: Stage, because: str) -> Step:
    """End the workflow in `stage`, and answer whoever still waits; what has ended stays as it is."""
    if step.state.ended:
        return step
    step = breach_noted(step, now)
    for pending in (step.state.moving, step.state.judging):
        step = settled(step, pending.ticket if pending else None, VerdictKind.REFUSED, because)
    for wish in step.state.handovers:
        step = settled(step, wish.ticket, VerdictKind.REFUSED, because)
    return step.set(
        stage=stage,
        because=because,
        plan=(),
        plan_no=step.state.plan_no + 1,
        wake_at=None,
        away_at=None,
        resting_until=None,
        reconsider=None,
        later=(),
        moving=None,
        judging=None,
        postponed=None,
        unjudged=None,
        handovers=(),
        stuck=None,
        paused=None,
        released_because=because,
    ).tell(now, EntryKind.ENDED, f"{stage}: {because}")
