"""Drafts of the policy: written, checked line by line, kept. What is tried and published, `drafts_acts` does."""

import asyncio
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Query, Request, Response
from starlette.datastructures import FormData, UploadFile

from api.console.frame import back, note
from api.console.policy import as_file, differences
from api.console.policy_frame import Drafting, DraftReading, policy_page
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from config.yaml_marks import LARGEST, LONGEST_TOLD, MOST_TOLD, Spot
from db.drafts import Draft
from db.policies import Published
from db.tables.words import ActOutcome
from models.access import Right
from models.trial import TrialKind
from runtime.drafting import Checked, check
from runtime.front import Front
from runtime.telling_policy.changes import Group
from runtime.trying_drafts import SIZES

router = console()

LONGEST_LINE = 400
"""Signs of a line that are shown beside what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a text: where, what, the line itself, and under which sign of it to look."""

    line: int
    key: str
    what: str
    text: str
    caret: int


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: the text, and the draft that it was."""

    text: str
    was: str = ""


@router.get("/policy/drafts")
async def drafts(request: Request, front: FrontDep, viewer: DraftReading) -> Response:
    """List the drafts."""
    kept = await front.store.drafts.list()
    shadow = await front.store.trials.running(TrialKind.SHADOW)
    active = await front.store.policies.active()
    return await policy_page(
        request, front, viewer, "drafts.html", title="Drafts", tab="/policy/drafts", drafts=kept,
        shadow=shadow.version if shadow else "", active=active.version if active else "",
    )  # fmt: skip


@router.get("/policy/drafts/new")
async def new(
    request: Request,
    front: FrontDep,
    viewer: DraftReading,
    origin: Annotated[str, Query(alias="from", max_length=200)] = "",
) -> Response:
    """Show the form, with the text of a version in it to begin with."""
    begins = await front.store.policies.get(origin) if origin else await front.store.policies.active()
    return await _form(request, front, viewer, Typed(begins.text if begins else ""))


@router.get("/policy/drafts/{version}/edit")
async def edit(request: Request, front: FrontDep, viewer: DraftReading, version: str) -> Response:
    """Show the form with a draft's text."""
    return await _form(request, front, viewer, Typed((await draft_of(front, version)).text, version))


@router.get("/policy/drafts/{version}/text")
async def text(front: FrontDep, _viewer: DraftReading, version: str) -> Response:
    """Give a draft's text, as a file."""
    return as_file((await draft_of(front, version)).text, version)


@router.post("/policy/drafts")
async def save(request: Request, front: FrontDep, viewer: Drafting, form: Form) -> Response:
    """Check a text, and keep it if it is a policy; else show what is wrong with it, line by line."""
    typed = Typed(str(form.get("text", "")), str(form.get("was", ""))[:200])
    chosen = await _file(form)
    if isinstance(chosen, Spot):
        return await _form(request, front, viewer, typed, Checked(None, (chosen,)), of="")
    typed = replace(typed, text=_text(typed.text if chosen is None else chosen))
    checked = await asyncio.to_thread(check, typed.text, await front.store.rosters.load())
    if checked.opened is None:
        return await _form(request, front, viewer, typed, checked)
    opened = checked.opened
    draft = Draft(opened.version, opened.policy.name, opened.text, front.clock(), viewer.signs)
    await front.store.drafts.save(draft, instead_of=typed.was)
    because = f"The draft {draft.version} is kept. It acts on nothing until somebody publishes it."
    act = await note(front, viewer, "policy.draft", ActOutcome.DONE, because, about=draft.version)
    return back(f"/policy/drafts/{draft.version}", act)


@router.post("/policy/drafts/{version}/remove")
async def remove(front: FrontDep, viewer: Drafting, version: str) -> Response:
    """Forget a draft and its simulations. What was tried or published of it stays."""
    await draft_of(front, version)
    await front.store.drafts.remove(version)
    because = f"The draft {version} is gone."
    return back(
        "/policy/drafts", await note(front, viewer, "policy.draft_remove", ActOutcome.DONE, because, about=version)
    )


