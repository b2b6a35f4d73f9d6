"""How soon overdue rungs run when a killed worker comes back: a crowd of them beside a single one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bench import scene
from bench.harness import Contest, Figure, Samples
from bench.results import Unit
from bench.site import Site, running_site
from runtime import clock


@dataclass(frozen=True)
class Sizes:
    """How many rungs are overdue; for how long when the worker is started again; and how far ahead they are set.

    The outage is longer than the second the engine waits for the worker that knew the lead.
    """

    crowd: int
    outage: timedelta
    ahead: timedelta


FULL = Sizes(crowd=50, outage=timedelta(seconds=3), ahead=timedelta(seconds=10))
QUICK = Sizes(crowd=3, outage=timedelta(seconds=1.2), ahead=timedelta(seconds=1.5))


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up a whole system whose worker can be killed."""
    sizes = QUICK if quick else FULL
    first = Figure(f"first of {sizes.crowd} overdue rungs", "the only one", Unit.SECONDS)
    last = Figure(f"last of {sizes.crowd} overdue rungs", "the only one", Unit.SECONDS)
    async with running_site() as site:

        async def outage(number: int) -> Samples:
            soonest, latest = await recover(site, number, sizes)
            return {first.name: [soonest], last.name: [latest]}

        yield [Contest((first, last), lambda: outage(sizes.crowd), lambda: outage(1))]


async def recover(site: Site, number: int, sizes: Sizes) -> tuple[float, float]:
    """Let so many rungs become overdue without a worker; seconds from its return until the first and the last ran."""
    lead_ids = await strand(site, number, sizes)
    ready_at = await site.restart_worker()
    ran = [offer.at for offer in await site.offered(lead_ids, number=2)]
    await site.at_rest(lead_ids)
    return (min(ran) - ready_at).total_seconds(), (max(ran) - ready_at).total_seconds()


async def strand(site: Site, number: int, sizes: Sizes) -> list[str]:
    """Leave leads with their next offer overdue, all since the same instant, and the worker killed before it.

    A manager sets that instant for each. When that took too long it is tried again with more time. Raises
    `TimeoutError` when that takes minutes.
    """
    ahead = sizes.ahead
    while ahead < timedelta(minutes=2):
        lead_ids = site.new_ids(number)
        await asyncio.gather(*map(site.start, lead_ids))
        await site.offered(lead_ids)
        await site.at_rest(lead_ids)
        due_at = clock.now() + ahead
        extension = {"by": scene.MANAGER, "until": due_at.isoformat()}
        verdicts = await asyncio.gather(*(site.handle(one).execute_update("extend", extension) for one in lead_ids))
        site.system.worker.kill()
        if clock.now() < due_at and all(verdict["verdict"] == "done" for verdict in verdicts):
            await asyncio.sleep((due_at + sizes.outage - clock.now()).total_seconds())
            return lead_ids
        await site.restart_worker()
        ahead *= 2
    raise TimeoutError(f"the next rungs of {number} leads could not be set within {ahead / 2}")
