"""What there is to choose from, held still for the length of one decision.

Whoever asks fills it in: the database within a transaction, the simulator from its own books. This room refuses to
choose (`policy/routing/choosing.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.roster import Roster


class TieKind(StrEnum):
    """How somebody is tied to a lead, as the leads of the past tell it.

    `person`: they had the same person's earlier lead. `company`: they had contact with a lead of the company. `open`:
    they have an open lead of the company now.
    """

    PERSON = "person"
    COMPANY = "company"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Tie:
    """One lead of the past or present that makes this one somebody's.

    `company` is the domain by which the two belong together; None for the same person's. `last_at` is when it was last
    alive.
    """

    kind: TieKind
    rep_id: str
    lead_id: str
    company: str | None
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """How the leads of one rep ended, in one industry (or in all)."""

    won: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Situation:
    """What there is to choose from at one instant.

    `loads` count offered and accepted-not-contacted leads by rep; `balances` are the ledgers by pool and rep, in
    `fairness.UNIT`; `recent` is, for reps with caps, when each of the leads that count was offered to them; `ties` are
    who knows the person, the company or its account's other companies; `records` are by rep and industry (None: all).
    `misses` are when offers ran out on each rep unanswered, covered by somebody or not: the newest of them, newest
    last, none from before they were forgiven. They may be left out where no rule sets anybody aside for them.
    """

    at: datetime
    roster: Roster
    loads: Mapping[str, int] = field(default_factory=dict)
    balances: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    recent: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    ties: Sequence[Tie] = ()
    records: Mapping[tuple[str, str | None], Record] = field(default_factory=dict)
    misses: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
