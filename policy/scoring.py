"""Points for what is known about a lead and for what the prospect did, each with its reason (R33-R35, R37-R39).

Points may be negative. What is not known gives none, in either direction. Points belong to one of the models of R37,
each of which may be bounded or left out; the reasons, bounds included, add up to the points. This room refuses to
decide what the points are worth: that is `policy/qualification.py`. How touches fade is `policy/fading.py`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from models.decisions import Reason
from models.facts import LeadFacts
from models.lead import Touch
from models.messages import HouseEvent
from models.qualifying import AttributeRule, PointGroup, PointRule, Scoring, TouchRule
from models.validity import Timed
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Condition, Known
from policy.fading import counted, fade, faded
from policy.points import added_up, exact
from policy.trials.comparison import in_units

_TIMES = {1: "once", 2: "twice"}

BY_HAND = "by hand"
"""The rule that points given by a person are told by (R38)."""


def score(
    compiled: CompiledPolicy, facts: LeadFacts, touches: Sequence[Touch], at: datetime
) -> tuple[float, tuple[Reason, ...]]:
    """Add up the points of a lead as of `at`, with one reason for each rule that gave any, and for each bound.

    The way the lead came in counts as its first touch: a `trial_signup` lead has signed up once.
    """
    return add_up(compiled, compiled.known(facts, touches, at), facts, touches, at)


def add_up(
    compiled: CompiledPolicy, known: Known, facts: LeadFacts, touches: Sequence[Touch], at: datetime
) -> tuple[float, tuple[Reason, ...]]:
    """Add up the points as `score` does, over what is `known` already."""
    scoring = compiled.policy.scoring
    reasons = [
        *_attribute_reasons(compiled.attribute_rules, known),
        *_behaviour_reasons(scoring, facts, touches, at),
        *_by_hand(scoring, touches, at),
    ]
    if scoring.groups:
        reasons = [reason for reason in reasons if _takes_part(scoring, reason)]
        reasons += _bounds(scoring, reasons)
    return added_up(reason.points for reason in reasons), tuple(reasons)


def attribute_points(rules: Sequence[tuple[PointRule, Condition]], known: Known) -> Iterator[Reason]:
    """Give the reason of each rule that counts at the moment (R51) and holds."""
    for rule, condition in rules:
        if counts(rule, known) and condition.holds(known):
            yield Reason(rule=rule.name, points=rule.points, because=condition.because(known))


def _attribute_reasons(rules: Sequence[tuple[AttributeRule, Condition]], known: Known) -> Iterator[Reason]:
    for rule, condition in rules:
        if counts(rule, known) and condition.holds(known):
            yield Reason(rule=rule.name, points=rule.points, because=condition.because(known), group=rule.group)


def counts(rule: Timed, known: Known) -> bool:
    """Say whether a rule counts at the moment that is looked at (R51)."""
    return (rule.valid_from is None and rule.valid_until is None) or (known.at is not None and rule.counts(known.at))


def _behaviour_reasons(scoring: Scoring, facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> Iterator[Reason]:
    moments: dict[str, list[datetime]] = {facts.type.value: [facts.received_at]}
    for touch in touches:
        moments.setdefault(touch.kind, []).append(touch.at)
    for rule in scoring.behaviour:
        if rule.kind in moments and (when := counted(rule, moments[rule.kind], at)):
            points, because = _touched(scoring, rule, when, at)
            if points:
                yield Reason(rule=rule.kind, points=points, because=because, group=rule.group)


def _touched(scoring: Scoring, rule: TouchRule, when: Sequence[datetime], at: datetime) -> tuple[float, str]:
    """Give the points of the touches of one kind that count, and how they came about."""
    half_life = rule.half_life or _half_life(scoring, rule.group)
    whole = faded(rule, when, at, half_life)
    points = _capped(rule, whole)
    because = f"{rule.kind} {_TIMES.get(len(when), f'{len(when)} times')}"
    because += f" in {in_units(rule.within)}" if rule.within else ""
    because += f", half as much after {in_units(half_life)}" if half_life else ""
    because += f", capped at {rule.cap:g}" if points != whole else ""
    return points, because


def _half_life(scoring: Scoring, group: PointGroup) -> timedelta | None:
    return scoring.groups[group].half_life if group in scoring.groups else None


def count_touches(facts: LeadFacts, touches: Sequence[Touch]) -> Mapping[str, int]:
    """Count touches by kind; the way the lead came in is one."""
    return dict(Counter([facts.type.value, *[touch.kind for touch in touches]]))


def touch_points(rule: TouchRule, times: int) -> float:
    """Give the points of `times` touches: one of them, each further one, and never further from 0 than the cap."""
    return _capped(rule, exact(rule.points + (times - 1) * (rule.points if rule.again is None else rule.again)))


def _capped(rule: TouchRule, points: float) -> float:
    return points if rule.cap is None else max(-abs(rule.cap), min(abs(rule.cap), points))


def _by_hand(scoring: Scoring, touches: Sequence[Touch], at: datetime) -> Iterator[Reason]:
    """Give what people gave and took (R38), in the order they did, and the bound on all of it."""
    half_life, group = _half_life(scoring, PointGroup.HAND), PointGroup.HAND
    given = []
    for touch in touches:
        whole = touch.properties.get("points") if touch.kind == HouseEvent.POINTS_BY_HAND else None
        if isinstance(whole, int | float) and (points := fade(whole, at - touch.at, half_life)):
            given.append(points)
            said = f"{touch.properties.get('by')}: {touch.properties.get('reason')}"
            yield Reason(rule=BY_HAND, points=points, because=said, group=group)
    most, sum_of_all = scoring.by_hand_at_most, added_up(given)
    if abs(sum_of_all) > most:
        over = exact((most if sum_of_all > 0 else -most) - sum_of_all)
        yield Reason(rule=f"{BY_HAND} at most {most:g}", points=over, because=f"{sum_of_all:g} in sum", group=group)


def _takes_part(scoring: Scoring, reason: Reason) -> bool:
    rule = scoring.groups.get(PointGroup(reason.group)) if reason.group else None
    return rule is None or rule.counts


def _bounds(scoring: Scoring, reasons: Sequence[Reason]) -> Iterator[Reason]:
    """Give what the bounds of each model take away or give back (R37)."""
    for group, rule in scoring.groups.items():
        points = added_up(reason.points for reason in reasons if reason.group == group)
        for bound, verb, over in ((rule.most, "most", 1), (rule.least, "least", -1)):
            if bound is not None and (points - bound) * over > 0:
                yield Reason(
                    rule=f"{group} at {verb} {bound:g}",
                    points=exact(bound - points),
                    because=f"its points come to {points:g}",
                    group=group,
                )
