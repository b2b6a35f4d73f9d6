"""What follows when an order comes back: a judgement, an assignment, a plan, a message that was sent or was not.

Pure, like `ladder`: the state is looked at before anything is taken in, for somebody may have accepted meanwhile.
"""

from datetime import datetime, timedelta

from models.decisions import (
    Admitted,
    Assignment,
    Delivery,
    DeliveryState,
    Disqualified,
    Enrichment,
    Held,
    Nobody,
    NotAllowed,
    Nurture,
    Offered,
    Review,
    Route,
    Score,
    Unusable,
)
from models.ladder import EntryKind, Plan, Target
from models.lead import Stage
from models.messages import VerdictKind
from models.orders import Tell
from workflows.ladder import (
    answer_by,
    breach_noted,
    ended,
    planned_anew,
    settled,
    shifted,
    taken,
    triaged,
)
from workflows.state import AlertCause, Alerting, Holder, Judging, LeadState, Move, Step, Stuck, Telling

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(minutes=15)
"""A failing order is tried again after one minute, then ever later, up to this."""

ALERT_AGAIN = timedelta(minutes=15)
"""When neither the rep nor the manager could be told, the manager is tried again after this."""


def admitted(state: LeadState, answer: Admitted, now: datetime) -> Step:
    """Take a lead in; one that was disqualified at the very door stays so."""
    step = Step(state).set(
        admitted=True,
        headline=answer.headline,
        source=answer.source,
        type=answer.type,
        region=answer.region,
        policy=answer.policy,
        manners=answer.manners,
        received_at=answer.received_at,
        sla_from=answer.received_at,
        backfill=answer.backfill,
        stage=state.stage if state.ended else Stage.ENRICHING,
    )
    step = step.tell(now, EntryKind.RECEIVED, f"{answer.headline}, from {answer.source}")
    for note in answer.notes:
        step = step.tell(now, EntryKind.RECEIVED, note)
    return step


def unusable(state: LeadState, answer: Unusable, now: datetime) -> Step:
    """Put what is not a lead as it stands before a person, with what is wrong with it."""
    if state.ended:
        return Step(state)
    because = "; ".join(map(str, answer.problems)) or "it could not be read"
    step = Step(state).set(
        admitted=True,
        headline="a lead that could not be read",
        stage=Stage.REVIEW,
        because=because,
        policy=answer.policy,
        manners=answer.manners,
        received_at=answer.received_at,
        sla_from=answer.received_at,
        answerable=answer.answerable,
        wake_at=answer.due_at,
        wake_for="the review is due",
    )
    step = step.tell(now, EntryKind.RECEIVED, f"could not be taken in as it is: {because}")
    return step.alert(f"please review it: {because}", AlertCause.TRIAGE)


def enriched(state: LeadState, enrichment: Enrichment, now: datetime) -> Step:
    """Note what was learned and what stays unknown; judging comes next."""
    learned = ", ".join(fact.field for fact in enrichment.facts) or "nothing new"
    reasons = dict.fromkeys(one.because for one in enrichment.unknown)
    fields = {because: [one.field for one in enrichment.unknown if one.because == because] for because in reasons}
    unknown = "; ".join(f"{', '.join(names)} unknown, because {because}" for because, names in fields.items())
    step = Step(state).set(enrichment=enrichment, stage=Stage.SCORING, judging=Judging())
    return step.tell(now, EntryKind.ENRICHED, f"learned {learned}" + (f"; {unknown}" if unknown else ""))


