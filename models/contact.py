"""People of one account (the buying group): who they are, what part they have in deciding, how far one got (R45)."""

from enum import StrEnum

from pydantic import Field, model_validator

from models.base import Inside, Instant, Outside
from models.market import AccountId, Domain


class BuyingRole(StrEnum):
    """What part somebody has in a purchase."""

    ECONOMIC_BUYER = "economic_buyer"
    DECISION_MAKER = "decision_maker"
    CHAMPION = "champion"
    INFLUENCER = "influencer"
    EVALUATOR = "evaluator"
    USER = "user"
    BLOCKER = "blocker"


class ContactState(StrEnum):
    """How far one got with somebody. `left`: they do not work there any more."""

    ACTIVE = "active"
    NO_ANSWER = "no_answer"
    REFERRED_ON = "referred_on"
    DECLINED = "declined"
    LEFT = "left"


class ContactEntry(Outside):
    """One person as an import or a form gives them: their account by id or by its domain, and a way to reach them."""

    account: AccountId | None = None
    domain: Domain | None = Field(None, description="of the account, where its id is left out")
    email: str | None = Field(None, max_length=320)
    phone: str | None = Field(None, max_length=64)
    first_name: str | None = Field(None, max_length=120)
    last_name: str | None = Field(None, max_length=120)
    title: str | None = Field(None, max_length=200)
    seniority: str | None = Field(None, max_length=60)
    role: BuyingRole | None = None
    state: ContactState = ContactState.ACTIVE
    language: str | None = Field(None, max_length=20)

    @model_validator(mode="after")
    def _reachable(self) -> "ContactEntry":
        if not (self.email or "").strip() and not (self.phone or "").strip():
            raise ValueError("needs an email or a phone: nobody could be reached")
        if self.account is None and self.domain is None and "@" not in (self.email or ""):
            raise ValueError("needs an account, a domain or an email: whose person is it?")
        return self


class KnownContact(Inside):
    """One person of a company as we know them. `lead_id`: their latest lead; `referred_by`: who named them to us."""

    id: int
    account_id: str | None = None
    company: str | None = Field(None, description="the domain of their company")
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    seniority: str | None = None
    department: str | None = None
    decision_maker: bool | None = None
    language: str | None = None
    role: BuyingRole | None = Field(None, description="as somebody said it; null: nobody has")
    state: ContactState = ContactState.ACTIVE
    referred_by: int | None = None
    source: str
    lead_id: str | None = None
    created_at: Instant
    changed_at: Instant


class Standing(Inside):
    """How much say somebody has: points, what gave them, and why they are not to be tried (None: they are).

    Nothing in it says who they are. `role` is as somebody said it, else as their title tells (`role_said`: false).
    """

    contact_id: int
    title: str | None
    seniority: str | None
    department: str | None
    role: BuyingRole | None
    role_said: bool
    state: ContactState
    points: int
    because: tuple[str, ...]
    not_now: str | None = None


class Coverage(Inside):
    """Which parts of a purchase are taken by somebody we know, by their ids, and which by nobody."""

    known: dict[BuyingRole, tuple[int, ...]]
    missing: tuple[BuyingRole, ...]
    unplaced: tuple[int, ...] = Field((), description="people of whom nothing tells their part")
    sentence: str
