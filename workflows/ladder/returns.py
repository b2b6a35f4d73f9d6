"""What follows when an order comes back: what came in, who the database gave it to, a plan, or nothing at all.

Pure, like `climbing`: the state is looked at before anything is taken in, for somebody may have accepted meanwhile.
"""

from datetime import datetime, timedelta

from models.decisions import Assignment, Held, Nobody, NotAllowed, Offered
from models.ladder import EntryKind, Plan, Target
from models.lead import Stage
from models.messages import VerdictKind
from models.orders import Tell
from workflows.ladder.effects import AlertCause, Planning, Telling
from workflows.ladder.handing_over import insisted_on, kept_again, not_awaited
from workflows.ladder.leaving import replanned
from workflows.ladder.moves import remembered_as_asked, taken
from workflows.ladder.plans import answer_by, planned_anew, shifted
from workflows.ladder.resting import triaged
from workflows.ladder.state import Holder, LeadState, Move, Reconsidering, Stuck
from workflows.ladder.step import Step
from workflows.ladder.verdicts import settled

FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(minutes=15)
"""A failing order is tried again after one minute, then ever later, up to this."""


def assigned(state: LeadState, answer: Assignment, now: datetime) -> Step:
    """Take in whom the database gave the lead to, unless somebody accepted while it was deciding."""
    move = state.moving
    if move is None:
        return Step(state).set(offer=max(state.offer, getattr(answer, "offer", 0)))
    step = Step(state).set(moving=None, stuck=None, failures=0)
    if isinstance(answer, Offered):
        step = step.set(offer=max(state.offer, answer.offer))
    if _accepted_first(state, move):
        return _overtaken(step, move, answer, now)
    match answer:
        case Offered():
            return _offered(step, move, answer, now)
        case Held():
            return _held(step, move, answer, now)
        case Nobody() if move.to is not Target.NAMED:
            return _nobody(step, move, answer, now)
        case Nobody() | NotAllowed():
            step = step.tell(now, EntryKind.REFUSED, f"{move.cause}: {answer.because}")
            if move.hands_over and move.hands_over.insists:  # who asked may not wait for the verdict
                what = f"{move.cause}; {move.rep_id} cannot have it: {answer.because}"
                step = step.alert(what, AlertCause.TROUBLE)
            if move.wished:
                step = _as_before(step)
            else:  # the manager has it now: what waited behind this order is theirs to decide, too
                step = triaged(step.set(postponed=None, unjudged=None), now, answer.because)
            return settled(step, move.ticket, VerdictKind.REFUSED, answer.because)


def _overtaken(step: Step, move: Move, answer: Assignment, now: datetime) -> Step:
    """Leave it with who accepted while somebody was being chosen; whose leaving is insisted on leaves it after all."""
    has_it, wish = step.state.holder.rep_id if step.state.holder else None, move.hands_over
    because = f"{has_it} accepted first"
    if isinstance(answer, Offered):
        step = step.tell(now, EntryKind.SKIPPED, f"offer {answer.offer} to {answer.rep_id} withdrawn: {because}")
    if insisted_on(step.state, move):
        return kept_again(step, move)
    has_left = wish is not None and wish.holder != has_it
    kind = VerdictKind.DONE if has_left or has_it == move.rep_id else VerdictKind.REFUSED
    return settled(step, move.ticket, kind, because)


def _held(step: Step, move: Move, answer: Held, now: datetime) -> Step:
    """Nobody may be offered it now; where nobody comes on shift in time, somebody hears of that, once."""
    state = step.state
    step = step.set(
        stage=Stage.ROUTING,
        assignment=answer,
        holder=None,
        accepted_at=None,
        formers=_asked_in_vain(state, move),
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
    if answer.page and not state.paged:
        to = Target.ON_DUTY if answer.page_who else Target.MANAGER
        what = f"held until {answer.until:%Y-%m-%d %H:%M:%S} UTC: {answer.because}"
        step = step.set(paged=True).alert(what, AlertCause.TROUBLE, to=to, who=answer.page_who, urgent=True)
    return settled(step, move.ticket, VerdictKind.DONE, f"held: {answer.because}")


def _asked_in_vain(state: LeadState, move: Move) -> tuple[Holder, ...]:
    """Remember on whom the offer ran out; who lost it by a person's wish or a new judgement was not asked in vain."""
    in_vain = move.by is None and move.to is not Target.PRIMARY
    return remembered_as_asked(state, state.holder if in_vain else None)


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
        formers=_asked_in_vain(state, move),
        last_holder=None,
        made=state.made + 1,
        paged=False,
        acknowledged=None,
        reconsider=_still_open(state, answer),
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
        due_at=answer_by(step.state),
        next_step=first.says if first else "",
        channels=answer.channels,
        text=answer.text,
        urgent=answer.urgent,
    )
    step = step.do(Telling(order))
    return settled(step, move.ticket, VerdictKind.DONE, f"offered to {answer.rep_id}")


