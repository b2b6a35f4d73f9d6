"""When each rung of a lead's ladder is due: absolute instants with reasons (contract, section 4; R30-R32).

`after` counts from the offer before, in business time of the rung's clock. The instants of a plan never run
backwards, even where its clocks do: a rung waits for the one above it. Rungs behind the next offering one are
projected, as if each offer before them were made exactly when due. On a clock that does not open long enough
every second counts, and the trace says so: a lead never waits for a calendar that has ended.

This room refuses to climb: what is done when a rung is due is the workflow's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import ValidationError

from models.calendar import ALWAYS, Calendar, Due
from models.ladder import OFFERING, Clock, Plan, Rung, RungKind, Target
from models.policy import Policy
from models.roster import Roster
from models.sla import RungRule, SlaClass
from policy.hours.calendars import NeverOpens, due, elapsed, next_opening
from policy.routing.crew import calendar_of, rep_of, team_of


@dataclass(frozen=True, slots=True)
class Clocks:
    """The calendars a lead's durations are counted in; `ALWAYS` where there is none."""

    rep: Calendar = ALWAYS
    team: Calendar = ALWAYS
    lead: Calendar = ALWAYS

    def calendar(self, clock: Clock) -> Calendar:
        """Give the calendar of a clock; on the wall's every second counts."""
        return {Clock.REP: self.rep, Clock.TEAM: self.team, Clock.LEAD: self.lead, Clock.WALL: ALWAYS}[clock]


def clocks_of(policy: Policy, roster: Roster, holder_id: str | None, timezone: str | None) -> Clocks:
    """Find a lead's clocks: its holder's, their team's, and the policy's `lead` calendar in the lead's zone.

    A manager who holds it works the hours of their (first) team. Nobody, and a holder the roster does not know
    (any more), has no hours: every second counts. A `timezone` that is no zone leaves the calendar in its own.
    """
    lead = _lead_calendar(policy.calendars.get("lead", ALWAYS), timezone)
    rep = rep_of(roster, holder_id) if holder_id is not None else None
    if rep is not None:
        team = roster.calendars[team_of(roster, rep).calendar]
        return Clocks(rep=calendar_of(roster, rep), team=team, lead=lead)
    managed = [roster.calendars[team.calendar] for team in roster.teams if team.manager == holder_id]
    hours = managed[0] if managed else ALWAYS
    return Clocks(rep=hours, team=hours, lead=lead)


def plan_ladder(
    policy: Policy,
    sla_name: str,
    rungs_done: int,
    clocks: Clocks,
    at: datetime,
    cause: str,
    *,
    backup: str | None = None,
    manager: str | None = None,
) -> Plan:
    """Plan the rungs behind the offer being made at `at`: those from number `rungs_done` on, never rung 0.

    A rung with `times` takes that many numbers. `backup` and `manager` are names for the rungs that are not
    projected. Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    steps = list(_steps(sla.ladder, 0))[max(rungs_done, 1) :]
    rungs = tuple(_climbed(steps, sla, clocks, at, backup, manager))
    return Plan(made_at=at, cause=cause, rungs=rungs)


def plan_contact(policy: Policy, sla_name: str, clocks: Clocks, accepted_at: datetime, cause: str) -> Plan:
    """Plan the contact clock's rungs from acceptance on; they are numbered on from the ladder's last.

    Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    steps = _steps(sla.contact, sum(1 for _ in _steps(sla.ladder, 0)))
    rungs = tuple(_climbed(steps, sla, clocks, accepted_at))
    return Plan(made_at=accepted_at, cause=cause, rungs=rungs)


def shift(rungs: Sequence[Rung], frozen_at: datetime, resume_at: datetime, clocks: Clocks, cause: str) -> Plan:
    """Plan anew what was frozen at `frozen_at`: each rung keeps what was left of it in its own business time.

    What was due by then is due at `resume_at`; nothing is brought forward. Raises `ValueError` when `resume_at`
    lies before `frozen_at`.
    """
    if resume_at < frozen_at:
        raise ValueError(f"time that froze at {frozen_at} cannot run on from {resume_at}: that is before")
    if resume_at == frozen_at:
        return Plan(made_at=resume_at, cause=cause, rungs=tuple(rungs))
    moved: list[Rung] = []
    for rung in rungs:
        then = _not_before(moved, _thawed(rung, frozen_at, resume_at, clocks.calendar(rung.clock)))
        moved.append(rung.model_copy(update={"due_at": then.due_at, "trace": then.trace}))
    return Plan(made_at=resume_at, cause=cause, rungs=tuple(moved))


