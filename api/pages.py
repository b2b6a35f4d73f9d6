"""The pages that links in messages open: who the link is for answers with one tap, on a phone, without any script.

A GET changes nothing, whoever opens it: mail scanners open links. A POST says one message to the lead, and the page it
answers with tells what came of it. The link outlives its offer: the lead's state decides.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from activities.addressees import reader_of
from activities.letter import REASONS
from adapters.links import BadLink, Link
from api.answer_page import OF_OFFER, SIGNED_BY, Act, Page, answered, page_of
from api.doors import FrontDep, door
from api.paper import Untellable, paper, stylesheet
from api.problems import Problem
from db.engine import DatabaseUnreachable
from db.standings import View
from models.base import Refused
from models.roster import Rep
from runtime.front import Front
from runtime.talking.answers import NoSuchLead, Outcome
from runtime.whose import Eyes
from runtime.why import why

router = door("pages")

FORM = "application/x-www-form-urlencoded"
PER_ADDRESS = 600
"""Pages shown and answers taken in a minute for one address: a whole office may share it, and its mail scanner."""

LONGEST_NOTE = 200
MOST_FIELDS = 10

_HTML: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
_TOLD: dict[int | str, dict[str, Any]] = {
    404: {"description": "The link is none of ours, was cut, or was sent to somebody who has left", "content": _HTML},
    422: {"description": "The answer cannot be read, or lacks its reason", "content": _HTML},
    429: {"description": "Too many pages were asked for from this address; nothing was changed", "content": _HTML},
    503: {"description": "The database is away; nothing was changed", "content": _HTML},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["act"],
                    "properties": {
                        "act": {"type": "string", "enum": list(Act), "description": "what is answered"},
                        "offer": {"type": "string", "description": "of `accept` and `decline`: the offer shown"},
                        "reason": {"type": "string", "description": "of `decline`: why"},
                        "note": {"type": "string", "maxLength": LONGEST_NOTE},
                        "once": {"type": "string", "description": "the same for a page's double taps"},
                    },
                },
                "example": {"act": "accept", "offer": "1", "once": "1767225600000"},
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Behind:
    """What a link leads to."""

    link: Link
    view: View
    eyes: Eyes
    how: tuple[str, ...]

    @property
    def open(self) -> bool:
        """Say whether it still is for whom it was sent to: somebody who is there, or who has the lead in hand."""
        holder, person = self.view.standing.holder, reader_of(self.eyes.roster, self.link.person_id)
        if holder is not None and holder.accepted and holder.rep_id == self.link.person_id:
            return True
        return person is not None and (person.active if isinstance(person, Rep) else True)

    def page(self) -> Page:
        """Say what there is to see."""
        return self.complete(page_of(self.view, self.link, self.eyes))

    def complete(self, page: Page) -> Page:
        """Add how the lead came to its reader, where the page says why it did."""
        return replace(page, how=self.how) if page.why else page


@router.get(
    "/a/{token}",
    summary="Show a lead to whom the link was sent to",
    response_class=HTMLResponse,
    responses={200: {"description": "The lead, and what may be answered", "content": _HTML}, **_TOLD},
)
async def show(token: str, request: Request, front: FrontDep) -> Response:
    """Change nothing, however often and by whomever the link is opened: answering is a POST."""
    try:
        behind = await _let_in(token, request, front)
    except Untellable as told:
        return told.response()
    return _shown(behind.page(), front)


router.add_api_route("/a/{token}", show, methods=["HEAD"], include_in_schema=False)


@router.post(
    "/a/{token}",
    summary="Answer from the page behind a link",
    response_class=HTMLResponse,
    openapi_extra=_BODY,
    responses={
        200: {"description": "It is done, or was before", "content": _HTML},
        202: {"description": "It is kept durably; the verdict follows", "content": _HTML},
        409: {"description": "Too late: the page says who has the lead and since when", "content": _HTML},
        415: {"description": "Not a form", "content": _HTML},
        **_TOLD,
    },
)
async def answer(token: str, request: Request, front: FrontDep) -> Response:
    """Say one message to the lead in the name of whom the link was sent to; a double tap changes nothing more."""
    try:
        behind = await _let_in(token, request, front)
        said = await _form(request)
        return await _answer(behind, token, said, front)
    except Untellable as told:
        return told.response()


@router.get("/static/page.css", include_in_schema=False)
async def style() -> Response:
    """Give the pages' style; its address changes with it."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(stylesheet()[0], media_type="text/css", headers=headers)


