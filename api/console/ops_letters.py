"""Webhooks one by one: why each could not be read, its shape, and having it read again or given up.

Nothing that stands in a payload is shown; what was said of it is veiled.
"""

from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from adapters.channels.wording import masked
from api.console.frame import back, note
from api.console.ops_frame import Ops, Watcher, numbered, ops_page
from api.console.ops_shape import Line, shape_of, veiled
from api.console.viewing import Untellable, console
from api.doors import FrontDep
from db.hooks import WAITS, Delivery, NotWaiting, UnknownDelivery, UnknownSource
from db.tables.words import ActOutcome, HookState
from models.base import Refused
from runtime.front import Front
from runtime.hooks import document_of
from runtime.payloads import read_payload

router = console()


@dataclass(frozen=True, slots=True)
class ItemTold:
    """What became of one item of a payload, without what stands in it."""

    became: str
    lead_id: str | None
    because: str
    errors: tuple[tuple[str, str], ...]


@router.get("/ops/dead-letters/{number}")
async def letter(request: Request, front: FrontDep, viewer: Watcher, number: int) -> Response:
    """Show one webhook: its shape, and why it could not be read."""
    found = await _delivery(front, number)
    payload, unreadable = _payload(found)
    kept = next((one for one in await front.store.sources.list() if one.source.name == found.source), None)
    known = kept.source.model_dump_json() if kept else ""
    lines: tuple[Line, ...] = () if unreadable or found.state is HookState.DROPPED else shape_of(payload, known)
    items = tuple(_item(one, payload) for one in document_of(found)["results"])
    return await ops_page(
        request, front, viewer, "ops_letter.html", title=f"Webhook {number}", tab="/ops/sources", letter=found,
        shape=lines, unreadable=unreadable, items=items, because=veiled(found.because, payload),
        loaded=kept is not None, waits=found.state in WAITS,
    )  # fmt: skip


@router.post("/ops/dead-letters/{number}/replay")
async def replay(front: FrontDep, viewer: Ops, number: int) -> Response:
    """Read a webhook again by what its source says now; what it made before is not made twice."""
    found = await _delivery(front, number)
    outcome, detail = ActOutcome.REFUSED, dict[str, Any]()
    try:
        settled = await front.hooks.replay(number, now=front.clock())
    except UnknownSource:
        because = f"There is no source {found.source} any more: load it first."
    except NotWaiting as no:
        because = f"Webhook {number} is {no.state} already."
    else:
        leads = [str(one["lead_id"]) for one in settled.results if one.get("lead_id")]
        detail = {"leads": leads, "state": settled.state.value}
        if settled.state is HookState.DROPPED:
            because = f"Webhook {number} was dropped by somebody meanwhile."
        elif settled.state in WAITS:
            because = f"Webhook {number} still cannot be read: its errors are below."
        else:
            outcome = ActOutcome.DONE
            because = f"Webhook {number} is read" + (
                f": lead {', '.join(leads)}." if leads else "; nothing came of it."
            )
    act = await note(front, viewer, "hooks.replay", outcome, because, about=str(number), detail=detail)
    return back(f"/ops/dead-letters/{number}", act)


@router.post("/ops/dead-letters/{number}/drop")
async def drop(front: FrontDep, viewer: Ops, number: int) -> Response:
    """Give a webhook up and empty it."""
    await _delivery(front, number)
    try:
        await front.store.deliveries.drop(number, f"dropped by {viewer.signs}", at=front.clock())
    except NotWaiting as no:
        outcome, because = ActOutcome.REFUSED, f"Webhook {number} is {no.state} already."
    else:
        outcome, because = ActOutcome.DONE, f"Webhook {number} is dropped: its payload is gone."
    act = await note(front, viewer, "hooks.drop", outcome, because, about=str(number))
    return back(f"/ops/dead-letters/{number}", act)


async def _delivery(front: Front, number: int) -> Delivery:
    try:
        return await front.store.deliveries.find(numbered(number))
    except UnknownDelivery:
        raise Untellable(404, "There is no such webhook", "Its number is not known.") from None


def _payload(found: Delivery) -> tuple[Any, str]:
    try:
        return read_payload(found.content_type, found.raw), ""
    except Refused as error:
        return None, str(error)


def _item(one: dict[str, Any], payload: Any) -> ItemTold:
    errors = tuple((masked(error["field"]), veiled(error["what"], payload)) for error in one.get("errors", ()))
    return ItemTold(one["became"], one.get("lead_id"), veiled(one.get("because") or "", payload), errors)
