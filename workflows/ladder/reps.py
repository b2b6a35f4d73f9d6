"""What reps say, one function per message: the first valid accept wins and is never reset.

An answer to a superseded offer is refused with who has the lead now; whoever was asked before may still take it where
the policy allows, as long as nobody has.
"""

from datetime import datetime, timedelta

from models.ladder import LAST, EntryKind
from models.lead import Stage
from models.messages import Accept, Contacted, Decline, Snooze, Undo
from models.orders import Tell
from workflows.ladder.effects import Telling
from workflows.ladder.keys import undoable
from workflows.ladder.later import reminded_at
from workflows.ladder.managers import ask_for
from workflows.ladder.moves import moved_on, taken
from workflows.ladder.plans import next_offering, shifted
from workflows.ladder.resting import ended_in, passed_on, triaged
from workflows.ladder.state import Holder, LeadState
from workflows.ladder.step import Step
from workflows.ladder.verdicts import done, objection, refused, who_has_it

SKEW = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be."""

MAY_BE_TAKEN_BACK = frozenset({Stage.ROUTING, Stage.OFFERED, Stage.TRIAGE})


def accept(step: Step, message: Accept, now: datetime) -> Step:
    """Take the lead: whoever is asked, was asked last before triage, or by policy was asked before."""
    state = step.state
    if earlier := _earlier_offer(state, message.rep_id, message.offer):
        return done(_taken_back(step, earlier, now), "yours")
    if problem := objection(state, message.rep_id, message.offer):
        return refused(step, now, f"{message.rep_id} cannot accept: {problem}")
    if state.accepted and state.moving and state.holder and state.moving.over == state.holder.offer:
        return done(step, f"yours still, but it is being passed on: {state.moving.cause}")
    if state.accepted:
        return done(step, "yours already")
    wish = state.moving.hands_over if state.moving else None
    passed = f", but it is being handed over: {wish.reason}" if wish and wish.insists else ""
    return done(taken(step, now, f"{message.rep_id} accepted"), f"yours{passed}")


def _earlier_offer(state: LeadState, rep_id: str, offer: int | None) -> Holder | None:
    """Find the offer by which this rep may still take it: the last before triage, or by policy any that ran out."""
    present, left = state.holder, state.last_holder
    if state.accepted or (present is not None and present.rep_id == rep_id):
        return None
    earlier = [left] if left and state.stage is Stage.TRIAGE and present is None else []
    if state.manners.take_back and state.stage in MAY_BE_TAKEN_BACK:
        earlier += [one for one in reversed(state.formers) if one.rep_id not in state.declined]
    return next((one for one in earlier if one.rep_id == rep_id and offer in (None, one.offer)), None)


def _taken_back(step: Step, earlier: Holder, now: datetime) -> Step:
    state = step.state
    last, present = earlier == state.last_holder, state.holder
    back = earlier.model_copy(update={"accepted_at": None})
    step = step.set(holder=back, last_holder=None, released_as=None)
    if state.stage is Stage.TRIAGE and last:
        return taken(step, now, f"{earlier.rep_id} accepted, from triage")
    instead = f"{present.rep_id} is asked no longer" if present else "nobody was asked"
    step = step.tell(now, EntryKind.TAKEN_BACK, f"{earlier.rep_id}, who was asked before, takes it: {instead}")
    step = taken(step, now, f"{earlier.rep_id} accepted offer {earlier.offer} after all").set(frozen=())
    return _withdrawn(step, present, earlier.rep_id) if present else step


def _withdrawn(step: Step, present: Holder, rep_id: str) -> Step:
    """Tell whoever is asked that somebody else has it now."""
    step, order = step.keyed(
        Tell(
            lead_id=step.state.lead_id,
            kind="withdrawn",
            rep_id=present.rep_id,
            offer=present.offer,
            rung=0,
            sentence=f"{rep_id}, who was asked before you, has taken it.",
        )
    )
    return step.do(Telling(order))


def decline(step: Step, message: Decline, now: datetime) -> Step:
    """Give it back, or do not take it: it moves on at once."""
    state = step.state
    if problem := objection(state, message.rep_id, message.offer):
        return refused(step, now, f"{message.rep_id} cannot decline: {problem}")
    cause = f"declined by {message.rep_id}: {message.reason}"
    gave_back = state.accepted
    asked = tuple(dict.fromkeys((*state.asked, message.rep_id)))
    step = step.set(declined=(*state.declined, message.rep_id), asked=asked).tell(now, EntryKind.DECLINED, cause)
    ahead = None if gave_back else next_offering(state.plan)
    if ahead and ahead.kind in LAST:
        step = passed_on(step.set(paused=None), ahead, now, cause, ended="declined")
        where = "the manager has it" if step.state.stage is Stage.TRIAGE else f"it is {step.state.stage}"
        return done(step, f"declined; nobody is left on the ladder, so {where}")
    passing = state.moving is not None and not state.moving.wished
    if not passing:
        step = moved_on(step, ahead, now, cause, afresh=gave_back, ended="declined")
    step = step.set(
        holder=None,
        accepted_at=None,
        released_because=cause,
        released_as="declined",
        stage=Stage.ROUTING,
        plan=(),
        plan_no=step.state.plan_no + 1,
        wake_at=None,
        paused=None,
    )
    return done(step, "declined; it is being passed on already" if passing else "declined")


def snooze(step: Step, message: Snooze, now: datetime) -> Step:
    """Put off what is ahead, and be reminded then."""
    state = step.state
    if problem := objection(state, message.rep_id, None):
        return refused(step, now, f"{message.rep_id} cannot snooze: {problem}")
    assert state.holder is not None  # or there would be an objection
    latest = state.holder.since + state.manners.snooze_at_most
    if not now < message.until <= latest:
        return refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    if not state.plan or state.moving or state.paused:
        return refused(step, now, "nothing is running that could be put off")
    step = step.tell(now, EntryKind.PAUSED, f"{message.rep_id} asks again at {message.until:%Y-%m-%d %H:%M:%S} UTC")
    step = reminded_at(step, state.holder, message.until, now)
    return done(shifted(step, state.plan, now, message.until, f"snoozed by {message.rep_id}"), "snoozed")


def undo(step: Step, message: Undo, now: datetime) -> Step:
    """Take back what was said a moment ago, within the policy's grace."""
    state = step.state
    first = undoable(state, message)
    if first is None:
        return refused(step, now, f"{message.rep_id} said nothing with the key {message.key!r}")
    mine = state.holder is not None and state.holder.rep_id == message.rep_id
    since = [first.at, state.accepted_at] if mine and state.accepted_at else [first.at]
    if now > min(since) + state.manners.undo_within:
        return refused(step, now, f"{first.name} can be taken back for {state.manners.undo_within} only")
    if not first.verdict.done:
        return refused(step, now, f"that {first.name} was refused: there is nothing to take back")
    if first.name == "accept" and mine and state.accepted and not state.moving:
        return _unaccept(step, message, now)
    if first.name == "decline" and not state.accepted and not state.moving and not mine:
        return ask_for(step, now, message.rep_id, message.rep_id, "took the decline back")
    return refused(step, now, f"{first.name} cannot be taken back now: {who_has_it(state)}")


