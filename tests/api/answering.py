"""A house in which reps answer from pages and from Slack: real Temporal, a real worker, and a Slack on loopback.

async with answering_house(temporal_client, folder) as house:
    lead_id, owner = await house.offered()
    page = await house.get(house.path(lead_id, 1, owner))
"""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx2
import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from temporalio.client import Client

from adapters.channels.slack import SlackChannel
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.waterfall import Waterfall
from api.app import create_app
from config.load import open_policy
from config.settings import load_settings
from models.base import parse
from models.roster import ChannelName, Roster
from runtime import clock
from runtime.bootstrap import activities_of, worker_for
from runtime.chores import run_chores
from runtime.front import Front
from runtime.line import Line
from runtime.refreshing import Refresher
from runtime.store import open_store
from tests.api.house import KEYS, Doors, listening, nobody_there
from tests.cli.house import ROSTER, policy_text

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
LEAD = {
    "source": "web",
    "type": "demo_request",
    "first_name": "Kim",
    "last_name": "Lake",
    "title": "Chief Operating Officer",
    "phone": "+49 30 901820",
    "message": "We would like to see it <b>soon</b>.\nKim",
}

T = TypeVar("T")
_numbers = count(1)


@dataclass
class Slack:
    """A Slack that keeps what it is told: messages as they stand, and what was said to one person alone."""

    url: str = ""
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    whispers: list[dict[str, Any]] = field(default_factory=list)
    refuses: list[JSONResponse] = field(default_factory=list)
    """What the next changes are answered instead."""

    def app(self) -> FastAPI:
        """Make the server."""
        app = FastAPI()

        @app.post("/api/chat.postMessage")
        async def post(request: Request) -> dict[str, Any]:
            said = await request.json()
            ts = f"1690000000.{next(_numbers):06d}"
            self.messages[ts] = said
            return {"ok": True, "channel": f"D{said['channel']}", "ts": ts}

        @app.post("/api/chat.update", response_model=None)
        async def update(request: Request) -> dict[str, Any] | JSONResponse:
            if self.refuses:
                return self.refuses.pop(0)
            said = await request.json()
            self.changes.append(said)
            self.messages[said["ts"]] = said
            return {"ok": True, "channel": said["channel"], "ts": said["ts"]}

        @app.post("/actions/{ident}")
        async def whisper(request: Request) -> dict[str, Any]:
            self.whispers.append(await request.json())
            return {"ok": True}

        return app

    def about(self, lead_id: str, person: str) -> tuple[str, dict[str, Any]] | None:
        """Find the message about a lead to a person, as it stands now."""
        key = f'"lead_id":"{lead_id}"'
        known = {ts: said for ts, said in self.messages.items() if key in json.dumps(said, separators=(",", ":"))}
        return next(((ts, said) for ts, said in known.items() if said.get("channel", "").endswith(person)), None)


