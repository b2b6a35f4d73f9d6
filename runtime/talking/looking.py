"""Telling where leads stand: from the workflow while one runs and answers, else from the database.

Every document says who told it (`told_by`), because the database may lag a moment behind. Nothing here shows how to
reach the prospect: names, addresses and what they wrote stay in the database.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from db.choosing import Stopped
from db.engine import DatabaseUnreachable
from db.leads import Filters, LeadCard
from models.ladder import Entry, Rung
from models.lead import Stage
from models.status import Status
from runtime import clock
from runtime.dispatcher import headline
from runtime.follow_ups import follow_up_of
from runtime.line import Line
from runtime.people import people_of
from runtime.store import Store
from runtime.talking import outcomes
from runtime.talking.answers import NoSuchLead
from runtime.talking.asking import Workflow, workflow_of
from runtime.talking.clean import hygiene_of
from runtime.talking.inbox import before_admission, inbox_row
from runtime.talking.instants import stamp

Document = dict[str, Any]


class ToldBy(StrEnum):
    """Who says so."""

    WORKFLOW = "workflow"
    DATABASE = "database"
    INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Story:
    """A lead's lines in order, and in `notes` what keeps them from being all there is."""

    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()


async def status_of(line: Line, store: Store, lead_id: str) -> Document:
    """Give a lead's status from whoever knows it best. Raises `NoSuchLead`, `DatabaseUnreachable`."""
    known = await _where_it_stands(line, store, lead_id)
    try:
        now = clock.now()
        more = {"people": await people_of(store, lead_id, now), "hygiene": await hygiene_of(store, lead_id)}
        return known | await follow_up_of(store, lead_id, now) | more
    except DatabaseUnreachable as error:
        note = known["note"] or f"{error}; its task, its enrolment, its people and its hygiene stay unknown."
        nothing = {"task": None, "enrolment": None, "people": None, "hygiene": None}
        return known | nothing | {"note": note}


async def _where_it_stands(line: Line, store: Store, lead_id: str) -> Document:
    workflow = await workflow_of(line, lead_id)
    told = await workflow.ask("status", Status)
    if told is not None:
        steps = await workflow.ask("next_steps", list[Rung])
        known = _status(told.model_dump(mode="json"), steps or [], ToldBy.WORKFLOW, "")
        return known if told.stage is not Stage.ROUTING else known | await _stopped(store)
    card = await store.leads.get(lead_id)
    if card is None:
        return await _status_from_inbox(store, lead_id, workflow)
    noted = await store.outcomes.of(lead_id)
    stopped = await store.switching.state() if card.stage is Stage.ROUTING else None
    more = {"outcome": outcomes.document(noted) if noted else None, "routing_stopped": stopped_by(stopped)}
    return _status_from_card(card, workflow) | more


async def story_of(line: Line, store: Store, lead_id: str) -> Story:
    """Put together what the database keeps and what the workflow has not recorded yet.

    Raises `NoSuchLead`, and `DatabaseUnreachable` when the workflow has nothing to tell either.
    """
    workflow = await workflow_of(line, lead_id)
    latest = await workflow.ask("timeline", list[Entry]) or []
    kept: tuple[Entry, ...] = ()
    notes = []
    try:
        kept = await store.timelines.of(lead_id)
        if not kept and not latest:
            notes.append(await _nothing_yet(store, lead_id, workflow))
    except DatabaseUnreachable as error:
        if not latest:
            raise
        notes.append(f"{error}; these are the lines that the workflow still knows.")
    if workflow.instead:
        notes.append(workflow.instead)
    lines = {entry.n: entry for entry in (*kept, *latest)}
    return Story(tuple(lines[n] for n in sorted(lines)), tuple(notes))


async def listed(store: Store, filters: Filters, *, limit: int, after: str | None) -> tuple[LeadCard, ...]:
    """List leads, last received first; `after` is the last one of the page before. Raises `NoSuchLead` for `after`."""
    if after is not None and await store.leads.get(after) is None:
        raise NoSuchLead(after)
    return await store.leads.list(filters, limit=limit, after=after)


def stopped_by(stopped: Stopped | None) -> Document | None:
    """Lay out for a program who stopped all routing; None while it runs."""
    return None if stopped is None else {"by": stopped.by, "at": stamp(stopped.at), "reason": stopped.reason}


async def _stopped(store: Store) -> Document:
    """Say who has stopped all routing, which only the database knows; a database that is away is noted."""
    try:
        return {"routing_stopped": stopped_by(await store.switching.state())}
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
    return _status(known | more, [], ToldBy.DATABASE, workflow.instead)


async def _status_from_inbox(store: Store, lead_id: str, workflow: Workflow) -> Document:
    row = await inbox_row(store, lead_id)
    if row is None:
        raise NoSuchLead(lead_id, workflow.silent)
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
    return _status(known, [], ToldBy.INBOX, workflow.instead)


async def _nothing_yet(store: Store, lead_id: str, workflow: Workflow) -> str:
    """Say why a lead has no story. Raises `NoSuchLead`."""
    if await store.leads.get(lead_id) is not None:
        return "Nothing is written down yet."
    row = await inbox_row(store, lead_id)
    if row is None:
        raise NoSuchLead(lead_id, workflow.silent)
    return f"Nothing has happened yet: lead {lead_id} is to {before_admission(row)}."
