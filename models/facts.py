"""A lead after hygiene: what rules, scores and people look at, with where each value came from."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from models.account import AccountMatch
from models.base import Inside, Instant
from models.lead import Company, DealValue, LeadType


class EmailKind(StrEnum):
    """What an address tells: a company's, a free provider's, a throw-away, or nobody's in particular (`info@`)."""

    WORK = "work"
    FREE = "free"
    DISPOSABLE = "disposable"
    ROLE = "role"
    NONE = "none"


class Department(StrEnum):
    """What somebody does in their company, as far as their title tells (R35)."""

    MANAGEMENT = "management"
    SALES = "sales"
    MARKETING = "marketing"
    SUCCESS = "success"
    PRODUCT = "product"
    IT = "it"
    ENGINEERING = "engineering"
    DATA = "data"
    FINANCE = "finance"
    OPERATIONS = "operations"
    PROCUREMENT = "procurement"
    HR = "hr"
    LEGAL = "legal"
    RESEARCH = "research"


class Conflict(Inside):
    """Two things known of a lead that cannot both be so: which was kept, from where, and why that one (R42)."""

    field: str
    kept: str
    kept_from: str
    other: str
    other_from: str
    because: str


class LeadFacts(Inside):
    """One lead, normalised. `origin` says per field who supplied it; a field not named there came with the lead."""

    lead_id: str
    source: str
    type: LeadType
    external_id: str | None = None
    email: str | None = Field(None, description="normalised: lower-case, no tag variants folded away")
    email_kind: EmailKind = EmailKind.NONE
    phone: str | None = Field(None, description="E.164")
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    seniority: str | None = None
    decision_maker: bool | None = None
    department: Department | None = None
    company: Company = Field(default_factory=Company)
    country: str | None = Field(None, description="ISO 3166 alpha-2")
    region: str | None = None
    timezone: str | None = Field(None, description="IANA zone")
    language: str | None = None
    deal_value: DealValue | None = None
    product: str | None = None
    use_case: str | None = None
    message: str | None = None
    campaign: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    custom: dict[str, Any] = Field(default_factory=dict)
    received_at: Instant
    origin: dict[str, str] = Field(default_factory=dict)
    as_of: dict[str, Instant] = Field(default_factory=dict, description="when a provider last said a field, by name")
    notes: tuple[str, ...] = Field((), description="what hygiene changed, flagged or could not read")
    conflicts: tuple[Conflict, ...] = ()
    account: AccountMatch | None = Field(None, description="which account its company is; None: none that is certain")

    @property
    def headline(self) -> str:
        """Name the lead without personal data: "demo request, Acme (DE)"."""
        country = self.company.country or self.country
        place = f" ({country})" if country else ""
        return f"{self.type.replace('_', ' ')}, {self.company.name or 'unknown company'}{place}"
