"""Starting a lead where it came in, next to its answer: dispatchers start whatever this does not.

It gives up at once: nobody waits for it, and the lead is committed before it begins.
"""

import json
from collections.abc import Callable
from datetime import datetime

import structlog
from temporalio.service import RPCError

from db.engine import DatabaseUnreachable
from db.inbox import Arrival, Receipt
from runtime.client import TemporalUnreachable
from runtime.dispatcher import Unstartable, priority_of, start_lead
from runtime.line import Line
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.door")

AT_ONCE = 16
"""So many leads are being started by one process; what comes on top is left to dispatchers."""


class Prompt:
    """Starts new leads over a line that may be dead."""

    def __init__(self, store: Store, line: Line, queue: str, clock: Callable[[], datetime]) -> None:
        self._store, self._line, self._queue, self._clock = store, line, queue, clock
        self._under_way = 0

    def __call__(self, arrival: Arrival, receipt: Receipt) -> None:
        """Begin to start a new lead, next to everything else."""
        self._store.beside.start(self._start(arrival, receipt))

    async def _start(self, arrival: Arrival, receipt: Receipt) -> None:
        """Start it, or give it to dispatchers."""
        try:
            if not await self._started(arrival):
                await self._store.inbox.give_back([receipt.id], at=self._clock())
                return
            await self._store.inbox.started(receipt.id, at=self._clock())
        except DatabaseUnreachable as error:  # dispatchers find the row once its reserve is over
            log.warning("start_not_noted", lead_id=arrival.lead_id, because=str(error))

    async def _started(self, arrival: Arrival) -> bool:
        if self._under_way >= AT_ONCE:
            return False
        self._under_way += 1
        try:
            client = await self._line.client()
            raw = json.loads(arrival.raw)
            priority = priority_of(arrival.urgency, paced=arrival.paced, backfill=arrival.backfill)
            await start_lead(client, self._queue, arrival.lead_id, raw, _received_at(raw), priority)
        except (TemporalUnreachable, RPCError, Unstartable) as error:
            log.info("lead_left_to_dispatchers", lead_id=arrival.lead_id, because=type(error).__name__)
            return False
        finally:
            self._under_way -= 1
        return True


def _received_at(raw: dict[str, str]) -> datetime:
    return datetime.fromisoformat(raw["received_at"])
