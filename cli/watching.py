"""Watching leads move: a table that is drawn anew each second, until Ctrl-C; where nobody looks, a line a change."""

import asyncio
from datetime import timedelta

from rich.console import Group
from rich.live import Live

from cli import reach, tables
from cli.exits import Code, Unreachable
from cli.looking import Document, status_of
from cli.output import console, say, say_json, show
from cli.typed import read_lead_id
from config.settings import Settings
from db.leads import Filters
from runtime import clock
from runtime.board import Board, Glance, counts, latest, leads_table, speaker

EVERY = timedelta(seconds=1)


def watch(lead_id: str | None, *, once: bool, limit: int, as_json: bool) -> int:
    """Show the latest leads, or one, until interrupted; `once` shows them and ends. Raises Stop."""
    settings = reach.settings()
    if lead_id is not None:
        read_lead_id(lead_id)
    if once:
        _show_once(settings, lead_id, limit, as_json)
        return Code.DONE
    try:
        reach.carry_out(_watch_lead(settings, lead_id) if lead_id else _watch_all(settings))
    except KeyboardInterrupt:
        return Code.DONE  # that is how it ends
    return Code.DONE


def _show_once(settings: Settings, lead_id: str | None, limit: int, as_json: bool) -> None:
    if lead_id is not None:
        document = reach.carry_out(status_of(settings, lead_id))
        if as_json:
            say_json(document)
        else:
            show(*tables.status(document, clock.now()))
        return
    glance = reach.carry_out(_glance(settings, limit))
    if as_json:
        say_json([card.model_dump(mode="json") for card in glance.cards])
    else:
        show(counts(glance), "", leads_table(latest(glance.cards, limit), glance.at))


async def _glance(settings: Settings, limit: int) -> Glance:
    async with reach.store(settings) as store:
        cards = await store.leads.list(Filters(folded=True), limit=limit)
        return Glance(clock.now(), cards, (await store.inbox.counts()).waiting)


async def _watch_all(settings: Settings) -> None:
    async with reach.store(settings) as store:
        screen = console()
        board = Board(store, screen, speaker(screen), live=screen.is_terminal)
        await board.look()  # a database that is away from the start is an error; later it is waited for
        await board.show()


async def _watch_lead(settings: Settings, lead_id: str) -> None:
    document = await status_of(settings, lead_id)
    screen = console()
    if not screen.is_terminal:
        await _follow(settings, lead_id)
    with Live(console=screen, auto_refresh=False) as live:
        note = None
        while True:
            live.update(Group(*tables.status(document, clock.now()), note or document["note"] or ""), refresh=True)
            await asyncio.sleep(EVERY.total_seconds())
            try:
                document, note = await _again(settings, lead_id), None
            except Unreachable as error:
                note = str(error)


async def _again(settings: Settings, lead_id: str) -> Document:
    with reach.naming_trouble():
        return await status_of(settings, lead_id)


async def _follow(settings: Settings, lead_id: str) -> None:
    """Write a line whenever the lead has moved."""
    told = None
    while True:
        document = await _again(settings, lead_id)
        now = tuple(document[name] for name in ("stage", "owner", "offer", "rung", "next_step", "due_at"))
        if now != told:
            owner = f"owner {document['owner']}" if document["owner"] else "nobody owns it"
            due = f", {document['due_at']}" if document["due_at"] else ""
            say(f"{clock.now():%H:%M:%S}  {document['stage']}; {owner}; next: {document['next_step']}{due}")
        told = now
        await asyncio.sleep(EVERY.total_seconds())
