"""Dead, slow, lying and throttling providers together: the offer goes out in time, and what comes late counts."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from adapters.channels.fake import FakeChannel
from adapters.enrichers.waterfall import Waterfall
from config.load import SHIPPED
from config.settings import Settings
from models.roster import ChannelName
from runtime.bootstrap import activities_of, worker_for
from runtime.enriching import LateAnswers
from runtime.loopback import free_port
from runtime.providers import waterfall_of
from runtime.store import load_first_state, open_store
from tests.stories.house import ROSTER, House

BUDGET = timedelta(seconds=0.6)
MONDAY = 0

FILE = """
providers:
  - {name: directory, kind: directory}
  - name: dead
    kind: http
    url: "DEAD/{domain}"
    fields: &fields {company.domain: domain, company.employees: employees}
  - {name: liar, kind: http, url: "LIAR/{domain}", fields: *fields}
  - {name: throttled, kind: http, url: "THROTTLED/{domain}", fields: *fields}
  - name: slow
    kind: http
    url: "SLOW/{domain}"
    fields: {company.domain: domain, company.employees: employees, company.industry: industry}
  - {name: good, kind: http, url: "GOOD/{domain}", fields: {company.country: country, company.city: city}, cost: 0.1}
"""  # fmt: skip

TWO_SENIORS = re.sub(r"(id: (?:cho|dov|eva), .*)level: senior", r"\1level: sdr", ROSTER)
SENIORS = ("ana", "ben")

LEAD = {"source": "web", "type": "demo_request", "email": "kim@acme.example", "title": "Chief Operating Officer"}


def _reply(status: str, body: dict[str, Any], *headers: str, after: float = 0) -> Callable[..., Awaitable[None]]:
    text = json.dumps(body).encode()
    head = "\r\n".join(
        (f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(text)}", *headers)
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(after)
            writer.write(head.encode() + b"\r\nConnection: close\r\n\r\n" + text)
            await writer.drain()
        finally:
            writer.close()

    return answer


@asynccontextmanager
async def providers(folder: Path) -> AsyncIterator[Path]:
    """Serve each provider on loopback, and give the file that names them."""
    answers = {
        "LIAR": _reply("200 OK", {"domain": "globex.example", "employees": 3}),
        "THROTTLED": _reply("429 Too Many Requests", {}, "Retry-After: 3600"),
        "SLOW": _reply("200 OK", {"domain": "acme.example", "employees": 5000, "industry": "electronics"}, after=1),
        "GOOD": _reply("200 OK", {"country": "Germany", "city": "Bremen"}),
    }
    text = FILE.replace("DEAD", f"http://127.0.0.1:{free_port().port}")
    async with AsyncExitStack() as stack:
        for name, answer in answers.items():
            server = await stack.enter_async_context(await asyncio.start_server(answer, "127.0.0.1", 0))
            text = text.replace(name, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        path = folder / "providers.yaml"
        path.write_text(text, encoding="utf-8")
        yield path


async def test_trouble_delays_no_offer_and_late_answers_count(
    time_skipping_env: WorkflowEnvironment, tmp_path: Path
) -> None:
    """One knows the country at once and is believed; the slow one's head count comes later and is scored then."""
    async with providers(tmp_path) as file:
        url = SecretStr(f"sqlite:///{tmp_path / 'baton.db'}")
        settings = Settings(database_url=url, providers=file, enrich_budget=BUDGET)
        async with open_store(settings) as store, waterfall_of(settings, store) as asks:
            await store.database.migrate()
            roster = tmp_path / "roster.yaml"
            roster.write_text(TWO_SENIORS, encoding="utf-8")
            await load_first_state(store, SHIPPED / "default.yaml", roster, by="test", at=datetime.now(UTC))
            post = FakeChannel("email")
            activities = activities_of(store, settings, {ChannelName.EMAIL: post}, asks)
            async with worker_for(time_skipping_env.client, settings, activities):
                house = House(time_skipping_env, store, post)
                await house.sleep_until(await house.next_weekday(MONDAY, time(10), "Europe/Berlin"))
                await _story(house, asks)


async def _story(house: House, asks: Waterfall) -> None:
    handle = await house.start("kim", **LEAD, company={}, country=None)
    offered = await house.until(handle, stage="offered")
    assert offered["owner"] not in SENIORS, "nobody knows yet how large the company is"
    before = await handle.query("explanation")
    asked = {one["provider"]: one for one in before["enrichment"]["asked"]}
    within = await house.store.leads.enrichment("kim")
    assert within is not None
    assert max(one.took for one in within.asked) < BUDGET + timedelta(seconds=0.3)
    failed = dict.fromkeys(("dead", "liar", "throttled", "slow"), "failed")
    assert {"directory": "nothing", "good": "found", **failed} == {name: one["outcome"] for name, one in asked.items()}
    assert "answered about another company" in asked["liar"]["because"]
    facts = await house.store.leads.facts("kim")
    assert facts is not None
    assert ("DE", "Bremen", None) == (facts.company.country, facts.company.city, facts.company.employees)
    assert ("good", "good", True) == (
        facts.origin["company.country"], facts.origin["company.city"], before["enrichment"]["later"],
    )  # fmt: skip

    now = await house.now() + timedelta(seconds=1)
    await LateAnswers(house.store, asks, lambda: now).once()
    await house.dispatch()
    after = await house.eventually(lambda: _scored_anew(house, before["score"]["points"]))
    now_with = await house.eventually(lambda: _offered_again(handle, offered["offer"]))
    assert now_with in SENIORS, "the size makes it a senior's, and nobody had accepted it"
    facts = await house.store.leads.facts("kim")
    assert facts is not None
    assert (5000, "slow") == (facts.company.employees, facts.origin["company.employees"])
    assert after > before["score"]["points"]
    story = [entry["says"] for entry in await handle.query("timeline")]
    assert [line for line in story if "slow" in line and "company.employees" in line]
    used = {one.provider: (one.asked, one.cost) for one in await house.store.provider_uses.list(now.date())}
    assert {"slow": (2, 0), "good": (1, 0.1), "liar": (1, 0)}.items() <= used.items()


async def _offered_again(handle: WorkflowHandle[Any, Any], first: int) -> str | None:
    status = await handle.query("status")
    return str(status["owner"]) if status["stage"] == "offered" and status["offer"] > first else None


async def _scored_anew(house: House, before: float) -> float | None:
    score = await house.store.leads.score("kim")
    return score.points if score is not None and score.points != before else None
