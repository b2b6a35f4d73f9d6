"""How a lead passes from one person to the next: the order is begun here, and taken in by `returns`."""

from datetime import datetime

from models.ladder import EntryKind, Rung, Target
from models.lead import Stage
from workflows.ladder.effects import Planning
from workflows.ladder.plans import widened
from workflows.ladder.promise import breach_noted
from workflows.ladder.state import KEPT_FORMERS, Ended, Holder, LeadState, Move
from workflows.ladder.step import Step

NOT_ROUTED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
"""Where nobody has been looked for yet."""


def moved_on(
    step: Step,
    rung: Rung | None,
    now: datetime,
    cause: str,
    *,
    afresh: bool = False,
    ended: Ended = "expired",
    leaving: bool = False,
) -> Step:
    """Offer it to whom the rung names (none: the next one available); `afresh` begins the ladder anew.

    While an order is out for a judgement or for what a person asked, the move waits for that.
    """
    holder = step.state.holder
    done = rung.n + 1 if rung else max(1, step.state.rung)
    if rung and not afresh:
        step = widened(step, tuple(one for one in step.state.plan if one.n < rung.n), now)
    move = Move(
        to=(rung.to if rung else None) or Target.NEXT,
        who=rung.who if rung else None,
        rungs_done=1 if afresh else done,
        rung=rung.n if rung else 0,
        cause=cause,
        began_at=now,
        again=True,
        ended=ended,
        backup=holder.backup_id if holder else None,
        over=holder.offer if holder and holder.accepted_at else None,
        leaving=leaving,
    )
    step = step.set(plan=(), plan_no=step.state.plan_no + 1, wake_at=None, resting_until=None)
    return step.set(postponed=move) if step.state.moving or step.state.judging else step.set(moving=move)


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


def remembered_as_asked(state: LeadState, holder: Holder | None) -> tuple[Holder, ...]:
    """Name those on whom an offer ran out, this one last."""
    if holder is None:
        return state.formers
    others = (one for one in state.formers if one.rep_id != holder.rep_id)
    return (*others, holder)[-KEPT_FORMERS:]


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
        away_at=None,
        resting_until=None,
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


def before_the_machine(step: Step) -> Step:
    """Put what a person asks for before an order of the machine's that is stuck; that one is not forgotten."""
    postponed, unjudged = step.state.moving, step.state.judging
    return abandoned(step).set(postponed=postponed, unjudged=unjudged) if step.state.stuck else step
