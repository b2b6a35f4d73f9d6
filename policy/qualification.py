"""How strongly a lead asks, how well it fits, and where it goes from here (R4-R8, R26, R33, R36, R51).

Ways that go before the matrix are tried first, in the policy's order; then the matrix of intent and fit; and
points above the policy's threshold promote a lead that the matrix would have nurtured. A rule counts only while it is
valid. This room refuses to pick a person: that is routing's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.decisions import Disqualified, Learned, Nurture, Qualification, Review, Route, Score
from models.explanation import RuleTried
from models.facts import LeadFacts
from models.lead import Fit, Intent, Touch
from models.policy import Policy
from models.qualifying import Via, Way, WayRule
from models.sla import SlaClass
from policy.compiled import CompiledPolicy, percent
from policy.conditions.condition import Condition, Known
from policy.lookups import facts_used, tried
from policy.points import added_up
from policy.scoring import add_up, attribute_points, count_touches, counts
from policy.triggers import fired


def judge(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    touches: Sequence[Touch],
    at: datetime,
    *,
    answerable: str | None = None,
    whole: bool = True,
    learned: Learned | None = None,
    before: Score | None = None,
) -> Score:
    """Score and qualify a lead as of `at` under one version of a policy.

    `answerable` stands in where the policy names nobody for nurture or review; None leaves it to the manager. Not
    `whole`: the same judgement without the facts that it rests on, for whoever judges many and tells nobody.
    `learned`: how likely the published model calls it. `before`: the judgement before this one, which says what is
    new: only what changed since sets triggers off, and without it nothing does.
    """
    known = compiled.known(facts, touches, at)
    points, reasons = add_up(compiled, known, facts, touches, at)
    intent = intent_of(compiled.policy, facts, touches)
    fit, fit_because = fit_of(compiled, known)
    known = compiled.judged(known, points, intent, fit, learned)
    case = _Case(compiled, facts, known, points, intent, fit, at, answerable, learned)
    qualification = case.qualify(fit_because)
    return Score(
        points=points,
        reasons=reasons,
        intent=intent,
        fit=fit,
        qualification=qualification,
        policy=compiled.version,
        facts=facts_used(compiled, case.looked_at(), case.known, facts, also=case.also) if whole else (),
        ways=tuple(case.tried),
        segments=tuple(known.value("segments") or ()),
        touches=len(touches),
        fired=fired(compiled, known, touches, points, before, same=_same(before, intent, fit, qualification)),
        learned=learned,
        at=at,
    )


def _same(before: Score | None, intent: Intent, fit: Fit, way: Qualification) -> bool:
    """Say whether a lead goes to the same kind of person, within the same promise, as by the judgement before."""
    if before is None or not isinstance(way, Route) or not isinstance(before.qualification, Route):
        return False
    was = before.qualification.model_copy(update={"because": way.because})
    return (before.intent, before.fit, was) == (intent, fit, way)


def intent_of(policy: Policy, facts: LeadFacts, touches: Sequence[Touch]) -> Intent:
    """Give the highest intent that the lead's type or its touches show (R4); low where nothing shows any."""
    counted = count_touches(facts, touches)
    for level in (Intent.HIGH, Intent.MEDIUM):
        signals = policy.intent.get(level)
        if signals is None:
            continue
        if facts.type in signals.types or any(counted.get(kind, 0) >= times for kind, times in signals.touches.items()):
            return level
    return Intent.LOW


def fit_of(compiled: CompiledPolicy, known: Known) -> tuple[Fit, str]:
    """Give the fit with the ideal customer profile (R5), and which criteria were met for how many points."""
    reasons = tuple(attribute_points(compiled.fit_rules, known))
    points = added_up(reason.points for reason in reasons)
    fit = Fit.STRONG if points >= compiled.policy.fit.strong_from else Fit.WEAK
    met = ", ".join(reason.rule for reason in reasons) or "no criterion met"
    return fit, f"{met}; {points:g} points, strong from {compiled.policy.fit.strong_from:g}"