def _unaccept(step: Step, message: Undo, now: datetime) -> Step:
    state = step.state
    assert state.holder is not None
    assert state.holder.accepted_at is not None
    accepted_at = state.holder.accepted_at
    step = step.set(
        stage=Stage.OFFERED,
        holder=state.holder.model_copy(update={"accepted_at": None}),
        accepted_at=None,
        first_accepted_at=None if state.first_accepted_at == accepted_at else state.first_accepted_at,
        rung=state.frozen_rung,
        wake_at=None,
        frozen=(),
    ).tell(now, EntryKind.ASKED, f"{message.rep_id} took the acceptance back")
    cause = f"{message.rep_id} took the acceptance back"
    if state.frozen_stage is Stage.TRIAGE:
        return done(triaged(step, now, cause), "taken back: the manager has it")
    if not state.frozen:
        return done(moved_on(step, None, now, cause), "taken back")
    step = shifted(step, state.frozen, state.frozen_at or accepted_at, now, cause)
    return done(step, "taken back: the offer stands as before")


def contacted(step: Step, message: Contacted, now: datetime) -> Step:
    """Report the first touch, which is an accept, too: also by whoever may still take it."""
    if earlier := _earlier_offer(step.state, message.rep_id, None):
        back = _taken_back(step, earlier, now)
        step = Step(back.state, tuple(effect for effect in back.effects if isinstance(effect, Telling)))
    state = step.state
    if problem := objection(state, message.rep_id, None):
        return refused(step, now, f"{message.rep_id} cannot report a contact: {problem}")
    at = message.at or now
    if at > now + SKEW or (state.received_at and at < state.received_at):
        return refused(step, now, "at: a contact lies between the lead's arrival and now")
    if not state.accepted:
        step = Step(taken(step, now, f"{message.rep_id} accepted by making contact").state)
    by = f" by {message.channel}" if message.channel else ""
    step = step.set(contacted_at=min(at, now)).tell(now, EntryKind.CONTACTED, f"{message.rep_id} made contact{by}")
    return done(ended_in(step, now, Stage.CONTACTED, f"{message.rep_id} made contact"), "contacted")
