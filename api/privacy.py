"""Erasure: a lead is forgotten on request, and what had been sent out before is listed.

The database forgets at once; workers end its workflow and compact the files after that, and `done_at` says when.
"""

from typing import Annotated

from fastapi import Path, Query, Response

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door, speaks_for
from api.problems import nothing_here
from models.access import Scope
from models.erasure import Erased

router = door("privacy")

Officer = Annotated[Caller, allowed(Scope.PRIVACY, everywhere=True)]
LeadId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="A lead's id.", examples=["7h2kqv9m3xwzpd"])
]
By = Annotated[
    str | None, Query(min_length=1, max_length=64, pattern=r"\S", description="Who asks; left out: the key's name.")
]
Reason = Annotated[
    str,
    Query(min_length=1, max_length=500, pattern=r"\S", description="Why. It is kept: name nobody in it."),
]

EXAMPLE = {
    "lead_id": "7h2kqv9m3xwzpd",
    "by": "privacy desk",
    "reason": "case 1207",
    "at": "2026-03-02T09:00:00Z",
    "sent_out": [
        {
            "what": "message",
            "kind": "offer",
            "channel": "slack",
            "to": "ana",
            "offer": 1,
            "provider_id": "C0261DEMO:1772442000.000100",
            "at": "2026-03-01T16:20:00Z",
        }
    ],
    "same_person": ["41w0dq2m9kxzbt"],
    "done_at": None,
}
_SHOWN = {"content": {"application/json": {"example": EXAMPLE}}}


@router.delete(
    "/v1/leads/{lead_id}",
    status_code=202,
    summary="Erase a lead",
    responses=refusals(404) | {200: {"model": Erased, "description": "It was erased before"} | _SHOWN, 202: _SHOWN},
)
async def erase(
    front: FrontDep,
    caller: Officer,
    lead_id: LeadId,
    response: Response,
    by: By = None,
    reason: Reason = "erasure was asked for",
) -> Erased:
    """Forget a lead, and those folded into it: nothing of it is in the database any more when this is answered.

    Workers then end and delete its workflow and compact the database's files; `done_at` tells when nothing is left.
    What was sent out before is listed, for others have it. `same_person` names the person's other leads, which are
    not erased by this. A repeat changes nothing.
    """
    speaks_for(caller, by)
    erased = await front.store.erasing.erase(lead_id, by=by or caller.name, reason=reason, at=front.clock())
    if erased is None:
        raise nothing_here(f"There is no lead {lead_id}.")
    if erased.repeat:
        response.status_code = 200
    return erased


@router.get(
    "/v1/leads/{lead_id}/erasure",
    summary="How far an erasure is",
    responses=refusals(404) | {200: _SHOWN},
)
async def show_erasure(front: FrontDep, _caller: Officer, lead_id: LeadId) -> Erased:
    """Give an erasure as it was answered, and whether it is done."""
    erased = await front.store.erasing.of(lead_id)
    if erased is None:
        raise nothing_here(f"There is no erasure of a lead {lead_id}.")
    return erased
