"""Accepts in the very moment in which a lead moves on: whoever is told "yours" has it, and nobody else."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from db import tables
from models.ladder import EntryKind
from tests.chaos.harness import MEASURED, Site, eventually, now
from tests.chaos.truths import nothing_is_lost

SPREAD = timedelta(seconds=0.5)
"""Accepts come so much before or after the deadline, evenly spread."""

STARTS_A_SECOND = 4.0
"""Paced to what the embedded server bears, or every timer would fire late and nothing would be near a deadline."""

QUIET = {"ladder": "deadline", "pool": "quiet"}


@dataclass
class Race:
    """One lead, who said what at its deadline, and what they were told."""

    lead_id: str
    offset: timedelta
    first: str = ""
    verdicts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def winners(self) -> list[str]:
        """Name who was told that it is theirs."""
        return [rep_id for rep_id, verdict in self.verdicts.items() if verdict["verdict"] == "done"]


async def test_24_accepts_at_the_deadline(site: Site) -> None:
    """Every acknowledged accept at the deadline +-0.5 s is honoured."""
    await races(site, 24)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_1000_accepts_at_the_deadline(site: Site) -> None:
    """Every acknowledged accept at the deadline +-0.5 s is honoured, a thousand times."""
    await races(site, 1000)


async def races(site: Site, count: int) -> None:
    """Run `count` leads into their deadline while their first rep, and then another, accepts."""
    offsets = [SPREAD * (2 * place / (count - 1) - 1) for place in range(count)]
    random.Random(20_26).shuffle(offsets)
    every = [Race(f"race-{count}-{place:04}", offset) for place, offset in enumerate(offsets)]
    running = []
    for race in every:
        running.append(asyncio.create_task(run(site, race)))
        await asyncio.sleep(1 / STARTS_A_SECOND)
    await asyncio.gather(*running)
    for race in every:
        assert 1 == len(race.winners), f"{race}\n{await site.picture(race.lead_id)}"
        holder = await site.store.ownerships.open_owner(race.lead_id)
        assert holder is not None
        assert (race.winners[0], True) == (holder.rep_id, holder.accepted), await site.picture(race.lead_id)
        status = await site.status(race.lead_id)
        assert ("accepted", race.winners[0]) == (status["stage"], status["owner"])
        for rep_id, verdict in race.verdicts.items():
            assert verdict["owner"] == race.winners[0] or rep_id == race.first, "a refusal names who has it"
    await _nobody_else_was_asked(site, every)
    await nothing_is_lost(site, [race.lead_id for race in every])
    _report(every, await _withdrawn(site, every))


async def run(site: Site, race: Race) -> None:
    """Start a lead, let its first rep accept around the deadline, and then whoever else may believe it is theirs."""
    await site.start(race.lead_id, custom=QUIET)
    offer = await eventually(
        f"{race.lead_id} is offered",
        lambda: site.offer(race.lead_id, 1),
        every=0.25,
        why=lambda: site.picture(race.lead_id),
    )
    assert offer.assignment is not None
    race.first, other = offer.rep_id, offer.assignment["backup_id"]
    due_at = datetime.fromisoformat(offer.assignment["plan"]["rungs"][0]["due_at"])
    await asyncio.sleep((due_at + race.offset - now()).total_seconds())
    race.verdicts[race.first] = await site.say(race.lead_id, "accept", rep_id=race.first)
    if race.verdicts[race.first]["verdict"] == "refused":
        assert other == race.verdicts[race.first]["owner"], "a refusal names who has it"
    race.verdicts[other] = await site.say(race.lead_id, "accept", rep_id=other)


async def _nobody_else_was_asked(site: Site, every: list[Race]) -> None:
    """Hold that a lead which its first rep got was never announced to another."""
    table = tables.Notification
    async with site.store.database.reading() as session:
        told = (await session.exec(select(table.lead_id, table.person_id).where(col(table.offer) > 0))).all()
    for race in every:
        if race.first in race.winners:
            assert {race.first} == {person for lead_id, person in told if lead_id == race.lead_id}


async def _withdrawn(site: Site, every: list[Race]) -> int:
    """Count the leads whose next offer was made in the database and taken back, because the accept came first."""
    ids = {race.lead_id for race in every}
    table = tables.Timeline
    async with site.store.database.reading() as session:
        lines = await session.exec(select(table.lead_id).where(col(table.kind) == EntryKind.SKIPPED))
        return len([lead_id for lead_id in lines.all() if lead_id in ids])


def _report(every: list[Race], withdrawn: int) -> None:
    """Note how the first accepts were answered; a test in which nobody lost a race would prove nothing."""
    first = Counter(race.verdicts[race.first]["verdict"] for race in every)
    assert first["done"] >= len(every) / 4, first
    assert first["refused"] + withdrawn >= len(every) / 20, (first, withdrawn)
    name = f"{len(every)} accepts at the deadline"
    for verdict, number in first.items():
        MEASURED.setdefault(f"{name}: first rep {verdict}", []).append(number)
    MEASURED.setdefault(f"{name}: accepted while the next was being chosen", []).append(withdrawn)