async def _let_in(token: str, request: Request, front: Front) -> Behind:
    """Find what a link leads to, for somebody who is still there: links outlive that. Raises `Untellable`."""
    try:
        request.app.state.pace.count_address(request, "page", PER_ADDRESS)
    except Problem as problem:
        sentence = "Nothing was changed. Wait a minute, and open the page anew."
        raise Untellable(429, "Too many at once", sentence, problem.headers) from None
    behind = await _behind(token, front)
    if not behind.open:
        raise Untellable(
            404, "This link is not open any more", "Whoever it was sent to gets no leads now. Nothing was changed."
        )
    return behind


async def _behind(token: str, front: Front) -> Behind:
    """Find what a link leads to. Raises `Untellable`."""
    unknown = Untellable(
        404, "This link leads nowhere", "It was cut or is none of ours. Open it anew from the message that it came in."
    )
    if front.links is None:
        raise unknown
    try:
        link = front.links.read(token)
    except BadLink:
        raise unknown from None
    try:
        view = await front.store.standings.of(link.lead_id, link.offer)
        roster = await front.store.rosters.load()
        how = await _how(view, Eyes(roster, link.person_id), front) if view and roster else ()
    except DatabaseUnreachable:
        raise _away() from None
    if view is None or roster is None:
        raise unknown
    return Behind(link, view, Eyes(roster, link.person_id), how)


async def _how(view: View, eyes: Eyes, front: Front) -> tuple[str, ...]:
    """Tell how the lead came to whom the link is for, while they have it; without the sentence that the page has."""
    present = view.present
    if present is None or present.rep_id != eyes.person_id:
        return ()
    return (await why(front.store, view.standing.lead_id, present.offer, eyes))[1:]


async def _form(request: Request) -> dict[str, str]:
    """Read the form that the page sends. Raises `Untellable`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Untellable(415, "This cannot be read", "Answer from the page itself.")
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:  # no UTF-8, or more fields than the page has
        raise _unreadable() from None
    return dict(pairs)


async def _answer(behind: Behind, token: str, said: Mapping[str, str], front: Front) -> Response:
    """Say what was answered to the lead, and show what came of it. Raises `Untellable`."""
    act = _act(said, behind.link)
    if act is Act.DECLINE and not said.get("reason", "").strip():
        return _shown(behind.page(), front, 422, asking=True)
    try:
        message = {SIGNED_BY[act]: behind.link.person_id, **_details(act, said), "key": _key(token, act, said)}
        found = await front.speaker.say(act.value, behind.link.lead_id, message)
        behind = await _behind(token, front)  # as it stands after that
    except Refused:
        raise _unreadable() from None
    except NoSuchLead:
        raise Untellable(404, "This lead is not there any more", "Nothing was changed.") from None
    except DatabaseUnreachable:
        raise _away() from None
    page = behind.complete(answered(behind.view, behind.link, behind.eyes, act, found))
    return _shown(page, front, _STATUS[found.outcome])


_STATUS = {Outcome.DONE: 200, Outcome.RECORDED: 202, Outcome.REFUSED: 409}


def _act(said: Mapping[str, str], link: Link) -> Act:
    """Read what is answered; a link to an offer takes no manager's answers. Raises `Untellable`."""
    try:
        act = Act(said.get("act", ""))
    except ValueError:
        raise _unreadable() from None
    if link.kind == "offer" and SIGNED_BY[act] == "by":
        raise _unreadable()
    return act


def _details(act: Act, said: Mapping[str, str]) -> dict[str, Any]:
    """Give what an answer says besides who says it. Raises `Untellable`."""
    details: dict[str, Any] = {}
    if act in OF_OFFER:
        offer = said.get("offer", "")
        if not (offer.isascii() and offer.isdigit() and len(offer) <= 6):
            raise _unreadable()
        details["offer"] = int(offer)
    if act is Act.DECLINE:
        note = said.get("note", "").strip()[:LONGEST_NOTE]
        details["reason"] = f"{said['reason'].strip()}: {note}" if note else said["reason"].strip()
    return details


def _key(token: str, act: Act, said: Mapping[str, str]) -> str:
    """Name an answer so that a double tap is a repeat, and one from a page opened later is not."""
    parts = (token, act.value, said.get("offer", ""), said.get("once", ""))
    return f"page-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]}"


def _shown(page: Page, front: Front, status: int = 200, *, asking: bool = False) -> Response:
    """Show a lead. `asking`: a reason was missing."""
    once = str(int(front.clock().timestamp() * 1000))
    return paper("answer.html", status, page=page, once=once, reasons=REASONS, asking=asking)


def _unreadable() -> Untellable:
    return Untellable(422, "This answer cannot be read", "Nothing was changed. Open the page anew and answer there.")


def _away() -> Untellable:
    return Untellable(
        503, "Not now", "Nothing was changed: we cannot look it up at this moment. Try again in a minute."
    )
