"""Who reports to whom in a roster. This room refuses to know what they are told."""

from models.roster import Roster
from policy.routing.crew import crew_of


def chief_of(roster: Roster, manager_id: str) -> str | None:
    """Name whom a manager answers to; None when they answer to nobody, or are not in the roster.

    A rep who leads a team answers to the manager of the team they are in, unless that is themselves.
    """
    manager = next((one for one in roster.managers if one.id == manager_id), None)
    if manager is not None:
        return manager.manager
    crew = crew_of(roster)
    rep = crew.reps.get(manager_id)
    above = crew.team(rep).manager if rep is not None else None
    return None if above == manager_id else above
