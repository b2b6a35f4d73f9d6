"""Which account a lead's company is, with what score and why; and which it might be, for a person to say (R44, R46)."""

from enum import StrEnum

from pydantic import Field

from models.base import Inside
from models.market import Account


class MatchedBy(StrEnum):
    """How an account was recognised, the surest way first. `hand`: somebody said so."""

    HAND = "hand"
    DOMAIN = "domain"
    NAME = "name"
    CLOSE_NAME = "close_name"


class AccountMatch(Inside):
    """The account of a lead's company, and those above it, the nearest first.

    `score` is 0 to 100: how much alike the names are; 100 for a domain and for what a person said.
    """

    by: MatchedBy
    score: float
    because: str
    accounts: tuple[Account, ...] = Field(min_length=1)

    @property
    def account(self) -> Account:
        """Give the account itself."""
        return self.accounts[0]


class PossibleMatch(Inside):
    """An account that a lead's company might be: never taken without a person's word."""

    account_id: str
    name: str
    score: float
    because: str


class MatchState(StrEnum):
    """What a person made of a possible match."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
