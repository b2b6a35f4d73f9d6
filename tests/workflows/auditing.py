"""A whole Baton on the embedded server and a database of its own, for tests of what watches over it.

Its people are there at any hour, and its ladders are so slow that no rung comes while a test runs.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import col
from temporalio.client import Client, WorkflowHandle

from adapters.channels.fake import FakeChannel
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.waterfall import Waterfall
from config.settings import Settings
from db import tables
from db.audits import Audits, Kept
from db.inbox import Arrival
from models.audit import Audit, Finding
from models.roster import ChannelName
from runtime.bootstrap import activities_of, worker_for
from runtime.store import Store, load_first_state, open_store
from workflows import names

HERE = Path(__file__).parent
HOUR = timedelta(hours=1)


class House:
    """The running house, seen by somebody who breaks things in it."""

    def __init__(self, client: Client, store: Store, settings: Settings, post: FakeChannel) -> None:
        self.client, self.store, self.settings, self.post = client, store, settings, post
        self.audits = Audits(store.database)

    @property
    def queue(self) -> str:
        """Name the task queue of this house."""
        return self.settings.task_queue

    def handle(self, lead_id: str) -> WorkflowHandle[Any, Any]:
        """Give a lead's workflow, whichever run is the latest."""
        return self.client.get_workflow_handle(names.workflow_id(lead_id))

    async def lead(self, **changes: Any) -> str:
        """Start a lead and wait until it is offered, and its row says so."""
        lead_id = a_lead_id()
        raw = {**what_came(lead_id), **changes}
        await self.client.start_workflow(names.WORKFLOW, raw, id=names.workflow_id(lead_id), task_queue=self.queue)
        await self.until(lead_id, lambda kept: kept.row is not None and kept.row.due_at is not None)
        return lead_id

    async def until(self, lead_id: str, so: Any) -> Kept:
        """Wait until what is kept of a lead is so."""
        async with asyncio.timeout(30):
            while True:
                if so(kept := await self.audits.kept(lead_id)):
                    return kept
                await asyncio.sleep(0.05)

    async def acknowledged(self, lead_id: str, ago: timedelta, *, started: bool) -> None:
        """Let a door have taken a lead a while ago; nobody may start it, or somebody is said to have."""
        at = moment() - ago
        arrival = Arrival(lead_id, json.dumps(what_came(lead_id)))
        (receipt,) = await self.store.inbox.put([arrival], at=at, reserve=2 * ago)
        if started:
            await self.store.inbox.started(receipt.id, at=at)

    async def set_row(self, lead_id: str, **values: Any) -> None:
        """Write into a lead's row behind everybody's back."""
        async with self.store.database.writing() as session:
            await session.exec(update(tables.Lead).where(col(tables.Lead.lead_id) == lead_id).values(**values))

    async def audit(self) -> Audit:
        """Run an audit, and give what it found."""
        audit: Audit = await self.client.execute_workflow(
            names.AUDIT, id=f"audit-{uuid4().hex}", task_queue=self.queue, result_type=Audit
        )
        return audit

    async def found(self, lead_id: str) -> Finding:
        """Run an audit, and give what it found of one lead."""
        audit = await self.audit()
        return next(one for one in audit.found if one.lead_id == lead_id)

    async def tried(self, lead_id: str, times: int) -> None:
        """Wait until an order of a lead was tried so often."""
        async with asyncio.timeout(30):
            while True:
                described = await self.handle(lead_id).describe()
                if any(one.attempt >= times for one in described.raw_description.pending_activities):
                    return
                await asyncio.sleep(0.1)

    async def status(self, lead_id: str) -> dict[str, Any]:
        """Ask a lead where it stands."""
        status: dict[str, Any] = await self.handle(lead_id).query("status")
        return status


def a_lead_id() -> str:
    """Mint an id that no other test of the shared server has."""
    return f"a{uuid4().hex[:12]}"


def what_came(lead_id: str) -> dict[str, Any]:
    """A hot lead of a company of its own."""
    company = {"name": f"Company {lead_id}", "domain": f"{lead_id}.example", "employees": 500, "industry": "tools"}
    return {"source": "web", "type": "demo_request", "email": f"kim@{lead_id}.example", "company": company}


def moment() -> datetime:
    """Tell the time, which the embedded server tells as well."""
    return datetime.now(UTC)


@asynccontextmanager
async def running_house(client: Client, folder: Path, **given: Any) -> AsyncIterator[House]:
    """Open a house with a worker on a queue of its own; `given` are settings."""
    url = f"sqlite:///{folder / 'baton.db'}"
    settings = Settings(database_url=SecretStr(url), task_queue=f"audited-{uuid4().hex[:8]}", **given)
    async with open_store(settings) as store:
        await store.database.migrate()
        await load_first_state(store, HERE / "auditing.yaml", HERE / "auditing-roster.yaml", by="test", at=moment())
        post = FakeChannel("email")
        asks = Waterfall([CompanyDirectory()], settings.enrich_budget)
        activities = activities_of(store, settings, {ChannelName.EMAIL: post}, asks)
        async with worker_for(client, settings, activities):
            yield House(client, store, settings, post)
