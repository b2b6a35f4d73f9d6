"""Runs what a worker does beside its leads: hand-offs, messages to change, erasures; each chore in a task of its own.

A chore finds its work in the database, does it at least once, and says whether there is more. Its trouble is logged
once, waited out longer each time, and never ends the worker or holds up another chore.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import NoReturn, Protocol

import structlog
from temporalio.service import RPCError

from db.engine import DatabaseUnreachable
from runtime.errands import back_off

log = structlog.stdlib.get_logger("baton.chores")

PAUSE = timedelta(milliseconds=500)
"""Between two looks of a chore that found little to do."""


class Chore(Protocol):
    """Something to look at again and again. `name`: one word for logs."""

    @property
    def name(self) -> str:
        """Name the chore in one word."""

    async def once(self) -> bool:
        """Do what is due; tell whether there may be more at once. Raises what stopped this look."""


async def run_chores(chores: Iterable[Chore], pause: timedelta = PAUSE) -> NoReturn:
    """Go on with all of them until cancelled, also when there are none."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_go_on(chore, pause), name=f"chore {chore.name}")
        await asyncio.Event().wait()
    raise AssertionError("chores end by being cancelled")


async def _go_on(chore: Chore, pause: timedelta) -> NoReturn:
    trouble, failures = "", 0
    while True:
        now, busy = "", False
        try:
            busy = await chore.once()
        except (DatabaseUnreachable, RPCError) as error:
            now = "away"
            if now != trouble:
                log.warning("chore_waits", chore=chore.name, because=str(error))
        except Exception as error:  # a defect: neither the worker nor another chore ends with it
            now = type(error).__name__
            if now != trouble:
                log.exception("chore_failed", chore=chore.name, because=now)
        if trouble and not now:
            log.info("chore_back", chore=chore.name)
        trouble, failures = now, failures + 1 if now else 0
        wait = back_off(failures) if now else timedelta(0) if busy else pause
        await asyncio.sleep(wait.total_seconds())
