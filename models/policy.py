"""The shape of a policy file: what the operating company decides, as data (requirements R4-R8, R31, R34).

Conditions (`when`) are CEL text over the lead's facts; `policy/condition.py` compiles and checks them. What is
wrong with a file as a whole is said with the key it is about in front (`matrix: ...`), so that a reader of
files can point at its line. Ladders and their rungs are `models/sla.py`.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.calendar import Calendar
from models.lead import Fit, Intent, LeadType
from models.roster import Level, Slug
from models.sla import Condition, Duration, RungRule, SlaClass

__all__ = [
    "EURO_RATES",
    "Condition",
    "Country",
    "Duration",
    "FitModel",
    "Grace",
    "IntentSignals",
    "MatrixCell",
    "NurtureRule",
    "PointRule",
    "Policy",
    "PoolRule",
    "ReviewRule",
    "Routing",
    "RungRule",
    "Scoring",
    "SlaClass",
    "Tier",
    "TouchRule",
    "TriageRule",
    "Way",
    "WayRule",
    "Word",
]

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166 alpha-2, in capitals."""

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A name that conditions can spell: lower-case letters, digits and _, a letter first."""


class PointRule(Outside):
    """Points for what is known about the lead (R33, R34)."""

    name: str
    when: Condition
    points: float


class TouchRule(Outside):
    """Points for what the prospect did: `points` the first time, `again` each further time, at most `cap` in sum."""

    kind: Word
    points: float
    again: float | None = Field(None, description="left out: as the first time")
    cap: float | None = None


class Scoring(Outside):
    """The points model (R34, R35)."""

    qualified_above: float = Field(20, description="marketing-qualified: more than this many points (R33)")
    attributes: list[PointRule] = Field(default_factory=list)
    behaviour: list[TouchRule] = Field(default_factory=list)


Times = Annotated[int, Field(ge=1, le=1000)]


class IntentSignals(Outside):
    """Which lead types and which touches show this level of intent (R4)."""

    types: list[LeadType] = Field(default_factory=list)
    touches: dict[Word, Times] = Field(
        default_factory=dict, description="kind of touch: how many of them it takes (`content_download: 2`)"
    )


class FitModel(Outside):
    """The ideal customer profile (R5): strong from `strong_from` points on."""

    strong_from: float
    criteria: list[PointRule]


class Way(StrEnum):
    """Where a lead goes after qualification."""

    ROUTE = "route"
    NURTURE = "nurture"
    MONITOR = "monitor"
    REVIEW = "review"
    DISQUALIFY = "disqualify"


class MatrixCell(Outside):
    """What to do at one crossing of intent and fit (R6)."""

    intent: Intent
    fit: Fit
    do: Way
    levels: list[Level] = Field(default_factory=list, description="who may get it; empty: the tier decides")
    deal_first: bool = Field(
        False, description="where the deal's size is known its tier decides, and `levels` only where it is not"
    )


class WayRule(Outside):
    """A way that goes before the matrix: executive introductions to review, job seekers out (R26, R27, R36)."""

    name: str
    when: Condition
    do: Way
    because: str = Field(min_length=1)
    answerable: Slug | None = Field(None, description="for review and nurture; left out: as for all of them")


class Tier(Outside):
    """Who is ready for a deal of this size (R8): `below` so many EUR, or `up_to` and including; the last without."""

    name: Slug
    below: float | None = None
    up_to: float | None = None
    levels: list[Level] = Field(min_length=1)

    @property
    def bound(self) -> float | None:
        """Give where the tier ends, in EUR; None for the open-ended one."""
        return self.up_to if self.below is None else self.below

    def takes(self, euro: float) -> bool:
        """Say whether a deal of this size is within the tier's bound."""
        if self.below is not None:
            return euro < self.below
        return self.up_to is None or euro <= self.up_to

    @model_validator(mode="after")
    def _one_bound(self) -> "Tier":
        if self.below is not None and self.up_to is not None:
            raise ValueError("up_to: there is a `below` already; a tier has one bound")
        return self


class PoolRule(Outside):
    """Which pool a lead goes to; the first rule that matches (R9-R21)."""

    name: str
    when: Condition
    pool: Slug


class Widen(StrEnum):
    """Who is looked at when nobody of the levels asked for is available: nobody else, more senior ones, anybody."""

    NONE = "none"
    SENIOR = "senior"
    ANY = "any"


class Refundable(StrEnum):
    """How an offer may end without the lead being taken.

    `superseded`: a person gave it to somebody else. `withdrawn`: taken back before it was answered.
    """

    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Routing(Outside):
    """Ordered rules to pools. `default_pool` takes what no rule matched."""

    rules: list[PoolRule] = Field(default_factory=list)
    default_pool: Slug
    hold_at_most: Duration = Field(timedelta(days=4), description="no shift opens within this: nobody")
    recheck: Duration = Field(timedelta(minutes=15), description="how often a full pool is looked at again")
    widen: Widen = Field(
        Widen.SENIOR, description="who counts when nobody of the levels is available: none, senior or any"
    )
    refund: list[Refundable] = Field(
        default_factory=lambda: [Refundable.SUPERSEDED, Refundable.WITHDRAWN],
        description="which ends of an offer give the turn back; who declines or sleeps has had theirs",
    )


