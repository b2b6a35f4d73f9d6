"""Whom an alert is for. Whoever the rung means, or, where there is nobody like that, the manager, who is told why.

This room refuses to know how somebody is reached.
"""

from dataclasses import dataclass
from datetime import datetime

from models.ladder import Target
from models.orders import AlertManager
from models.roster import Person, Rep, Roster
from policy.reporting import chief_of
from policy.rota import on_duty


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is told; `note` says why it is not whom the rung means."""

    person: Person
    note: str = ""


def addressee(order: AlertManager, roster: Roster, at: datetime) -> Addressee | None:
    """Find whom an alert is for at `at`; None where the roster names no manager either."""
    manager = person_of(roster, order.manager_id) or next(iter(roster.managers), None)
    found, missing = _meant(order, roster, manager, at)
    if found is not None:
        return Addressee(found)
    return Addressee(manager, f"You are told because {missing}.") if manager is not None else None


def person_of(roster: Roster, person_id: str | None) -> Person | None:
    """Find a rep or manager by id."""
    return next((one for one in (*roster.reps, *roster.managers) if one.id == person_id), None)


def reader_of(roster: Roster, person_id: str) -> Person | None:
    """Find whoever reads under an id: a person or a room."""
    return person_of(roster, person_id) or next((room for room in roster.rooms if room.id == person_id), None)


def _meant(order: AlertManager, roster: Roster, manager: Person | None, at: datetime) -> tuple[Person | None, str]:
    who = order.who
    match order.to:
        case Target.ROOM:
            return next((room for room in roster.rooms if room.id == who), None), f"the roster has no room {who}"
        case Target.PERSON | Target.ON_DUTY:
            # Whoever is to be paged may be written as either: what the roster knows by that name is meant.
            person = person_of(roster, who)
            if who in roster.rotas and (order.to is Target.ON_DUTY or person is None):
                return _there(roster, on_duty(roster, who, at)), f"nobody is on duty in {who}"
            return _there(roster, who), f"{who} is not there any more"
        case Target.MANAGERS_MANAGER if manager is not None:
            return person_of(roster, chief_of(roster, manager.id)) or manager, ""
        case _:
            return manager, ""


def _there(roster: Roster, person_id: str | None) -> Person | None:
    person = person_of(roster, person_id)
    return None if isinstance(person, Rep) and not person.active else person
