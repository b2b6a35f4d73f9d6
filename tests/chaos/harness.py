"""A whole Baton in processes of its own, that can be killed at any moment, and what can be asked of it then.

Truth is read where it is kept: who holds a lead from the database, where its ladder stands from the workflow, who
was told from the receivers' journals. It refuses to know how any of them came about.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr
from sqlmodel import col, select
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from config.settings import Settings
from db import tables
from db.engine import DatabaseUnreachable
from db.inbox import Arrival
from db.tables.words import Sending
from models.ladder import Entry, EntryKind
from runtime.conversion import data_converter
from runtime.embedded import EmbeddedTemporal
from runtime.store import Store, load_first_state, open_store
from tests.chaos.processes import Provider, SinkProcess, WorkerProcess
from tests.engines.temporal import LEAD_ATTRIBUTES

HERE = Path(__file__).parent
T = TypeVar("T")

PROMISED = timedelta(seconds=5)
"""An overdue rung runs so soon after the processes are up."""

SLOW_S = 4.0
"""How long the slow receivers take to answer."""

MEASURED: dict[str, list[float]] = {}
"""What was measured, by what it is; printed at the end of the run."""


def now() -> datetime:
    """Tell the time as the processes see it."""
    return datetime.now(UTC)


async def eventually(
    what: str,
    look: Callable[[], Awaitable[T | None]],
    *,
    within: float = 30.0,
    every: float = 0.05,
    why: Callable[[], Awaitable[object]] | None = None,
) -> T:
    """Look until there is something and give it; a server or database that is away counts as nothing yet."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + within
    trouble: object = "nothing"
    while clock() < deadline:
        try:
            if (found := await look()) is not None and found is not False:
                return found
        except (RPCError, DatabaseUnreachable) as error:
            trouble = error
        await asyncio.sleep(every)
    seen = await why() if why else trouble
    raise AssertionError(f"{what}: not within {within} s; last seen: {seen}")


def lead(lead_id: str, **changes: Any) -> dict[str, Any]:
    """Write a lead that goes to a person; `changes` replace or add fields."""
    raw = {
        "source": "web",
        "type": "demo_request",
        "email": f"kim@{lead_id}.example",
        "first_name": "Kim",
        "last_name": "Lake",
        "title": "Chief Operating Officer",
        "company": {"name": "Acme", "domain": f"{lead_id}.example", "employees": 300},
    }
    return {**raw, **changes}


