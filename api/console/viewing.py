"""Who looks at a page, and whether they may: each route says the right that it needs, and nobody passes without.

    router = console()

    @router.get("/team")
    async def team(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.TEAM)]) -> Response: ...

    @router.post("/leads/{lead_id}/accept")
    async def accept(form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.ANSWER)]) -> Response: ...

A GET changes nothing. A POST is a form of ours: it carries its session's word (`csrf`), and comes from our own pages.
Whoever is not signed in is sent to sign in and back; what cannot be shown is told as a page, not as a document.
"""

import contextlib
import hmac
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.console.frame import note, page
from api.console.words import LOOKED
from api.doors import front_of
from api.paper import Untellable
from api.problems import Problem
from api.watch import failed
from db.engine import DatabaseUnreachable
from db.sessions import Viewer
from db.tables.words import ActOutcome
from db.upgrade import SchemaUnknown
from models.access import Right
from models.base import Refused
from models.lead import LEAD_ID
from runtime.client import TemporalUnreachable
from runtime.talking.answers import NoSuchLead

__all__ = ["Form", "Untellable", "Viewer", "acted", "console", "seen"]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 2000


_NOTED = "It was noted. What you did may have counted or not: open the page anew and look before you try again."
_ANEW = "Nothing was changed. Open the page anew, and try again."


class NotSignedIn(Exception):
    """Nobody is signed in here."""


class Guard:
    """A dependency: somebody who holds one of these rights. `acts`: the request changes something."""

    def __init__(self, rights: tuple[Right, ...], *, acts: bool) -> None:
        self.rights, self.acts = rights, acts

    async def __call__(self, request: Request) -> Viewer:
        """Give who it is. Raises `NotSignedIn`, and `Untellable` when they may not."""
        LOOKED.set(front_of(request).clock())
        viewer = await viewer_of(request)
        if viewer is None:
            raise NotSignedIn
        if self.acts:
            await _ours(request, viewer)
            request.state.acting = viewer
        if not viewer.may(*self.rights):
            needed = " or ".join(self.rights)
            raise Untellable(403, "This is not for you", f"It needs the right to {needed}. Nothing was changed.")
        return viewer


def seen(*rights: Right) -> Any:
    """Guard a page: whoever looks is the dependency's value."""
    return Depends(Guard(rights or (Right.SEE,), acts=False))


def acted(*rights: Right) -> Any:
    """Guard what a form does: whoever sent it is the dependency's value."""
    return Depends(Guard(rights, acts=True))


def cookie_name(request: Request) -> str:
    """Name the cookie; over https browsers hold it to this very host."""
    return "__Host-baton" if secure(request) else "baton"


def secure(request: Request) -> bool:
    """Say whether people reach us over https."""
    return front_of(request).settings.public_url.startswith("https://")


async def viewer_of(request: Request) -> Viewer | None:
    """Say who is signed in at this browser; None when nobody is."""
    if not hasattr(request.state, "viewer"):
        token, front = request.cookies.get(cookie_name(request), ""), front_of(request)
        # What a page asks for by itself, every now and then, is no use of a session by somebody.
        using = not (request.method == "GET" and request.headers.get("hx-request"))
        found = await front.store.sessions.find(token, at=front.clock(), using=using) if token else None
        request.state.viewer = found
        return found
    known: Viewer | None = request.state.viewer
    return known


