"""Reading where leads stand: from the workflow while one runs and answers, else from the database.

Every document says who told it (`told_by`), because the database may lag a moment behind. Nothing here shows how to
reach the prospect: names, addresses and what they wrote stay in the database.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from cli import ending, reach, switching, tables
from cli.answers import no_such_lead
from cli.asking import Workflow, workflow_of
from cli.exits import BadInput, Code, Unreachable
from cli.inbox_view import inbox_row
from cli.output import complain, instant, say, say_json, show
from cli.typed import read_lead_id
from config.settings import Settings
from db.choosing import Stopped
from db.engine import DatabaseUnreachable
from db.leads import Filters, LeadCard
from db.tables import Inbox
from db.tables.words import Intake
from models.ladder import Entry, Rung
from models.lead import LeadType, Stage
from models.status import Status
from policy.spelling import did_you_mean
from runtime import clock
from runtime.dispatcher import headline
from runtime.store import Store

Document = dict[str, Any]


class ToldBy(StrEnum):
    """Who says so."""

    WORKFLOW = "workflow"
    DATABASE = "database"
    INBOX = "inbox"


def status(lead_id: str, as_json: bool) -> int:
    """Tell where a lead stands. Raises Stop."""
    document = reach.carry_out(status_of(reach.settings(), read_lead_id(lead_id)))
    tell(document, as_json, lambda: show(*tables.status(document, clock.now())))
    return Code.DONE


def tell(document: Document, as_json: bool, lay_out: Callable[[], None]) -> None:
    """Print a document as JSON, or as it is laid out for people."""
    if as_json:
        say_json(document)
        return
    lay_out()
    if document["note"]:
        complain(document["note"])


def timeline(lead_id: str, as_json: bool) -> int:
    """Tell a lead's story. Raises Stop."""
    entries = reach.carry_out(_timeline(reach.settings(), read_lead_id(lead_id)))
    if as_json:
        say_json([entry.model_dump(mode="json") for entry in entries])
    else:
        say(*(f"{instant(entry.at)}  {entry.kind:<12}  {entry.says}" for entry in entries))
    return Code.DONE


def list_leads(stages: Sequence[str], asked: Mapping[str, Any], limit: int, after: str | None, as_json: bool) -> int:
    """List leads from the database. Raises Stop."""
    if asked["type"] is not None:
        _one_of(LeadType, asked["type"], "--type")
    filters = Filters(stages=tuple(_one_of(Stage, stage, "--stage") for stage in stages), **asked)
    cards, waiting, stopped = reach.carry_out(_listed(reach.settings(), filters, limit, after))
    if as_json:
        say_json([card.model_dump(mode="json") for card in cards])
        return Code.DONE
    show(tables.cards(cards, clock.now()))
    if stopped is not None:
        say(f"({switching.sentence(stopped)})")
    if len(cards) == limit:
        say(f"(the last {limit}; --after {cards[-1].lead_id} goes on)")
    if waiting:
        say(f"({waiting} more in the inbox, not started yet)")
    return Code.DONE


async def status_of(settings: Settings, lead_id: str) -> Document:
    """Give a lead's status from whoever knows it best. Raises BadInput for a lead that nobody knows."""
    workflow = await workflow_of(lead_id)
    told = await workflow.ask("status", Status)
    if told is not None:
        steps = await workflow.ask("next_steps", list[Rung])
        known = _status(told.model_dump(mode="json"), steps or [], ToldBy.WORKFLOW, "")
        return known if told.stage is not Stage.ROUTING else known | await _stopped(settings)
    async with reach.store(settings) as store:
        card = await store.leads.get(lead_id)
        if card is None:
            return await _status_from_inbox(store, lead_id, workflow)
        noted = await store.outcomes.of(lead_id)
        stopped = await store.switching.state() if card.stage is Stage.ROUTING else None
    more = {"outcome": ending.document(noted) if noted else None, "routing_stopped": switching.document_of(stopped)}
    return _status_from_card(card, workflow) | more


async def _stopped(settings: Settings) -> Document:
    """Say who has stopped all routing, which only the database knows; a database that is away is noted."""
    try:
        async with reach.store(settings) as store:
            return {"routing_stopped": switching.document_of(await store.switching.state())}
    except DatabaseUnreachable as error:
        return {"note": f"{error}; whether all routing is stopped stays unknown."}


