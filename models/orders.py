"""What activities are asked to do. Imperatives; each is a plain fact sheet, so a retry asks the same again."""

from typing import Any, Literal

from pydantic import Field

from models.base import Inside, Instant
from models.ladder import Entry, Rung, Target
from models.lead import Stage, Touch


class AdmitLead(Inside):
    """Normalise, recognise duplicates, open the row, pin the policy."""

    lead_id: str
    raw: Any = Field(description="the input exactly as it came")
    started_at: Instant
    not_into: tuple[str, ...] = Field((), description="leads that could not take the touch in: already closed")


class EnrichLead(Inside):
    """Fill what is missing, within the time budget."""

    lead_id: str
    policy: str


class ScoreLead(Inside):
    """Score and qualify under `policy`; `repin` takes the version published now instead."""

    lead_id: str
    policy: str
    at: Instant
    repin: bool = False


class AssignLead(Inside):
    """Give the lead to exactly one person, as offer number `offer`. Keyed by (lead, offer): a retry gives the same."""

    lead_id: str
    offer: int
    policy: str
    to: Target
    sla: str | None = Field(description="None: the class the lead falls in now")
    rungs_done: int = Field(0, description="how many rungs of the ladder are behind; the plan starts after them")
    asked: tuple[str, ...] = Field((), description="who was offered it already: never again by the machine")
    holder: str | None = Field(None, description="who holds it now")
    backup: str | None = Field(None, description="the backup reserved with the present offer")
    rep_id: str | None = Field(None, description="the person a human named")
    by: str | None = Field(None, description="the human who asked for it")
    accepted: bool = Field(False, description="the person named takes it themselves")
    cause: str = Field(description='why now: "declined by dee: on the road"')
    ended: Literal["expired", "declined", "withdrawn"] = Field(
        "expired",
        description="how the offer before this one ended; the policy says whether the turn is given back",
    )
    ordered_at: Instant = Field(description="when the workflow wanted this; who accepted since keeps it")
    sla_from: Instant = Field(description="where the response promise is counted from")


class PlanRungs(Inside):
    """Plan rungs as absolute instants.

    `contact`: the contact clock's rungs from `at` on. `shift`: what was left of `rungs` at `frozen_at`, in their
    own business time, from `at` on (pause, snooze, extend).
    """

    kind: Literal["contact", "shift"]
    lead_id: str
    policy: str
    sla: str | None
    rep_id: str | None
    at: Instant
    cause: str
    frozen_at: Instant | None = None
    rungs: tuple[Rung, ...] = ()


class Tell(Inside):
    """Tell the person who holds offer `offer` about it, once per (lead, offer, rung, channel)."""

    lead_id: str
    kind: Literal["offer", "remind", "contact"]
    rep_id: str
    offer: int
    rung: int
    sentence: str = ""
    due_at: Instant | None = None
    next_step: str = ""


class AlertManager(Inside):
    """Tell the manager answerable for the lead what happened and what it needs."""

    lead_id: str
    offer: int
    rung: int
    manager_id: str | None = Field(description="None: whoever the policy names for leads without a manager")
    what: str
    owner: str | None
    due_at: Instant | None = None


class Holding(Inside):
    """Who the workflow says has the lead: the database reconciles its ownership with this."""

    rep_id: str
    offer: int
    accepted_at: Instant | None = None
    contacted_at: Instant | None = None


class RecordLead(Inside):
    """Write down where the lead stands. A later `seq` wins; a repeat changes nothing."""

    lead_id: str
    seq: int
    at: Instant
    stage: Stage
    holding: Holding | None
    answerable: str | None
    released_because: str = Field("", description="why the last owner no longer has it")
    ended: Literal["expired", "declined", "withdrawn"] | None = Field(
        None, description="how the last owner's offer ended; None: withdrawn, or released if it was accepted"
    )
    offer: int
    rung: int
    due_at: Instant | None
    next_step: str
    breached: bool
    paused: bool = Field(False, description="its time is frozen: it asks for nobody, so it keeps no place in the queue")
    entries: tuple[Entry, ...] = ()
    touches: tuple[tuple[int, Touch], ...] = Field((), description="events by number, for scoring")
    closed: bool = False
