"""What is wrong with a policy beside its conditions: what contradicts itself, and what may not be lawful.

This room refuses to compile (`policy/compiled.py`).
"""

import re
from collections.abc import Iterator

from models.base import Problem
from models.policy import Policy
from policy.conditions.vocabulary import RECEIVED
from policy.points import added_up
from policy.routing.accounts import problems as account_problems

LARGEST = 1_000_000
"""Points and rates go no further from 0: whatever is added up or multiplied stays a number."""

_PERSONAL = re.compile(r"\bcustom\.(?:age|gender|sex|religion|nationality)\b")


def contradictions(policy: Policy) -> Iterator[Problem]:
    """Find what cannot be meant, each with its place (`fit.strong_from`)."""
    yield from account_problems(policy)
    yield from _wild_numbers(policy)
    for place, rule in enumerate(policy.scoring.behaviour):
        if rule.kind == RECEIVED:
            yield Problem(
                field=f"scoring.behaviour[{place}].kind", what=f"{RECEIVED!r} is not a touch; choose another name"
            )
    most = added_up(rule.points for rule in policy.fit.criteria if rule.points > 0)
    if most < policy.fit.strong_from:
        yield Problem(
            field="fit.strong_from",
            what=f"{policy.fit.strong_from:g} is out of reach: all criteria give {most:g} points",
        )


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
    numbers |= {f"currencies.{currency}": rate for currency, rate in policy.currencies.items()}
    for field, number in numbers.items():
        if number is not None and not abs(number) <= LARGEST:
            yield Problem(field=field, what=f"{number:g} is no sensible number: {LARGEST:,} at most")


def warnings(policy: Policy) -> Iterator[str]:
    """Find what is possible, and whoever writes it ought to know."""
    scored = (("scoring.attributes", policy.scoring.attributes), ("fit.criteria", policy.fit.criteria))
    for where, rules in scored:
        for place, rule in enumerate(rules):
            for name in sorted(set(_PERSONAL.findall(rule.when))):
                yield f"{where}[{place}] ({rule.name}) scores people by {name}: check that the law lets you (R34)"
