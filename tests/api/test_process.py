"""`python -m api` as one runs it: it takes leads without Temporal, stops when told, and says why it cannot start."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from api.__main__ import main
from models.access import Scope
from runtime.loopback import free_port
from tests.api.house import Doors

ROOT = Path(__file__).parents[2]
LEAD = {"source": "web", "type": "demo_request", "email": "mona.lind@acme.example"}


@asynccontextmanager
async def process(**env: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start it, and leave nothing running."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "TEMPORAL_"))}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", cwd=ROOT, env=known | env, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def answers(client: httpx2.AsyncClient) -> None:
    """Wait until somebody listens; the test's own time-out bounds it."""
    while True:
        try:
            await client.get("/healthz")
        except httpx2.TransportError:
            await asyncio.sleep(0.1)
        else:
            return


async def test_it_takes_leads_without_temporal_and_stops_when_told(doors: Doors) -> None:
    """202 is a committed row: it is there when the process is gone."""
    key = await doors.key(Scope.LEADS_WRITE)
    address = f"127.0.0.1:{free_port().port}"
    env = {
        "BATON_HTTP_ADDR": address,
        "BATON_DATABASE_URL": doors.front.settings.async_database_url,
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port().port}",
    }
    async with process(**env) as started, httpx2.AsyncClient(base_url=f"http://{address}", timeout=30) as client:
        await answers(client)
        taken = await client.post("/v1/leads", json=LEAD, headers={"Authorization": f"Bearer {key}"})
        started.send_signal(signal.SIGTERM)
        _, said = await started.communicate()
    assert (202, 0) == (taken.status_code, started.returncode), said.decode()
    kept = await doors.post("/v1/leads", LEAD, key=key)
    assert (200, taken.json()["lead_id"]) == (kept.status_code, kept.json()["lead_id"])
    assert "mona" not in said.decode()


async def test_an_address_that_is_taken_is_said(doors: Doors) -> None:
    """Exit code 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        env = {"BATON_HTTP_ADDR": address, "BATON_DATABASE_URL": doors.front.settings.async_database_url}
        async with process(**env) as started:
            _, said = await started.communicate()
    assert (1, True) == (started.returncode, "address already in use" in said.decode()), said.decode()


def test_words_are_not_taken_for_a_start(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` helps, and a word that nobody knows is no start either."""
    assert [0, 2] == [main([word]) for word in ("--help", "--port=80")]
    said = capsys.readouterr()
    assert (1, 1) == (said.out.count("environment"), said.err.count("environment"))


async def test_a_wrong_setting_is_named() -> None:
    """Exit code 2."""
    async with process(BATON_HTTP_ADDR="nowhere") as started:
        _, said = await started.communicate()
    assert (2, True) == (started.returncode, "BATON_HTTP_ADDR" in said.decode())