@dataclass
class _Case:
    """One lead before the judge, and what was looked at so far: the ways tried, and every condition asked."""

    compiled: CompiledPolicy
    facts: LeadFacts
    known: Known
    points: float
    intent: Intent
    fit: Fit
    at: datetime
    answerable: str | None
    learned: Learned | None = None
    tried: list[RuleTried] = field(default_factory=list)
    asked: list[Condition] = field(default_factory=list)
    also: tuple[str, ...] = ()

    def qualify(self, fit_because: str) -> Qualification:
        for rule, condition in self.compiled.way_rules:
            if self._takes(rule, condition):
                return self._send(rule.do, f"{rule.name}: {rule.because}", rule)
        way = self.compiled.cell(self.intent, self.fit).do
        because = f"{self.intent} intent, {self.fit} fit ({fit_because})"
        if way in (Way.NURTURE, Way.MONITOR) and (promoted := self._promoted()):
            return self._send(Way.ROUTE, f"promoted: {promoted}, in spite of {because}")
        return self._send(way, because)

    def _promoted(self) -> str:
        """Say what lifts it above the matrix: its points (R33), or how likely it is (R38); nothing if neither does."""
        scoring = self.compiled.policy.scoring
        if self.points > scoring.qualified_above:
            return f"{self.points:g} points, more than {scoring.qualified_above:g}"
        above, learned = scoring.learned.promote_above, self.learned
        if above is not None and learned is not None and learned.trusted and learned.likelihood * 100 > above:
            return f"{percent(learned)} % likely by model {learned.model}, more than {above:g} %"
        return ""

    def _takes(self, rule: WayRule, condition: Condition) -> bool:
        if not counts(rule, self.known):
            self.tried.append(tried(rule.name, False, rule.why_not(self.at)))
            return False
        matched = condition.holds(self.known)
        self.asked.append(condition)
        self.tried.append(tried(rule.name, matched, condition.because(self.known)))
        return matched

    def looked_at(self) -> list[Condition]:
        """Give every condition that this judgement rests on."""
        always = self.compiled.always_asked
        if always is None:
            always = tuple(condition for rule, condition in self.compiled.scored if counts(rule, self.known))
        return [*always, *self.asked]

    def _send(self, way: Way, because: str, rule: WayRule | None = None) -> Qualification:
        policy = self.compiled.policy
        answerable = rule.answerable if rule else None
        match way:
            case Way.ROUTE:
                return self._route(because, rule)
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

    def _route(self, because: str, rule: WayRule | None) -> Route:
        pool, via, by_way = (rule.pool, rule.via, _levels_of(rule)) if rule else (None, None, None)
        tier = self.compiled.tier_of(self.facts)
        levels = self.compiled.levels(self.intent, self.fit, tier, by_way)
        self.known, self.also = self.compiled.qualified(self.known, tier, levels), ("deal.amount",)
        sla, asked = _first_sla(self.compiled, self.known)
        self.asked.extend(asked)
        size = f"deal tier {tier.name}" if tier else "deal of unknown size"
        who = f", for {' or '.join(levels)}" if levels else ""
        where = f", in {pool}" if pool else ""
        whose = f", first for {_WHOSE[via]}" if via else ""
        return Route(
            sla=sla.name,
            tier=tier.name if tier else None,
            pool=pool,
            via=via.value if via else None,
            levels=by_way,
            because=f"{because}; {size}{who}{where}{whose}",
        )


_WHOSE = {Via.RELATIONSHIP: "who looks after the account", Via.SUCCESS: "the account's customer success"}


def _levels_of(rule: WayRule) -> tuple[str, ...] | None:
    """Say who may get it by the way: those it names, anybody of a pool that it names, else as matrix and tier say."""
    if rule.levels or rule.pool:
        return tuple(level.value for level in rule.levels)
    return None


def sla_of(compiled: CompiledPolicy, known: Known) -> SlaClass:
    """Give the first SLA class that counts and whose condition holds (R31); the last one takes every lead."""
    return _first_sla(compiled, known)[0]


def _first_sla(compiled: CompiledPolicy, known: Known) -> tuple[SlaClass, list[Condition]]:
    asked = []
    for one, condition in compiled.sla_rules:
        if counts(one, known):
            asked.append(condition)
            if condition.holds(known):
                return one, asked
    return compiled.sla_rules[-1][0], asked
