"""What every door does alike: problem documents for all that is refused, limits, and nothing told of failures."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from api.doors import LARGEST_BODY, DoorRoute
from db.audits import Audits
from models.audit import Audit
from runtime import clock
from tests.api.house import Doors, listening

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/leads/", 404, "not_found"),
        ("DELETE", "/openapi.json", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_a_problem_document(
    doors: Doors, method: str, path: str, status: int, word: str
) -> None:
    """A tool never has to read prose or HTML to know what went wrong."""
    answer = await doors.ask(method, path)
    assert (status, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert answer.json()["detail"], "what to do is said, too"
    assert {"type": f"urn:baton:{word}", "status": status} == {one: answer.json()[one] for one in ("type", "status")}


async def test_a_wrong_method_is_told_the_right_ones(doors: Doors) -> None:
    """Over all routes of the path."""
    answer = await doors.ask("DELETE", "/openapi.json")
    assert "GET, HEAD" == answer.headers["allow"]


async def test_a_body_that_is_too_large_is_refused_by_what_it_says(doors: Doors) -> None:
    """Before it is read."""
    answer = await doors.ask("POST", "/v1/roster", content=b"x" * (LARGEST_BODY + 1))
    assert (413, PROBLEM) == (answer.status_code, answer.headers["content-type"])


async def test_a_body_that_grows_too_large_is_refused_on_the_way(doors: Doors) -> None:
    """Chunks do not say how much they are."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * (LARGEST_BODY // 8)

    key = await doors.key()
    headers = {"content-type": "application/json"}
    answer = await doors.ask("POST", "/v1/roster", key=key, content=chunks(), headers=headers)
    assert (413, PROBLEM) == (answer.status_code, answer.headers["content-type"])


async def test_a_body_that_stops_on_the_way_is_waited_for_no_longer(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever opens many and sends little holds nothing for long; doors without a key have it, too."""
    monkeypatch.setattr("api.doors.PATIENCE_S", 0.05)
    async with listening(doors.app) as url:
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(b"POST /v1/slack/interactions HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nhalf")
        answer = await reader.read()
        writer.close()
    assert (True, True) == (answer.startswith(b"HTTP/1.1 408 "), PROBLEM.encode() in answer)


async def test_a_failure_says_nothing_of_what_was_sent(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    """Neither to the client nor to the log."""

    async def fail() -> None:
        raise ValueError("canary@person.example is in the message")

    doors.app.add_api_route("/fails", fail, methods=["GET"])
    with caplog.at_level("DEBUG"):
        answer = await doors.get("/fails")
    assert (500, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert "canary" not in answer.text + caplog.text


async def test_it_listens_for_real(doors: Doors) -> None:
    """The same answers over a socket."""
    async with listening(doors.app) as url, httpx2.AsyncClient() as client:
        answer = await client.get(f"{url}/openapi.json")
    assert (200, "Baton") == (answer.status_code, answer.json()["info"]["title"])


def test_no_two_operations_share_a_name(doors: Doors) -> None:
    """Clients are generated from the names."""
    app: FastAPI = doors.app
    names = [operation["operationId"] for path in app.openapi()["paths"].values() for operation in path.values()]
    assert sorted(set(names)) == sorted(names)


def test_the_reference_page_has_every_operation_with_its_scopes(doors: Doors) -> None:
    """A new route without a row, a row without a route, or another scope fails here."""
    page = (Path(__file__).parents[2] / "docs/reference/http.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z]+) (/\S*)` \| (.+?) \| .+ \|$", page, re.MULTILINE)
    told = {(method, path): sorted(re.findall(r"`([a-z:]+)`", scopes)) for method, path, scopes in rows}
    real = {
        (method, route.path): sorted(route.guard.scopes if route.guard else [])
        for route in doors.app.routes
        if isinstance(route, DoorRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert real | {("GET", "/metrics"): ["ops"]} == told


async def test_the_reference_page_has_every_metric(doors: Doors) -> None:
    """By the names that are really told."""
    page = (Path(__file__).parents[2] / "docs/reference/http.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(baton_\w+)`", page, re.MULTILINE))
    now = clock.now()
    counts = {"open_leads": 0, "suspects": 0, "healed": 0, "unhealed": 0}
    await Audits(doors.store.database).write(Audit(audit_id="a", began_at=now, ended_at=now, **counts, found=()))
    text = (await doors.get("/metrics")).text
    real = {name for name in re.findall(r"^# TYPE (baton_\w+)", text, re.MULTILINE) if not name.endswith("_created")}
    assert real | {"baton_database_away"} == told
