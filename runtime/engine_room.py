"""What Temporal says of this installation: who asks it for our work, what waits there, and when schedules come.

Temporal may be away: then that is what it says. This room refuses to change anything there.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    GetSystemInfoRequest,
    ListWorkersRequest,
)
from temporalio.client import Client, ScheduleActionStartWorkflow
from temporalio.service import RPCError, RPCStatusCode

from config.load import compile_text
from config.settings import Settings
from models.policy import DigestRule
from runtime.client import TemporalUnreachable, connection, is_away
from runtime.line import Line
from runtime.schedules import Wanted, audit_wanted, digests_wanted
from runtime.store import Store

PATIENCE = timedelta(seconds=1)
"""How long Temporal may take to tell all of it before it counts as away: the page stands there within two seconds."""

POLLED = timedelta(seconds=150)
"""A worker asks again within a minute; one that has not for so long is gone."""

MISSED = 2.5
"""So many of its own beats without one, and a worker that says that it is alive is gone."""

NEW = timedelta(seconds=20)
"""A worker that has asked within this time and has not had its first beat yet has just begun."""

_MOST = 200

_KINDS = {
    "leads": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "errands": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """One process that asks for our work. `does`: moves leads on, runs their errands, or both.

    `within`: unless it is seen again within this time, it is gone.
    """

    identity: str
    does: tuple[str, ...]
    seen_at: datetime
    within: timedelta = POLLED


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """What waits at Temporal for workers, about: how much, and for how long the oldest has."""

    kind: str
    waiting: int
    oldest: timedelta


class Standing(StrEnum):
    """Where a schedule stands. `foreign`: there is one of its name that starts something else."""

    RUNS = "runs"
    PAUSED = "paused"
    MISSING = "missing"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule: when it comes, and whether it does. `note`: what whoever paused it said."""

    id: str
    says: str
    standing: Standing
    note: str = ""
    last_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def is_audit(self) -> bool:
        """Say whether it is the one that proves no lead is forgotten."""
        return self.id.startswith("audit")


@dataclass(frozen=True, slots=True)
class Engine:
    """What Temporal says; `away` is why it says nothing."""

    address: str
    away: str | None = None
    version: str = ""
    workers: tuple[WorkerSeen, ...] = ()
    queues: tuple[QueueSeen, ...] = ()
    schedules: tuple[Planned, ...] = ()
    namespace: str = "default"

    @property
    def latest(self) -> datetime | None:
        """Give the latest instant that Temporal and the workers speak of as past, each by its own clock."""
        past = (*(one.seen_at for one in self.workers), *(one.last_at for one in self.schedules))
        return max((one for one in past if one is not None), default=None)

    def working(self, now: datetime) -> tuple[WorkerSeen, ...]:
        """Give the workers that were seen lately."""
        return tuple(one for one in self.workers if now - one.seen_at <= one.within)


async def look(line: Line, store: Store, settings: Settings) -> Engine:
    """Ask Temporal everything at once. Raises `DatabaseUnreachable`."""
    address = str(connection()["target_host"])
    wanted = await _wanted(store, settings)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            client = await line.client()
            info, described, beats = await asyncio.gather(
                client.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=PATIENCE),
                asyncio.gather(*(_described(client, settings.task_queue, kind) for kind in _KINDS.values())),
                _beats(client, settings.task_queue),
            )
            schedules = await asyncio.gather(*(_planned(client, one, settings.task_queue) for one in wanted))
    except TimeoutError:
        return Engine(address, away=f"no answer in {PATIENCE.total_seconds():g} s")
    except TemporalUnreachable as error:
        return Engine(error.address, away="it cannot be reached")
    except RPCError as error:
        return Engine(address, away=f"it answers {error.status.name.lower().replace('_', ' ')}")
    told = dict(zip(_KINDS, described, strict=True))
    return Engine(
        address=client.service_client.config.target_host,
        namespace=client.namespace,
        version=info.server_version,
        workers=seen_workers(told, beats),
        queues=tuple(_queue(kind, one) for kind, one in told.items()),
        schedules=tuple(schedules),
    )


