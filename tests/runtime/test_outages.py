"""A worker that ends by an error is replaced; only workers that cannot work at all end the process."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client

from runtime.client import connect
from runtime.embedded import EmbeddedTemporal
from runtime.outages import FAILURES_AT_MOST, work_through_outages


class Failing:
    """Workers that fail after a while, each of them, until the last one is told to stop."""

    def __init__(self, lives: list[float]) -> None:
        self._lives, self.made = lives, 0
        self.stop, self._ended = asyncio.Event(), asyncio.Event()

    def __call__(self, _client: Client) -> Any:
        """Make the next one."""
        self._life = self._lives[self.made] if self.made < len(self._lives) else None
        self.made += 1
        return self

    async def run(self) -> None:
        """Work, and fail; the last one finds nothing to do."""
        if self._life is None:
            self.stop.set()
            await self._ended.wait()
            return
        await asyncio.sleep(self._life)
        raise RuntimeError(f"worker {self.made} failed")

    async def shutdown(self) -> None:
        """End the last one."""
        self._ended.set()


class Idle:
    """A worker that has nothing to do until it is told to stop."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.stopped = asyncio.Event()

    async def run(self) -> None:
        """Wait to be stopped."""
        await self.stopped.wait()

    async def shutdown(self) -> None:
        """Stop."""
        self.stopped.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in a second."""
    monkeypatch.setattr("runtime.outages.LOOK", timedelta(milliseconds=10))
    monkeypatch.setattr("runtime.outages.HEALTHY", timedelta(milliseconds=100))


async def test_failures_far_apart_end_no_worker(temporal_client: Client) -> None:
    """Five failures in a year of good work are not five in a row."""
    workers = Failing([0.12] * (2 * FAILURES_AT_MOST))

    async def connect() -> Client:
        return temporal_client

    with capture_logs() as logs:
        async with asyncio.timeout(20):
            await work_through_outages(temporal_client, connect, workers, workers.stop)
    assert [f"worker {n} failed" for n in range(1, 2 * FAILURES_AT_MOST + 1)] == [line["because"] for line in logs]


async def test_workers_that_cannot_work_end_it(temporal_client: Client) -> None:
    """What fails at once and again is no outage: it is raised, as it was."""
    workers = Failing([0.12, *[0.0] * 9])

    async def connect() -> Client:
        return temporal_client

    with pytest.raises(RuntimeError, match=f"worker {FAILURES_AT_MOST} failed"):
        await work_through_outages(temporal_client, connect, workers, workers.stop)
    assert FAILURES_AT_MOST == workers.made


async def test_after_an_outage_a_fresh_worker_polls_on_a_fresh_connection(tmp_path: Path) -> None:
    """Each time the server was away and is back; the former worker ends what it has begun."""
    server = EmbeddedTemporal(tmp_path, search_attributes={}, port=None, ui_port=None)
    made: list[Idle] = []
    renewed, stop = asyncio.Event(), asyncio.Event()

    def make(client: Client) -> Any:
        made.append(Idle(client))
        renewed.set()
        return made[-1]

    async with server:

        async def reach() -> Client:
            return await connect(server.address)

        working = asyncio.create_task(work_through_outages(await reach(), reach, make, stop))
        for outage in (1, 2):
            await asyncio.wait_for(renewed.wait(), 5)
            server.kill()
            await asyncio.sleep(0.2)
            assert outage == len(made), "while the server is away there is nothing to poll"
            renewed.clear()
            await server.start()
        await asyncio.wait_for(renewed.wait(), 5)
        stop.set()
        await asyncio.wait_for(working, 5)
    assert [True] * 3 == [worker.stopped.is_set() for worker in made]
    assert 3 == len({id(worker.client) for worker in made})
