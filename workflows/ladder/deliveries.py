"""What follows when a message was sent, was not, or waits for its time."""

from datetime import datetime, timedelta

from models.decisions import Delivery, DeliveryState
from models.ladder import EntryKind
from models.lead import Stage
from models.orders import Tell
from workflows.ladder.effects import AlertCause, Alerting, Telling
from workflows.ladder.later import put_off
from workflows.ladder.resting import triaged
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step

ALERT_AGAIN = timedelta(minutes=15)
"""When neither the rep nor the manager could be told, the manager is tried again after this."""


def told(state: LeadState, order: Tell, delivery: Delivery, now: datetime) -> Step:
    """Take in what became of a message to the rep."""
    step = Step(state)
    if delivery.state is DeliveryState.LATER and not state.ended:
        return put_off(step, Telling(order), delivery, now)
    if delivery.state is DeliveryState.DELIVERED:
        kind = EntryKind.SENT if order.kind in ("offer", "withdrawn", "verdict") else EntryKind.REMINDED
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
    if delivery.state is DeliveryState.LATER:
        return step if state.ended else put_off(step, effect, delivery, now)
    if delivery.state is DeliveryState.DELIVERED:
        if not state.ended:
            step = step.set(answerable=state.answerable or delivery.person_id)
        says = f"told {delivery.person_id} by {delivery.channel}: {effect.what}"
        return step.tell(now, EntryKind.ALERTED, says, rung=effect.rung, offer=effect.offer)
    who = delivery.person_id or "a manager"
    says = f"{who} could not be told: {delivery.because}"
    step = step.tell(now, EntryKind.UNSENT, says, rung=effect.rung, offer=effect.offer)
    if _stands_untold(state, effect):
        step = triaged(step, now, "neither the rep nor a manager could be told", "withdrawn")
    if step.state.stage in (Stage.TRIAGE, Stage.REVIEW):
        soon = now + ALERT_AGAIN
        step = step.set(wake_at=min(step.state.wake_at or soon, soon))
    return step


def _stands_untold(state: LeadState, effect: Alerting) -> bool:
    """Say whether the offer that nobody could be told of is the present one, with nothing going on about it."""
    present = state.holder is not None and state.holder.offer == effect.offer
    busy = state.moving or state.judging or state.paused
    return effect.about is AlertCause.UNTOLD and state.stage is Stage.OFFERED and present and not busy
