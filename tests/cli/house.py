"""A house for the command line to speak to: real Temporal, a database with roster and policy, and a real worker."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from runtime.embedded import EmbeddedTemporal
from tests.cli.driving import Cli

ROOT = Path(__file__).parents[2]

ROSTER = """\
calendars:
  always:
    tz: UTC
    week: {mon: &day [["00:00", "24:00"]], tue: *day, wed: *day, thu: *day, fri: *day, sat: *day, sun: *day}
managers:
  - {id: mia, name: Mia Moor}
teams:
  - {id: demo, name: Demo, manager: mia, calendar: always, region: world}
reps:
  - {id: ana, name: Ana Abel, team: demo, level: senior, capacity: 1000}
  - {id: ben, name: Ben Bach, team: demo, level: senior, capacity: 1000}
  - {id: cam, name: Cam Cole, team: demo, level: senior, capacity: 1000}
pools:
  demo: {team: demo}
"""

LADDER = """\
sla:
  - name: slow
    response: 4h
    clock: wall
    response_clock: wall
    ladder:
      - {do: offer, to: primary}
      - {do: remind, after: 2h}
      - {do: reassign, after: 4h}
      - {do: triage, after: 4h}
manners: {undo: 5m, snooze_at_most: 4h, pause_at_most: 7d}
"""

_numbers = count(1)


def policy_text() -> str:
    """The demo's policy with a ladder that hurries nobody, and one pool for all."""
    text = (ROOT / "config/policies/demo.yaml").read_text(encoding="utf-8")
    text = text.replace("pool: customer-success", "pool: demo")
    return text[: text.index("# --- a ladder in twelve seconds")] + LADDER


def new_id() -> str:
    """A name that no other test has."""
    return f"cli-{os.getpid()}-{next(_numbers)}"


def lead(lead_id: str | None = None, **fields: object) -> dict[str, object]:
    """A lead that goes to sales, under an id of its own and of a company of its own, so that it is nobody's already."""
    lead_id = lead_id or new_id()
    email = f"kim@{lead_id.lower().replace('_', '-')}.example"
    given = {"lead_id": lead_id, "source": "web", "type": "demo_request", "email": email}
    return given | fields


@dataclass(frozen=True)
class House:
    """A shell before a real Temporal server, with roster and policy loaded, and a task queue of its own."""

    cli: Cli

    async def start(self, **fields: object) -> str:
        """Let one lead in and give its id."""
        one = lead(**fields)  # type: ignore[arg-type]  # a lead id is one of the fields
        ran = await self.cli("start", "-", stdin=json.dumps(one))
        assert (0, "") == (ran.code, ran.err)
        return str(one["lead_id"])

    async def until(self, lead_id: str, so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the lead's status satisfies a condition; the test's own time-out bounds it."""
        while True:
            ran = await self.cli("status", lead_id, "--json")
            if ran.code == 0:
                status: dict[str, Any] = ran.json
                if so(status):
                    return status
            await asyncio.sleep(0.1)

    async def offered(self, **fields: object) -> tuple[str, str]:
        """Let one lead in, wait until somebody is asked, and give its id and theirs."""
        lead_id = await self.start(**fields)
        status = await self.until(lead_id, lambda status: status["stage"] == "offered")
        return lead_id, status["owner"]


async def furnished(folder: Path, server: EmbeddedTemporal) -> House:
    """Load roster and policy into a fresh database."""
    shell = Cli(
        folder,
        {
            "BATON_DATABASE_URL": f"sqlite:///{folder / 'baton.db'}",
            "BATON_TASK_QUEUE": new_id(),
            "TEMPORAL_ADDRESS": server.address,
        },
    )
    shell.write("roster.yaml", ROSTER)
    shell.write("policy.yaml", policy_text())
    for words in (("roster", "load", "roster.yaml"), ("policy", "publish", "policy.yaml", "--by", "ops")):
        ran = await shell(*words)
        assert (0, "") == (ran.code, ran.err)
    return House(shell)


@asynccontextmanager
async def working(house: House) -> AsyncIterator[None]:
    """Run `python worker.py` behind a house, and stop it as one stops it."""
    with (house.cli.folder / "worker.log").open("ab") as log:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "worker.py"), env=os.environ | house.cli.env, stdout=log, stderr=log, cwd=ROOT
        )
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(40):
            assert await worker.wait() == 0
