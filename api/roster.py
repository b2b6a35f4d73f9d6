"""Who may get leads: the roster and who may be offered one now; absences, leavers, and the switch for all routing.

The roster's rules are `models.roster`; what a change means for leads in flight is noted in its own transaction.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from api.document import refusals
from api.doors import Caller, FrontDep, allowed, door, read_as
from api.problems import Problem, nothing_here, unreadable
from db.choosing import Stopped
from db.handovers import CannotTakeOver, InHand
from db.rosters import UnknownRep
from models.access import Scope
from models.base import Instant, Outside
from models.roster import Rep, Roster, TimeOff
from policy.spelling import did_you_mean
from runtime.front import Front
from runtime.presence import Presence, presence_of
from runtime.rosters import take_over
from runtime.standstill import Standing, standing_in

router = door("roster")

Reader = Annotated[Caller, allowed(Scope.ROSTER_READ)]
Writer = Annotated[Caller, allowed(Scope.ROSTER_WRITE)]
Manager = Annotated[Caller, allowed(Scope.MANAGE)]
Watcher = Annotated[Caller, allowed(Scope.ROSTER_READ, Scope.OPS, Scope.MANAGE)]
RepId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="A rep's id.", examples=["ana"])]
By = Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S", description="who does it")]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S", description="why; others read it")]


class Order(Outside):
    """Somebody does something, and says why."""

    by: By
    reason: Reason


class Leaver(Order):
    """Somebody's leads go to others; `to` gets them all, else whoever routing finds."""

    to: str | None = Field(None, max_length=64)
    keep_active: bool = Field(False, description="they stay in the rotation")


class Restart(Outside):
    """Somebody lets routing go on."""

    by: By


class RepShown(BaseModel):
    """A rep, what they have in hand, and why they are offered nothing now; null: they may be."""

    id: str
    name: str
    team: str
    level: str
    role: str
    active: bool
    weight: int
    capacity: int
    open_leads: int
    backup: str | None
    languages: list[str]
    regions: list[str]
    time_off: list[dict[str, Any]]
    unavailable_because: str | None


class TeamShown(BaseModel):
    """A team and whom it answers to."""

    id: str
    name: str
    manager: str
    calendar: str
    region: str
    countries: list[str]
    reps: list[str]


class AvailableShown(BaseModel):
    """Whether somebody may be offered a lead, or why not."""

    rep_id: str
    available: bool
    because: str | None
    open_leads: int


class Availability(BaseModel):
    """Who may be offered a lead at an instant."""

    at: datetime
    reps: list[AvailableShown]


class RosterTaken(BaseModel):
    """What a roster that was taken over changed. `warnings`: what the published policy misses in it."""

    reps: int
    new: list[str]
    inactive: list[str]
    warnings: list[str]


class AbsenceNoted(BaseModel):
    """An absence that is noted, or not any more; `changed`: that is new."""

    rep_id: str
    start: str = Field(alias="from", serialization_alias="from")
    end: str = Field(alias="to", serialization_alias="to")
    reason: str
    noted: bool
    changed: bool


class ActiveSet(BaseModel):
    """Whether somebody may be offered leads; `changed`: that is new."""

    rep_id: str
    active: bool
    changed: bool


class Holding(BaseModel):
    """One lead that somebody who leaves still holds, or who has it now."""

    lead_id: str
    state: str
    to: str | None = None
    because: str = ""


class HandoverBegun(BaseModel):
    """A hand-over: leads that move on by themselves, and leads in contact, which went over at once."""

    rep_id: str
    moving: list[Holding]
    given: list[Holding]
    retired: bool


class Holdings(BaseModel):
    """What somebody holds."""

    rep_id: str
    leads: list[Holding]


class StoppedShown(BaseModel):
    """Who has stopped routing, since when and why."""

    by: str
    at: datetime
    reason: str


class WaitsShown(BaseModel):
    """A lead that waits for somebody of `pool`, or for `rep_id` alone."""

    lead_id: str
    headline: str
    points: float
    pool: str | None
    rep_id: str | None
    since: datetime
    until: datetime


class RoutingShown(BaseModel):
    """Whether routing runs (`stopped` is null), and what waits, best score first."""

    stopped: StoppedShown | None
    waiting: int
    since: datetime | None
    first: list[WaitsShown]
    woken: int | None = Field(None, description="of a start: how many leads look for somebody now")


@router.get("/v1/roster", summary="The whole roster, as a file would have it", responses=refusals(404))
async def show_roster(front: FrontDep, _caller: Reader) -> dict[str, Any]:
    """Give calendars, managers, teams, reps, pools, rotas and rooms."""
    return (await _roster(front)).model_dump(mode="json", by_alias=True)


