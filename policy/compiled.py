"""A policy ready to judge with: every condition compiled once, every mistake found before a lead meets it.

This room refuses to judge (`policy/scoring.py`, `policy/qualification.py`, `policy/routing/`) and to read files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import floor
from typing import Any, TypeVar

from models.base import Problem
from models.decisions import Learned, Route, Score
from models.facts import LeadFacts
from models.lead import Fit, Intent, LeadType, Touch
from models.market import Segment
from models.policy import FirstAnswer, Policy
from models.qualifying import AttributeRule, MatrixCell, PointRule, Tier, Trigger, WayRule
from models.roster import Level
from models.routing import FitRule, PoolRule
from models.sla import SlaClass
from policy.conditions.condition import Condition, Known, compile_condition
from policy.conditions.flaws import ConditionError
from policy.conditions.vocabulary import RECEIVED, Listed, Scope, Vocabulary, read_facts, read_touches
from policy.flaws import contradictions, personal, warnings
from policy.placing import deal_in_euro, region_of, regions_of
from policy.points import exact
from policy.routing.accounts import AccountBook

_LEVELS = frozenset(Level)


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
    segment_rules: tuple[tuple[Segment, Condition], ...]
    attribute_rules: tuple[tuple[AttributeRule, Condition], ...]
    fit_rules: tuple[tuple[PointRule, Condition], ...]
    way_rules: tuple[tuple[WayRule, Condition], ...]
    sla_rules: tuple[tuple[SlaClass, Condition], ...]
    pool_rules: tuple[tuple[PoolRule, Condition], ...]
    best_fit_rules: tuple[tuple[FitRule, Condition], ...] = ()
    answer_rules: tuple[tuple[FirstAnswer, Condition], ...] = ()
    trigger_rules: tuple[tuple[Trigger, Condition], ...] = ()
    warnings: tuple[str, ...] = ()

    def known(self, facts: LeadFacts, touches: Sequence[Touch], at: datetime, score: Score | None = None) -> Known:
        """Collect what conditions may look at, as of `at`: facts, touches, and with a score what follows from it.

        With a score: points, intent, fit, segments, tier and levels, as the rules of SLA classes and pools need them.
        """
        known = self._facts_known(facts, touches, at)
        if score is None:
            return known
        known = self.judged(known, score.points, score.intent, score.fit, score.learned)
        tier = self.tier_for(facts, score)
        return self.qualified(known, tier, self.levels_for(score, tier))

    def _facts_known(self, facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> Known:
        """Read facts and touches; routing asks right after judging, for the same lead as of the same instant."""
        for last, last_touches, last_at, known in self._latest:
            if last is facts and last_touches is touches and last_at == at:
                return known
        values: dict[str, Any] = {**read_facts(facts), **read_touches(facts, touches, at), **self._lists}
        if self.regions:
            values["region"] = region_of(facts, self.policy, self.regions)[0]
        values |= self._account_known(facts)
        amount = deal_in_euro(facts, self.policy)
        if amount is not None:
            values["deal.amount"] = floor(amount)
        known = Known(values, self.vocabulary(Scope.FACTS), at)
        if isinstance(touches, tuple):  # a list may have grown by the next time
            self._latest[:] = [(facts, touches, at, known)]
        return known

    def _account_known(self, facts: LeadFacts) -> Mapping[str, Any]:
        account = self.accounts.account_of(facts)
        if account is None:
            return {"account.known": False}
        return {
            "account.known": True,
            "account.id": account.id,
            "account.status": account.status.value,
            "account.open_deals": account.open_deals,
        }

    @cached_property
    def _latest(self) -> list[tuple[LeadFacts, tuple[Touch, ...], datetime, Known]]:
        return []

    @cached_property
    def scored(self) -> tuple[tuple[PointRule, Condition], ...]:
        """Give every rule that may give points, for scoring and for fit."""
        return (*self.attribute_rules, *self.fit_rules)

    @cached_property
    def always_asked(self) -> tuple[Condition, ...] | None:
        """Give the conditions of all rules that may give points; None when some count for a time only."""
        timed = any(rule.valid_from or rule.valid_until for rule, _ in self.scored)
        return None if timed else tuple(condition for _, condition in self.scored)

    def judged(self, known: Known, points: float, intent: Intent, fit: Fit, learned: Learned | None = None) -> Known:
        """Add points, intent, fit, the segments and how likely it is to convert to what is known.

        A likelihood that is not to be trusted yet is not known to conditions.
        """
        more: dict[str, Any] = {
            "points": floor(points),
            "intent": intent.value,
            "fit": fit.value,
            "segments": [segment.name for segment, condition in self.segment_rules if condition.holds(known)],
        }
        if learned is not None and learned.trusted:
            more["likelihood"] = percent(learned)
        return known.and_also(more, self.vocabulary(Scope.JUDGED))

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
    def _vocabularies(self) -> Mapping[Scope, Vocabulary]:
        return {scope: vocabulary_of(self.policy, scope) for scope in Scope}

    @cached_property
    def _lists(self) -> Mapping[str, Listed]:
        return {f"lists.{name}": Listed(entries) for name, entries in self.policy.lists.items()}

    @cached_property
    def regions(self) -> Mapping[str, str]:
        """Give each country of the territories its region (R10)."""
        return regions_of(self.policy)

    @cached_property
    def _cells(self) -> Mapping[tuple[Intent, Fit], MatrixCell]:
        return {(cell.intent, cell.fit): cell for cell in self.policy.matrix}

    def tier_of(self, facts: LeadFacts) -> Tier | None:
        """Give the tier of the lead's deal (R8); None when its size is not known."""
        amount = deal_in_euro(facts, self.policy)
        if amount is None:
            return None
        return next(tier for tier in self.policy.tiers if tier.takes(amount))

    def tier_for(self, facts: LeadFacts, score: Score) -> Tier | None:
        """Give the tier a lead was judged to be in, else that of its deal as it is known now."""
        way = score.qualification
        judged = (tier for tier in self.policy.tiers if isinstance(way, Route) and tier.name == way.tier)
        return next(judged, None) or self.tier_of(facts)

    def cell(self, intent: Intent, fit: Fit) -> MatrixCell:
        """Give the cell of the matrix for intent and fit (R6)."""
        return self._cells[intent, fit]

    def levels(
        self, intent: Intent, fit: Fit, tier: Tier | None, by_way: Sequence[str] | None = None
    ) -> tuple[Level, ...]:
        """Say who may get the lead (R6, R8): as the way says, else the matrix cell's levels, else the tier's.

        `by_way` are a `Route.levels`. Empty means anybody: so says the way, or the cell names nobody and the deal's
        size is not known.
        """
        if by_way is not None:
            return tuple(Level(name) for name in by_way if name in _LEVELS)
        cell = self.cell(intent, fit)
        by_tier = tier is not None and (cell.deal_first or not cell.levels)
        return tuple(tier.levels if tier and by_tier else cell.levels)

    def levels_for(self, score: Score, tier: Tier | None) -> tuple[Level, ...]:
        """Say who may get a lead that was judged: what conditions see as `levels`, and what routing goes by."""
        way = score.qualification
        return self.levels(score.intent, score.fit, tier, way.levels if isinstance(way, Route) else None)


