"""The team: who may be asked now and why not, what is late, who needs a word, and what moves on when somebody leaves.

Everybody with the right sees every team; their own ones are shown first.
"""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response

from api.console import frame
from api.console.mine_desk import me_of
from api.console.team_board import boards, coached_of, could_take, shown_teams
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.console.words import span
from api.doors import FrontDep
from db.digests import Digests
from db.handovers import CannotTakeOver, Handover
from db.tables.words import ActOutcome
from models.access import Right
from models.roster import Rep, Roster
from policy.routing.crew import crew_of
from runtime.coached import coached
from runtime.digesting import digest_now
from runtime.front import Front
from runtime.presence import presence_of

router = console()

TABS = (("Team", "/team"), ("Calendar", "/team/calendar"), ("Digest", "/team/digest"))
WEEK = timedelta(days=7)
MOST = 50
"""So many leads of each kind are listed; what is more is counted."""

Team = Annotated[str, Query(max_length=64)]


async def roster_of(front: Front) -> Roster:
    """Give the roster. Raises `Untellable` before the first."""
    roster = await front.store.rosters.load()
    if roster is None:
        raise Untellable(404, "There is no roster yet", "Load one, and its teams stand here.")
    return roster


def choices(roster: Roster) -> list[tuple[str, str]]:
    """List the teams to choose from."""
    return [("all", "every team"), *((team.id, team.name) for team in roster.teams)]


@router.get("/team")
async def show(
    request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.TEAM)], team: Team = ""
) -> Response:
    """Show the teams of whoever looks, or one."""
    roster, at, store = await roster_of(front), front.clock(), front.store
    teams = shown_teams(roster, viewer.person_id, team)
    reps = {rep.id for rep in roster.reps if rep.team in teams}
    presence = await presence_of(store, roster, at)
    hands, week = await store.desks.hands(reps), await store.coaching.tallies(at - WEEK, at)
    stand = await Digests(store.database).standing(viewer.person_id or "", teams, most=MOST)
    listed = await coached(store, roster, at)
    person = me_of(roster, viewer.person_id)
    return await frame.page(
        request,
        viewer,
        "team.html",
        title="Team",
        tabs=TABS,
        zone=person.zone if person else "UTC",
        teams=choices(roster),
        chosen=team if team in teams or team == "all" else "",
        boards=boards(roster, teams, presence, hands, week),
        names={one.id: one.name for one in crew_of(roster).people.values()},
        stand=stand,
        open_leads=sum(stand.stages.values()),
        coached=coached_of(listed, roster, reps),
        rule=listed.rule,
        within=f"{days} days" if (days := listed.rule.within.days) > 1 else span(listed.rule.within),
        people=could_take(roster, presence),
        once=secrets.token_urlsafe(9),
    )


@router.post("/team/reps/{rep_id}/forgive")
async def forgive(rep_id: str, form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.MANAGE)]) -> Response:
    """Let what somebody has missed so far count no more."""
    rep = _rep(await roster_of(front), rep_id)
    reason = _reason(form)
    await front.store.coaching.forgive(rep_id, by=viewer.signs, reason=reason, at=front.clock())
    because = f"What {rep.name} missed so far counts no more."
    return frame.back("/team", await frame.note(front, viewer, "forgive", ActOutcome.DONE, because, about=rep_id))


@router.get("/team/reps/{rep_id}/handover")
async def leaving(
    rep_id: str, request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.MANAGE)]
) -> Response:
    """Show what somebody holds, and ask who is to get it."""
    return await _leaving(request, front, viewer, rep_id, {}, "")


