"""A lead as it comes in, and the words its life is told in (contract, section 3)."""

import re
from enum import StrEnum
from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import BaseModel, Field, GetJsonSchemaHandler, WithJsonSchema, field_validator, model_validator
from pydantic_core import CoreSchema

from models.base import Instant, Outside

LEAD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a lead id looks like: opaque, nothing personal (so no `@`, no dot, no space)."""

LARGEST_LEAD = 256 * 1024
"""So many bytes of JSON (UTF-8) a door takes as one lead; Temporal itself refuses a few times as many."""

DEEPEST_LEAD = 32
"""So many objects and lists inside each other a door takes in one lead."""


YEARS = range(2000, 2101)
"""The years (UTC) in which a door believes that a lead was received; calendars know them."""


class LeadType(StrEnum):
    """What the prospect did to become a lead (R4, R27)."""

    DEMO_REQUEST = "demo_request"
    CONTACT_SALES = "contact_sales"
    PRICING_VISIT = "pricing_visit"
    OUTBOUND_REPLY = "outbound_reply"
    TRIAL_SIGNUP = "trial_signup"
    WEBINAR = "webinar"
    CASE_STUDY = "case_study"
    CONTENT_DOWNLOAD = "content_download"
    NEWSLETTER = "newsletter"
    EVENT_SCAN = "event_scan"
    REFERRAL = "referral"
    EXECUTIVE_INTRO = "executive_intro"
    EXPANSION = "expansion"
    RENEWAL = "renewal"
    SUPPORT = "support"
    OTHER = "other"


class Stage(StrEnum):
    """Where a lead stands; the search attribute `LeadStage`."""

    RECEIVED = "received"
    ENRICHING = "enriching"
    SCORING = "scoring"
    ROUTING = "routing"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    REVIEW = "review"
    NURTURING = "nurturing"
    DISQUALIFIED = "disqualified"
    TRIAGE = "triage"
    CLOSED = "closed"
    ERASED = "erased"


SETTLED = frozenset({Stage.CONTACTED, Stage.CLOSED, Stage.NURTURING, Stage.REVIEW, Stage.DISQUALIFIED, Stage.ERASED})
"""Stages that count as settled; a lead in any other is visibly waiting with a due time."""

ENDED = frozenset({Stage.CONTACTED, Stage.CLOSED, Stage.DISQUALIFIED, Stage.ERASED})
"""Stages in which the workflow has ended."""


class Intent(StrEnum):
    """How strongly the prospect asks for us (R4)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Fit(StrEnum):
    """How well the prospect's company matches the ideal customer profile (R5)."""

    STRONG = "strong"
    WEAK = "weak"


def _or_in_words(kind: dict[str, Any]) -> WithJsonSchema:
    """Say in a door's document that a text is taken, too: `policy.cleaning.reading` understands or notes it."""
    return WithJsonSchema({"anyOf": [kind, {"type": "string"}, {"type": "null"}]}, mode="validation")


MAY_BE_NULL = frozenset({"company", "deal_value", "tags", "tech", "campaign", "custom"})
"""Fields that hold no text, and say nothing when they are `null`."""

_KEPT_WHOLE = frozenset({"lead_id", "external_id", "source"})
"""Texts that are names: one that is too long is no other one."""


def most_of(model: type[BaseModel]) -> dict[str, int]:
    """Give how many characters or entries each field of a lead keeps; a door takes more, and says what it left out."""
    return {
        name: bound.max_length
        for name, field in model.model_fields.items()
        for bound in field.metadata
        if isinstance(bound, MaxLen) and name not in _KEPT_WHOLE
    }


class _Taken(Outside):
    """What a door takes more of than a lead keeps."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say in a door's document what `policy.cleaning.reading` takes: longer texts, and `null` for nothing."""
        schema = handler.resolve_ref_schema(handler(core))
        properties = schema.get("properties", {})
        for name in most_of(cls) if handler.mode == "validation" else ():
            for kind in (properties[name], *properties[name].get("anyOf", ())):
                kind.pop("maxLength", None)
                kind.pop("maxItems", None)
        for name in MAY_BE_NULL & properties.keys() if handler.mode == "validation" else ():
            if "anyOf" not in (kind := properties[name]):
                properties[name] = {"anyOf": [kind, {"type": "null"}]}
        return schema


class Company(_Taken):
    """The prospect's company, as far as the sender knows it."""

    name: str | None = Field(None, max_length=200)
    domain: str | None = Field(None, max_length=253)
    employees: Annotated[int | None, _or_in_words({"type": "number"})] = Field(None, ge=0, le=10_000_000)
    industry: str | None = Field(None, max_length=120)
    country: str | None = Field(None, max_length=80)
    city: str | None = Field(None, max_length=120)
    tech: list[str] = Field(default_factory=list, max_length=100)


class DealValue(Outside):
    """An expected deal in a currency (ISO 4217); EUR unless said otherwise."""

    amount: Annotated[float, _or_in_words({"type": "number"})] = Field(ge=0, le=1e12, allow_inf_nan=False)
    currency: Annotated[str, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}, mode="validation")] = (
        Field("EUR", pattern=r"^[A-Z]{3}$")
    )


class LeadInput(_Taken):
    """One lead as any door takes it: syntax only, nothing normalised yet.

    Required: `source`, `type`, and one of `email` and `phone`. `custom` takes anything; every other unknown
    field is refused.
    """

    lead_id: str | None = Field(None, description="opaque; minted when left out")
    source: str = Field(min_length=1, max_length=80)
    external_id: str | None = Field(None, max_length=200)
    type: LeadType
    email: str | None = Field(None, max_length=320)
    phone: str | None = Field(None, max_length=64)
    first_name: str | None = Field(None, max_length=120)
    last_name: str | None = Field(None, max_length=120)
    title: str | None = Field(None, max_length=200)
    seniority: str | None = Field(None, max_length=60)
    decision_maker: Annotated[bool | None, _or_in_words({"type": "boolean"})] = None
    company: Company = Field(default_factory=Company)
    country: str | None = Field(None, max_length=80)
    region: str | None = Field(None, max_length=80)
    timezone: str | None = Field(None, max_length=64)
    language: str | None = Field(None, max_length=20)
    deal_value: DealValue | None = None
    product: str | None = Field(None, max_length=120)
    use_case: str | None = Field(None, max_length=120)
    message: str | None = Field(None, max_length=10_000)
    campaign: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list, max_length=100)
    custom: dict[str, Any] = Field(default_factory=dict)
    received_at: Instant | None = None

    @field_validator("lead_id")
    @classmethod
    def _opaque(cls, lead_id: str | None) -> str | None:
        if lead_id is not None and not LEAD_ID.fullmatch(lead_id):
            raise ValueError("may hold letters, digits, - and _ only, 64 at most (nothing personal)")
        return lead_id

    @field_validator("*")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("holds a NUL character")
        return value

    @model_validator(mode="after")
    def _reachable(self) -> "LeadInput":
        if not (self.email or "").strip() and not (self.phone or "").strip():
            raise ValueError("needs an email or a phone: nobody could be reached")
        return self


class Touch(Outside):
    """Something the prospect did later on (`pricing_visit`, `email_open`, ...), with when and what about it."""

    kind: str = Field(min_length=1, max_length=80)
    at: Instant
    properties: dict[str, Any] = Field(default_factory=dict)
