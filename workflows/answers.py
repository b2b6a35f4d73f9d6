"""What people say to a lead, as a pure machine: one function per message, each giving a verdict.

The first valid accept wins and is never reset; an answer to a superseded offer is refused with who has the lead now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from models.ladder import OFFERING, EntryKind, Rung, RungKind, Target
from models.lead import Stage, Touch
from models.messages import (
    Accept,
    Acknowledge,
    Contacted,
    Decline,
    Disqualify,
    Escalate,
    Event,
    Extend,
    Handover,
    Message,
    Pause,
    Reassign,
    Requalify,
    Resume,
    Snooze,
    Take,
    Undo,
    Verdict,
    VerdictKind,
)
from workflows.ladder import (
    abandoned,
    ended,
    look_again,
    moved_on,
    on_the_contact_clock,
    resumed,
    shifted,
    taken,
    triaged,
    verdict,
    watched,
)
from workflows.state import (
    KEPT_ANSWERS,
    AlertCause,
    Alerting,
    Answered,
    Judging,
    LeadState,
    Move,
    Pausing,
    Rescoring,
    Step,
    Touching,
)

SKEW = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be."""

NOT_ROUTED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})


def hear(state: LeadState, name: str, message: Message, now: datetime) -> Step:
    """Answer a message: a verdict at once, or a ticket where an order has to come back first."""
    if again := _repeated(state, name, message):
        return Step(state, verdict=again.model_copy(update={"repeat": True}))
    heard = _too_late if state.ended else _HEARERS[type(message)]
    step = heard(Step(state), message, now)
    if step.verdict is not None:
        step = remembered(step, name, message, step.verdict, now)
    return step


def remembered(step: Step, name: str, message: Message, given: Any, now: datetime) -> Step:
    """Keep the verdict under the message's key, so that a repeat gets the same."""
    if message.key is None:
        return step
    if isinstance(message, Undo):
        first = _undoable(step.state, message) if given.done else None
        kept = (one.model_copy(update={"taken_back": given}) if one is first else one for one in step.state.answers)
        return step.set(answers=tuple(kept))
    answer = Answered(key=message.key, name=name, who=who_says(message), at=now, verdict=given)
    return step.set(answers=(*step.state.answers, answer)[-KEPT_ANSWERS:])


def who_says(message: Message) -> str | None:
    """Name the person who speaks; None for an event."""
    return getattr(message, "by", None) or getattr(message, "rep_id", None)


def _repeated(state: LeadState, name: str, message: Message) -> Verdict | None:
    """Find the verdict a message got before. Keys are their sender's: two people may use the same one."""
    if isinstance(message, Undo):
        first = _undoable(state, message)
        return first.taken_back if first else None
    same = (message.key, name, who_says(message))
    first = next((one for one in state.answers if message.key and (one.key, one.name, one.who) == same), None)
    if first and first.taken_back:
        return verdict(state, VerdictKind.REFUSED, f"this {name} was taken back: say it anew, with a new key")
    return first.verdict if first else None


def _undoable(state: LeadState, message: Undo) -> Answered | None:
    mine = (one for one in reversed(state.answers) if (one.key, one.who) == (message.key, message.rep_id))
    return next(mine, None)


def _too_late(step: Step, message: Message, now: datetime) -> Step:
    state = step.state
    if state.stage is Stage.CONTACTED and isinstance(message, Accept | Contacted):
        offer = message.offer if isinstance(message, Accept) else None
        if _objection(state, message.rep_id, offer) is None:
            return _done(step, "yours, and contacted already")
    return _refused(step, now, f"the lead is {state.stage} already")


def _done(step: Step, because: str) -> Step:
    return Step(step.state, step.effects, verdict(step.state, VerdictKind.DONE, because))


def _refused(step: Step, now: datetime, because: str) -> Step:
    step = step.tell(now, EntryKind.REFUSED, because)
    return Step(step.state, step.effects, verdict(step.state, VerdictKind.REFUSED, because))


