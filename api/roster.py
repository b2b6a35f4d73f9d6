"""Who may get leads: the roster, who may be offered one now, and absences.

The roster's rules are `models.roster`; what a change means for leads in flight is noted in its own transaction.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query

from api.document import refusals
from api.doors import Caller, FrontDep, QueryInstant, allowed, door, read_as, speaks_for
from api.problems import Problem, nothing_here, unreadable
from api.roster_shapes import (
    AbsenceNoted,
    ActiveSet,
    Availability,
    AvailableShown,
    Order,
    RepShown,
    RosterTaken,
    TeamShown,
)
from db.rosters import UnknownRep
from models.access import Scope
from models.roster import Rep, Roster, TimeOff
from policy.spelling import did_you_mean
from runtime.front import Front
from runtime.presence import Presence, presence_of
from runtime.rosters import take_over

router = door("roster")

Reader = Annotated[Caller, allowed(Scope.ROSTER_READ)]
Writer = Annotated[Caller, allowed(Scope.ROSTER_WRITE)]
RepId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="A rep's id.", examples=["ana"])]


@router.get("/v1/roster", summary="The whole roster, as a file would have it", responses=refusals(404))
async def show_roster(front: FrontDep, _caller: Reader) -> dict[str, Any]:
    """Give calendars, managers, teams, reps, pools, rotas and rooms."""
    return (await roster_in(front)).model_dump(mode="json", by_alias=True)


@router.post("/v1/roster", summary="Take a whole roster over", response_model=RosterTaken)
async def save_roster(front: FrontDep, caller: Writer, roster: Annotated[Roster, read_as(Roster)]) -> RosterTaken:
    """Replace the roster. Who is missing becomes inactive and keeps what they hold; held leads are looked at again."""
    speaks_for(caller, "")
    change = await take_over(front.store, roster, at=front.clock())
    return RosterTaken(
        reps=len(roster.reps), new=list(change.new), inactive=list(change.inactive), warnings=list(change.warnings)
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
    raise unknown_rep(rep_id, roster)


@router.get("/v1/roster/teams", summary="Teams and their reps", responses=refusals(404))
async def list_teams(front: FrontDep, _caller: Reader) -> list[TeamShown]:
    """Give every team with whom it answers to and who is in it."""
    roster = await roster_in(front)
    return [
        TeamShown(**team.model_dump(), reps=[rep.id for rep in roster.reps if rep.team == team.id])
        for team in roster.teams
    ]


@router.get("/v1/roster/availability", summary="Who may be offered a lead", responses=refusals(404))
async def show_availability(
    front: FrontDep,
    _caller: Reader,
    at: Annotated[QueryInstant | None, Query(description="Left out: now. Open leads are those of now.")] = None,
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
    front: FrontDep, caller: Writer, rep_id: RepId, time_off: Annotated[TimeOff, read_as(TimeOff)]
) -> AbsenceNoted:
    """Note an absence: what they were offered and have not accepted moves on when they go. A repeat changes nothing."""
    speaks_for(caller, rep_id)
    roster = await roster_in(front)
    rep = _rep(rep_id, roster)
    there = any((one.start, one.end) == (time_off.start, time_off.end) for one in rep.time_off)
    if not there:
        await front.store.rosters.add_time_off(rep_id, time_off, at=front.clock())
    return _absence(rep_id, time_off, noted=True, changed=not there)


@router.post("/v1/roster/reps/{rep_id}/time-off/remove", summary="Take an absence back", responses=refusals(404))
async def remove_time_off(
    front: FrontDep, caller: Writer, rep_id: RepId, time_off: Annotated[TimeOff, read_as(TimeOff)]
) -> AbsenceNoted:
    """Take back an absence that was noted here; what a roster file says is changed in the file."""
    speaks_for(caller, rep_id)
    _rep(rep_id, await roster_in(front))
    gone = await front.store.rosters.remove_time_off(rep_id, time_off, at=front.clock())
    return _absence(rep_id, time_off, noted=False, changed=gone)


@router.post("/v1/roster/reps/{rep_id}/activate", summary="Offer a rep leads again", responses=refusals(404))
async def activate(
    front: FrontDep, caller: Writer, rep_id: RepId, order: Annotated[Order, read_as(Order)]
) -> ActiveSet:
    """Offer a rep leads again."""
    speaks_for(caller, order.by)
    return await _set_active(front, rep_id, True, order)


@router.post("/v1/roster/reps/{rep_id}/deactivate", summary="Offer a rep nothing more for now", responses=refusals(404))
async def deactivate(
    front: FrontDep, caller: Writer, rep_id: RepId, order: Annotated[Order, read_as(Order)]
) -> ActiveSet:
    """Offer a rep nothing more for now: what they have not accepted moves on, what they accepted stays theirs."""
    speaks_for(caller, order.by)
    return await _set_active(front, rep_id, False, order)


async def roster_in(front: Front) -> Roster:
    """Give the loaded roster. Raises 404 when there is none."""
    roster = await front.store.rosters.load()
    if roster is None:
        raise nothing_here("No roster is loaded yet.")
    return roster


async def _presence(front: Front, at: datetime) -> tuple[Roster, Presence]:
    roster = await roster_in(front)
    return roster, await presence_of(front.store, roster, at)


def _rep(rep_id: str, roster: Roster) -> Rep:
    for rep in roster.reps:
        if rep.id == rep_id:
            return rep
    raise unknown_rep(rep_id, roster)


def unknown_rep(rep_id: str, roster: Roster) -> Problem:
    """Say that nobody is a rep of this id, and who may have been meant: 404."""
    return nothing_here(f"There is no rep {rep_id}{did_you_mean(rep_id, [one.id for one in roster.reps])}")


async def _set_active(front: Front, rep_id: str, active: bool, order: Order) -> ActiveSet:
    because = f"{order.reason} ({order.by})"
    try:
        changed = await front.store.rosters.set_active(rep_id, active, at=front.clock(), because=because)
    except UnknownRep:
        raise unknown_rep(rep_id, await roster_in(front)) from None
    return ActiveSet(rep_id=rep_id, active=active, changed=changed)


def _shown(rep: Rep, presence: Presence) -> RepShown:
    plain = rep.model_dump(mode="json", by_alias=True)
    known = {name: plain[name] for name in RepShown.model_fields if name in plain}
    return RepShown(**known, open_leads=presence.loads[rep.id], unavailable_because=presence.reasons[rep.id])


def _absence(rep_id: str, time_off: TimeOff, *, noted: bool, changed: bool) -> AbsenceNoted:
    return AbsenceNoted(rep_id=rep_id, **time_off.model_dump(mode="json", by_alias=True), noted=noted, changed=changed)
