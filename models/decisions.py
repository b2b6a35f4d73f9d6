"""What activities answer: decisions, each with its reasons. Nouns; outcomes are unions, not flags."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from models.base import Inside, Instant, Problem
from models.explanation import FactUsed, RoutingTrace, RuleTried
from models.ladder import Plan
from models.lead import Fit, Intent
from models.roster import ChannelName


class Manners(Inside):
    """The bounds a policy sets on what people may ask of a lead in flight."""

    undo_within: timedelta = timedelta(minutes=1)
    snooze_at_most: timedelta = timedelta(hours=4)
    pause_at_most: timedelta = timedelta(days=7)
    triage_every: timedelta = timedelta(days=1)
    acknowledged_for: timedelta = Field(
        timedelta(days=1), description="how long an alert that a manager acknowledged is not repeated"
    )
    take_back: bool = Field(False, description="who was asked before may still take it while nobody has accepted")
    review_after_nurture: bool = Field(False, description="a nurture programme that ran its time ends in review")
    nurture_for: timedelta = Field(
        timedelta(days=180), description="how long a lead is nurtured that the ladder's end sends there"
    )
    enrich_within: timedelta = timedelta(seconds=5)
    assign_within: timedelta = Field(
        timedelta(minutes=2), description="how long assigning may fail before a manager is told"
    )
    tell_within: timedelta = Field(
        timedelta(minutes=2), description="how long a message is tried before it counts as undeliverable"
    )


class Admitted(Inside):
    """The lead is in: normalised, not known yet, its row open, its policy version pinned."""

    outcome: Literal["admitted"] = "admitted"
    lead_id: str
    headline: str = Field(description='without personal data: "demo request, Acme (DE)"')
    source: str
    type: str
    region: str | None
    received_at: Instant
    policy: str = Field(description="the pinned policy version")
    manners: Manners
    backfill: bool = False
    notes: tuple[str, ...] = ()


class Folded(Inside):
    """The same person or external id is in flight already: this touch goes there as an event."""

    outcome: Literal["folded"] = "folded"
    into: str
    because: str


class Unusable(Inside):
    """What came in is not a lead as it stands; a named person reviews it by `due_at`."""

    outcome: Literal["unusable"] = "unusable"
    problems: tuple[Problem, ...]
    answerable: str | None
    due_at: Instant
    policy: str
    manners: Manners
    received_at: Instant


class Over(Inside):
    """The lead with this id was here before and has ended: nothing is begun again."""

    outcome: Literal["over"] = "over"
    stage: str
    because: str


Admission = Annotated[Admitted | Folded | Unusable | Over, Field(discriminator="outcome")]


class Fact(Inside):
    """One thing known about the lead, who said so, and when they were asked."""

    field: str
    value: Any
    source: str
    as_of: Instant | None = None


class Unknown(Inside):
    """One thing not known, because."""

    field: str
    because: str


class ProviderAsked(Inside):
    """One provider that was asked (or not): what came of it, how long that took, what it cost, and why.

    `outcome`: found, nothing, failed, not_asked, cached.
    """

    provider: str
    outcome: str
    because: str = ""
    took: timedelta = timedelta(0)
    cost: float = Field(0, description="in the currency that the providers' file is in")


class Enrichment(Inside):
    """What was learned of the lead within the time budget (R43)."""

    facts: tuple[Fact, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    asked: tuple[ProviderAsked, ...] = ()
    account: str | None = Field(None, description='"Acme (domain)": the account it was matched to')
    possible: int = Field(0, description="accounts it might be, which a person has to say")
    later: bool = Field(False, description="a provider was too slow: what it says is still waited for")


class Reason(Inside):
    """Points and what gave them (R39); they add up to the score exactly. `group`: the model they belong to (R37)."""

    rule: str
    points: float
    because: str
    group: str | None = None


class LearnedReason(Inside):
    """What one feature does to the likelihood: `weight` in log-odds, positive for more likely (R39)."""

    feature: str
    weight: float


class Learned(Inside):
    """How likely it is that the lead converts, by a learned model (R38).

    The reasons' weights and `base` add up to `log_odds`, of which `likelihood` is the logistic function.
    """

    model: str = Field(description="the version of the model")
    likelihood: float = Field(ge=0, le=1)
    log_odds: float
    base: float
    reasons: tuple[LearnedReason, ...] = ()
    trusted: bool = True
    because: str = Field("", description="why it is not to be trusted yet")


class Fired(Inside):
    """One trigger of the policy that this judgement set off, what it asks for and what set it off (R21, R33)."""

    trigger: str
    do: str = Field(description="a `models.qualifying.TriggerDo`")
    because: str


class Route(Inside):
    """A person is to get it: which SLA class and which deal tier."""

    way: Literal["route"] = "route"
    sla: str
    tier: str | None = None
    pool: str | None = Field(None, description="the pool a way names; None: by ties and routing rules")
    via: str | None = Field(None, description="whose matter it is, by the way: a `models.qualifying.Via`")
    levels: tuple[str, ...] | None = Field(None, description="who may get it, by the way; None: by matrix and tier")
    because: str


class Nurture(Inside):
    """Marketing has it, until its behaviour crosses the threshold or `until` comes (R7)."""

    way: Literal["nurture"] = "nurture"
    answerable: str | None
    monitored: bool
    until: Instant
    because: str


class Review(Inside):
    """A person decides what to do with it (R26), by `due_at`."""

    way: Literal["review"] = "review"
    answerable: str | None
    due_at: Instant
    because: str


class Disqualified(Inside):
    """It is not a lead for us (R36)."""

    way: Literal["disqualify"] = "disqualify"
    because: str


Qualification = Annotated[Route | Nurture | Review | Disqualified, Field(discriminator="way")]


class Score(Inside):
    """The score with its reasons, intent and fit, and the way the lead goes from here (R6, R33)."""

    points: float
    reasons: tuple[Reason, ...]
    intent: Intent
    fit: Fit
    qualification: Qualification
    policy: str = Field(description="the version that judged; `requalify` pins anew")
    facts: tuple[FactUsed, ...] = Field((), description="what was looked at, and where it came from (R29)")
    ways: tuple[RuleTried, ...] = Field((), description="the ways that go before the matrix, as they were tried")
    segments: tuple[str, ...] = Field((), description="the policy's segments it is in now")
    touches: int = Field(0, description="how many touches were looked at: triggers look at later ones only")
    fired: tuple[Fired, ...] = ()
    learned: Learned | None = Field(None, description="by the published model; None: there is none")
    at: Instant | None = Field(None, description="the instant it was judged as of; None: by an older version")


class Offered(Inside):
    """Exactly one person has been given the lead and is asked to take it."""

    outcome: Literal["offered"] = "offered"
    offer: int
    rep_id: str
    rep_name: str
    team: str | None
    region: str | None
    manager_id: str | None
    backup_id: str | None = Field(None, description="the backup reserved for this offer")
    pool: str | None = None
    sla: str
    sentence: str = Field(description="why this person, for the person (R29)")
    at: Instant = Field(description="the instant eligibility was judged")
    plan: Plan = Field(description="the rungs from this offer on")
    response_due_at: Instant | None = Field(None, description="the lead clock's promise, from the door on")
    accepted: bool = Field(False, description="the person took it themselves (`take`): nothing to answer")
    channels: tuple[ChannelName, ...] = Field((), description="how the policy's rung wants them told of the offer")
    text: str = ""
    urgent: bool = False
    trace: RoutingTrace | None = None


class Held(Inside):
    """Nobody may be offered it now; it is looked at again at `until` or as soon as a place comes free."""

    outcome: Literal["held"] = "held"
    until: Instant
    because: str
    manager_id: str | None = None
    response_due_at: Instant | None = Field(None, description="the promise, in the pool's business time")
    page: bool = Field(False, description="somebody hears of it now, because nobody is on shift before it is due")
    page_who: str | None = Field(None, description="the rota or person who hears of it; None: the manager")
    trace: RoutingTrace | None = None


class Nobody(Inside):
    """Nobody (else) may be offered it at all: the manager hears of it, and the present owner, if any, stays."""

    outcome: Literal["nobody"] = "nobody"
    because: str
    manager_id: str | None = None
    plan: Plan | None = Field(None, description="the rungs left, counted from now, while the present owner stays")
    response_due_at: Instant | None = Field(None, description="the promise, which runs though nobody can be asked")
    trace: RoutingTrace | None = None


class NotAllowed(Inside):
    """A person asked for something that cannot be (an unknown rep, a lead that is closed)."""

    outcome: Literal["not_allowed"] = "not_allowed"
    because: str


Assignment = Annotated[Offered | Held | Nobody | NotAllowed, Field(discriminator="outcome")]


class DeliveryState(StrEnum):
    """What became of a message. `later`: it is quiet there, or more is to go with it; sent again at `until`."""

    DELIVERED = "delivered"
    LATER = "later"
    STALE = "stale"
    UNDELIVERABLE = "undeliverable"


class Delivery(Inside):
    """What became of one message to one person: over which channel, or why over none."""

    state: DeliveryState
    person_id: str | None
    channel: str | None = None
    because: str = ""
    until: Instant | None = Field(None, description="of `later`: when it is to be sent")


class Recorded(Inside):
    """The database knows as much as the workflow did at `seq`."""

    seq: int
