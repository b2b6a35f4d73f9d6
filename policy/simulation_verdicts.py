"""What a simulation says of each lead: one line, small enough that a hundred thousand of them are nothing.

This room refuses to count them: that is `policy/simulation_report.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_ZERO = timedelta(0)


class Fate(StrEnum):
    """What became of a lead within the time that was simulated.

    `waiting`: it was still held when the simulation ended. `nobody`: a manager would have had to decide.
    """

    OFFERED = "offered"
    WAITING = "waiting"
    NOBODY = "nobody"
    NURTURE = "nurture"
    REVIEW = "review"
    DISQUALIFIED = "disqualified"
    FOLDED = "folded"


ROUTED = frozenset({Fate.OFFERED, Fate.WAITING, Fate.NOBODY})
"""Fates of leads that were to go to a person of sales."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one policy makes of one lead; `because` is the decision's own reason.

    `way_rule` is the way that went before the matrix, `rule` the routing rule (None: the default pool, or a tie).
    `routed_at` is when it was first to go to a person: on receipt, or when the prospect's behaviour promoted it.
    `promise_due_at` is when the promised response is due. Everything about routing is None for who is not routed.
    """

    lead_id: str
    received_at: datetime
    fate: Fate
    because: str
    region: str | None = None
    intent: str | None = None
    fit: str | None = None
    points: float | None = None
    way_rule: str | None = None
    tier: str | None = None
    sla: str | None = None
    tie: str | None = None
    rule: str | None = None
    pool: str | None = None
    owner: str | None = None
    routed_at: datetime | None = None
    offered_at: datetime | None = None
    promise_due_at: datetime | None = None
    held: bool = False

    @property
    def held_for(self) -> timedelta:
        """Give how long it was held before somebody was offered it; nothing for who never was."""
        if self.offered_at is None or self.routed_at is None:
            return _ZERO
        return self.offered_at - self.routed_at

    @property
    def late(self) -> bool:
        """Say whether the promise was lost before anybody could keep it: offered after it was due, or never."""
        if self.fate not in ROUTED:
            return False
        if self.offered_at is None or self.promise_due_at is None:
            return True
        return self.offered_at > self.promise_due_at
