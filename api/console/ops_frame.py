"""What all pages of the room Operations share: their tabs, in which zone they write, and what forms say once."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request, Response

from api.console.frame import page
from api.console.viewing import Viewer, acted, seen
from api.paper import Untellable
from models.access import Right
from policy.quiet import zone_of
from policy.routing.crew import crew_of
from runtime.front import Front

Watcher = Annotated[Viewer, seen(Right.OPS)]
Ops = Annotated[Viewer, acted(Right.OPS)]

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