@router.post("/v1/roster", summary="Take a whole roster over", response_model=RosterTaken)
async def save_roster(front: FrontDep, _caller: Writer, roster: Annotated[Roster, read_as(Roster)]) -> RosterTaken:
    """Replace the roster. Who is missing becomes inactive and keeps what they hold; held leads are looked at again."""
    change = await take_over(front.store, roster, at=front.clock())
    return RosterTaken(
        reps=len(roster.reps), new=list(change.new), inactive=list(change.inactive), warnings=list(change.gaps)
    )


@router.get("/v1/roster/reps", summary="Reps, and why they are offered nothing now", responses=refusals(404))
async def list_reps(
    front: FrontDep,
    _caller: Reader,
    team: Annotated[str | None, Query(max_length=64, description="Of this team only.")] = None,
) -> list[RepShown]:
    """Give every rep in the roster's order."""
    roster, presence = await _presence(front, front.clock())
    return [_shown(rep, presence) for rep in roster.reps if team in (None, rep.team)]


@router.get("/v1/roster/reps/{rep_id}", summary="One rep", responses=refusals(404))
async def show_rep(front: FrontDep, _caller: Reader, rep_id: RepId) -> RepShown:
    """Give one rep, what they have in hand, and why they are offered nothing now."""
    roster, presence = await _presence(front, front.clock())
    for rep in roster.reps:
        if rep.id == rep_id:
            return _shown(rep, presence)
    raise _unknown(rep_id, roster)


@router.get("/v1/roster/teams", summary="Teams and their reps", responses=refusals(404))
async def list_teams(front: FrontDep, _caller: Reader) -> list[TeamShown]:
    """Give every team with whom it answers to and who is in it."""
    roster = await _roster(front)
    return [
        TeamShown(**team.model_dump(), reps=[rep.id for rep in roster.reps if rep.team == team.id])
        for team in roster.teams
    ]


@router.get("/v1/roster/availability", summary="Who may be offered a lead", responses=refusals(404))
async def show_availability(
    front: FrontDep,
    _caller: Reader,
    at: Annotated[Instant | None, Query(description="An instant; left out: now. Open leads are those of now.")] = None,
    team: Annotated[str | None, Query(max_length=64, description="Of this team only.")] = None,
) -> Availability:
    """Say of each rep whether they may be offered a lead at an instant, or the first reason why not."""
    at = at or front.clock()
    try:
        roster, presence = await _presence(front, at)
    except (OverflowError, ValueError) as error:
        raise unreadable([{"field": "at", "what": "is no instant anybody plans for"}]) from error
    reps = [
        AvailableShown(
            rep_id=rep.id,
            available=presence.reasons[rep.id] is None,
            because=presence.reasons[rep.id],
            open_leads=presence.loads[rep.id],
        )
        for rep in roster.reps
        if team in (None, rep.team)
    ]
    return Availability(at=at, reps=reps)


@router.post("/v1/roster/reps/{rep_id}/time-off", summary="Note that a rep is away", responses=refusals(404))
async def add_time_off(
    front: FrontDep, _caller: Writer, rep_id: RepId, time_off: Annotated[TimeOff, read_as(TimeOff)]
) -> AbsenceNoted:
    """Note an absence: what they were offered and have not accepted moves on when they go. A repeat changes nothing."""
    roster = await _roster(front)
    rep = _rep(rep_id, roster)
    there = any((one.start, one.end) == (time_off.start, time_off.end) for one in rep.time_off)
    if not there:
        await front.store.rosters.add_time_off(rep_id, time_off, at=front.clock())
    return _absence(rep_id, time_off, noted=True, changed=not there)


@router.post("/v1/roster/reps/{rep_id}/time-off/remove", summary="Take an absence back", responses=refusals(404))
async def remove_time_off(
    front: FrontDep, _caller: Writer, rep_id: RepId, time_off: Annotated[TimeOff, read_as(TimeOff)]
) -> AbsenceNoted:
    """Take back an absence that was noted here; what a roster file says is changed in the file."""
    _rep(rep_id, await _roster(front))
    gone = await front.store.rosters.remove_time_off(rep_id, time_off, at=front.clock())
    return _absence(rep_id, time_off, noted=False, changed=gone)


@router.post("/v1/roster/reps/{rep_id}/activate", summary="Offer a rep leads again", responses=refusals(404))
async def activate(
    front: FrontDep, _caller: Writer, rep_id: RepId, order: Annotated[Order, read_as(Order)]
) -> ActiveSet:
    """Offer a rep leads again."""
    return await _set_active(front, rep_id, True, order)


@router.post("/v1/roster/reps/{rep_id}/deactivate", summary="Offer a rep nothing more for now", responses=refusals(404))
async def deactivate(
    front: FrontDep, _caller: Writer, rep_id: RepId, order: Annotated[Order, read_as(Order)]
) -> ActiveSet:
    """Offer a rep nothing more for now: what they have not accepted moves on, what they accepted stays theirs."""
    return await _set_active(front, rep_id, False, order)


