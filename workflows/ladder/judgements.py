"""What follows when a judgement comes back: to a person, to marketing, to review, or out; or just another score."""

from datetime import datetime

from models.decisions import Disqualified, Nurture, Review, Route, Score
from models.ladder import EntryKind, Target
from models.lead import Stage
from models.messages import VerdictKind
from models.qualifying import TriggerDo
from workflows.ladder.effects import AlertCause
from workflows.ladder.moves import NOT_ROUTED
from workflows.ladder.promise import breach_noted
from workflows.ladder.resting import ended_in
from workflows.ladder.state import Judging, LeadState, Move
from workflows.ladder.step import Step
from workflows.ladder.verdicts import settled


def judged(state: LeadState, score: Score, now: datetime) -> Step:
    """Go where the judgement leads: to a person, to marketing, to review, or out."""
    judging = state.judging or Judging()
    if state.accepted and state.holder:
        because = f"{state.holder.rep_id} accepted first"
        step = Step(state).set(judging=None).tell(now, EntryKind.SKIPPED, f"not judged anew: {because}")
        return settled(_alerted(step, score), judging.ticket, VerdictKind.REFUSED, because)
    step = breach_noted(Step(state), now)
    step = step.set(judging=None, postponed=None, unjudged=None, stuck=None, failures=0)
    step = step.set(
        score=score, policy=score.policy, plan=(), plan_no=state.plan_no + 1, resting_until=None, paged=False
    )
    if judging.afresh:
        step = step.set(asked=state.declined, formers=(), widened=())
    if judging.repin:  # the old rule is as if it had never been: its promise, and whom it chose
        step = step.set(asked=state.declined, formers=(), widened=(), response_due_at=None)
    step = step.tell(
        now,
        EntryKind.SCORED,
        f"{score.points:g} points, intent {score.intent}, fit {score.fit}",
        reasons=[reason.model_dump(exclude={"group"}) for reason in score.reasons],
    )
    way = score.qualification
    step = step.set(because=way.because)
    if not isinstance(way, Route):
        step = step.set(holder=None, first_accepted_at=None, released_because=judging.cause or way.because)
    match way:
        case Route():
            again = state.offer > 0
            waited = state.stage in (Stage.REVIEW, Stage.NURTURING)
            step = step.set(sla_from=now if waited else state.sla_from)
            step = step.set(stage=Stage.ROUTING, sla=way.sla, wake_at=None, moving=None).tell(
                now, EntryKind.QUALIFIED, f"goes to a person ({way.sla}): {way.because}"
            )
            cause = judging.cause or "qualified"
            move = Move(to=Target.PRIMARY, rungs_done=1, cause=cause, began_at=now, again=again)
            ended = "withdrawn" if state.holder else move.ended  # a person ends it: it has not run out
            return _alerted(step.set(moving=move.model_copy(update={"ticket": judging.ticket, "ended": ended})), score)
        case Nurture():
            what = "nurtured and monitored" if way.monitored else "nurtured"
            step = step.set(
                stage=Stage.NURTURING,
                answerable=way.answerable,
                wake_at=way.until,
                wake_for="the nurture programme ends",
            ).tell(now, EntryKind.QUALIFIED, f"{what} until {way.until:%Y-%m-%d}: {way.because}")
        case Review():
            step = step.set(
                stage=Stage.REVIEW,
                answerable=way.answerable,
                wake_at=way.due_at,
                wake_for="the review is due",
            ).tell(now, EntryKind.QUALIFIED, f"a person reviews it: {way.because}")
            step = step.alert(f"please review it: {way.because}", AlertCause.TRIAGE)
        case Disqualified():
            step = ended_in(step, now, Stage.DISQUALIFIED, way.because)
    return settled(_alerted(step, score), judging.ticket, VerdictKind.DONE, f"judged anew: {way.because}")


def rescored(state: LeadState, score: Score, now: datetime) -> Step:
    """Take a new score in, and do what it sets off.

    A nurtured lead that crossed the threshold goes to a person at once (R7), and one that is none any more ends (R36).
    """
    if state.ended:
        return Step(state)
    if state.stage is Stage.NURTURING and not state.moving and not state.judging and _leaves_nurture(score):
        return judged(state.model_copy(update={"sla_from": now}), score, now)
    kept = state.score.qualification if state.score else score.qualification
    step = Step(state).set(score=score.model_copy(update={"qualification": kept}))
    step = step.tell(now, EntryKind.SCORED, f"{score.points:g} points after what the prospect did")
    return _alerted(_requalifying(step, score, now), score)


def _leaves_nurture(score: Score) -> bool:
    match score.qualification:
        case Route():
            return True
        case Disqualified():
            return score.at is not None  # judgements of an earlier release do not say: they ended no nurtured lead
        case Review():
            return bool(_wanting(score, TriggerDo.REQUALIFY))
        case Nurture():
            return False


def _requalifying(step: Step, score: Score, now: datetime) -> Step:
    """Have it judged anew where a trigger asks for it, while nobody has accepted (R21)."""
    state = step.state
    wanting = _wanting(score, TriggerDo.REQUALIFY)
    if not wanting or state.accepted or state.judging or state.stage in (*NOT_ROUTED, Stage.NURTURING):
        return step
    cause = wanting[0]
    step = step.tell(now, EntryKind.ASKED, f"to be judged anew: {cause}")
    return step.set(judging=Judging(cause=cause, afresh=True))


def _alerted(step: Step, score: Score) -> Step:
    """Tell the manager what triggers want told; of a lead that has just ended there is nothing to do."""
    for what in () if step.state.ended else _wanting(score, TriggerDo.ALERT):
        step = step.alert(what, AlertCause.TRIGGER)
    return step


def _wanting(score: Score, do: TriggerDo) -> tuple[str, ...]:
    """Tell the triggers that want this: "budget approved: tag added: has-budget"."""
    return tuple(f"{one.trigger}: {one.because}" for one in score.fired if one.do == do)
