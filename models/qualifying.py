"""What a lead is worth and where it goes, as a policy writes it: points, intent, fit, matrix, ways, tiers (R4-R8)."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from models.base import Outside
from models.durations import Duration
from models.lead import Fit, Intent, LeadType
from models.roster import Level, Slug
from models.sla import Condition
from models.validity import Timed

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
"""A name that conditions can spell: lower-case letters, digits and _, a letter first."""

RuleName = Annotated[str, Field(min_length=1, max_length=200)]
"""What a rule is called, for people: reasons are told by it."""

MOST_RULES = 1000
"""Rules in one list: more than anybody can read, and few enough to try on every lead."""


class PointGroup(StrEnum):
    """The five models whose points make the score (R37), and what a person gave by hand (R38)."""

    PROFILE = "profile"
    APP = "app"
    ONLINE = "online"
    EMAIL = "email"
    SOCIAL = "social"
    HAND = "hand"


class PointRule(Timed):
    """Points for what is known about the lead (R33, R34)."""

    name: RuleName
    when: Condition
    points: float


class AttributeRule(PointRule):
    """A rule of the score: its points count in one of the models."""

    group: PointGroup = PointGroup.PROFILE


class TouchRule(Outside):
    """Points for what the prospect did: `points` the first time, `again` each further time, at most `cap` in sum.

    Only touches of the last `within` count; of several within `once_per` just one does. With a `half_life` a touch is
    worth half as much after that time, a quarter after twice as long, and so on.
    """

    kind: Word
    points: float
    again: float | None = Field(None, description="left out: as the first time")
    cap: float | None = None
    group: PointGroup = PointGroup.ONLINE
    within: Duration | None = Field(None, description="left out: however long ago")
    once_per: Duration | None = Field(None, description="left out: each touch counts")
    half_life: Duration | None = Field(None, description="left out: as its group has it, else none")


class GroupRule(Outside):
    """Bounds on what one model may bring (R37), and how fast its touches fade."""

    most: float | None = Field(None, ge=0, description="points it may bring at most")
    least: float | None = Field(None, le=0, description="points it may cost at most, written negative")
    half_life: Duration | None = Field(None, description="for its touches that have none of their own")
    counts: bool = Field(True, description="false: it is not part of the mix")


class LearnedRule(Outside):
    """What the learned score may do (R38). It is shown beside the points in any case."""

    promote_above: float | None = Field(
        None, gt=0, lt=100, description="percent: a likelier lead goes to a person although its points would not do"
    )
    needs: int = Field(50, ge=1, le=1_000_000, description="conversions, and as many others, before it is trusted")


class Scoring(Outside):
    """The points model (R34, R35), in five groups (R37)."""

    qualified_above: float = Field(20, description="marketing-qualified: more than this many points (R33)")
    attributes: list[AttributeRule] = Field(default_factory=list, max_length=MOST_RULES)
    behaviour: list[TouchRule] = Field(default_factory=list, max_length=MOST_RULES)
    groups: dict[PointGroup, GroupRule] = Field(default_factory=dict)
    by_hand_at_most: float = Field(50, ge=0, le=1000, description="points a person may give or take in sum (R38)")
    refresh: Duration = Field(
        timedelta(days=1), ge=timedelta(minutes=1), description="how old the score of a nurtured lead may get"
    )
    personal_attributes: bool = Field(
        False, description="true: rules may look at age, gender and the like in `custom`; a warning says so"
    )
    learned: LearnedRule = Field(default_factory=LearnedRule)


class TriggerOn(StrEnum):
    """What sets a trigger off (R21, R33). An event sets off a new score in any case."""

    TAG_ADDED = "tag_added"
    TAG_REMOVED = "tag_removed"
    FIELD_CHANGED = "field_changed"
    SEGMENT_ENTERED = "segment_entered"
    SEGMENT_LEFT = "segment_left"
    ABOVE_THRESHOLD = "above_threshold"


class TriggerDo(StrEnum):
    """What a trigger asks for. `requalify`: judged anew, and given to whom that leads, while nobody has accepted."""

    REQUALIFY = "requalify"
    ALERT = "alert"


class Trigger(Outside):
    """What follows when a tag, a field or a segment of a lead in flight changes, or its points cross the threshold."""

    name: RuleName
    on: TriggerOn
    what: str | None = Field(None, min_length=1, max_length=120, description="the tag, field or segment; left out: any")
    when: Condition | None = None
    do: TriggerDo


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
    criteria: list[PointRule] = Field(max_length=MOST_RULES)


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


class Via(StrEnum):
    """Whose matter a customer's lead is, before any pool: the relationship's owner, or customer success (R27)."""

    RELATIONSHIP = "relationship"
    SUCCESS = "success"


class WayRule(Timed):
    """A way that goes before the matrix: executive introductions to review, job seekers out (R26, R27, R36).

    `pool`, `via` and `levels` are for `do: route`: this pool instead of what routing rules say; whom the account names
    first; and who may get it instead of whom matrix and tier ask for (with a `pool` and no `levels`, anybody in it).
    """

    name: RuleName
    when: Condition
    do: Way
    because: str = Field(min_length=1)
    answerable: Slug | None = Field(None, description="for review and nurture; left out: as for all of them")
    pool: Slug | None = None
    via: Via | None = None
    levels: list[Level] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fitting(self) -> "WayRule":
        if self.do is not Way.ROUTE:
            for key, value in (("pool", self.pool), ("via", self.via), ("levels", self.levels or None)):
                if value is not None:
                    raise ValueError(f"{key}: is for `do: route` only")
        return self


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
