"""Keeps Temporal's schedules in step with settings, policy and roster: the audit's, and each manager's digest.

Any number of workers may do so at once: each compares before it changes anything, and what another was quicker with is
as it should be. What somebody paused stays paused. A schedule that is not ours is left alone: another installation may
share the namespace, on a task queue of its own, which its ids carry.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from config.load import compile_text
from db.engine import DatabaseUnreachable
from models.policy import DigestRule, Weekday
from models.roster import Roster
from policy.quiet import zone_of
from policy.routing.crew import crew_of
from runtime.client import RPC_PATIENCE
from runtime.store import Store
from workflows import names

log = structlog.stdlib.get_logger("baton.schedules")

AUDIT = "audit"
DIGEST = "digest-"
"""Ids of schedules; a digest's goes on with its manager's. Both carry a task queue that is not the usual one."""

EVERY = timedelta(minutes=1)
"""Between two looks."""

CATCH_UP = {AUDIT: timedelta(seconds=30), DIGEST: timedelta(hours=1)}
"""What was due while Temporal was away is still done within this; a missed audit is made good by the next."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One schedule as it should be; `says` tells when, for the log."""

    id: str
    workflow: str
    args: tuple[str, ...]
    spec: ScheduleSpec
    catch_up: timedelta
    says: str


def schedule_id(name: str, queue: str) -> str:
    """Name a schedule in a namespace: by what it is for alone on the usual task queue, `audit@QUEUE` on another."""
    return name if queue == names.TASK_QUEUE else f"{name}@{queue}"


def audit_wanted(every: timedelta, queue: str) -> Wanted:
    """Say how audits should come."""
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)])
    named = schedule_id(AUDIT, queue)
    return Wanted(named, names.AUDIT, (), spec, CATCH_UP[AUDIT], f"every {every.total_seconds():g} s")


def digests_wanted(rule: DigestRule | None, roster: Roster | None, queue: str) -> Mapping[str, Wanted]:
    """Say which managers should be sent a digest, and when, by schedule id: at their time of day, in their zone."""
    if rule is None or roster is None:
        return {}
    people = crew_of(roster).people
    managers = dict.fromkeys([*(one.id for one in roster.managers), *(team.manager for team in roster.teams)])
    hour, minute = map(int, rule.at.split(":"))
    found = {}
    for manager_id in managers:
        zone = zone_of(roster, people[manager_id])
        calendar = ScheduleCalendarSpec(
            hour=[ScheduleRange(hour)],
            minute=[ScheduleRange(minute)],
            day_of_week=[ScheduleRange(number) for number in sorted(_NUMBERS[day] for day in rule.days)],
        )
        spec = ScheduleSpec(calendars=[calendar], time_zone_name=zone)
        says = f"{rule.at} {' '.join(rule.days)} {zone}"
        named = schedule_id(DIGEST + manager_id, queue)
        found[named] = Wanted(named, names.DIGEST, (manager_id,), spec, CATCH_UP[DIGEST], says)
    return found


_NUMBERS = {day: number for number, day in enumerate([Weekday.SUN, *list(Weekday)[:6]])}
"""Days of the week as Temporal counts them, Sunday first."""


