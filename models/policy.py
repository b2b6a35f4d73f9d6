"""The shape of a policy file: what the operating company decides, as data (requirements R4-R8, R31, R34).

Conditions (`when`) are CEL text over the lead's facts; `policy/condition.py` compiles and checks them.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from models.base import Outside
from models.calendar import Calendar
from models.ladder import OFFERING, Clock, RungKind, Target
from models.lead import Fit, Intent, LeadType
from models.roster import Level, Slug

BUSINESS_DAY = timedelta(hours=8)
"""What `1bd` stands for on a business clock."""

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "bd": BUSINESS_DAY,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|bd|s|m|h|d)")


def _duration(value: Any) -> Any:
    """Read `90s`, `15m`, `1h30m`, `2d`, `5bd` (business days of 8 h)."""
    if not isinstance(value, str) or value.startswith(("P", "-P")):
        return value
    parts = _PART.findall(value)
    if not parts or _PART.sub("", value).strip():
        raise ValueError(f"{value!r} is not a duration; write for example 90s, 15m, 1h30m, 2d or 5bd")
    return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0), strict=False)]
Condition = Annotated[str, Field(min_length=1, max_length=4000)]


class PointRule(Outside):
    """Points for what is known about the lead (R33, R34)."""

    name: str
    when: Condition
    points: float


class TouchRule(Outside):
    """Points for what the prospect did: `points` the first time, `again` each further time, at most `cap` in sum."""

    kind: str
    points: float
    again: float | None = Field(None, description="left out: as the first time")
    cap: float | None = None


class Scoring(Outside):
    """The points model (R34, R35)."""

    qualified_above: float = Field(20, description="marketing-qualified: more than this many points (R33)")
    attributes: list[PointRule] = Field(default_factory=list)
    behaviour: list[TouchRule] = Field(default_factory=list)


class IntentSignals(Outside):
    """Which lead types and which touches show this level of intent (R4)."""

    types: list[LeadType] = Field(default_factory=list)
    touches: list[str] = Field(default_factory=list)


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


class WayRule(Outside):
    """A way that goes before the matrix: executive introductions to review, job seekers out (R26, R27, R36)."""

    name: str
    when: Condition
    do: Way
    because: str


class Tier(Outside):
    """Who is ready for a deal of this size (R8): below `below` EUR, the last tier without."""

    name: Slug
    below: float | None = None
    levels: list[Level]


class PoolRule(Outside):
    """Which pool a lead goes to; the first rule that matches (R9-R21)."""

    name: str
    when: Condition
    pool: Slug


class Routing(Outside):
    """Ordered rules to pools. `default_pool` takes what no rule matched."""

    rules: list[PoolRule] = Field(default_factory=list)
    default_pool: Slug
    hold_at_most: Duration = Field(timedelta(days=4), description="no shift opens within this: nobody")
    recheck: Duration = Field(timedelta(minutes=15), description="how often a full pool is looked at again")
    refund: list[str] = Field(
        default_factory=lambda: ["declined", "expired", "withdrawn"],
        description="which ends of an offer give the turn back",
    )


class RungRule(Outside):
    """One rung: what, and how long after the offer before it, on which clock."""

    do: RungKind
    to: Target | None = None
    after: Duration = timedelta(0)
    clock: Clock | None = Field(None, description="left out: the class's clock")
    times: int = Field(1, ge=1, le=20, description="the rung repeated, each `after` the one before")


class SlaClass(Outside):
    """A promise and what happens when it is about to break (R30, R31). The first class whose `when` holds is taken."""

    name: Slug
    when: Condition | None = Field(None, description="left out: every lead (must stand last)")
    response: Duration = Field(description="the promise: received to accepted, on `response_clock`")
    clock: Clock = Clock.TEAM
    response_clock: Clock = Clock.TEAM
    ladder: list[RungRule]
    contact: list[RungRule] = Field(default_factory=list, description="rungs after acceptance, until contact")

    @model_validator(mode="after")
    def _climbs(self) -> "SlaClass":
        if not self.ladder or self.ladder[0].do is not RungKind.OFFER:
            raise ValueError(f"ladder of {self.name!r}: the first rung has to be an offer")
        if self.ladder[-1].do is not RungKind.TRIAGE:
            raise ValueError(f"ladder of {self.name!r}: the last rung has to be triage")
        if any(rung.do is RungKind.TRIAGE for rung in self.ladder[:-1]):
            raise ValueError(f"ladder of {self.name!r}: triage stands last and once")
        self._monotone("ladder", self.ladder)
        self._monotone("contact", self.contact)
        if bad := [rung.do for rung in self.contact if rung.do in (RungKind.OFFER, RungKind.TRIAGE)]:
            raise ValueError(f"contact of {self.name!r}: {bad[0]} has no place there (remind, alert, reassign)")
        return self

    def _monotone(self, where: str, rungs: list[RungRule]) -> None:
        last = timedelta(0)
        for place, rung in enumerate(rungs):
            if rung.after < last:
                raise ValueError(
                    f"{where} of {self.name!r}: rung {place + 1} ({rung.do}) is due before the one above it; "
                    "`after` counts from the offer before"
                )
            last = timedelta(0) if rung.do in OFFERING else rung.after


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


class Policy(Outside):
    """One policy file."""

    name: str
    description: str = ""
    calendars: dict[Slug, Calendar] = Field(
        default_factory=dict, description="policy-wide calendars; `lead` is applied in the lead's own zone"
    )
    scoring: Scoring
    intent: dict[Intent, IntentSignals]
    fit: FitModel
    matrix: list[MatrixCell]
    ways: list[WayRule] = Field(default_factory=list)
    tiers: list[Tier]
    routing: Routing
    sla: list[SlaClass] = Field(min_length=1)
    manners: Grace = Field(default_factory=Grace)
    triage: TriageRule = Field(default_factory=TriageRule)
    review: ReviewRule = Field(default_factory=ReviewRule)
    nurture: NurtureRule = Field(default_factory=NurtureRule)
    duplicates_within: Duration = timedelta(days=90)

    @model_validator(mode="after")
    def _whole(self) -> "Policy":
        cells = [(cell.intent, cell.fit) for cell in self.matrix]
        for intent in Intent:
            for fit in Fit:
                if cells.count((intent, fit)) != 1:
                    raise ValueError(f"matrix: needs exactly one cell for intent {intent} and fit {fit}")
        if any(one.when is None for one in self.sla[:-1]) or self.sla[-1].when is not None:
            raise ValueError("sla: the last class, and only it, has no `when`")
        names = [one.name for one in self.sla]
        if len(set(names)) != len(names):
            raise ValueError("sla: two classes have the same name")
        bounds = [tier.below for tier in self.tiers[:-1] if tier.below is not None]
        open_ended = [tier.name for tier in self.tiers if tier.below is None]
        if open_ended != [tier.name for tier in self.tiers[-1:]] or bounds != sorted(bounds):
            raise ValueError("tiers: bounds have to rise, and the last tier has no `below`")
        return self