def judged(state: LeadState, score: Score, now: datetime) -> Step:
    """Go where the judgement leads: to a person, to marketing, to review, or out."""
    judging = state.judging or Judging()
    if state.accepted and state.holder:
        because = f"{state.holder.rep_id} accepted first"
        step = Step(state).set(judging=None).tell(now, EntryKind.SKIPPED, f"not judged anew: {because}")
        return settled(step, judging.ticket, VerdictKind.REFUSED, because)
    step = breach_noted(Step(state), now)
    step = step.set(judging=None, postponed=None, unjudged=None, stuck=None, failures=0)
    step = step.set(score=score, policy=score.policy, plan=(), plan_no=state.plan_no + 1)
    if judging.repin:  # the old rule is as if it had never been: its promise, and whom it chose
        step = step.set(asked=state.declined, response_due_at=None)
    step = step.tell(
        now,
        EntryKind.SCORED,
        f"{score.points:g} points, intent {score.intent}, fit {score.fit}",
        reasons=[reason.model_dump() for reason in score.reasons],
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
            return step.set(moving=move.model_copy(update={"ticket": judging.ticket}))
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
            step = ended(step, now, Stage.DISQUALIFIED, way.because)
    return settled(step, judging.ticket, VerdictKind.DONE, f"judged anew: {way.because}")


def rescored(state: LeadState, score: Score, now: datetime) -> Step:
    """Take a new score in; a nurtured lead that crossed the threshold goes to a person at once (R7)."""
    if state.ended:
        return Step(state)
    promoted = state.stage is Stage.NURTURING and isinstance(score.qualification, Route)
    if promoted and not state.moving and not state.judging:
        return judged(state.model_copy(update={"sla_from": now}), score, now)
    kept = state.score.qualification if state.score else score.qualification
    return (
        Step(state)
        .set(score=score.model_copy(update={"qualification": kept}))
        .tell(now, EntryKind.SCORED, f"{score.points:g} points after what the prospect did")
    )


def assigned(state: LeadState, answer: Assignment, now: datetime) -> Step:
    """Take in whom the database gave the lead to, unless somebody accepted while it was deciding."""
    move = state.moving
    if move is None:
        return Step(state).set(offer=max(state.offer, getattr(answer, "offer", 0)))
    step = Step(state).set(moving=None, stuck=None, failures=0)
    if isinstance(answer, Offered):
        step = step.set(offer=max(state.offer, answer.offer))
    if _accepted_first(state, move) and state.holder:
        because = f"{state.holder.rep_id} accepted first"
        if isinstance(answer, Offered):
            step = step.tell(now, EntryKind.SKIPPED, f"offer {answer.offer} to {answer.rep_id} withdrawn: {because}")
        kind = VerdictKind.DONE if state.holder.rep_id == move.rep_id else VerdictKind.REFUSED
        return settled(step, move.ticket, kind, because)
    match answer:
        case Offered():
            return _offered(step, move, answer, now)
        case Held():
            step = step.set(
                stage=Stage.ROUTING,
                assignment=answer,
                holder=None,
                accepted_at=None,
                released_because=move.cause,
                rung=move.rungs_done,
                answerable=answer.manager_id or state.answerable,
                response_due_at=state.response_due_at or answer.response_due_at,
                wake_at=answer.until,
                wake_for="look for somebody again",
                plan=(),
                plan_no=state.plan_no + 1,
                postponed=None,
                unjudged=None,
            ).tell(now, EntryKind.HELD, f"held until {answer.until:%Y-%m-%d %H:%M:%S} UTC: {answer.because}")
            return settled(step, move.ticket, VerdictKind.DONE, f"held: {answer.because}")
        case Nobody() if move.to is not Target.NAMED:
            return _nobody(step, move, answer, now)
        case Nobody() | NotAllowed():
            step = step.tell(now, EntryKind.REFUSED, f"{move.cause}: {answer.because}")
            step = _as_before(step) if move.to is Target.NAMED else triaged(step, now, answer.because)
            return settled(step, move.ticket, VerdictKind.REFUSED, answer.because)


def _accepted_first(state: LeadState, move: Move) -> bool:
    """Say whether somebody took the lead after the move had begun: their acceptance is honoured."""
    return state.accepted and state.holder is not None and state.holder.offer != move.over


def _as_before(step: Step) -> Step:
    """Nothing came of what a person asked for: what the machine was about goes on."""
    state = step.state
    return step.set(
        moving=state.moving or state.postponed,
        judging=state.judging or state.unjudged,
        postponed=None,
        unjudged=None,
    )


def _offered(step: Step, move: Move, answer: Offered, now: datetime) -> Step:
    state = step.state
    holder = Holder(
        rep_id=answer.rep_id,
        rep_name=answer.rep_name,
        offer=answer.offer,
        team=answer.team,
        region=answer.region,
        manager_id=answer.manager_id,
        backup_id=answer.backup_id,
        sentence=answer.sentence,
        since=answer.at,
    )
    step = step.set(
        stage=Stage.OFFERED,
        holder=holder,
        last_holder=None,
        released_as=None,
        released_because=move.cause,
        answerable=answer.manager_id or state.answerable,
        assignment=answer,
        sla=answer.sla,
        rung=move.rungs_done,
        asked=tuple(dict.fromkeys((*state.asked, answer.rep_id))),
        first_offered_at=state.first_offered_at or answer.at,
        response_due_at=state.response_due_at or answer.response_due_at,
        accepted_at=None,
        wake_at=None,
        frozen=(),
        postponed=None,
        unjudged=None,
    )
    step = step.tell(
        now,
        EntryKind.OFFERED,
        f"offer {answer.offer} to {answer.rep_id}: {answer.sentence}",
        offer=answer.offer,
        rep_id=answer.rep_id,
        cause=move.cause,
    )
    if answer.accepted:
        step = taken(step, now, f"{answer.rep_id} took it themselves")
        return settled(step, move.ticket, VerdictKind.DONE, f"{answer.rep_id} has it")
    if any(answer.at < rung.due_at <= now for rung in answer.plan.rungs):
        cause = f"offer {answer.offer} took {now - answer.at} to come back"
        step = shifted(step, answer.plan.rungs, answer.at, now, cause)
    else:
        step = planned_anew(step, answer.plan, now)
    first = step.state.plan[0] if step.state.plan else None
    order = Tell(
        lead_id=state.lead_id,
        kind="offer",
        rep_id=answer.rep_id,
        offer=answer.offer,
        rung=move.rung,
        sentence=answer.sentence,
        due_at=answer_by(step.state.plan),
        next_step=first.says if first else "",
    )
    step = step.do(Telling(order))
    return settled(step, move.ticket, VerdictKind.DONE, f"offered to {answer.rep_id}")


def _nobody(step: Step, move: Move, answer: Nobody, now: datetime) -> Step:
    step = step.set(
        assignment=answer,
        answerable=answer.manager_id or step.state.answerable,
        response_due_at=step.state.response_due_at or answer.response_due_at,
    ).tell(now, EntryKind.NOBODY, f"nobody to offer it to ({move.cause}): {answer.because}")
    if step.state.holder is None or move.leaving:
        step = triaged(step, now, f"nobody can be offered it: {answer.because}")
        if move.leaving:
            step = step.set(released_as=move.ended)
            return settled(step, move.ticket, VerdictKind.DONE, f"the manager has it: {answer.because}")
    else:
        step = step.alert(f"nobody else can be offered it: {answer.because}", AlertCause.TROUBLE)
        stage = Stage.ACCEPTED if step.state.accepted else Stage.OFFERED
        step = step.set(rung=move.rungs_done, stage=stage, wake_at=None)
        plan = answer.plan or Plan(made_at=now, cause="", rungs=())
        step = planned_anew(step, plan, now) if plan.rungs else triaged(step, now, answer.because)
    return settled(step, move.ticket, VerdictKind.REFUSED, answer.because)


def planned(state: LeadState, plan: Plan, plan_no: int, now: datetime) -> Step:
    """Take a plan in that was ordered under `plan_no`, unless the lead has moved on."""
    if state.ended or state.plan_no != plan_no:
        return Step(state)
    return planned_anew(Step(state), plan, now)


def stuck(state: LeadState, because: str, now: datetime) -> Step:
    """Tell a manager that an order keeps failing, keep the lead visible, and try again later.

    What a person asked for is not retried behind their back: they are told, and may ask again.
    """
    step = Step(state).tell(now, EntryKind.TROUBLE, because)
    move, judging = state.moving, state.judging
    failed = f"could not be carried out: {because}"
    if move and (move.to is Target.NAMED or _accepted_first(state, move)):
        step = _as_before(step.set(moving=None, offer=state.offer + 1))
        return settled(step, move.ticket, VerdictKind.REFUSED, failed)
    if move is None and judging and judging.ticket:
        return settled(_as_before(step.set(judging=None)), judging.ticket, VerdictKind.REFUSED, failed)
    if move is None and judging is None:  # it ended meanwhile; an offer that the database made all the same is over too
        return step.set(offer=state.offer + 1)
    if move and move.ticket:
        step = step.set(moving=move.model_copy(update={"ticket": None}))
        asked = "to be handed over" if move.leaving else "judged anew"
        step = settled(step, move.ticket, VerdictKind.DONE, f"{asked}; offering it is tried again: {because}")
    if move and judging:  # a person asked for a judgement meanwhile: it may be what mends this
        return step.set(moving=None, postponed=step.state.moving, offer=state.offer + 1)
    failures = state.failures + 1
    wait = min(FIRST_RETRY * 2 ** min(failures - 1, 10), LAST_RETRY)
    step = step.set(
        failures=failures,
        stuck=Stuck(because=because, since=now, attempts=failures, retry_at=now + wait),
    )
    if state.holder is None:
        step = step.set(stage=Stage.TRIAGE, released_because=because, wake_for="alert the manager again")
    if state.wake_at and now < state.wake_at:
        return step
    step = step.set(wake_at=now + state.manners.triage_every)
    return step.alert(f"{because}; it is tried again", AlertCause.TROUBLE)


def told(state: LeadState, order: Tell, delivery: Delivery, now: datetime) -> Step:
    """Take in what became of a message to the rep."""
    step = Step(state)
    if delivery.state is DeliveryState.DELIVERED:
        kind = EntryKind.SENT if order.kind == "offer" else EntryKind.REMINDED
        return step.tell(now, kind, f"{order.kind} to {order.rep_id} by {delivery.channel}", offer=order.offer)
    if delivery.state is DeliveryState.STALE or state.ended:
        return step.tell(now, EntryKind.SKIPPED, f"{order.kind} to {order.rep_id} not sent: {delivery.because}")
    step = step.tell(now, EntryKind.UNSENT, f"{order.rep_id} could not be told: {delivery.because}", offer=order.offer)
    holder = state.holder
    if holder is None or holder.offer != order.offer or holder.accepted_at or order.kind != "offer":
        return step
    return step.alert(f"{order.rep_id} could not be told of the offer: {delivery.because}", AlertCause.UNTOLD)


def alerted(state: LeadState, effect: Alerting, delivery: Delivery, now: datetime) -> Step:
    """Take in what became of an alert; when neither rep nor manager could be told, the lead is in triage, visibly."""
    step = Step(state)
    if delivery.state is DeliveryState.DELIVERED:
        if not state.ended:
            step = step.set(answerable=state.answerable or delivery.person_id)
        says = f"told {delivery.person_id} by {delivery.channel}: {effect.what}"
        return step.tell(now, EntryKind.ALERTED, says, rung=effect.rung, offer=effect.offer)
    who = delivery.person_id or "a manager"
    says = f"{who} could not be told: {delivery.because}"
    step = step.tell(now, EntryKind.UNSENT, says, rung=effect.rung, offer=effect.offer)
    if _stands_untold(state, effect):
        step = triaged(step, now, "neither the rep nor a manager could be told")
    if step.state.stage in (Stage.TRIAGE, Stage.REVIEW):
        soon = now + ALERT_AGAIN
        step = step.set(wake_at=min(step.state.wake_at or soon, soon))
    return step


def _stands_untold(state: LeadState, effect: Alerting) -> bool:
    """Say whether the offer that nobody could be told of is the present one, with nothing going on about it."""
    present = state.holder is not None and state.holder.offer == effect.offer
    busy = state.moving or state.judging or state.paused
    return effect.about is AlertCause.UNTOLD and state.stage is Stage.OFFERED and present and not busy
