"""The frame around every page: where one can go from here, who one is, and what came of what one just did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.console.paper import written
from api.doors import front_of
from db.acts import Act
from db.engine import DatabaseUnreachable
from db.sessions import Viewer
from db.tables.words import ActOutcome
from models.access import Right
from runtime.front import Front
from runtime.talking.answers import Outcome

THEMES = ("light", "dark")
THEME_COOKIE = "baton-theme"


@dataclass(frozen=True, slots=True)
class Room:
    """A place of the console. `also`: paths that belong to it, too."""

    name: str
    path: str
    right: Right
    also: tuple[str, ...] = ()


ROOMS = (
    Room("Board", "/", Right.SEE, ("/leads", "/board")),
    Room("My leads", "/mine", Right.ANSWER),
    Room("Team", "/team", Right.TEAM),
    Room("Policy", "/policy", Right.SEE),
    Room("Accounts", "/accounts", Right.ACCOUNTS),
    Room("Analytics", "/analytics", Right.ANALYTICS),
    Room("Setup", "/setup", Right.ROSTER),
    Room("Operations", "/ops", Right.OPS),
    Room("Log", "/log", Right.LOG),
)
"""Where one can go, in this order; a room is shown to whoever may enter it."""

_OUTCOME = {
    Outcome.DONE: ActOutcome.DONE,
    Outcome.REFUSED: ActOutcome.REFUSED,
    Outcome.RECORDED: ActOutcome.RECORDED,
}


async def page(
    request: Request, viewer: Viewer | None, template: str, *, title: str, status: int = 200, **values: Any
) -> Response:
    """Write a whole page in the frame; `title` is what the tab says."""
    theme = request.cookies.get(THEME_COOKIE, "")
    return written(
        template,
        status,
        title=title,
        viewer=viewer,
        rooms=[room for room in ROOMS if viewer is not None and viewer.may(room.right)],
        here=_here(request.url.path),
        path=request.url.path,
        theme=theme if theme in THEMES else "",
        told=await _told(request, viewer),
        csrf=viewer.csrf if viewer else "",
        **values,
    )


async def _told(request: Request, viewer: Viewer | None) -> Act | None:
    """Give what came of what they just did, as the address of the page names it."""
    number = request.query_params.get("told", "")
    if viewer is None or not (number.isascii() and number.isdigit() and len(number) <= 9):
        return None
    try:
        act = await front_of(request).store.acts.get(int(number))
    except DatabaseUnreachable:
        return None
    return act if act is not None and act.who == viewer.member_id else None


def _here(path: str) -> str:
    """Name the room that a path belongs to."""
    best = ""
    for room in ROOMS:
        for start in (room.path, *room.also):
            if path == start or (start != "/" and path.startswith(start + "/")):
                best = room.path
    return best


async def note(
    front: Front,
    viewer: Viewer,
    what: str,
    outcome: ActOutcome,
    because: str,
    *,
    lead_id: str | None = None,
    about: str = "",
    detail: Mapping[str, Any] | None = None,
) -> int:
    """Write into the log what somebody did and what came of it; give its number."""
    return await front.store.acts.add(
        at=front.clock(),
        who=viewer.member_id,
        person_id=viewer.person_id,
        what=what,
        outcome=outcome,
        because=because,
        lead_id=lead_id,
        about=about,
        detail=detail,
    )


async def say(front: Front, viewer: Viewer, name: str, lead_id: str, fields: Mapping[str, Any]) -> int:
    """Say a message to a lead as everybody does, and note what came of it; give the note's number.

    Raises `Refused` for what is not a message, `NoSuchLead`, `DatabaseUnreachable`.
    """
    answer = await front.speaker.say(name, lead_id, fields)
    kept = {key: value for key, value in fields.items() if key not in ("reason", "key")}
    return await note(
        front, viewer, name, _OUTCOME[answer.outcome], answer.document["because"], lead_id=lead_id, detail=kept
    )


def back(path: str, act: int) -> RedirectResponse:
    """Send them back to a page of ours, which says what came of it."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}told={act}", 303)
