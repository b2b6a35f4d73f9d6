"""Starts what is acknowledged but not running yet, and runs the errands that transactions left behind.

Any number may run at once: a row is leased to one of them for a while, and starting a lead twice is harmless. What is
urgent goes first, also after an outage, and imports are paced, so that a hot lead never queues behind them. No row
holds up another: what fails waits longer each time, and what Temporal will never take goes before a person, as a lead
that cannot be read.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic_core import PydanticSerializationError
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from db.engine import DatabaseUnreachable
from db.inbox import Claim, Inbox
from db.outbox import Outbox
from models.base import UNREADABLE
from models.lead import LeadType
from runtime.client import RPC_PATIENCE, is_away
from runtime.errands import Errands, back_off
from runtime.pacing import BREATH, Pacing
from workflows import names

log = structlog.stdlib.get_logger("baton.dispatcher")

LEASE = timedelta(seconds=15)
"""How long a row is somebody's to start; past it, another dispatcher may."""

PAUSE = timedelta(milliseconds=400)
"""Between two looks at the boxes."""

TOO_LARGE = ("size exceeds limit", "message larger than", "message after decompression larger than", "too large")
"""What servers and gRPC say of a payload that is larger than they take."""

BATCH = 50

HEALTH_PATIENCE = timedelta(seconds=2)
"""How long Temporal may take to say that it is there."""

TASK_TIMEOUT = timedelta(seconds=4)
"""A workflow task that dies with its worker is given to another after this; Temporal's own 10 s is late for a rung."""


class Unstartable(ValueError):
    """A lead's JSON can never be a workflow's input. Says why, without what it holds."""


def headline(raw: object) -> str:
    """Name a lead for the Web UI's list before anything else is known; no personal data, 400 bytes at most."""
    lead = raw if isinstance(raw, dict) else {}
    company = lead.get("company")
    name = company.get("name") if isinstance(company, dict) else None
    kind = str(lead.get("type") or "lead").replace("_", " ")
    text = f"{kind}, {name or 'unknown company'}"[:200]
    return text.encode("utf-8", "replace")[:400].decode("utf-8", "ignore")


def priority_of(urgency: int, *, paced: bool, backfill: bool = False) -> Priority:
    """Say before whose tasks a lead's are worked on: by urgency, then imports, then what is history anyway."""
    return Priority(priority_key=5 if backfill else 4 if paced else min(max(urgency, 0), 2) + 1)


async def start_lead(
    client: Client, queue: str, lead_id: str, raw: Any, received_at: datetime, priority: Priority = Priority.default
) -> None:
    """Start the lead's workflow, or find it running or ended already; either way it is in Temporal's hands.

    Raises `RPCError` when Temporal does not answer or refuses, `Unstartable` for what no client can send.
    """
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(names.STAGE, "received"),
        SearchAttributePair(names.RECEIVED_AT, received_at),
    ]
    kind = raw.get("type") if isinstance(raw, dict) else None
    if isinstance(kind, str) and kind in set(LeadType):  # any other text may be longer than an attribute may be
        pairs.append(SearchAttributePair(names.TYPE, kind))
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
            priority=priority,
            rpc_timeout=RPC_PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        log.info("lead_was_started_before", lead_id=lead_id)
    except PydanticSerializationError as error:
        raise Unstartable("cannot be written as JSON") from error


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unstartable(f"cannot be read as JSON: {type(error).__name__}") from error


def why_never(error: RPCError, size: int) -> str | None:
    """Say why Temporal will never take a lead of `size` bytes; None where its trouble may pass.

    An attribute that is not registered may be registered later: that is the namespace's fault and not the lead's.
    """
    says = error.message.lower()
    if error.status in (RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.RESOURCE_EXHAUSTED):
        if any(words in says for words in TOO_LARGE):
            return f"is larger than Temporal takes: {size:,} bytes"
        if error.status is RPCStatusCode.INVALID_ARGUMENT and "search attribute" not in says:
            return f"Temporal does not take it: {error.message}"
    return None


def stand_in(why: str) -> dict[str, str]:
    """Make the small input that a lead starts with when its own cannot be sent: a person reviews it, told why."""
    return {UNREADABLE: f"{why} (the inbox keeps it as it came)"}