def _who_has_it(state: LeadState) -> str:
    if state.holder is None:
        return f"nobody holds it now (stage {state.stage})"
    verb = "took it" if state.holder.accepted_at else "is asked"
    since = state.holder.accepted_at or state.holder.since
    return f"{state.holder.rep_id} {verb} since {since:%Y-%m-%d %H:%M:%S} UTC (offer {state.holder.offer})"


def _objection(state: LeadState, rep_id: str, offer: int | None) -> str | None:
    """Say why this rep cannot answer for the lead now, if so."""
    holder = state.holder
    if holder is None or holder.rep_id != rep_id:
        asked = "is not yours" if rep_id in state.asked else "was never offered to you"
        return f"the lead {asked}: {_who_has_it(state)}"
    if offer is not None and offer != holder.offer:
        return f"offer {offer} is superseded: {_who_has_it(state)}"
    return None


def _accept(step: Step, message: Accept, now: datetime) -> Step:
    state = step.state
    left = state.last_holder
    left_to = left.rep_id if left and state.stage is Stage.TRIAGE and state.holder is None else None
    if left and left_to == message.rep_id and message.offer in (None, left.offer):
        step = taken(
            step.set(holder=left, last_holder=None, released_as=None), now, f"{message.rep_id} accepted, from triage"
        )
        return _done(step, "yours")
    if objection := _objection(state, message.rep_id, message.offer):
        return _refused(step, now, f"{message.rep_id} cannot accept: {objection}")
    if state.accepted and state.moving and state.holder and state.moving.over == state.holder.offer:
        return _done(step, f"yours still, but it is being passed on: {state.moving.cause}")
    if state.accepted:
        return _done(step, "yours already")
    return _done(taken(step, now, f"{message.rep_id} accepted"), "yours")


def _decline(step: Step, message: Decline, now: datetime) -> Step:
    state = step.state
    if objection := _objection(state, message.rep_id, message.offer):
        return _refused(step, now, f"{message.rep_id} cannot decline: {objection}")
    cause = f"declined by {message.rep_id}: {message.reason}"
    gave_back = state.accepted
    asked = tuple(dict.fromkeys((*state.asked, message.rep_id)))
    step = step.set(declined=(*state.declined, message.rep_id), asked=asked).tell(now, EntryKind.DECLINED, cause)
    ahead = None if gave_back else _next_offering(state)
    if ahead and ahead.kind is RungKind.TRIAGE:
        step = triaged(step.set(paused=None), now, cause).set(released_as="declined")
        return _done(step, "declined; nobody is left on the ladder, so the manager has it")
    passing = state.moving is not None and state.moving.to is not Target.NAMED
    if not passing:
        step = moved_on(step, ahead, now, cause, afresh=gave_back, declined=True)
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
    return _done(step, "declined; it is being passed on already" if passing else "declined")


def _next_offering(state: LeadState) -> Rung | None:
    return next((rung for rung in state.plan if rung.kind in OFFERING), None)


def _snooze(step: Step, message: Snooze, now: datetime) -> Step:
    state = step.state
    if objection := _objection(state, message.rep_id, None):
        return _refused(step, now, f"{message.rep_id} cannot snooze: {objection}")
    assert state.holder is not None  # or there would be an objection
    latest = state.holder.since + state.manners.snooze_at_most
    if not now < message.until <= latest:
        return _refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    if not state.plan or state.moving or state.paused:
        return _refused(step, now, "nothing is running that could be put off")
    step = step.tell(now, EntryKind.PAUSED, f"{message.rep_id} asks again at {message.until:%Y-%m-%d %H:%M:%S} UTC")
    cause = f"snoozed by {message.rep_id}"
    return _done(shifted(step, state.plan, now, message.until, cause), "snoozed")


