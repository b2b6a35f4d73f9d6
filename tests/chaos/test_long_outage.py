"""After a long outage: what is overdue runs at once, in the order it fell due, and each lead takes one step."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from statistics import median

import pytest

from tests.chaos.harness import MEASURED, PROMISED, Site, eventually, now, running_site
from tests.chaos.truths import nothing_is_lost

IN_HAND = 20
"""How far half of the leads may be from their turn: as many tasks as a worker has in hand."""


@pytest.fixture
async def dark(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A running system with one worker."""
    async with running_site(tmp_path_factory.mktemp("dark")) as site:
        yield site


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("leads", "ladder", "window"), [(50, "long", 60), (200, "longest", 180)])
async def test_overdue_leads_take_one_step_each_in_due_order(dark: Site, leads: int, ladder: str, window: int) -> None:
    """Server and worker dead until every lead is overdue: fifty within 5 s of being up, more at the house's pace."""
    site, ids = dark, [f"dark-{n:03}" for n in range(leads)]
    await site.put(*ids, custom={"ladder": ladder, "pool": "quiet"})
    await eventually("everybody is asked", lambda: _offered(site, 1, leads), within=window - 10, every=0.5)
    due_at = {one.lead_id: one.offered_at + timedelta(seconds=window) for one in await site.offers()}
    assert now() < min(due_at.values()), "the machine is too slow for this window: nothing may be due yet"
    site.worker.kill()
    site.server.kill()
    await asyncio.sleep((max(due_at.values()) - now()).total_seconds() + 2)
    await site.server.start()
    up_at = await site.worker.start()
    await eventually("everybody's backup is asked", lambda: _offered(site, 2, leads), within=180, every=0.2)
    second = {one.lead_id: one.offered_at for one in await site.offers() if one.offer == 2}

    lags = [(at - up_at).total_seconds() for at in second.values()]
    MEASURED.setdefault(f"seconds from being up to the step of each of {leads} overdue leads", []).extend(lags)
    by_due, by_step = sorted(due_at, key=due_at.__getitem__), sorted(second, key=second.__getitem__)
    moved = [abs(by_due.index(one) - place) for place, one in enumerate(by_step)]
    MEASURED.setdefault(f"places from its turn, of {leads} overdue leads", []).extend(moved)
    if leads <= 50:
        assert max(lags) <= PROMISED.total_seconds()
    else:
        assert median(moved) <= IN_HAND, "in due order, but for what is in hand at the same time"
        assert max(moved) <= leads / 2, "nobody is passed by half of the others"
    assert {2} == {max(one.offer for one in await site.offers(lead_id)) for lead_id in ids}, "one step each"
    await nothing_is_lost(site)


async def _offered(site: Site, number: int, leads: int) -> bool:
    return len([one for one in await site.offers() if one.offer == number]) == leads
