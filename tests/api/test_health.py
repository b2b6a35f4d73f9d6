"""Liveness, readiness and metrics: what they say while something is away."""

import re
from pathlib import Path

import httpx2
from temporalio.client import Client

from models.access import Scope
from runtime.embedded import EmbeddedTemporal
from tests.api.house import Doors, line_to, listening, opened


async def test_alive_is_alive(doors: Doors) -> None:
    """Whatever else is away."""
    answer = await doors.get("/healthz")
    assert (200, {"status": "alive"}) == (answer.status_code, answer.json())


async def test_without_temporal_leads_are_still_taken(doors: Doors) -> None:
    """So it is degraded, not unready, and says what is away."""
    answer = await doors.get("/readyz")
    told = answer.json()
    assert (200, "degraded", "here") == (answer.status_code, told["status"], told["database"])
    assert told["temporal"] == "127.0.0.1:1: cannot be reached"


async def test_without_database_nothing_can_be_taken(tmp_path: Path) -> None:
    """Then nobody should send anything here."""
    async with opened(f"sqlite:///{tmp_path / 'none.db'}", tmp_path) as doors:
        answer = await doors.get("/readyz")
        refused = await doors.get("/v1/routing", key="bt_" + "0" * 12 + "_" + "A" * 43)
    assert (503, "unready", "away") == (answer.status_code, answer.json()["status"], answer.json()["database"])
    assert (503, "application/problem+json", True) == (
        refused.status_code, refused.headers["content-type"], int(refused.headers["retry-after"]) > 0,
    )  # fmt: skip


async def test_with_both_it_is_ready(
    doors: Doors, temporal_server: EmbeddedTemporal, temporal_client: Client, tmp_path: Path
) -> None:
    """The same database, and a server that answers."""
    url = doors.front.settings.async_database_url
    async with opened(url, tmp_path, line_to(temporal_server.address)) as ready:
        answer = await ready.get("/readyz")
    assert (200, {"status": "ready", "database": "here", "temporal": "here"}) == (answer.status_code, answer.json())


async def test_metrics_are_for_this_machine_and_for_ops(doors: Doors) -> None:
    """A proxy on this machine asks for somebody else, and so does a page in a browser on it by a name of its own."""
    far = {"x-forwarded-for": "203.0.113.7"}
    key, other = await doors.key(Scope.OPS), await doors.key(Scope.LEADS_READ)
    asked = [
        await doors.get("/metrics"),
        await doors.get("/metrics", headers=far),
        await doors.get("/metrics", headers=far, key=other),
        await doors.get("/metrics", headers=far, key=key),
        await doors.get("/metrics", headers={"host": "rebound.example"}),
    ]
    assert [200, 401, 403, 200, 401] == [answer.status_code for answer in asked]


async def test_metrics_count_what_was_answered_and_what_waits(doors: Doors) -> None:
    """By pattern, never by what somebody typed."""
    key = await doors.key()
    await doors.get("/v1/roster/reps/canary", key=key)
    await doors.get("/canary@person.example")
    await doors.post("/v1/routing/stop", {"by": "mia", "reason": "test"}, key=key)
    told = (await doors.get("/metrics")).text
    numbers = dict(re.findall(r"^(\S+) (\S+)$", told, re.MULTILINE))
    assert "1.0" == numbers['baton_http_requests_total{method="GET",route="/v1/roster/reps/{rep_id}",status="404"}']
    assert "1.0" == numbers['baton_http_requests_total{method="GET",route="none",status="404"}']
    assert "1.0" == numbers["baton_routing_stopped"]
    assert {"0.0"} == {numbers[f'baton_inbox_waiting{{origin="{one}"}}'] for one in ("door", "import")}
    assert "canary" not in told


async def test_the_docs_need_nothing_from_elsewhere(doors: Doors) -> None:
    """Every operation is on the page, and no other machine is asked for anything."""
    async with listening(doors.app) as url, httpx2.AsyncClient() as client:
        page = await client.get(f"{url}/docs")
        style = await client.get(f"{url}/static/docs.css")
        document = (await client.get(f"{url}/openapi.json")).json()
    assert (200, True) == (page.status_code, page.headers["content-type"].startswith("text/html"))
    assert (200, "text/css; charset=utf-8") == (style.status_code, style.headers["content-type"])
    assert [] == [path for path in document["paths"] if path not in page.text]
    assert [] == re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
