"""What goes to other houses' tools: hand-offs to marketing and prospects, the CRM's copies, and enrichment's cost."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta

from fastapi import Request, Response

from api.console.frame import back, note
from api.console.ops_frame import Ops, Watcher, numbered, ops_page
from api.console.viewing import Form, Untellable, console
from api.doors import FrontDep
from config.yaml_marks import FileError
from db.crm import UnknownCopy
from db.crm_wanting import CopyState
from db.hand_offs import NotToBeRetried, UnknownHandOff
from db.provider_use import UseOfDay
from db.tables.words import ActOutcome, HandOffKind, HandOffState
from models.lead import LEAD_ID
from runtime.providers import providers_of

router = console()

PAGE = 50
DAYS = (7, 30, 90)


@dataclass(frozen=True, slots=True)
class Used:
    """What one provider did within some days; `cost` in the file's currency."""

    provider: str
    asked: int = 0
    found: int = 0
    cached: int = 0
    failed: int = 0
    cost: float = 0.0


@router.get("/ops/hand-offs")
async def hand_offs(
    request: Request, front: FrontDep, viewer: Watcher, state: str = "", kind: str = "", before: int = 0
) -> Response:
    """List what goes to marketing tools and prospects, newest first."""
    states = [HandOffState(state)] if state in set(HandOffState) else []
    kinds = [HandOffKind(kind)] if kind in set(HandOffKind) else []
    found = await front.store.hand_offs.list(states=states, kinds=kinds, limit=PAGE + 1, after=before or None)
    chosen = {"state": states[0].value if states else "", "kind": kinds[0].value if kinds else ""}
    more = (
        f"/ops/hand-offs?state={chosen['state']}&kind={chosen['kind']}&before={found[PAGE - 1].id}"
        if found[PAGE:]
        else ""
    )
    settings = front.settings
    where = (settings.nurture_url and "the address of BATON_NURTURE_URL") or (settings.nurture_file and "a file")
    return await ops_page(
        request, front, viewer, "ops_hand_offs.html", title="Hand-offs", tab="/ops/hand-offs", rows=found[:PAGE],
        next=more, chosen=chosen, states=list(HandOffState), kinds=list(HandOffKind), where=where or "",
    )  # fmt: skip


@router.post("/ops/hand-offs/{number}/retry")
async def retry_hand_off(front: FrontDep, viewer: Ops, number: int) -> Response:
    """Have one carried out now."""
    try:
        one = await front.store.hand_offs.retry(numbered(number), at=front.clock())
    except UnknownHandOff:
        raise Untellable(404, "There is no such hand-off", "Its number is not known.") from None
    except NotToBeRetried as no:
        act = await note(front, viewer, "handoff.retry", ActOutcome.REFUSED, f"{no}.", about=str(number))
        return back("/ops/hand-offs", act)
    because = f"Hand-off {number} ({one.kind}) goes out as soon as a worker looks."
    act = await note(
        front, viewer, "handoff.retry", ActOutcome.RECORDED, because, lead_id=one.lead_id, about=str(number)
    )
    return back("/ops/hand-offs", act)


@router.get("/ops/crm")
async def crm(request: Request, front: FrontDep, viewer: Watcher, state: str = "", after: str = "") -> Response:
    """List what the CRM is still to be told, and what it refused."""
    wanted = [CopyState(state)] if state in set(CopyState) else [CopyState.WAITING, CopyState.REFUSED]
    beyond = after if LEAD_ID.fullmatch(after) else None
    found = await front.store.crm_copies.list(states=wanted, limit=PAGE + 1, after=beyond)
    chosen = state if state in set(CopyState) else ""
    return await ops_page(
        request, front, viewer, "ops_crm.html", title="CRM", tab="/ops/crm", rows=found[:PAGE],
        counts=await front.store.crm_copies.counts(), chosen=chosen, states=list(CopyState),
        next=f"/ops/crm?state={chosen}&after={found[PAGE - 1].lead_id}" if found[PAGE:] else "",
        crm=front.settings.crm or "",
    )  # fmt: skip


@router.post("/ops/crm/retry")
async def retry_copy(front: FrontDep, viewer: Ops, form: Form) -> Response:
    """Have the CRM told now: of one lead, or of all that it refused."""
    lead_id, now = str(form.get("lead_id", "")), front.clock()
    if not lead_id:
        number = await front.store.crm_copies.retry_refused(at=now)
        because = f"The CRM is told of {number} lead{'' if number == 1 else 's'} as soon as a worker looks."
        return back("/ops/crm", await note(front, viewer, "crm.retry", ActOutcome.RECORDED, because))
    try:
        if not LEAD_ID.fullmatch(lead_id):
            raise UnknownCopy("no lead")
        await front.store.crm_copies.retry(lead_id, at=now)
    except UnknownCopy:
        raise Untellable(404, "There is no such copy", "The CRM was never to be told of this lead.") from None
    because = "The CRM is told of this lead, all of it, as soon as a worker looks."
    return back("/ops/crm", await note(front, viewer, "crm.retry", ActOutcome.RECORDED, because, lead_id=lead_id))


@router.get("/ops/providers")
async def providers(request: Request, front: FrontDep, viewer: Watcher, days: int = 30) -> Response:
    """Say which providers are asked, what each did, and what that cost."""
    span = days if days in DAYS else 30
    wrong, known = "", None
    try:
        known = await asyncio.to_thread(providers_of, front.settings)
    except FileError as error:
        wrong = "; ".join(error.lines)
    asked = known.providers if known else []
    used = await front.store.provider_uses.list(front.clock().date() - timedelta(days=span - 1))
    sums = summed(used)
    return await ops_page(
        request, front, viewer, "ops_providers.html", title="Providers", tab="/ops/providers", wrong=wrong,
        providers=asked, currency=known.currency if known else "", used={one.provider: one for one in sums},
        gone=[one for one in sums if one.provider not in {one.name for one in asked}], unused=Used(""),
        total=sum(one.cost for one in sums), by_day=used, days=span, choices=DAYS,
    )  # fmt: skip


def summed(uses: Iterable[UseOfDay]) -> tuple[Used, ...]:
    """Add up what each provider did, by name."""
    counts = [one.name for one in fields(Used) if one.name != "provider"]
    found: dict[str, Used] = {}
    for use in uses:
        so_far = found.get(use.provider, Used(use.provider))
        found[use.provider] = Used(use.provider, *(getattr(so_far, name) + getattr(use, name) for name in counts))
    return tuple(found[name] for name in sorted(found))
