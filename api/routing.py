"""People who leave, and the switch for all routing."""

from datetime import datetime
from typing import Annotated

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door, read_as, speaks_for
from api.problems import Problem
from api.roster import RepId, roster_in, unknown_rep
from api.roster_shapes import (
    HandoverBegun,
    Holding,
    Holdings,
    Leaver,
    Order,
    Restart,
    RoutingShown,
    StoppedShown,
    WaitsShown,
)
from db.choosing import Stopped
from db.handovers import CannotTakeOver, InHand
from db.rosters import UnknownRep
from models.access import Scope
from runtime.standstill import Standing, standing_in

router = door("roster")

Manager = Annotated[Caller, allowed(Scope.MANAGE, everywhere=True)]
Holder = Annotated[Caller, allowed(Scope.MANAGE, Scope.ROSTER_READ, everywhere=True)]
Watcher = Annotated[Caller, allowed(Scope.ROSTER_READ, Scope.OPS, Scope.MANAGE, everywhere=True)]
Switcher = Annotated[Caller, allowed(Scope.MANAGE, Scope.OPS, everywhere=True)]


@router.post(
    "/v1/reps/{rep_id}/handover",
    status_code=202,
    summary="Give all that a rep holds to others",
    responses=refusals(404, 409),
)
async def hand_over(
    front: FrontDep, caller: Manager, rep_id: RepId, leaver: Annotated[Leaver, read_as(Leaver)]
) -> HandoverBegun:
    """Begin a hand-over: committed when it is answered; the leads move one by one. Begun again, it goes on."""
    speaks_for(caller, leaver.by)
    store = front.store
    try:
        held = await store.handovers.held_by(rep_id)
        begun = await store.handovers.begin(
            rep_id,
            by=leaver.by,
            reason=leaver.reason,
            at=front.clock(),
            to=leaver.to,
            keep_active=leaver.keep_active,
        )
    except UnknownRep:
        raise unknown_rep(rep_id, await roster_in(front)) from None
    except CannotTakeOver as no:
        raise Problem(409, "cannot_take_over", "They cannot be given leads", str(no), to=leaver.to) from None
    given = [Holding(lead_id=one.lead_id, state="contacted", to=one.to, because=one.because) for one in begun.given]
    moving = [_held(one) for one in held if one.running]
    return HandoverBegun(rep_id=rep_id, moving=moving, given=given, retired=not leaver.keep_active)


@router.get("/v1/reps/{rep_id}/handover", summary="What a rep still holds", responses=refusals(404))
async def show_holdings(front: FrontDep, _caller: Holder, rep_id: RepId) -> Holdings:
    """List what somebody holds, longest first: after a hand-over it empties."""
    try:
        held = await front.store.handovers.held_by(rep_id)
    except UnknownRep:
        raise unknown_rep(rep_id, await roster_in(front)) from None
    return Holdings(rep_id=rep_id, leads=[_held(one) for one in held])


@router.get("/v1/routing", summary="Whether routing runs, and what waits")
async def show_routing(front: FrontDep, _caller: Watcher) -> RoutingShown:
    """Say who stopped routing, if anybody, and which leads wait."""
    return _routing(await standing_in(front.store))


@router.post("/v1/routing/stop", summary="Stop all routing", responses=refusals(409))
async def stop_routing(front: FrontDep, caller: Switcher, order: Annotated[Order, read_as(Order)]) -> RoutingShown:
    """Give no lead to anybody from now on: leads wait, visibly. 409 when somebody else has stopped it already."""
    speaks_for(caller, order.by)
    stopped = await front.store.switching.stop(by=order.by, reason=order.reason, at=front.clock())
    if (stopped.by, stopped.reason) != (order.by, order.reason):
        detail = f"{stopped.by} has stopped it already: {stopped.reason}"
        raise Problem(409, "stopped", "Routing is stopped already", detail, by=stopped.by, since=_text(stopped.at))
    return _routing(await standing_in(front.store))


@router.post("/v1/routing/start", summary="Let routing go on")
async def start_routing(front: FrontDep, caller: Switcher, order: Annotated[Restart, read_as(Restart)]) -> RoutingShown:
    """Wake every waiting lead, best score first. When routing runs already, nothing changes."""
    speaks_for(caller, order.by)
    woken = await front.store.switching.start(by=order.by, at=front.clock())
    return _routing(await standing_in(front.store), woken or 0)


def _held(one: InHand) -> Holding:
    return Holding(lead_id=one.lead_id, state=one.state.value)


def _routing(standing: Standing, woken: int | None = None) -> RoutingShown:
    return RoutingShown(
        stopped=_stopped(standing.stopped),
        waiting=standing.queue.leads,
        since=standing.queue.since,
        first=_waits(standing),
        woken=woken,
    )


def _stopped(stopped: Stopped | None) -> StoppedShown | None:
    return None if stopped is None else StoppedShown(by=stopped.by, at=stopped.at, reason=stopped.reason)


def _waits(standing: Standing) -> list[WaitsShown]:
    names = WaitsShown.model_fields
    return [WaitsShown(**{name: getattr(one, name) for name in names}) for one in standing.first]


def _text(at: datetime) -> str:
    return at.isoformat()
