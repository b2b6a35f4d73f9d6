"""What a choice of who gets a lead is handed, and what it may answer: nouns between the database and who decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from db.holding import Holder
from db.tables.words import End
from db.waiting import Ahead
from models.decisions import Held, Nobody, NotAllowed, Offered
from models.roster import Level
from models.routing import Refundable, RefundLimit
from policy.routing.situation import Situation


@dataclass(frozen=True, slots=True)
class Stopped:
    """All routing is stopped: by whom, since when, and why in their words."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is to choose from, which nobody else can change meanwhile.

    The situation's loads include this lead's present holder; `ahead` are waiting leads that are due and go first,
    best first: free places are theirs. `stopped` while the machine is to give nothing to anybody.
    """

    situation: Situation
    holder: Holder | None
    ahead: tuple[Ahead, ...]
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Give it to one person. `moves` is what the turn adds to the pool's balances (`Turn.moves`); none for a human's
    choice. `ends`: how the offer before it, if one is open, ended; `covers`: a backup takes over what was not taken;
    `refund_on` and `refund_limit`: what gives the turn of *this* one back, and how often.
    """

    assignment: Offered
    moves: Mapping[str, int] = field(default_factory=dict)
    turn_because: str = ""
    ends: End = End.EXPIRED
    covers: bool = False
    refund_on: frozenset[Refundable] = frozenset()
    refund_limit: RefundLimit | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Nobody now: it waits for a place in `pool` among `levels` (none named: any), or for `rep_id` alone, whose lead
    it is. `ends` as in `Give`; None leaves the present owner.
    """

    assignment: Held
    pool: str | None
    levels: tuple[Level, ...] = ()
    ends: End | None = End.EXPIRED
    rep_id: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Nobody at all, or not allowed: everything stays as it is."""

    assignment: Nobody | NotAllowed


Choice = Give | Hold | Leave
