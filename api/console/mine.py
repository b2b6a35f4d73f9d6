"""My leads: what somebody is asked, what is theirs and by when, answered with one tap (R47).

Whoever looks sees their own desk only. What they answer is judged by the lead's own workflow.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from activities.letter import REASONS
from api.console import frame
from api.console.lead_forms import Typed, Wrong, message_of
from api.console.mine_desk import Me, availability, desk_of, is_manager, me_of
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.acts import Act
from db.desk import OnDesk
from db.tables.words import ActOutcome, TaskState
from models.access import Right
from models.base import Refused
from models.calendar import Calendar
from models.ladder import Clock
from models.lead import LEAD_ID
from policy.ladder.clocks import Clocks, clocks_of
from runtime.countdowns import steps_of
from runtime.front import Front
from runtime.presence import presence_of
from runtime.talking.answers import NoSuchLead, Outcome

router = console()

MOST = 100
"""So many leads of each kind are shown."""

LATELY = timedelta(days=7)
"""How long an offer that ended is still shown."""

TABS = (
    ("My leads", "/mine"),
    ("My time", "/mine/time"),
    ("My share", "/mine/ledger"),
    ("My figures", "/mine/figures"),
)

ANSWERS = ("accept", "decline", "contacted")
"""What is answered from the desk; everything else is on the lead's page."""

_OUTCOMES = {
    Outcome.DONE: ActOutcome.DONE,
    Outcome.REFUSED: ActOutcome.REFUSED,
    Outcome.RECORDED: ActOutcome.RECORDED,
}


async def me(front: Front, viewer: Viewer) -> Me | None:
    """Find whoever looks in the roster; None when they are not in it."""
    return me_of(await front.store.rosters.load(), viewer.person_id)


async def nobody(request: Request, viewer: Viewer) -> Response:
    """Tell somebody who is not in the roster that nothing can lie on their desk."""
    return await frame.page(request, viewer, "mine_nobody.html", title="My leads", tabs=TABS)


@router.get("/mine")
async def show(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.ANSWER)]) -> Response:
    """Show the desk of whoever looks."""
    return await shown(request, front, viewer)


async def shown(
    request: Request, front: Front, viewer: Viewer, wrong: tuple[str, str, Wrong, Typed] | None = None
) -> Response:
    """Write the desk; with what is `wrong` in the form that was sent: its lead, its answer, why, and what was typed."""
    person = await me(front, viewer)
    if person is None:
        return await nobody(request, viewer)
    at, desks = front.clock(), front.store.desks
    desk = desk_of(
        at,
        in_hand=await _counted(front, person, await desks.in_hand(person.id, most=MOST)),
        in_contact=await desks.in_contact(person.id, most=MOST),
        had=await desks.had(person.id, at - LATELY, most=MOST),
        waits=await desks.waiting_for(person.id, most=MOST),
        told=await _told(request, front, viewer),
    )
    tasks = await front.store.follow_ups.list(rep_id=person.id, states=(TaskState.OPEN,), limit=MOST)
    offered, available = availability(person, await presence_of(front.store, person.roster, at))
    lead_id, answer, why, typed = wrong or ("", "", None, None)
    return await frame.page(
        request,
        viewer,
        "mine.html",
        title="My leads",
        status=200 if wrong is None else 422,
        tabs=TABS,
        me=person,
        desk=desk,
        tries=[task for task in tasks if task.contact_id],
        offered=offered,
        available=available,
        manages=is_manager(person) and viewer.may(Right.MANAGE),
        reasons=REASONS,
        once=secrets.token_urlsafe(9),
        wrong_lead=lead_id,
        wrong_answer=answer,
        errors=why.errors if why else {},
        typed=typed.texts() if typed else {},
    )


async def _counted(front: Front, person: Me, leads: Sequence[OnDesk]) -> list[tuple[OnDesk, Calendar]]:
    """Find for each lead in whose hours its next step is counted."""
    found = []
    for one in leads:
        policy = await front.store.ladders.policy(one.card.policy)
        steps = steps_of(policy, one.sla) if policy else None
        clock = steps.clock(one.card) if steps else Clock.WALL
        clocks = clocks_of(policy, person.roster, person.id, None) if policy else Clocks()
        found.append((one, clocks.calendar(clock)))
    return found


async def _told(request: Request, front: Front, viewer: Viewer) -> Act | None:
    number = request.query_params.get("told", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    act = await front.store.acts.get(int(number))
    return act if act is not None and act.who == viewer.member_id else None


def _answer(name: str) -> None:
    """Give one answer its route."""

    async def route(
        lead_id: str, request: Request, form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.ANSWER)]
    ) -> Response:
        if not LEAD_ID.fullmatch(lead_id) or await front.store.leads.get(lead_id) is None:
            raise NoSuchLead(lead_id)
        if viewer.person_id is None or not await front.store.desks.was_asked(viewer.person_id, lead_id):
            raise Untellable(
                403, "This is not yours to answer", "You were never asked to take this lead. Nothing was changed."
            )
        person = await me(front, viewer)
        typed = Typed(form, viewer, person.zone if person else "UTC", front.clock())
        try:
            said = message_of(name, typed)
            answer = await front.speaker.say(name, lead_id, said)
        except Wrong as wrong:
            return await shown(request, front, viewer, (lead_id, name, wrong, typed))
        except Refused as refused:
            return await shown(request, front, viewer, (lead_id, name, Wrong.of(refused), typed))
        because: str = answer.document["because"]
        detail: dict[str, Any] = {field: said[field] for field in ("offer", "key", "channel") if field in said}
        act = await frame.note(
            front,
            viewer,
            name,
            _OUTCOMES[answer.outcome],
            f"{because[:1].upper()}{because[1:].rstrip('.')}.",
            lead_id=lead_id,
            detail=detail,
        )
        return _next(lead_id, name, answer.outcome, act)

    route.__name__ = f"answer_{name}"
    router.add_api_route(f"/mine/{{lead_id}}/{name}", route, methods=["POST"])


def _next(lead_id: str, name: str, outcome: Outcome, act: int) -> RedirectResponse:
    """Lead whoever took a lead to how its prospect is reached, and everybody else back to their desk."""
    return frame.back(f"/leads/{lead_id}" if (name, outcome) == ("accept", Outcome.DONE) else "/mine", act)


for _name in ANSWERS:
    _answer(_name)
