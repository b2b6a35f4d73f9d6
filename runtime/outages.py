"""Working on through outages of Temporal: once it is back, a fresh worker polls at once.

The SDK's pollers wait longer and longer while the server is away, up to ten seconds, and sleep that out when it is
back; an overdue rung would run that late. This room refuses to touch what the old worker has begun: it ends in peace.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from runtime.client import TemporalUnreachable

log = structlog.stdlib.get_logger("baton.worker")

LOOK = timedelta(seconds=1)
"""How often it is seen whether Temporal is there, and how long one look may take."""

GONE = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.UNKNOWN})
"""What a call answers when nobody listens; a server that is there and busy answers late, and polls go on."""

FAILURES_AT_MOST = 5
"""So many workers in a row that could not work at all, and the reason is not an outage."""

HEALTHY = timedelta(minutes=1)
"""A worker that worked for so long was no failed attempt: the next ones are counted anew."""

Connect = Callable[[], Awaitable[Client]]


async def work_through_outages(
    client: Client, connect: Connect, make: Callable[[Client], Worker], stop: asyncio.Event
) -> None:
    """Keep a worker working until `stop` is set; after each outage a new one on a connection of its own.

    Raises what ends one worker after the other (the namespace is gone, we are not let in).
    """
    retired: list[asyncio.Task[None]] = []
    stopping = asyncio.create_task(stop.wait())
    failures, clock = 0, asyncio.get_running_loop().time
    try:
        while not stopping.done():
            worker, began = make(client), clock()
            running = asyncio.create_task(worker.run())
            back = asyncio.create_task(back_from_outage(client, connect))
            try:
                await asyncio.wait({running, back, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not running.done():
                    retired = [task for task in retired if not task.done()]
                    retired.append(asyncio.create_task(_retire(worker, running)))
                if not back.done():
                    back.cancel()
            if running.done():
                failures = 1 if clock() - began >= HEALTHY.total_seconds() else failures + 1
                client = await _try_again(running, connect, failures, stopping) or client
            elif not stopping.done():
                failures = 0
                client = back.result()
                log.info("worker_renewed")
    finally:
        stopping.cancel()
        await asyncio.gather(*retired)


async def _retire(worker: Worker, running: asyncio.Task[None]) -> None:
    """Let a worker finish what it has begun, and poll no more."""
    await worker.shutdown()
    await asyncio.wait({running})
    if trouble := running.exception():
        log.warning("worker_failed", because=str(trouble))


async def _try_again(
    running: asyncio.Task[None], connect: Connect, failures: int, stopping: asyncio.Task[Any]
) -> Client | None:
    """Connect again after a worker ended by itself, as it does when the server dies meanwhile; None: told to stop."""
    trouble = running.exception()
    if trouble is None or failures >= FAILURES_AT_MOST:
        running.result()
        raise RuntimeError("the worker ended without being told to")
    log.warning("worker_failed", because=str(trouble))
    while not stopping.done():
        await asyncio.wait({stopping}, timeout=LOOK.total_seconds())
        with suppress(TemporalUnreachable):
            return await connect()
    return None


async def back_from_outage(client: Client, connect: Connect) -> Client:
    """Wait until Temporal was away and is back; give a new connection to it."""
    away = False
    while True:
        await asyncio.sleep(LOOK.total_seconds())
        try:
            await client.service_client.check_health(timeout=LOOK)
        except RPCError as error:
            if error.status in GONE and not away:
                log.warning("temporal_is_away", because=error.message)
                away = True
            continue
        if away:
            with suppress(TemporalUnreachable):
                return await connect()
