"""Reading where leads stand: from the workflow while one runs and answers, else from the database.

Every document says who told it (`told_by`), because the database may lag a moment behind. Nothing here shows how to
reach the prospect: names, addresses and what they wrote stay in the database.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from cli import reach, tables
from cli.answers import no_such_lead
from cli.asking import Workflow, workflow_of
from cli.exits import BadInput, Code, Unreachable, did_you_mean
from cli.inbox_view import inbox_row
from cli.output import complain, instant, plain, say, say_json, show
from cli.typed import read_lead_id
from config.settings import Settings
from db.leads import Filters, LeadCard
from db.tables import Inbox
from db.tables.words import Intake
from models.decisions import Assignment, Offered, Score
from models.ladder import Entry, Rung
from models.lead import LeadType, Stage
from models.status import Explanation, Status
from runtime import clock
from runtime.bootstrap import Store
from runtime.dispatcher import headline

Document = dict[str, Any]

_PERSONAL = frozenset({"email", "phone", "first_name", "last_name", "message", "external_id"})


class ToldBy(StrEnum):
    """Who says so."""

    WORKFLOW = "workflow"
    DATABASE = "database"
    INBOX = "inbox"


def status(lead_id: str, as_json: bool) -> int:
    """Tell where a lead stands. Raises Stop."""
    document = reach.carry_out(status_of(reach.settings(), read_lead_id(lead_id)))
    _tell(document, as_json, lambda: show(*tables.status(document, clock.now())))
    return Code.DONE


def explain(lead_id: str, as_json: bool) -> int:
    """Tell why a lead is where it is. Raises Stop."""
    document = reach.carry_out(_explanation(reach.settings(), read_lead_id(lead_id)))
    _tell(document, as_json, lambda: show(plain(document["sentence"]), "", *tables.explanation(document)))
    return Code.DONE


def _tell(document: Document, as_json: bool, lay_out: Callable[[], None]) -> None:
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
        say(*(f"{instant(entry.at)}  {entry.kind:<10}  {entry.says}" for entry in entries))
    return Code.DONE


def list_leads(stages: Sequence[str], asked: Mapping[str, Any], limit: int, after: str | None, as_json: bool) -> int:
    """List leads from the database. Raises Stop."""
    if asked["type"] is not None:
        _one_of(LeadType, asked["type"], "--type")
    filters = Filters(stages=tuple(_one_of(Stage, stage, "--stage") for stage in stages), **asked)
    cards, waiting = reach.carry_out(_listed(reach.settings(), filters, limit, after))
    if as_json:
        say_json([card.model_dump(mode="json") for card in cards])
        return Code.DONE
    show(tables.cards(cards, clock.now()))
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
        return _status(told.model_dump(mode="json"), steps or [], ToldBy.WORKFLOW, "")
    async with reach.store(settings) as store:
        card = await store.leads.get(lead_id)
        if card is None:
            return await _status_from_inbox(store, lead_id, workflow)
    return _status_from_card(card, workflow)


def _status(known: Document, steps: Sequence[Rung], by: ToldBy, note: str) -> Document:
    ahead = [rung.model_dump(mode="json") for rung in steps]
    return {**known, "next_steps": ahead, "told_by": by.value, "note": note or None}


def _status_from_card(card: LeadCard, workflow: Workflow) -> Document:
    row = card.model_dump(mode="json")
    # Whether it is paused, only the workflow knows.
    known = {name: row.get(name) for name in Status.model_fields} | {"score": card.points, "paused": None}
    more = {name: row[name] for name in ("folded_into", "follows", "closed_at")}
    return _status(known | more, [], ToldBy.DATABASE, _instead(workflow))


async def _status_from_inbox(store: Store, lead_id: str, workflow: Workflow) -> Document:
    row = await inbox_row(store, lead_id)
    if row is None:
        raise _unknown(lead_id, workflow)
    known: Document = dict.fromkeys(Status.model_fields)
    known |= {
        "lead_id": lead_id,
        "headline": headline(json.loads(row.raw)),
        "stage": Stage.RECEIVED.value,
        "offer": 0,
        "rung": 0,
        "breached": False,
        "next_step": _before_admission(row),
        "received_at": f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return _status(known, [], ToldBy.INBOX, _instead(workflow))


def _before_admission(row: Inbox) -> str:
    """Say what is awaited for a lead that no worker has taken in yet."""
    if row.state is Intake.STARTED:
        return "be taken in by a worker"
    return f"be started{f' ({row.because})' if row.because else ''}"


def _unknown(lead_id: str, workflow: Workflow) -> Exception:
    """Say that nobody knows the lead; as long as somebody could not be asked, that is not certain."""
    if workflow.silent:
        return Unreachable(f"{workflow.silent} The database knows no lead {lead_id}.")
    return no_such_lead(lead_id)


def _instead(workflow: Workflow) -> str:
    return f"{workflow.silent} This is what the database knows." if workflow.silent else ""


async def _explanation(settings: Settings, lead_id: str) -> Document:
    workflow = await workflow_of(lead_id)
    told = await workflow.ask("explanation", Explanation)
    async with reach.store(settings) as store:
        card = await store.leads.get(lead_id)
        facts = await store.leads.facts(lead_id)
        by = ToldBy.WORKFLOW
        if told is None:
            told, by = await _explanation_elsewhere(store, lead_id, card, workflow)
    known = facts.model_dump(mode="json", exclude=set(_PERSONAL)) if facts else None
    return {**told.model_dump(mode="json"), "facts": known, "told_by": by.value, "note": _instead(workflow) or None}


async def _explanation_elsewhere(
    store: Store, lead_id: str, card: LeadCard | None, workflow: Workflow
) -> tuple[Explanation, ToldBy]:
    if card is not None:
        return await _explanation_from_database(store, card), ToldBy.DATABASE
    row = await inbox_row(store, lead_id)
    if row is None:
        raise _unknown(lead_id, workflow)
    sentence = f"Nothing is decided yet: it is to {_before_admission(row)}."
    nothing = Explanation(lead_id=lead_id, sentence=sentence, policy=None, enrichment=None, score=None)
    return nothing, ToldBy.INBOX


async def _explanation_from_database(store: Store, card: LeadCard) -> Explanation:
    score = await store.leads.score(card.lead_id)
    assignment = await store.decisions.assignment(card.lead_id)
    return Explanation(
        lead_id=card.lead_id,
        sentence=_sentence(card, score, assignment),
        policy=card.policy,
        enrichment=await store.leads.enrichment(card.lead_id),
        score=score,
        assignment=assignment,
    )


def _sentence(card: LeadCard, score: Score | None, assignment: Assignment | None) -> str:
    if card.folded_into:
        return f"It was folded into lead {card.folded_into}: the same person was in flight."
    if isinstance(assignment, Offered):
        return assignment.sentence
    if assignment is not None:
        return assignment.because
    return score.qualification.because if score else f"{card.stage}: {card.next_step}"


async def _timeline(settings: Settings, lead_id: str) -> list[Entry]:
    """Put together what the database keeps and what the workflow has not recorded yet."""
    workflow = await workflow_of(lead_id)
    latest = await workflow.ask("timeline", list[Entry]) or []
    async with reach.store(settings) as store:
        kept = await store.timelines.of(lead_id)
        if not kept and not latest and await store.leads.get(lead_id) is None:
            row = await inbox_row(store, lead_id)
            if row is None:
                raise _unknown(lead_id, workflow)
            complain(f"Nothing has happened yet: lead {lead_id} is to {_before_admission(row)}.")
    if workflow.silent:
        complain(_instead(workflow))
    lines = {entry.n: entry for entry in (*kept, *latest)}
    return [lines[n] for n in sorted(lines)]


async def _listed(
    settings: Settings, filters: Filters, limit: int, after: str | None
) -> tuple[tuple[LeadCard, ...], int]:
    async with reach.store(settings) as store:
        if after is not None and await store.leads.get(after) is None:
            raise BadInput(f"--after: no lead {after}")
        return await store.leads.list(filters, limit=limit, after=after), (await store.inbox.counts()).waiting


def _one_of(words: type[StrEnum], word: str, option: str) -> Any:
    try:
        return words(word.lower())
    except ValueError:
        hint = did_you_mean(word.lower(), words) or f" ({', '.join(words)})"
        raise BadInput(f"{option}: {word} is not one{hint}") from None
