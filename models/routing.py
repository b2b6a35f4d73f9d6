"""Who gets a lead, as a policy writes it: whose it is already, rules to pools, what is asked of a rep (R9-R27)."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field, model_validator

from models.base import Outside
from models.durations import Duration
from models.qualifying import MOST_RULES, RuleName
from models.roster import Level, Slug
from models.sla import Condition
from models.validity import Timed


class Tied(StrEnum):
    """Why a lead is somebody's before any rule is tried, strongest first (R20, R24, R25, R27).

    `named_account`: the account's owner. `relationship`: who looks after the company or the person already.
    `open_lead`: who has another open lead of the same company. `parent`: whose the parent company is.
    """

    NAMED_ACCOUNT = "named_account"
    RELATIONSHIP = "relationship"
    OPEN_LEAD = "open_lead"
    PARENT = "parent"


class Away(StrEnum):
    """What becomes of a lead whose person cannot be offered it now.

    `cover`: their backup, else it is held for them. `hold`: it is held for them. `rules`: others may get it. Held at
    most `hold_at_most`: then others may.
    """

    COVER = "cover"
    HOLD = "hold"
    RULES = "rules"


class TieRule(Outside):
    """One kind of tie that counts, what becomes of the lead while its person is away, and how old it may be."""

    to: Tied
    away: Away = Away.RULES
    within: Duration = Field(timedelta(days=730), description="how long ago at most the relationship was last alive")


class Need(StrEnum):
    """What a lead may ask of who gets it: the rep's `languages`, `industries`, ... must hold the lead's own value.

    `use_case` is looked for among the rep's `skills`. `hours`: their working hours reach `overlap` a week into the
    lead's working day, 09:00 to 17:00 in its own time zone (R11, R46). What is not known of the lead asks nothing.
    """

    LANGUAGE = "language"
    INDUSTRY = "industry"
    PRODUCT = "product"
    REGION = "region"
    USE_CASE = "use_case"
    HOURS = "hours"


class WhenNobody(StrEnum):
    """What becomes of a lead that nobody may be offered: it waits for the next opening, or a manager decides."""

    HOLD = "hold"
    MANAGER = "manager"


class Asked(Outside):
    """What is asked of a rep beside being there: all of it."""

    needs: list[Need] = Field(default_factory=list)
    skills: list[str] = Field(default_factory=list)
    certifications: list[str] = Field(default_factory=list)


class PoolRule(Timed, Asked):
    """Which pool a lead goes to, and what is asked of who gets it; the first rule that matches (R9-R22)."""

    name: RuleName
    when: Condition
    pool: Slug
    levels: list[Level] = Field(default_factory=list, description="who may get it; empty: matrix and tier decide")
    overflow: list[Slug] = Field(
        default_factory=list, description="pools to look at, in this order, when nobody of `pool` may be offered it now"
    )
    nobody: WhenNobody | None = Field(None, description="left out: as `routing.nobody` says")


class FitRule(Outside):
    """Points for a rep whom a lead suits, for pools whose strategy is `best_fit` (R22).

    Either `match`: the rep has the lead's own value; or `skills` or `certifications`: the rep has one of them, where
    `when` holds; or `won`: times the share of like leads (the same industry, else all) that they won, smoothed.
    """

    name: RuleName
    points: float = Field(gt=0, le=1000)
    when: Condition | None = None
    match: Need | None = None
    skills: list[str] = Field(default_factory=list)
    certifications: list[str] = Field(default_factory=list)
    won: bool = False

    @model_validator(mode="after")
    def _one_ground(self) -> "FitRule":
        grounds = [self.match is not None, bool(self.skills or self.certifications), self.won]
        if sum(grounds) != 1:
            raise ValueError("needs one of: `match`, `skills` or `certifications`, `won: true`")
        return self


class Widen(StrEnum):
    """Who is looked at when nobody of the levels asked for is available: nobody else, more senior ones, anybody."""

    NONE = "none"
    SENIOR = "senior"
    ANY = "any"


class Refundable(StrEnum):
    """How an offer may end without costing a turn.

    `covered`: it was not taken, and the backup took it over. `bad`: the lead turned out to be none. `superseded`: a
    person gave it to somebody else. `withdrawn`: taken back before it was answered.
    """

    DECLINED = "declined"
    EXPIRED = "expired"
    COVERED = "covered"
    BAD = "bad"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class RefundLimit(Outside):
    """How often a rep gets a turn back for what they did themselves: more, and a decliner would be asked for ever."""

    times: int = Field(3, ge=0, le=1000)
    within: Duration = timedelta(days=7)


class Charged(StrEnum):
    """Who gets a lead past the rotation, and may have it count as a turn: a backup who covers, who has a tie."""

    BACKUP = "backup"
    TIE = "tie"


class AsideRule(Outside):
    """Who lets offers run out again and again is set aside for a while, and goes on the coaching list (R32)."""

    misses: int = Field(3, ge=1, le=1000, description="so many offers ran out on them")
    within: Duration = timedelta(days=7)
    lasts: Duration = Field(timedelta(days=1), description="how long they are offered nothing, from the last miss on")


def _ties() -> list[TieRule]:
    return [
        TieRule(to=Tied.NAMED_ACCOUNT, away=Away.COVER),
        TieRule(to=Tied.RELATIONSHIP, away=Away.COVER),
        TieRule(to=Tied.OPEN_LEAD),
        TieRule(to=Tied.PARENT),
    ]


class Routing(Outside):
    """Ties first, then ordered rules to pools. `default_pool` takes what no rule matched."""

    ties: list[TieRule] = Field(default_factory=_ties, description="which ties count, strongest first")
    rules: list[PoolRule] = Field(default_factory=list, max_length=MOST_RULES)
    default_pool: Slug
    overflow: list[Slug] = Field(default_factory=list, description="where a rule names none of its own")
    nobody: WhenNobody = Field(WhenNobody.HOLD, description="nobody may be offered it: hold, or manager")
    hold_at_most: Duration = Field(timedelta(days=4), description="no shift opens within this: nobody")
    recheck: Duration = Field(timedelta(minutes=15), description="how often a full pool is looked at again")
    widen: Widen = Field(
        Widen.SENIOR, description="who counts when nobody of the levels is available: none, senior or any"
    )
    overlap: Duration = Field(timedelta(hours=5), description="for `needs: [hours]`: common hours a week, at least")
    best_fit: list[FitRule] = Field(default_factory=list, max_length=100, description="for pools that choose by it")
    refund: list[Refundable] = Field(
        default_factory=lambda: [Refundable.COVERED, Refundable.BAD, Refundable.SUPERSEDED, Refundable.WITHDRAWN],
        description="which ends of an offer give the turn back; who declines or sleeps has had theirs",
    )
    refund_limit: RefundLimit = Field(default_factory=RefundLimit)
    aside: AsideRule | None = Field(None, description="left out: nobody is set aside")
    charge: list[Charged] = Field(default_factory=list, description="gifts past the rotation that count as a turn")

    @model_validator(mode="after")
    def _in_order(self) -> "Routing":
        order = list(Tied)
        places = [order.index(tie.to) for tie in self.ties]
        if places != sorted(set(places)):
            raise ValueError(f"ties: each once, strongest first: {', '.join(order)}")
        return self