@dataclass
class Site:
    """The running system: what may be killed, and everything it may be asked."""

    folder: Path
    server: EmbeddedTemporal
    client: Client
    store: Store
    workers: list[WorkerProcess]
    sinks: SinkProcess
    slow: SinkProcess
    provider: Provider
    started: list[str] = field(default_factory=list)

    @property
    def worker(self) -> WorkerProcess:
        """Give the first worker."""
        return self.workers[0]

    # Leads.

    async def put(self, *lead_ids: str, paced: bool = False, **changes: Any) -> None:
        """Commit leads as a door does: rows in the inbox, whether or not anything else is up."""
        arrivals = [Arrival(one, json.dumps(lead(one, **changes)), "web", paced=paced) for one in lead_ids]
        await self.store.inbox.put(arrivals, at=now())
        self.started += lead_ids

    async def start(self, *lead_ids: str, **changes: Any) -> None:
        """Start leads as a bare Temporal client does."""
        for one in lead_ids:
            await self.client.start_workflow(
                "LeadWorkflow",
                lead(one, **changes),
                id=f"lead-{one}",
                task_queue="leads",
                rpc_timeout=timedelta(seconds=5),
            )
            self.started.append(one)

    def handle(self, lead_id: str) -> WorkflowHandle[Any, Any]:
        """Give the workflow of a lead."""
        return self.client.get_workflow_handle(f"lead-{lead_id}")

    async def say(self, lead_id: str, name: str, **message: Any) -> dict[str, Any]:
        """Send a message as an update and give its verdict."""
        verdict: dict[str, Any] = await self.handle(lead_id).execute_update(name, message)
        return verdict

    async def signal(self, lead_id: str, name: str, **message: Any) -> None:
        """Send a message as a signal: it is durable once this returns."""
        await self.handle(lead_id).signal(name, message)

    async def status(self, lead_id: str) -> dict[str, Any]:
        """Ask the workflow where it stands."""
        status: dict[str, Any] = await self.handle(lead_id).query("status", rpc_timeout=timedelta(seconds=3))
        return status

    async def next_steps(self, lead_id: str) -> list[dict[str, Any]]:
        """Ask the workflow for its planned rungs."""
        steps: list[dict[str, Any]] = await self.handle(lead_id).query("next_steps", rpc_timeout=timedelta(seconds=3))
        return steps

    async def story(self, lead_id: str) -> list[Entry]:
        """Ask the workflow for its timeline."""
        lines = await self.handle(lead_id).query("timeline", rpc_timeout=timedelta(seconds=3))
        return [Entry.model_validate(line) for line in lines]

    # The database.

    async def offers(self, lead_id: str | None = None) -> list[tables.Ownership]:
        """List every ownership there was, oldest first: of one lead, or of all."""
        table = tables.Ownership
        asked = select(table).order_by(col(table.lead_id), col(table.offer))
        if lead_id is not None:
            asked = asked.where(table.lead_id == lead_id)
        async with self.store.database.reading() as session:
            return list((await session.exec(asked)).all())

    async def offer(self, lead_id: str, number: int) -> tables.Ownership | None:
        """Give one offer of a lead, None before it is made."""
        return next((one for one in await self.offers(lead_id) if one.offer == number), None)

    async def in_mid_send(self) -> set[str]:
        """Name the messages that somebody was about to send and has not said that they are out."""
        table = tables.Notification
        async with self.store.database.reading() as session:
            rows = (await session.exec(select(table).where(col(table.state) == Sending.CLAIMED))).all()
            return {f"{row.lead_id}:{row.offer}:{row.rung}:{row.channel}" for row in rows}

    async def owner(self, lead_id: str) -> str | None:
        """Say who holds the lead by the database."""
        holder = await self.store.ownerships.open_owner(lead_id)
        return holder.rep_id if holder else None

    # Waiting.

    async def until_offer(self, lead_id: str, number: int = 1, within: float = 30.0) -> tables.Ownership:
        """Wait until offer `number` is made, in the database."""
        return await eventually(
            f"offer {number} of {lead_id}",
            lambda: self.offer(lead_id, number),
            within=within,
            every=0.03,
            why=lambda: self.picture(lead_id),
        )

    async def until_asked(self, lead_id: str, number: int = 1) -> str:
        """Wait until the workflow has heard of offer `number`, and say whom it asks."""
        await self.until_offer(lead_id, number)
        return str((await self.until(lead_id, stage="offered", offer=number))["owner"])

    async def until(self, lead_id: str, within: float = 30.0, **wanted: Any) -> dict[str, Any]:
        """Wait until the workflow's status is as wanted."""

        async def look() -> dict[str, Any] | None:
            status = await self.status(lead_id)
            return status if all(status[name] == value for name, value in wanted.items()) else None

        return await eventually(f"{lead_id} is {wanted}", look, within=within, why=lambda: self.picture(lead_id))

    async def until_told(self, lead_id: str, kind: EntryKind, within: float = 30.0) -> Entry:
        """Wait until the lead's story has a line of this kind."""

        async def look() -> Entry | None:
            return next((line for line in await self.story(lead_id) if line.kind is kind), None)

        return await eventually(f"{lead_id} tells of {kind}", look, within=within, why=lambda: self.picture(lead_id))

    async def until_pending(self, lead_id: str, activity: str, within: float = 15.0) -> None:
        """Wait until a worker has begun this activity for the lead."""

        async def look() -> bool:
            told = await self.handle(lead_id).describe()
            return any(
                one.activity_type.name == activity and one.HasField("last_started_time")
                for one in told.raw_description.pending_activities
            )

        await eventually(f"{lead_id} is in {activity}", look, within=within, every=0.02)

    async def picture(self, lead_id: str) -> str:
        """Draw what is known of a lead, for a failure's message."""
        parts = [f"lead {lead_id}"]
        try:
            parts += [
                f"  offer {one.offer}: {one.rep_id} {one.state} {one.because}" for one in await self.offers(lead_id)
            ]
            parts += [f"  {line.at:%H:%M:%S.%f} {line.kind} {line.says}" for line in await self.story(lead_id)]
            told = (await self.handle(lead_id).describe()).raw_description
            parts += [
                f"  pending {one.activity_type.name} attempt {one.attempt} {one.last_failure.message}"
                for one in told.pending_activities
            ]
        except (RPCError, DatabaseUnreachable) as error:
            parts.append(f"  cannot be asked: {error}")
        parts += [f"  {worker.name}: {worker.tail(8)}" for worker in self.workers]
        return "\n".join(parts)


@asynccontextmanager
async def running_site(
    folder: Path, *, workers: int = 1, database_url: str | None = None, **settings: str
) -> AsyncIterator[Site]:
    """Run a whole Baton on one folder: server, database with policy and roster, receivers, `workers` workers.

    `settings` are further variables of the workers, without `BATON_` and in lower case.
    """
    url = database_url or f"sqlite:///{folder / 'baton.db'}"
    server = EmbeddedTemporal(folder / "temporal", search_attributes=LEAD_ATTRIBUTES, port=None, ui_port=None)
    async with AsyncExitStack() as stack:
        sinks, slow = SinkProcess(folder / "sinks.jsonl"), SinkProcess(folder / "slow.jsonl", SLOW_S)
        stack.callback(sinks.stop)
        stack.callback(slow.stop)
        provider = stack.enter_context(Provider(delay_s=1.5))
        store = await stack.enter_async_context(open_store(Settings(database_url=SecretStr(url))))
        await store.database.migrate()
        roster = (HERE / "roster.yaml").read_text(encoding="utf-8")
        (folder / "roster.yaml").write_text(
            roster.replace("{hooks}", sinks.hooks).replace("{slow_hooks}", slow.hooks), encoding="utf-8"
        )
        await load_first_state(store, HERE / "policy.yaml", folder / "roster.yaml", by="test", at=now())
        await stack.enter_async_context(server)
        variables = {
            "TEMPORAL_ADDRESS": server.address,
            "BATON_DATABASE_URL": url,
            "BATON_STATE_DIR": str(folder),
            "BATON_SMTP_URL": slow.mails,
            "BATON_MAIL_FROM": "baton@crew.example",
            "BATON_WEBHOOK_SECRET": "a secret of the chaos tests",
            "BATON_ENRICH_URL": provider.url,
            **{f"BATON_{name.upper()}": value for name, value in settings.items()},
        }
        crew = [WorkerProcess(f"worker {n}", folder / f"worker-{n}.log", variables) for n in range(1, workers + 1)]
        for worker in crew:
            worker.spawn()
            stack.callback(worker.kill)
        for worker in crew:
            await worker.ready()
        client = await Client.connect(server.address, data_converter=data_converter())
        yield Site(folder, server, client, store, crew, sinks, slow, provider)
