"""Whom somebody names: a human in a message, or the policy on a rung, a person or whoever is on duty.

A human overrules every reason against whom they name but one: who is inactive is gone. The policy's rung does not:
the machine asks nobody who is off, away, full, set aside or was asked before; level and needs are not asked of them.
A manager works the hours of their first team; who has no team has no hours. This room refuses to look for others.
"""

from dataclasses import replace
from difflib import get_close_matches
from typing import NamedTuple

from models.calendar import Calendar
from models.ladder import Target
from models.orders import AssignLead
from models.roster import Person
from policy.compiled import CompiledPolicy
from policy.hours.calendars import NeverOpens, is_open, next_opening
from policy.rota import on_duty
from policy.routing import words
from policy.routing.availability import ASKED_BEFORE, FITNESS, Objection, off_hours
from policy.routing.case import Case, Looked
from policy.routing.choices import Chosen, Impossible
from policy.routing.giving import chosen, chosen_manager

BY_RUNG = frozenset({Target.PERSON, Target.ON_DUTY})
"""Targets by which the policy itself says who is asked."""


def named(case: Case) -> Chosen | Impossible:
    """Give it to whom a human named, whatever speaks against it, and say what was overruled."""
    order = case.order
    if order.rep_id is None:
        return Impossible("nobody was named: say who is to get the lead")
    themselves = order.accepted or order.by == order.rep_id
    by = None if themselves else _name_of(case, order.by)
    how = f"{order.rep_id} took it" if themselves else f"{order.by or 'somebody'} gave it to {order.rep_id}"
    rep = case.crew.reps.get(order.rep_id)
    if rep is None:
        manager = case.crew.people.get(order.rep_id)
        if manager is not None:
            return chosen_manager(case, manager, words.by_hand(case.facts, by, ()), [how])
        near = get_close_matches(order.rep_id, case.crew.people, n=1)
        return Impossible(f"unknown rep {order.rep_id!r}" + (f", did you mean {near[0]!r}?" if near else ""))
    if not rep.active:
        return Impossible(f"{rep.id} is inactive and gets no leads")
    against = case.against(rep)
    overruled = [f"overruling: {', '.join(one.says for one in against)}"] if against else []
    case = replace(case, aside=(Looked(rep, against),))
    return chosen(case, rep, words.by_hand(case.facts, by, against), [how, *overruled])


def aimed(compiled: CompiledPolicy, order: AssignLead, sla: str | None) -> AssignLead:
    """Turn an order for the primary to whom the class's first rung names, if it names somebody."""
    first = next((one.ladder[0] for one in compiled.policy.sla if one.name == sla), None)
    if first is None or first.to not in BY_RUNG:
        return order
    return order.model_copy(update={"to": first.to, "who": first.who})


def by_rung(case: Case) -> tuple[Case, Chosen | None]:
    """Give it to whom the policy's rung names if nothing speaks against them; else the case knows why not."""
    whom = _whom(case)
    if isinstance(whom, str):
        return replace(case, notes=(*case.notes, whom)), None
    sentence, because = words.by_rung(case.facts, case.placed, whom.duty), [f"{whom.id} {whom.how}"]
    rep = case.crew.reps.get(whom.id)
    if rep is not None:
        against = case.against(rep, FITNESS)
        case = replace(case, aside=(*case.aside, Looked(rep, against)))
        if not against:
            return case, chosen(case, rep, sentence, because, lifted=FITNESS, by_rung=True)
    elif (manager := case.crew.people.get(whom.id)) is not None:
        against = _against_manager(case, manager)
        if not against:
            return case, chosen_manager(case, manager, sentence, because, by_rung=True)
    else:
        note = f"{whom.id}, who {whom.how}, is not in the roster any more"
        return replace(case, notes=(*case.notes, note)), None
    note = f"{whom.id}, who {whom.how}, {against[0].predicate}"
    return replace(case, notes=(*case.notes, note)), None


class _Whom(NamedTuple):
    """Whom a rung names; `duty` is the rota, None for a person."""

    id: str
    how: str
    duty: str | None = None


def _whom(case: Case) -> _Whom | str:
    """Say whom the rung names, or why it names nobody."""
    who = case.order.who
    if who is None:
        return "the rung names nobody"
    if case.order.to is Target.PERSON:
        return _Whom(who, "is named by the rung")
    if who not in case.roster.rotas:
        return f"the roster has no rota {who}"
    person_id = on_duty(case.roster, who, case.at)
    return _Whom(person_id, f"is on duty ({who})", who) if person_id else f"nobody is on duty ({who})"


def _against_manager(case: Case, manager: Person) -> tuple[Objection, ...]:
    found, calendar = list[Objection](), _hours_of(case, manager)
    if calendar is not None and not is_open(calendar, case.at):
        try:
            found.append(off_hours(calendar, next_opening(calendar, case.at), case.at))
        except NeverOpens:
            found.append(off_hours(calendar, None, case.at))
    if manager.id in case.asked:
        found.append(ASKED_BEFORE)
    return tuple(found)


def _hours_of(case: Case, manager: Person) -> Calendar | None:
    team = next((team for team in case.roster.teams if team.manager == manager.id), None)
    if team is None:
        return None
    calendar = case.roster.calendars[team.calendar]
    return calendar.model_copy(update={"tz": manager.tz}) if manager.tz else calendar


def _name_of(case: Case, person_id: str | None) -> str:
    person = case.crew.people.get(person_id) if person_id else None
    return person.name if person else person_id or "Somebody"