def _undo(step: Step, message: Undo, now: datetime) -> Step:
    state = step.state
    first = _undoable(state, message)
    if first is None:
        return _refused(step, now, f"{message.rep_id} said nothing with the key {message.key!r}")
    mine = state.holder is not None and state.holder.rep_id == message.rep_id
    since = [first.at, state.accepted_at] if mine and state.accepted_at else [first.at]
    if now > min(since) + state.manners.undo_within:
        return _refused(step, now, f"{first.name} can be taken back for {state.manners.undo_within} only")
    if not first.verdict.done:
        return _refused(step, now, f"that {first.name} was refused: there is nothing to take back")
    if first.name == "accept" and mine and state.accepted and not state.moving:
        return _unaccept(step, message, now)
    if first.name == "decline" and not state.accepted and not state.moving and not mine:
        return _ask_for(step, now, message.rep_id, message.rep_id, "took the decline back")
    return _refused(step, now, f"{first.name} cannot be taken back now: {_who_has_it(state)}")


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
        return _done(triaged(step, now, cause), "taken back: the manager has it")
    if not state.frozen:
        return _done(moved_on(step, None, now, cause), "taken back")
    step = shifted(step, state.frozen, state.frozen_at or accepted_at, now, cause)
    return _done(step, "taken back: the offer stands as before")


def _contacted(step: Step, message: Contacted, now: datetime) -> Step:
    state = step.state
    if objection := _objection(state, message.rep_id, None):
        return _refused(step, now, f"{message.rep_id} cannot report a contact: {objection}")
    at = message.at or now
    if at > now + SKEW or (state.received_at and at < state.received_at):
        return _refused(step, now, "at: a contact lies between the lead's arrival and now")
    if not state.accepted:
        step = taken(step, now, f"{message.rep_id} accepted by making contact")
        step = Step(step.state)
    by = f" by {message.channel}" if message.channel else ""
    step = step.set(contacted_at=min(at, now)).tell(now, EntryKind.CONTACTED, f"{message.rep_id} made contact{by}")
    return _done(ended(step, now, Stage.CONTACTED, f"{message.rep_id} made contact"), "contacted")


def _event(step: Step, message: Event, now: datetime) -> Step:
    at = message.at or now
    if at > now + SKEW:
        return _refused(step, now, "at: lies in the future")
    number = step.state.touches
    touch = Touch(kind=message.kind, at=min(at, now), properties=message.properties)
    step = step.set(touches=number + 1).tell(now, EntryKind.EVENT, f"the prospect: {message.kind}")
    step = step.do(Touching(number, touch))
    if step.state.stage not in NOT_ROUTED:
        step = step.do(Rescoring(f"the prospect: {message.kind}"))
    return _done(step, "noted")


def _ask_for(step: Step, now: datetime, rep_id: str, by: str, because: str, accepted: bool = False) -> Step:
    """Order an offer to one named person; the verdict comes when it does."""
    state = step.state
    if state.stage in NOT_ROUTED or (state.judging and not state.stuck):
        return _refused(step, now, f"it is being judged just now (stage {state.stage}): ask again in a second")
    if state.moving and not state.stuck:
        return _refused(step, now, "somebody is being chosen this very moment: ask again in a second")
    holder = state.holder
    if holder and holder.rep_id == rep_id and (holder.accepted_at or not accepted):
        return _done(step, f"{rep_id} has it already")
    number = state.tickets + 1
    move = Move(
        to=Target.NAMED,
        rungs_done=1,
        cause=f"{by}: {because}",
        began_at=now,
        again=state.offer > 0,
        ended="withdrawn",
        rep_id=rep_id,
        by=by,
        accepted=accepted,
        over=holder.offer if holder and holder.accepted_at else None,
        ticket=str(number),
    )
    step = _before_the_machine(step).tell(now, EntryKind.ASKED, f"{by} asks for {rep_id}: {because}")
    step = step.set(tickets=number, moving=move, sla_from=_sla_from(state, now))
    return Step(step.state, step.effects, None, move.ticket)


