"""Whose turn it is: a weighted rotation over a ledger of whole numbers.

Each rep of a pool has a balance: positive when the pool owes them leads, negative when they are ahead; one
lead is `UNIT`, and the balances of a pool add up to nothing. A turn credits everybody eligible with their
share of one lead (their weight over the weights of all eligible) and debits one lead from the one chosen.
Who is not eligible is not credited: an absence builds up no claim, and what was owed before it stays owed.

The choice is R. Tijdeman's rule for the chairman assignment problem (Discrete Mathematics 32, 1980).
Measured after the credit and against the mean balance of those eligible, n of them: whoever is owed at
least 1/(2n-2) lead may be chosen, and of these the one whose deadline comes first, a deadline being when
they would be owed more than 1 - 1/(2n-2). Ties go by rep id. Two promises follow:

1. From an even ledger on, and while the eligible set and the weights stay the same, nobody is ever further
   than 1 - 1/(2n-2) lead from their share, hence always less than one. Smooth weighted round robin does not
   keep this.
2. When sets and weights vary, no choice made turn by turn can keep promise 1. So when the rule finds
   nobody, or would leave somebody else past their deadline, the one owed most goes first. Then, whoever is
   eligible when, no turn takes a balance further from zero than N - 3/2 leads, N (2 or more) being all the
   reps on the ledger.

Why promise 2 holds: let d be 1 - 1/(2N-2), and let no k balances together exceed k(N-k)d; all at zero do
not. A turn raises the sum of k balances only when it chooses a c outside them and credits some of them.
They and c then add up to no more than k+1 balances may. And c was owed at least as much as each of those
credited, less 2d-1 at most: nothing less when c was owed most; by deadline, c is at 1/(2n-2) or more and
they at 1 - 1/(2n-2) or less. So the new sum is k(N-k)d or less too, for the second difference of k(N-k)d is
-2d.

Shares are rounded to `UNIT` by largest remainder, always in the same way: that moves a balance by less than
one part in 10**12 a turn. Giving a lead back reverses exactly what its turn moved. A lead that came to somebody
past the rotation may be charged as a turn; as nobody chose by the ledger then, promise 2 does not bound how far
ahead that takes them, and the others' next turns even it out. This room refuses to store anything and to say
who is eligible.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

UNIT = 10**12
"""One lead."""

_APART = UNIT**2


class Rule(StrEnum):
    """What decided a turn."""

    ALONE = "alone"
    DEADLINE = "deadline"
    OWED_MOST = "owed_most"
    CHARGED = "charged"


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is next, why, and what the ledger becomes; amounts in `UNIT`.

    `order` ranks everybody eligible: who would be next if those before were taken away.
    """

    chosen: str
    order: tuple[str, ...]
    credits: Mapping[str, int]
    balances_after: Mapping[str, int]
    rule: Rule
    because: str

    @property
    def moves(self) -> Mapping[str, int]:
        """Give what the turn adds to each balance; the sum is zero."""
        return {rep: amount - UNIT * (rep == self.chosen) for rep, amount in self.credits.items()}


@dataclass(frozen=True, slots=True)
class Settlement:
    """A change of the ledger that is no turn: moves, which add up to zero, and the balances after them."""

    moves: Mapping[str, int]
    balances_after: Mapping[str, int]


def turn(balances: Mapping[str, int], weights: Mapping[str, int]) -> Turn:
    """Choose who is next among the eligible, the keys of `weights`; one without a balance starts at zero.

    Raises `ValueError` when nobody is eligible, for a weight below 1, and for weights above `UNIT` together.
    """
    shares = _shares(weights)
    owed = {rep: balances.get(rep, 0) + share for rep, share in shares.items()}
    order, rule, because = _ranked(owed, shares)
    chosen = order[0]
    after = {**balances, **owed, chosen: owed[chosen] - UNIT}
    return Turn(chosen, order, shares, after, rule, because)


def charge(balances: Mapping[str, int], weights: Mapping[str, int], rep_id: str) -> Turn:
    """Count a lead that came to `rep_id` past the rotation as a turn of theirs (`routing.charge`).

    `weights` are those of everybody eligible and of `rep_id`, whether eligible or not. Raises `ValueError` when
    `rep_id` is not among them, and as `turn` does.
    """
    if rep_id not in weights:
        raise ValueError(f"{rep_id} has no part in this rotation")
    shares = _shares(weights)
    owed = {rep: balances.get(rep, 0) + share for rep, share in shares.items()}
    others = [rep for rep in _ranked(owed, shares)[0] if rep != rep_id]
    after = {**balances, **owed, rep_id: owed[rep_id] - UNIT}
    because = f"{rep_id} is charged a turn ({_leads(owed[rep_id])} before it)"
    return Turn(rep_id, (rep_id, *others), shares, after, Rule.CHARGED, because)


def join(balances: Mapping[str, int], rep_id: str) -> Mapping[str, int]:
    """Put a rep on the ledger, even with their peers: at zero, the mean of balances that add up to zero.

    They are neither owed for the time before they came nor behind the others. Who is on the ledger already,
    however long they were away, keeps their balance.
    """
    return {**balances, rep_id: balances.get(rep_id, 0)}


