"""How well a lead suits a rep, in points: what they know, what they are certified for, what they won (R22).

A record of few leads counts little: the share won is (won + 1) / (won + lost + 2). This room refuses to choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.facts import LeadFacts
from models.roster import Rep
from models.routing import FitRule, Need
from policy.compiled import CompiledPolicy
from policy.conditions.condition import Known
from policy.points import added_up
from policy.routing.crew import Crew, as_compared
from policy.routing.needs import TRAITS, common_hours, lead_value
from policy.routing.situation import Record, Situation


@dataclass(frozen=True, slots=True)
class Suits:
    """The points of one rep for one lead, and what gave them: "speaks their language +3"."""

    points: float
    because: tuple[str, ...]


def suits(
    compiled: CompiledPolicy, facts: LeadFacts, known: Known, situation: Situation, crew: Crew, reps: Sequence[Rep]
) -> Mapping[str, Suits]:
    """Give the points of each rep under `routing.best_fit`; a rule whose `when` does not hold gives nobody any."""
    rules = [rule for rule, condition in compiled.best_fit_rules if rule.when is None or condition.holds(known)]
    values = {rule.match: lead_value(rule.match, compiled, facts) for rule in rules if rule.match}
    found = {}
    for rep in reps:
        parts = []
        for rule in rules:
            points = rule.points * _part(rule, rep, values, compiled, facts, situation, crew)
            if points:
                parts.append((rule.name, points))
        total = added_up(points for _, points in parts)
        found[rep.id] = Suits(total, tuple(f"{name} +{points:.4g}" for name, points in parts))
    return found


def _part(
    rule: FitRule,
    rep: Rep,
    values: Mapping[Need, str | None],
    compiled: CompiledPolicy,
    facts: LeadFacts,
    situation: Situation,
    crew: Crew,
) -> float:
    """Give the part of a rule's points that a rep gets, from 0 to 1."""
    if rule.won:
        return _won(situation, rep.id, facts.company.industry)
    if rule.match is None:
        has_skill = not crew.has(rep, "skills").isdisjoint(map(as_compared, rule.skills))
        return float(has_skill or not crew.has(rep, "certifications").isdisjoint(map(as_compared, rule.certifications)))
    value = values[rule.match]
    if value is None:
        return 0.0
    if rule.match is Need.HOURS:
        return float(common_hours(crew, rep, value, situation.at) >= compiled.policy.routing.overlap)
    return float(as_compared(value) in crew.has(rep, TRAITS[rule.match]))


def _won(situation: Situation, rep_id: str, industry: str | None) -> float:
    """Give the share of like leads that a rep won, smoothed: of the same industry, else of all."""
    nothing = Record()
    like = situation.records.get((rep_id, industry), nothing)
    if like.won + like.lost == 0:
        like = situation.records.get((rep_id, None), nothing)
    return (like.won + 1) / (like.won + like.lost + 2)