def _before_the_machine(step: Step) -> Step:
    """Put what a person asks for before an order of the machine's that is stuck; that one is not forgotten."""
    postponed, unjudged = step.state.moving, step.state.judging
    return abandoned(step).set(postponed=postponed, unjudged=unjudged) if step.state.stuck else step


def _sla_from(state: LeadState, now: datetime) -> datetime | None:
    return now if state.stage in (Stage.REVIEW, Stage.NURTURING) else state.sla_from


def _reassign(step: Step, message: Reassign, now: datetime) -> Step:
    return _ask_for(step, now, message.rep_id, message.by, message.reason)


def _take(step: Step, message: Take, now: datetime) -> Step:
    return _ask_for(step, now, message.by, message.by, "takes it", accepted=True)


def _extend(step: Step, message: Extend, now: datetime) -> Step:
    state = step.state
    ahead = _next_offering(state)
    if state.holder is None or ahead is None or state.moving or state.paused:
        return _refused(step, now, "no rung is ahead that could be put off")
    latest = now + state.manners.pause_at_most
    if not now < message.until <= latest:
        return _refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    delta = message.until - ahead.due_at
    plan = tuple(
        rung if rung.n < ahead.n else rung.model_copy(update={"due_at": rung.due_at + delta}) for rung in state.plan
    )
    plan = tuple(rung for rung in plan if rung.due_at <= message.until or rung.n >= ahead.n)
    says = f"{message.by} gives {state.holder.rep_id} until {message.until:%Y-%m-%d %H:%M:%S} UTC"
    step = step.set(plan=plan, plan_no=state.plan_no + 1).tell(now, EntryKind.PLANNED, says)
    return _done(step, f"extended until {message.until:%Y-%m-%dT%H:%M:%SZ}")


def _pause(step: Step, message: Pause, now: datetime) -> Step:
    state = step.state
    latest = now + state.manners.pause_at_most
    until = message.until or latest
    if not now < until <= latest:
        return _refused(step, now, f"until has to lie between now and {latest:%Y-%m-%dT%H:%M:%SZ} (policy)")
    if state.paused:
        return _refused(step, now, f"paused already by {state.paused.by} until {state.paused.until:%Y-%m-%dT%H:%M:%SZ}")
    paused = Pausing(by=message.by, reason=message.reason, since=now, until=until)
    says = f"paused by {message.by} until {until:%Y-%m-%d %H:%M:%S} UTC: {message.reason}"
    return _done(step.set(paused=paused).tell(now, EntryKind.PAUSED, says), "paused")


def _resume(step: Step, message: Resume, now: datetime) -> Step:
    if step.state.paused is None:
        return _refused(step, now, "it is not paused")
    return _done(resumed(step, now, f"resumed by {message.by}"), "resumed")


def _escalate(step: Step, message: Escalate, now: datetime) -> Step:
    state = step.state
    if state.moving or state.judging or not state.plan:
        return _refused(step, now, "no rung is planned that could be climbed")
    rung, rest = state.plan[0], state.plan[1:]
    step = step.tell(now, EntryKind.ASKED, f"{message.by} escalates: {rung.says}")
    if rung.kind is RungKind.TRIAGE:
        return _done(triaged(step, now, f"escalated by {message.by}"), "in triage")
    if rung.kind in OFFERING:
        step = moved_on(step, rung, now, f"escalated by {message.by}", afresh=on_the_contact_clock(state))
        return _done(step, rung.says)
    step = step.set(plan=rest, rung=rung.n + 1).do(
        Alerting(f"{message.by} escalated: {rung.says}", rung.n, AlertCause.RUNG)
    )
    return _done(watched(step, now), "the manager is told")


