"""Stopping and starting all routing at the command line, and what waits meanwhile."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from cli import reach
from cli.exits import Code, RefusedByBusiness
from cli.output import capital, countdown, instant, say, say_json, show, stamp, table
from cli.typed import read_person, read_reason
from config.settings import Settings
from db import tables
from db.choosing import Stopped
from db.switching import Queue
from runtime import clock
from runtime.store import Store

FIRST = 10
"""How many of the waiting leads are named: those that go first."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A lead that waits for somebody: anybody of `pool`, or `rep_id` alone."""

    lead_id: str
    headline: str
    points: float
    pool: str | None
    rep_id: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether routing runs, and what waits, best score first."""

    stopped: Stopped | None
    queue: Queue
    first: tuple[Waits, ...]


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
        return Standing(stopped, *await _waiting(store))


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
        return woken, await _standing(store)


def status(as_json: bool) -> int:
    """Say whether routing runs, and what waits."""
    _tell(reach.carry_out(standing_of(reach.settings())), as_json, "Routing runs.")
    return Code.DONE


async def standing_of(settings: Settings) -> Standing:
    """Look whether routing runs, and what waits."""
    async with reach.store(settings) as store:
        return await _standing(store)


async def _standing(store: Store) -> Standing:
    return Standing(await store.switching.state(), *await _waiting(store))


async def _waiting(store: Store) -> tuple[Queue, tuple[Waits, ...]]:
    waiting, lead = tables.Waiting, tables.Lead
    asked = (
        select(waiting, lead.headline)
        .join(lead, col(lead.lead_id) == col(waiting.lead_id))
        .order_by(col(waiting.points).desc(), col(waiting.since), col(waiting.lead_id))
        .limit(FIRST)
    )
    async with store.database.reading() as session:
        rows = (await session.exec(asked)).all()
    first = [
        Waits(row.lead_id, headline, row.points, row.pool, row.rep_id, row.since, row.until) for row, headline in rows
    ]
    return await store.switching.queue(), tuple(first)


def sentence(stopped: Stopped | None) -> str:
    """Say whether routing is stopped, by whom and why."""
    if stopped is None:
        return "routing runs"
    return f"all routing is stopped by {stopped.by} since {instant(stopped.at)}: {stopped.reason}"


def document_of(stopped: Stopped | None) -> dict[str, Any] | None:
    """Lay out for a program who stopped routing; None while it runs."""
    return None if stopped is None else {"by": stopped.by, "at": stamp(stopped.at), "reason": stopped.reason}


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
    return {"stopped": document_of(standing.stopped), "waiting": waiting}


def _leads(number: int) -> str:
    return "1 lead" if number == 1 else f"{number} leads"
