"""The roster at the command line: loaded, shown with who may be offered a lead now, and the ledger of shares."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Code
from cli.known import roster_in
from cli.output import complain, instant, say, say_json, show, table
from cli.people_tables import roster_tables
from config.load import FileError, read_roster
from config.settings import Settings
from db.ledger import Booked
from models.base import Refused
from models.roster import Roster
from policy.fairness import UNIT
from runtime import clock
from runtime.presence import Presence, presence_of
from runtime.rosters import RosterChange, take_over


def load(file: str, as_json: bool) -> int:
    """Take a roster file over. Raises Stop."""
    try:
        roster = read_roster(Path(file))
    except FileError as error:
        raise BadInput(*error.lines) from None
    try:
        change = reach.carry_out(_load(reach.settings(), roster))
    except Refused as refused:  # the file alone is right; with those who are missing from it, it is not
        raise BadInput(*(f"{file}: {problem}" for problem in refused.problems)) from None
    complain(*(f"warning: {warning}" for warning in change.warnings))
    changes = {"new": list(change.new), "inactive from now on": list(change.inactive)}
    if as_json:
        say_json(changes)
        return Code.DONE
    say(f"{file}: {len(roster.reps)} reps in {len(roster.teams)} teams and {len(roster.pools)} pools are loaded.")
    for what, names in changes.items():
        if names:
            say(f"{what}: {', '.join(names)}")
    return Code.DONE


async def _load(settings: Settings, roster: Roster) -> RosterChange:
    async with reach.store(settings, migrate=True) as store:
        return await take_over(store, roster, at=clock.now())


def show_roster(as_json: bool) -> int:
    """Show the roster as it is, and who may be offered a lead now. Raises Stop."""
    now = clock.now()
    roster, presence = reach.carry_out(_known(reach.settings(), now))
    loads, reasons = presence.loads, presence.reasons
    if as_json:
        document = roster.model_dump(mode="json", by_alias=True)
        for rep in document["reps"]:
            rep |= {"open_leads": loads.get(rep["id"], 0), "unavailable_because": reasons[rep["id"]]}
        say_json(document)
        return Code.DONE
    show(*roster_tables(roster, loads, reasons))
    return Code.DONE


def show_ledger(pool: str | None, rep: str | None, lines: int | None, as_json: bool) -> int:
    """Show how many leads the reps of a pool are behind (+) or ahead (-) of their share, or line by line why.

    Of one `pool`, one `rep`, or all; `lines`: so many of the credits and debits, newest first. Raises Stop.
    """
    if lines is not None:
        return _show_lines(reach.carry_out(_booked(reach.settings(), pool, rep, lines)), as_json)
    known = reach.carry_out(_ledger(reach.settings()))
    found = [one for one in known if pool in (None, one["pool"]) and rep in (None, one["rep"])]
    if as_json:
        say_json(found)
    elif found:
        rows = [(one["pool"], one["rep"], f"{one['balance']:+.2f}", one["open_leads"]) for one in found]
        show(table(("pool", "rep", "behind share", "open leads"), rows))
    else:
        say("no turn was taken yet")
    return Code.DONE


def _show_lines(lines: Sequence[Booked], as_json: bool) -> int:
    if as_json:
        say_json([asdict(one) | {"units": one.units / UNIT, "at": one.at.isoformat()} for one in lines])
    elif lines:
        rows = [
            (instant(one.at), one.pool, one.rep_id, f"{one.units / UNIT:+.2f}", one.posting, _offer(one), one.because)
            for one in lines
        ]
        show(table(("at", "pool", "rep", "leads", "for a", "lead and offer", "because"), rows))
    else:
        say("the ledger has no such line")
    return Code.DONE


def _offer(line: Booked) -> str:
    return f"{line.lead_id} {line.offer}" if line.lead_id else ""


async def _booked(settings: Settings, pool: str | None, rep: str | None, lines: int) -> Sequence[Booked]:
    async with reach.store(settings) as store:
        return await store.ownerships.booked(pool, rep, limit=lines)


async def _ledger(settings: Settings) -> list[dict[str, Any]]:
    async with reach.store(settings) as store:
        balances, loads = await store.ownerships.balances(), await store.ownerships.loads()
    return [
        {"pool": pool, "rep": rep, "balance": units / UNIT, "open_leads": loads.get(rep, 0)}
        for pool, reps in sorted(balances.items())
        for rep, units in sorted(reps.items())
    ]


async def _known(settings: Settings, now: datetime) -> tuple[Roster, Presence]:
    async with reach.store(settings) as store:
        roster = await roster_in(store)
        return roster, await presence_of(store, roster, now)
