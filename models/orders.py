"""What activities are asked to do. Imperatives; each is a plain fact sheet, so a retry asks the same again."""

from typing import Any, Literal

from pydantic import Field

from models.audit import Finding
from models.base import Inside, Instant
from models.ladder import Entry, Rung, Target
from models.lead import Stage, Touch
from models.roster import ChannelName


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
    who: str | None = Field(None, description="the person or rota that the policy's rung names")
    pools: tuple[str, ...] = Field((), description="who may be asked, too: the ladder has widened the pool")
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
    own business time, from `at` on (pause, snooze, extend). `anew`: the same `rungs` on today's calendars, because the
    roster has changed; and whether their holder, who has not `accepted`, is still there to answer.
    """

    kind: Literal["contact", "shift", "anew"]
    lead_id: str
    policy: str
    sla: str | None
    rep_id: str | None
    at: Instant
    cause: str
    frozen_at: Instant | None = None
    rungs: tuple[Rung, ...] = ()
    accepted: bool = False


class Tell(Inside):
    """Tell the person who holds offer `offer` about it, once per (lead, offer, rung, channel).

    `withdrawn`: tell who was asked that somebody else has it now; that offer stands no more, and nothing is looked up.
    `verdict`: tell whoever left a message for us how it was answered; `done` is whether it did what it asked for.
    """

    lead_id: str
    kind: Literal["offer", "remind", "contact", "withdrawn", "verdict"]
    done: bool = False
    rep_id: str
    offer: int
    rung: int
    sentence: str = ""
    due_at: Instant | None = None
    next_step: str = ""
    channels: tuple[ChannelName, ...] = ()
    text: str = ""
    urgent: bool = False


class AlertManager(Inside):
    """Tell the manager answerable for the lead, or whom the rung names, what happened and what it needs."""

    lead_id: str
    offer: int
    rung: int
    manager_id: str | None = Field(description="None: whoever the policy names for leads without a manager")
    policy: str | None = Field(None, description="the version that says how alerts are bundled")
    to: Target = Target.MANAGER
    who: str | None = None
    channels: tuple[ChannelName, ...] = ()
    text: str = ""
    urgent: bool = False
    what: str
    owner: str | None
    due_at: Instant | None = None
    next_step: str = Field("", description="what happens by itself at `due_at`")


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


class SendDigest(Inside):
    """Send one manager where their teams stand: open, breached, coaching, coverage gaps ahead."""

    manager_id: str
    at: Instant
    key: str = Field(description="of this digest: a retry sends the same")


class Survey(Inside):
    """Go through every open lead in the database, and name those that look forgotten."""

    at: Instant
    limit: int = Field(500, description="suspects named in one go, longest overdue first")


class Examine(Inside):
    """Look at one suspect in Temporal and in the database, and heal what can be healed."""

    lead_id: str
    suspicion: str
    at: Instant


class CloseAudit(Inside):
    """Write down what an audit found, and give the sign of life that an outside watch waits for."""

    audit_id: str
    began_at: Instant
    at: Instant
    open_leads: int
    suspects: int
    found: tuple[Finding, ...]
