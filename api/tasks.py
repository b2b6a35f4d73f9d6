"""Follow-up tasks (R54), and what leaves the house for a lead: enrolments, their ends, first answers to prospects (R7).

Read here, and tried again; who gets a task and what is handed off follows from where leads stand. Nothing here says
who a prospect is.
"""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door
from api.problems import Problem, nothing_here, unreadable
from db.follow_up import UnknownTask
from db.hand_offs import NotToBeRetried, UnknownHandOff
from db.tables.words import HandOffKind, HandOffState, TaskState
from models.access import Scope
from models.base import Instant
from models.lead import LEAD_ID
from runtime.follow_ups import hand_off_document, task_document

router = door("tasks")

LARGEST_ID = 2**31 - 1

Reader = Annotated[Caller, allowed(Scope.LEADS_READ, Scope.MANAGE, Scope.OPS, everywhere=True)]
Watcher = Annotated[Caller, allowed(Scope.OPS, Scope.MANAGE, everywhere=True)]
Ops = Annotated[Caller, allowed(Scope.OPS, everywhere=True)]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
After = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="The last id of the page before.")]
OfLead = Annotated[str | None, Query(alias="lead", pattern=f"^{LEAD_ID.pattern}$", description="Of this lead only.")]
Rep = Annotated[str | None, Query(alias="rep", pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Of this rep only.")]


class TaskShown(BaseModel):
    """One task: who has to get in touch with which lead by when. `overdue`: open, and its instant is past."""

    id: int
    lead_id: str = Field(examples=["01jq3w0f6m9v2d8x4c7b1n5k3t"])
    offer: int
    contact_id: int | None = Field(description="whom to try instead of whoever asked; null: whoever asked")
    rep_id: str = Field(examples=["ana"])
    what: str = Field(examples=["reach out: demo request, Acme (DE)"])
    due_at: Instant | None
    overdue: bool
    state: TaskState
    because: str
    created_at: Instant
    closed_at: Instant | None


class Tasks(BaseModel):
    """A page of tasks, the newest first; `after` goes on (null: that was all)."""

    tasks: list[TaskShown]
    after: int | None


class HandOffShown(BaseModel):
    """One thing that leaves the house. `key` is what the receiver knows a repeat by; `programme` once it is out."""

    id: int
    key: str = Field(examples=["01jq3w0f6m9v2d8x4c7b1n5k3t:enrol:1"])
    lead_id: str
    kind: HandOffKind
    n: int
    programme: str | None
    answerable: str | None
    state: HandOffState
    attempts: int
    because: str
    provider_id: str | None
    created_at: Instant
    next_at: Instant | None
    sent_at: Instant | None


class HandOffsShown(BaseModel):
    """A page of hand-offs, the newest first; `after` goes on (null: that was all)."""

    hand_offs: list[HandOffShown]
    after: int | None


@router.get("/v1/tasks", summary="Who has to get in touch with whom, by when", responses=refusals(403))
async def list_tasks(
    front: FrontDep,
    caller: Reader,
    rep: Rep = None,
    state: Annotated[list[TaskState], Query(description="In these states only.", max_length=3)] = [],  # noqa: B006
    lead: OfLead = None,
    limit: Limit = 50,
    after: After = None,
) -> Tasks:
    """Give tasks, the newest first. A key for certain people is given theirs alone, and has to name one of them."""
    if caller.people and rep not in caller.people:
        who = ", ".join(sorted(caller.people))
        raise Problem(403, "forbidden", "This key may not do that", f"It is for {who}: ask with `rep`.")
    try:
        found = await front.store.follow_ups.list(rep_id=rep, states=state, lead_id=lead, limit=limit, after=after)
    except UnknownTask:
        raise unreadable([{"field": "after", "what": "is no task"}]) from None
    now = front.clock()
    return Tasks(
        tasks=[TaskShown(**task_document(one, now)) for one in found],
        after=found[-1].id if len(found) == limit else None,
    )


@router.get("/v1/hand-offs", summary="What leaves the house for leads, and what keeps it")
async def list_hand_offs(
    front: FrontDep,
    _caller: Watcher,
    state: Annotated[list[HandOffState], Query(description="In these states only.", max_length=4)] = [],  # noqa: B006
    kind: Annotated[list[HandOffKind], Query(description="Of these kinds only.", max_length=3)] = [],  # noqa: B006
    lead: OfLead = None,
    limit: Limit = 50,
    after: After = None,
) -> HandOffsShown:
    """Give enrolments, their ends and first answers, the newest first."""
    found = await front.store.hand_offs.list(states=state, kinds=kind, lead_id=lead, limit=limit, after=after)
    return HandOffsShown(
        hand_offs=[HandOffShown(**hand_off_document(one)) for one in found],
        after=found[-1].id if len(found) == limit else None,
    )


@router.post("/v1/hand-offs/{hand_off_id}/retry", summary="Try a hand-off again now", responses=refusals(404, 409))
async def retry_hand_off(
    front: FrontDep, _caller: Ops, hand_off_id: Annotated[int, Path(ge=1, le=LARGEST_ID, description="Its id.")]
) -> HandOffShown:
    """Have one that was refused, or waits, carried out now; a worker does it. What is out never goes out again."""
    try:
        return HandOffShown(**hand_off_document(await front.store.hand_offs.retry(hand_off_id, at=front.clock())))
    except UnknownHandOff as unknown:
        raise nothing_here(str(unknown)) from None
    except NotToBeRetried as no:
        raise Problem(409, "not_to_be_retried", "It is not to go out again", str(no)) from None
