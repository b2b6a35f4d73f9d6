"""What people say to a lead, as a pure machine: one function per message, each giving a verdict.

Reps' words are in `reps`, managers' in `managers`, what prospects do in `touches`, the keys that make them idempotent
in `keys`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from models.lead import Stage
from models.messages import (
    Accept,
    Acknowledge,
    Adjust,
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
)
from workflows.ladder import handing_over, managers, reps, touches
from workflows.ladder.keys import remembered, repeated
from workflows.ladder.moves import look_again
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step
from workflows.ladder.verdicts import done, objection, refused


def hear(state: LeadState, name: str, message: Message, now: datetime) -> Step:
    """Answer a message: a verdict at once, or a ticket where an order has to come back first."""
    if again := repeated(state, name, message):
        return Step(state, verdict=again.model_copy(update={"repeat": True}))
    heard = _too_late if state.ended else _HEARERS[type(message)]
    step = heard(Step(state), message, now)
    if step.verdict is not None:
        step = remembered(step, name, message, step.verdict, now)
    return step


def _too_late(step: Step, message: Message, now: datetime) -> Step:
    state = step.state
    if state.stage is Stage.CONTACTED and isinstance(message, Accept | Contacted):
        offer = message.offer if isinstance(message, Accept) else None
        if objection(state, message.rep_id, offer) is None:
            return done(step, "yours, and contacted already")
    return refused(step, now, f"the lead is {state.stage} already")


def woken(state: LeadState, now: datetime, because: str) -> Step:
    """Look again for somebody, if the lead is held: a place came free or somebody came back."""
    held = state.stage is Stage.ROUTING and state.wake_at is not None
    if not held or state.moving or state.judging or state.paused:
        return Step(state)
    return look_again(Step(state), now, because)


_HEARERS: dict[type[Message], Callable[[Step, Any, datetime], Step]] = {
    Accept: reps.accept,
    Decline: reps.decline,
    Snooze: reps.snooze,
    Undo: reps.undo,
    Contacted: reps.contacted,
    Event: touches.event,
    Adjust: touches.adjust,
    Reassign: managers.reassign,
    Take: managers.take,
    Extend: managers.extend,
    Pause: managers.pause,
    Resume: managers.resume,
    Escalate: managers.escalate,
    Requalify: managers.requalify,
    Disqualify: managers.disqualify,
    Acknowledge: managers.acknowledge,
    Handover: handing_over.handover,
}