def response_due_at(policy: Policy, sla_name: str, clocks: Clocks, received_at: datetime) -> datetime:
    """Find when the response promised for a lead received at `received_at` is due.

    Raises `LookupError` for an SLA class that the policy does not have.
    """
    sla = _sla(policy, sla_name)
    return _counted(clocks.calendar(sla.response_clock), received_at, sla.response).due_at


class _Step(NamedTuple):
    """One rung of the policy with its number, repetitions written out."""

    n: int
    rule: RungRule
    after: timedelta


def _sla(policy: Policy, name: str) -> SlaClass:
    classes = {one.name: one for one in policy.sla}
    if name not in classes:
        near = get_close_matches(name, classes, n=1)
        hint = f", did you mean {near[0]!r}?" if near else f" (known: {', '.join(classes)})"
        raise LookupError(f"policy {policy.name!r} has no SLA class {name!r}{hint}")
    return classes[name]


def _lead_calendar(calendar: Calendar, timezone: str | None) -> Calendar:
    if timezone is None or calendar is ALWAYS:
        return calendar
    try:
        return Calendar.model_validate(calendar.model_dump() | {"tz": timezone})
    except ValidationError:
        return calendar


def _steps(rules: Iterable[RungRule], first: int) -> Iterator[_Step]:
    n = first
    for rule in rules:
        for time in range(1, rule.times + 1):
            # An offering rung opens a new window: its repetition counts from the one before as it is.
            yield _Step(n, rule, rule.after if rule.do in OFFERING else rule.after * time)
            n += 1


def _climbed(
    steps: Iterable[_Step],
    sla: SlaClass,
    clocks: Clocks,
    at: datetime,
    backup: str | None = None,
    manager: str | None = None,
) -> Iterator[Rung]:
    offered_at, projected, above = at, False, list[Rung]()
    for n, rule, after in steps:
        clock = rule.clock or sla.clock
        then = _not_before(above, _counted(clocks.calendar(clock), offered_at, after))
        to = _target(n, rule)
        says = _says(rule.do, to, None if projected else backup, None if projected else manager)
        rung = Rung(
            n=n,
            kind=rule.do,
            to=to,
            due_at=then.due_at,
            clock=clock,
            trace=then.trace,
            projected=projected,
            says=says,
        )
        yield rung
        above.append(rung)
        if rule.do in OFFERING:
            offered_at, projected = rung.due_at, True


def _counted(calendar: Calendar, start_at: datetime, budget: timedelta) -> Due:
    try:
        return due(calendar, start_at, budget)
    except NeverOpens as ended:
        wall = due(ALWAYS, start_at, budget)
        return wall.model_copy(update={"trace": (f"{ended}: every second counts", *wall.trace)})


def _thawed(rung: Rung, frozen_at: datetime, resume_at: datetime, calendar: Calendar) -> Due:
    if rung.due_at <= frozen_at:
        return Due(due_at=resume_at, trace=("was due when time froze: due as soon as it runs on",))
    left = _left(calendar, frozen_at, rung.due_at)
    then = _counted(calendar, resume_at, left)
    if then.due_at < rung.due_at:  # planned at an opening with nothing left to count, or outside its hours
        return Due(due_at=rung.due_at, trace=rung.trace)
    return then.model_copy(update={"trace": (f"{left} left when time froze", *then.trace)})


def _left(calendar: Calendar, frozen_at: datetime, due_at: datetime) -> timedelta:
    try:
        next_opening(calendar, frozen_at)
    except NeverOpens:
        return due_at - frozen_at
    return elapsed(calendar, frozen_at, due_at).elapsed


def _not_before(above: Sequence[Rung], then: Due) -> Due:
    if not above or then.due_at >= above[-1].due_at:
        return then
    why = f"waits for rung {above[-1].n}: no rung is due before the one above it"
    return Due(due_at=above[-1].due_at, trace=(*then.trace, why))


def _target(n: int, rule: RungRule) -> Target | None:
    if rule.to is not None or rule.do not in (RungKind.OFFER, RungKind.REASSIGN):
        return rule.to
    return Target.PRIMARY if n == 0 else Target.NEXT


def _says(kind: RungKind, to: Target | None, backup: str | None, manager: str | None) -> str:
    match kind:
        case RungKind.REMIND:
            return "remind the owner"
        case RungKind.ALERT:
            return f"tell the manager, {manager}" if manager else "tell the manager"
        case RungKind.TRIAGE:
            return "triage"
        case RungKind.OFFER | RungKind.REASSIGN:
            give = "offer it to" if kind is RungKind.OFFER else "give it to"
            if to is Target.BACKUP:
                return f"{give} the backup, {backup}" if backup else f"{give} the backup"
            if to is Target.PRIMARY:
                return f"{give} the one whose turn it is"
            return "give it to the next one available"
