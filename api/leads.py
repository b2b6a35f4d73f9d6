"""One lead or one event in. Both are acknowledged once they are committed, whether or not Temporal is up."""

from typing import Annotated, Any

from fastapi import Body, Response
from pydantic import BaseModel, Field, SkipValidation

from api.document import refusals
from api.doors import Caller, FrontDep, KeyHeader, allowed, door
from api.problems import nothing_here
from models.access import Scope
from models.door import Happening, Reception
from models.lead import LeadInput
from runtime.intake.door import NobodyInFlight, Taken

router = door("leads")

LEADS = {
    "a demo request": {
        "value": {
            "source": "website",
            "type": "demo_request",
            "email": "mona.lind@acme.example",
            "first_name": "Mona",
            "last_name": "Lind",
            "company": {"name": "Acme", "employees": 240, "country": "SE"},
            "message": "May we see it next week?",
        }
    },
    "a scan at a fair": {
        "value": {"source": "fair", "type": "event_scan", "external_id": "badge-1291", "phone": "+46 8 123 456 78"}
    },
}
EVENTS = {
    "by e-mail": {
        "value": {
            "email": "mona.lind@acme.example",
            "kind": "pricing_visit",
            "at": "2026-03-02T09:00:00Z",
            "properties": {"page": "/pricing"},
            "key": "visit-88121",
        }
    },
    "by lead": {"value": {"lead_id": "7h2kqv9m3xwzpd", "kind": "email_open"}},
}


class Links(BaseModel):
    """Where more is to be read of the lead."""

    lead: str
    explanation: str
    timeline: str


class LeadAnswer(BaseModel):
    """What became of what was sent, and which lead it went to."""

    lead_id: str = Field(examples=["7h2kqv9m3xwzpd"])
    status: Reception
    because: str | None = Field(None, description="why it was folded into another lead")
    links: Links


@router.post(
    "/v1/leads",
    status_code=202,
    summary="Take one lead",
    response_model_exclude_none=True,
    responses={
        202: {"description": "Committed: it is routed, or told to the same person's lead in flight (`folded`)"},
        200: {"model": LeadAnswer, "description": "A repeat: nothing follows, and the answer is the first one"},
    },
)
async def take_lead(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.LEADS_WRITE)],
    lead: Annotated[SkipValidation[LeadInput], Body(openapi_examples=LEADS)],
    response: Response,
    key: KeyHeader = None,
) -> LeadAnswer:
    """Acknowledge one lead as soon as it is committed; it is started at once, or when Temporal is there.

    The same content within an hour is a repeat, also without a key. A person whose lead is open (same e-mail address,
    or same external id of the source) gets no second one: what came is told to that lead as an event.
    """
    raw: Any = lead
    taken = await front.door.take(raw, caller_scope=caller.key_id, key=key, sources=caller.sources, now=front.clock())
    return _answer(taken, response)


@router.post(
    "/v1/events",
    status_code=202,
    summary="Tell an event of somebody in flight",
    response_model_exclude_none=True,
    responses={
        202: {"description": "Committed: the lead will hear of it"},
        200: {"model": LeadAnswer, "description": "A repeat: nothing follows, and the answer is the first one"},
        **refusals(404),
    },
)
async def take_event(
    front: FrontDep,
    caller: Annotated[Caller, allowed(Scope.EVENTS_WRITE)],
    event: Annotated[SkipValidation[Happening], Body(openapi_examples=EVENTS)],
    response: Response,
    key: KeyHeader = None,
) -> LeadAnswer:
    """Take in what a prospect did, named by lead, by e-mail address, or by a source and its external id.

    404 where nobody like that is in flight: then it is no event, and may be a lead.
    """
    raw: Any = event
    try:
        taken = await front.door.touch(
            raw, caller_scope=caller.key_id, key=key, sources=caller.sources, now=front.clock()
        )
    except NobodyInFlight as nobody:
        raise nothing_here(str(nobody)) from None
    return _answer(taken, response)


def _answer(taken: Taken, response: Response) -> LeadAnswer:
    if taken.repeat:
        response.status_code = 200
    lead = f"/v1/leads/{taken.lead_id}"
    links = Links(lead=lead, explanation=f"{lead}/explanation", timeline=f"{lead}/timeline")
    return LeadAnswer(**taken.document, links=links)
