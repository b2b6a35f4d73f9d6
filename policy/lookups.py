"""What a decision looked at: each fact once, with its value and who said so (R29).

The text of a message is nobody's business and never in it. This room refuses to judge and to log.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from models.explanation import FactUsed
from models.facts import LeadFacts
from policy.compiled import CompiledPolicy
from policy.condition import SILENT, Condition, Known, shortened
from policy.placing import region_of

LEAD, POLICY, EVENTS = "lead", "policy", "events"
"""Sources: it came with the lead; the policy made it of other facts; it was counted from what the prospect did."""

WITHHELD = "withheld"
"""Stands for the value of a field that is known and that nobody is told."""

_JUDGED = frozenset({"points", "intent", "fit", "segments", "tier", "levels"})
_COUNTED = frozenset({"touches", "days_since"})


def facts_used(
    compiled: CompiledPolicy,
    conditions: Iterable[Condition],
    known: Known,
    facts: LeadFacts,
    also: Sequence[str] = (),
) -> tuple[FactUsed, ...]:
    """List the fields that some conditions looked at, each once, as they were `known`; None is what is not known.

    `also` are fields looked at beside them. Where `segments` were, so was what they rest on. Long values are cut.
    """
    names = _names(tuple(conditions), *also)
    if "segments" in names:
        names = tuple(dict.fromkeys((*names, *_names(tuple(condition for _, condition in compiled.segment_rules)))))
    return tuple(_fact(compiled, name, known.value(name), facts) for name in names)


@lru_cache(maxsize=4096)
def _names(conditions: tuple[Condition, ...], *also: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(name for condition in conditions for name in condition.fields), *also]))


def _fact(compiled: CompiledPolicy, name: str, value: Any, facts: LeadFacts) -> FactUsed:
    if value is None:
        never = name.startswith("touches.")
        return FactUsed(field=name, value=0, source=EVENTS) if never else FactUsed(field=name)
    if name in SILENT:
        value = WITHHELD
    elif not isinstance(value, bool | int | float):
        value = shortened(value)
    return FactUsed(field=name, value=value, source=_source(compiled, name, facts))


def _source(compiled: CompiledPolicy, name: str, facts: LeadFacts) -> str:
    if name in _JUDGED:
        return POLICY
    root = name.partition(".")[0]
    if root in _COUNTED:
        return EVENTS
    if name == "region" and (follows_from := region_of(facts, compiled.policy, compiled.regions)[1]):
        return follows_from
    if name == "deal.amount":
        name = "deal_value"
    return facts.origin.get(name) or facts.origin.get(root) or LEAD
