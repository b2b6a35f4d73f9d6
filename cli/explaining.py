"""Why a lead is where it is, put together from the workflow or from what was stored with each decision (R29)."""

from cli import reach, reasons
from cli.asking import Workflow, workflow_of
from cli.exits import Code
from cli.inbox_view import inbox_row
from cli.looking import Document, ToldBy, before_admission, instead, tell, unknown
from cli.output import plain, show
from cli.typed import read_lead_id
from config.settings import Settings
from db.engine import DatabaseUnreachable
from db.leads import LeadCard
from models.decisions import Assignment, Offered, Score
from models.status import Explanation
from runtime.store import Store

_PERSONAL = frozenset({"email", "phone", "first_name", "last_name", "message", "external_id"})


def explain(lead_id: str, as_json: bool) -> int:
    """Tell why a lead is where it is. Raises Stop."""
    document = reach.carry_out(_explanation(reach.settings(), read_lead_id(lead_id)))
    tell(document, as_json, lambda: show(plain(document["sentence"]), "", *reasons.explanation(document)))
    return Code.DONE


async def _explanation(settings: Settings, lead_id: str) -> Document:
    workflow = await workflow_of(lead_id)
    told, by, note = await workflow.ask("explanation", Explanation), ToldBy.WORKFLOW, ""
    facts = None
    try:
        async with reach.store(settings) as store:
            facts = await store.leads.facts(lead_id)
            if told is None:
                told, by = await _explanation_elsewhere(store, lead_id, workflow)
    except DatabaseUnreachable as error:
        if told is None:
            raise
        note = f"{error}; the lead's facts stay unknown."
    known = facts.model_dump(mode="json", exclude=set(_PERSONAL)) if facts else None
    note = note or instead(workflow)
    return {**told.model_dump(mode="json"), "facts": known, "told_by": by.value, "note": note or None}


async def _explanation_elsewhere(store: Store, lead_id: str, workflow: Workflow) -> tuple[Explanation, ToldBy]:
    card = await store.leads.get(lead_id)
    if card is not None:
        return await _explanation_from_database(store, card), ToldBy.DATABASE
    row = await inbox_row(store, lead_id)
    if row is None:
        raise unknown(lead_id, workflow)
    sentence = f"Nothing is decided yet: it is to {before_admission(row)}."
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
