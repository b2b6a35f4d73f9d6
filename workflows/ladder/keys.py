"""Which verdict a message got before: a key makes it idempotent, and belongs to who says it and to what is said."""

from datetime import datetime

from models.messages import Message, Undo, Verdict, VerdictKind
from workflows.ladder.state import KEPT_ANSWERS, Answered, LeadState
from workflows.ladder.step import Step
from workflows.ladder.verdicts import verdict


def who_says(message: Message) -> str | None:
    """Name the person who speaks; None for an event."""
    return getattr(message, "by", None) or getattr(message, "rep_id", None)


def remembered(step: Step, name: str, message: Message, given: Verdict, now: datetime) -> Step:
    """Keep the verdict under the message's key, so that a repeat gets the same."""
    if message.key is None:
        return step
    if isinstance(message, Undo):
        first = undoable(step.state, message) if given.done else None
        kept = (one.model_copy(update={"taken_back": given}) if one is first else one for one in step.state.answers)
        return step.set(answers=tuple(kept))
    answer = Answered(key=message.key, name=name, who=who_says(message), at=now, verdict=given)
    return step.set(answers=(*step.state.answers, answer)[-KEPT_ANSWERS:])


def repeated(state: LeadState, name: str, message: Message) -> Verdict | None:
    """Find the verdict a message got before. Keys are their sender's: two people may use the same one."""
    if isinstance(message, Undo):
        first = undoable(state, message)
        return first.taken_back if first else None
    same = (message.key, name, who_says(message))
    first = next((one for one in state.answers if message.key and (one.key, one.name, one.who) == same), None)
    if first and first.taken_back:
        return verdict(state, VerdictKind.REFUSED, f"this {name} was taken back: say it anew, with a new key")
    return first.verdict if first else None


def undoable(state: LeadState, message: Undo) -> Answered | None:
    """Find what was said with the key that is to be taken back."""
    mine = (one for one in reversed(state.answers) if (one.key, one.who) == (message.key, message.rep_id))
    return next(mine, None)