@router.post("/team/reps/{rep_id}/handover")
async def hand_over(
    rep_id: str, request: Request, form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.MANAGE)]
) -> Response:
    """Give everything that somebody holds to others; leads in flight are given on by their own workflows."""
    rep, store = _rep(await roster_of(front), rep_id), front.store
    typed = {name: str(form.get(name, "")).strip()[:500] for name in ("to", "reason", "stays")}
    if not typed["reason"]:
        return await _leaving(
            request, front, viewer, rep_id, typed, "Say why: everybody who looks at the leads reads it."
        )
    held = await store.handovers.held_by(rep_id)
    stays = typed["stays"] == "yes"
    try:
        begun = await store.handovers.begin(
            rep_id, by=viewer.signs, reason=typed["reason"], at=front.clock(), to=typed["to"] or None, keep_active=stays
        )
    except CannotTakeOver as no:
        return await _leaving(request, front, viewer, rep_id, typed, f"{str(no)[:1].upper()}{str(no)[1:]}.")
    because = _handed_over(rep, len(held), begun, stays=stays)
    detail = {"to": typed["to"] or None, "stays": stays, "leads": len(held)}
    act = await frame.note(front, viewer, "roster.handover", ActOutcome.DONE, because, about=rep_id, detail=detail)
    return frame.back(f"/team/reps/{rep_id}/handover", act)


@router.get("/team/digest")
async def digest(
    request: Request,
    front: FrontDep,
    viewer: Annotated[Viewer, seen(Right.TEAM)],
    manager: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show what a manager's digest says now; nothing is sent."""
    roster = await roster_of(front)
    managers = _answerable(roster)
    known = {one for one, _ in managers}
    chosen = next(
        (one for one in (manager, viewer.person_id or "") if one in known), managers[0][0] if managers else ""
    )
    said = await digest_now(front.store, chosen, front.clock()) if chosen else None
    return await frame.page(
        request, viewer, "team_digest.html", title="Digest", tabs=TABS, managers=managers, chosen=chosen, said=said
    )


def _handed_over(rep: Rep, held: int, begun: Handover, *, stays: bool) -> str:
    kept = sum(one.to is None for one in begun.given)
    told = [f"{held} leads of {rep.name} are handed over: {len(begun.errands)} are given on by their own workflows"]
    if len(begun.given) > kept:
        told.append(f"{len(begun.given) - kept} in contact went at once")
    if kept:
        told.append(f"{kept} stay with {rep.name} because nobody is named for them")
    return ", ".join(told) + ("." if stays else f". {rep.name} is out of the rotation.")


def _answerable(roster: Roster) -> list[tuple[str, str]]:
    """List who answers for a team: they get digests."""
    people, found = crew_of(roster).people, {team.manager: team.manager for team in roster.teams}
    return [(one, people[one].name if one in people else one) for one in found]


async def _leaving(
    request: Request, front: Front, viewer: Viewer, rep_id: str, typed: dict[str, str], error: str
) -> Response:
    roster = await roster_of(front)
    rep, at = _rep(roster, rep_id), front.clock()
    others = [one for one in could_take(roster, await presence_of(front.store, roster, at)) if one[0] != rep_id]
    reps: Collection[str] = {one.id for one in roster.reps}
    person = me_of(roster, viewer.person_id)
    return await frame.page(
        request,
        viewer,
        "team_handover.html",
        title=f"{rep.name} leaves",
        status=422 if error else 200,
        rep=rep,
        backup=next((one.name for one in roster.reps if one.id == rep.backup), None),
        held=await front.store.handovers.held_by(rep_id),
        others=[one for one in others if one[0] in reps],
        typed=typed,
        error=error,
        zone=person.zone if person else "UTC",
    )


def _rep(roster: Roster, rep_id: str) -> Rep:
    found = crew_of(roster).reps.get(rep_id)
    if found is None:
        raise Untellable(404, "There is no such rep", "The roster does not know them.")
    return found


def _reason(form: Form) -> str:
    reason = str(form.get("reason", "")).strip()
    if not 1 <= len(reason) <= 500:
        raise Untellable(422, "Say why", "A reason of at most 500 characters is needed. Nothing was changed.")
    return reason
