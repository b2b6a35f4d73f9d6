"""Shares with how sure they are: Wilson's interval, 95 %."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

from models.figures import Share
from policy.trials.experiment import Counted, wilson

K = TypeVar("K", bound=Hashable)


def share(part: int, of: int) -> Share:
    """Give `part` of `of` with its interval. Raises ValueError where the part is larger than the whole."""
    interval = wilson(Counted(of, part))
    return Share(part, of, interval.low, interval.high)


def expected_shares(weights: Mapping[K, int]) -> dict[K, float]:
    """Say what part of the leads is whose by weight (R22); of nobody, nothing."""
    whole = sum(weights.values())
    return {one: weight / whole for one, weight in weights.items()} if whole else {}