def _requalify(step: Step, message: Requalify, now: datetime) -> Step:
    state = step.state
    if state.stage in NOT_ROUTED or (state.judging and not state.stuck):
        return _refused(step, now, f"it is being judged just now (stage {state.stage})")
    if state.accepted:
        return _refused(step, now, f"{_who_has_it(state)}: reassign it instead")
    number = state.tickets + 1
    cause = f"requalified by {message.by}: {message.reason}"
    step = _before_the_machine(step).tell(now, EntryKind.ASKED, cause)
    step = step.set(tickets=number, judging=Judging(repin=True, cause=cause, ticket=str(number)))
    return Step(step.state, step.effects, None, str(number))


def _disqualify(step: Step, message: Disqualify, now: datetime) -> Step:
    because = f"disqualified by {message.by}: {message.reason}"
    return _done(ended(step.set(holder=None), now, Stage.DISQUALIFIED, because), "disqualified")


def _acknowledge(step: Step, message: Acknowledge, now: datetime) -> Step:
    """Stop what is repeated, for as long as the policy says; a hold and a programme run on."""
    state = step.state
    step = step.tell(now, EntryKind.ACKNOWLEDGED, f"{message.by} has seen it and sees to it", by=message.by)
    watched_over = state.stage is Stage.ACCEPTED and not state.plan
    if state.stage not in (Stage.TRIAGE, Stage.REVIEW) and not watched_over and not state.stuck:
        return _done(step, "acknowledged")
    again_at = now + state.manners.acknowledged_for
    step = step.set(wake_at=again_at)
    return _done(step, f"acknowledged: you hear of it again at {again_at:%Y-%m-%dT%H:%M:%SZ}")


def _handover(step: Step, message: Handover, now: datetime) -> Step:
    """Have whoever holds it leave it, for the one named or whoever routing finds; the verdict comes with them."""
    state = step.state
    holder, out = state.holder, state.moving
    if holder is None:
        return _refused(step, now, f"there is nobody to take it over from: {_who_has_it(state)}")
    if message.rep_id is not None:
        return _ask_for(step, now, message.rep_id, message.by, message.reason)
    if state.judging and not state.stuck:
        return _refused(step, now, f"it is being judged just now (stage {state.stage}): ask again in a second")
    if out and out.ticket and not state.stuck:
        return _refused(step, now, "somebody is being chosen this very moment: ask again in a second")
    says = f"{message.by} hands it over from {holder.rep_id}: {message.reason}"
    step = step.set(asked=tuple(dict.fromkeys((*state.asked, holder.rep_id))))
    step = step.tell(now, EntryKind.HANDED_OVER, says, by=message.by, rep_id=holder.rep_id)
    if out and not state.stuck:
        step = step.set(moving=out.model_copy(update={"leaving": True}))
        return _done(step, f"{holder.rep_id} is being passed over already: {out.cause}")
    number = state.tickets + 1
    move = Move(
        to=Target.NEXT,
        rungs_done=1,
        cause=says,
        began_at=now,
        again=True,
        ended="withdrawn",
        by=message.by,
        over=holder.offer if holder.accepted_at else None,
        ticket=str(number),
        leaving=True,
    )
    step = _before_the_machine(step).set(tickets=number, moving=move)
    return Step(step.state, step.effects, None, move.ticket)


def woken(state: LeadState, now: datetime, because: str) -> Step:
    """Look again for somebody, if the lead is held: a place came free or somebody came back."""
    held = state.stage is Stage.ROUTING and state.wake_at is not None
    if not held or state.moving or state.judging or state.paused:
        return Step(state)
    return look_again(Step(state), now, because)


_HEARERS: dict[type[Message], Callable[[Step, Any, datetime], Step]] = {
    Accept: _accept,
    Decline: _decline,
    Snooze: _snooze,
    Undo: _undo,
    Contacted: _contacted,
    Event: _event,
    Reassign: _reassign,
    Take: _take,
    Extend: _extend,
    Pause: _pause,
    Resume: _resume,
    Escalate: _escalate,
    Requalify: _requalify,
    Disqualify: _disqualify,
    Acknowledge: _acknowledge,
    Handover: _handover,
}
