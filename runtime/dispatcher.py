"""Starts what is acknowledged but not running yet, and runs the errands that transactions left behind.

Any number may run at once: a row is leased to one of them for a while, and starting a lead twice is harmless. Imports
are paced, so that a hot lead never queues behind them.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from db.engine import DatabaseUnreachable
from db.inbox import Claim, Inbox
from db.outbox import Outbox, Task
from runtime.client import RPC_PATIENCE, is_away
from workflows import names

log = structlog.stdlib.get_logger("baton.dispatcher")

LEASE = timedelta(seconds=15)
"""How long a row is somebody's to start; past it, another dispatcher may."""

PAUSE = timedelta(milliseconds=400)
"""Between two looks at the boxes."""

RETRY = timedelta(seconds=2)
"""After which a start or an errand that failed is tried again."""

BATCH = 50

TASK_TIMEOUT = timedelta(seconds=4)
"""A workflow task that dies with its worker is given to another after this; Temporal's own 10 s is late for a rung."""


def headline(raw: object) -> str:
    """Name a lead for the Web UI's list before anything else is known; no personal data."""
    lead = raw if isinstance(raw, dict) else {}
    company = lead.get("company")
    name = company.get("name") if isinstance(company, dict) else None
    kind = str(lead.get("type") or "lead").replace("_", " ")
    return f"{kind}, {name or 'unknown company'}"[:200]


async def start_lead(client: Client, queue: str, lead_id: str, raw: Any, received_at: datetime) -> None:
    """Start the lead's workflow, or find it running or ended already; either way it is in Temporal's hands.

    Raises `RPCError` when Temporal does not answer.
    """
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(names.STAGE, "received"),
        SearchAttributePair(names.RECEIVED_AT, received_at),
    ]
    if isinstance(raw, dict) and isinstance(raw.get("type"), str):
        pairs.append(SearchAttributePair(names.TYPE, raw["type"]))
    try:
        await client.start_workflow(
            names.WORKFLOW,
            raw,
            id=names.workflow_id(lead_id),
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(pairs),
            static_summary=headline(raw),
            task_timeout=TASK_TIMEOUT,
            rpc_timeout=RPC_PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        log.info("lead_was_started_before", lead_id=lead_id)


class Dispatcher:
    """The loop that empties inbox and outbox."""

    def __init__(
        self, inbox: Inbox, outbox: Outbox, client: Client, queue: str, rate: float, clock: Callable[[], datetime]
    ) -> None:
        self._inbox, self._outbox, self._client, self._queue = inbox, outbox, client, queue
        self._rate, self._clock = rate, clock

    async def run(self) -> None:
        """Go on until cancelled; trouble with database or Temporal is logged and waited out."""
        trouble = False
        while True:
            try:
                busy = await self.once()
                if trouble:
                    log.info("dispatcher_back")
                trouble = False
            except (DatabaseUnreachable, RPCError) as error:
                if not trouble:
                    log.warning("dispatcher_waits", because=str(error))
                trouble, busy = True, False
            await asyncio.sleep(0 if busy else PAUSE.total_seconds())

    async def once(self) -> bool:
        """Start what is due and run what is pending; say whether there may be more at once."""
        claims = await self._inbox.claim(BATCH, now=self._clock(), lease=LEASE, paced=False)
        full = len(claims) == BATCH
        if not full:
            claims += await self._inbox.claim_paced(self._rate, now=self._clock(), lease=LEASE)
        for place, claim in enumerate(claims):
            try:
                await self._start(claim)
            except RPCError:
                await self._inbox.give_back([one.id for one in claims[place + 1 :]], at=self._clock())
                raise
        tasks = await self._outbox.claim(BATCH, now=self._clock(), lease=LEASE)
        for place, task in enumerate(tasks):
            try:
                await self._errand(task)
            except RPCError:
                await self._outbox.give_back([one.id for one in tasks[place + 1 :]], at=self._clock())
                raise
        return full or len(tasks) == BATCH

    async def _start(self, claim: Claim) -> None:
        try:
            await start_lead(self._client, self._queue, claim.lead_id, json.loads(claim.raw), claim.created_at)
        except RPCError as error:
            again = self._clock() + RETRY
            await self._inbox.failed(claim.id, f"Temporal: {error.message}", retry_at=again)
            if is_away(error):
                raise
            log.error("lead_not_started", lead_id=claim.lead_id, because=error.message, attempt=claim.attempts)
        else:
            await self._inbox.started(claim.id, at=self._clock())
            log.info("lead_started", lead_id=claim.lead_id, attempt=claim.attempts)

    async def _errand(self, task: Task) -> None:
        handle = self._client.get_workflow_handle(names.workflow_id(task.lead_id))
        because = str(task.body.get("because", "a place came free"))
        try:
            await handle.signal(names.WAKE, because, rpc_timeout=RPC_PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                await self._outbox.failed(task.id, error.message, retry_at=self._clock() + RETRY)
                raise
            log.info("nobody_to_wake", lead_id=task.lead_id)
        await self._outbox.done(task.id, at=self._clock())
