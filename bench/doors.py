"""How soon a demo request posted at the door is offered while a large import runs, beside the idle door.

The import is a file of ten thousand leads; while it is worked through, at least three of them a second have to get
somewhere: to a person, to nurturing, to review.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import httpx2
from sqlalchemy import func, update
from sqlmodel import col, select

from bench import scene
from bench.harness import Contest, Figure, Samples
from bench.results import By, Unit
from bench.site import Site, eventually, running_site
from db import tables
from db.tables.words import Intake
from models.lead import Stage
from runtime import clock

LEAST = 3.0
"""Imported leads a second that have to get somewhere meanwhile."""

EVERY = timedelta(seconds=1)
"""Between two demo requests."""

ON_THEIR_WAY = (Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING, Stage.ROUTING)


@dataclass(frozen=True)
class Sizes:
    """How many leads are imported; for how long the door is watched; and for how long an import may warm up."""

    leads: int
    window: timedelta
    warm: timedelta


FULL = Sizes(leads=10_000, window=timedelta(minutes=2), warm=timedelta(seconds=5))
QUICK = Sizes(leads=60, window=timedelta(seconds=2), warm=timedelta(seconds=0.5))


class Door:
    """The HTTP app in a process of its own, as tools meet it."""

    def __init__(self, site: Site, client: httpx2.AsyncClient) -> None:
        self._site, self._client = site, client
        self._imports = count(1)

    async def demo_request(self, lead_id: str) -> datetime:
        """Post one, and give the instant it was sent at."""
        at = clock.now()
        answer = await self._client.post("/v1/leads", json={**scene.lead(lead_id), "lead_id": lead_id})
        answer.raise_for_status()
        return at

    async def start_import(self, number: int) -> None:
        """Send a file of so many leads; it is kept when this ends, and hardly any of it is started."""
        name = f"import-{next(self._imports)}"
        head = "source,type,email,title,company.name,company.domain,company.employees,company.country\n"
        kinds = ("event_scan", "webinar", "content_download", "demo_request")
        rows = (
            f"fair,{kinds[n % 4]},kim@{name}-{n}.example,Head of Sales,Company {name} {n},{name}-{n}.example,300,DE\n"
            for n in range(number)
        )
        headers = {"content-type": "text/csv"}
        answer = await self._client.post("/v1/leads/import", content=head + "".join(rows), headers=headers, timeout=120)
        answer.raise_for_status()

    async def settled(self) -> int:
        """Count the imported leads that have got somewhere."""
        inbox, lead = tables.Inbox, tables.Lead
        asked = (
            select(func.count())
            .select_from(inbox)
            .join(lead, col(lead.lead_id) == col(inbox.lead_id))
            .where(col(inbox.paced), col(lead.stage).not_in(ON_THEIR_WAY))
        )
        async with self._site.store.database.reading() as session:
            return (await session.exec(asked)).one()

    async def end_imports(self) -> None:
        """Take back what is not started yet, and wait until what is started has got somewhere."""
        inbox = tables.Inbox
        waiting = update(inbox).where(col(inbox.paced), col(inbox.state) == Intake.WAITING)
        async with self._site.store.database.writing() as session:
            await session.exec(waiting.values(state=Intake.REFUSED))

        async def look() -> bool:
            started = select(func.count()).select_from(inbox).where(col(inbox.paced), inbox.state == Intake.STARTED)
            async with self._site.store.database.reading() as session:
                return (await session.exec(started)).one() <= await self.settled()

        await eventually("the started leads of the import at rest", look)


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up a whole system with its HTTP app."""
    sizes = QUICK if quick else FULL
    soon = Figure(f"demo request to offer during an import of {sizes.leads:,}", "idle", Unit.SECONDS, By.P95)
    pace = Figure("imported leads that got somewhere meanwhile", "the least that is promised", Unit.PER_SECOND)
    async with running_site() as site, open_door(site) as door:
        await watch(site, door, sizes.warm)  # as warm as in service

        async def importing() -> Samples:
            await door.start_import(sizes.leads)
            await asyncio.sleep(sizes.warm.total_seconds())
            before, since = await door.settled(), clock.now()
            lags = await watch(site, door, sizes.window)
            done = (await door.settled() - before) / (clock.now() - since).total_seconds()
            await door.end_imports()
            return {soon.name: lags, pace.name: [max(done, 1e-3)]}

        async def idle() -> Samples:
            return {soon.name: await watch(site, door, sizes.window), pace.name: [LEAST]}

        yield [Contest((soon, pace), importing, idle)]


@asynccontextmanager
async def open_door(site: Site) -> AsyncIterator[Door]:
    """Stand before the HTTP app of the system, with its key."""
    system = site.system
    await system.doors_open()
    headers = {"Authorization": f"Bearer {system.key}"}
    async with httpx2.AsyncClient(base_url=system.url, headers=headers, timeout=30) as client:
        yield Door(site, client)


async def watch(site: Site, door: Door, window: timedelta) -> list[float]:
    """Post a demo request every second of a window; seconds from each post until it was offered to somebody."""
    begun, sent = asyncio.get_running_loop().time(), {}
    for number, lead_id in enumerate(site.new_ids(math.ceil(window / EVERY))):
        await asyncio.sleep(begun + number * EVERY.total_seconds() - asyncio.get_running_loop().time())
        sent[lead_id] = await door.demo_request(lead_id)
    offers = await site.offered(sent)
    return [(offer.at - sent[offer.lead_id]).total_seconds() for offer in offers]
