"""Writing a choice down: whom the lead goes to, on whose team, who is reserved to cover, and the whole trace.

This room refuses to choose (`policy/routing/choosing.py`), and takes whom it is handed.
"""

from collections.abc import Sequence

from models.roster import Person, Rep
from policy.fairness import Turn
from policy.routing.availability import FOR_GOOD, Against, next_available_at
from policy.routing.case import Case
from policy.routing.choices import Chosen
from policy.routing.trace import trace_of

OF_ANY_LEVEL = frozenset({Against.LEVEL})
"""Who covers for somebody, or is named, need not be of the level asked for."""


def chosen(
    case: Case,
    rep: Rep,
    sentence: str,
    because: Sequence[str],
    charged: Turn | None = None,
    lifted: frozenset[Against] = OF_ANY_LEVEL,
    *,
    by_rung: bool = False,
) -> Chosen:
    """Give the lead to a rep; what is `lifted` is not asked of whoever is reserved to cover for them either."""
    team = case.crew.team(rep)
    backup = _backup(case, rep, lifted)
    return Chosen(
        rep_id=rep.id,
        rep_name=rep.name,
        team=team.id,
        region=team.region,
        manager_id=team.manager,
        backup_id=backup,
        pool=case.pool,
        rule=case.placed.rule,
        sentence=sentence,
        turn=charged,
        weights=case.weights,
        trace=trace_of(case, because, rep.id, backup),
        tie=case.tie,
        places=case.places,
        by_rung=by_rung,
    )


def chosen_manager(
    case: Case, manager: Person, sentence: str, because: Sequence[str], *, by_rung: bool = False
) -> Chosen:
    """Give the lead to a manager, who answers for it themselves; nobody is reserved."""
    team = next((team for team in case.roster.teams if team.manager == manager.id), None)
    return Chosen(
        rep_id=manager.id,
        rep_name=manager.name,
        team=team.id if team else None,
        region=team.region if team else None,
        manager_id=manager.id,
        backup_id=None,
        pool=case.pool,
        rule=case.placed.rule,
        sentence=sentence,
        turn=None,
        weights=case.weights,
        trace=trace_of(case, because, manager.id),
        by_rung=by_rung,
    )


def _backup(case: Case, rep: Rep, lifted: frozenset[Against]) -> str | None:
    """Reserve who covers: the chosen rep's named backup if they can be asked soon, else who would be next."""
    named = case.crew.reps.get(rep.backup) if rep.backup else None
    if named and named.capacity and FOR_GOOD.isdisjoint(one.kind for one in case.against(named, lifted)):
        aside = case.set_aside.get(named.id)
        from_at = max(case.at, aside.ends_at) if aside else case.at
        there_at = next_available_at(named, case.crew.calendar(named), from_at)
        if there_at is not None and there_at - case.at <= case.compiled.policy.routing.hold_at_most:
            return named.id
    return next((rep_id for rep_id in case.in_turn if rep_id != rep.id), None)
