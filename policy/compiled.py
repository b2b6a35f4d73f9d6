"""A policy ready to judge with: every condition compiled once, every mistake found before a lead meets it.

This room refuses to judge (`policy/scoring.py`, `policy/qualification.py`, `policy/routing.py`) and to read files.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import floor
from typing import Any, TypeVar

from models.base import Problem
from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Fit, Intent, LeadType, Touch
from models.policy import Policy
from models.qualifying import MatrixCell, PointRule, Tier, WayRule
from models.roster import Level
from models.routing import FitRule, PoolRule
from models.sla import SlaClass
from policy.accounts import AccountBook
from policy.accounts import problems as account_problems
from policy.condition import Condition, Known, compile_condition
from policy.condition_flaws import ConditionError
from policy.placing import deal_in_euro, localise
from policy.vocabulary import RECEIVED, Scope, Vocabulary, read_facts, read_touches

_PERSONAL = re.compile(r"\bcustom\.(?:age|gender|sex|religion|nationality)\b")


class PolicyError(ValueError):
    """A policy does not compile. Carries every problem with its place (`routing.rules[2].when`)."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


@dataclass(frozen=True)
class CompiledPolicy:
    """One version of a policy with its conditions, in the policy's order. Made by `compile_policy`."""

    policy: Policy
    version: str
    attribute_rules: tuple[tuple[PointRule, Condition], ...]
    fit_rules: tuple[tuple[PointRule, Condition], ...]
    way_rules: tuple[tuple[WayRule, Condition], ...]
    sla_rules: tuple[tuple[SlaClass, Condition], ...]
    pool_rules: tuple[tuple[PoolRule, Condition], ...]
    best_fit_rules: tuple[tuple[FitRule, Condition], ...] = ()
    warnings: tuple[str, ...] = ()

    def known(self, facts: LeadFacts, touches: Sequence[Touch], at: datetime, score: Score | None = None) -> Known:
        """Collect what conditions may look at, as of `at`: facts, touches, and with a score what follows from it.

        With a score: points, intent, fit, tier and levels, as the rules of SLA classes and pools need them.
        """
        placed = localise(facts, self.policy)
        values: dict[str, Any] = read_facts(placed) | read_touches(placed, touches, at)
        values |= {f"lists.{name}": entries for name, entries in self.policy.lists.items()}
        amount = deal_in_euro(facts, self.policy)
        if amount is not None:
            values["deal.amount"] = floor(amount)
        known = Known(values, self.vocabulary(Scope.FACTS))
        if score is None:
            return known
        known = self.judged(known, score.points, score.intent, score.fit)
        tier = self.tier_of(facts)
        return self.qualified(known, tier, self.levels(score.intent, score.fit, tier))

    def judged(self, known: Known, points: float, intent: Intent, fit: Fit) -> Known:
        """Add points, intent and fit to what is known."""
        return known.and_also(
            {"points": floor(points), "intent": intent.value, "fit": fit.value}, self.vocabulary(Scope.JUDGED)
        )

    def qualified(self, known: Known, tier: Tier | None, levels: Sequence[Level]) -> Known:
        """Add the deal tier and the levels who may get it to what is known."""
        more = {"tier": tier.name if tier else None, "levels": [level.value for level in levels]}
        return known.and_also(more, self.vocabulary(Scope.QUALIFIED))

    def vocabulary(self, scope: Scope) -> Vocabulary:
        """Give the words this policy has for conditions at a stage."""
        return self._vocabularies[scope]

    @cached_property
    def accounts(self) -> AccountBook:
        """Give the policy's accounts, found by domain and name."""
        return AccountBook.of(self.policy)

    @cached_property
    def _vocabularies(self) -> dict[Scope, Vocabulary]:
        return {scope: vocabulary_of(self.policy, scope) for scope in Scope}

    def tier_of(self, facts: LeadFacts) -> Tier | None:
        """Give the tier of the lead's deal (R8); None when its size is not known."""
        amount = deal_in_euro(facts, self.policy)
        if amount is None:
            return None
        return next(tier for tier in self.policy.tiers if tier.takes(amount))

    def cell(self, intent: Intent, fit: Fit) -> MatrixCell:
        """Give the cell of the matrix for intent and fit (R6)."""
        return next(cell for cell in self.policy.matrix if (cell.intent, cell.fit) == (intent, fit))

    def levels(self, intent: Intent, fit: Fit, tier: Tier | None) -> tuple[Level, ...]:
        """Say who may get the lead (R6, R8): the matrix cell's levels, or where it says so the tier's.

        Empty only when neither says anything: the cell names nobody, and the deal's size is not known.
        """
        cell = self.cell(intent, fit)
        by_tier = tier is not None and (cell.deal_first or not cell.levels)
        return tuple(tier.levels if tier and by_tier else cell.levels)


