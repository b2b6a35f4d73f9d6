"""Who is on duty, rota by rota: now or at an instant, until when, and who is next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cli import reach
from cli.exits import Code
from cli.known import known_roster
from cli.output import countdown, instant, say, say_json, show, stamp, table
from cli.typed import read_instant
from models.roster import Roster
from policy.rota import Duty, duty
from runtime import clock


def show_rotas(at: str, as_json: bool) -> int:
    """Show who is on duty. Raises BadInput."""
    moment = read_instant(at, clock.now(), "--at")
    roster = reach.carry_out(known_roster(reach.settings()))
    duties = {name: duty(roster, name, moment) for name in sorted(roster.rotas)}
    if as_json:
        say_json([_document(name, moment, found) for name, found in duties.items()])
    elif duties:
        rows = [_row(roster, name, moment, found) for name, found in duties.items()]
        show(table(("rota", "on duty", "because", "until", "", "then"), rows))
    else:
        say("the roster has no rotas")
    return Code.DONE


def _document(name: str, at: datetime, found: Duty) -> dict[str, Any]:
    return {
        "rota": name,
        "at": stamp(at),
        "on_duty": found.person_id,
        "because": found.because or None,
        "until": stamp(found.next_at),
        "next": found.next_id,
    }


def _row(roster: Roster, name: str, at: datetime, found: Duty) -> Sequence[object]:
    now, then = _person(roster, found.person_id), None if found.next_at is None else _person(roster, found.next_id)
    return name, now, found.because, instant(found.next_at), countdown(found.next_at, at), then


def _person(roster: Roster, person_id: str | None) -> str:
    if person_id is None:
        return "nobody"
    name = next((one.name for one in (*roster.reps, *roster.managers) if one.id == person_id), None)
    return f"{person_id} ({name})" if name else person_id