async def form_of(request: Request) -> FormData:
    """Read the form that was sent. Raises `Untellable` for anything else."""
    if not hasattr(request.state, "form"):
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == MULTIPART:
            request.state.form = await request.form(max_files=2, max_fields=MOST_FIELDS, max_part_size=1024 * 1024)
        elif kind == FORM:
            text = await request.body()
            try:
                pairs = parse_qsl(text.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
            except ValueError:
                raise Untellable(422, "This form cannot be read", "Nothing was changed.") from None
            request.state.form = FormData(list[tuple[str, str | UploadFile]](pairs))
        else:
            raise Untellable(415, "This is no form", "Nothing was changed. Send it from its page.")
    found: FormData = request.state.form
    return found


Form = Annotated[FormData, Depends(form_of)]


def foreign(request: Request) -> bool:
    """Say whether another house's page sent this, as far as the browser tells."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin", "")
    host = urlsplit(front_of(request).settings.public_url).netloc
    return origin not in ("", "null") and origin.partition("://")[2] not in (host, request.headers.get("host", ""))


async def _ours(request: Request, viewer: Viewer) -> None:
    """Refuse what another house's page, or an old page of ours, sends in the name of whoever is signed in."""
    said = request.headers.get("x-csrf-token") or str((await form_of(request)).get("csrf", ""))
    if foreign(request) or not hmac.compare_digest(said.encode(), viewer.csrf.encode()):
        raise Untellable(403, "This did not come from the page", _ANEW)


class ConsoleRoute(APIRoute):
    """A route whose every answer is for people: also where it goes wrong."""

    @property
    def guard(self) -> Guard | None:
        """Whom this route asks for; None when for nobody."""
        return next((one.call for one in self.dependant.dependencies if isinstance(one.call, Guard)), None)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Tell what goes wrong as a page."""
        handle = super().get_route_handler()

        async def for_people(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedIn:
                return _sign_in(request)
            except Exception as error:  # noqa: BLE001 - what nobody expected is noted as everywhere, and is a page, too
                return await _told(request, await self._sentence(request, error))

        return for_people

    async def _sentence(self, request: Request, error: Exception) -> Untellable:
        """Say what went wrong to whoever looks, and note what they tried in vain."""
        told = _ours_to_tell(error) or _others_to_tell(error)
        if told is None:
            failed(request.scope, error)
            await self._noted(request, ActOutcome.FAILED, "It went wrong on our side.")
            return Untellable(500, "Something went wrong on our side", _NOTED)
        if told.status == HTTPStatus.FORBIDDEN:
            await self._noted(request, ActOutcome.REFUSED, told.sentence)
        return told

    async def _noted(self, request: Request, outcome: ActOutcome, because: str) -> None:
        """Write into the log what somebody tried with a form of ours, and may not, or what failed."""
        viewer: Viewer | None = getattr(request.state, "acting", None)
        if viewer is None:
            return
        # A name of its own: what was tried is no act, and nobody who counts acts counts it.
        what = "tried." + [part for part in self.path.split("/") if part and not part.startswith("{")][-1]
        lead_id = str(request.path_params.get("lead_id", ""))
        known = lead_id if LEAD_ID.fullmatch(lead_id) else None
        with contextlib.suppress(DatabaseUnreachable):  # whoever asks is told in any case
            await note(front_of(request), viewer, what, outcome, because, lead_id=known, about=self.path)


def console() -> APIRouter:
    """Make the router of one area of the console."""
    return APIRouter(route_class=ConsoleRoute, include_in_schema=False)


async def lost(request: Request) -> Response:
    """Tell somebody who followed an address that leads nowhere."""
    told = Untellable(404, "There is nothing here", "The address may be cut, or what it led to is gone.")
    return await _told(request, told)


def _sign_in(request: Request) -> Response:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = "/signin" if request.method != "GET" or here == "/" else f"/signin?next={quote(here)}"
    if request.headers.get("hx-request"):  # a part of a page cannot be swapped for the page to sign in at
        return Response(status_code=401, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


def _ours_to_tell(error: Exception) -> Untellable | None:
    """Say what one of our own exceptions means to people; None for any other."""
    match error:
        case Untellable():
            return error
        case NoSuchLead():
            return Untellable(404, "There is no such lead", "It may have been erased.")
        case DatabaseUnreachable() | SchemaUnknown():
            sentence = "The database does not answer at this moment. Nothing was changed. Try again in a minute."
            return Untellable(503, "Not now", sentence)
        case TemporalUnreachable():
            sentence = "Temporal does not answer at this moment, and this needs it. Try again in a minute."
            return Untellable(503, "Not now", sentence)
    return None


def _others_to_tell(error: Exception) -> Untellable | None:
    """Say what a form or an address that does not parse means to people; None for what nobody expected."""
    match error:
        case Refused():
            wrong = "; ".join(f"{one.field}: {one.what}" if one.field else one.what for one in error.problems)
            return Untellable(422, "This cannot be taken", f"{wrong}. Nothing was changed.")
        case Problem():
            heading, sentence = error.document["title"], error.document.get("detail", "")
            return Untellable(error.status, heading, sentence, error.headers)
        case RequestValidationError():
            places = {".".join(str(part) for part in one["loc"][1:]) or "address" for one in error.errors()}
            return Untellable(422, "This cannot be read", f"What is wrong: {', '.join(sorted(places))}.")
        case HTTPException():
            return Untellable(error.status_code, "This cannot be shown", str(error.detail))
    return None


async def _told(request: Request, told: Untellable) -> Response:
    try:
        viewer = await viewer_of(request)
    except (DatabaseUnreachable, SchemaUnknown):
        viewer = None
    said = {"heading": told.heading, "sentence": told.sentence, "title": told.heading}
    answer = await page(request, viewer, "told.html", status=told.status, **said)
    answer.headers.update(told.headers)
    return answer
