"""Who is away in the six weeks ahead, and which business hours too few people cover (R19, R50)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response

from api.console import frame
from api.console.mine_desk import me_of
from api.console.team import TABS, Team, choices, roster_of
from api.console.team_board import shown_teams
from api.console.viewing import Viewer, console, seen
from api.doors import FrontDep
from models.access import Right
from models.calendar import Calendar
from models.roster import Rep, Roster
from policy.coverage import Short, away_between, shortages
from policy.leave import Leave
from policy.routing.crew import crew_of
from policy.routing.moments import FOR_EVER

router = console()

WEEKS = 6
MOST_GAPS = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one rep: `kind` is works, away, part (away for a part of it), holiday or off; `says` all of it."""

    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """One rep's six weeks."""

    rep: Rep
    cells: tuple[Cell, ...]
    away_days: int


@dataclass(frozen=True, slots=True)
class Away:
    """One absence in the six weeks, in the zone of whoever is away."""

    name: str
    team: str
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Business hours of a team or pool that too few people cover: on which days, and how many of `of` are there."""

    whose: str
    hours: str
    there: int
    of: int
    days: tuple[date, ...]

    @property
    def says(self) -> str:
        """Name the days: the first, and how many more until the last."""
        first, last = (f"{day:%a} {day.day} {day:%b}" for day in (self.days[0], self.days[-1]))
        match len(self.days):
            case 1:
                return first
            case 2:
                return f"{first} and {last}"
            case number:
                return f"{number} days, from {first} to {last}"


@router.get("/team/calendar")
async def show(
    request: Request,
    front: FrontDep,
    viewer: Annotated[Viewer, seen(Right.TEAM)],
    team: Team = "",
    least: Annotated[int, Query(ge=1, le=20)] = 1,
) -> Response:
    """Show the six weeks of the teams of whoever looks, or of one; gaps with fewer than `least` people."""
    roster, at = await roster_of(front), front.clock()
    teams = shown_teams(roster, viewer.person_id, team)
    person = me_of(roster, viewer.person_id)
    today = at.astimezone(ZoneInfo(person.zone if person else "UTC")).date()
    monday = today - today.weekday() * _DAY
    days = tuple(monday + number * _DAY for number in range(7 * WEEKS))
    until = datetime.combine(days[-1] + _DAY, time.min, UTC)
    reps = [rep for rep in roster.reps if rep.active and rep.team in teams]
    gaps = sorted(
        _gaps(roster, teams, least, at, until), key=lambda one: (one.there, one.days[0], one.whose, one.hours)
    )
    return await frame.page(
        request,
        viewer,
        "team_calendar.html",
        title="Calendar",
        tabs=TABS,
        teams=choices(roster),
        chosen=team if team in teams or team == "all" else "",
        least=least,
        today=today,
        weeks=[days[start : start + 7] for start in range(0, len(days), 7)],
        lines=[_line(roster, rep, days) for rep in reps],
        away=[one for rep in reps for one in _away(roster, rep, at, until)],
        gaps=gaps[:MOST_GAPS],
        more=len(gaps) - MOST_GAPS,
    )


def _line(roster: Roster, rep: Rep, days: tuple[date, ...]) -> Line:
    cells = tuple(_cell(roster, rep, day) for day in days)
    return Line(rep, cells, sum(cell.kind in ("away", "part") for cell in cells))


def _cell(roster: Roster, rep: Rep, day: date) -> Cell:
    """Say what one day is to a rep: their hours count, and what of them they are away."""
    calendar = crew_of(roster).calendar(rep)
    told = f"{rep.name}, {day:%a} {day.day} {day:%b}"
    if not calendar.windows_on(day):
        if calendar.is_holiday(day):
            return Cell("holiday", f"{told}: {calendar.holiday_name(day) or 'holiday'}")
        return Cell("off", f"{told}: no hours")
    starts, ends = _day(day, calendar)
    leave = away_between(roster, rep, starts, ends)
    if not leave:
        return Cell("works", f"{told}: works")
    whole = any(one.starts_at <= starts and one.ends_at >= ends for one in leave)
    return Cell("away", f"{told}: away") if whole else Cell("part", f"{told}: away for a part of the day")


def _day(day: date, calendar: Calendar) -> tuple[datetime, datetime]:
    tz = ZoneInfo(calendar.tz)
    first, next_ = (datetime.combine(one, time.min, tz).astimezone(UTC) for one in (day, day + _DAY))
    return first, next_


def _away(roster: Roster, rep: Rep, at: datetime, until: datetime) -> Iterator[Away]:
    crew = crew_of(roster)
    zone = crew.calendar(rep).tz
    for leave in away_between(roster, rep, at, until):
        yield Away(rep.name, crew.team(rep).name, _words(leave, zone, at))


def _words(leave: Leave, zone: str, at: datetime) -> str:
    """Say when somebody is away: by days where it is whole days."""
    since = "now" if leave.starts_at <= at else f"from {_instant(leave.starts_at, zone)}"
    if leave.ends_at >= FOR_EVER:
        return f"{since}, until further notice"
    back = leave.ends_at.astimezone(ZoneInfo(zone))
    if back.time() == time.min:
        last = back.date() - _DAY
        return f"{since}, until {last:%a} {last.day} {last:%b}"
    return f"{since}, until {_instant(leave.ends_at, zone)}"


def _instant(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}" + ("" if local.time() == time.min else f" {local:%H:%M}")


def _gaps(roster: Roster, teams: tuple[str, ...], least: int, at: datetime, until: datetime) -> Iterator[Gap]:
    """Find the gaps of each team, and of each pool that is not simply a whole team; in a pool's team's hours."""
    crew, whole = crew_of(roster), dict[frozenset[str], str]()
    for team in roster.teams:
        members = [rep for rep in roster.reps if rep.team == team.id and rep.active]
        whole[frozenset(rep.id for rep in members)] = team.id
        if team.id in teams:
            calendar = roster.calendars[team.calendar]
            found = shortages(roster, calendar, members, least, at, until)
            yield from _told(team.name, found, len(members), calendar.tz)
    for name, pool in roster.pools.items():
        members = [rep for rep in crew.members(name) if rep.active]
        at_home = pool.team or (members[0].team if members else None)
        if at_home in teams and frozenset(rep.id for rep in members) not in whole:
            calendar = roster.calendars[crew.teams[at_home].calendar]
            found = shortages(roster, calendar, members, least, at, until)
            yield from _told(f"pool {name}", found, len(members), calendar.tz)


def _told(whose: str, found: tuple[Short, ...], of: int, zone: str) -> Iterator[Gap]:
    """Put gaps of the same hours and with as many people together, whatever the day."""
    tz, same = ZoneInfo(zone), dict[tuple[str, int], list[date]]()
    for one in found:
        starts, ends = one.starts_at.astimezone(tz), one.ends_at.astimezone(tz)
        same.setdefault((_hours(starts, ends), one.there), []).append(starts.date())
    for (hours, there), days in same.items():
        yield Gap(whose, f"{hours} {zone}", there, of, tuple(days))


def _hours(starts: datetime, ends: datetime) -> str:
    if ends.time() == time.min and ends.date() - starts.date() == _DAY:
        return f"{starts:%H:%M}\u201324:00"
    if ends.date() == starts.date():
        return f"{starts:%H:%M}\u2013{ends:%H:%M}"
    return f"{starts:%H:%M} to {ends:%a} {ends.day} {ends:%b} {ends:%H:%M}"
