"""Teams, pools, rotas and territories, as tables: who is in each, and who answers. They are changed as text."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from api.console.setup import names_of
from api.console.setup_frame import SetupReader, setup_page
from api.console.viewing import console
from api.doors import FrontDep
from models.policy import Policy
from models.roster import Pool, Roster, Rota, Team
from policy.rota import duty
from policy.routing.crew import crew_of
from runtime.presence import policy_in

router = console()


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One team. `reps`: how many are active, of how many."""

    team: Team
    manager: str
    active: int
    reps: int


@dataclass(frozen=True, slots=True)
class PoolLine:
    """One pool, and who of it is active, with the weight that counts in it."""

    name: str
    pool: Pool
    members: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RotaLine:
    """One rota, who is on duty now and until when."""

    name: str
    rota: Rota
    members: tuple[str, ...]
    now: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class TerritoryLine:
    """One territory of the published policy."""

    name: str
    countries: tuple[str, ...]
    owner: str


@router.get("/setup/teams")
async def teams(request: Request, front: FrontDep, viewer: SetupReader) -> Response:
    """Show teams, pools, rotas and territories."""
    roster, policy, at = await front.store.rosters.load(), await policy_in(front.store), front.clock()
    return await setup_page(
        request,
        front,
        viewer,
        "setup_teams.html",
        title="Teams and pools",
        tab="/setup/teams",
        there=roster is not None,
        teams=() if roster is None else teams_of(roster),
        pools=() if roster is None else pools_of(roster),
        rotas=() if roster is None else rotas_of(roster, at),
        territories=territories_of(policy, names_of(roster)),
    )


def teams_of(roster: Roster) -> tuple[TeamLine, ...]:
    """Lay out the teams."""
    names = names_of(roster)
    return tuple(
        TeamLine(
            team,
            names.get(team.manager, team.manager),
            sum(rep.active for rep in roster.reps if rep.team == team.id),
            sum(rep.team == team.id for rep in roster.reps),
        )
        for team in roster.teams
    )


def pools_of(roster: Roster) -> tuple[PoolLine, ...]:
    """Lay out the pools with who is in each today."""
    crew = crew_of(roster)
    return tuple(
        PoolLine(
            name,
            pool,
            tuple((rep.name, pool.weights.get(rep.id, rep.weight)) for rep in crew.members(name) if rep.active),
        )
        for name, pool in roster.pools.items()
    )


def rotas_of(roster: Roster, at: datetime) -> tuple[RotaLine, ...]:
    """Lay out the rotas with who is on duty."""
    names, found = names_of(roster), []
    for name, rota in roster.rotas.items():
        now = duty(roster, name, at)
        found.append(
            RotaLine(
                name,
                rota,
                tuple(names[one] for one in rota.members),
                names.get(now.person_id or "", "nobody"),
                now.next_at,
            )
        )
    return tuple(found)


def territories_of(policy: Policy | None, names: dict[str, str]) -> tuple[TerritoryLine, ...]:
    """Lay out the territories of the published policy."""
    if policy is None:
        return ()
    return tuple(
        TerritoryLine(region, tuple(one.countries), names.get(one.owner or "", one.owner or "no one person"))
        for region, one in policy.territories.items()
    )
