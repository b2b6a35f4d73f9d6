"""The OpenAPI document and the doors agree: schemathesis, with all its checks, finds nothing that one hides.

No 5xx, no undocumented status or content type, no door without its key, no method or content type let through, nothing
taken that the document refuses.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from db.leads import Leads
from models.base import parse
from models.source import Source
from runtime import clock
from tests.api.house import Doors, listening
from tests.db.samples import newcomer

HERE = Path(__file__).parent
LEAD = "7h2kqv9m3xwzpd"
"""The lead of the document's examples."""

SOURCE = {
    "name": "typeform",
    "signature": {"scheme": "none"},
    "mappings": [{"fields": {"type": {"value": "demo_request"}, "email": "email"}}],
}


async def look(doors: Doors, *options: str) -> tuple[int, str]:
    """Let schemathesis look at every operation over a socket; give its exit code and what it says."""
    key = await doors.key()
    async with listening(doors.app) as url:
        command = [
            str(Path(sys.executable).with_name("schemathesis")), f"--config-file={HERE / 'schemathesis.toml'}", "run",
            f"{url}/openapi.json", "--checks=all", f"--header=Authorization: Bearer {key}", "--seed=1", "--no-color",
            "--generation-database=none", *options,
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.schema_hooks", "PYTHONPATH": str(HERE.parents[1])},
            cwd=doors.front.settings.state_dir,  # it keeps its last run where it is started
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.fixture
async def lived_in(doors: Doors) -> Doors:
    """Doors behind which there are a lead, a source and a dead letter: not only 404 can be answered."""
    await Leads(doors.store.database).admit(newcomer(LEAD))
    await doors.store.sources.save(parse(Source, SOURCE), by="tests", at=clock.now())
    dead = await doors.post("/v1/hooks/typeform", {"email": 7})
    assert 202 == dead.status_code, dead.text
    return doors


@pytest.mark.timeout(400)
async def test_what_is_documented_is_so(lived_in: Doors) -> None:
    """Each example, and each edge of each parameter and field, right and wrong."""
    code, said = await look(lived_in, "--phases=examples,coverage")
    assert 0 == code, said


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_strangers_find_nothing_else(lived_in: Doors) -> None:
    """Much of what anybody may make up, against every operation, and in sequences."""
    code, said = await look(lived_in, "--phases=fuzzing,stateful", "--max-examples=50")
    assert 0 == code, said
