"""The market as a policy divides it: territories, segments and accounts, each with who answers for it (R10, R25).

People read these to know what is whose (R29), so each is written down with its owner.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.roster import Slug
from models.sla import Condition

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166 alpha-2, in capitals."""

Domain = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?\.[a-z][a-z0-9-]*$", max_length=253)]
"""A company's internet domain in small letters, without `www.`."""


class Territory(Outside):
    """The countries of one region, and who answers for it (R10); a bare list of countries is one without an owner."""

    countries: list[Country] = Field(min_length=1)
    owner: Slug | None = Field(None, description="who answers for it: a person of the roster")

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        return {"countries": value} if isinstance(value, list) else value


class Segment(Outside):
    """A part of the market by a condition, and who answers for it; rules ask `"enterprise" in segments` (R1, R10)."""

    name: Slug
    when: Condition
    owner: Slug | None = Field(None, description="who answers for it: a person of the roster")
    description: str = ""


AccountId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""What an account is called by: an id of the company's own, or the one that its CRM gave it."""


class AccountStatus(StrEnum):
    """What a company is to us. `renewal`: a customer whose contract is about to be renewed (R27, R44)."""

    PROSPECT = "prospect"
    CUSTOMER = "customer"
    RENEWAL = "renewal"
    STRATEGIC = "strategic"


class Account(Outside):
    """One company that somebody looks after, or that we know at least (R20, R25, R27, R44).

    `owner` makes it a named account: no rule gives its leads to somebody else. `relationship` looks after an existing
    customer, `success` after its renewals and support matters. Those of the parent stand in where it has none.
    A policy may name a few; the table `account` keeps the others.
    """

    id: AccountId
    name: str = Field(min_length=1, max_length=200)
    names: list[str] = Field(default_factory=list, description="other names it goes by")
    domains: list[Domain] = Field(default_factory=list)
    parent: AccountId | None = Field(None, description="the account that owns it")
    owner: Slug | None = None
    relationship: Slug | None = None
    success: Slug | None = None
    status: AccountStatus = Field(AccountStatus.PROSPECT, strict=False)  # it is read from stored facts, too
    region: Slug | None = Field(None, description="left out: as its country says")
    country: Country | None = None
    open_deals: int = Field(0, ge=0, le=100_000, description="deals that sales is working on with it")

    @field_validator("domains")
    @classmethod
    def _no_www(cls, domains: list[str]) -> list[str]:
        if wrong := [domain for domain in domains if domain.startswith("www.")]:
            raise ValueError(f"write {wrong[0].removeprefix('www.')} for {wrong[0]}")
        return domains
