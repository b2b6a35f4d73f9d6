"""The examples of a bare client run as they stand on the page: on a server of their own, with a real worker."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from config.load import SHIPPED
from config.settings import Settings
from runtime import clock
from runtime.bootstrap import activities_of, worker_for
from runtime.conversion import data_converter
from runtime.embedded import EmbeddedTemporal, temporal_binary
from runtime.providers import waterfall_of
from runtime.reaching import channels_of
from runtime.store import load_first_state, open_store
from tests.docs.pages import blocks, typed
from tests.engines.temporal import LEAD_ATTRIBUTES

HERE = Path(__file__).parent
OFFERED_WITHIN_S = 30


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """Where a fresh Temporal listens, whose queue `leads` a real worker polls."""
    settings = Settings(database_url=SecretStr(f"sqlite:///{tmp_path / 'baton.db'}"))
    async with (
        EmbeddedTemporal(tmp_path / "temporal", search_attributes=LEAD_ATTRIBUTES, port=None, ui_port=None) as server,
        open_store(settings) as store,
        channels_of(settings) as channels,
        waterfall_of(settings, store) as waterfall,
    ):
        await store.database.migrate()
        await load_first_state(store, SHIPPED / "default.yaml", HERE / "roster.yaml", by="test", at=clock.now())
        client = await Client.connect(server.address, data_converter=data_converter())
        async with worker_for(client, settings, activities_of(store, settings, channels, waterfall)):
            yield server.address


@pytest.fixture
def page(root: Path) -> Path:
    """The page with the examples."""
    return root / "docs/how-to/bring-your-leads.md"


async def carried_out(*words: str, address: str, fed: str | None = None) -> str:
    """Run a command of the page against that server and give what it prints."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TEMPORAL_ADDRESS": address},
    )
    out, err = await process.communicate(fed.encode() if fed else None)
    # The SDK's threads abort now and then when an interpreter ends by itself, after all is done.
    done = process.returncode == 0 or b"Python runtime state: finalizing" in err
    assert done, f"{words}: {err.decode()}{out.decode()}"
    return out.decode()


async def test_the_lines_of_the_temporal_command_line_run(page: Path, address: str) -> None:
    """From start to result, in their order; each answers what the page says of it."""
    lines = [line.words[1:] for line in typed(page) if line.words[0] == "temporal"]
    answers: dict[str, Any] = {}
    for words in lines:
        text = await carried_out(str(temporal_binary()), *words, "--output", "json", address=address)
        answers[" ".join(words[:3])] = json.loads(text) if text.strip() else None
        if words[1] == "start":
            await until_offered(words[words.index("--workflow-id") + 1], address)
    assert len(lines) == 8
    accepted = answers["workflow update execute"]["result"]
    assert (accepted["verdict"], accepted["owner"], accepted["offer"]) == ("done", "ana", 1)
    result = answers["workflow result --workflow-id"]["result"]
    assert (result["stage"], result["owner"]) == ("contacted", "ana")


async def until_offered(workflow_id: str, address: str) -> None:
    """Wait, as somebody who types does: the next lines are about the offer."""
    client = await Client.connect(address)
    async with asyncio.timeout(OFFERED_WITHIN_S):
        while (await client.get_workflow_handle(workflow_id).query("status"))["stage"] != "offered":  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_the_program_runs(page: Path, address: str) -> None:
    """In a process that has nothing of Baton's on its path."""
    (program,) = [body for _, body in blocks(page, "python")]
    said = await carried_out(sys.executable, "-I", "-", address=address, fed=program.replace("localhost:7233", address))
    assert said == "done ana\n"