async def _wanted(store: Store, settings: Settings) -> tuple[Wanted, ...]:
    """Name the schedules that there should be."""
    audit = audit_wanted(settings.audit_every, settings.task_queue)
    published = await store.policies.active()
    if published is None:
        return (audit,)
    rule = await asyncio.to_thread(_digest_rule, published.text, published.version)
    return (audit, *digests_wanted(rule, await store.rosters.load(), settings.task_queue).values())


@lru_cache(maxsize=2)
def _digest_rule(text: str, version: str) -> DigestRule | None:
    return compile_text(text, version).policy.digest


async def _described(client: Client, queue: str, kind: TaskQueueType.ValueType) -> DescribeTaskQueueResponse:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind, report_stats=True
    )
    return await client.workflow_service.describe_task_queue(request, timeout=PATIENCE)


async def _beats(client: Client, queue: str) -> dict[str, WorkerHeartbeat]:
    """Give the last sign of life of each worker, by its name; none where this Temporal keeps none."""
    request = ListWorkersRequest(namespace=client.namespace, page_size=_MOST, query=f'TaskQueue="{queue}"')
    try:
        answer = await client.workflow_service.list_workers(request, timeout=PATIENCE)
    except RPCError as error:
        if is_away(error):
            raise
        return {}
    beats = sorted((one.worker_heartbeat for one in answer.workers_info), key=lambda one: one.heartbeat_time.seconds)
    return {one.worker_identity: one for one in beats if one.status != WorkerStatus.WORKER_STATUS_SHUTDOWN}


def seen_workers(
    described: dict[str, DescribeTaskQueueResponse], beats: dict[str, WorkerHeartbeat]
) -> tuple[WorkerSeen, ...]:
    """Put together what the queues and the workers themselves say, by name."""
    seen: dict[str, tuple[list[str], datetime]] = {}
    for kind, one in described.items():
        for poller in one.pollers:
            at = _instant(poller.last_access_time)
            does, last = seen.get(poller.identity, ([], at))
            seen[poller.identity] = ([*does, kind], max(last, at))
    found = (_worker(identity, tuple(does), at, beats) for identity, (does, at) in seen.items())
    return tuple(sorted(found, key=lambda one: one.identity))


def _worker(identity: str, does: tuple[str, ...], asked_at: datetime, beats: dict[str, WorkerHeartbeat]) -> WorkerSeen:
    """Say when a worker was seen: its last sign of life says more than its question, which waits for a minute."""
    if not beats:
        return WorkerSeen(identity, does, asked_at)
    beat = beats.get(identity)
    if beat is None:
        return WorkerSeen(identity, does, asked_at, NEW)
    within = min(MISSED * beat.elapsed_since_last_heartbeat.ToTimedelta(), POLLED)
    return WorkerSeen(identity, does, _instant(beat.heartbeat_time), max(within, NEW))


def _queue(kind: str, one: DescribeTaskQueueResponse) -> QueueSeen:
    stats = one.stats
    return QueueSeen(kind, stats.approximate_backlog_count, stats.approximate_backlog_age.ToTimedelta())


async def _planned(client: Client, wanted: Wanted, queue: str) -> Planned:
    try:
        known = await client.get_schedule_handle(wanted.id).describe(rpc_timeout=PATIENCE)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Planned(wanted.id, wanted.says, Standing.MISSING)
    action, state, info = known.schedule.action, known.schedule.state, known.info
    ours = isinstance(action, ScheduleActionStartWorkflow) and action.task_queue == queue
    standing = Standing.PAUSED if state.paused else Standing.RUNS
    return Planned(
        id=wanted.id,
        says=wanted.says,
        standing=standing if ours else Standing.FOREIGN,
        note=state.note or "",
        last_at=max((one.started_at for one in info.recent_actions), default=None),
        next_at=None if state.paused else min(info.next_action_times, default=None),
    )


def _instant(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
