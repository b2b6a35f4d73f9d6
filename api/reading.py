"""Where leads stand and why, for tools: read from the database, and of one lead from its workflow while that answers.

Nothing here shows how to reach a prospect. A key that speaks for certain sources sees the leads of those only.
"""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.document import refusals
from api.doors import Caller, FrontDep, QueryInstant, allowed, door
from api.messages import LeadId
from api.problems import nothing_here, unreadable
from db.leads import Filters, LeadCard
from db.tables.words import Sending
from models.access import Scope
from models.base import Instant
from models.contact import Coverage, Standing
from models.decisions import Assignment, Enrichment, Score
from models.facts import Conflict, Department
from models.ladder import Entry, Rung
from models.lead import LeadType, Stage
from runtime.talking.answers import NoSuchLead
from runtime.talking.explaining import explanation_of
from runtime.talking.looking import ToldBy, listed, status_of, story_of

router = door("reading")

Reader = Annotated[Caller, allowed(Scope.LEADS_READ)]
Word = Annotated[str | None, Query(max_length=80)]


class PeopleAround(BaseModel):
    """How many others of a lead's company we know, whom to try next and why, and which parts nobody has.

    Nobody is named; a key that may see people asks `/v1/leads/{lead_id}/contacts`.
    """

    account_id: str | None
    others: int
    next_best: Standing | None
    coverage: Coverage


class Hygiene(BaseModel):
    """What was made of what came in: the person's role as their title tells it, contradictions, and what was noted."""

    seniority: str | None
    department: Department | None
    decision_maker: bool | None
    conflicts: list[Conflict]
    notes: list[str]


class LeadPage(BaseModel):
    """Leads, last received first. `next`: what `after` is to be for the page behind; null on the last one."""

    leads: list[LeadCard]
    next: str | None


class Links(BaseModel):
    """Where more is to be read of the lead."""

    explanation: str
    timeline: str
    messages: str


class LeadShown(BaseModel):
    """Where a lead stands: who has it, its stage, its next step and when.

    `told_by`: its workflow, or the database or inbox where that does not answer; then `note` says why.
    """

    model_config = ConfigDict(extra="allow")

    lead_id: str
    headline: str
    stage: Stage
    owner: str | None
    answerable: str | None
    offer: int
    rung: int
    due_at: Instant | None
    next_step: str
    next_steps: list[Rung]
    paused: bool | None = Field(description="null where only the workflow knows")
    breached: bool
    received_at: Instant | None
    response_due_at: Instant | None
    accepted_at: Instant | None
    contacted_at: Instant | None
    score: float | None
    intent: str | None
    fit: str | None
    policy: str | None
    people: PeopleAround | None = Field(description="others of the company; null where they are not known")
    hygiene: Hygiene | None = Field(description="null where the lead is not read yet")
    told_by: ToldBy
    note: str | None
    links: Links


class ExplanationShown(BaseModel):
    """Why a lead is where it is: one sentence, then facts, score and routing, each with its reasons."""

    lead_id: str
    sentence: str
    policy: str | None
    facts: dict[str, Any] | None = Field(description="without what says who the prospect is")
    people: PeopleAround | None = Field(description="others of the company; null where they are not known")
    enrichment: Enrichment | None
    score: Score | None
    assignment: Assignment | None
    told_by: ToldBy
    note: str | None


class StoryShown(BaseModel):
    """What has happened to a lead, in order; `notes` say what may be missing."""

    entries: list[Entry]
    notes: list[str]


class MessageShown(BaseModel):
    """One message to one person about a lead: how it fared, and the provider's id of it."""

    offer: int
    rung: int
    channel: str
    person_id: str | None
    state: Sending
    attempts: int
    provider_id: str | None
    because: str
    changed_at: Instant


@router.get("/v1/leads", summary="List leads")
async def list_leads(
    front: FrontDep,
    caller: Reader,
    stage: Annotated[list[Stage] | None, Query(description="May be given again.")] = None,
    owner: Word = None,
    answerable: Annotated[str | None, Query(max_length=80, description="Of reviews, triage and nurture.")] = None,
    team: Word = None,
    lead_type: Annotated[LeadType | None, Query(alias="type")] = None,
    source: Word = None,
    breached: Annotated[bool | None, Query(description="Whether the promised time passed.")] = None,
    due_before: Annotated[QueryInstant | None, Query(description="Whose next step is due before this.")] = None,
    folded: Annotated[bool, Query(description="Those folded into another lead, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    after: Annotated[str | None, Query(max_length=64, description="The last lead of the page before.")] = None,
) -> LeadPage:
    """List leads as the database knows them, last received first."""
    filters = Filters(
        stages=tuple(stage or ()),
        owner=owner,
        answerable=answerable,
        team=team,
        type=lead_type,
        source=source,
        sources=caller.sources,
        breached=breached,
        due_before=due_before,
        folded=folded,
    )
    try:
        cards = await listed(front.store, filters, limit=limit, after=after)
    except NoSuchLead as nobody:
        raise unreadable([{"field": "after", "what": str(nobody)}]) from None
    return LeadPage(leads=list(cards), next=cards[-1].lead_id if len(cards) == limit else None)


@router.get("/v1/leads/{lead_id}", summary="Where a lead stands", responses=refusals(404))
async def show_lead(front: FrontDep, _caller: Reader, lead_id: LeadId) -> LeadShown:
    """Say who has the lead, its stage, and what happens next and when."""
    try:
        document = await status_of(front.line, front.store, lead_id)
    except NoSuchLead as nobody:
        raise nothing_here(str(nobody)) from None
    here = f"/v1/leads/{lead_id}"
    links = Links(explanation=f"{here}/explanation", timeline=f"{here}/timeline", messages=f"{here}/messages")
    return LeadShown(**document, links=links)


@router.get("/v1/leads/{lead_id}/explanation", summary="Why a lead is where it is", responses=refusals(404))
async def explain_lead(front: FrontDep, _caller: Reader, lead_id: LeadId) -> ExplanationShown:
    """Tell facts and who said so, points, rules, and everybody who was looked at."""
    try:
        return ExplanationShown(**await explanation_of(front.line, front.store, lead_id))
    except NoSuchLead as nobody:
        raise nothing_here(str(nobody)) from None


@router.get("/v1/leads/{lead_id}/timeline", summary="What has happened to a lead", responses=refusals(404))
async def tell_story(front: FrontDep, _caller: Reader, lead_id: LeadId) -> StoryShown:
    """Tell a lead's story line by line, with what its workflow has not recorded yet."""
    try:
        story = await story_of(front.line, front.store, lead_id)
    except NoSuchLead as nobody:
        raise nothing_here(str(nobody)) from None
    return StoryShown(entries=list(story.entries), notes=list(story.notes))


@router.get("/v1/leads/{lead_id}/messages", summary="Who was told about a lead", responses=refusals(404))
async def list_messages(front: FrontDep, _caller: Reader, lead_id: LeadId) -> list[MessageShown]:
    """List the messages to reps and managers about a lead, in the order in which they were begun."""
    if await front.store.leads.source_of(lead_id) is None:
        raise nothing_here(f"no lead {lead_id}")
    return [
        MessageShown(
            offer=one.key.offer,
            rung=one.key.rung,
            channel=one.key.channel,
            person_id=one.person_id,
            state=one.state,
            attempts=one.attempts,
            provider_id=one.provider_id,
            because=one.because,
            changed_at=one.changed_at,
        )
        for one in await front.store.notifications.of(lead_id)
    ]
