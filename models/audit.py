"""What an audit finds: whether every open lead has a future due time or an alert that somebody got (invariant 1)."""

from enum import StrEnum

from pydantic import Field

from models.base import Inside, Instant


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
    """One audit, whole. `healthy`: every open lead was proved, was fine, or was healed."""

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
        """Say whether nothing is left that a person has to look at."""
        return self.unhealed == 0
