"""Chores: one's trouble is its own, said once, and never the end of the worker."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from db.engine import DatabaseUnreachable
from runtime import chores
from runtime.chores import run_chores


class Counted:
    """Does its work a number of times; `raises` before that, as often as listed."""

    def __init__(self, name: str, enough: int, raises: list[Exception] | None = None) -> None:
        self.name, self.enough, self.raises = name, enough, raises or []
        self.done = 0
        self.finished = asyncio.Event()

    async def once(self) -> bool:
        """Count one turn."""
        if self.raises:
            raise self.raises.pop(0)
        self.done += 1
        if self.done >= self.enough:
            self.finished.set()
        return self.done < self.enough


async def test_trouble_of_one_chore_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is said once, tried again, and its end is said too; the other chores do not notice."""
    monkeypatch.setattr(chores, "back_off", lambda _failures: timedelta(0))
    away = DatabaseUnreachable("sqlite", "nobody at home")
    troubled = Counted("troubled", 2, [away, away, ValueError("odd"), ValueError("odd")])
    other = Counted("other", 5)
    with capture_logs() as logs:
        running = asyncio.create_task(run_chores([troubled, other], pause=timedelta(0)))
        await asyncio.wait_for(asyncio.gather(troubled.finished.wait(), other.finished.wait()), timeout=10)
        assert not running.done()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    said = [(line["event"], line["chore"], line.get("because")) for line in logs]
    assert said == [
        ("chore_waits", "troubled", str(away)),
        ("chore_failed", "troubled", "ValueError"),
        ("chore_back", "troubled", None),
    ]


async def test_no_chores_do_not_end_a_worker() -> None:
    """A worker with nothing to do beside its leads goes on."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(run_chores([]), timeout=0.05)
