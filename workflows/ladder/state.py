"""Where a lead stands, whole: everything that must travel across a continue-as-new, and nothing else.

The machine (`climbing`, `answers` and `returns`) maps (state, what happened, now) to a `Step`.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from models.base import Inside, Instant
from models.decisions import Assignment, Enrichment, Manners, Score
from models.ladder import Entry, Rung, Target
from models.lead import ENDED, Stage
from models.messages import Verdict
from models.orders import Tell
from workflows.ladder.effects import Alerting

KEPT_ANSWERS = 500
"""How many keyed answers are remembered; older keys are told apart by the database."""

KEPT_ENTRIES = 200
"""How many lines of the timeline the workflow keeps for its query; the database keeps all."""

KEPT_FORMERS = 10
"""How many of those who were asked before are remembered, so that they may still take it where the policy allows."""

KEPT_HANDOVERS = 10
"""How many wishes to hand the lead over may wait until it is known who holds it."""

KEPT_LATER = 50
"""How many messages may wait for their time; beyond that the oldest is given up, and the timeline says so."""

LONGEST_LINE = 1000
"""Characters of one line of the timeline."""

OUTSIDE_THE_LADDER = 1000
"""Rung numbers from here on key messages that are not rungs of a plan, or of one that comes round again."""

Ended = Literal["expired", "declined", "withdrawn"]
"""How an offer ended without having been taken."""


class Holder(Inside):
    """The one person who holds the lead."""

    rep_id: str
    rep_name: str
    offer: int
    team: str | None
    region: str | None
    manager_id: str | None
    backup_id: str | None
    sentence: str
    since: Instant
    accepted_at: Instant | None = None


class HandingOver(Inside):
    """A person's wish that `holder` leaves the lead, for `rep_id` or whoever routing finds."""

    by: str
    reason: str
    holder: str
    insists: bool = Field(False, description="the holder was named: they cannot keep it, whatever they answer")
    taken: bool = Field(
        False, description="they had accepted it by then; who accepts later keeps it, unless it insists"
    )
    rep_id: str | None = None
    since: Instant
    ticket: str | None = Field(None, description="who waits for the verdict")


class Move(Inside):
    """An offer that is being made: to whom, at whose wish, and which rung it is."""

    to: Target
    rungs_done: int
    cause: str
    began_at: Instant
    rung: int = 0
    again: bool = Field(False, description="somebody held it before: ordered as `reassign`")
    ended: Ended = Field("expired", description="how the last offer ended")
    backup: str | None = Field(None, description="the backup reserved with the offer before")
    rep_id: str | None = None
    who: str | None = Field(None, description="the person or rota that the policy's rung names")
    by: str | None = None
    accepted: bool = False
    over: int | None = Field(None, description="the accepted offer it was begun in spite of")
    ticket: str | None = Field(None, description="who waits for the verdict")
    leaving: bool = Field(False, description="the holder cannot keep it, whether or not anybody else is found")
    hands_over: HandingOver | None = Field(None, description="the wish that it carries out")

    @property
    def wished(self) -> bool:
        """Say whether a person waits for it: nothing of the machine's depends on it."""
        return self.to is Target.NAMED or (self.by is not None and self.ticket is not None)


class Judging(Inside):
    """A (new) judgement that is wanted: score, qualify, and go where that leads."""

    repin: bool = False
    cause: str = ""
    ticket: str | None = None
    afresh: bool = Field(False, description="who was asked before may be asked again, unless they declined")


class Stuck(Inside):
    """An order that keeps failing; it is tried again at `retry_at` while a manager knows."""

    because: str
    since: Instant
    attempts: int
    retry_at: Instant


class Pausing(Inside):
    """Frozen time."""

    by: str
    reason: str
    since: Instant
    until: Instant


class Acknowledged(Inside):
    """Somebody has seen that the lead needs a person: what was told about `offer` is not told again until then."""

    by: str
    offer: int
    until: Instant


class Reconsidering(Inside):
    """The roster has changed under the holder; their rungs are to be planned anew as soon as nothing else goes on."""

    because: str
    since: Instant


class Later(Inside):
    """A message that waits: it is quiet where it goes, more is to go with it, or somebody asked to be told then."""

    until: Instant
    since: Instant
    tell: Tell | None = None
    alert: Alerting | None = None


class Answered(Inside):
    """A message with a key and the verdict it got."""

    key: str
    name: str
    who: str | None
    at: Instant
    verdict: Verdict
    taken_back: Verdict | None = Field(None, description="the verdict of the `undo` that took it back")


