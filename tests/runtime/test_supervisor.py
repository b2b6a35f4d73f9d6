"""Processes of our own: what dies comes back, what cannot live is given up, what should end does."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.supervisor import Child, GaveUp, Post, Supervisor

SOON = timedelta(milliseconds=10)

# A child that says that it is there, and stays.
STAYS = "import time; print('here', flush=True); time.sleep(600)"


async def until(so: Callable[[], bool]) -> None:
    """Wait for a condition; the test's own time-out bounds it."""
    while not so():  # noqa: ASYNC110 (a process tells nobody that it ended)
        await asyncio.sleep(0.02)


def child(folder: Path, code: str = STAYS) -> Child:
    """Make a child that runs Python code."""
    return Child("worker", [sys.executable, "-c", code], state=folder, cwd=folder)


@asynccontextmanager
async def supervised(one: Child, said: list[str]) -> AsyncIterator[Post]:
    """Keep a child running."""
    post = Post("worker", one)
    await one.start()
    supervising = asyncio.create_task(Supervisor([post], said.append, pause=SOON).run())
    yield post
    supervising.cancel()
    await asyncio.gather(supervising, return_exceptions=True)
    await one.stop(timedelta(seconds=5))


async def test_a_killed_child_is_started_again_at_once(tmp_path: Path) -> None:
    """Kill -9 costs a moment, and the person at the terminal is told."""
    said: list[str] = []
    one = child(tmp_path)
    async with supervised(one, said) as post:
        first = one.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: post.restarts == 1)
        assert one.pid not in (None, first)
    assert said[0] == "The worker died (killed by SIGKILL). Starting it again."
    assert re.fullmatch(r"The worker is started again after \d\.\d s: process \d+\.", said[1])


async def test_somebody_who_kills_it_for_fun_may_go_on(tmp_path: Path) -> None:
    """Only what ends by its own fault is ever given up."""
    one = child(tmp_path)
    async with supervised(one, []) as post:
        for times in range(1, 9):
            assert one.pid is not None
            os.kill(one.pid, signal.SIGKILL)
            await until(lambda times=times: post.restarts == times)  # type: ignore[misc]


async def test_a_child_that_never_starts_is_given_up_with_its_log(tmp_path: Path) -> None:
    """A broken installation ends in a sentence and the reason, not in a loop."""
    one = child(tmp_path, "raise SystemExit('no such thing as a worker')")
    said: list[str] = []
    await one.start()
    with pytest.raises(GaveUp, match="The worker failed 6 times in a row") as caught:
        await Supervisor([Post("worker", one)], said.append, pause=SOON).run()
    assert "no such thing as a worker" in str(caught.value)
    assert "(exit code 1)" in said[0]


async def test_a_child_that_outlived_its_owner_is_ended_first(tmp_path: Path) -> None:
    """After kill -9 of `make run` there are never two of its workers."""
    orphan, successor = child(tmp_path), child(tmp_path)
    await orphan.start()
    await successor.start()
    assert orphan.pid is None
    assert orphan.ending == "killed by SIGTERM"
    assert successor.pid is not None
    assert await successor.stop()
    assert successor.pid is None


async def test_a_child_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    """Ctrl-C ends in bounded time, and says that it was not asked for nicely."""
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + STAYS
    one = child(tmp_path, deaf)
    await one.start()
    await until(lambda: "here" in one.log_file.read_text())
    assert not await one.stop(timedelta(milliseconds=100))
    assert one.ending == "killed by SIGKILL"


async def test_a_child_is_out_of_the_terminals_reach(tmp_path: Path) -> None:
    """Ctrl-C reaches us; the worker is stopped by us, before the server."""
    one = child(tmp_path)
    await one.start()
    assert one.pid is not None
    assert os.getsid(one.pid) == one.pid
    await one.stop()
