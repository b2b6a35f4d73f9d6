"""Work beside everything else: seen to its end before a process goes, and never for long."""

import asyncio
from datetime import timedelta

import pytest

from runtime.beside import Beside


async def test_what_runs_is_seen_to_its_end() -> None:
    """Nothing is cut off that ends in time."""
    beside, done = Beside(), []

    async def work(n: int) -> None:
        await asyncio.sleep(0)
        done.append(n)

    for n in range(3):
        beside.start(work(n))
    await beside.settle()
    assert [0, 1, 2] == done
    await beside.settle()


async def test_what_takes_longer_is_ended() -> None:
    """A process that stops waits for nobody for ever."""
    beside, ended = Beside(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    beside.start(work())
    await beside.settle(timedelta(seconds=0.05))
    assert ended.is_set()


async def test_what_nobody_handled_is_raised() -> None:
    """A defect is no secret."""
    beside = Beside()

    async def work() -> None:
        raise RuntimeError("a defect")

    beside.start(work())
    with pytest.raises(RuntimeError, match="a defect"):
        await beside.settle()
