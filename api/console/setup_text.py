"""The roster as text: read, changed, checked line by line; what every change differs in and means is shown first.

Saving refuses what somebody else has changed meanwhile, and what takes from leads whom they depend on before one has
said that this is meant.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from api.console.drafts import Flaw, flaws_of
from api.console.frame import back, note
from api.console.policy import as_file
from api.console.setup_frame import SetupEditor, SetupReader, edits_all, must_edit_all, setup_page
from api.console.setup_review import differences, meanings, new_hours
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from config.load import FileError, read_roster
from config.roster_text import roster_text
from config.yaml_marks import MOST_TOLD
from db.rosters import NO_ROSTER, RosterChanged, RosterFile
from db.tables.words import ActOutcome
from models.base import Refused, parse
from models.roster import Roster
from runtime.drafting import Checked
from runtime.front import Front
from runtime.rosters import Foreseen, foresee, take_over

router = console()

STALE = (
    "Somebody changed the roster since you opened this page, and nothing was saved. What you wrote still stands; "
    "check it again, and see under what differs whether it takes their change back."
)


HIDDEN = "kept from you"

_ORIGIN = re.compile(r"/setup/(text|(reps|calendars)/[a-z0-9_-]{1,64})")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: the text, and the digest of the roster that it was made from."""

    text: str
    was: str


@router.get("/setup/text")
async def text(request: Request, front: FrontDep, viewer: SetupReader) -> Response:
    """Show the whole roster as text."""
    file = await front.store.rosters.file()
    typed = Typed(_as_text(file, viewer), file.digest) if file else Typed("", NO_ROSTER)
    return await _text_page(request, front, viewer, typed)


@router.get("/setup/roster.yaml")
async def as_yaml(front: FrontDep, viewer: SetupReader) -> Response:
    """Give the whole roster as a file."""
    file = await front.store.rosters.file()
    return as_file(_as_text(file, viewer) if file else "", "roster")


@router.post("/setup/text")
async def check(request: Request, front: FrontDep, viewer: SetupEditor, form: Form) -> Response:
    """Check a text; show what is wrong with it line by line, else what it changes and means."""
    must_edit_all(viewer)
    typed = Typed(str(form.get("text", "")).replace("\r\n", "\n").replace("\r", "\n"), str(form.get("was", ""))[:40])
    try:
        roster = await asyncio.to_thread(read_roster, typed.text)
    except FileError as error:
        checked = Checked(None, error.spots)
        more = max(len(error.spots) - MOST_TOLD, 0)
        return await _text_page(request, front, viewer, typed, flaws_of(checked, typed.text), more)
    try:
        seen = await foresee(front.store, roster, instead_of=typed.was)
    except RosterChanged:
        return await _stale(request, front, viewer, typed.text)
    return await review(request, front, viewer, roster, typed.was, seen, text=typed.text)


@router.post("/setup/save")
async def save(request: Request, front: FrontDep, viewer: SetupEditor, form: Form) -> Response:
    """Take over a roster that was shown before."""
    must_edit_all(viewer)
    roster, was = _document(str(form.get("document", ""))), str(form.get("was", ""))[:40]
    origin = found[0] if (found := _ORIGIN.fullmatch(str(form.get("origin", "")))) else "/setup/text"
    try:
        seen = await foresee(front.store, roster, instead_of=was)
    except RosterChanged:
        if await _is_there(front, roster):
            act = await note(front, viewer, "roster.save", ActOutcome.DONE, "The roster is saved: it was so already.")
            return back(origin, act)
        return await _stale(request, front, viewer, roster_text(roster))
    if seen.loses and form.get("knows") != "yes":
        return await review(request, front, viewer, roster, was, seen, origin=origin, forgot=True)
    try:
        return back(origin, await saved(front, viewer, roster, was))
    except RosterChanged:
        return await _stale(request, front, viewer, roster_text(roster))


async def saved(front: Front, viewer: Viewer, roster: Roster, was: str, because: str = "The roster is saved.") -> int:
    """Take a roster over and note it; give the note's number. Raises `RosterChanged`, and `Refused`."""
    file = await front.store.rosters.file()
    changed = [" ".join((one.what, one.key)).strip() for one in differences(file.roster if file else None, roster)]
    change = await take_over(front.store, roster, at=front.clock(), instead_of=was)
    detail: dict[str, Any] = {"changed": changed[:50], "new": list(change.new), "inactive": list(change.inactive)}
    return await note(front, viewer, "roster.save", ActOutcome.DONE, because, detail=detail)


async def review(
    request: Request,
    front: Front,
    viewer: Viewer,
    roster: Roster,
    was: str,
    seen: Foreseen,
    *,
    text: str = "",
    origin: str = "/setup/text",
    forgot: bool = False,
) -> Response:
    """Show what a roster changes and means, and ask whether it is to be saved."""
    file = await front.store.rosters.file()
    before = file.roster if file else None
    known = await front.store.rosters.load()
    return await setup_page(
        request,
        front,
        viewer,
        "setup_review.html",
        title="Before it is saved",
        tab=next(one for one in ("/setup/text", "/setup/calendars", "/setup") if origin.startswith(one)),
        status=422 if forgot else 200,
        differs=differences(before, roster),
        means=meanings(seen, known, roster),
        hours=new_hours(before, roster, front.clock()),
        loses=seen.loses,
        document=json.dumps(roster.model_dump(mode="json", by_alias=True, exclude_defaults=True), ensure_ascii=False),
        was=was,
        text=text,
        origin=origin,
        forgot=forgot,
    )


async def _is_there(front: Front, roster: Roster) -> bool:
    """Say whether a roster is the present one: its form was sent twice."""
    file = await front.store.rosters.file()
    return file is not None and file.roster == roster


async def _stale(request: Request, front: Front, viewer: Viewer, text: str) -> Response:
    file = await front.store.rosters.file()
    typed = Typed(text, file.digest if file else NO_ROSTER)
    return await _text_page(request, front, viewer, typed, stale=STALE)


async def _text_page(
    request: Request,
    front: Front,
    viewer: Viewer,
    typed: Typed,
    flaws: tuple[Flaw, ...] = (),
    more: int = 0,
    stale: str = "",
) -> Response:
    return await setup_page(
        request,
        front,
        viewer,
        "setup_text.html",
        title="Roster as text",
        tab="/setup/text",
        status=409 if stale else 422 if flaws else 200,
        typed=typed,
        flaws=flaws,
        more=more,
        stale=stale,
    )


def _as_text(file: RosterFile, viewer: Viewer) -> str:
    """Write a roster; managers do not read the addresses at which whoever has them can post."""
    if edits_all(viewer):
        return roster_text(file.roster)
    document = file.roster.model_dump(mode="json", by_alias=True)
    for person in (*document["managers"], *document["reps"], *document["rooms"]):
        person |= {key: HIDDEN for key in ("teams_url", "webhook_url") if person[key]}
    return roster_text(parse(Roster, document))


def _document(text: str) -> Roster:
    try:
        return parse(Roster, json.loads(text))
    except (ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Untellable(422, "This cannot be read", "No form of ours sends that. Nothing was changed.") from None
