"""How strongly a lead asks, how well it fits, and where it goes from here (R4-R8, R26, R33, R36).

Ways that go before the matrix are tried first, in the policy's order; then the matrix of intent and fit; and
points above the policy's threshold promote a lead that the matrix would have nurtured. This room refuses to pick
a person: that is routing's.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.decisions import Disqualified, Nurture, Qualification, Review, Route, Score
from models.facts import LeadFacts
from models.lead import Fit, Intent, Touch
from models.policy import Policy
from models.qualifying import Way
from models.sla import SlaClass
from policy.compiled import CompiledPolicy
from policy.condition import Known
from policy.scoring import add_up, attribute_points


def judge(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    touches: Sequence[Touch],
    at: datetime,
    *,
    answerable: str | None = None,
) -> Score:
    """Score and qualify a lead as of `at` under one version of a policy.

    `answerable` stands in where the policy names nobody for nurture or review; None leaves it to the manager.
    """
    known = compiled.known(facts, touches, at)
    points, reasons = add_up(compiled, known, facts, touches)
    intent = intent_of(compiled.policy, facts, touches)
    fit, fit_because = fit_of(compiled, known)
    case = _Case(compiled, facts, compiled.judged(known, points, intent, fit), points, intent, fit, at, answerable)
    return Score(
        points=points,
        reasons=reasons,
        intent=intent,
        fit=fit,
        qualification=case.qualify(fit_because),
        policy=compiled.version,
    )


def intent_of(policy: Policy, facts: LeadFacts, touches: Sequence[Touch]) -> Intent:
    """Give the highest intent that the lead's type or its touches show (R4); low where nothing shows any."""
    counted = Counter([str(facts.type), *(touch.kind for touch in touches)])
    for level in (Intent.HIGH, Intent.MEDIUM):
        signals = policy.intent.get(level)
        if signals is None:
            continue
        if facts.type in signals.types or any(counted[kind] >= times for kind, times in signals.touches.items()):
            return level
    return Intent.LOW


def fit_of(compiled: CompiledPolicy, known: Known) -> tuple[Fit, str]:
    """Give the fit with the ideal customer profile (R5), and which criteria were met for how many points."""
    reasons = tuple(attribute_points(compiled.fit_rules, known))
    points = sum(reason.points for reason in reasons)
    fit = Fit.STRONG if points >= compiled.policy.fit.strong_from else Fit.WEAK
    met = ", ".join(reason.rule for reason in reasons) or "no criterion met"
    return fit, f"{met}; {points:g} points, strong from {compiled.policy.fit.strong_from:g}"


@dataclass(frozen=True)
class _Case:
    """One lead before the judge."""

    compiled: CompiledPolicy
    facts: LeadFacts
    known: Known
    points: float
    intent: Intent
    fit: Fit
    at: datetime
    answerable: str | None

    def qualify(self, fit_because: str) -> Qualification:
        for rule, condition in self.compiled.way_rules:
            if condition.holds(self.known):
                return self._send(rule.do, f"{rule.name}: {rule.because}", rule.answerable)
        way = self.compiled.cell(self.intent, self.fit).do
        because = f"{self.intent} intent, {self.fit} fit ({fit_because})"
        threshold = self.compiled.policy.scoring.qualified_above
        if way in (Way.NURTURE, Way.MONITOR) and self.points > threshold:
            return self._send(
                Way.ROUTE, f"promoted: {self.points:g} points, more than {threshold:g}, in spite of {because}"
            )
        return self._send(way, because)

    def _send(self, way: Way, because: str, answerable: str | None = None) -> Qualification:
        policy = self.compiled.policy
        match way:
            case Way.ROUTE:
                return self._route(because)
            case Way.REVIEW:
                return Review(
                    answerable=answerable or policy.review.answerable or self.answerable,
                    due_at=self.at + policy.review.within,
                    because=because,
                )
            case Way.NURTURE | Way.MONITOR:
                return Nurture(
                    answerable=answerable or policy.nurture.answerable or self.answerable,
                    monitored=way is Way.MONITOR,
                    until=self.at + policy.nurture.lasts,
                    because=because,
                )
            case Way.DISQUALIFY:
                return Disqualified(because=because)

    def _route(self, because: str) -> Route:
        tier = self.compiled.tier_of(self.facts)
        levels = self.compiled.levels(self.intent, self.fit, tier)
        sla = sla_of(self.compiled, self.compiled.qualified(self.known, tier, levels))
        size = f"deal tier {tier.name}" if tier else "deal of unknown size"
        who = f", for {' or '.join(levels)}" if levels else ""
        return Route(sla=sla.name, tier=tier.name if tier else None, because=f"{because}; {size}{who}")


def sla_of(compiled: CompiledPolicy, known: Known) -> SlaClass:
    """Give the first SLA class whose condition holds (R31); the last one takes every lead."""
    return next(one for one, condition in compiled.sla_rules if condition.holds(known))
