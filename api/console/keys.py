"""Keys of tools: what each may do, made, rotated and revoked. A secret stands on the page that answers, once.

It is in no address, in no log and in no note; the page is kept by no browser (`Cache-Control: no-store`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.console.frame import back, note, page
from api.console.ops_frame import Wrong, once, once_of, zone_for
from api.console.setup_frame import setup_tabs
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.keys import KnownKey, UnknownKey
from db.tables.words import ActOutcome
from models.access import Right, Scope
from models.source import SOURCE_NAME
from runtime.front import Front

router = console()

Keeper = Annotated[Viewer, acted(Right.KEYS)]

LONGEST_NAME = 64
MOST_PER_MINUTE = 1_000_000
PER_MINUTE = 600
FORMERS = {"0": timedelta(0), "1h": timedelta(hours=1), "1d": timedelta(days=1), "7d": timedelta(days=7)}
"""How long a former secret may hold on beside a new one."""

MEANS = {
    Scope.LEADS_WRITE: "send leads in",
    Scope.LEADS_READ: "read where leads stand",
    Scope.EVENTS_WRITE: "send events and outcomes",
    Scope.ANSWER: "answer for reps: accept, contacted",
    Scope.MANAGE: "say what managers say: reassign, pause, stop routing",
    Scope.ROSTER_READ: "read who may get leads",
    Scope.ROSTER_WRITE: "change who may get leads",
    Scope.CONTACTS_READ: "read how to reach contacts",
    Scope.CONTACTS_WRITE: "change contacts",
    Scope.OPS: "dead letters, metrics, retries",
    Scope.PRIVACY: "erase leads",
    Scope.EXPORT: "take whole files, with how to reach people",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed, so that nothing is lost where something is wrong."""

    name: str = ""
    scopes: tuple[str, ...] = ()
    sources: str = ""
    people: str = ""
    per_minute: str = str(PER_MINUTE)
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key as it was asked for, checked."""

    name: str
    scopes: tuple[Scope, ...]
    sources: tuple[str, ...]
    people: tuple[str, ...]
    per_minute: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key in the list, and whether it holds."""

    key: KnownKey
    holds: bool
    former: bool


@dataclass(frozen=True, slots=True)
class Fresh:
    """A secret that was just made; shown this once."""

    token: str
    key_id: str
    says: str


@router.get("/setup/keys")
async def keys(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.KEYS)]) -> Response:
    """List every key without its secret."""
    return await _page(request, front, viewer)


@router.post("/setup/keys")
async def create(request: Request, front: FrontDep, viewer: Keeper, form: Form) -> Response:
    """Make a key, and show its secret on this very page."""
    typed, word = _typed(form), once_of(viewer, form)
    wanted = _read(typed, front.clock())
    if isinstance(wanted, list):
        return await _page(request, front, viewer, typed=typed, wrong=wanted)
    await _not_twice(front, viewer, "key.create", word)
    key_id, token = await front.store.api_keys.create(
        wanted.name,
        wanted.scopes,
        by=viewer.signs,
        at=front.clock(),
        sources=wanted.sources,
        people=wanted.people,
        per_minute=wanted.per_minute,
        expires_at=wanted.expires_at,
    )
    says = f"The key {key_id} of {wanted.name} is made."
    detail = {"once": word, "scopes": [one.value for one in wanted.scopes]}
    await note(front, viewer, "key.create", ActOutcome.DONE, says, about=key_id, detail=detail)
    return await _page(request, front, viewer, fresh=Fresh(token, key_id, says))


@router.post("/setup/keys/{key_id}/rotate")
async def rotate(request: Request, front: FrontDep, viewer: Keeper, key_id: str, form: Form) -> Response:
    """Give a key a new secret; the former one holds on for as long as was chosen."""
    word, former = once_of(viewer, form), FORMERS.get(str(form.get("former", "1d")))
    if former is None:
        raise Untellable(422, "This cannot be taken", "No form of ours sends that. Nothing was changed.")
    await _not_twice(front, viewer, "key.rotate", word)
    until = front.clock() + former
    try:
        token = await front.store.api_keys.rotate(key_id, at=front.clock(), former_until=until)
    except UnknownKey:
        raise Untellable(404, "There is no such key", "Or it holds no more. Nothing was changed.") from None
    says = f"The key {key_id} has a new secret" + ("." if former else "; the former one holds no more.")
    await note(front, viewer, "key.rotate", ActOutcome.DONE, says, about=key_id, detail={"once": word})
    return await _page(request, front, viewer, fresh=Fresh(token, key_id, says))


