"""Which touches of one kind count, and how their points fade with time (R33, R37).

This room refuses to know whose touches they are and to bound what they bring: that is `policy/scoring.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.qualifying import TouchRule
from policy.points import exact

_DIGITS = 2
"""Points that fade are told to a hundredth: nobody reads more."""


def counted(rule: TouchRule, moments: Sequence[datetime], at: datetime) -> tuple[datetime, ...]:
    """Give the touches that count as of `at`, earliest first: one per `once_per`, and of the last `within` only."""
    kept: list[datetime] = []
    for moment in sorted(moments):
        if rule.once_per is None or not kept or moment - kept[-1] >= rule.once_per:
            kept.append(moment)
    return tuple(moment for moment in kept if rule.within is None or at - moment <= rule.within)


def faded(rule: TouchRule, moments: Sequence[datetime], at: datetime, half_life: timedelta | None) -> float:
    """Add up the points of some touches, earliest first: the latest is worth `points`, each before it `again`.

    Without fading it is the same whichever of them is the first; with it, something done anew counts anew.
    """
    again = rule.points if rule.again is None else rule.again
    if half_life is None:
        return exact(rule.points + (len(moments) - 1) * again)
    *earlier, latest = moments
    whole = rule.points * left(at - latest, half_life) + sum(again * left(at - one, half_life) for one in earlier)
    return round(whole, _DIGITS) + 0.0  # never a negative zero


def fade(points: float, age: timedelta, half_life: timedelta | None) -> float:
    """Give what is left of points of some age; all of them without a half-life."""
    return exact(points) if half_life is None else round(points * left(age, half_life), _DIGITS) + 0.0


def left(age: timedelta, half_life: timedelta) -> float:
    """Give which part is left after some time: all of it at once, half after the half-life; never more than all."""
    return float(0.5 ** (max(age, timedelta()) / half_life))
