"""A whole Baton on a clock that can be moved: real activities, real database, the time-skipping server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from adapters.channels.base import Message
from adapters.channels.fake import FakeChannel
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.waterfall import Waterfall
from config.load import SHIPPED
from config.settings import Settings
from models.roster import ChannelName, TimeOff
from runtime.bootstrap import activities_of, worker_for
from runtime.dispatcher import Dispatcher
from runtime.store import Store, load_first_state, open_store

LEAD = {
    "source": "web",
    "type": "demo_request",
    "email": "kim@acme.example",
    "first_name": "Kim",
    "last_name": "Lake",
    "title": "Chief Operating Officer",
    "country": "Germany",
}
"""A hot lead from Germany."""

BIG = {"employees": 310_000, "industry": "electronics", "country": "DE"}
"""What makes a company large; each lead is of one of its own, so that none is anybody's already."""

POLICY = (SHIPPED / "default.yaml").read_text(encoding="utf-8")
ROSTER = (Path(__file__).parent / "roster.yaml").read_text(encoding="utf-8")

T = TypeVar("T")
_numbers = count(1)


class House:
    """The running house, seen by somebody who tells a story."""

    def __init__(self, env: WorkflowEnvironment, store: Store, post: FakeChannel) -> None:
        self.env, self.store, self.post = env, store, post

    async def start(self, lead_id: str | None = None, **changes: Any) -> WorkflowHandle[Any, Any]:
        """Start a lead as a bare Temporal client would."""
        lead_id = lead_id or f"s{next(_numbers)}"
        company = {"name": f"Company {lead_id}", "domain": f"{lead_id}.example", **BIG}
        lead = {**LEAD, "email": f"kim@{lead_id}.example", "company": company, **changes}
        return await self.env.client.start_workflow("LeadWorkflow", lead, id=f"lead-{lead_id}", task_queue="leads")

    async def now(self) -> datetime:
        """Tell the story's time."""
        return (await self.env.get_current_time()).astimezone(UTC)

    async def sleep(self, **span: float) -> None:
        """Let time pass."""
        await self.env.sleep(timedelta(**span))

    async def sleep_until(self, at: datetime) -> None:
        """Let time pass until an instant."""
        left = at - await self.now()
        assert left > timedelta(0), f"{at} is past"
        await self.env.sleep(left)

    async def next_weekday(self, weekday: int, at: time, zone: str) -> datetime:
        """Find the next such weekday (0 is Monday) and wall time in a zone, in UTC."""
        here = (await self.now()).astimezone(ZoneInfo(zone))
        day = here.date() + timedelta(days=(weekday - here.weekday()) % 7)
        found = datetime.combine(day, at, ZoneInfo(zone))
        if found <= here:
            found = datetime.combine(day + timedelta(days=7), at, ZoneInfo(zone))
        return found.astimezone(UTC)

    async def until(self, handle: WorkflowHandle[Any, Any], **wanted: Any) -> dict[str, Any]:
        """Wait until the lead's status is as wanted."""

        async def look() -> dict[str, Any] | None:
            status: dict[str, Any] = await handle.query("status")
            return status if all(status[name] == value for name, value in wanted.items()) else None

        return await self.eventually(look)

    async def away(self, rep_id: str, start: datetime, end: datetime) -> None:
        """Note that a rep is on leave between two instants."""
        time_off = TimeOff.model_validate({"from": start, "to": end, "reason": "leave"})
        await self.store.rosters.add_time_off(rep_id, time_off, at=await self.now())

    async def dispatch(self) -> None:
        """Run the errands that are due, as the dispatcher of a worker does."""
        now = await self.now() + timedelta(seconds=1)
        dispatcher = Dispatcher(self.store.inbox, self.store.outbox, self.env.client, "leads", 100.0, lambda: now)
        while await dispatcher.once():
            pass

    async def eventually(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look until there is something, and give it."""
        async with asyncio.timeout(30):
            while True:
                if (found := await look()) is not None:
                    return found
                await asyncio.sleep(0.02)

    async def until_told(self, person_id: str, number: int = 1) -> list[Message]:
        """Wait until a person was told so much, and list it in order."""

        async def told() -> list[Message] | None:
            return messages if len(messages := self.told(person_id)) >= number else None

        return await self.eventually(told)

    async def until_line(self, handle: WorkflowHandle[Any, Any], kind: str) -> dict[str, Any]:
        """Wait until the lead's story has a line of this kind, and give the first."""

        async def told() -> dict[str, Any] | None:
            return next((dict(entry) for entry in await handle.query("timeline") if entry["kind"] == kind), None)

        return await self.eventually(told)

    def told(self, person_id: str) -> list[Message]:
        """List what a person was told, in order."""
        return [message for message in self.post.sent.values() if message.to.person_id == person_id]


def instant(text: str) -> datetime:
    """Read an instant of a status or a result."""
    return datetime.fromisoformat(text)


@asynccontextmanager
async def running_house(env: WorkflowEnvironment, url: str, policy: Path, roster: Path) -> AsyncIterator[House]:
    """Open a house on a fresh database, with this policy and roster, and a worker."""
    settings = Settings(database_url=SecretStr(url))
    async with open_store(settings) as store:
        await store.database.migrate()
        await load_first_state(store, policy, roster, by="test", at=datetime.now(UTC))
        post = FakeChannel("email")
        asks = Waterfall([CompanyDirectory()], settings.enrich_budget)
        activities = activities_of(store, settings, {ChannelName.EMAIL: post}, asks)
        async with worker_for(env.client, settings, activities):
            yield House(env, store, post)


Opened = Callable[..., AbstractAsyncContextManager[House]]
"""Opens a house with a policy and a roster of the story's own, both as texts."""


def changed(text: str, old: str, new: str) -> str:
    """Change one place of a text; it is an error if it is not there exactly once."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)