@router.post("/setup/keys/{key_id}/revoke")
async def revoke(front: FrontDep, viewer: Keeper, key_id: str) -> Response:
    """End a key at once."""
    try:
        held = await front.store.api_keys.revoke(key_id, at=front.clock())
    except UnknownKey:
        raise Untellable(404, "There is no such key", "Nothing was changed.") from None
    outcome = ActOutcome.DONE if held else ActOutcome.REFUSED
    because = f"The key {key_id} holds no more." if held else f"The key {key_id} was revoked already."
    return back("/setup/keys", await note(front, viewer, "key.revoke", outcome, because, about=key_id))


async def _not_twice(front: Front, viewer: Viewer, what: str, word: str) -> None:
    """Refuse a form that was sent before: its secret was shown, and cannot be again."""
    before = await front.store.acts.list(who=viewer.member_id, what=what, limit=20)
    made = next((one for one in before if one.detail.get("once") == word), None)
    if made is not None:
        says = f"This was sent before: {made.because} If you did not see its secret, rotate or revoke {made.about}."
        raise Untellable(409, "A secret is shown once", says)


async def _page(
    request: Request,
    front: Front,
    viewer: Viewer,
    *,
    typed: Typed | None = None,
    wrong: list[Wrong] | None = None,
    fresh: Fresh | None = None,
) -> Response:
    now = front.clock()
    lines = [_line(one, now) for one in await front.store.api_keys.list()]
    return await page(
        request,
        viewer,
        "keys.html",
        title="API keys",
        status=422 if wrong else 200,
        lines=sorted(lines, key=lambda one: not one.holds),
        typed=typed or Typed(),
        wrong={one.field: one.what for one in wrong or ()},
        fresh=fresh,
        scopes=[(one.value, MEANS[one]) for one in Scope],
        sources=[one.source.name for one in await front.store.sources.list()],
        zone=await zone_for(front, viewer),
        once=once(),
        tabs=setup_tabs(viewer),
    )


def _line(key: KnownKey, now: datetime) -> KeyLine:
    over = key.expires_at is not None and key.expires_at <= now
    holds = key.revoked_at is None and not over
    return KeyLine(key, holds, holds and key.former_until is not None and now < key.former_until)


def _typed(form: FormData) -> Typed:
    return Typed(
        name=" ".join(str(form.get("name", "")).split()),
        scopes=tuple(str(one) for one in form.getlist("scope")),
        sources=str(form.get("sources", "")).strip(),
        people=str(form.get("people", "")).strip(),
        per_minute=str(form.get("per_minute", "")).strip(),
        expires=str(form.get("expires", "")).strip(),
    )


def _read(typed: Typed, now: datetime) -> Wanted | list[Wrong]:
    """Check what was typed; gives every mistake at once."""
    wrong = []
    if not typed.name or len(typed.name) > LONGEST_NAME or not typed.name.isprintable():
        wrong.append(Wrong("name", f"Say whose key it is, in at most {LONGEST_NAME} characters."))
    scopes = sorted(set(typed.scopes))
    if not scopes or not set(scopes) <= set(Scope):
        wrong.append(Wrong("scope", "Tick at least one thing that it may do."))
    sources, people = _words(typed.sources), _words(typed.people)
    if not all(SOURCE_NAME.fullmatch(one) for one in sources):
        wrong.append(
            Wrong("sources", "Names of sources: small letters, digits, - and _, with spaces or commas between.")
        )
    if not all(SOURCE_NAME.fullmatch(one) for one in people):
        wrong.append(Wrong("people", "Ids of people of the roster, with spaces or commas between."))
    per_minute = int(typed.per_minute) if typed.per_minute.isascii() and typed.per_minute.isdigit() else 0
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        wrong.append(Wrong("per_minute", f"A number of requests a minute, 1 to {MOST_PER_MINUTE:,}."))
    expires_at = _end(typed.expires)
    if typed.expires and (expires_at is None or expires_at <= now):
        wrong.append(Wrong("expires", "A day from today on; left empty, it holds until it is revoked."))
    if wrong:
        return wrong
    return Wanted(typed.name, tuple(Scope(one) for one in scopes), sources, people, per_minute, expires_at)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def _end(text: str) -> datetime | None:
    """Read a day; the key holds until it is over (UTC)."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
