"""What an audit finds: whether every open lead has a future due time or an alert that somebody got (invariant 1)."""

from enum import StrEnum

from pydantic import Field

from models.base import Inside, Instant
from models.decisions import Enrichment, Manners, Offered, Score
from models.lead import Stage


class Found(StrEnum):
    """What became of a suspect.

    `fine`: the workflow knows better than the database did, or somebody was told. `healed`: it goes on again.
    `unhealed`: a person has to look.
    """

    FINE = "fine"
    HEALED = "healed"
    UNHEALED = "unhealed"


class Suspect(Inside):
    """An open lead that looks forgotten, and why: "was due 3 h ago"."""

    lead_id: str
    suspicion: str


class Surveyed(Inside):
    """How many leads are open, how many of them are plainly waiting with a future due time, and who is not."""

    open_leads: int
    proved: int
    suspects: tuple[Suspect, ...]
    more: int = Field(0, description="suspects that are left for the next audit")


class Finding(Inside):
    """One suspect, looked at."""

    lead_id: str
    suspicion: str
    found: Found
    because: str


class Audit(Inside):
    """One audit, whole. `healthy`: every open lead was proved, was fine, or was healed; nothing was left for later."""

    audit_id: str
    began_at: Instant
    ended_at: Instant
    open_leads: int
    suspects: int
    healed: int
    unhealed: int
    found: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Say whether nothing is left that a person has to look at, or that nobody has looked at."""
        return self.unhealed == 0 and len(self.found) == self.suspects


class Stood(Inside):
    """Where a lead stood that lost its workflow, as the database keeps it: what a new one goes on from.

    `holder` has it by offer `held_by`, which was made as `offered` says; `rung`, `due_at` and `next_step` are as the
    workflow last wrote them down.
    """

    lead_id: str
    why: str = Field(description="what became of the workflow before")
    headline: str
    source: str
    type: str
    region: str | None
    stage: Stage
    policy: str
    manners: Manners
    backfill: bool
    received_at: Instant
    response_due_at: Instant | None
    first_offered_at: Instant | None
    breached: bool
    enrichment: Enrichment | None
    score: Score | None
    answerable: str | None
    offer: int = Field(description="the number of the last offer made")
    holder: str | None
    held_by: int | None
    offered: Offered | None = Field(description="None: only a workflow knew of it")
    accepted_at: Instant | None
    rung: int
    due_at: Instant | None
    next_step: str
    asked: tuple[str, ...] = Field((), description="who was offered it, in order")
    declined: tuple[str, ...] = ()
    alerts: int = Field(0, description="messages outside the ladder so far")
    touches: int = 0
    told: int = Field(0, description="lines of the timeline so far")
    seq: int = Field(description="of the last record")
