"""The roster as tables: who there is, whom they answer to, their quiet hours, and who may get a lead now."""

from collections.abc import Mapping, Sequence

from rich.console import RenderableType

from cli.output import span, table
from models.roster import Person, Pool, Rep, Roster, Rota


def roster_tables(
    roster: Roster, loads: Mapping[str, int], reasons: Mapping[str, str | None]
) -> Sequence[RenderableType]:
    """Lay the whole roster out; `loads` and `reasons` are each rep's open leads and why they get none now."""
    managers = [(one.id, one.name, one.manager, _told(one), quiet(one)) for one in roster.managers]
    teams = [(one.id, one.name, one.manager, one.calendar, one.region) for one in roster.teams]
    reps = [_rep(rep, loads.get(rep.id, 0), reasons[rep.id]) for rep in roster.reps]
    pools = [
        (name, pool.strategy.replace("_", " "), _members(pool), pool.team, ", ".join(pool.levels) or None)
        for name, pool in roster.pools.items()
    ]
    parts: list[RenderableType] = [
        table(("id", "name", "answers to", "told by", "quiet"), managers, "Managers"),
        "",
        table(("id", "name", "manager", "calendar", "region"), teams, "Teams"),
        "",
        table(
            ("id", "name", "team", "level", "open", "weight", "backup", "quiet", "now (times are their own)"),
            reps,
            "Reps",
        ),
        "",
        table(("pool", "chooses by", "members (weight)", "team", "levels"), pools, "Pools"),
    ]
    if roster.rotas:
        rotas = [(name, *_rota(rota)) for name, rota in roster.rotas.items()]
        parts += ["", table(("rota", "members in turn", "each for", "since", "swaps"), rotas, "Rotas")]
    if roster.rooms:
        rooms = [(room.id, room.name, _told(room), quiet(room)) for room in roster.rooms]
        parts += ["", table(("id", "name", "told by", "quiet"), rooms, "Rooms")]
    return parts


def _rep(rep: Rep, load: int, reason: str | None) -> tuple[object, ...]:
    state = reason or "available"
    return (
        rep.id, rep.name, rep.team, rep.level, f"{load} of {rep.capacity}", rep.weight, rep.backup, quiet(rep), state
    )  # fmt: skip


def _told(person: Person) -> str:
    return ", ".join(person.channels)


def quiet(person: Person) -> str | None:
    """Say in which hours of theirs somebody is told only what is urgent; None: they are told at any time."""
    return None if person.quiet is None else "-".join(person.quiet)


def _members(pool: Pool) -> str | None:
    """Name the members; those whose weight the pool sets itself, with it."""
    return ", ".join(f"{one} ({pool.weights[one]})" if one in pool.weights else one for one in pool.members) or None


def _rota(rota: Rota) -> tuple[object, ...]:
    swaps = "; ".join(f"{swap.who} {swap.first} to {swap.last}" for swap in rota.swaps)
    return ", ".join(rota.members), span(rota.turn), f"{rota.first} {rota.at} {rota.tz}", swaps or None
