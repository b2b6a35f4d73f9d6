"""What is said at a door beside a lead: what became of it, how soon it is started, and an event of somebody known."""

from enum import IntEnum, StrEnum
from typing import Any

from pydantic import Field, model_validator

from models.base import Instant, Outside
from models.lead import Intent


class Urgency(IntEnum):
    """In which order acknowledged leads are started: the smallest first."""

    HIGH = 0
    MEDIUM = 1
    LOW = 2

    @classmethod
    def of(cls, intent: Intent) -> "Urgency":
        """Give the urgency of a lead that shows this intent as it comes in."""
        return {Intent.HIGH: cls.HIGH, Intent.MEDIUM: cls.MEDIUM, Intent.LOW: cls.LOW}[intent]


class Reception(StrEnum):
    """What became of something at a door.

    `accepted`: a new lead. `folded`: told to the same person's lead in flight. `repeat`: the same came before, and
    nothing follows. `recorded`: an event that its lead will hear of.
    """

    ACCEPTED = "accepted"
    FOLDED = "folded"
    REPEAT = "repeat"
    RECORDED = "recorded"


class Happening(Outside):
    """Something a prospect did, told by a tool that knows them by `lead_id`, by `email`, or by their external id.

    `key` makes it idempotent: a repeat changes nothing.
    """

    lead_id: str | None = Field(None, max_length=64)
    email: str | None = Field(None, max_length=320)
    source: str | None = Field(None, min_length=1, max_length=80)
    external_id: str | None = Field(None, min_length=1, max_length=200)
    kind: str = Field(min_length=1, max_length=80)
    at: Instant | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    key: str | None = Field(None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _about_somebody(self) -> "Happening":
        if self.external_id is not None and self.source is None:
            raise ValueError("external_id needs the source that it belongs to")
        if self.lead_id is None and self.email is None and self.external_id is None:
            raise ValueError("needs a lead_id, an email, or a source with an external_id: whose event is it?")
        return self
