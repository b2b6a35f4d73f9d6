"""Adding points up, and money: ten tenths are one, as whoever wrote them means it.

A sum in floating point may fall short of the bound that it is to reach by nothing anybody could see. This room refuses
to say what points are for (`policy/scoring.py`).
"""

from collections.abc import Iterable

_DIGITS = 6
"""Digits beyond these are noise of the arithmetic, and decide nothing."""


def exact(number: float) -> float:
    """Give a number without the noise of the arithmetic that made it."""
    return round(number, _DIGITS)


def added_up(points: Iterable[float]) -> float:
    """Add points up, without noise."""
    return exact(sum(points))
