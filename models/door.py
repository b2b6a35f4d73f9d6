"""What is said at a door beside a lead: what became of it, how soon it is started, and an event of somebody known."""

from enum import IntEnum, StrEnum
from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from models.base import Instant, Outside
from models.lead import Intent
from models.messages import prospects
from models.outcome import OutcomeResult


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


class Whose(Outside):
    """By what a tool knows a lead: its id, its person's `email`, or their external id at a source."""

    lead_id: str | None = Field(None, max_length=64)
    email: str | None = Field(None, max_length=320)
    source: str | None = Field(None, min_length=1, max_length=80)
    external_id: str | None = Field(None, min_length=1, max_length=200)
    key: str | None = Field(None, min_length=1, max_length=200, description="makes it idempotent")

    known_by: ClassVar[tuple[str, ...]] = ("lead_id", "email", "external_id")
    asks: ClassVar[str] = "needs a lead_id, an email, or a source with an external_id: whose event is it?"

    @model_validator(mode="after")
    def _about_somebody(self) -> "Whose":
        if self.external_id is not None and self.source is None:
            raise ValueError("external_id needs the source that it belongs to")
        if all(getattr(self, name) is None for name in self.known_by):
            raise ValueError(self.asks)
        return self


class Happening(Whose):
    """Something a prospect did, told by a tool that knows whose lead it is.

    `key` makes it idempotent: a repeat changes nothing.
    """

    kind: str = Field(min_length=1, max_length=80)
    at: Instant | None = None
    properties: dict[str, Any] = Field(default_factory=dict)

    @field_validator("kind")
    @classmethod
    def _of_a_prospect(cls, kind: str) -> str:
        return prospects(kind)


class KnownToCrm(Whose):
    """By what a CRM knows a lead: also by its own number of the record that it keeps of it (`crm_id`)."""

    crm_id: str | None = Field(None, min_length=1, max_length=200)

    known_by: ClassVar[tuple[str, ...]] = (*Whose.known_by, "crm_id")
    asks: ClassVar[str] = "needs a lead_id, an email, a crm_id, or a source with an external_id: whose is it?"


class Ended(KnownToCrm):
    """What became of a lead, as a tool says it; the latest lead of the person, where only they are named."""

    result: OutcomeResult
    value: float | None = Field(None, ge=0, le=1e12, allow_inf_nan=False)
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    at: Instant | None = None
    by: str | None = Field(None, min_length=1, max_length=64)


class OwnerChanged(KnownToCrm):
    """Somebody gave a lead to somebody else in the CRM: `owner` is a rep's id, `crm_owner` the CRM's id of theirs."""

    owner: str | None = Field(None, min_length=1, max_length=64)
    crm_owner: str | None = Field(None, min_length=1, max_length=64)
    by: str | None = Field(None, min_length=1, max_length=64)
    at: Instant | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> "OwnerChanged":
        if (self.owner is None) == (self.crm_owner is None):
            raise ValueError("needs either an owner or a crm_owner: who has it now?")
        return self