@router.post(
    "/v1/reps/{rep_id}/handover",
    status_code=202,
    summary="Give all that a rep holds to others",
    responses=refusals(404, 409),
)
async def hand_over(
    front: FrontDep, _caller: Manager, rep_id: RepId, leaver: Annotated[Leaver, read_as(Leaver)]
) -> HandoverBegun:
    """Begin a hand-over: committed when it is answered; the leads move one by one. Begun again, it goes on."""
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
        raise _unknown(rep_id, await _roster(front)) from None
    except CannotTakeOver as no:
        raise Problem(409, "cannot_take_over", "They cannot be given leads", str(no), to=leaver.to) from None
    given = [Holding(lead_id=one.lead_id, state="contacted", to=one.to, because=one.because) for one in begun.given]
    moving = [_held(one) for one in held if one.running]
    return HandoverBegun(rep_id=rep_id, moving=moving, given=given, retired=not leaver.keep_active)


@router.get("/v1/reps/{rep_id}/handover", summary="What a rep still holds", responses=refusals(404))
async def show_holdings(
    front: FrontDep, _caller: Annotated[Caller, allowed(Scope.MANAGE, Scope.ROSTER_READ)], rep_id: RepId
) -> Holdings:
    """List what somebody holds, longest first: after a hand-over it empties."""
    try:
        held = await front.store.handovers.held_by(rep_id)
    except UnknownRep:
        raise _unknown(rep_id, await _roster(front)) from None
    return Holdings(rep_id=rep_id, leads=[_held(one) for one in held])


@router.get("/v1/routing", summary="Whether routing runs, and what waits")
async def show_routing(front: FrontDep, _caller: Watcher) -> RoutingShown:
    """Say who stopped routing, if anybody, and which leads wait."""
    return _routing(await standing_in(front.store))


@router.post("/v1/routing/stop", summary="Stop all routing", responses=refusals(409))
async def stop_routing(
    front: FrontDep,
    _caller: Annotated[Caller, allowed(Scope.MANAGE, Scope.OPS)],
    order: Annotated[Order, read_as(Order)],
) -> RoutingShown:
    """Give no lead to anybody from now on: leads wait, visibly. 409 when somebody else has stopped it already."""
    stopped = await front.store.switching.stop(by=order.by, reason=order.reason, at=front.clock())
    if (stopped.by, stopped.reason) != (order.by, order.reason):
        detail = f"{stopped.by} has stopped it already: {stopped.reason}"
        raise Problem(409, "stopped", "Routing is stopped already", detail, by=stopped.by, since=_text(stopped.at))
    return _routing(await standing_in(front.store))


@router.post("/v1/routing/start", summary="Let routing go on")
async def start_routing(
    front: FrontDep,
    _caller: Annotated[Caller, allowed(Scope.MANAGE, Scope.OPS)],
    order: Annotated[Restart, read_as(Restart)],
) -> RoutingShown:
    """Wake every waiting lead, best score first. When routing runs already, nothing changes."""
    woken = await front.store.switching.start(by=order.by, at=front.clock())
    return _routing(await standing_in(front.store), woken or 0)


async def _roster(front: Front) -> Roster:
    roster = await front.store.rosters.load()
    if roster is None:
        raise nothing_here("No roster is loaded yet.")
    return roster


async def _presence(front: Front, at: datetime) -> tuple[Roster, Presence]:
    roster = await _roster(front)
    return roster, await presence_of(front.store, roster, at)


def _rep(rep_id: str, roster: Roster) -> Rep:
    for rep in roster.reps:
        if rep.id == rep_id:
            return rep
    raise _unknown(rep_id, roster)


def _unknown(rep_id: str, roster: Roster) -> Problem:
    return nothing_here(f"There is no rep {rep_id}{did_you_mean(rep_id, [one.id for one in roster.reps])}")


async def _set_active(front: Front, rep_id: str, active: bool, order: Order) -> ActiveSet:
    because = f"{order.reason} ({order.by})"
    try:
        changed = await front.store.rosters.set_active(rep_id, active, at=front.clock(), because=because)
    except UnknownRep:
        raise _unknown(rep_id, await _roster(front)) from None
    return ActiveSet(rep_id=rep_id, active=active, changed=changed)


def _shown(rep: Rep, presence: Presence) -> RepShown:
    plain = rep.model_dump(mode="json", by_alias=True)
    known = {name: plain[name] for name in RepShown.model_fields if name in plain}
    return RepShown(**known, open_leads=presence.loads[rep.id], unavailable_because=presence.reasons[rep.id])


def _absence(rep_id: str, time_off: TimeOff, *, noted: bool, changed: bool) -> AbsenceNoted:
    return AbsenceNoted(rep_id=rep_id, **time_off.model_dump(mode="json", by_alias=True), noted=noted, changed=changed)


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
