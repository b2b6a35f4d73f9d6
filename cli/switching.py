"""Stopping and starting all routing at the command line, and what waits meanwhile."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from cli import reach
from cli.exits import Code, RefusedByBusiness
from cli.output import capital, countdown, instant, say, say_json, show, stamp, table
from cli.typed import read_person, read_reason
from config.settings import Settings
from db.choosing import Stopped
from runtime import clock
from runtime.standstill import FIRST, Standing, standing_in
from runtime.talking.looking import stopped_by


def stop(by: str, reason: str, as_json: bool) -> int:
    """Stop all routing. Raises RefusedByBusiness when it is stopped already."""
    by, reason = read_person(by), read_reason(reason)
    at = clock.now()
    standing = reach.carry_out(_stop(reach.settings(), by, reason, at))
    if standing.stopped != Stopped(by, at, reason):
        raise RefusedByBusiness(f"refused: {sentence(standing.stopped)}")
    _tell(standing, as_json, "No lead is given to anybody from now on; leads wait, and people may still hand them out.")
    return Code.DONE


async def _stop(settings: Settings, by: str, reason: str, at: datetime) -> Standing:
    async with reach.store(settings) as store:
        stopped = await store.switching.stop(by=by, reason=reason, at=at)
        return replace(await standing_in(store), stopped=stopped)


def start(by: str, as_json: bool) -> int:
    """Let routing go on. Raises RefusedByBusiness when it runs."""
    by = read_person(by)
    woken, standing = reach.carry_out(_start(reach.settings(), by))
    if woken is None:
        raise RefusedByBusiness("refused: routing runs already")
    if as_json:
        say_json(_document(standing) | {"woken": woken})
    else:
        say(f"Routing runs again; {_leads(woken)} waited and look for somebody now, best score first.")
    return Code.DONE


async def _start(settings: Settings, by: str) -> tuple[int | None, Standing]:
    async with reach.store(settings) as store:
        woken = await store.switching.start(by=by, at=clock.now())
        return woken, await standing_in(store)


def status(as_json: bool) -> int:
    """Say whether routing runs, and what waits."""
    _tell(reach.carry_out(standing_of(reach.settings())), as_json, "Routing runs.")
    return Code.DONE


async def standing_of(settings: Settings) -> Standing:
    """Look whether routing runs, and what waits."""
    async with reach.store(settings) as store:
        return await standing_in(store)


def sentence(stopped: Stopped | None) -> str:
    """Say whether routing is stopped, by whom and why."""
    if stopped is None:
        return "routing runs"
    return f"all routing is stopped by {stopped.by} since {instant(stopped.at)}: {stopped.reason}"


def _tell(standing: Standing, as_json: bool, headline: str) -> None:
    if as_json:
        say_json(_document(standing))
        return
    stopped, queue, now = standing.stopped, standing.queue, clock.now()
    say(headline if stopped is None else f"{capital(sentence(stopped))}.")
    if stopped is not None:
        say("Nothing is given to anybody; answers, reminders and people's own orders go on.")
    since = f", the first since {instant(queue.since)}" if queue.since else ""
    say(f"{_leads(queue.leads)} waiting{since}.")
    if standing.first:
        rows = [
            (one.lead_id, one.headline, f"{one.points:g}", one.rep_id or one.pool, instant(one.since),
             countdown(one.until, now))
            for one in standing.first
        ]  # fmt: skip
        columns = ("lead", "what", "points", "waits for", "since", "looked at again")
        show(table(columns, rows, "Those that go first" if queue.leads > FIRST else "They go in this order"))


def _document(standing: Standing) -> dict[str, Any]:
    first = [asdict(one) | {"since": stamp(one.since), "until": stamp(one.until)} for one in standing.first]
    waiting = {"count": standing.queue.leads, "since": stamp(standing.queue.since), "first": first}
    return {"stopped": stopped_by(standing.stopped), "waiting": waiting}


def _leads(number: int) -> str:
    return "1 lead" if number == 1 else f"{number} leads"
