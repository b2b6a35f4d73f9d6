"""Working on through outages of Temporal: once it is back, a fresh worker polls at once.

The SDK's pollers wait longer and longer while the server is away, up to ten seconds, and sleep that out when it is
back; an overdue rung would run that late. This room refuses to touch what the old worker has begun: it ends in peace.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

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


async def work_through_outages(
    connect: Callable[[], Awaitable[Client]], make: Callable[[Client], Worker], stop: asyncio.Event
) -> None:
    """Keep a worker working until `stop` is set; after each outage on a connection of its own.

    Raises what ends a worker by itself (the namespace is gone, we are not let in), and `TemporalUnreachable` when
    the first connection cannot be made.
    """
    retired: list[asyncio.Task[None]] = []
    stopping = asyncio.create_task(stop.wait())
    client = await connect()
    try:
        while True:
            worker = make(client)
            running = asyncio.create_task(worker.run())
            back = asyncio.create_task(back_from_outage(client, connect))
            await asyncio.wait({running, back, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                back.cancel()
                return running.result()
            retired = [task for task in retired if not task.done()] + [asyncio.create_task(worker.shutdown())]
            if stopping.done():
                back.cancel()
                return None
            client = back.result()
            log.info("worker_renewed")
    finally:
        stopping.cancel()
        await asyncio.gather(*retired)


async def back_from_outage(client: Client, connect: Callable[[], Awaitable[Client]]) -> Client:
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
            try:
                return await connect()
            except TemporalUnreachable:
                continue
