"""What was acknowledged is started: once, by whichever dispatcher is alive, and imports at their pace."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from runtime.dispatcher import LEASE
from tests.chaos.harness import MEASURED, Site, eventually, now, running_site
from tests.chaos.truths import nobody_was_told_twice, nothing_is_lost

RATE = 4.0
"""Starts a second that the imports here are allowed."""


@pytest.fixture(scope="module")
async def crowd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A running system with two workers, so with two dispatchers."""
    async with running_site(tmp_path_factory.mktemp("crowd"), workers=2, import_rate=str(RATE)) as site:
        yield site


async def started_at(site: Site, lead_ids: list[str]) -> list[datetime]:
    """Say when each lead was started, in order; each exactly once."""
    told = [await site.handle(one).describe() for one in lead_ids]
    runs = Counter([run.id async for run in site.client.list_workflows("WorkflowType = 'LeadWorkflow'")])
    assert {1} == {runs[f"lead-{one}"] for one in lead_ids}
    return sorted(one.start_time for one in told)


async def all_started(site: Site, lead_ids: list[str]) -> None:
    """Wait until every lead is in somebody's hands."""
    for one in lead_ids:
        await site.until_offer(one, within=60)


async def test_leads_put_while_temporal_is_down_start_once_it_is_back(crowd: Site) -> None:
    """Twenty leads acknowledged in the dark, two dispatchers: each is started exactly once, within seconds."""
    ids = [f"dark-{n}" for n in range(20)]
    crowd.server.kill()
    await crowd.put(*ids[:10], custom={"ladder": "patient"})
    await asyncio.sleep(1)
    await crowd.put(*ids[10:], custom={"ladder": "patient"})
    assert {"waiting": 20} == {"waiting": (await crowd.store.inbox.counts()).waiting}
    await asyncio.sleep(3)
    await crowd.server.start()
    up_at = now()
    await all_started(crowd, ids)
    lags = [(at - up_at).total_seconds() for at in await started_at(crowd, ids)]
    MEASURED.setdefault("seconds from Temporal being back to an acknowledged lead's start", []).extend(lags)
    assert max(lags) <= LEASE.total_seconds() / 2, "a row waits for no lease of a dispatcher that lives"
    await nothing_is_lost(crowd, ids)
    nobody_was_told_twice(crowd.sinks)


async def test_an_import_keeps_its_pace_and_a_hot_lead_passes_it(crowd: Site) -> None:
    """However many dispatchers run, an import starts `import_rate` leads a second; a door's lead does not queue."""
    ids = [f"import-{n:02}" for n in range(24)]
    put_at = now()
    await crowd.put(*ids, paced=True, custom={"ladder": "patient"})
    await asyncio.sleep(1)
    hot_at = now()
    await crowd.put("hot", custom={"ladder": "patient"})
    await all_started(crowd, [*ids, "hot"])
    starts = await started_at(crowd, ids)
    hot = (await started_at(crowd, ["hot"]))[0]
    assert hot - hot_at <= timedelta(seconds=2)
    assert hot < starts[-1]
    took = (starts[-1] - put_at).total_seconds()
    MEASURED.setdefault(f"imports started a second, {RATE} allowed", []).append(len(ids) / took)
    assert took >= (len(ids) - RATE - 1) / RATE, "more than its share, a second's worth saved up included"


async def test_a_killed_dispatchers_row_is_started_by_another(crowd: Site) -> None:
    """A dispatcher dies with rows in its hands: once its lease is over, the other one starts them."""
    ids = [f"orphan-{n}" for n in range(3)]
    dead, alive = crowd.workers
    alive.kill()
    assert crowd.server.pid is not None
    os.kill(crowd.server.pid, signal.SIGSTOP)  # a start hangs now
    await crowd.put(*ids, custom={"ladder": "patient"})

    async def leased() -> bool:
        return not await crowd.store.inbox.claim(1, now=now(), lease=timedelta(0))

    await eventually("the rows are in its hands", leased, every=0.2)
    dead.kill()
    os.kill(crowd.server.pid, signal.SIGCONT)
    await alive.start()
    await all_started(crowd, ids)
    await started_at(crowd, ids)
    await nothing_is_lost(crowd, ids)
    nobody_was_told_twice(crowd.sinks)
