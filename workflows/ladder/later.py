"""Messages that wait for their time: quiet hours, a bundle, a rep who asked to be told again. None is a rung.

What waits is sent under the key it has, so that it is one message whenever it goes out. What is settled meanwhile is
not sent any more.
"""

from datetime import datetime, timedelta

from models.decisions import Delivery
from models.ladder import EntryKind
from models.orders import Tell
from workflows.ladder.effects import Alerting, Telling
from workflows.ladder.plans import answer_by
from workflows.ladder.state import KEPT_LATER, Holder, Later, LeadState
from workflows.ladder.step import Step

SOONEST = timedelta(seconds=1)
"""What is to be sent again is sent after this at the earliest, whatever the channel says."""


def next_later(state: LeadState) -> datetime | None:
    """Name the instant at which the first message that waits is to go out."""
    return min((one.until for one in state.later), default=None)


def put_off(step: Step, effect: Telling | Alerting, delivery: Delivery, now: datetime) -> Step:
    """Keep a message until it may be sent."""
    until = max(delivery.until or now, now + SOONEST)
    if isinstance(effect, Telling):
        later = Later(until=until, since=now, tell=effect.order)
        what = f"{effect.order.kind} to {effect.order.rep_id}"
    else:
        later = Later(until=until, since=now, alert=effect)
        what = f"what {delivery.person_id or 'the manager'} is to know"
    says = f"{what} waits until {until:%Y-%m-%d %H:%M:%S} UTC: {delivery.because}"
    return _kept(step.tell(now, EntryKind.LATER, says, until=until.isoformat()), later, now)


def reminded_at(step: Step, holder: Holder, until: datetime, now: datetime) -> Step:
    """Remind the holder at an instant they named."""
    step, order = step.keyed(
        Tell(
            lead_id=step.state.lead_id,
            kind="contact" if holder.accepted_at else "remind",
            rep_id=holder.rep_id,
            offer=holder.offer,
            rung=0,
            sentence=holder.sentence,
        )
    )
    return _kept(step, Later(until=until, since=now, tell=order), now)


def sent_again(step: Step, now: datetime) -> Step:
    """Send what has waited long enough, unless it is settled meanwhile."""
    state = step.state
    due = [one for one in state.later if one.until <= now]
    if not due:
        return step
    step = step.set(later=tuple(one for one in state.later if one.until > now))
    for one in due:
        if not _stands(state, one):
            step = step.tell(now, EntryKind.SKIPPED, f"{_named(one)} not sent: it is settled meanwhile")
        elif one.tell:
            step = step.again(Telling(_as_it_is_now(state, one.tell)))
        elif one.alert:
            step = step.again(one.alert)
    return step


def _kept(step: Step, later: Later, now: datetime) -> Step:
    waiting = (*step.state.later, later)
    for dropped in waiting[:-KEPT_LATER]:
        step = step.tell(now, EntryKind.UNSENT, f"{_named(dropped)} not sent: too many messages wait")
    return step.set(later=waiting[-KEPT_LATER:])


def _named(later: Later) -> str:
    return f"{later.tell.kind} to {later.tell.rep_id}" if later.tell else "an alert"


def _stands(state: LeadState, later: Later) -> bool:
    """Say whether what waits is still about how the lead stands."""
    holder = state.holder
    if later.tell is not None:
        order = later.tell
        if order.kind in ("withdrawn", "verdict"):
            return True
        mine = holder is not None and (holder.rep_id, holder.offer) == (order.rep_id, order.offer)
        return mine and state.accepted == (order.kind == "contact")
    if later.alert is None or holder is None:
        return True
    return not (holder.accepted_at and holder.accepted_at > later.since)


def _as_it_is_now(state: LeadState, order: Tell) -> Tell:
    if order.kind in ("withdrawn", "verdict"):
        return order
    next_step = state.plan[0].says if state.plan else ""
    return order.model_copy(update={"due_at": answer_by(state), "next_step": next_step})
