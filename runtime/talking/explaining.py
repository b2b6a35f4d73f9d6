"""Why a lead is where it is, put together from the workflow or from what was stored with each decision (R29)."""

from db.engine import DatabaseUnreachable
from db.leads import LeadCard
from models.decisions import Assignment, Offered, Score
from models.status import Explanation
from runtime import clock
from runtime.line import Line
from runtime.people import people_of
from runtime.store import Store
from runtime.talking.answers import NoSuchLead
from runtime.talking.asking import Workflow, workflow_of
from runtime.talking.inbox import before_admission, inbox_row
from runtime.talking.looking import Document, ToldBy

_PERSONAL = frozenset({"email", "phone", "first_name", "last_name", "message", "external_id"})


async def explanation_of(line: Line, store: Store, lead_id: str) -> Document:
    """Tell why a lead is where it is, with its facts that are nobody's. Raises `NoSuchLead`, `DatabaseUnreachable`."""
    workflow = await workflow_of(line, lead_id)
    told, by, note = await workflow.ask("explanation", Explanation), ToldBy.WORKFLOW, ""
    facts = people = None
    try:
        facts = await store.leads.facts(lead_id)
        people = await people_of(store, lead_id, clock.now())
        if told is None:
            told, by = await _elsewhere(store, lead_id, workflow)
    except DatabaseUnreachable as error:
        if told is None:
            raise
        note = f"{error}; the lead's facts stay unknown."
    known = facts.model_dump(mode="json", exclude=set(_PERSONAL)) if facts else None
    note = note or workflow.instead
    return {**told.model_dump(mode="json"), "facts": known, "people": people, "told_by": by.value, "note": note or None}


async def _elsewhere(store: Store, lead_id: str, workflow: Workflow) -> tuple[Explanation, ToldBy]:
    card = await store.leads.get(lead_id)
    if card is not None:
        return await _from_database(store, card), ToldBy.DATABASE
    row = await inbox_row(store, lead_id)
    if row is None:
        raise NoSuchLead(lead_id, workflow.silent)
    sentence = f"Nothing is decided yet: it is to {before_admission(row)}."
    nothing = Explanation(lead_id=lead_id, sentence=sentence, policy=None, enrichment=None, score=None)
    return nothing, ToldBy.INBOX


async def _from_database(store: Store, card: LeadCard) -> Explanation:
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
