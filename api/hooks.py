"""Webhooks of any tool in, and those that could not be read."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from adapters.signatures import Post, SignatureError
from api.document import refusals
from api.doors import Caller, FrontDep, Pace, allowed, door
from api.problems import Problem, nothing_here
from db.hooks import WAITS, Delivery, NotWaiting, UnknownDelivery, UnknownSource
from db.tables.words import HookState
from models.access import Scope
from runtime.hooks import Challenge, document_of
from runtime.sealing import CannotOpen

router = door("hooks")

PER_SOURCE = 3000
"""Webhooks of one source that are taken in a minute."""

LARGEST_ID = 2**31 - 1
_SHOWN = 64 * 1024

SourceName = Annotated[str, Path(max_length=64, description="The source's name", examples=["typeform"])]
Ops = Annotated[Caller, allowed(Scope.OPS)]
DeliveryId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The delivery's number")]


class FieldProblem(BaseModel):
    """One field of an item that did not come out."""

    field: str
    what: str


class ItemResult(BaseModel):
    """What became of one item of a payload."""

    became: Literal["lead", "event", "outcome", "owner", "nothing", "refused"]
    lead_id: str | None = None
    status: str | None = Field(None, description="accepted, folded, repeat or recorded, as at `POST /v1/leads`")
    because: str | None = None
    errors: list[FieldProblem] | None = None


class HookAnswer(BaseModel):
    """What became of a webhook. It is kept, whatever its state; `dead` waits for its mapping to be mended."""

    delivery_id: int
    source: str
    state: HookState
    because: str | None = None
    results: list[ItemResult]


class DeadLetter(HookAnswer):
    """A webhook that could not be read, without its payload."""

    received_at: datetime
    attempts: int
    bytes: int


class DeadLetterPayload(DeadLetter):
    """A webhook that could not be read, with what came (64 KiB of it at most)."""

    content_type: str
    payload: str


class DeadLetters(BaseModel):
    """Newest first; `before` asks for the next page."""

    dead_letters: list[DeadLetter]
    before: int | None = None


_BODIES = {
    "requestBody": {
        "required": False,
        "description": "Whatever the tool sends; the source's mapping reads it. Nothing at all is kept, too.",
        "content": {
            "application/json": {
                "schema": {},
                "examples": {
                    "a form": {"value": {"type": "demo", "email": "mona.lind@acme.example", "company": "Acme"}},
                },
            },
            "application/x-www-form-urlencoded": {"schema": {}},
            "multipart/form-data": {"schema": {}},
        },
    }
}
_SAID_BACK = {"text/plain": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object"}}}


@router.post(
    "/v1/hooks/{source}",
    status_code=202,
    summary="Take a webhook",
    response_model=HookAnswer,
    response_model_exclude_none=True,
    openapi_extra=_BODIES,
    responses={
        202: {"description": "Kept, and read as far as its mapping goes"},
        200: {"description": "It was here before: the answer is the first one. Or a tool's handshake, answered"},
        **refusals(401, 404, 413, 429),
    },
)
async def take_hook(front: FrontDep, source: SourceName, request: Request) -> Response:
    """Take what any tool sends: authentic by the source's signature, kept as it came, then mapped.

    A payload that does not map is no error of the sender's: it is kept, and a person mends the mapping and replays it.
    """
    # Before anything is read: a payload that was read and believed is kept, however many there are. Only those count
    # against their source, or anybody could close its door.
    pace: Pace = request.app.state.pace
    pace.count_address(request, "hook")
    pace.look(f"source {source}", PER_SOURCE, "of this source")
    post = Post(dict(request.headers.items()), await request.body(), request.method, _called(request, front))
    try:
        got = await front.hooks.take(source, post, now=front.clock())
    except UnknownSource:
        raise nothing_here(f"there is no source {source}") from None
    except SignatureError as error:
        raise _unbelieved(error) from None
    except CannotOpen as error:
        raise _unopened(error) from None
    if isinstance(got, Challenge):
        return JSONResponse({"challenge": got.say})
    pace.note(f"source {source}", PER_SOURCE)
    return JSONResponse(_plain(HookAnswer(**document_of(got.delivery))), 200 if got.repeat else 202)


@router.get(
    "/v1/hooks/{source}",
    summary="Answer a tool's handshake",
    response_class=Response,
    responses={
        200: {"description": "What the tool wants to hear (Facebook: text; LinkedIn: JSON)", "content": _SAID_BACK},
        **refusals(401, 404, 429),
    },
)
async def shake_hands(
    front: FrontDep,
    source: SourceName,
    request: Request,
    hub_mode: Annotated[str | None, Query(alias="hub.mode", max_length=40)] = None,
    hub_verify_token: Annotated[str | None, Query(alias="hub.verify_token", max_length=200)] = None,
    hub_challenge: Annotated[str | None, Query(alias="hub.challenge", max_length=200)] = None,
    challenge_code: Annotated[str | None, Query(alias="challengeCode", max_length=200)] = None,
) -> Response:
    """Prove to Facebook or LinkedIn that the address is ours, before they send anything there."""
    request.app.state.pace.count_address(request, "hook")
    query = {
        "hub.mode": hub_mode,
        "hub.verify_token": hub_verify_token,
        "hub.challenge": hub_challenge,
        "challengeCode": challenge_code,
    }
    asked = {name: value for name, value in query.items() if value is not None}
    try:
        answer = await front.hooks.shake_hands(source, asked, now=front.clock())
    except UnknownSource:
        raise nothing_here(f"there is no source {source}") from None
    except SignatureError as error:
        raise _unbelieved(error) from None
    except CannotOpen as error:
        raise _unopened(error) from None
    if answer is None:
        raise nothing_here(f"the source {source} has no such handshake; webhooks come by POST")
    if isinstance(answer, Challenge):
        # As plain text that no browser makes a page of: it is the caller's own text.
        return PlainTextResponse(answer.say, headers={"X-Content-Type-Options": "nosniff"})
    return JSONResponse(answer)


@router.get(
    "/v1/dead-letters",
    summary="List webhooks that could not be read",
    response_model_exclude_none=True,
)
async def list_dead_letters(
    front: FrontDep,
    caller: Ops,
    source: Annotated[str | None, Query(max_length=64, description="Of this source only")] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Older than this one")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeadLetters:
    """Give them with their errors and without their payloads, newest first."""
    found = await front.store.deliveries.list(WAITS, source=source, sources=caller.sources, before=before, limit=limit)
    more = found[-1].id if len(found) == limit else None
    return DeadLetters(dead_letters=[DeadLetter(**_of(one)) for one in found], before=more)


@router.get(
    "/v1/dead-letters/{delivery_id}",
    summary="Show one webhook with its payload",
    response_model_exclude_none=True,
    responses=refusals(404),
)
async def show_dead_letter(front: FrontDep, caller: Ops, delivery_id: DeliveryId) -> DeadLetterPayload:
    """Give what came, so that the mapping can be mended by it. Settled ones can be looked at, too."""
    found = await _theirs(front, caller, delivery_id)
    payload = found.raw[:_SHOWN].decode("utf-8", "replace")
    return DeadLetterPayload(**_of(found), content_type=found.content_type, payload=payload)


@router.post(
    "/v1/dead-letters/{delivery_id}/replay",
    summary="Read a webhook again",
    response_model_exclude_none=True,
    responses=refusals(404, 409),
)
async def replay_dead_letter(front: FrontDep, caller: Ops, delivery_id: DeliveryId) -> HookAnswer:
    """Read it by what its source says now. What it made before is not made twice; a lead's clock began at receipt."""
    await _theirs(front, caller, delivery_id)
    try:
        delivery = await front.hooks.replay(delivery_id, now=front.clock())
    except UnknownSource as error:
        raise nothing_here(f"there is no source {error} any more") from None
    except NotWaiting as error:
        raise _settled(error) from None
    return HookAnswer(**document_of(delivery))


