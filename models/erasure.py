"""An erasure, in the words that an officer reads: what was forgotten, and what others may still have."""

from enum import StrEnum

from pydantic import Field

from models.base import Inside, Instant


class Left(StrEnum):
    """What left the house for a lead: a message to one of our people, or a hand-off to another tool or the prospect."""

    MESSAGE = "message"
    HAND_OFF = "hand_off"


class SentOut(Inside):
    """One thing that was sent out before the erasure, and under which id its receiver knows it."""

    what: Left
    kind: str = Field(
        description="of a message: what it asked or told; of a hand-off: `enrol`, `leave`, `answer` or `crm`"
    )
    channel: str | None = None
    to: str | None = Field(None, description="the person of ours that a message went to")
    offer: int | None = None
    provider_id: str | None = None
    at: Instant


class Erased(Inside):
    """One erasure: who asked for it and why, and when nothing was left in the database and in Temporal."""

    lead_id: str
    by: str
    reason: str
    at: Instant
    sent_out: tuple[SentOut, ...]
    same_person: tuple[str, ...] = Field((), description="other leads of the same person, which are not erased by it")
    done_at: Instant | None = Field(None, description="null while workflows are ended and files compacted")
    repeat: bool = Field(False, exclude=True, description="it was asked for before")