class LeadState(Inside):
    """Everything the workflow knows of its lead."""

    lead_id: str
    admitted: bool = Field(False, description="the first activity has let it in, or said why not")
    headline: str = "a new lead"
    source: str | None = None
    type: str | None = None
    region: str | None = None
    stage: Stage = Stage.RECEIVED
    because: str = ""
    policy: str | None = None
    manners: Manners = Field(default_factory=Manners)
    backfill: bool = False
    received_at: Instant | None = None
    sla_from: Instant | None = Field(None, description="where the promise is counted from: door or promotion")
    response_due_at: Instant | None = None
    enrichment: Enrichment | None = None
    score: Score | None = None
    sla: str | None = None
    assignment: Assignment | None = None

    offer: int = Field(0, description="the number of the last offer; one whose answer got lost keeps its number")
    made: int = Field(0, description="how many offers reached somebody")
    rung: int = Field(0, description="how many rungs of the ladder are behind")
    holder: Holder | None = None
    last_holder: Holder | None = Field(None, description="who held it when it went to triage")
    formers: tuple[Holder, ...] = Field((), description="on whom an offer ran out, latest last")
    released_because: str = ""
    released_as: Ended | None = Field(None, description="how the last holder's offer ended, if not by an order")
    answerable: str | None = None
    asked: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    widened: tuple[str, ...] = Field((), description="pools that may be asked, too, since the ladder widened")
    plan: tuple[Rung, ...] = ()
    plan_no: int = Field(0, description="a plan ordered under an older number is not taken")
    away_at: Instant | None = Field(None, description="when the holder goes on leave, before the lead moves on")
    away_because: str = ""
    resting_until: Instant | None = Field(None, description="a rung of the policy lets it rest until then")
    reconsider: Reconsidering | None = None
    gone_told: int | None = Field(None, description="of which accepted offer the manager was told: its owner is gone")
    frozen: tuple[Rung, ...] = Field((), description="the rungs an acceptance put aside, in case it is undone")
    frozen_at: Instant | None = None
    frozen_rung: int = 0
    frozen_stage: Stage | None = None
    wake_at: Instant | None = Field(None, description="when a lead without rungs is looked at again")
    wake_for: str = ""
    acknowledged: Acknowledged | None = None
    paged: bool = Field(False, description="somebody was told of this hold already")

    moving: Move | None = None
    judging: Judging | None = None
    postponed: Move | None = Field(
        None, description="the machine's own move that waits for what a person asked for, and is made if that fails"
    )
    unjudged: Judging | None = Field(None, description="likewise, a judgement")
    handovers: tuple[HandingOver, ...] = Field((), description="wishes that wait until it is known who holds the lead")
    stuck: Stuck | None = None
    failures: int = 0
    paused: Pausing | None = None

    first_offered_at: Instant | None = None
    first_accepted_at: Instant | None = Field(None, description="when the promise was kept, or was too late")
    accepted_at: Instant | None = None
    contacted_at: Instant | None = None
    breached: bool = False
    folded_into: str | None = None

    alerts: int = Field(0, description="messages outside the ladder so far; numbers their idempotency keys")
    keys: tuple[tuple[int, int], ...] = Field(
        (), description="offer and rung of what was said of the present offer, and of those that may still be taken"
    )
    later: tuple[Later, ...] = Field((), description="messages that wait for their time")
    touches: int = 0
    told: int = Field(0, description="lines of the timeline so far")
    seq: int = Field(0, description="what the database was last told to know")
    entries: tuple[Entry, ...] = ()
    answers: tuple[Answered, ...] = ()
    reported: tuple[tuple[str, str, str], ...] = Field(
        (), description="messages (name, who, key) whose verdict was told to whoever left them"
    )
    tickets: int = 0

    @property
    def ended(self) -> bool:
        """Say whether the workflow has nothing left to do."""
        return self.stage in ENDED

    @property
    def accepted(self) -> bool:
        """Say whether somebody has taken the lead."""
        return self.holder is not None and self.holder.accepted_at is not None

    @property
    def on_leave_at(self) -> Instant | None:
        """Name when the holder, who has not taken it, goes on leave while rungs wait for their answer."""
        asks = self.plan and self.holder is not None and not self.accepted
        return self.away_at if asks else None

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_release(cls, carried: Any) -> Any:
        """Read a state that was carried over before offers were counted apart from their numbers."""
        if isinstance(carried, dict) and "made" not in carried:
            return {**carried, "made": carried.get("offer", 0)}
        return carried
