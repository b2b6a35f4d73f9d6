"""What people and tools may say to a lead, each as a signal and as an update of the same name.

A message is parsed inside the workflow, so a malformed one is answered (or noted) and wedges nothing.
"""

from enum import StrEnum
from typing import Any

from pydantic import Field

from models.base import Inside, Instant, Outside

Person = Field(min_length=1, max_length=64)
Reason = Field(min_length=1, max_length=500)


class Message(Outside):
    """Something said to a lead; `key` makes it idempotent: a repeat gets the first verdict."""

    key: str | None = Field(None, min_length=1, max_length=200)
    report: bool = Field(False, description="of a signal: tell whoever says it the verdict over their own channels")


class Accept(Message):
    """I take the lead; `offer` says which offer is answered (left out: the present one)."""

    rep_id: str = Person
    offer: int | None = Field(None, ge=1)


class Decline(Message):
    """I do not take the lead, because."""

    rep_id: str = Person
    reason: str = Reason
    offer: int | None = Field(None, ge=1)


class Snooze(Message):
    """Ask me again at `until`; bounded by policy."""

    rep_id: str = Person
    until: Instant


class Undo(Message):
    """Take back what I said with `key`, within the policy's grace (a minute)."""

    rep_id: str = Person
    key: str = Field(min_length=1, max_length=200)


class Contacted(Message):
    """I reached out to the prospect (first touch)."""

    rep_id: str = Person
    at: Instant | None = None
    channel: str | None = Field(None, max_length=60)


class Event(Message):
    """The prospect did something (`pricing_visit`, `email_open`, ...)."""

    kind: str = Field(min_length=1, max_length=80)
    at: Instant | None = None
    properties: dict[str, Any] = Field(default_factory=dict)


class HouseEvent(StrEnum):
    """Kinds of events that the house says itself: what a provider knew later, points by hand, a score that aged."""

    ENRICHED = "enriched"
    POINTS_BY_HAND = "points_by_hand"
    SCORE_AGED = "score_aged"


HOUSE_EVENTS = frozenset(HouseEvent)
"""Kinds that nobody outside may say: they are refused at every door."""


def prospects(kind: str) -> str:
    """Give back the kind of an event that a prospect may cause. Raises ValueError for one of the house's."""
    if kind in HOUSE_EVENTS:
        raise ValueError(f"{kind!r} is said by Baton itself only")
    return kind


class Adjust(Message):
    """A person gives the lead points by hand, or takes some away, because (R38)."""

    by: str = Person
    points: float = Field(ge=-1000, le=1000, allow_inf_nan=False)
    reason: str = Reason


class Reassign(Message):
    """A person gives the lead to somebody else."""

    rep_id: str = Person
    by: str = Person
    reason: str = Reason


class Take(Message):
    """I take this lead myself, whoever has it (manager)."""

    by: str = Person


class Extend(Message):
    """Give the present owner until `until` before the ladder goes on."""

    by: str = Person
    until: Instant


class Pause(Message):
    """Freeze the remaining business time; answers are still taken."""

    by: str = Person
    reason: str = Reason
    until: Instant | None = None


class Resume(Message):
    """Let the frozen time run on."""

    by: str = Person


class Escalate(Message):
    """Climb the next rung now."""

    by: str = Person


class Requalify(Message):
    """Judge the lead anew under the policy published now: that is how a bad rule is repaired."""

    by: str = Person
    reason: str = Reason


class Disqualify(Message):
    """This is not a lead, because."""

    by: str = Person
    reason: str = Reason


class Acknowledge(Message):
    """I have seen the alert and see to it: it is not repeated for a while (manager)."""

    by: str = Person


class Handover(Message):
    """Whoever holds the lead leaves it: give it to somebody else, by routing or to `rep_id`."""

    by: str = Person
    reason: str = Reason
    rep_id: str | None = Field(None, min_length=1, max_length=64)
    holder: str | None = Field(None, min_length=1, max_length=64, description="only if this person still holds it")


MESSAGES: dict[str, type[Message]] = {
    "accept": Accept,
    "decline": Decline,
    "snooze": Snooze,
    "undo": Undo,
    "contacted": Contacted,
    "event": Event,
    "adjust": Adjust,
    "reassign": Reassign,
    "take": Take,
    "extend": Extend,
    "pause": Pause,
    "resume": Resume,
    "escalate": Escalate,
    "requalify": Requalify,
    "disqualify": Disqualify,
    "acknowledge": Acknowledge,
    "handover": Handover,
}
"""Every message by its name on the wire."""


class VerdictKind(StrEnum):
    """How a message was answered."""

    DONE = "done"
    REFUSED = "refused"


class Verdict(Inside):
    """The answer to a message: what became of it and who has the lead now."""

    verdict: VerdictKind
    because: str
    lead_id: str
    stage: str
    owner: str | None
    offer: int
    since: Instant | None = None
    repeat: bool = False

    @property
    def done(self) -> bool:
        """Say whether the message did what it asked for."""
        return self.verdict is VerdictKind.DONE
