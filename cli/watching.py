"""Watching leads move: a table that is drawn anew each second, until Ctrl-C; where nobody looks, a line a change."""

import asyncio
from datetime import timedelta

from rich.console import Group
from rich.live import Live

from cli import reach, tables
from cli.exits import Code, Unreachable
from cli.looking import ask_about
from cli.output import console, say, say_json, show
from cli.typed import read_lead_id
from config.settings import Settings
from runtime import clock
from runtime.board import Board, Glance, heading, latest, leads_table, look, speaker
from runtime.talking.looking import Document, status_of

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
        document = reach.carry_out(ask_about(settings, status_of, lead_id))
        if as_json:
            say_json(document)
        else:
            show(*tables.status(document, clock.now()))
        return
    glance = reach.carry_out(_glance(settings, limit))
    if as_json:
        say_json([card.model_dump(mode="json") for card in glance.cards])
    else:
        show(*heading(glance), "", leads_table(latest(glance.cards, limit), glance.at))


async def _glance(settings: Settings, limit: int) -> Glance:
    async with reach.store(settings) as store:
        return await look(store, limit)


async def _watch_all(settings: Settings) -> None:
    async with reach.store(settings) as store:
        screen = console()
        board = Board(store, screen, speaker(screen), live=screen.is_terminal)
        await board.look()  # a database that is away from the start is an error; later it is waited for
        await board.show()


async def _watch_lead(settings: Settings, lead_id: str) -> None:
    # What is away from the start is an error; later it is waited for.
    document = await ask_about(settings, status_of, lead_id)
    screen = console()
    if not screen.is_terminal:
        return await _follow(settings, document)
    with Live(console=screen, auto_refresh=False) as live:
        note = document["note"] or ""
        while True:
            live.update(Group(*tables.status(document, clock.now()), note), refresh=True)
            document, note = await _a_moment_later(settings, document)


async def _a_moment_later(settings: Settings, document: Document) -> tuple[Document, str]:
    """Wait, and look again; when that cannot be done, give what was known before and why."""
    await asyncio.sleep(EVERY.total_seconds())
    try:
        with reach.naming_trouble():
            found = await ask_about(settings, status_of, document["lead_id"])
    except Unreachable as error:
        return document, str(error)
    return found, found["note"] or ""


async def _follow(settings: Settings, document: Document) -> None:
    """Write a line whenever the lead has moved, and one whenever something is away."""
    told, note = ("", ""), document["note"] or ""
    while True:
        owner = f"owner {document['owner']}" if document["owner"] else "nobody owns it"
        due = f", {document['due_at']}" if document["due_at"] else ""
        now = (f"{document['stage']}; {owner}; next: {document['next_step']}{due}", note)
        say(
            *(
                f"{clock.now():%H:%M:%S}  {line}"
                for line, before in zip(now, told, strict=True)
                if line not in ("", before)
            )
        )
        told = now
        document, note = await _a_moment_later(settings, document)
