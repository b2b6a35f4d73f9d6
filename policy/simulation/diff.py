"""Two simulations of the same leads beside each other: which leads fare differently, and in what.

Where only the turn differs (the same pool, rule and tie, another rep), nothing was decided otherwise: an earlier
lead went elsewhere, and the rotation moved on. This room refuses to say which is better.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from policy.simulation.verdicts import Verdict


class Difference(StrEnum):
    """In what two verdicts on a lead differ, the weightiest first."""

    WAY = "way"
    POOL = "pool"
    OWNER = "owner"
    PROMISE = "promise"
    TURN = "turn"


SAYS = {
    Difference.WAY: "goes another way",
    Difference.POOL: "goes to another pool",
    Difference.OWNER: "goes to somebody else, for another reason",
    Difference.PROMISE: "has another promise",
    Difference.TURN: "only the turn differs",
}
"""What each difference is called."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One lead under two policies that treat it differently."""

    difference: Difference
    before: Verdict
    after: Verdict


def differences(before: Iterable[Verdict], after: Iterable[Verdict]) -> Iterator[Pair]:
    """List the leads that fare differently, in the order in which they came.

    Raises `ValueError` when the two are not of the same leads.
    """
    for one, other in zip(before, after, strict=True):
        if one.lead_id != other.lead_id:
            raise ValueError(f"lead {one.lead_id} is compared with lead {other.lead_id}")
        if (difference := difference_of(one, other)) is not None:
            yield Pair(difference, one, other)


def difference_of(before: Verdict, after: Verdict) -> Difference | None:
    """Say in what two verdicts on a lead differ most; None when the lead does not notice, as by a rule's new name.

    `way` is also whether somebody could be offered it at all.
    """
    if before.fate != after.fate:
        return Difference.WAY
    if before.pool != after.pool:
        return Difference.POOL
    same_reason = (before.way_rule, before.rule, before.tie) == (after.way_rule, after.rule, after.tie)
    if before.owner != after.owner and not same_reason:
        return Difference.OWNER
    if before.sla != after.sla:
        return Difference.PROMISE
    return Difference.TURN if before.owner != after.owner else None
