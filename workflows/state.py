"""Where a lead stands, whole: everything that must travel across a continue-as-new, and nothing else.

The machine in `ladder` and `answers` maps (state, what happened, now) to a `Step`: the next state, what is to be done
beside the wait, and the verdict for whoever asked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from models.base import Inside, Instant
from models.decisions import Assignment, Enrichment, Manners, Score
from models.ladder import Entry, EntryKind, Rung, Target
from models.lead import ENDED, Stage, Touch
from models.messages import Verdict
from models.orders import Tell

KEPT_ANSWERS = 500
"""How many keyed answers are remembered; older keys are told apart by the database."""

KEPT_ENTRIES = 200
"""How many lines of the timeline the workflow keeps for its query; the database keeps all."""


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


class Move(Inside):
    """An offer that is being made: to whom, at whose wish, and which rung it is."""

    to: Target
    rungs_done: int
    cause: str
    began_at: Instant
    rung: int = 0
    again: bool = Field(False, description="somebody held it before: ordered as `reassign`")
    ended: Literal["expired", "declined", "withdrawn"] = Field("expired", description="how the last offer ended")
    backup: str | None = Field(None, description="the backup reserved with the offer before")
    rep_id: str | None = None
    by: str | None = None
    accepted: bool = False
    over: int | None = Field(None, description="the accepted offer it was begun in spite of")
    ticket: str | None = Field(None, description="who waits for the verdict")
    leaving: bool = Field(False, description="the holder cannot keep it, whether or not anybody else is found")


class Judging(Inside):
    """A (new) judgement that is wanted: score, qualify, and go where that leads."""

    repin: bool = False
    cause: str = ""
    ticket: str | None = None


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

    offer: int = Field(0, description="the number of the last offer made")
    rung: int = Field(0, description="how many rungs of the ladder are behind")
    holder: Holder | None = None
    last_holder: Holder | None = Field(None, description="who held it when it went to triage")
    released_because: str = ""
    released_as: Literal["expired", "declined", "withdrawn"] | None = Field(
        None, description="how the last holder's offer ended, if that was not by an order"
    )
    answerable: str | None = None
    asked: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    plan: tuple[Rung, ...] = ()
    plan_no: int = Field(0, description="a plan ordered under an older number is not taken")
    frozen: tuple[Rung, ...] = Field((), description="the rungs an acceptance put aside, in case it is undone")
    frozen_at: Instant | None = None
    frozen_rung: int = 0
    frozen_stage: Stage | None = None
    wake_at: Instant | None = Field(None, description="when a lead without rungs is looked at again")
    wake_for: str = ""

    moving: Move | None = None
    judging: Judging | None = None
    postponed: Move | None = Field(
        None, description="the machine's own move that waits for what a person asked for, and is made if that fails"
    )
    unjudged: Judging | None = Field(None, description="likewise, a judgement")
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
    keys: tuple[tuple[int, int], ...] = Field((), description="offer and rung of what was said of the present offer")
    touches: int = 0
    told: int = Field(0, description="lines of the timeline so far")
    seq: int = Field(0, description="what the database was last told to know")
    entries: tuple[Entry, ...] = ()
    answers: tuple[Answered, ...] = ()
    tickets: int = 0

    @property
    def ended(self) -> bool:
        """Say whether the workflow has nothing left to do."""
        return self.stage in ENDED

    @property
    def accepted(self) -> bool:
        """Say whether somebody has taken the lead."""
        return self.holder is not None and self.holder.accepted_at is not None


class AlertCause(StrEnum):
    """What an alert is about."""

    RUNG = "rung"
    TROUBLE = "trouble"
    UNTOLD = "untold"
    TRIAGE = "triage"


@dataclass(frozen=True, slots=True)
class Telling:
    """Send this to the rep, beside the wait."""

    order: Tell


@dataclass(frozen=True, slots=True)
class Alerting:
    """Tell the manager, beside the wait; `offer` None is the one that stands when it is ordered."""

    what: str
    rung: int
    about: AlertCause
    offer: int | None = None


@dataclass(frozen=True, slots=True)
class Planning:
    """Order a plan under `plan_no`; it is taken if nothing else happened meanwhile."""

    kind: Literal["contact", "shift"]
    at: datetime
    cause: str
    plan_no: int
    frozen_at: datetime | None = None
    rungs: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Rescoring:
    """Score again because the prospect did something."""

    cause: str


@dataclass(frozen=True, slots=True)
class Touching:
    """Keep this event for scoring."""

    n: int
    touch: Touch


@dataclass(frozen=True, slots=True)
class Settling:
    """Answer whoever waits for `ticket`."""

    ticket: str
    verdict: Verdict


Effect = Telling | Alerting | Planning | Rescoring | Touching | Settling


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one thing that happened."""

    state: LeadState
    effects: tuple[Effect, ...] = ()
    verdict: Verdict | None = None
    ticket: str | None = field(default=None)

    def set(self, **changes: Any) -> "Step":
        """Change the state."""
        return replace(self, state=self.state.model_copy(update=changes))

    def do(self, *effects: Effect) -> "Step":
        """Add effects; each message has a key of its own, also where the same rung comes round again."""
        step = self
        for effect in effects:
            step, keyed = step._keyed(effect)
            step = replace(step, effects=(*step.effects, keyed))
        return step

    def _keyed(self, effect: Effect) -> "tuple[Step, Effect]":
        match effect:
            case Telling():
                step, rung = self._numbered(effect.order.offer, effect.order.rung)
                return step, Telling(effect.order.model_copy(update={"rung": rung}))
            case Alerting():
                holder = self.state.holder
                present = holder.offer if holder else self.state.offer
                offer = present if effect.offer is None else effect.offer
                step, rung = self._numbered(offer, effect.rung)
                return step, replace(effect, offer=offer, rung=rung)
            case _:
                return self, effect

    def _numbered(self, offer: int, rung: int) -> "tuple[Step, int]":
        """Give a message its rung as its number, or one outside the ladder if that rung was told of before."""
        if rung > OUTSIDE_THE_LADDER:
            return self, rung
        if (offer, rung) in self.state.keys:
            number = self.state.alerts + 1
            return self.set(alerts=number), OUTSIDE_THE_LADDER + number
        kept = (key for key in self.state.keys if key[0] >= offer)
        return self.set(keys=(*kept, (offer, rung))), rung

    def tell(self, at: datetime, kind: EntryKind, says: str, **data: Any) -> "Step":
        """Write a line in the timeline."""
        entry = Entry(n=self.state.told, at=at, kind=kind, says=says[:LONGEST_LINE], data=data)
        return self.set(told=entry.n + 1, entries=(*self.state.entries, entry)[-KEPT_ENTRIES:])

    def alert(self, what: str, about: AlertCause) -> "Step":
        """Tell the manager something that is not a rung of the plan."""
        number = self.state.alerts + 1
        return self.set(alerts=number).do(Alerting(what, OUTSIDE_THE_LADDER + number, about))


LONGEST_LINE = 1000
"""Characters of one line of the timeline."""

OUTSIDE_THE_LADDER = 1000
"""Rung numbers from here on key messages that are not rungs of a plan, or of one that comes round again."""
