"""A hundred leads given to people by four processes at once: exact shares, no bound passed, nobody's lead twice."""

import asyncio
import json
import subprocess
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.leads import Leads
from db.ownership import Ownerships
from db.rosters import Rosters
from db.tables.words import Posting
from tests.db.assigning import AGAIN, EACH, PLACES, PROCESSES, WEIGHTS, leads_of, people
from tests.db.samples import AT, newcomer

ROOT = Path(__file__).parents[2]
SHARED = PROCESSES * EACH * 4 // 5


@pytest.mark.timeout(240)
async def test_a_hundred_assignments_by_four_processes(db: Database, migrated_url: str) -> None:
    """Each one's share is off by less than a lead at every moment, nobody gets more than they may, and asking again,
    whoever asks and whenever, gives the same answer.
    """
    await Rosters(db).save(people(), at=AT)
    for process in range(PROCESSES):
        for lead in leads_of(process):
            await Leads(db).admit(newcomer(lead.lead_id, lead))
    answers = await _race(migrated_url)
    assert PROCESSES * (EACH + AGAIN) == len(answers)
    owners = _agreed(answers)
    assert PROCESSES * EACH == len(owners)
    offers = await _offers(db)
    assert {lead_id: rep_id for lead_id, rep_id in owners.items() if rep_id} == {
        one.lead_id: one.rep_id for one in offers
    }
    assert [True] * len(offers) == [one.ended_at is None for one in offers]
    counted = Counter(one.rep_id for one in offers)
    assert Counter({name: SHARED * weight // 10 for name, weight in WEIGHTS.items()}) + Counter(PLACES) == counted
    assert dict(counted) == await Ownerships(db).loads()
    lines = await _lines(db)
    _each_share_is_exact([line.rep_id for line in lines if line.pool == "shared" and line.units < 0])
    await _the_ledger_adds_up(db, lines)


def _agreed(answers: Iterable[dict[str, Any]]) -> dict[str, str | None]:
    """Give who got each lead, as everybody who asked was told."""
    told: dict[str, set[str | None]] = {}
    whole: dict[str, set[str]] = {}
    for one in answers:
        told.setdefault(one["lead_id"], set()).add(one["rep_id"])
        whole.setdefault(one["lead_id"], set()).add(one["answer"])
    assert {1} == {len(reps) for reps in told.values()}
    assert {1} == {len(whole[lead_id]) for lead_id, reps in told.items() if reps != {None}}
    return {lead_id: next(iter(reps)) for lead_id, reps in told.items()}


def _each_share_is_exact(turns: list[str]) -> None:
    """Hold every prefix of the turns, in the ledger's order, to less than one lead off each share."""
    assert SHARED == len(turns)
    had: Counter[str] = Counter()
    for number, rep_id in enumerate(turns, start=1):
        had[rep_id] += 1
        off = {name: abs(10 * had[name] - weight * number) for name, weight in WEIGHTS.items()}
        assert max(off.values()) < 10, (number, had)
    assert {name: SHARED * weight // 10 for name, weight in WEIGHTS.items()} == had


async def _the_ledger_adds_up(db: Database, lines: list[tables.Ledger]) -> None:
    kept = await Ownerships(db).balances()
    assert {"shared": 0, "tight": 0} == {pool: sum(reps.values()) for pool, reps in kept.items()}
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        sums[line.pool, line.rep_id] += line.units
    assert {(pool, name): units for pool, reps in kept.items() for name, units in reps.items()} == sums
    assert {Posting.TURN} == {line.posting for line in lines}


async def _race(url: str) -> list[dict[str, Any]]:
    """Start every process, let them go at once when all are ready, and collect what they were answered."""
    async with _processes(url) as started:
        for one in started:
            assert one.stdout is not None
            first = await one.stdout.readline()
            assert b"ready\n" == first, await _complaint(one)
        ended = await asyncio.gather(*(one.communicate(b"go\n") for one in started))
        for one, (_, complaint) in zip(started, ended, strict=True):
            assert 0 == one.returncode, complaint.decode()
        return [json.loads(line) for out, _ in ended for line in out.splitlines()]


@asynccontextmanager
async def _processes(url: str) -> AsyncIterator[list[Process]]:
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.db.assigning", url, str(number)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=2**24,
        )
        for number in range(PROCESSES)
    ]
    try:
        yield started
    finally:
        for one in started:
            if one.returncode is None:
                one.kill()
                await one.wait()


async def _complaint(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()


async def _offers(db: Database) -> list[tables.Ownership]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ownership))).all())


async def _lines(db: Database) -> list[tables.Ledger]:
    async with db.reading() as session:
        return list((await session.exec(select(tables.Ledger).order_by(col(tables.Ledger.id)))).all())
