"""What all pages of the room Policy share: their tabs, the policies opened once, and the zone they write in."""

import asyncio
from functools import lru_cache
from typing import Annotated, Any

from fastapi import Request, Response

from api.console.frame import page
from api.console.ops_frame import once, zone_for
from api.console.viewing import Untellable, Viewer, acted, seen
from config.load import compile_text
from config.yaml_marks import FileError
from db.policies import Published
from models.access import Right
from models.policy import Policy
from runtime.front import Front

Reading = Annotated[Viewer, seen(Right.SEE)]
Drafting = Annotated[Viewer, acted(Right.DRAFT)]
DraftReading = Annotated[Viewer, seen(Right.DRAFT)]
Publishing = Annotated[Viewer, acted(Right.PUBLISH)]

TABS = (
    ("In words", "/policy"),
    ("What fired", "/policy/use"),
    ("Pools", "/policy/pools"),
    ("Versions", "/policy/versions"),
)
DRAFT_TABS = (("Drafts", "/policy/drafts"), ("Shadow", "/policy/shadow"))


async def policy_page(
    request: Request, front: Front, viewer: Viewer, template: str, *, title: str, tab: str, **values: Any
) -> Response:
    """Write a page of this room."""
    tabs = (*TABS, *(DRAFT_TABS if viewer.may(Right.DRAFT) else ()))
    zone = await zone_for(front, viewer)
    return await page(request, viewer, template, title=title, tabs=tabs, tab=tab, zone=zone, once=once(), **values)


async def version_of(front: Front, version: str) -> Published:
    """Find a version. Raises `Untellable`."""
    found = await front.store.policies.get(version)
    if found is None:
        raise Untellable(404, "There is no such version", "No policy was published or tried under this name.")
    return found


async def opened(published: Published) -> Policy | None:
    """Open a published text; None for one that this Baton cannot read any more."""
    return await asyncio.to_thread(_opened, published.text, published.version)


@lru_cache(maxsize=8)
def _opened(text: str, version: str) -> Policy | None:
    try:
        return compile_text(text, version).policy
    except FileError:
        return None
