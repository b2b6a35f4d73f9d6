"""The only wiring of a worker: settings in, everything that talks to the world out. `store` wires the database."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.audit import Auditor
from activities.casebook import Casebook
from activities.decide import Decider
from activities.digest import Composer, Digester
from activities.healing import Healer
from activities.intake import Reception
from activities.notices import Messenger
from activities.policybook import Policybook
from activities.records import Recorder
from activities.shadow import Shadow
from adapters.channels.base import Channel
from adapters.deadman import DeadMan
from adapters.enrichers.waterfall import Waterfall
from config.settings import Settings
from db.alerts import Alerts
from db.audits import Audits
from db.coaching import Coaching
from db.digests import Digests
from db.engine import DatabaseUnreachable
from db.gauges import Gauges
from models.roster import ChannelName
from runtime import clock
from runtime.ageing import Ager
from runtime.carriers import carrier_of
from runtime.chores import Chore, run_chores
from runtime.client import TemporalUnreachable, connect
from runtime.crm import teller_of
from runtime.dispatcher import Dispatcher
from runtime.enriching import LateAnswers
from runtime.erasing import Eraser
from runtime.hooks import Resumer, hooks_of
from runtime.intake.door import Door
from runtime.intake.forgetting import Forgetter
from runtime.looking_in import LookingIn
from runtime.measuring import Measurer
from runtime.metering import Meter, telemetry, unmeasured
from runtime.namespace import NamespaceError, register_attributes
from runtime.outages import work_through_outages
from runtime.providers import waterfall_of
from runtime.quarterly import Quarterly
from runtime.reaching import channels_of, links_of
from runtime.refreshing import Refresher
from runtime.schedules import Schedules
from runtime.store import Store, open_store
from workflows.audit import AuditWorkflow
from workflows.digest import DigestWorkflow
from workflows.lead import LeadWorkflow
from workflows.names import SEARCH_ATTRIBUTES
from workflows.reporting import ReportWorkflow
from workflows.resuming import ResumedLeadWorkflow

log = structlog.stdlib.get_logger("baton.worker")

STICKY = timedelta(seconds=1)
"""How long a task waits for the worker that knows the lead; a killed one is not waited for longer."""

REGISTERING = timedelta(seconds=15)
"""How long a worker waits for the namespace to know the search attributes."""

GRACE = timedelta(seconds=20)
"""How long what is being sent may take to end when the worker stops."""


AT_ONCE = 20
"""How many workflow tasks a worker has in hand: one process works on one at a time, and who waits here times out."""


def activities_of(
    store: Store, settings: Settings, channels: Mapping[ChannelName, Channel], asks: Waterfall
) -> list[Any]:
    """Make every activity a worker runs."""
    policybook = Policybook(store.policies, store.trials)
    audits, alerts = Audits(store.database), Alerts(store.database)
    casebook = Casebook(store.leads, store.timelines)
    reception = Reception(store.leads, store.rosters, policybook, asks, settings.enrich_budget)
    shadow = Shadow(store.trials, store.shadows, policybook, store.beside.start)
    decider = Decider(store.leads, casebook, store.ownerships, store.rosters, policybook, shadow)
    messenger = Messenger(
        store.leads,
        store.ownerships,
        store.rosters,
        store.notifications,
        channels,
        alerts,
        policybook,
        links_of(settings),
    )
    recorder = Recorder(store.leads)
    temporal = LookingIn(settings.task_queue)
    healer = Healer(audits, store.leads, store.ownerships, store.inbox, store.outbox, temporal)
    deadman = DeadMan(settings.deadman_url)
    auditor = Auditor(audits, healer, store.rosters, temporal, deadman, messenger.deliver)
    composer = Composer(Digests(store.database), Coaching(store.database), store.rosters, policybook)
    digester = Digester(composer, messenger.deliver)
    return [
        reception.admit,
        reception.enrich,
        decider.score,
        decider.assign,
        decider.reassign,
        decider.plan,
        messenger.notify,
        messenger.alert_manager,
        recorder.record,
        auditor.survey,
        auditor.examine,
        auditor.close_audit,
        digester.send_digest,
    ]


def worker_for(client: Client, settings: Settings, activities: list[Any]) -> Worker:
    """Make a worker; short sticky time-outs, so that a killed one costs a second and not ten."""
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[LeadWorkflow, ResumedLeadWorkflow, AuditWorkflow, DigestWorkflow, ReportWorkflow],
        activities=activities,
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACE,
        max_cached_workflows=2000,
        max_concurrent_workflow_tasks=AT_ONCE,
    )


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Work on leads and dispatch what is due until `stop` is set; wait for what is not there yet.

    Raises `CannotServeMetrics`, and `FileError` where the providers' file is wrong.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))
        if not await _until_ready(store.database.migrate, stop):
            return
        channels = await stack.enter_async_context(channels_of(settings))
        asks = await stack.enter_async_context(waterfall_of(settings, store))
        measured = telemetry(settings.metrics_addr) if settings.metrics_addr else None
        reach = partial(connect, runtime=measured or unmeasured())
        client = await _until_ready(reach, stop)
        if client is None:
            return
        await _look_at_what_leads_need(client, store)
        schedules = Schedules(client, settings.task_queue, settings.audit_every, store)
        dispatcher = Dispatcher(store.inbox, store.outbox, client, settings.task_queue, settings.import_rate, clock.now)
        activities = activities_of(store, settings, channels, asks)
        chores: list[Chore] = [
            await stack.enter_async_context(carrier_of(settings, store)),
            Refresher(store, channels, clock.now, links_of(settings)),
            Eraser(store, client, clock.now),
            LateAnswers(store, asks, clock.now),
            Resumer(hooks_of(store, Door(store), None), clock.now),
            Forgetter(store.answered, clock.now),
            Ager(store, clock.now),
            Measurer(store, clock.now),
            Quarterly(store, clock.now),
        ]

        if (teller := await stack.enter_async_context(teller_of(settings, store))) is not None:
            chores.append(teller)
        if measured is not None:
            chores.append(Meter(Gauges(store.database), measured, clock.now))

        def make(client: Client) -> Worker:
            worker = worker_for(client, settings, activities)
            log.info("worker_ready", task_queue=settings.task_queue, database=store.database.name)
            return worker

        dispatching = asyncio.create_task(dispatcher.run())
        keeping = asyncio.create_task(schedules.run())
        doing_chores = asyncio.create_task(run_chores(chores))
        working = asyncio.create_task(work_through_outages(client, reach, make, stop))
        besides = (dispatching, keeping, doing_chores)
        try:
            await asyncio.wait({*besides, working}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            for beside in besides:
                beside.cancel()
            outcomes = await asyncio.gather(*besides, working, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        log.info("worker_stopped")


async def _look_at_what_leads_need(client: Client, store: Store) -> None:
    """Register the search attributes where that is allowed, and say what else is missing before a lead needs it."""
    attributes = {key.name: key.indexed_value_type for key in SEARCH_ATTRIBUTES}
    try:
        async with asyncio.timeout(REGISTERING.total_seconds()):
            await register_attributes(client.service_client, client.namespace, attributes)
    except (NamespaceError, RPCError, TimeoutError) as error:
        because = str(error) or f"no answer in {REGISTERING.seconds} s"
        log.warning("search_attributes_not_registered", because=because, needed=sorted(attributes))
    if await store.policies.active() is None:
        log.warning("no_policy_published", remedy="python starter.py policy publish FILE --by YOU")
    if await store.rosters.load() is None:
        log.warning("no_roster_loaded", remedy="python starter.py roster load FILE")


async def _until_ready(reach: Any, stop: asyncio.Event) -> Any:
    """Try until it is there, or until told to stop (None)."""
    told = False
    while not stop.is_set():
        try:
            return await reach() or True
        except (DatabaseUnreachable, TemporalUnreachable) as error:
            if not told:
                log.warning("worker_waits", because=str(error))
                told = True
            try:
                await asyncio.wait_for(stop.wait(), timeout=1)
            except TimeoutError:
                continue
    return None
