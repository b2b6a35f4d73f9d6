"""Whoever holds the lead leaves it, at a person's wish. While it is not known who that is, the wish is kept.

A wish that names its holder holds until they do not have the lead: also if they accept meanwhile.
"""

from datetime import datetime

from models.ladder import EntryKind, Target
from models.messages import Handover, VerdictKind
from workflows.ladder.moves import NOT_ROUTED, before_the_machine
from workflows.ladder.state import KEPT_HANDOVERS, HandingOver, LeadState, Move
from workflows.ladder.step import Step
from workflows.ladder.verdicts import done, refused, settled, who_has_it


def handover(step: Step, message: Handover, now: datetime) -> Step:
    """Have whoever holds it leave it, for the one named or whoever routing finds; the verdict comes with them."""
    state = step.state
    present, out = state.holder.rep_id if state.holder else None, state.moving
    leaver = message.holder or present
    if leaver is None:
        return refused(step, now, f"there is nobody to take it over from: {who_has_it(state)}")
    if message.rep_id == leaver:
        return refused(step, now, f"{leaver} has it now: name somebody else, or nobody")
    wish = HandingOver(
        by=message.by,
        reason=message.reason,
        holder=leaver,
        insists=message.holder is not None,
        taken=state.accepted,
        rep_id=message.rep_id,
        since=now,
    )
    number = state.tickets + 1
    asked, waited_for = step.set(tickets=number), wish.model_copy(update={"ticket": str(number)})
    if _calm(state, wish):
        return _carried_out(asked, waited_for, now)
    if out and not state.stuck and not out.ticket and not message.rep_id and present == leaver:
        step = _told(step, wish, now)
        step = step.set(moving=out.model_copy(update={"leaving": True, "by": message.by, "hands_over": wish}))
        return done(step, f"it is being passed on from {leaver} already: {out.cause}")
    if len(state.handovers) >= KEPT_HANDOVERS:
        return refused(step, now, f"{KEPT_HANDOVERS} hand-overs wait already until it is known who has it")
    return _kept(asked, waited_for, now)


def next_handover(state: LeadState) -> HandingOver | None:
    """Give the first wish that can be carried out now."""
    return next((wish for wish in state.handovers if not state.ended and _calm(state, wish)), None)


def handed_over(step: Step, now: datetime) -> Step:
    """Carry out the first wish that waited, now that it is known who holds the lead."""
    wish = next_handover(step.state)
    if wish is None:
        return step
    step = step.set(handovers=tuple(one for one in step.state.handovers if one != wish))
    if step.state.accepted and _has_it(step.state, wish) and not (wish.insists or wish.taken):
        because = f"{wish.holder} accepted first"
        step = step.tell(now, EntryKind.REFUSED, f"not handed over from {wish.holder}: {because}")
        return settled(step, wish.ticket, VerdictKind.REFUSED, because)
    step = _carried_out(step, wish, now)
    if step.verdict is None:
        return Step(step.state, step.effects)
    return settled(Step(step.state, step.effects), wish.ticket, VerdictKind.DONE, step.verdict.because)


def kept_again(step: Step, move: Move) -> Step:
    """Keep the wish that a move was to carry out, where its holder has accepted meanwhile and may not keep the lead."""
    wish = move.hands_over
    if wish is None:
        return step
    return step.set(handovers=(*step.state.handovers, wish.model_copy(update={"ticket": move.ticket})))


def not_awaited(step: Step, kind: VerdictKind, because: str) -> Step:
    """Answer whoever waits for a wish that is not carried out soon; it stays kept."""
    for wish in step.state.handovers:
        step = settled(step, wish.ticket, kind, because)
    return step.set(handovers=tuple(one.model_copy(update={"ticket": None}) for one in step.state.handovers))


def insisted_on(state: LeadState, move: Move) -> bool:
    """Say whether a move carries out a wish that its holder's acceptance does not end."""
    wish = move.hands_over
    return wish is not None and wish.insists and state.holder is not None and state.holder.rep_id == wish.holder


def _calm(state: LeadState, wish: HandingOver) -> bool:
    """Say whether it is known who holds the lead. An order that is stuck may have been carried out, unless they do."""
    if state.stage in NOT_ROUTED:
        return False
    if state.moving or state.judging:
        return bool(state.stuck) and _has_it(state, wish)
    return True


def _has_it(state: LeadState, wish: HandingOver) -> bool:
    return state.holder is not None and state.holder.rep_id == wish.holder


def _kept(step: Step, wish: HandingOver, now: datetime) -> Step:
    what = "who is to have it is being found out" if step.state.stage not in NOT_ROUTED else "it is being judged"
    says = f"{wish.by} hands it over from {wish.holder}, as soon as that is over: {what} ({wish.reason})"
    step = step.set(handovers=(*step.state.handovers, wish)).tell(now, EntryKind.ASKED, says)
    return Step(step.state, step.effects, None, wish.ticket)


def _told(step: Step, wish: HandingOver, now: datetime) -> Step:
    step = _asked_no_more(step, wish.holder)
    says = f"{wish.by} hands it over from {wish.holder}: {wish.reason}"
    return step.tell(now, EntryKind.HANDED_OVER, says, by=wish.by, rep_id=wish.holder)


def _asked_no_more(step: Step, leaver: str) -> Step:
    """Offer it to whoever leaves it no more, and let no earlier offer give it back to them."""
    state = step.state
    return step.set(
        asked=tuple(dict.fromkeys((*state.asked, leaver))),
        formers=tuple(one for one in state.formers if one.rep_id != leaver),
        last_holder=None if state.last_holder and state.last_holder.rep_id == leaver else state.last_holder,
    )


def _carried_out(step: Step, wish: HandingOver, now: datetime) -> Step:
    holder = step.state.holder
    if holder is None or holder.rep_id != wish.holder:
        because = f"{wish.holder} does not have it: {who_has_it(step.state)}"
        says = f"{wish.by} wanted it handed over from {wish.holder} ({wish.reason}), and {because}"
        return done(_asked_no_more(step, wish.holder).tell(now, EntryKind.SKIPPED, says), because)
    step = _told(step, wish, now)
    move = Move(
        to=Target.NAMED if wish.rep_id else Target.NEXT,
        rep_id=wish.rep_id,
        rungs_done=1,
        cause=f"{wish.by} hands it over from {wish.holder}: {wish.reason}",
        began_at=now,
        again=True,
        ended="withdrawn",
        by=wish.by,
        over=holder.offer if holder.accepted_at else None,
        ticket=wish.ticket,
        leaving=wish.rep_id is None,
        hands_over=wish,
    )
    step = before_the_machine(step).set(moving=move)
    return Step(step.state, step.effects, None, move.ticket)
