"""Sources of leads: how each is believed and read, what came of it lately, and what could not be read.

Of a payload only its shape is shown, and of a secret only that it is kept. A mapping is changed by its file
(`starter.py sources load`), which is checked; here it is read, and what waited for it is replayed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request, Response

from api.console.frame import back, note
from api.console.ops_frame import Ops, Watcher, Wrong, ops_page
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from config.source_files import SHIPPED
from db.hooks import WAITS, Delivery, KeptSource, NotWaiting, UnknownSource
from db.tables.words import ActOutcome, HookState
from db.upkeep import SourceUse, Upkeep
from models.source import SOURCE_NAME
from runtime.front import Front
from runtime.hooks import secret_of
from runtime.sealing import LONGEST_SECRET, Opener, Vault, opener_of

router = console()

PAGE = 50
AT_ONCE = 200
"""Webhooks that one click replays at most; what is left is said."""

GRACE = timedelta(hours=24)
"""How long a former secret counts on where somebody replaces it."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source in the list; `kept` is None for one that is not loaded and whose webhooks still lie here."""

    name: str
    kept: KeptSource | None
    use: SourceUse | None
    unread: int
    secrets: int
    trouble: str


@dataclass(frozen=True, slots=True)
class SecretLine:
    """One sealed secret, without what it is."""

    id: int
    added_at: datetime
    until: datetime | None
    counts: bool
    opener: Opener


@router.get("/ops/sources")
async def sources(request: Request, front: FrontDep, viewer: Watcher) -> Response:
    """List the sources, what each sent lately, and what of it could not be read."""
    lines = await _lines(front)
    loaded = {one.name for one in lines}
    shipped = sorted(path.stem for path in SHIPPED.glob("*.yaml") if path.stem not in loaded)
    letters = await _letters(front, tuple(WAITS), None, None)
    return await ops_page(
        request, front, viewer, "ops_sources.html", title="Sources", tab="/ops/sources",
        lines=lines, shipped=shipped, letters=letters[:PAGE], more=len(letters) > PAGE,
    )  # fmt: skip


@router.get("/ops/sources/{name}")
async def source(request: Request, front: FrontDep, viewer: Watcher, name: str, before: int = 0) -> Response:
    """Show how one source is believed and read, and what came of it."""
    return await _source_page(request, front, viewer, name, before=before)


@router.post("/ops/sources/{name}/replay")
async def replay_all(front: FrontDep, viewer: Ops, name: str) -> Response:
    """Read again what waits of a source, the oldest first."""
    waiting = await front.store.deliveries.list(tuple(WAITS), source=name, limit=10_000)
    oldest = sorted(waiting, key=lambda one: one.id)[:AT_ONCE]
    read = dead = 0
    for one in oldest:
        try:
            settled = await front.hooks.replay(one.id, now=front.clock())
        except NotWaiting:
            continue
        except UnknownSource:
            because = f"There is no source {name} any more: load it first."
            return back(
                "/ops/sources", await note(front, viewer, "hooks.replay", ActOutcome.REFUSED, because, about=name)
            )
        dead += settled.state in WAITS
        read += settled.state not in WAITS
    left = len(waiting) - len(oldest)
    because = f"{read} read, {dead} still cannot be read" + (f"; {left} wait: replay again." if left else ".")
    outcome = ActOutcome.REFUSED if dead and not read else ActOutcome.DONE
    act = await note(front, viewer, "hooks.replay", outcome, because, about=name, detail={"read": read, "dead": dead})
    return back(f"/ops/sources/{name}", act)


@router.post("/ops/sources/{name}/secrets")
async def add_secret(request: Request, front: FrontDep, viewer: Ops, name: str, form: Form) -> Response:
    """Seal a secret of a source; it is never shown again."""
    secret = str(form.get("secret", "")).strip()
    await _found(front, name)
    if front.sealer is None:
        raise Untellable(409, "Nothing can be sealed", "BATON_SECRET_KEYS is not set. Nothing was changed.")
    if not secret or len(secret) > LONGEST_SECRET or not secret.isprintable():
        wrong = Wrong("secret", f"One line of at most {LONGEST_SECRET} characters, as its sender has it.")
        return await _source_page(request, front, viewer, name, wrong=wrong)
    now = front.clock()
    former = now + GRACE if form.get("replace") else None
    number = await Vault(front.store.secrets, front.sealer).add(secret_of(name), secret, at=now, former_until=former)
    because = f"Secret {number} of {name} is kept, sealed" + ("; the former ones count for a day." if former else ".")
    return back(f"/ops/sources/{name}", await note(front, viewer, "secrets.add", ActOutcome.DONE, because, about=name))


async def _lines(front: Front) -> tuple[SourceLine, ...]:
    upkeep, now = Upkeep(front.store.database), front.clock()
    kept = {one.source.name: one for one in await front.store.sources.list()}
    used = {one.source: one for one in await upkeep.sources_lately()}
    unread = await upkeep.unread_by_source()
    found = []
    for name in sorted({*kept, *unread}):
        ring = [one for one in await _secrets(front, name, now) if one.counts]
        found.append(
            SourceLine(
                name, kept.get(name), used.get(name), unread.get(name, 0), len(ring), _trouble(kept.get(name), ring)
            )
        )
    return tuple(found)


def _trouble(kept: KeptSource | None, ring: list[SecretLine]) -> str:
    """Say why nothing of a source can be taken, if so."""
    if kept is None:
        return "it is not loaded"
    if any(one.opener is Opener.NONE for one in ring):
        return "no key opens its secret"
    if not ring and kept.source.signature.scheme != "none":
        return "it has no secret yet: nobody is believed"
    return ""


async def _secrets(front: Front, name: str, now: datetime) -> tuple[SecretLine, ...]:
    return tuple(
        SecretLine(
            one.id,
            one.created_at,
            one.expires_at,
            one.expires_at is None or one.expires_at > now,
            opener_of(front.sealer, one),
        )
        for one in await front.store.secrets.list(secret_of(name))
    )


async def _source_page(
    request: Request, front: Front, viewer: Viewer, name: str, *, before: int = 0, wrong: Wrong | None = None
) -> Response:
    kept = await _found(front, name)
    secrets = await _secrets(front, name, front.clock())
    came = await _letters(front, tuple(HookState), name, before or None)
    ring = [one for one in secrets if one.counts]
    return await ops_page(
        request, front, viewer, "ops_source.html", title=name, tab="/ops/sources", status=422 if wrong else 200,
        kept=kept, secrets=secrets, trouble=_trouble(kept, ring), letters=came[:PAGE], wrong=wrong,
        next=f"/ops/sources/{name}?before={came[PAGE - 1].id}" if len(came) > PAGE else "",
        unread=(await Upkeep(front.store.database).unread_by_source()).get(name, 0), at_once=AT_ONCE,
        address=f"{front.settings.public_url}/v1/hooks/{name}", can_seal=front.sealer is not None,
    )  # fmt: skip


async def _letters(
    front: Front, states: tuple[HookState, ...], name: str | None, before: int | None
) -> tuple[Delivery, ...]:
    return await front.store.deliveries.list(states, source=name, before=before, limit=PAGE + 1)


async def _found(front: Front, name: str) -> KeptSource:
    unknown = Untellable(404, "There is no such source", "It may have been taken away.")
    if not SOURCE_NAME.fullmatch(name):
        raise unknown
    try:
        return await front.store.sources.find(name)
    except UnknownSource:
        raise unknown from None
