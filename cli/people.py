"""The roster at the command line: loaded, shown with who may be offered a lead now, and the ledger of shares."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from cli import reach
from cli.exits import BadInput, Code
from cli.known import roster_in, set_aside
from cli.output import complain, instant, say, say_json, show, table
from cli.people_tables import roster_tables
from config.load import FileError, read_policy, read_roster
from config.settings import Settings
from db.ledger import Booked
from models.base import Refused
from models.roster import Rep, Roster
from policy.agreement import disagreements
from policy.fairness import UNIT
from policy.routing.aside import Aside
from policy.routing.availability import Against, objections
from policy.routing.crew import calendar_of
from runtime import clock


def load(file: str, as_json: bool) -> int:
    """Take a roster file over. Raises Stop."""
    try:
        roster = read_roster(Path(file))
    except FileError as error:
        raise BadInput(*error.lines) from None
    try:
        changes, gaps = reach.carry_out(_load(reach.settings(), roster))
    except Refused as refused:  # the file alone is right; with those who are missing from it, it is not
        raise BadInput(*(f"{file}: {problem}" for problem in refused.problems)) from None
    complain(*(f"warning: the published policy's {gap}" for gap in gaps))
    if as_json:
        say_json(changes)
        return Code.DONE
    say(f"{file}: {len(roster.reps)} reps in {len(roster.teams)} teams and {len(roster.pools)} pools are loaded.")
    for what, names in changes.items():
        if names:
            say(f"{what}: {', '.join(names)}")
    return Code.DONE


async def _load(settings: Settings, roster: Roster) -> tuple[dict[str, list[str]], list[str]]:
    async with reach.store(settings, migrate=True) as store:
        before = await store.rosters.load()
        await store.rosters.save(roster, at=clock.now())
        active = await store.policies.active()
    gaps = disagreements(read_policy(active.text, active.version)[0], roster) if active else ()
    known = {rep.id: rep.active for rep in before.reps} if before else {}
    listed = {rep.id for rep in roster.reps}
    changes = {
        "new": sorted(listed - known.keys()),
        "inactive from now on": sorted(rep for rep, here in known.items() if here and rep not in listed),
    }
    return changes, [str(gap) for gap in gaps]


def show_roster(as_json: bool) -> int:
    """Show the roster as it is, and who may be offered a lead now. Raises Stop."""
    now = clock.now()
    roster, loads, aside = reach.carry_out(_known(reach.settings(), now))
    reasons = {rep.id: _reason(roster, rep, loads.get(rep.id, 0), aside.get(rep.id), now) for rep in roster.reps}
    if as_json:
        document = roster.model_dump(mode="json", by_alias=True)
        for rep in document["reps"]:
            rep |= {"open_leads": loads.get(rep["id"], 0), "unavailable_because": reasons[rep["id"]]}
        say_json(document)
        return Code.DONE
    show(*roster_tables(roster, loads, reasons))
    return Code.DONE


def _reason(roster: Roster, rep: Rep, load: int, aside: Aside | None, now: datetime) -> str | None:
    """Give the first reason against offering them a lead, in the order in which routing tells them."""
    found = [*objections(rep, calendar_of(roster, rep), now, load=load), *([aside.objection] if aside else [])]
    order = list(Against)
    return min(found, key=lambda one: order.index(one.kind)).says if found else None


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


async def _known(settings: Settings, now: datetime) -> tuple[Roster, dict[str, int], dict[str, Aside]]:
    async with reach.store(settings) as store:
        roster = await roster_in(store)
        return roster, await store.ownerships.loads(), await set_aside(store, roster, now)
