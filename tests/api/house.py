"""The HTTP app for tests: in this process on a fresh database, listening on loopback, or before a real worker.

status = await doors.get("/v1/leads", key=await doors.key(Scope.LEADS_READ))
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml
from fastapi import FastAPI
from temporalio.client import Client

from api.app import create_app
from api.serving import listener
from config.load import open_policy
from config.settings import load_settings
from config.values import Address
from models.access import Scope
from models.base import parse
from models.roster import Roster
from runtime import clock
from runtime.client import TemporalUnreachable, connect
from runtime.front import Front
from runtime.line import Line
from runtime.store import Store, open_store
from tests.cli.house import ROSTER, policy_text

KEYS = "k" * 32
EVERYTHING = tuple(Scope)


@dataclass(frozen=True)
class Doors:
    """The app, what it stands on, and a client of it."""

    front: Front
    app: FastAPI
    client: httpx2.AsyncClient

    @property
    def store(self) -> Store:
        """The database behind it."""
        return self.front.store

    async def key(
        self, *scopes: Scope, sources: Iterable[str] = (), people: Iterable[str] = (), per_minute: int = 100_000
    ) -> str:
        """Make a key; without scopes named, one for everything."""
        made = await self.store.api_keys.create(
            "test", scopes or EVERYTHING, by="tests", at=clock.now(), sources=list(sources), people=list(people),
            per_minute=per_minute,
        )  # fmt: skip
        return made[1]

    async def ask(self, method: str, path: str, *, key: str | None = None, **more: Any) -> httpx2.Response:
        """Send one request, with a key if one is given."""
        headers = dict(more.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return await self.client.request(method, path, headers=headers, **more)

    async def get(self, path: str, *, key: str | None = None, **more: Any) -> httpx2.Response:
        """Send one GET."""
        return await self.ask("GET", path, key=key, **more)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> httpx2.Response:
        """Send one POST of a JSON document."""
        return await self.ask("POST", path, key=key, json=body, **more)


async def nobody_there() -> Client:
    """Try to reach Temporal where nobody listens."""
    raise TemporalUnreachable("127.0.0.1:1", "nobody listens there")


def line_to(address: str) -> Line:
    """Make a line to a Temporal server that runs."""
    return Line(lambda: connect(address))


@asynccontextmanager
async def opened(url: str, folder: Path, line: Line | None = None, **settings: Any) -> AsyncIterator[Doors]:
    """Open the app on a migrated database; without a line, Temporal is away."""
    given = {"state_dir": folder, "database_url": url, "secret_keys": [KEYS], **settings}
    known = load_settings(**given)
    async with open_store(known) as store:
        front = Front(known, store, line or Line(nobody_there))
        app = create_app(front)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url=known.public_url) as client:
            yield Doors(front, app, client)


async def furnish(store: Store) -> None:
    """Load the roster and the policy that the command line's tests have, too."""
    text = policy_text()
    policy = open_policy(text, "policy.yaml")
    await store.rosters.save(parse(Roster, yaml.safe_load(ROSTER)), at=clock.now())
    await store.policies.publish(policy.version, policy.policy.name, text, by="tests", at=clock.now())


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """Let an app listen on a free port of loopback, and give its address."""
    server = listener(app, Address("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not serving.done(), "the server ended before it had started"
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
