"""What a decision looked at: each fact once, with its value and who said so (R29).

The text of a message is nobody's business and never in it. This room refuses to judge and to log.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from models.explanation import FactUsed, RuleTried
from models.facts import LeadFacts
from policy.compiled import CompiledPolicy
from policy.conditions.condition import SILENT, Condition, Known, shortened
from policy.placing import region_of

LEAD, POLICY, EVENTS = "lead", "policy", "events"
"""Sources: it came with the lead; the policy made it of other facts; it was counted from what the prospect did."""

ACCOUNTS = "accounts"
"""The source of what the table of accounts tells."""

WITHHELD = "withheld"
"""Stands for the value of a field that is known and that nobody is told."""

_JUDGED = frozenset({"points", "intent", "fit", "segments", "likelihood", "tier", "levels"})
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
    looks = _looks(tuple(conditions), *also)
    if any(look.name == "segments" for look in looks):
        of_segments = (condition for _, condition in compiled.segment_rules)
        looks = tuple(dict.fromkeys((*looks, *_looks(tuple(of_segments)))))
    return tuple([_fact(compiled, look, known.value(look.name), facts) for look in looks])


def tried(rule: str, matched: bool, because: str) -> RuleTried:
    """Write down one rule that was tried; what is alike for many leads is written down once, unless it is long."""
    write = _tried if len(because) <= LONGEST_SHARED else _tried.__wrapped__
    return write(rule, matched, because)


LONGEST_SHARED = 200


class _Look(NamedTuple):
    """One field: how it is told while unknown; its source where that is always the same, else the keys to find it."""

    name: str
    unknown: FactUsed
    fixed: str | None
    key: str
    root: str


@lru_cache(maxsize=4096)
def _looks(conditions: tuple[Condition, ...], *also: str) -> tuple[_Look, ...]:
    names = dict.fromkeys([*(name for condition in conditions for name in condition.fields), *also])
    return tuple(map(_look, names))


def _look(name: str) -> _Look:
    root = name.partition(".")[0]
    fixed = POLICY if name in _JUDGED else EVENTS if root in _COUNTED else None
    unknown = FactUsed(field=name, value=0, source=EVENTS) if root == "touches" else FactUsed(field=name)
    return _Look(name, unknown, fixed, "deal_value" if name == "deal.amount" else name, root)


def _fact(compiled: CompiledPolicy, look: _Look, value: Any, facts: LeadFacts) -> FactUsed:
    if value is None:
        return look.unknown
    if look.name in SILENT:
        value = WITHHELD
    elif value.__class__ not in _SHORT and not (isinstance(value, float) and isfinite(value)):
        value = shortened(value)
    return _used(look.name, value, look.fixed or _source(compiled, look, facts))


_SHORT = frozenset({int, bool})


def _source(compiled: CompiledPolicy, look: _Look, facts: LeadFacts) -> str:
    if look.name == "region" and (follows_from := region_of(facts, compiled.policy, compiled.regions)[1]):
        return follows_from
    if look.root == "account":
        return _whose_account(compiled, facts)
    origin = facts.origin
    return origin.get(look.key) or origin.get(look.root) or LEAD


def _whose_account(compiled: CompiledPolicy, facts: LeadFacts) -> str:
    if compiled.accounts.own_account_of(facts):
        return POLICY
    return f"accounts, by {facts.account.by.replace('_', ' ')}" if facts.account else ACCOUNTS


@lru_cache(maxsize=4096, typed=True)
def _used(field: str, value: Any, source: str) -> FactUsed:
    return FactUsed(field=field, value=value, source=source)


@lru_cache(maxsize=4096)
def _tried(rule: str, matched: bool, because: str) -> RuleTried:
    return RuleTried(rule=rule, matched=matched, because=because)