def vocabulary_of(policy: Policy, scope: Scope) -> Vocabulary:
    """Give the words a policy has for conditions at a stage: its own touches, lists, regions and tiers included."""
    named = {rule.kind for rule in policy.scoring.behaviour}
    named |= {kind for signals in policy.intent.values() for kind in signals.touches}
    return Vocabulary(
        scope=scope,
        touches=(*LeadType, *sorted(named - set(LeadType) - {RECEIVED})),
        lists=tuple(sorted(policy.lists)),
        regions=tuple(sorted(policy.territories)),
        tiers=tuple(tier.name for tier in policy.tiers),
    )


def compile_policy(policy: Policy, version: str) -> CompiledPolicy:
    """Compile every condition of a policy.

    Raises PolicyError listing every problem, each with its place (`routing.rules[2].when`).
    """
    work = _Work(policy)
    compiled = CompiledPolicy(
        policy=policy,
        version=version,
        attribute_rules=work.all(policy.scoring.attributes, "scoring.attributes", Scope.FACTS),
        fit_rules=work.all(policy.fit.criteria, "fit.criteria", Scope.FACTS),
        way_rules=work.all(policy.ways, "ways", Scope.JUDGED),
        sla_rules=work.all(policy.sla, "sla", Scope.QUALIFIED),
        pool_rules=work.all(policy.routing.rules, "routing.rules", Scope.QUALIFIED),
        best_fit_rules=work.all(policy.routing.best_fit, "routing.best_fit", Scope.QUALIFIED),
        warnings=tuple(_warnings(policy)),
    )
    if problems := [*_contradictions(policy), *work.problems]:
        raise PolicyError(tuple(problems))
    return compiled


R = TypeVar("R", PointRule, WayRule, SlaClass, PoolRule, FitRule)


class _Work:
    """Compiles rules and collects what is wrong with them; a rule with a flaw is left out."""

    def __init__(self, policy: Policy) -> None:
        self.problems: list[Problem] = []
        self._words = {scope: vocabulary_of(policy, scope) for scope in Scope}

    def all(self, rules: Sequence[R], where: str, scope: Scope) -> tuple[tuple[R, Condition], ...]:
        done = []
        for place, rule in enumerate(rules):
            path = f"{where}[{place}].when"
            try:
                done.append((rule, compile_condition(rule.when or "true", path, self._words[scope])))
            except ConditionError as error:
                self.problems.extend(Problem(field=path, what=str(flaw)) for flaw in error.flaws)
        return tuple(done)


def _contradictions(policy: Policy) -> Iterator[Problem]:
    yield from account_problems(policy)
    for place, rule in enumerate(policy.scoring.behaviour):
        if rule.kind == RECEIVED:
            yield Problem(
                field=f"scoring.behaviour[{place}].kind", what=f"{RECEIVED!r} is not a touch; choose another name"
            )
    most = sum(rule.points for rule in policy.fit.criteria if rule.points > 0)
    if most < policy.fit.strong_from:
        yield Problem(
            field="fit.strong_from",
            what=f"{policy.fit.strong_from:g} is out of reach: all criteria give {most:g} points",
        )


def _warnings(policy: Policy) -> Iterator[str]:
    for where, rules in (("scoring.attributes", policy.scoring.attributes), ("fit.criteria", policy.fit.criteria)):
        for place, rule in enumerate(rules):
            for name in sorted(set(_PERSONAL.findall(rule.when))):
                yield f"{where}[{place}] ({rule.name}) scores people by {name}: check that the law lets you (R34)"