@router.get("/policy/drafts/{version}")
async def one_draft(request: Request, front: FrontDep, viewer: DraftReading, version: str) -> Response:
    """Show a draft: whether it may be published, what it changes, what simulations of it found."""
    draft = await draft_of(front, version)
    checked = await asyncio.to_thread(check, draft.text, await front.store.rosters.load(), version)
    active, shadow = await front.store.policies.active(), await front.store.trials.running(TrialKind.SHADOW)
    groups = await _groups(draft, active)
    return await policy_page(
        request, front, viewer, "draft.html", title=version, tab="/policy/drafts", draft=draft, checked=checked,
        flaws=flaws_of(checked, draft.text), active=active, groups=groups, changes=_count(groups),
        runs=await front.store.drafts.runs(version), now=front.clock(), shadow=shadow,
        sizes_told=[(str(size), f"the last {size:,}") for size in SIZES], may_publish=viewer.may(Right.PUBLISH),
    )  # fmt: skip


SIMULATION = "simulation of a draft"
"""Under this name a simulation runs: one at a time in a process."""


async def draft_of(front: Front, version: str) -> Draft:
    """Find a draft. Raises `Untellable`."""
    found = await front.store.drafts.get(version)
    if found is None:
        raise Untellable(404, "There is no such draft", "It may have been changed since, which gives it another name.")
    return found


def flaws_of(checked: Checked, text: str) -> tuple[Flaw, ...]:
    """Show each thing wrong at its line."""
    lines = text.splitlines()
    return tuple(_flaw(spot, lines) for spot in checked.spots[:MOST_TOLD])


def _flaw(spot: Spot, lines: list[str]) -> Flaw:
    line = lines[spot.line - 1] if 0 < spot.line <= len(lines) else ""
    word = spot.key.rpartition(".")[2].partition("[")[0].partition(" ")[0]
    place = line.find(word) if word else -1
    at = place if place >= 0 else len(line) - len(line.lstrip())
    return Flaw(spot.line, spot.key, spot.what[:LONGEST_TOLD], line[:LONGEST_LINE], min(at, LONGEST_LINE))


async def _groups(draft: Draft, active: Published | None) -> tuple[Group, ...] | None:
    if active is None:
        return None
    mine = Published(draft.version, draft.name, draft.text, draft.saved_at, draft.saved_by, False)
    return await differences(active, mine)


def _count(groups: tuple[Group, ...] | None) -> int:
    return sum(len(group.entries) or 1 for group in groups or ())


async def _form(
    request: Request, front: Front, viewer: Viewer, typed: Typed, checked: Checked | None = None, of: str | None = None
) -> Response:
    """Show the form; `of`: the text that is wrong, where it is not what stands in the form."""
    return await policy_page(
        request, front, viewer, "draft_form.html", title="Write a draft", tab="/policy/drafts", typed=typed,
        flaws=flaws_of(checked, typed.text if of is None else of) if checked else (), status=422 if checked else 200,
        more=max(len(checked.spots) - MOST_TOLD, 0) if checked else 0,
    )  # fmt: skip


async def _file(form: FormData) -> str | Spot | None:
    """Read the file that was chosen; None: there is none. A spot says why it cannot be read."""
    file = form.get("file")
    chosen = await file.read(LARGEST + 1) if isinstance(file, UploadFile) and file.filename else None
    await form.close()
    try:
        return None if chosen is None else chosen.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        assert chosen is not None
        line = chosen.count(b"\n", 0, error.start) + 1
        return Spot(line, "", "the file that you chose cannot be read: it is not UTF-8 text")


def _text(text: str) -> str:
    """Take a text with its lines ended alike. Raises `Untellable`."""
    if len(text.encode()) > LARGEST:
        raise Untellable(422, "This is too long", f"A policy has at most {LARGEST:,} bytes. Nothing was changed.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
