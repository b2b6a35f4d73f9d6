"""Opening a routing question: everything that follows from lead, policy and roster before anybody is chosen.

This room refuses to choose (`policy/routing/choosing.py`).
"""

from collections.abc import Sequence
from dataclasses import replace

from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Touch
from models.orders import AssignLead
from models.roster import Rep
from policy.compiled import CompiledPolicy
from policy.routing.aside import set_aside
from policy.routing.case import Case
from policy.routing.crew import crew_of
from policy.routing.needs import demands_of
from policy.routing.rules import place
from policy.routing.situation import Situation


def open_case(
    compiled: CompiledPolicy,
    facts: LeadFacts,
    score: Score,
    order: AssignLead,
    situation: Situation,
    touches: Sequence[Touch],
    *,
    sun: tuple[str, ...] = (),
    whole: bool = True,
) -> Case:
    """Look at everything that does not depend on who is chosen; `sun` as in `policy.routing.choosing.choose`."""
    known = compiled.known(facts, touches, situation.at, score)
    placed = place(compiled, score, known)
    crew, tier = crew_of(situation.roster), compiled.tier_for(facts, score)
    demands = demands_of(placed.asked, compiled, facts)
    case = Case(
        compiled=compiled,
        facts=facts,
        known=known,
        situation=situation,
        order=order,
        crew=crew,
        placed=placed,
        pool=placed.pool,
        tier=tier,
        levels=placed.levels if placed.levels is not None else compiled.levels_for(score, tier),
        asked=frozenset({*order.asked, order.holder} - {None}),
        demands=demands,
        notes=demands.notes,
        set_aside=set_aside(compiled.policy.routing.aside, crew, situation),
        sun=sun,
        whole=whole,
    )
    members = crew.members(placed.pool)
    if case.levels and members and (note := _nobody_of_the_level(case, members)):
        case = replace(case, any_level=True, notes=(*case.notes, f"{note}, so any level counts"))
    return replace(case, looked=case.look(members))


def _nobody_of_the_level(case: Case, members: Sequence[Rep]) -> str:
    """Say that the pool has nobody (left) whom the lead asks for; nothing when it has."""
    which = " or ".join(case.levels)
    fitting = [rep for rep in members if rep.active and rep.level in case.levels]
    suited = [rep for rep in fitting if not case.demands.against(case.crew, rep, case.at)]
    if any(rep.id not in case.asked for rep in suited):
        return ""
    if not fitting:
        return f"nobody in {case.pool} is {which}"
    if not suited:
        return f"nobody in {case.pool} who is {which} has what it needs"
    return f"everybody in {case.pool} who is {which} was asked"
