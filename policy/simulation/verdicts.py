"""What a simulation says of each lead: one line, small enough that a hundred thousand of them are nothing.

This room refuses to count them: that is `policy/simulation/report.py`.
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
    `promise_due_at` is when the promised response is due; `followed_until` is when a waiting lead was given up.
    Everything about routing is None for who is not routed.
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
    followed_until: datetime | None = None

    @property
    def held_for(self) -> timedelta:
        """Give how long it was held before somebody was offered it, or has been if it still waits."""
        ended_at = self.offered_at or self.followed_until
        return _ZERO if ended_at is None or self.routed_at is None else ended_at - self.routed_at

    @property
    def late(self) -> bool:
        """Say whether the promise was lost before anybody could keep it: nobody was offered it by when it was due."""
        if self.fate is Fate.NOBODY:
            return True
        ended_at = self.offered_at or self.followed_until
        return ended_at is not None and self.promise_due_at is not None and ended_at > self.promise_due_at
