"""Work that runs next to everything else in a process, and is seen to its end, or ended, before the process goes."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

GRACE = timedelta(seconds=5)
"""How long it may take to end by itself."""


class Beside:
    """Tasks that nobody waits for. What they raise is theirs to handle."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it next to everything else."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, grace: timedelta = GRACE) -> None:
        """Wait for what runs, and end what takes longer. Raises what a task raised."""
        if not self._tasks:
            return
        done, late = await asyncio.wait(self._tasks, timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        outcomes = await asyncio.gather(*late, return_exceptions=True)
        for outcome in [task.exception() for task in done] + [one for one in outcomes if isinstance(one, Exception)]:
            if outcome is not None:
                raise outcome
