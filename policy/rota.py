"""Who is on duty: whose turn it is, who has swapped, and who covers for whom is away (R19, R30).

A day of duty begins at the rota's `at` in its zone and is named by the date on which it begins; a turn is so many
whole days, however long the clocks make them. Whoever is on leave or not active is covered by the next member: a
shift's end is not looked at, for duty is outside of shifts. This room refuses to tell anybody.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from models.roster import Roster, Rota
from policy.leave import leave_at, leaves
from policy.routing.crew import calendar_of, crew_of, rep_of
from policy.routing.moments import FOR_EVER, until_day
from policy.wall_times import day_of, on_day

_DAY = timedelta(days=1)


class Duty(NamedTuple):
    """Who is on duty, why it is not whose turn it is, if so, and who comes next and when.

    `person_id` is None when nobody is; `next_at` is None when that is for good.
    """

    person_id: str | None
    because: str
    next_at: datetime | None
    next_id: str | None


def on_duty(roster: Roster, rota_name: str, at: datetime) -> str | None:
    """Name who is on duty at `at`; None when everybody is away, before the rota begins, and for an unknown rota."""
    rota = roster.rotas.get(rota_name)
    if rota is None:
        return None
    return next((one for one in _in_line(rota, at) if _absence(roster, one, at) is None), None)


def duty(roster: Roster, rota_name: str, at: datetime) -> Duty:
    """Say who is on duty, why, and who is next. Raises `LookupError` for a rota that the roster does not have."""
    rota = roster.rotas.get(rota_name)
    if rota is None:
        raise LookupError(f"the roster has no rota {rota_name}; it has {', '.join(sorted(roster.rotas)) or 'none'}")
    now = on_duty(roster, rota_name, at)
    for change_at in _changes(roster, rota, at):
        then = on_duty(roster, rota_name, change_at)
        if then != now:
            return Duty(now, _because(roster, rota, at, now), change_at, then)
    return Duty(now, _because(roster, rota, at, now), None, None)


def _turn(rota: Rota, at: datetime) -> int | None:
    """Count the turns since the rota began; None before."""
    days = (day_of(at, rota.at, rota.tz) - rota.first).days
    return days // rota.turn.days if days >= 0 else None


def _swapped(rota: Rota, at: datetime) -> str | None:
    day = day_of(at, rota.at, rota.tz)
    return next((swap.who for swap in reversed(rota.swaps) if swap.first <= day <= swap.last), None)


def _in_line(rota: Rota, at: datetime) -> tuple[str, ...]:
    """List who would be on duty, first to last: who has taken it over, whose turn it is, and the members after them.

    Who has given it away comes last: they have their reasons.
    """
    turn = _turn(rota, at)
    if turn is None:
        return ()
    place = turn % len(rota.members)
    line = [*rota.members[place:], *rota.members[:place]]
    swapped = _swapped(rota, at)
    if swapped is not None and swapped != line[0]:
        line = [swapped, *line[1:], line[0]]
    return tuple(dict.fromkeys(line))


def _absence(roster: Roster, person_id: str, at: datetime) -> str | None:
    rep = rep_of(roster, person_id)
    if rep is None:
        return None if person_id in crew_of(roster).people else "not in the roster"
    if not rep.active:
        return "not active"
    calendar = calendar_of(roster, rep)
    leave = leave_at(rep, calendar, at)
    return f"on leave {until_day(leave.ends_at, calendar.tz, at)}" if leave else None


def _because(roster: Roster, rota: Rota, at: datetime, now: str | None) -> str:
    turn, line = _turn(rota, at), _in_line(rota, at)
    if turn is None:
        return f"it begins on {rota.first}"
    whose = rota.members[turn % len(rota.members)]
    away = [f"{one} is {why}" for one in line if (why := _absence(roster, one, at))]
    if now is None:
        return "; ".join(away)
    before_them = [f"{one} is {_absence(roster, one, at)}" for one in line[: line.index(now)]]
    if line[0] != whose and now != whose:
        before_them.insert(0, f"{line[0]} took it over from {whose}")
    return "; ".join(before_them)


def _changes(roster: Roster, rota: Rota, at: datetime) -> Iterator[datetime]:
    """Walk the instants after `at` at which somebody else may be on duty, until nothing new can come.

    Between two edges each member has had a turn once as many turns as there are members have passed.
    """
    edges, now, turns = sorted({edge for edge in _edges(roster, rota) if at < edge < FOR_EVER}), at, 0
    while edges or turns <= len(rota.members):
        turn_at = _next_turn(rota, now)
        if edges and (edges[0] <= turn_at or turns > len(rota.members)):
            now, turns = edges.pop(0), 0
        else:
            now, turns = turn_at, turns + 1
        yield now


def _next_turn(rota: Rota, at: datetime) -> datetime:
    turn = _turn(rota, at)
    return on_day(rota.first + (0 if turn is None else turn + 1) * rota.turn, rota.at, rota.tz)


def _edges(roster: Roster, rota: Rota) -> Iterator[datetime]:
    """List when swaps and absences begin and end."""
    for swap in rota.swaps:
        yield on_day(swap.first, rota.at, rota.tz)
        yield on_day(swap.last + _DAY, rota.at, rota.tz)
    for person_id in {*rota.members, *(swap.who for swap in rota.swaps)}:
        rep = rep_of(roster, person_id)
        for leave in leaves(rep, calendar_of(roster, rep)) if rep else ():
            yield from leave
