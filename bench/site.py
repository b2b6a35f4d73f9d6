"""A whole Baton on a scratch folder, as `make demo` runs it: the embedded server, SQLite, and a worker process.

Beside it, on the same server, a worker for empty workflows: what the engine costs by itself.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import col, select
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from bench import scene
from bench.empty import EmptyWorkflow
from config.settings import variable
from db import tables
from models.lead import Stage
from runtime import clock
from runtime.demo import layout_in
from runtime.dispatcher import start_lead
from runtime.local_system import LocalSystem, local_system
from workflows import names

T = TypeVar("T")

QUEUE = "leads"
EMPTY_QUEUE = "bench-empty"
PATIENCE = timedelta(minutes=2)
_LOOK = timedelta(milliseconds=50)


@dataclass(frozen=True)
class Offer:
    """One offer of one lead, and when it was made."""

    lead_id: str
    offer: int
    at: datetime


class Site:
    """The running system, and everything benchmarks do to it."""

    def __init__(self, system: LocalSystem) -> None:
        self.system, self.store, self.client = system, system.store, system.client
        self._numbers = count(1)

    def new_ids(self, number: int) -> list[str]:
        """Make ids for leads of persons who were never here."""
        return [f"bench-{next(self._numbers)}" for _ in range(number)]

    async def start(self, lead_id: str) -> datetime:
        """Start one hot lead as the command line does, and give the instant it was asked for."""
        at = clock.now()
        await start_lead(self.client, QUEUE, lead_id, scene.lead(lead_id), at)
        return at

    def handle(self, lead_id: str) -> WorkflowHandle[Any, Any]:
        """Give the workflow of a lead."""
        return self.client.get_workflow_handle(names.workflow_id(lead_id))

    async def run_empty(self, number: int) -> None:
        """Start so many empty workflows at once, and wait until the last one has ended."""
        ids = [f"empty-{next(self._numbers)}" for _ in range(number)]
        await asyncio.gather(
            *(self.client.execute_workflow(EmptyWorkflow.run, id=one, task_queue=EMPTY_QUEUE) for one in ids)
        )

    async def offered(self, lead_ids: Collection[str], number: int = 1) -> list[Offer]:
        """Wait until each of these leads has its offer of that number, and give those offers."""

        async def look() -> list[Offer] | None:
            found = await self._offers(lead_ids, number)
            return found if len(found) == len(lead_ids) else None

        return await eventually(f"offer {number} of {len(lead_ids)} leads", look)

    async def at_rest(self, lead_ids: Collection[str]) -> None:
        """Wait until these leads are recorded as offered: until then their first steps still keep the server busy."""
        table = tables.Lead
        asked = select(table.lead_id).where(col(table.lead_id).in_(lead_ids), table.stage == Stage.OFFERED)

        async def look() -> bool:
            async with self.store.database.reading() as session:
                return len((await session.exec(asked)).all()) == len(lead_ids)

        await eventually(f"{len(lead_ids)} leads at rest", look)

    async def restart_worker(self) -> datetime:
        """Start the worker that was killed, and give the instant at which it said that it was ready."""
        log = self.system.worker.log_file
        before = log.stat().st_size
        await self.system.worker.start()

        async def look() -> datetime | None:
            lines = log.read_bytes()[before:].decode(errors="replace").split("\n")[:-1]
            said = [json.loads(line) for line in lines if line.startswith("{")]
            return next((_instant(line) for line in said if line["event"] == "worker_ready"), None)

        return await eventually("the worker is ready again", look)

    async def _offers(self, lead_ids: Collection[str], number: int) -> list[Offer]:
        table = tables.Ownership
        asked = select(table).where(col(table.lead_id).in_(lead_ids), table.offer == number)
        async with self.store.database.reading() as session:
            rows: Sequence[tables.Ownership] = (await session.exec(asked)).all()
        return [Offer(row.lead_id, row.offer, row.offered_at) for row in rows]


@asynccontextmanager
async def running_site() -> AsyncIterator[Site]:
    """Run the system with the shipped policy and the roster of twenty; ready when its worker asks for work."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name)
        roster = folder / "roster.yaml"
        roster.write_text(scene.roster_file(), encoding="utf-8")
        pinned = {variable("log_format"): "json", variable("log_level"): "info"}
        layout = replace(layout_in(folder), policy=scene.POLICY, roster=roster, pinned=pinned)
        async with local_system(layout, _nothing_to_say) as system:
            empty = Worker(system.client, task_queue=EMPTY_QUEUE, workflows=[EmptyWorkflow])
            async with empty:
                await system.worker_ready()
                site = Site(system)
                warm = site.new_ids(2)
                await asyncio.gather(*map(site.start, warm))
                await site.run_empty(2)
                await site.at_rest(warm)
                yield site


async def eventually(what: str, look: Callable[[], Awaitable[T | None]]) -> T:
    """Look until there is something, and give it. Raises `TimeoutError` naming what never came."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while not (found := await look()):  # noqa: ASYNC110 - nobody tells when a row is written
                await asyncio.sleep(_LOOK.total_seconds())
            return found
    except TimeoutError:
        raise TimeoutError(f"{what}: not within {PATIENCE}") from None


def _instant(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["timestamp"])


def _nothing_to_say(_: str) -> None:
    """Hear what the system tells a person at the terminal: which ports it took instead of taken ones."""