class Dispatcher:
    """The loop that empties inbox and outbox."""

    def __init__(
        self, inbox: Inbox, outbox: Outbox, client: Client, queue: str, rate: float, clock: Callable[[], datetime]
    ) -> None:
        self._inbox, self._outbox, self._client, self._queue = inbox, outbox, client, queue
        self._rate, self._clock = rate, clock
        self._errands = Errands(outbox, client, queue, clock)
        self._away = False
        self._pacing = Pacing(inbox, rate, clock)

    async def run(self) -> None:
        """Go on until cancelled; trouble is logged once, and waited out."""
        trouble = ""
        while True:
            now = ""
            busy = False
            try:
                busy = await self.once()
            except (DatabaseUnreachable, RPCError) as error:
                now = "away"
                if now != trouble:
                    log.warning("dispatcher_waits", because=str(error))
            except Exception as error:  # a defect: the leads that this worker has in hand must not end with it
                now = type(error).__name__
                if now != trouble:
                    log.exception("dispatcher_failed", because=now)
            if trouble and not now:
                log.info("dispatcher_back")
            trouble = now
            pause = timedelta(0) if busy else BREATH if self._pacing.busy else PAUSE
            await asyncio.sleep(pause.total_seconds())

    async def once(self) -> bool:
        """Start what is due and run what is pending; say whether there may be more at once."""
        if self._away:  # nothing is claimed meanwhile: what is most urgent then goes first when Temporal is back
            await self._look_for_temporal()
        claims = await self._inbox.claim(BATCH, now=self._clock(), lease=LEASE, paced=False)
        full = len(claims) == BATCH
        if not full and (room := await self._pacing.room()) > 0:
            claims += await self._inbox.claim_paced(self._rate, now=self._clock(), lease=LEASE, most=room)
        await self._start_all(claims)
        tasks = await self._outbox.claim(BATCH, now=self._clock(), lease=LEASE)
        for place, task in enumerate(tasks):
            try:
                await self._errands.run(task)
            except RPCError:
                self._away = True
                await self._outbox.give_back([one.id for one in tasks[place + 1 :]], at=self._clock())
                raise
        return full or len(tasks) == BATCH

    async def _look_for_temporal(self) -> None:
        """Ask whether Temporal is there. Raises `RPCError` while it is away."""
        await self._client.service_client.check_health(timeout=HEALTH_PATIENCE)
        self._away = False

    async def _start_all(self, claims: Sequence[Claim]) -> None:
        """Start leads in their order; while Temporal is away all of them are due again at once, and `RPCError` raised.

        A lead at which Temporal only seems to be away waits alone; the others get their turn in the next breath.
        """
        for place, claim in enumerate(claims):
            try:
                await self._start(claim)
            except RPCError as error:
                left = [one.id for one in claims[place + 1 :]]
                because = f"Temporal: {error.message}"
                try:
                    await self._look_for_temporal()
                except RPCError:
                    self._away = True
                    await self._inbox.undo_claim([claim.id, *left], because)
                    raise error from None
                await self._later(claim, because)
                await self._inbox.give_back(left, at=self._clock())
                return

    async def _start(self, claim: Claim) -> None:
        """Start one lead. Raises `RPCError` only while Temporal is away, `DatabaseUnreachable` while that is."""
        try:
            await self._start_readable(claim)
        except DatabaseUnreachable:
            raise
        except Exception as error:  # whatever it is about this row, the other rows are not to blame
            if isinstance(error, RPCError) and is_away(error):
                raise
            await self._later(
                claim, f"Temporal: {error.message if isinstance(error, RPCError) else type(error).__name__}"
            )

    async def _later(self, claim: Claim, because: str) -> None:
        """Let a lead that could not be started wait, longer each time."""
        await self._inbox.failed(claim.id, because, retry_at=self._clock() + back_off(claim.attempts))
        says = because.removeprefix("Temporal: ")
        log.error("lead_not_started", lead_id=claim.lead_id, because=says, attempt=claim.attempts)

    async def _start_readable(self, claim: Claim) -> None:
        """Start a lead as it came, or, where that can never be, as one that a person has to look at."""
        never: str | None
        try:
            await self._start_with(claim, _read(claim.raw))
        except RPCError as error:
            if (never := why_never(error, len(claim.raw.encode("utf-8", "replace")))) is None:
                raise
        except Unstartable as error:
            never = str(error)
        else:
            log.info("lead_started", lead_id=claim.lead_id, attempt=claim.attempts)
            return
        await self._start_with(claim, stand_in(never))
        log.warning("lead_started_unread", lead_id=claim.lead_id, because=never, attempt=claim.attempts)

    async def _start_with(self, claim: Claim, raw: Any) -> None:
        priority = priority_of(claim.urgency, paced=claim.paced, backfill=claim.backfill)
        await start_lead(self._client, self._queue, claim.lead_id, raw, claim.created_at, priority)
        await self._inbox.started(claim.id, at=self._clock())
        if claim.paced:
            self._pacing.started(claim.lead_id)
