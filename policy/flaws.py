"""What is wrong with a policy beside its conditions: what contradicts itself, and what may not be lawful.

This room refuses to compile (`policy/compiled.py`).
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from models.base import Problem
from models.ladder import OFFERING, RungKind
from models.lead import Stage
from models.messages import HOUSE_EVENTS
from models.policy import Policy
from models.qualifying import PointRule, TriggerOn
from models.sla import SlaClass
from policy.conditions.vocabulary import RECEIVED
from policy.points import added_up
from policy.routing.accounts import problems as account_problems
from policy.spelling import did_you_mean
from policy.trials.comparison import in_units

LARGEST = 1_000_000
"""Points and rates go no further from 0: whatever is added up or multiplied stays a number."""

_PERSONAL = re.compile(
    r"""\bcustom\s*(?:\.\s*|\[\s*["'])"""
    r"(age(?:_\w+)?|gender|sex|birthday|birth_?date|date_of_birth|dob|birth_year|year_of_birth|religion|nationality"
    r"|ethnicity|race|disability|marital_status|sexual_orientation|pregnant)\b",
    re.IGNORECASE,
)


def personal(rule: PointRule) -> tuple[str, ...]:
    """Name the personal attributes that a rule scores people by (R34); none is as it should be."""
    return _personal_in(rule.when)


def _personal_in(condition: str | None) -> tuple[str, ...]:
    return tuple(sorted({f"custom.{name.lower()}" for name in _PERSONAL.findall(condition or "")}))


def contradictions(policy: Policy) -> Iterator[Problem]:
    """Find what cannot be meant, each with its place (`fit.strong_from`)."""
    yield from account_problems(policy)
    yield from _wild_numbers(policy)
    yield from _no_touches(policy)
    yield from _idle_triggers(policy)
    most = added_up(rule.points for rule in policy.fit.criteria if rule.points > 0)
    if most < policy.fit.strong_from:
        yield Problem(
            field="fit.strong_from",
            what=f"{policy.fit.strong_from:g} is out of reach: all criteria give {most:g} points",
        )
    yield from _no_time_at_all(policy)


def _no_touches(policy: Policy) -> Iterator[Problem]:
    """Find kinds that no prospect ever shows: they are the house's own words."""
    kinds = {f"scoring.behaviour[{place}].kind": rule.kind for place, rule in enumerate(policy.scoring.behaviour)}
    for level, signals in policy.intent.items():
        kinds |= {f"intent.{level}.touches.{kind}": kind for kind in signals.touches}
    for field, kind in kinds.items():
        if kind == RECEIVED or kind in HOUSE_EVENTS:
            yield Problem(field=field, what=f"{kind!r} is not a touch; choose another name")


def _idle_triggers(policy: Policy) -> Iterator[Problem]:
    """Find triggers that nothing could ever set off."""
    segments = [segment.name for segment in policy.segments]
    for place, trigger in enumerate(policy.triggers):
        field = f"triggers[{place}].what"
        if trigger.on is TriggerOn.ABOVE_THRESHOLD and trigger.what is not None:
            yield Problem(field=field, what="there is one threshold only; leave it out")
        if trigger.on in (TriggerOn.SEGMENT_ENTERED, TriggerOn.SEGMENT_LEFT):
            if not segments:
                yield Problem(field=f"triggers[{place}].on", what="the policy has no segments")
            elif trigger.what is not None and trigger.what not in segments:
                yield Problem(field=field, what=f"no segment {trigger.what!r}{did_you_mean(trigger.what, segments)}")


def _no_time_at_all(policy: Policy) -> Iterator[Problem]:
    aside, coaching = policy.routing.aside, policy.coaching
    lasting = {"coaching.within": coaching.within}
    if aside is not None:
        lasting |= {"routing.aside.within": aside.within, "routing.aside.lasts": aside.lasts}
    for field, length in lasting.items():
        if not length:
            yield Problem(field=field, what="0s is no time at all: nobody would ever be meant; leave it out")
    for field, span in _spans_of_touches(policy):
        if span is not None and not span:
            yield Problem(field=field, what="0s is no time at all: no touch would ever count; leave it out")
    days = policy.digest.days if policy.digest else []
    if twins := sorted({day for day in days if days.count(day) > 1}):
        yield Problem(field="digest.days", what=f"{twins[0]} is there twice")


def _spans_of_touches(policy: Policy) -> Iterator[tuple[str, timedelta | None]]:
    for place, rule in enumerate(policy.scoring.behaviour):
        for key in ("within", "once_per", "half_life"):
            yield f"scoring.behaviour[{place}].{key}", getattr(rule, key)
    for group, bounds in policy.scoring.groups.items():
        yield f"scoring.groups.{group}.half_life", bounds.half_life


def _wild_numbers(policy: Policy) -> Iterator[Problem]:
    scoring = policy.scoring
    numbers: dict[str, float | None] = {
        "scoring.qualified_above": scoring.qualified_above,
        "fit.strong_from": policy.fit.strong_from,
    }
    for where, rules in (("scoring.attributes", scoring.attributes), ("fit.criteria", policy.fit.criteria)):
        numbers |= {f"{where}[{place}].points": rule.points for place, rule in enumerate(rules)}
    for place, rule in enumerate(scoring.behaviour):
        numbers |= {f"scoring.behaviour[{place}].{key}": getattr(rule, key) for key in ("points", "again", "cap")}
    for group, bounds in scoring.groups.items():
        numbers |= {f"scoring.groups.{group}.{key}": getattr(bounds, key) for key in ("most", "least")}
    numbers |= {f"currencies.{currency}": rate for currency, rate in policy.currencies.items()}
    for field, number in numbers.items():
        if number is not None and not abs(number) <= LARGEST:
            yield Problem(field=field, what=f"{number:g} is no sensible number: {LARGEST:,} at most")


def warnings(policy: Policy) -> Iterator[str]:
    """Find what is possible, and whoever writes it ought to know."""
    scored = (("scoring.attributes", policy.scoring.attributes), ("fit.criteria", policy.fit.criteria))
    for where, rules in scored if policy.scoring.personal_attributes else ():
        for place, rule in enumerate(rules):
            for name in personal(rule):
                yield f"{where}[{place}] ({rule.name}) scores people by {name}: check that the law lets you (R34)"
    for where, called, when in _decisive(policy):
        for name in _personal_in(when):
            yield f"{where} ({called}) goes by {name}: check that the law lets you (R34)"
    for place, one in enumerate(policy.sla):
        yield from (f"sla[{place}] ({one.name}) {what}" for what in _doubtful(one))
        if policy.alerts.bundle > one.response:
            yield (
                f"alerts.bundle: {in_units(policy.alerts.bundle)} is longer than the promise of {one.name} "
                f"({in_units(one.response)}): managers may hear of such leads when it is broken"
            )


def _decisive(policy: Policy) -> Iterator[tuple[str, str, str | None]]:
    """Name the conditions that decide about people without points, each with its place."""
    yield from ((f"segments[{place}]", one.name, one.when) for place, one in enumerate(policy.segments))
    yield from ((f"ways[{place}]", one.name, one.when) for place, one in enumerate(policy.ways))
    yield from ((f"sla[{place}]", one.name, one.when) for place, one in enumerate(policy.sla))
    yield from ((f"routing.rules[{place}]", one.name, one.when) for place, one in enumerate(policy.routing.rules))


def _doubtful(one: SlaClass) -> Iterator[str]:
    """Find what of a promise comes too late, or to nobody."""
    if _unreminded(one):
        yield f"reminds nobody before its promise of {in_units(one.response)} is broken"
    told = any(rung.do is RungKind.ALERT for rung in one.ladder)
    if one.ladder[-1].stage is Stage.CLOSED and not told:
        yield "closes leads that nobody took, and no manager is told: put an alert above"


def _unreminded(one: SlaClass) -> bool:
    """Say whether no reminder comes before the promise is over; on other clocks, or with a pause, nobody can say."""
    opened = timedelta(0)
    for rung in SlaClass.written_out(one.ladder):
        if (rung.clock or one.clock) is not one.response_clock or rung.do is RungKind.PAUSE:
            return False
        if opened + rung.after >= one.response:
            return True
        if rung.do is RungKind.REMIND:
            return False
        if rung.do in OFFERING:
            opened += rung.after * rung.times
    return True
