"""People of the roster: who is in which team, who may be asked now, how much they take, and when they are away."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from api.console.setup_frame import SetupReader, setup_page
from api.console.viewing import console
from api.doors import FrontDep
from models.roster import Rep, Roster, Team
from policy.leave import Leave, leaves
from policy.routing.crew import calendar_of, crew_of
from runtime.presence import Presence, presence_of

router = console()


@dataclass(frozen=True, slots=True)
class Line:
    """One rep in the list. `because`: why they are offered nothing now; None: they may be.

    `away`: their next absence.
    """

    rep: Rep
    because: str | None
    load: int
    calendar: str
    backup: str
    away: Leave | None


@dataclass(frozen=True, slots=True)
class Crowd:
    """One team and its reps."""

    team: Team
    manager: str
    lines: tuple[Line, ...]


@router.get("/setup")
async def people(request: Request, front: FrontDep, viewer: SetupReader) -> Response:
    """List everybody, team by team."""
    roster, at = await front.store.rosters.load(), front.clock()
    file = await front.store.rosters.file()
    crowds = () if roster is None else crowds_of(roster, await presence_of(front.store, roster, at), at)
    listed = set() if file is None else {rep.id for rep in file.roster.reps}
    return await setup_page(
        request,
        front,
        viewer,
        "setup.html",
        title="People",
        tab="/setup",
        crowds=crowds,
        listed=listed,
        managers=[] if roster is None else roster.managers,
        places=[] if roster is None else roster.rooms,
        names=names_of(roster),
        leads={} if roster is None else _leads(roster),
        there=roster is not None,
    )


def names_of(roster: Roster | None) -> dict[str, str]:
    """Give what everybody is called, by id."""
    return {} if roster is None else {one.id: one.name for one in crew_of(roster).people.values()}


def crowds_of(roster: Roster, presence: Presence, at: datetime) -> tuple[Crowd, ...]:
    """Lay out the teams in the roster's order, those who are active first."""
    names = names_of(roster)
    found = []
    for team in roster.teams:
        lines = [
            Line(
                rep,
                presence.reasons[rep.id],
                presence.loads[rep.id],
                rep.calendar or team.calendar,
                names.get(rep.backup or "", ""),
                next_away(roster, rep, at),
            )
            for rep in roster.reps
            if rep.team == team.id
        ]
        lines.sort(key=lambda line: (not line.rep.active, line.rep.name.casefold()))
        found.append(Crowd(team, names.get(team.manager, team.manager), tuple(lines)))
    return tuple(found)


def next_away(roster: Roster, rep: Rep, at: datetime) -> Leave | None:
    """Give the absence that runs, or else the one that comes next."""
    ahead = [one for one in leaves(rep, calendar_of(roster, rep)) if one.ends_at > at]
    return min(ahead, key=lambda one: one.starts_at, default=None)


def _leads(roster: Roster) -> dict[str, str]:
    """Name the teams of each manager."""
    found: dict[str, list[str]] = {}
    for team in roster.teams:
        found.setdefault(team.manager, []).append(team.name)
    return {person: ", ".join(teams) for person, teams in found.items()}
