"""Examples in a policy file: a lead that is given and what is expected of it, run by every check of the policy."""

from typing import Any

from pydantic import Field

from models.base import Instant, Outside
from models.lead import Fit, Intent, Touch
from models.market import Account
from models.qualifying import Way
from models.roster import Level, Slug
from models.routing import Tied


class Expected(Outside):
    """What should come out; what is left out is not looked at."""

    way: Way | None = None
    intent: Intent | None = None
    fit: Fit | None = None
    points: float | None = None
    tier: Slug | None = None
    levels: list[Level] | None = None
    sla: Slug | None = None
    rule: str | None = Field(None, description="the routing rule that matched; `default` for none")
    pool: Slug | None = None
    tie: Tied | None = None
    owner: Slug | None = Field(None, description="who gets it; `held` while nobody may be offered it, `nobody`")
    backup: Slug | None = None
    reason: str | None = Field(None, description="words that have to stand in the reason")


class Example(Outside):
    """One lead and what this policy is to make of it; a lead without `email` is given a sample address."""

    name: str = Field(min_length=1, max_length=200)
    given: dict[str, Any] = Field(description="a lead, as a door takes it")
    account: Account | None = Field(None, description="what its company is to us, as the table of accounts has it")
    touches: list[Touch] = Field(default_factory=list, description="what the prospect did since")
    at: Instant | None = Field(None, description="when; left out: a Wednesday at noon UTC")
    expect: Expected
