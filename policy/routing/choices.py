"""What may come of asking who gets a lead (`policy.routing.choosing.choose`): nouns, no judgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.explanation import RoutingTrace
from policy.fairness import Turn


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person gets the lead.

    `turn` is None when nobody's turn is charged: by a tie, for a reserved backup (unless the policy charges them), and
    for a human's wish. `rule` is None for the default pool, and the way's name where a way names the pool. `tie` is
    the tie by which the lead is theirs. `weights` are those among whom the rotation of `pool` would choose, `places`
    how many more leads all who are eligible in it can take, whether it is their turn or not. `by_rung`: the ladder
    itself names them, or the rota whose duty they are on.
    """

    rep_id: str
    rep_name: str
    team: str | None
    region: str | None
    manager_id: str | None
    backup_id: str | None
    pool: str
    rule: str | None
    sentence: str
    turn: Turn | None
    weights: Mapping[str, int]
    trace: RoutingTrace
    tie: str | None = None
    places: int = 0
    by_rung: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody holds it and nobody may be offered it before `until`, when it is to be looked at again.

    It waits for a place in `pool`; or for `rep_id`, whose it is by a tie, and then in no pool. `there_at` is when the
    first of those it waits for is there: at once where they are only full. `page`: somebody is to hear of it now,
    `page_who` (a rota or a person) or, left out, the manager.
    """

    until: datetime
    because: str
    pool: str | None
    manager_id: str | None
    trace: RoutingTrace
    there_at: datetime
    rep_id: str | None = None
    page: bool = False
    page_who: str | None = None


@dataclass(frozen=True, slots=True)
class NoOne:
    """Nobody (else) may be offered it; who holds it, if anybody, keeps it.

    `there_at` is when the first of those who might have been asked is there (`FOR_EVER`: they never are); None: what
    speaks against all of them is of another kind.
    """

    because: str
    manager_id: str | None
    trace: RoutingTrace
    there_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Impossible:
    """A person asked for something that cannot be."""

    because: str


Choice = Chosen | Waits | NoOne | Impossible