class Schedules:
    """Looks after the schedules of one installation: of those that start something on its task queue."""

    def __init__(self, client: Client, queue: str, audit_every: timedelta, store: Store) -> None:
        self._client, self._queue = client, queue
        self._audit_every, self._store = audit_every, store
        self._rule: tuple[str, DigestRule | None] | None = None
        self._not_ours: set[str] = set()

    async def run(self) -> None:
        """Keep them in step until cancelled; trouble is logged once, and waited out."""
        trouble = ""
        while True:
            now = ""
            try:
                await self.once()
            except (RPCError, DatabaseUnreachable) as error:
                now = "away"
                if now != trouble:
                    log.warning("schedules_wait", because=str(error))
            except Exception as error:  # a defect: the leads that this worker has in hand must not end with it
                now = type(error).__name__
                if now != trouble:
                    log.exception("schedules_failed", because=now)
            if trouble and not now:
                log.info("schedules_back")
            trouble = now
            await asyncio.sleep(EVERY.total_seconds())

    async def once(self) -> None:
        """Bring them to what settings, policy and roster say. Raises `RPCError`, `DatabaseUnreachable`."""
        await self._keep(audit_wanted(self._audit_every, self._queue))  # first: whatever is wrong with policy or roster
        wanted = await self._digests()
        for one in wanted.values():
            await self._keep(one)
        async for known in await self._client.list_schedules(rpc_timeout=RPC_PATIENCE):
            if known.id.startswith(DIGEST) and known.id not in wanted:
                await self._let_go(self._client.get_schedule_handle(known.id))

    async def _digests(self) -> Mapping[str, Wanted]:
        published = await self._store.policies.active()
        if published is None:
            return {}
        if self._rule is None or self._rule[0] != published.version:
            compiled = await asyncio.to_thread(compile_text, published.text, published.version)
            self._rule = published.version, compiled.policy.digest
        return digests_wanted(self._rule[1], await self._store.rosters.load(), self._queue)

    async def _keep(self, wanted: Wanted) -> None:
        """Make a schedule, or bring it up to date; one that is as it should be is not touched."""
        handle = self._client.get_schedule_handle(wanted.id)
        try:
            known = await handle.describe(rpc_timeout=RPC_PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._make(wanted)
            return
        schedule = self._schedule(wanted)
        if not self._is_ours(known.schedule, wanted.workflow):
            if wanted.id not in self._not_ours:
                self._not_ours.add(wanted.id)
                log.warning("schedule_not_ours", schedule=wanted.id, to=wanted.says)
        elif _shape(known.schedule) != _shape(schedule):
            await handle.update(partial(_updated, schedule), rpc_timeout=RPC_PATIENCE)
            log.info("schedule_changed", schedule=wanted.id, to=wanted.says)

    async def _make(self, wanted: Wanted) -> None:
        try:
            await self._client.create_schedule(wanted.id, self._schedule(wanted), rpc_timeout=RPC_PATIENCE)
        except ScheduleAlreadyRunningError:
            return  # another worker was quicker
        log.info("schedule_made", schedule=wanted.id, to=wanted.says)

    async def _let_go(self, handle: ScheduleHandle) -> None:
        """Delete the digest of a manager who left, unless somebody else made it."""
        try:
            known = await handle.describe(rpc_timeout=RPC_PATIENCE)
            if not self._is_ours(known.schedule, names.DIGEST):
                return
            await handle.delete(rpc_timeout=RPC_PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            log.info("schedule_deleted", schedule=handle.id)

    def _is_ours(self, schedule: Schedule, workflow: str) -> bool:
        action = schedule.action
        theirs = (action.workflow, action.task_queue) if isinstance(action, ScheduleActionStartWorkflow) else None
        return theirs == (workflow, self._queue)

    def _schedule(self, wanted: Wanted) -> Schedule:
        action: ScheduleActionStartWorkflow = ScheduleActionStartWorkflow(
            wanted.workflow, args=list[Any](wanted.args), id=wanted.id, task_queue=self._queue
        )
        policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=wanted.catch_up)
        return Schedule(action=action, spec=wanted.spec, policy=policy)


def _updated(schedule: Schedule, found: ScheduleUpdateInput) -> ScheduleUpdate:
    """Change what differs; whether it is paused, and the note why, is somebody's decision, and stays."""
    schedule.state = found.description.schedule.state
    return ScheduleUpdate(schedule=schedule)


def _shape(schedule: Schedule) -> tuple[Any, ...]:
    """Say when a schedule comes: equal also after the server has written it in its own way."""
    spec = schedule.spec
    intervals = sorted(one.every for one in spec.intervals)
    calendars = sorted(
        tuple(_numbers(part) for part in (one.minute, one.hour, one.day_of_week)) for one in spec.calendars
    )
    return intervals, calendars, spec.time_zone_name or "UTC"


def _numbers(ranges: Iterable[ScheduleRange]) -> tuple[int, ...]:
    found = (range(one.start, max(one.start, one.end) + 1, max(1, one.step)) for one in ranges)
    return tuple(sorted({number for some in found for number in some}))