@router.post(
    "/v1/dead-letters/{delivery_id}/drop",
    summary="Give a webhook up",
    response_model_exclude_none=True,
    responses=refusals(404, 409),
)
async def drop_dead_letter(front: FrontDep, caller: Ops, delivery_id: DeliveryId) -> HookAnswer:
    """Empty it: its payload is gone, and a line stays that says who gave it up."""
    await _theirs(front, caller, delivery_id)
    try:
        delivery = await front.store.deliveries.drop(delivery_id, f"dropped by {caller.key_id}", at=front.clock())
    except NotWaiting as error:
        raise _settled(error) from None
    return HookAnswer(**document_of(delivery))


async def _theirs(front: FrontDep, caller: Caller, delivery_id: int) -> Delivery:
    """Give a delivery of a source that the caller speaks for. Raises 404."""
    unknown = nothing_here(f"there is no delivery {delivery_id}")
    try:
        found = await front.store.deliveries.find(delivery_id)
    except UnknownDelivery:
        raise unknown from None
    if caller.sources and found.source not in caller.sources:
        raise unknown
    return found


def _called(request: Request, front: FrontDep) -> str:
    """Give the address that the tool called: the public one, whatever a proxy made of it."""
    path = request.scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1") or request.url.path
    query = request.scope.get("query_string", b"").decode("latin-1")
    return f"{front.settings.public_url}{path}{'?' if query else ''}{query}"


def _of(delivery: Delivery) -> dict[str, Any]:
    return document_of(delivery) | {
        "received_at": delivery.received_at,
        "attempts": delivery.attempts,
        "bytes": delivery.size,
    }


def _plain(answer: HookAnswer) -> dict[str, Any]:
    return answer.model_dump(mode="json", exclude_none=True)


def _unbelieved(error: SignatureError) -> Problem:
    return Problem(401, "unsigned", "The webhook cannot be believed", f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _unopened(error: CannotOpen) -> Problem:
    headers = {"Retry-After": "60"}
    return Problem(503, "unavailable", "Not now", f"The source's secret is {error}.", headers=headers)


def _settled(error: NotWaiting) -> Problem:
    detail = f"The delivery is {error.state.value} already."
    return Problem(409, "settled", "There is nothing to do", detail, state=error.state.value)
