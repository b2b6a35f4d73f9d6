"""What all pages of the room Operations share: their tabs, in which zone they write, and what forms say once."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Request, Response
from sqlalchemy.exc import DBAPIError

from api.console.frame import page
from api.console.ops_needs import mismatch, remedy
from api.console.viewing import ConsoleRoute, Viewer, acted, seen
from api.doors import front_of
from api.paper import Untellable
from db.engine import DatabaseUnreachable
from db.upkeep import Upkeep
from models.access import Right
from policy.quiet import zone_of
from policy.routing.crew import crew_of
from runtime.front import Front

Watcher = Annotated[Viewer, seen(Right.OPS)]
Ops = Annotated[Viewer, acted(Right.OPS)]

SOON = timedelta(seconds=1.8)
"""How long the page that says whether the house runs may take; then it says who does not answer."""

_LEFT: set[asyncio.Task[Response]] = set()

LARGEST_ID = 2**31 - 1
LONGEST_REASON = 500

TABS = (
    ("Health", "/ops"),
    ("Sources", "/ops/sources"),
    ("Channels", "/ops/channels"),
    ("Messages", "/ops/messages"),
    ("Hand-offs", "/ops/hand-offs"),
    ("CRM", "/ops/crm"),
    ("Providers", "/ops/providers"),
    ("Learned scores", "/ops/models"),
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a form: the field, and what would be right."""

    field: str
    what: str


class SoonRoute(ConsoleRoute):
    """A page that comes soon, also where the database takes a question and never answers it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wait for the page for as long as may be, and tell who does not answer instead."""
        handle = super().get_route_handler()

        async def soon(request: Request) -> Response:
            if request.method != "GET":
                return await handle(request)
            asked = asyncio.create_task(handle(request))
            try:
                await asyncio.wait({asked}, timeout=SOON.total_seconds())
            finally:
                if not asked.done():
                    _LEFT.add(asked)  # cancelled and not awaited: what hangs may hang in its end, too
                    asked.add_done_callback(_forget)
                    asked.cancel()
            if asked.done():
                try:
                    return asked.result()
                except DBAPIError:
                    release = await _other_release(request)
                    if release is None:
                        raise
                    heading = "The database is of another release"
                    return await page(request, None, "told.html", status=503, title=heading, heading=heading,
                                      sentence=release)  # fmt: skip
            heading, sentence = "The database does not answer", (
                f"It took the question and said nothing for {SOON.total_seconds():g} s, or is too busy to. Leads that "
                "come over the API and webhooks are not taken until it answers: their senders are told to come again. "
                "Look at its host, its disk, its connections and what holds locks."
            )  # fmt: skip
            return await page(request, None, "told.html", status=503, title=heading, heading=heading, sentence=sentence)

        return soon


async def _other_release(request: Request) -> str | None:
    """Say what to do where the tables are not those of this program; None where they are."""
    try:
        async with asyncio.timeout(SOON.total_seconds()):
            schema = await Upkeep(front_of(request).store.database).schema()
    except (DBAPIError, DatabaseUnreachable, TimeoutError):
        return None
    return None if schema.has == schema.needs else f"{mismatch(schema)} {remedy(schema)}"


def _forget(left: asyncio.Task[Response]) -> None:
    _LEFT.discard(left)
    if not left.cancelled():
        left.exception()  # told already: nothing answered in time


async def ops_page(
    request: Request, front: Front, viewer: Viewer, template: str, *, title: str, tab: str, **values: Any
) -> Response:
    """Write a page of this room."""
    zone = values.pop("zone", None) or await zone_for(front, viewer)
    keys = (("API keys", "/setup/keys"),) if viewer.may(Right.KEYS) else ()
    return await page(
        request, viewer, template, title=title, tabs=(*TABS, *keys), tab=tab, zone=zone, once=once(), **values
    )


async def zone_for(front: Front, viewer: Viewer) -> str:
    """Name the zone in which somebody reads instants: theirs if they are in the roster."""
    if viewer.person_id is None:
        return "UTC"
    roster = await front.store.rosters.load()
    person = None if roster is None else crew_of(roster).people.get(viewer.person_id)
    return "UTC" if roster is None or person is None else zone_of(roster, person)


def once() -> str:
    """Make a word that a form carries, so that sent twice it counts once."""
    return secrets.token_hex(8)


def once_of(viewer: Viewer, form: Mapping[str, Any]) -> str:
    """Give the key of a form that was sent: the same for a second click, another for anybody else."""
    return hashlib.sha256(f"{viewer.session}:{form.get('once', '')}".encode()).hexdigest()[:24]


def said(form: Mapping[str, Any], name: str, most: int = LONGEST_REASON) -> str:
    """Read one line of text that a form sent. Raises `Untellable` for what no form of ours sends."""
    text = " ".join(str(form.get(name, "")).split())
    if len(text) > most or not text.isprintable():
        raise Untellable(422, "This cannot be taken", f"{name}: at most {most} characters. Nothing was changed.")
    return text


def numbered(number: int) -> int:
    """Check a number of an address. Raises `Untellable`."""
    if not 0 < number <= LARGEST_ID:
        raise Untellable(404, "There is nothing here", "There is no such number.")
    return number
