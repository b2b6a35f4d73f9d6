"""What the CRM knows of leads: read here, and told again; what it is told follows from where leads stand (R54).

Nothing here says who a prospect is.
"""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door
from api.messages import LeadId
from api.problems import nothing_here
from db.crm import UnknownCopy
from db.crm_wanting import CopyState
from models.access import Scope
from models.base import Instant
from models.lead import LEAD_ID
from runtime.crm_documents import copy_document

router = door("crm")

Watcher = Annotated[Caller, allowed(Scope.OPS, Scope.MANAGE, everywhere=True)]
Ops = Annotated[Caller, allowed(Scope.OPS, everywhere=True)]


class CopyShown(BaseModel):
    """What the CRM knows of one lead. `owner`: whom we named there last; `tasks`: our task to the CRM's id of it."""

    lead_id: str = Field(examples=["01jq3w0f6m9v2d8x4c7b1n5k3t"])
    state: CopyState
    crm_id: str | None = Field(description="the CRM's id of the record; null: it was never told")
    owner: str | None
    tasks: dict[str, str]
    attempts: int
    because: str
    changed_at: Instant
    told_at: Instant | None
    next_at: Instant | None


class CopiesShown(BaseModel):
    """A page of copies, by lead; `after` goes on (null: that was all). `counts`: how many there are in each state."""

    copies: list[CopyShown]
    counts: dict[CopyState, int]
    after: str | None


@router.get("/v1/crm", summary="What the CRM knows of leads, and what keeps it")
async def list_copies(
    front: FrontDep,
    _caller: Watcher,
    state: Annotated[list[CopyState], Query(description="In these states only.", max_length=3)] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
    after: Annotated[
        str | None, Query(pattern=f"^{LEAD_ID.pattern}$", description="The last lead of the page before.")
    ] = None,
) -> CopiesShown:
    """Give what the CRM was told, is to be told, or refused, by lead."""
    found = await front.store.crm_copies.list(states=state, limit=limit, after=after)
    return CopiesShown(
        copies=[CopyShown(**copy_document(one)) for one in found],
        counts=await front.store.crm_copies.counts(),
        after=found[-1].lead_id if len(found) == limit else None,
    )


@router.post("/v1/leads/{lead_id}/crm", summary="Have the CRM told of a lead now", responses=refusals(404))
async def retry_copy(front: FrontDep, _caller: Ops, lead_id: LeadId) -> CopyShown:
    """Have it told whole, whatever it was told before; a worker does it."""
    try:
        return CopyShown(**copy_document(await front.store.crm_copies.retry(lead_id, at=front.clock())))
    except UnknownCopy as unknown:
        raise nothing_here(str(unknown)) from None
