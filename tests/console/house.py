"""People at the console, for tests: browsers without a screen, signed in, on the doors of `tests.api.house`.

async with visiting(doors, Role.OPS) as ops:
page = await ops.get("/")
told = await ops.post("/leads/x/pause", reason="a call is running")
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from api.console.viewing import Viewer
from models.access import Role
from runtime import clock
from tests.api.house import Doors


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in."""

    client: httpx2.AsyncClient
    token: str
    viewer: Viewer

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page."""
        return await self.client.get(path, **more)

    async def post(self, path: str, _form: Mapping[str, Any] | None = None, **fields: Any) -> httpx2.Response:
        """Send a form of ours, with its session's word; redirects are not followed."""
        return await self.client.post(path, data={"csrf": self.viewer.csrf, **(_form or {}), **fields})

    async def do(self, path: str, _form: Mapping[str, Any] | None = None, **fields: Any) -> httpx2.Response:
        """Send a form, and open the page that it leads to."""
        answer = await self.post(path, _form, **fields)
        assert answer.status_code == 303, answer.text
        return await self.get(answer.headers["location"])


@asynccontextmanager
async def visiting(doors: Doors, *roles: Role, person_id: str | None = None) -> AsyncIterator[Visitor]:
    """Sign somebody in, in a browser of their own."""
    member_id = person_id or "-".join(sorted(roles))
    token = await doors.store.sessions.open(
        member_id, member_id.title(), roles, person_id=person_id, how="tests", at=clock.now()
    )
    viewer = await doors.store.sessions.find(token, at=clock.now())
    assert viewer is not None
    transport = httpx2.ASGITransport(app=doors.app)
    base = doors.front.settings.public_url
    async with httpx2.AsyncClient(transport=transport, base_url=base, cookies={"baton": token}) as client:
        yield Visitor(client, token, viewer)