def percent(learned: Learned) -> int:
    """Give a likelihood in whole percent, as conditions see it."""
    return floor(exact(learned.likelihood * 100))


def vocabulary_of(policy: Policy, scope: Scope) -> Vocabulary:
    """Give the words a policy has for conditions at a stage, its own touches, lists, regions and so on included."""
    named = {rule.kind for rule in policy.scoring.behaviour}
    named |= {kind for signals in policy.intent.values() for kind in signals.touches}
    return Vocabulary(
        scope=scope,
        touches=(*LeadType, *sorted(named - set(LeadType) - {RECEIVED})),
        lists=tuple(sorted(policy.lists)),
        regions=tuple(sorted(policy.territories)),
        segments=tuple(segment.name for segment in policy.segments),
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
        segment_rules=work.all(policy.segments, "segments", Scope.FACTS),
        attribute_rules=_lawful(policy, work.all(policy.scoring.attributes, "scoring.attributes", Scope.FACTS)),
        fit_rules=_lawful(policy, work.all(policy.fit.criteria, "fit.criteria", Scope.FACTS)),
        way_rules=work.all(policy.ways, "ways", Scope.JUDGED),
        sla_rules=work.all(policy.sla, "sla", Scope.QUALIFIED),
        pool_rules=work.all(policy.routing.rules, "routing.rules", Scope.QUALIFIED),
        best_fit_rules=work.all(policy.routing.best_fit, "routing.best_fit", Scope.QUALIFIED),
        answer_rules=work.all(policy.first_answers, "first_answers", Scope.FACTS),
        trigger_rules=work.all(policy.triggers, "triggers", Scope.JUDGED),
        warnings=tuple(warnings(policy)),
    )
    if problems := [*contradictions(policy), *work.problems]:
        raise PolicyError(tuple(problems))
    return compiled


R = TypeVar("R", Segment, AttributeRule, PointRule, WayRule, SlaClass, PoolRule, FitRule, FirstAnswer, Trigger)


P = TypeVar("P", AttributeRule, PointRule)


def _lawful(policy: Policy, rules: tuple[tuple[P, Condition], ...]) -> tuple[tuple[P, Condition], ...]:
    """Leave out what scores people by personal attributes, unless the policy turns that on (R34)."""
    return rules if policy.scoring.personal_attributes else tuple(one for one in rules if not personal(one[0]))


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