def leave(balances: Mapping[str, int], rep_id: str) -> Settlement:
    """Take a rep off the ledger; their balance goes to the others in equal parts, so that no turn changes.

    Raises `ValueError` when the rep is not on the ledger.
    """
    if rep_id not in balances:
        raise ValueError(f"{rep_id} is not on the ledger")
    others = sorted(balances.keys() - {rep_id})
    moves = {rep_id: -balances[rep_id]} | _split(balances[rep_id], others)
    after = {rep: balances[rep] + moves[rep] for rep in others}
    return Settlement(moves, after)


def refund(balances: Mapping[str, int], rep_id: str, shares: Mapping[str, int]) -> Settlement:
    """Give back the lead `rep_id` was chosen for: the exact reverse of the turn whose credits `shares` are.

    The part of those who left since goes to the others in equal parts. Raises `ValueError` when the rep was
    not eligible in that turn, or its credits do not add up to one lead.
    """
    if rep_id not in shares:
        raise ValueError(f"{rep_id} was not eligible in that turn")
    if sum(shares.values()) != UNIT:
        raise ValueError(f"the credits of a turn are one lead ({UNIT}), not {sum(shares.values())}")
    moves = {rep: UNIT * (rep == rep_id) - share for rep, share in shares.items()}
    left = sorted(moves.keys() - balances.keys())
    for rep, part in _split(sum(moves.pop(rep) for rep in left), sorted(balances)).items():
        moves[rep] = moves.get(rep, 0) + part
    moves = {rep: move for rep, move in moves.items() if move}
    return Settlement(moves, {rep: balance + moves.get(rep, 0) for rep, balance in balances.items()})


def _shares(weights: Mapping[str, int]) -> dict[str, int]:
    """Split one lead by weight, exactly: the largest remainders get what rounding down leaves, ties by id."""
    if not weights:
        raise ValueError("nobody is eligible: there is no turn to take")
    for rep, weight in weights.items():
        if weight <= 0:
            raise ValueError(f"{rep} has weight {weight}: weights are 1 or more")
    return dict(_split_by_weight(tuple(sorted(weights.items()))))


@lru_cache(maxsize=4096)
def _split_by_weight(weighted: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    weights = dict(weighted)
    total = sum(weights.values())
    if total > UNIT:
        raise ValueError(f"the weights add up to {total}, more than one lead can be split into ({UNIT})")
    shares = {rep: UNIT * weights[rep] // total for rep in weights}
    by_remainder = sorted(shares, key=lambda rep: -(UNIT * weights[rep] % total))
    for rep in by_remainder[: UNIT - sum(shares.values())]:
        shares[rep] += 1
    return shares


def _split(amount: int, reps: Collection[str]) -> dict[str, int]:
    """Split an amount into equal whole parts; the first ones take what is left over."""
    if not reps:
        return {}
    part, rest = divmod(amount, len(reps))
    return {rep: part + (place < rest) for place, rep in enumerate(reps)}


def _ranked(owed: Mapping[str, int], shares: Mapping[str, int]) -> tuple[tuple[str, ...], Rule, str]:
    """Rank the eligible by the rule that applies; `owed` are the balances after the credit."""
    n = len(owed)
    if n == 1:
        (rep,) = owed
        return (rep,), Rule.ALONE, f"{rep} is the only one eligible"
    # All amounts from here on times n(2n-2), so that mean, threshold and deadline are whole numbers.
    level = sum(owed.values()) - UNIT
    scale = 2 * n - 2
    behind = {rep: (n * amount - level) * scale for rep, amount in owed.items()}
    may = [rep for rep, amount in behind.items() if amount >= n * UNIT]
    slack = {rep: n * (scale - 1) * UNIT - amount for rep, amount in behind.items()}
    by_owed = sorted(owed, key=lambda rep: -owed[rep])  # `owed` is in id order, and sorting keeps it in ties
    if may:
        # Shares are UNIT at most, so unequal quotients are 1/UNIT**2 apart or more: scaled up, they are whole numbers.
        first = sorted(may, key=lambda rep: slack[rep] * _APART // shares[rep])
        if all(slack[rep] >= 0 for rep in owed if rep != first[0]):
            wait = max(0, slack[first[0]] // (shares[first[0]] * n * scale))
            order = (*first, *(rep for rep in by_owed if behind[rep] < n * UNIT))
            return order, Rule.DEADLINE, _because_deadline(first, owed, wait)
    return tuple(by_owed), Rule.OWED_MOST, _because_owed_most(by_owed, owed)


def _because_deadline(first: list[str], owed: Mapping[str, int], wait: int) -> str:
    rep, how_far = first[0], _leads(owed[first[0]])
    if len(first) == 1:
        return f"{rep} is the only one behind their share ({how_far})"
    when = {0: "now", 1: "in 1 turn"}.get(wait, f"in {wait} turns")
    return f"{rep} has the earliest deadline of {len(first)} behind their share ({how_far}, {when})"


def _because_owed_most(by_owed: list[str], owed: Mapping[str, int]) -> str:
    first, second = (f"{rep} ({_leads(owed[rep])})" for rep in by_owed[:2])
    return f"owed most: {first}, then {second}"


def _leads(amount: int) -> str:
    return f"{amount / UNIT:+.2f} lead"
