"""A lead as the CRM is told of it: what the database knows now, in the CRM's terms and with its ids of our people.

Refuses to tell of what is no lead yet, or was folded into another.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.crm.base import CrmTask, LeadState, PersonField, Value
from adapters.crm.base import Todo as TaskStands
from db.crm import Copy, Seen, Todo
from db.tables.words import TaskState
from models.crm import CrmField
from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Stage
from models.roster import Manager, Rep, Roster

MOST_REASONS = 6
REASONS_LIMIT = 255
"""Characters of the reasons: as many as a plain text field takes."""

_UNJUDGED = frozenset({Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING})
_STANDS = {TaskState.OPEN: TaskStands.OPEN, TaskState.DONE: TaskStands.DONE, TaskState.DROPPED: TaskStands.DROPPED}


def nothing_to_tell(seen: Seen | None, copy: Copy, *, one_per_person: bool) -> str | None:
    """Say why the CRM is told nothing of a lead as it is; None where it is told."""
    if seen is None:
        return "there is no such lead any more"
    if seen.folded_into is not None:
        return f"it was folded into {seen.folded_into}"
    if copy.external_id is None and (seen.stage in _UNJUDGED or seen.stage is Stage.DISQUALIFIED):
        return f"it is {seen.stage}"
    if seen.facts is None or not (seen.facts.email or seen.facts.phone):
        return "nothing is known to reach its person by"
    if one_per_person and seen.followed_by is not None:
        return f"the record shows the same person's newer lead {seen.followed_by}"
    return None


def state_of(seen: Seen, copy: Copy, roster: Roster | None) -> tuple[LeadState, tuple[str, ...]]:
    """Lay out a lead for the CRM, and say what is missing here to tell it whole.

    Closed tasks that it never heard of are left out, and those that it knows as they are, unless it is told all anew.
    """
    holder = seen.owner or seen.answerable
    missing = []
    owner = _user(roster, holder)
    if holder is not None and owner is None:
        missing.append(f"owner ({holder} has no `crm` in the roster)")
    if seen.moving:
        owner = None  # the CRM says somebody else, whom the lead goes to in a moment
    tasks = [_task(todo, roster) for todo in seen.tasks]
    untold = [
        task
        for task in tasks
        if (copy.digest is None or copy.tasks.get(task.key, {}).get("shows") != task.digest)
        and (task.state is TaskStands.OPEN or task.key in copy.tasks)
    ]
    state = LeadState(
        lead_id=seen.lead_id,
        person=_person(seen.facts) if seen.facts else {},
        fields=_fields(seen, holder, roster),
        owner=owner,
        known_as=copy.external_id,
        tasks=tuple(untold),
    )
    return state, tuple(missing)


def _person(facts: LeadFacts) -> dict[PersonField, str]:
    company = facts.company
    known = {
        PersonField.EMAIL: facts.email,
        PersonField.PHONE: facts.phone,
        PersonField.FIRST_NAME: facts.first_name,
        PersonField.LAST_NAME: facts.last_name,
        PersonField.TITLE: facts.title,
        PersonField.COMPANY: company.name,
        PersonField.WEBSITE: company.domain,
        PersonField.COUNTRY: facts.country or company.country,
        PersonField.CITY: company.city,
        PersonField.INDUSTRY: company.industry,
    }
    return {name: value for name, value in known.items() if value}


def _fields(seen: Seen, holder: str | None, roster: Roster | None) -> dict[CrmField, Value]:
    score = seen.score
    likely = None if seen.likelihood is None else float(round(seen.likelihood * 100))
    return {
        CrmField.STAGE: seen.stage.value,
        CrmField.NEXT_STEP: seen.next_step or None,
        CrmField.DUE_AT: seen.due_at,
        CrmField.SCORE: score.points if score else None,
        CrmField.REASONS: _reasons(score) if score else None,
        CrmField.INTENT: score.intent.value if score else None,
        CrmField.FIT: score.fit.value if score else None,
        CrmField.LIKELIHOOD: likely,
        CrmField.RESPONSIBLE: _name(roster, holder),
        CrmField.SOURCE: seen.source,
        CrmField.OUTCOME: seen.outcome,
    }


def _reasons(score: Score) -> str | None:
    """Name what weighs most, the heaviest first."""
    heaviest = sorted(score.reasons, key=lambda reason: -abs(reason.points))[:MOST_REASONS]
    said = ", ".join(f"{reason.rule} {reason.points:+g}" for reason in heaviest if reason.points)
    return said[:REASONS_LIMIT] or None


def _task(todo: Todo, roster: Roster | None) -> CrmTask:
    return CrmTask(
        key=todo.key,
        what=todo.what,
        state=_STANDS[todo.state],
        made_at=todo.created_at,
        due_at=_in_zone(todo.due_at, todo.rep_id, roster),
        owner=_user(roster, todo.rep_id),
    )


def _in_zone(at: datetime | None, person_id: str, roster: Roster | None) -> datetime | None:
    """Put an instant into the zone that its owner works in: a CRM's task is due on a day."""
    person = _known(roster, person_id)
    zone = person.tz if person is not None else None
    if zone is None and isinstance(person, Rep) and roster is not None:
        team = next((team for team in roster.teams if team.id == person.team), None)
        calendar = roster.calendars.get(person.calendar or (team.calendar if team else None) or "")
        zone = calendar.tz if calendar else None
    return None if at is None else at.astimezone(ZoneInfo(zone) if zone else UTC)


def _user(roster: Roster | None, person_id: str | None) -> str | None:
    person = _known(roster, person_id)
    return person.crm if person is not None else None


def _name(roster: Roster | None, person_id: str | None) -> str | None:
    person = _known(roster, person_id)
    return person.name if person is not None else person_id


def _known(roster: Roster | None, person_id: str | None) -> Rep | Manager | None:
    people: list[Rep | Manager] = [*roster.reps, *roster.managers] if roster is not None and person_id else []
    return next((one for one in people if one.id == person_id), None)