def _status(known: Document, steps: Sequence[Rung], by: ToldBy, note: str) -> Document:
    ahead = [rung.model_dump(mode="json") for rung in steps]
    return {**known, "next_steps": ahead, "told_by": by.value, "note": note or None, "routing_stopped": None}


def _status_from_card(card: LeadCard, workflow: Workflow) -> Document:
    row = card.model_dump(mode="json")
    # Whether it is paused, only the workflow knows.
    known = {name: row.get(name) for name in Status.model_fields} | {"score": card.points, "paused": None}
    more = {name: row[name] for name in ("folded_into", "follows", "closed_at")}
    return _status(known | more, [], ToldBy.DATABASE, instead(workflow))


async def _status_from_inbox(store: Store, lead_id: str, workflow: Workflow) -> Document:
    row = await inbox_row(store, lead_id)
    if row is None:
        raise unknown(lead_id, workflow)
    known: Document = dict.fromkeys(Status.model_fields)
    known |= {
        "lead_id": lead_id,
        "headline": headline(json.loads(row.raw)),
        "stage": Stage.RECEIVED.value,
        "offer": 0,
        "rung": 0,
        "breached": False,
        "next_step": before_admission(row),
        "received_at": f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return _status(known, [], ToldBy.INBOX, instead(workflow))


def before_admission(row: Inbox) -> str:
    """Say what is awaited for a lead that no worker has taken in yet."""
    if row.state is Intake.STARTED:
        return "be taken in by a worker"
    return f"be started{f' ({row.because})' if row.because else ''}"


def unknown(lead_id: str, workflow: Workflow) -> Exception:
    """Say that nobody knows the lead; as long as somebody could not be asked, that is not certain."""
    if workflow.silent:
        return Unreachable(f"{workflow.silent} The database knows no lead {lead_id}.")
    return no_such_lead(lead_id)


def instead(workflow: Workflow) -> str:
    """Say why the database tells and not the workflow; nothing when no workflow runs."""
    return f"{workflow.silent} This is what the database knows." if workflow.silent else ""


async def _timeline(settings: Settings, lead_id: str) -> list[Entry]:
    """Put together what the database keeps and what the workflow has not recorded yet."""
    workflow = await workflow_of(lead_id)
    latest = await workflow.ask("timeline", list[Entry]) or []
    kept: tuple[Entry, ...] = ()
    try:
        async with reach.store(settings) as store:
            kept = await store.timelines.of(lead_id)
            if not kept and not latest:
                complain(await _nothing_yet(store, lead_id, workflow))
    except DatabaseUnreachable as error:
        if not latest:
            raise
        complain(f"{error}; these are the lines that the workflow still knows.")
    if workflow.silent:
        complain(instead(workflow))
    lines = {entry.n: entry for entry in (*kept, *latest)}
    return [lines[n] for n in sorted(lines)]


async def _nothing_yet(store: Store, lead_id: str, workflow: Workflow) -> str:
    """Say why a lead has no story. Raises BadInput for one that nobody knows."""
    if await store.leads.get(lead_id) is not None:
        return "Nothing is written down yet."
    row = await inbox_row(store, lead_id)
    if row is None:
        raise unknown(lead_id, workflow)
    return f"Nothing has happened yet: lead {lead_id} is to {before_admission(row)}."


async def _listed(
    settings: Settings, filters: Filters, limit: int, after: str | None
) -> tuple[tuple[LeadCard, ...], int, Stopped | None]:
    async with reach.store(settings) as store:
        if after is not None and await store.leads.get(after) is None:
            raise BadInput(f"--after: no lead {after}")
        cards = await store.leads.list(filters, limit=limit, after=after)
        return cards, (await store.inbox.counts()).waiting, await store.switching.state()


def _one_of(words: type[StrEnum], word: str, option: str) -> Any:
    try:
        return words(word.lower())
    except ValueError:
        hint = did_you_mean(word.lower(), words) or f" ({', '.join(words)})"
        raise BadInput(f"{option}: {word} is not one{hint}") from None
