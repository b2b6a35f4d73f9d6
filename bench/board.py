"""How long the board takes on the server with five thousand open leads, beside a page of the same frame without any."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
from sqlalchemy import insert

from api.app import create_app
from bench import scene
from bench.engines import fresh_databases
from bench.harness import Contest, Figure, Samples
from bench.results import Unit
from config.settings import load_settings
from db import tables
from db.statements import chunks
from db.tables.words import Holds
from models.access import Role
from models.base import parse
from models.lead import Stage
from models.roster import Roster
from runtime.front import Front
from runtime.line import Line
from runtime.store import Store, open_store

VIEWS = {
    "the board": "/",
    "its last page": "/?page=100",
    "filters and words": "/?stage=offered&team=crew&within=24h&q=company+7&sort=points",
}
"""What is opened, by what it is called."""

_STAGES = (Stage.OFFERED, Stage.OFFERED, Stage.ACCEPTED, Stage.ROUTING, Stage.NURTURING)
_SPELLS = ("Demo request", "Pricing visit", "Webinar")


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Fill a database of each kind with open leads and four times as many that are over."""
    number, times = (5000, 2) if quick else (5000, 20)
    async with AsyncExitStack() as stack:
        urls = await stack.enter_async_context(fresh_databases())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-"))
        contests: list[Contest] = []
        for engine, url in urls.items():
            settings = load_settings(state_dir=Path(folder), database_url=url)
            store = await stack.enter_async_context(open_store(settings))
            await store.database.migrate()
            await fill(store, number)
            front = replace(Front(settings, store, Line()), clock=lambda: scene.NOON)
            token = await store.sessions.open("oz", "Oz", [Role.OPS], person_id=None, how="bench", at=scene.NOON)
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=create_app(front)),
                base_url=settings.public_url,
                cookies={"baton": token},
            )
            await stack.enter_async_context(client)
            contests += [_contest(client, f"{name} on {engine}", path, times) for name, path in VIEWS.items()]
        yield contests


def _contest(client: httpx2.AsyncClient, name: str, path: str, times: int) -> Contest:
    figure = Figure(name, "the same frame, nothing in it", Unit.SECONDS)

    async def opened(where: str, status: int) -> Samples:
        return {figure.name: [await _open(client, where, status) for _ in range(times)]}

    return Contest((figure,), lambda: opened(path, 200), lambda: opened("/nowhere", 404))


async def _open(client: httpx2.AsyncClient, path: str, status: int) -> float:
    began = perf_counter()
    answer = await client.get(path, headers={"Accept": "text/html"})
    took = perf_counter() - began
    if answer.status_code != status or (status == 200 and answer.text.count('<tr id="lead-') < 20):
        raise ValueError(f"{path}: {answer.status_code}, and hardly a lead in it")
    return took


async def fill(store: Store, number: int) -> None:
    """Put in so many open leads with their offers, and four times as many that are over."""
    text = scene.POLICY.read_text(encoding="utf-8")
    compiled = scene.policy()
    await store.rosters.save(_office_hours(), at=scene.NOON)
    await store.policies.publish(compiled.version, compiled.policy.name, text, by="bench", at=scene.NOON)
    classes = [sla.name for sla in compiled.policy.sla]
    leads = [_lead(place, number, compiled.version) for place in range(5 * number)]
    held = [lead for lead in islice(leads, number) if lead["owner"] is not None]
    offers = [_offer(lead, classes[place % len(classes)]) for place, lead in enumerate(held)]
    async with store.database.writing() as session:
        connection = await session.connection()
        for table, rows in ((tables.Lead, leads), (tables.Ownership, offers)):
            for piece in chunks(rows, 2000):
                await connection.execute(insert(table), list(piece))


def _office_hours() -> Roster:
    """Give the scene's people with hours that close: what is left is then counted window by window."""
    raw = scene.roster(raw=True)
    hours = [["09:00", "12:30"], ["13:30", "18:00"]]
    raw["calendars"]["always"]["week"] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours)
    return parse(Roster, raw)


def _lead(place: int, number: int, version: str) -> dict[str, Any]:
    """Make one lead; those behind `number` are over."""
    stage = _STAGES[place % len(_STAGES)] if place < number else Stage.CONTACTED
    owned = stage in (Stage.OFFERED, Stage.ACCEPTED, Stage.CONTACTED)
    came = scene.NOON - timedelta(minutes=place)
    is_over = place >= number
    return {
        "lead_id": f"lead-{place}",
        "headline": f"{_SPELLS[place % 3]}, Company {place} (DE)",
        "source": ("web", "fair", "ads")[place % 3],
        "type": "demo_request",
        "region": "europe",
        "team": "crew" if owned else None,
        "policy": version,
        "backfill": False,
        "stage": stage,
        "owner": f"rep-{1 + place % scene.REPS}" if owned else None,
        "answerable": scene.MANAGER,
        "offer": int(owned),
        "rung": 1 if owned else 0,
        "due_at": None if is_over else scene.NOON + timedelta(minutes=place % 3000 - 500),
        "next_step": "remind the owner",
        "breached": place % 10 == 0,
        "points": float(place % 60),
        "intent": "high",
        "fit": "strong",
        "received_at": came,
        "changed_at": came,
        "closed_at": came if is_over else None,
        "seq": 1,
    }


def _offer(lead: dict[str, Any], sla: str) -> dict[str, Any]:
    """Make the offer that a lead is held by, with an assignment as long as real ones."""
    return {
        "lead_id": lead["lead_id"],
        "offer": 1,
        "rep_id": lead["owner"],
        "state": Holds.OFFERED,
        "ordered_at": lead["received_at"],
        "offered_at": lead["received_at"],
        "because": "",
        "refund_on": [],
        "assignment": {"sla": sla, "trace": ["a rule that was tried, and why not"] * 120},
    }
