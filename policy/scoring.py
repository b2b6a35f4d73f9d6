"""Points for what is known about a lead and for what the prospect did, each with its reason (R33-R35, R39).

Points may be negative. What is not known gives none, in either direction. This room refuses to decide what the
points are worth: that is `policy/qualification.py`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from models.decisions import Reason
from models.facts import LeadFacts
from models.lead import Touch
from models.qualifying import PointRule, TouchRule
from models.validity import Timed
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Condition, Known
from policy.points import added_up, exact

_TIMES = {1: "once", 2: "twice"}


def score(
    compiled: CompiledPolicy, facts: LeadFacts, touches: Sequence[Touch], at: datetime
) -> tuple[float, tuple[Reason, ...]]:
    """Add up the points of a lead as of `at`, with one reason for each rule that gave any.

    The way the lead came in counts as its first touch: a `trial_signup` lead has signed up once.
    """
    return add_up(compiled, compiled.known(facts, touches, at), facts, touches)


def add_up(
    compiled: CompiledPolicy, known: Known, facts: LeadFacts, touches: Sequence[Touch]
) -> tuple[float, tuple[Reason, ...]]:
    """Add up the points as `score` does, over what is `known` already."""
    reasons = (*attribute_points(compiled.attribute_rules, known), *_behaviour_points(compiled, facts, touches))
    return added_up(reason.points for reason in reasons), reasons


def attribute_points(rules: Sequence[tuple[PointRule, Condition]], known: Known) -> Iterator[Reason]:
    """Give the reason of each rule that counts at the moment (R51) and holds."""
    for rule, condition in rules:
        if counts(rule, known) and condition.holds(known):
            yield Reason(rule=rule.name, points=rule.points, because=condition.because(known))


def counts(rule: Timed, known: Known) -> bool:
    """Say whether a rule counts at the moment that is looked at (R51)."""
    return (rule.valid_from is None and rule.valid_until is None) or (known.at is not None and rule.counts(known.at))


def _behaviour_points(compiled: CompiledPolicy, facts: LeadFacts, touches: Sequence[Touch]) -> Iterator[Reason]:
    counted = count_touches(facts, touches)
    for rule in compiled.policy.scoring.behaviour:
        times = counted.get(rule.kind)
        if times and (points := touch_points(rule, times)):
            capped = f", capped at {rule.cap:g}" if rule.cap is not None and points != _uncapped(rule, times) else ""
            because = f"{rule.kind} {_TIMES.get(times, f'{times} times')}{capped}"
            yield Reason(rule=rule.kind, points=points, because=because)


def count_touches(facts: LeadFacts, touches: Sequence[Touch]) -> Mapping[str, int]:
    """Count touches by kind; the way the lead came in is one."""
    return dict(Counter([facts.type.value, *[touch.kind for touch in touches]]))


def touch_points(rule: TouchRule, times: int) -> float:
    """Give the points of `times` touches: the first, each further one, and never further from 0 than the cap."""
    points = _uncapped(rule, times)
    if rule.cap is None:
        return points
    return max(-abs(rule.cap), min(abs(rule.cap), points))


def _uncapped(rule: TouchRule, times: int) -> float:
    return exact(rule.points + (times - 1) * (rule.points if rule.again is None else rule.again))
