"""What touches the score of a lead in flight: what the prospect does, what the house learns, and points by hand.

This room refuses to say what a touch is worth: that is the policy's.
"""

from datetime import datetime

from models.ladder import EntryKind
from models.lead import Touch
from models.messages import HOUSE_EVENTS, Adjust, Event, HouseEvent
from workflows.ladder.effects import Rescoring, Touching
from workflows.ladder.moves import NOT_ROUTED
from workflows.ladder.reps import SKEW
from workflows.ladder.step import Step
from workflows.ladder.verdicts import done, refused


def event(step: Step, message: Event, now: datetime) -> Step:
    """Keep what the prospect did, and score again."""
    at = message.at or now
    if at > now + SKEW:
        return refused(step, now, "at: lies in the future")
    if message.kind in HOUSE_EVENTS:
        return _house_event(step, message, now)
    says = f"the prospect: {message.kind}"
    step = step.tell(now, EntryKind.EVENT, says)
    step = _kept(step, Touch(kind=message.kind, at=min(at, now), properties=message.properties))
    return done(_scored_again(step, says), "noted")


def adjust(step: Step, message: Adjust, now: datetime) -> Step:
    """Give it points by hand, or take some away, and score again (R38)."""
    if not message.points:
        return refused(step, now, "0 points change nothing")
    verb = "gives it" if message.points > 0 else "takes from it"
    says = f"{message.by} {verb} {abs(message.points):g} points: {message.reason}"
    given = {"points": message.points, "by": message.by, "reason": message.reason}
    step = step.tell(now, EntryKind.ASKED, says)
    step = _kept(step, Touch(kind=HouseEvent.POINTS_BY_HAND, at=now, properties=given))
    return done(_scored_again(step, says), f"noted: {message.points:+g} points")


def _house_event(step: Step, message: Event, now: datetime) -> Step:
    """Take in what the house itself says of the lead: in words of its own, for no prospect did it."""
    kind, said = HouseEvent(message.kind), message.properties
    if kind is HouseEvent.POINTS_BY_HAND:
        return refused(step, now, "points by hand are given with `adjust`: by a person, with a reason")
    if kind is HouseEvent.ENRICHED:
        fields = said.get("fields")
        what = ", ".join(map(str, fields)) if isinstance(fields, list) and fields else "more of it"
        says = f"learned {what} later, from {said.get('provider', 'a provider')}"
        step = step.tell(now, EntryKind.ENRICHED, says)
        step = _kept(step, Touch(kind=kind, at=now, properties=said))
    else:
        says = "time has passed: its score is looked at again"
        step = step.tell(now, EntryKind.EVENT, says)
    return done(_scored_again(step, says), "noted")


def _kept(step: Step, touch: Touch) -> Step:
    """Keep a touch under the next number, for scoring."""
    number = step.state.touches
    return step.set(touches=number + 1).do(Touching(number, touch))


def _scored_again(step: Step, cause: str) -> Step:
    return step if step.state.stage in NOT_ROUTED else step.do(Rescoring(cause))
