"""The shape of a policy file: what the operating company decides, as data (requirements R4-R8, R31, R34).

Conditions (`when`) are CEL text over the lead's facts; `policy/conditions/` compiles and checks them. What is
wrong with a file as a whole is said with the key it is about in front (`matrix: ...`), so that a reader of
files can point at its line. Its parts: `models/market.py`, `qualifying.py`, `routing.py`, `sla.py`, `example.py`.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from models.base import Outside
from models.calendar import Calendar, TimeOfDay
from models.durations import Duration
from models.example import Example
from models.lead import Fit, Intent
from models.market import Account, Segment, Territory
from models.qualifying import FitModel, IntentSignals, MatrixCell, Scoring, Tier, Trigger, WayRule, Word
from models.roster import Slug
from models.routing import Routing
from models.sla import Condition, SlaClass, check_placeholders


class Grace(Outside):
    """Bounds on what people may ask of a lead in flight."""

    undo: Duration = timedelta(minutes=1)
    snooze_at_most: Duration = timedelta(hours=4)
    pause_at_most: Duration = timedelta(days=7)
    take_back: bool = Field(False, description="who was asked before may still take it while nobody has accepted")


class TriageRule(Outside):
    """Leads nobody took: who is answerable and how often they hear of it."""

    answerable: Slug | None = Field(None, description="left out: the team's manager")
    every: Duration = Field(timedelta(days=1), le=timedelta(days=1))


class ReviewRule(Outside):
    """Leads a person decides on: who, and by when (wall time)."""

    answerable: Slug | None = None
    within: Duration = timedelta(hours=24)


class Afterwards(StrEnum):
    """What becomes of a lead whose nurture programme ran its time."""

    CLOSE = "close"
    REVIEW = "review"


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class NurtureRule(Outside):
    """Leads marketing keeps warm: whose programme, which one, and for how long (wall time)."""

    answerable: Slug | None = None
    programme: Slug = Field("nurture", description="what the marketing tool is told to enrol them in")
    lasts: Duration = timedelta(days=180)
    then: Afterwards = Field(Afterwards.CLOSE, description="what becomes of it then: close, or review")


class AlertRule(Outside):
    """How managers are told: what comes within `bundle` of a message to one of them goes out as one at its end."""

    bundle: Duration = Field(timedelta(0), le=timedelta(hours=4), description="0: each alert at once")
    acknowledged: Duration = Field(
        timedelta(days=1), le=timedelta(days=7), description="how long an acknowledged alert is not repeated"
    )


class NoticeRule(Outside):
    """How reps are told: what comes within `bundle` of a message to one of them goes out as one at its end."""

    bundle: Duration = Field(timedelta(0), le=timedelta(hours=1), description="0: each message at once")


FIRST_ANSWER_PLACEHOLDERS = ("first_name", "company", "owner")
"""What a first answer's subject and text may hold in braces."""


class FirstAnswer(Outside):
    """An automatic first mail to the prospect of a new lead (R7). There is none unless a policy asks for it."""

    name: Slug
    when: Condition | None = Field(None, description="left out: every lead with an e-mail address")
    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=5000, description="{first_name} {company} {owner} are filled in")

    @field_validator("subject", "text")
    @classmethod
    def _known_places(cls, text: str) -> str:
        check_placeholders(text, FIRST_ANSWER_PLACEHOLDERS)
        return text

    @field_validator("subject")
    @classmethod
    def _one_line(cls, subject: str) -> str:
        if len(subject.splitlines()) > 1:
            raise ValueError("has to be one line")
        return subject


class CoachingRule(Outside):
    """Who goes on the coaching list: so many offers ran out, or promises were broken, within a while (R32)."""

    misses: int = Field(3, ge=1, le=1000)
    within: Duration = timedelta(days=14)


class DigestRule(Outside):
    """When each manager is sent where their teams stand: at a time of day in their own zone."""

    at: TimeOfDay = "08:30"
    days: list[Weekday] = Field(default_factory=lambda: list(Weekday)[:5], min_length=1)

    @field_validator("at")
    @classmethod
    def _on_its_day(cls, at: str) -> str:
        if at == "24:00":
            raise ValueError("24:00 is the next day's 00:00; write that, and the days it is meant on")
        return at


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
    territories: dict[Slug, Territory] = Field(
        default_factory=dict, description="the countries of each region: `region` follows from them (R10)"
    )
    segments: list[Segment] = Field(default_factory=list, max_length=200)
    accounts: list[Account] = Field(default_factory=list, description="companies that somebody looks after")
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
    ways: list[WayRule] = Field(default_factory=list, max_length=200)
    triggers: list[Trigger] = Field(default_factory=list, max_length=200)
    tiers: list[Tier] = Field(min_length=1, max_length=100)
    routing: Routing
    sla: list[SlaClass] = Field(min_length=1, max_length=200)
    manners: Grace = Field(default_factory=Grace)
    triage: TriageRule = Field(default_factory=TriageRule)
    review: ReviewRule = Field(default_factory=ReviewRule)
    nurture: NurtureRule = Field(default_factory=NurtureRule)
    alerts: AlertRule = Field(default_factory=AlertRule)
    notices: NoticeRule = Field(default_factory=NoticeRule)
    first_answers: list[FirstAnswer] = Field(
        default_factory=list, max_length=50, description="the first that holds is sent; none: nothing is"
    )
    coaching: CoachingRule = Field(default_factory=CoachingRule)
    digest: DigestRule | None = Field(None, description="left out: no digest is sent")
    duplicates_within: Duration = timedelta(days=90)
    examples: list[Example] = Field(default_factory=list, max_length=500, description="run by every check")

    @field_validator("lists")
    @classmethod
    def _fold_case(cls, lists: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: [" ".join(entry.split()).lower() for entry in entries] for name, entries in lists.items()}

    @field_validator("territories")
    @classmethod
    def _one_region_each(cls, territories: dict[str, Territory]) -> dict[str, Territory]:
        every = [country for territory in territories.values() for country in territory.countries]
        if twins := sorted(country for country, times in Counter(every).items() if times > 1):
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
        if self.sla[-1].valid_from is not None or self.sla[-1].valid_until is not None:
            raise ValueError("sla: the last class takes every lead, so it counts always (no `from`, no `until`)")
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
            "triggers": [trigger.name for trigger in self.triggers],
            "scoring.attributes": [rule.name for rule in self.scoring.attributes],
            "scoring.behaviour": [rule.kind for rule in self.scoring.behaviour],
            "fit.criteria": [rule.name for rule in self.fit.criteria],
            "routing.rules": [rule.name for rule in self.routing.rules],
            "routing.best_fit": [rule.name for rule in self.routing.best_fit],
            "segments": [segment.name for segment in self.segments],
            "accounts": [account.id for account in self.accounts],
            "first_answers": [answer.name for answer in self.first_answers],
            "examples": [example.name for example in self.examples],
        }
        for where, names in named.items():
            if twin := first_twin(names):
                raise ValueError(f"{where}: {twin!r} is there twice; reasons are told by name")


def first_twin(names: Iterable[str]) -> str | None:
    """Give the first name that is there a second time."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