class Grace(Outside):
    """Bounds on what people may ask of a lead in flight."""

    undo: Duration = timedelta(minutes=1)
    snooze_at_most: Duration = timedelta(hours=4)
    pause_at_most: Duration = timedelta(days=7)


class TriageRule(Outside):
    """Leads nobody took: who is answerable and how often they hear of it."""

    answerable: Slug | None = Field(None, description="left out: the team's manager")
    every: Duration = Field(timedelta(days=1), le=timedelta(days=1))


class ReviewRule(Outside):
    """Leads a person decides on: who, and by when (wall time)."""

    answerable: Slug | None = None
    within: Duration = timedelta(hours=24)


class NurtureRule(Outside):
    """Leads marketing keeps warm: whose programme, and for how long (wall time)."""

    answerable: Slug | None = None
    lasts: Duration = timedelta(days=180)


EURO_RATES = {
    "USD": 0.92, "GBP": 1.17, "CHF": 1.05, "PLN": 0.23, "TRY": 0.026, "SEK": 0.088, "NOK": 0.086, "DKK": 0.134,
    "CZK": 0.04, "HUF": 0.0025, "RON": 0.2, "CAD": 0.67, "AUD": 0.6, "NZD": 0.55, "JPY": 0.0061, "CNY": 0.127,
    "HKD": 0.118, "SGD": 0.68, "KRW": 0.00067, "INR": 0.011, "BRL": 0.17, "MXN": 0.05, "ZAR": 0.05, "ILS": 0.25,
    "AED": 0.25,
}  # fmt: skip
"""EUR for one unit of each currency: good enough to tell deal sizes apart (R8), not to book with."""


class Policy(Outside):
    """One policy file."""

    name: Slug
    description: str = ""
    territories: dict[Slug, list[Country]] = Field(
        default_factory=dict, description="the countries of each region: `region` follows from them (R10)"
    )
    currencies: dict[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Annotated[float, Field(gt=0)]] = Field(
        default_factory=lambda: dict(EURO_RATES), description="EUR for one unit; EUR itself is always 1"
    )
    lists: dict[Word, list[str]] = Field(
        default_factory=dict, description="named lists for conditions: `company.domain in lists.competitors`"
    )
    calendars: dict[Slug, Calendar] = Field(
        default_factory=dict, description="policy-wide calendars; `lead` is applied in the lead's own zone"
    )
    scoring: Scoring
    intent: dict[Intent, IntentSignals]
    fit: FitModel
    matrix: list[MatrixCell]
    ways: list[WayRule] = Field(default_factory=list)
    tiers: list[Tier] = Field(min_length=1)
    routing: Routing
    sla: list[SlaClass] = Field(min_length=1)
    manners: Grace = Field(default_factory=Grace)
    triage: TriageRule = Field(default_factory=TriageRule)
    review: ReviewRule = Field(default_factory=ReviewRule)
    nurture: NurtureRule = Field(default_factory=NurtureRule)
    duplicates_within: Duration = timedelta(days=90)

    @field_validator("lists")
    @classmethod
    def _fold_case(cls, lists: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [" ".join(entry.split()).lower() for entry in entries] for name, entries in lists.items()}

    @field_validator("territories")
    @classmethod
    def _one_region_each(cls, territories: dict[str, list[str]]) -> dict[str, list[str]]:
        every = [country for countries in territories.values() for country in countries]
        if twins := sorted({country for country in every if every.count(country) > 1}):
            raise ValueError(f"{', '.join(twins)}: in more than one place; a country has one region")
        return territories

    @model_validator(mode="after")
    def _whole(self) -> "Policy":
        cells = [(cell.intent, cell.fit) for cell in self.matrix]
        for intent in Intent:
            for fit in Fit:
                if cells.count((intent, fit)) != 1:
                    raise ValueError(f"matrix: needs exactly one cell for intent {intent} and fit {fit}")
        if any(one.when is None for one in self.sla[:-1]) or self.sla[-1].when is not None:
            raise ValueError("sla: the last class, and only it, has no `when`")
        bounds = [tier.bound for tier in self.tiers if tier.bound is not None]
        if len(bounds) != len(self.tiers) - 1 or self.tiers[-1].bound is not None or bounds != sorted(set(bounds)):
            raise ValueError("tiers: bounds have to rise, and the last tier, and only it, has none")
        self._no_twins()
        return self

    def _no_twins(self) -> None:
        named = {
            "sla": [one.name for one in self.sla],
            "tiers": [tier.name for tier in self.tiers],
            "ways": [way.name for way in self.ways],
            "scoring.attributes": [rule.name for rule in self.scoring.attributes],
            "scoring.behaviour": [rule.kind for rule in self.scoring.behaviour],
            "fit.criteria": [rule.name for rule in self.fit.criteria],
            "routing.rules": [rule.name for rule in self.routing.rules],
        }
        for where, names in named.items():
            if twins := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{where}: {twins[0]!r} is there twice; reasons are told by name")
