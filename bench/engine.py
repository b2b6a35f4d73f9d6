"""How many leads a second reach a person through the whole of Baton, and how long a hot one takes beside an import."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

from bench import scene
from bench.harness import Contest, Figure, Samples
from bench.results import By, Unit
from bench.site import Site, eventually, running_site
from db.inbox import Arrival
from runtime import clock

THROUGHPUT = Figure("leads, start to offer", "empty workflows", Unit.PER_SECOND)
LATENCY = Figure("hot lead to offer, beside an import", "the same, idle", Unit.SECONDS, By.P95)

AHEAD_S = 3
"""For so many seconds of the dispatcher's pace rows are kept waiting, so that an import never runs dry."""

IMPORT = "bench"

_BETWEEN_LEADS_S = 0.4
_BETWEEN_LOOKS_S = 0.5


@dataclass(frozen=True)
class Sizes:
    """How many leads a round of either contest starts."""

    at_once: int
    hot: int


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up a whole system, with a worker in a process of its own."""
    sizes = Sizes(at_once=4, hot=2) if quick else Sizes(at_once=40, hot=15)
    async with running_site() as site:
        rounds = Rounds(site, sizes)
        yield [
            Contest((THROUGHPUT,), rounds.leads, rounds.empty),
            Contest((LATENCY,), rounds.hot_beside_an_import, rounds.hot),
        ]


class Rounds:
    """One round of each, on one running system."""

    def __init__(self, site: Site, sizes: Sizes) -> None:
        self._site, self._sizes = site, sizes

    async def leads(self) -> Samples:
        """Start leads all at once; how many a second until the last one is offered."""
        ids = self._site.new_ids(self._sizes.at_once)
        began = clock.now()
        await asyncio.gather(*map(self._site.start, ids))
        last = max(offer.at for offer in await self._site.offered(ids))
        await self._site.at_rest(ids)
        return {THROUGHPUT.name: [len(ids) / (last - began).total_seconds()]}

    async def empty(self) -> Samples:
        """Start as many empty workflows all at once; how many a second until the last one has ended."""
        began = perf_counter()
        await self._site.run_empty(self._sizes.at_once)
        return {THROUGHPUT.name: [self._sizes.at_once / (perf_counter() - began)]}

    async def hot(self) -> Samples:
        """Start hot leads one after the other; how long each takes until it is offered."""
        samples = []
        for lead_id in self._site.new_ids(self._sizes.hot):
            began = await self._site.start(lead_id)
            offer = (await self._site.offered([lead_id]))[0]
            samples.append((offer.at - began).total_seconds())
            await asyncio.sleep(_BETWEEN_LEADS_S)
        return {LATENCY.name: samples}

    async def hot_beside_an_import(self) -> Samples:
        """Do so while the dispatcher starts an import's leads at its own pace, then let the import end."""
        enough = asyncio.Event()
        before = await self._imported()
        feeding = asyncio.create_task(self._feed(enough))
        try:
            await eventually("the import's first lead", lambda: self._imported(more_than=before))
            samples = await self.hot()
        finally:
            enough.set()
            imported = await feeding
        await self._site.at_rest(imported)
        return samples

    async def _feed(self, enough: asyncio.Event) -> list[str]:
        """Keep rows of an import waiting until there are enough, and give the ids of all of them."""
        settings, inbox = self._site.system.layout.settings, self._site.store.inbox
        imported: list[str] = []
        while not enough.is_set():
            missing = int(AHEAD_S * settings.import_rate) - (await inbox.counts()).waiting
            ids = self._site.new_ids(max(0, missing))
            if ids:
                rows = [Arrival(one, json.dumps(scene.lead(one)), import_id=IMPORT, paced=True) for one in ids]
                await inbox.put(rows, at=clock.now())
                imported += ids
            await asyncio.sleep(_BETWEEN_LOOKS_S)
        return imported

    async def _imported(self, more_than: int = -1) -> int:
        """Count the import's leads that were started so far; 0 unless there are more than that."""
        started = (await self._site.store.inbox.counts(IMPORT)).started
        return started if started > more_than else 0
