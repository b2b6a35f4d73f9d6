"""Who may sign in at the console, and as what: added, changed, closed out and let in again by administrators.

Nobody changes themselves here, so that the last administrator cannot close the door behind themselves. Who gets other
roles is signed out at once.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.console.frame import back, note, page
from api.console.ops_frame import zone_for
from api.console.setup_frame import setup_tabs
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.members import KnownMember, UnknownMember, Wanted
from db.tables.words import ActOutcome
from models.access import Right, Role
from models.base import Problem, Refused
from runtime.front import Front
from runtime.signing_in import in_roster

router = console()

MEANINGS: Mapping[Role, str] = {
    Role.REP: "answers for leads that are offered to them",
    Role.MANAGER: "answers for teams: reassigns, pauses, sees figures and how to reach prospects",
    Role.OPS: "keeps it running: sources, channels, drafts of the policy, many leads at once",
    Role.ADMIN: "as ops, and publishes policies, makes keys, keeps this list",
    Role.PRIVACY: "erases leads, and reads the log",
}

Reader, Keeper = seen(Right.MEMBERS), acted(Right.MEMBERS)


@router.get("/setup/members")
async def members(request: Request, front: FrontDep, viewer: Viewer = Reader) -> Response:
    """List everybody who may sign in."""
    return await _list(request, front, viewer)


@router.post("/setup/members")
async def add(request: Request, form: Form, front: FrontDep, viewer: Viewer = Keeper) -> Response:
    """Add a member."""
    try:
        wanted = await _wanted(form, front)
        if wanted.person_id is not None:
            _not_oneself(viewer, wanted.person_id)
        member_id = await front.store.members.add(wanted, by=viewer.member_id, at=front.clock())
    except Refused as refused:
        return await _list(request, front, viewer, form, refused, 422)
    said = f"{wanted.name} may sign in as {', '.join(sorted(wanted.roles))}."
    done = await note(front, viewer, "members.add", ActOutcome.DONE, said, about=member_id, detail=_detail(wanted))
    return back("/setup/members", done)


@router.get("/setup/members/{member_id}")
async def member(member_id: str, request: Request, front: FrontDep, viewer: Viewer = Reader) -> Response:
    """Show one member, with what can be changed."""
    return await _one(request, front, viewer, member_id)


@router.post("/setup/members/{member_id}")
async def change(member_id: str, request: Request, form: Form, front: FrontDep, viewer: Viewer = Keeper) -> Response:
    """Change a member."""
    _not_oneself(viewer, member_id)
    try:
        wanted = await _wanted(form, front)
        changed = await front.store.members.set(member_id, wanted, at=front.clock())
    except UnknownMember:
        raise _nobody() from None
    except Refused as refused:
        return await _one(request, front, viewer, member_id, form, refused, 422)
    said = f"{wanted.name} has changed, and is signed out." if changed else "Nothing was changed: it was so already."
    done = await note(front, viewer, "members.set", ActOutcome.DONE, said, about=member_id, detail=_detail(wanted))
    return back(f"/setup/members/{member_id}", done)


@router.post("/setup/members/{member_id}/disable")
async def disable(member_id: str, _form: Form, front: FrontDep, viewer: Viewer = Keeper) -> Response:
    """Let a member in no more, and sign them out."""
    _not_oneself(viewer, member_id)
    try:
        new = await front.store.members.disable(member_id, at=front.clock())
    except UnknownMember:
        raise _nobody() from None
    said = "They may not sign in any more, and are signed out." if new else "They were closed out already."
    return back(
        f"/setup/members/{member_id}",
        await note(front, viewer, "members.disable", ActOutcome.DONE, said, about=member_id),
    )


@router.post("/setup/members/{member_id}/enable")
async def enable(member_id: str, _form: Form, front: FrontDep, viewer: Viewer = Keeper) -> Response:
    """Let a member in again."""
    try:
        new = await front.store.members.enable(member_id)
    except UnknownMember:
        raise _nobody() from None
    said = "They may sign in again." if new else "They might sign in already."
    return back(
        f"/setup/members/{member_id}",
        await note(front, viewer, "members.enable", ActOutcome.DONE, said, about=member_id),
    )


async def _list(
    request: Request,
    front: Front,
    viewer: Viewer,
    form: FormData | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    known = await front.store.members.list()
    typed = _typed(form)
    shown = {"members": known, "wrong": _wrong(refused), "typed": typed} | await _around(front, viewer)
    return await page(request, viewer, "members.html", title="Members", status=status, **shown)


async def _one(
    request: Request,
    front: Front,
    viewer: Viewer,
    member_id: str,
    form: FormData | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    found = await front.store.members.get(member_id)
    if found is None:
        raise _nobody()
    typed = _typed(form) if form is not None else _as_typed(found)
    shown = {"member": found, "wrong": _wrong(refused), "typed": typed} | await _around(front, viewer)
    return await page(request, viewer, "member.html", title=found.name, status=status, **shown)


async def _around(front: Front, viewer: Viewer) -> dict[str, Any]:
    """Give what both pages need besides."""
    roster = await front.store.rosters.load()
    people = [] if roster is None else [*roster.managers, *roster.reps]
    return {
        "zone": await zone_for(front, viewer),
        "people": sorted({person.id: f"{person.name} ({person.id})" for person in people}.items()),
        "meanings": [(role.value, MEANINGS[role]) for role in Role],
        "provider": front.settings.oidc_name if front.provider else "",
        "roles_said": front.settings.oidc_roles_claim is not None,
        "tabs": setup_tabs(viewer),
    }


async def _wanted(form: FormData, front: Front) -> Wanted:
    """Read the form. Raises `Refused`."""
    typed = _typed(form)
    known = {role.value for role in Role}
    person = typed["person"] or None
    roster = None if person is None else await front.store.rosters.load()
    if any(role not in known for role in typed["roles"]):
        raise Refused((Problem(field="roles", what="is none of those there are"),))
    if person is not None and (roster is None or in_roster(roster, person) is None):
        raise Refused((Problem(field="person", what="is nobody of the roster"),))
    return Wanted(typed["name"], typed["email"] or None, tuple(Role(one) for one in typed["roles"]), person)


def _typed(form: FormData | None) -> dict[str, Any]:
    given = FormData() if form is None else form
    words = {name: str(given.get(name, "")).strip() for name in ("name", "email", "person")}
    return words | {"roles": [str(one) for one in given.getlist("roles")]}


def _as_typed(found: KnownMember) -> dict[str, Any]:
    return {
        "name": found.name,
        "email": found.email or "",
        "person": found.person_id or "",
        "roles": [role.value for role in found.roles],
    }


def _wrong(refused: Refused | None) -> dict[str, str]:
    return {} if refused is None else {one.field: one.what for one in refused.problems}


def _detail(wanted: Wanted) -> dict[str, Any]:
    return {"roles": ", ".join(sorted(wanted.roles)), "person": wanted.person_id}


def _not_oneself(viewer: Viewer, member_id: str) -> None:
    if member_id in (viewer.member_id, viewer.person_id):
        raise Untellable(403, "Not your own", "Another administrator has to change what you may. Nothing was changed.")


def _nobody() -> Untellable:
    return Untellable(404, "There is no such member", "Nothing was changed.")
