"""The HTTP process killed in the middle of answers: what was said counts once, and a repeat is told so."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from runtime.embedded import EmbeddedTemporal
from runtime.loopback import free_port
from tests.api.house import KEYS, Doors
from tests.api.test_messages import offered, until

ROOT = Path(__file__).parents[2]
LEADS = 4
pytestmark = pytest.mark.timeout(120)


@contextlib.asynccontextmanager
async def process(doors: Doors, temporal: str, log: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run `python -m api` beside the doors of the session, on the same database; it is killed at the end."""
    address = f"127.0.0.1:{free_port().port}"
    settings = doors.front.settings
    env = os.environ | {
        "BATON_DATABASE_URL": settings.database_url.get_secret_value(),
        "BATON_STATE_DIR": str(settings.state_dir),
        "BATON_SECRET_KEYS": KEYS,
        "BATON_HTTP_ADDR": address,
        "TEMPORAL_ADDRESS": temporal,
    }
    with log.open("wb") as out:
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api", env=env, stdout=out, stderr=out, cwd=ROOT
        )
    try:
        async with httpx2.AsyncClient(base_url=f"http://{address}") as client:
            while True:
                assert running.returncode is None, f"it ended, see {log}"
                with contextlib.suppress(httpx2.TransportError):
                    if (await client.get("/healthz")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        yield running, f"http://{address}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.kill()
        await running.wait()


async def test_a_killed_door_changes_nothing_twice(
    live_doors: Doors, temporal_server: EmbeddedTemporal, tmp_path: Path
) -> None:
    """Accepts under way when it dies: each repeat gets the verdict, and what was answered before stays what it was."""
    key = await live_doors.key()
    leads = [await offered(live_doors, key) for _ in range(LEADS)]
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        process(live_doors, temporal_server.address, tmp_path / "api.log") as (running, url),
        httpx2.AsyncClient(base_url=url, headers=headers) as client,
    ):
        said = [
            asyncio.create_task(client.post(f"/v1/leads/{lead_id}/accept", json={"rep_id": owner, "key": "once"}))
            for lead_id, owner in leads
        ]
        await until(live_doors, leads[0][0], key, lambda one: one["stage"] == "accepted")
        running.kill()
        answers = await asyncio.gather(*said, return_exceptions=True)
    for (lead_id, owner), before in zip(leads, answers, strict=True):
        again = await live_doors.post(f"/v1/leads/{lead_id}/accept", {"rep_id": owner, "key": "once"}, key=key)
        assert (200, "done", owner, 1) == (
            again.status_code,
            *(again.json()[name] for name in ("verdict", "owner", "offer")),
        )
        if isinstance(before, httpx2.Response) and before.status_code == 200:
            assert before.json() | {"repeat": True} == again.json()
        assert isinstance(before, httpx2.Response | httpx2.TransportError)
        story = (await live_doors.get(f"/v1/leads/{lead_id}/timeline", key=key)).json()["entries"]
        assert 1 == [line["kind"] for line in story].count("accepted")
