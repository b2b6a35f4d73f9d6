"""Whose business time counts for a lead, and what a budget comes to on it (contract, section 4).

On a clock that does not open long enough every second counts, and the trace says so: a lead never waits for a
calendar that has ended. This room refuses to know what is counted for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from models.calendar import ALWAYS, Calendar, Due
from models.ladder import Clock, Rung
from models.policy import Policy
from models.roster import Roster
from policy.hours.calendars import NeverOpens, due, elapsed, next_opening
from policy.routing.crew import calendar_of, rep_of, team_of
from policy.routing.moments import FOR_EVER


@dataclass(frozen=True, slots=True)
class Clocks:
    """The calendars a lead's durations are counted in; `ALWAYS` where there is none."""

    rep: Calendar = ALWAYS
    team: Calendar = ALWAYS
    lead: Calendar = ALWAYS

    def calendar(self, clock: Clock) -> Calendar:
        """Give the calendar of a clock; on the wall's every second counts."""
        return {Clock.REP: self.rep, Clock.TEAM: self.team, Clock.LEAD: self.lead, Clock.WALL: ALWAYS}[clock]

    def zone(self, clock: Clock) -> str:
        """Name the zone in which times of day on a clock are meant: the calendar's; on the wall's clock, the team's."""
        return self.team.tz if clock is Clock.WALL else self.calendar(clock).tz


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


def counted(calendar: Calendar, start_at: datetime, budget: timedelta) -> Due:
    """Find when a budget is used up; on a calendar that has ended every second counts, up to `FOR_EVER`."""
    try:
        return due(calendar, start_at, budget)
    except NeverOpens as ended:
        because = f"{ended}: every second counts"
    if start_at + budget >= FOR_EVER:
        return Due(due_at=max(start_at, FOR_EVER), trace=(because, "further ahead than anything is planned"))
    wall = due(ALWAYS, start_at, budget)
    return wall.model_copy(update={"trace": (because, *wall.trace)})


def left(calendar: Calendar, at: datetime, due_at: datetime) -> timedelta:
    """Find how much business time is left until `due_at`, counted as `counted` does."""
    try:
        next_opening(calendar, at)
    except NeverOpens:
        return due_at - at
    return elapsed(calendar, at, due_at).elapsed


def not_before(above: Sequence[Rung], then: Due) -> Due:
    """Let a rung wait for the one above it: a plan never runs backwards, even where its clocks do."""
    if not above or then.due_at >= above[-1].due_at:
        return then
    why = f"waits for rung {above[-1].n}: no rung is due before the one above it"
    return Due(due_at=above[-1].due_at, trace=(*then.trace, why))


def _lead_calendar(calendar: Calendar, timezone: str | None) -> Calendar:
    if timezone is None or calendar is ALWAYS:
        return calendar
    try:
        return Calendar.model_validate(calendar.model_dump() | {"tz": timezone})
    except ValidationError:
        return calendar
