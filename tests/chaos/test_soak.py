"""Two hundred leads on their ladders while workers and server are killed again and again, by chance."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlmodel import col, select
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from db import tables
from db.engine import DatabaseUnreachable
from db.tables.words import End, Holds, Posting
from runtime.embedded import EmbeddedTemporal
from tests.chaos.harness import MEASURED, PROMISED, Site, eventually, now, running_site
from tests.chaos.processes import WorkerProcess
from tests.chaos.truths import nobody_was_told_twice, nothing_is_lost

LEADS, KILLS = 200, 60
WINDOW = timedelta(seconds=4)
"""How long each one asked has, by `policy.yaml`."""

SETTLED = {"accepted", "contacted", "triage"}


@dataclass
class Team:
    """Reps who accept, decline, make contact, or are silent; they remember what they were told."""

    site: Site
    dice: random.Random
    accepted: dict[str, str] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)

    async def work(self) -> None:
        """Answer offers until cancelled; whoever is away is tried again."""
        seen: set[tuple[str, int]] = set()
        async with asyncio.TaskGroup() as answering:
            while True:
                for lead_id, offer, rep_id in await self._open_offers():
                    if (lead_id, offer) not in seen:
                        seen.add((lead_id, offer))
                        answering.create_task(self._answer(lead_id, offer, rep_id, self.dice.random()))
                await asyncio.sleep(0.5)

    async def _open_offers(self) -> list[tuple[str, int, str]]:
        table = tables.Ownership
        asked = select(table.lead_id, table.offer, table.rep_id).where(
            col(table.ended_at).is_(None), table.state == Holds.OFFERED
        )
        try:
            async with self.site.store.database.reading() as session:
                return [(lead_id, offer, rep_id) for lead_id, offer, rep_id in (await session.exec(asked)).all()]
        except DatabaseUnreachable:
            return []

    async def _answer(self, lead_id: str, offer: int, rep_id: str, mood: float) -> None:
        if mood > 0.4:
            return
        await asyncio.sleep(mood * 10)
        if mood > 0.25:
            await self.say(lead_id, "decline", rep_id=rep_id, offer=offer, reason="on the road")
        elif await self.say(lead_id, "accept", rep_id=rep_id, offer=offer):
            self.accepted[lead_id] = rep_id
            if mood > 0.12:
                await self.say(lead_id, "contacted", rep_id=rep_id)

    async def say(self, lead_id: str, name: str, **message: Any) -> bool:
        """Say it as the contract tells tools to: an update, and if it is not answered a signal with the same key."""
        message["key"] = f"{name}-{lead_id}-{message.get('offer', 0)}"
        handle = self.site.handle(lead_id)
        try:
            verdict = await handle.execute_update(name, message, id=message["key"], rpc_timeout=timedelta(seconds=3))
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
            self.told["recorded"] += 1
            await self._signal(lead_id, name, message)
            return False
        self.told[f"{name} {verdict['verdict']}"] += 1
        return bool(verdict["verdict"] == "done")

    async def _signal(self, lead_id: str, name: str, message: dict[str, Any]) -> None:
        while True:
            try:
                await self.site.handle(lead_id).signal(name, message, rpc_timeout=timedelta(seconds=3))
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return
                await asyncio.sleep(0.5)
            else:
                return


@dataclass
class Axeman:
    """Kills by chance, brings back, and notes when, and what was being sent."""

    site: Site
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    cut: list[str] = field(default_factory=list)
    shaken_at: list[datetime] = field(default_factory=list)

    async def work(self, times: int) -> None:
        """Kill so often."""
        for _ in range(times):
            await asyncio.sleep(self.dice.uniform(0.5, 3.0))
            victims: list[EmbeddedTemporal | WorkerProcess] = [self.site.server, *self.site.workers]
            victim = self.dice.choice(victims)
            victim.kill()
            self.shaken_at.append(now())
            self.kills["server kills" if victim is self.site.server else "worker kills"] += 1
            self.cut += await self.site.in_mid_send()
            await asyncio.sleep(self.dice.choice([0.0, 0.0, 1.0, 3.0]))
            await victim.start()
            self.shaken_at.append(now())


@pytest.fixture
async def besieged(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A running system with two workers."""
    async with running_site(tmp_path_factory.mktemp("besieged"), workers=2) as site:
        yield site


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_two_hundred_leads_survive_sixty_kills(besieged: Site) -> None:
    """None is lost, none has two owners, each acknowledged accept stands, nobody is told twice, no ladder is burnt."""
    site, seed = besieged, 7
    team, axeman = Team(site, random.Random(seed)), Axeman(site, random.Random(seed + 1))
    answering = asyncio.create_task(team.work())
    killing = asyncio.create_task(axeman.work(KILLS))
    ids = [f"soak-{n:03}" for n in range(LEADS)]
    for one in ids:
        await site.put(one)
        await asyncio.sleep(0.8)
    await killing
    await eventually("every lead is settled", lambda: _all_settled(site), within=180, every=1.0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)

    assert (LEADS, 0) == ((await site.store.inbox.counts()).started, (await site.store.inbox.counts()).waiting)
    await nothing_is_lost(site)
    for lead_id, rep_id in team.accepted.items():
        assert rep_id == await site.owner(lead_id), await site.picture(lead_id)
    nobody_was_told_twice(site.sinks, axeman.cut)
    await _ladders_are_whole(site, axeman)
    for what, number in [*team.told.items(), *axeman.kills.items()]:
        MEASURED.setdefault(f"soak: {what}", []).append(number)
    repeats = sum(line["repeat"] for line in site.sinks.taken())
    MEASURED.setdefault("soak: messages that came again under their key", []).append(repeats)


async def _all_settled(site: Site) -> bool:
    async with site.store.database.reading() as session:
        stages = (await session.exec(select(tables.Lead.stage))).all()
    return len(stages) == LEADS and set(map(str, stages)) <= SETTLED


async def _ladders_are_whole(site: Site, axeman: Axeman) -> None:
    """Each one asked had their whole window, and each offer one turn; how late the next came is noted."""
    offers = await site.offers()
    for before, after in pairwise(offers):
        if before.lead_id == after.lead_id and before.ended is End.EXPIRED:
            window = after.offered_at - before.offered_at
            assert window >= WINDOW - timedelta(milliseconds=50), await site.picture(before.lead_id)
            due_at = before.offered_at + WINDOW
            shaken_at = max((at for at in axeman.shaken_at if at <= after.offered_at), default=due_at)
            lag = (after.offered_at - max(due_at, shaken_at)).total_seconds()
            assert lag <= PROMISED.total_seconds(), await site.picture(before.lead_id)
            MEASURED.setdefault("soak: seconds from due, or the last kill or return, to the next offer", []).append(lag)
    table = tables.Ledger
    async with site.store.database.reading() as session:
        turns = (await session.exec(select(table).where(table.posting == Posting.TURN))).all()
    posted = Counter((line.lead_id, line.offer, line.rep_id) for line in turns)
    assert {1} == set(posted.values())