@dataclass(frozen=True)
class House:
    """The doors before a worker, with a client that is a phone's browser or Slack."""

    doors: Doors
    temporal: Client
    queue: str
    slack: Slack

    @property
    def front(self) -> Front:
        """What the doors stand on."""
        return self.doors.front

    async def offered(self, **changes: Any) -> tuple[str, str]:
        """Let a lead in, wait until somebody is asked, and give its id and theirs."""
        lead_id = f"page-{next(_numbers)}-{hashlib.sha256(str(id(self)).encode()).hexdigest()[:8]}"
        company = {"name": f"Company {lead_id}", "domain": f"{lead_id}.example", "employees": 40_000}
        lead = {**LEAD, "email": f"kim@{lead_id}.example", "company": company, "lead_id": lead_id, **changes}
        await self.temporal.start_workflow("LeadWorkflow", lead, id=f"lead-{lead_id}", task_queue=self.queue)
        return lead_id, await self.until(lambda: self._asked(lead_id))

    async def _asked(self, lead_id: str) -> str | None:
        card = await self.front.store.leads.get(lead_id)
        return card.owner if card and card.stage == "offered" else None

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look until there is something, and give it."""
        async with asyncio.timeout(30):
            while True:
                if (found := await look()) is not None:
                    return found
                await asyncio.sleep(0.02)

    async def until_stage(self, lead_id: str, stage: str) -> None:
        """Wait until the database says so."""

        async def look() -> bool | None:
            card = await self.front.store.leads.get(lead_id)
            return True if card and card.stage == stage else None

        await self.until(look)

    async def moved(self, lead_id: str, owner: str) -> str:
        """Give a lead to somebody else, and say to whom."""
        other = next(one for one in ("ana", "ben", "cam") if one != owner)
        message = {"rep_id": other, "by": "mia", "reason": "a test"}
        answer = await self.front.speaker.say("reassign", lead_id, message)
        assert "done" == answer.outcome, answer.sentence
        return other

    def path(self, lead_id: str, offer: int, person: str, kind: Any = "offer") -> str:
        """Give the path of somebody's link."""
        assert self.front.links is not None
        url = self.front.links.url(lead_id, offer, person, kind)
        return url.removeprefix(self.front.settings.public_url)

    async def tap(self, path: str, act: str, doors: Doors | None = None, **more: str) -> httpx2.Response:
        """Open the page, and send its form as a browser does."""
        on = doors or self.doors
        page = (await on.get(path)).text
        form = {"act": act, "offer": _hidden(page, "offer"), "once": _hidden(page, "once"), **more}
        return await self.send(path, form, on)

    async def send(self, path: str, form: dict[str, str], doors: Doors | None = None) -> httpx2.Response:
        """Send a form."""
        on, headers = doors or self.doors, {"content-type": "application/x-www-form-urlencoded"}
        return await on.ask("POST", path, content=urlencode(form).encode(), headers=headers)

    async def click(self, payload: dict[str, Any], **changes: str) -> httpx2.Response:
        """Send an interaction, signed as Slack signs it."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        at = changes.pop("at", str(int(clock.now().timestamp())))
        signed = b":".join((b"v0", at.encode(), body))
        signature = hmac.new(SIGNING_SECRET.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": at,
            "x-slack-signature": f"v0={signature}",
            **changes,
        }
        return await self.doors.ask("POST", "/v1/slack/interactions", content=body, headers=headers)

    async def until_whispered(self, so: Callable[[str], bool]) -> str:
        """Wait until somebody was told something that is so."""

        async def look() -> str | None:
            return next((one["text"] for one in self.slack.whispers if so(one["text"])), None)

        return await self.until(look)


def press(message: dict[str, Any], action_id: str, user: str, url: str, option: int = 0) -> dict[str, Any]:
    """Make the payload that Slack sends when somebody presses a button of a message."""
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    found = [(block, one) for block in blocks for one in block["elements"] if one["action_id"] == action_id]
    block, element = found[0]
    action = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"], "action_ts": "1.1"}
    if "value" in element:
        action["value"] = element["value"]
    if "options" in element:
        action["selected_option"] = element["options"][option]
    return {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [action],
        "response_url": f"{url}/actions/T1",
    }


def buttons(message: dict[str, Any]) -> list[str]:
    """List what may be pressed in a message."""
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in block["elements"]]


def _hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def roster() -> Roster:
    """The command line's tests' roster, in Slack."""
    known = yaml.safe_load(ROSTER)
    for person in (*known["reps"], *known["managers"]):
        person["slack"] = f"U000{person['id'].upper()}"
        person["channels"] = ["slack"]
    known["reps"][0]["tz"] = "Europe/Istanbul"
    return parse(Roster, known)


@asynccontextmanager
async def answering_house(temporal: Client, folder: Path) -> AsyncIterator[House]:
    """Open a house on a fresh database, with a worker and the chore that changes messages."""
    slack, queue = Slack(), f"answering-{folder.name}"
    async with AsyncExitStack() as stack:
        slack.url = await stack.enter_async_context(listening(slack.app()))
        settings = load_settings(
            state_dir=folder,
            database_url=f"sqlite:///{folder / 'baton.db'}",
            secret_keys=[KEYS],
            task_queue=queue,
            slack_bot_token="xoxb-0-test-token-of-nobody",
            slack_signing_secrets=[SIGNING_SECRET],
            slack_url=f"{slack.url}/api",
        )
        store = await stack.enter_async_context(open_store(settings))
        await store.database.migrate()
        text = policy_text()
        policy = open_policy(text, "policy.yaml")
        await store.rosters.save(roster(), at=clock.now())
        await store.policies.publish(policy.version, policy.policy.name, text, by="tests", at=clock.now())
        channel = SlackChannel(token="xoxb-0-test-token-of-nobody", clock=clock.now, url=settings.slack_url)
        stack.push_async_callback(channel.aclose)
        channels = {ChannelName.SLACK: channel}
        asks = Waterfall([CompanyDirectory()], settings.enrich_budget)
        activities = activities_of(store, settings, channels, asks)
        await stack.enter_async_context(worker_for(temporal, settings, activities))

        async def there() -> Client:
            return temporal

        front = Front(settings, store, Line(there))
        chores = asyncio.create_task(run_chores([Refresher(store, channels, clock.now, front.links)]))
        stack.push_async_callback(_ended, chores)
        app = create_app(front)
        transport = httpx2.ASGITransport(app=app)
        client = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=settings.public_url))
        yield House(Doors(front, app, client), temporal, queue, slack)


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def before(front: Front) -> AsyncIterator[Doors]:
    """The same doors on something else."""
    app = create_app(front)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=front.settings.public_url) as client:
        yield Doors(front, app, client)


def without_temporal(house: House) -> AbstractAsyncContextManager[Doors]:
    """The same doors while nobody answers where Temporal should be."""
    return before(replace(house.front, line=Line(nobody_there)))
