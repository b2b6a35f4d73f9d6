"""A service in any language: a lead started, accepted and read by the `temporal` command line alone, in plain JSON."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from config.load import SHIPPED
from config.settings import Settings
from runtime import clock
from runtime.bootstrap import activities_of, worker_for
from runtime.embedded import EmbeddedTemporal, temporal_binary
from runtime.providers import waterfall_of
from runtime.reaching import channels_of
from runtime.store import load_first_state, open_store

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
async def queue(temporal_client: Client, tmp_path: Path) -> AsyncIterator[str]:
    """A real worker on a queue of its own, on SQLite, with the demo policy."""
    name = f"leads-{uuid4().hex[:8]}"
    settings = Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"), task_queue=name)
    async with (
        open_store(settings) as store,
        channels_of(settings) as channels,
        waterfall_of(settings, store) as waterfall,
    ):
        await store.database.migrate()
        await load_first_state(store, SHIPPED / "default.yaml", EXAMPLES / "roster.yaml", by="test", at=clock.now())
        async with worker_for(temporal_client, settings, activities_of(store, settings, channels, waterfall)):
            yield name


class TemporalCli:
    """The command line as somebody types it."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def __call__(self, *words: str, fails: bool = False) -> Any:
        """Run `temporal workflow ...` and read its JSON answer."""
        process = await asyncio.create_subprocess_exec(
            str(temporal_binary()),
            "workflow",
            *words,
            "--address",
            self.address,
            "-o",
            "json",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode != 0) == fails, f"{words}: {err.decode()}{out.decode()}"
        if fails:
            return err.decode()
        return json.loads(out) if out.strip() else None

    async def query(self, workflow: str, name: str) -> Any:
        """Ask a query."""
        answer = await self("query", "--workflow-id", workflow, "--type", name)
        return answer["queryResult"][0] if isinstance(answer["queryResult"], list) else answer["queryResult"]

    async def update(self, workflow: str, name: str, message: dict[str, Any]) -> Any:
        """Send a message and wait for its verdict."""
        return (
            await self("update", "execute", "--workflow-id", workflow, "--name", name, "--input", json.dumps(message))
        )["result"]


async def test_a_lead_by_the_temporal_command_line_alone(temporal_server: EmbeddedTemporal, queue: str) -> None:
    """Start, query, update, signal and the result, without a line of our code on the caller's side."""
    temporal = TemporalCli(temporal_server.address)
    lead = {
        "source": "crm",
        "type": "demo_request",
        "email": "kim@acme.example",
        "company": {"name": "Siemens", "domain": "siemens.com"},
    }
    name = f"lead-{uuid4().hex[:12]}"
    await temporal(
        "start", "--type", "LeadWorkflow", "--task-queue", queue, "--workflow-id", name, "--input", json.dumps(lead)
    )
    status = await _waiting(temporal, name)
    if status["stage"] == "routing":  # nobody is on shift at this hour: a person takes it
        verdict = await temporal.update(name, "take", {"by": "henrik"})
        owner = "henrik"
    else:
        owner = status["owner"]
        refused = await temporal.update(name, "accept", {"rep_id": "nobody-we-know"})
        assert (refused["verdict"], refused["owner"]) == ("refused", owner)
        verdict = await temporal.update(name, "accept", {"rep_id": owner, "offer": 1, "key": "click-1"})
    assert (verdict["verdict"], verdict["owner"]) == ("done", owner)
    complaint = await temporal(
        "update", "execute", "--workflow-id", name, "--name", "accept", "--input", '{"rep": 3}', fails=True
    )
    assert "rep_id: is required" in complaint
    assert (await temporal.query(name, "explanation"))["score"]["reasons"]
    assert [line["n"] for line in await temporal.query(name, "timeline")] == sorted(
        line["n"] for line in await temporal.query(name, "timeline")
    )
    assert await temporal.query(name, "next_steps")
    await temporal("signal", "--workflow-id", name, "--name", "contacted", "--input", json.dumps({"rep_id": owner}))
    result = await temporal("result", "--workflow-id", name)
    assert (result["result"]["stage"], result["result"]["owner"]) == ("contacted", owner)


async def test_the_lists_filter_by_search_attributes(temporal_server: EmbeddedTemporal, queue: str) -> None:
    """Ops find leads by stage and type in the Web UI's list, and no attribute holds personal data."""
    temporal = TemporalCli(temporal_server.address)
    name = f"lead-{uuid4().hex[:12]}"
    lead = {"source": "crm", "type": "newsletter", "email": "ron@small.example", "first_name": "Ron"}
    await temporal(
        "start", "--type", "LeadWorkflow", "--task-queue", queue, "--workflow-id", name, "--input", json.dumps(lead)
    )
    assert (await _waiting(temporal, name))["stage"] == "nurturing"
    found: list[Any] = []
    async with asyncio.timeout(20):
        while not found:
            found = await temporal("list", "--query", f"LeadStage = 'nurturing' AND WorkflowId = '{name}'")
    attributes = json.dumps(found[0]["searchAttributes"])
    assert "LeadReceivedAt" in attributes
    assert "ron" not in attributes.lower()


async def _waiting(temporal: TemporalCli, name: str) -> Any:
    async with asyncio.timeout(30):
        while True:
            status = await temporal.query(name, "status")
            if status["stage"] in ("offered", "nurturing", "review") or (
                status["stage"] == "routing" and status["due_at"]
            ):
                return status