def _still_open(state: LeadState, answer: Offered) -> Reconsidering | None:
    """Keep what the roster's change left to look at, unless this offer was made after it."""
    change = state.reconsider
    return change if change and answer.at < change.since else None


def _nobody(step: Step, move: Move, answer: Nobody, now: datetime) -> Step:
    step = step.set(
        assignment=answer,
        answerable=answer.manager_id or step.state.answerable,
        response_due_at=step.state.response_due_at or answer.response_due_at,
    ).tell(now, EntryKind.NOBODY, f"nobody to offer it to ({move.cause}): {answer.because}")
    left = step.state.holder
    step = step.set(postponed=None, unjudged=None) if move.leaving else step
    if left is None:
        step = triaged(step, now, f"nobody can be offered it: {answer.because}")
    elif move.leaving:
        step = triaged(step, now, f"{move.cause}; nobody else can be offered it: {answer.because}", move.ended)
        if move.by is not None:  # whom a person took it from does not have it after all
            step = step.set(last_holder=None, formers=tuple(x for x in step.state.formers if x.rep_id != left.rep_id))
        return settled(step, move.ticket, VerdictKind.DONE, "nobody else can be offered it: the manager has it")
    else:
        step = step.alert(f"nobody else can be offered it: {answer.because}", AlertCause.TROUBLE)
        stage = Stage.ACCEPTED if step.state.accepted else Stage.OFFERED
        step = step.set(rung=move.rungs_done, stage=stage, wake_at=None)
        plan = answer.plan or Plan(made_at=now, cause="", rungs=())
        step = planned_anew(step, plan, now) if plan.rungs else triaged(step, now, answer.because)
    return settled(step, move.ticket, VerdictKind.REFUSED, answer.because)


def planned(state: LeadState, plan: Plan, effect: Planning, now: datetime) -> Step:
    """Take a plan in that was ordered under `plan_no`, unless the lead has moved on."""
    if effect.kind == "anew":
        return replanned(state, plan, effect, now)
    if state.ended or state.plan_no != effect.plan_no:
        return Step(state)
    return planned_anew(Step(state), plan, now)


def stuck(state: LeadState, because: str, now: datetime) -> Step:
    """Tell a manager that an order keeps failing, keep the lead visible, and try again later.

    What a person asked for is not retried behind their back: they are told, and may ask again.
    """
    step = Step(state).tell(now, EntryKind.TROUBLE, because)
    move, judging = state.moving, state.judging
    failed = f"could not be carried out: {because}"
    if move and _accepted_first(state, move) and insisted_on(state, move):
        return kept_again(step.set(moving=None, offer=state.offer + 1), move)
    if move and ((move.to is Target.NAMED and not move.hands_over) or _accepted_first(state, move)):
        step = _as_before(step.set(moving=None, offer=state.offer + 1))
        return settled(step, move.ticket, VerdictKind.REFUSED, failed)
    if move is None and judging and judging.ticket:
        return settled(_as_before(step.set(judging=None)), judging.ticket, VerdictKind.REFUSED, failed)
    if move is None and judging is None:  # it ended meanwhile; an offer that the database made all the same is over too
        return step.set(offer=state.offer + 1)
    if move and move.ticket:
        step = step.set(moving=move.model_copy(update={"ticket": None}))
        asked = "to be handed over" if move.hands_over else "judged anew"
        step = settled(step, move.ticket, VerdictKind.DONE, f"{asked}; offering it is tried again: {because}")
    if move and judging:  # a person asked for a judgement meanwhile: it may be what mends this
        return step.set(moving=None, postponed=step.state.moving, offer=state.offer + 1)
    step = not_awaited(step, VerdictKind.DONE, f"to be handed over as soon as it is known who has it: {because}")
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
