"""The database away for a while: leads wait, accepts are taken all the same, and all goes on where it was."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGQUIT

import pytest

from models.ladder import EntryKind
from tests.chaos.harness import MEASURED, Site, eventually, now, running_site
from tests.chaos.truths import nobody_was_told_twice, nothing_is_lost
from tests.engines.postgres import running_postgres

AWAY_S = 7.0
"""Longer than a try of an activity, and than the primary's answer window."""


@dataclass
class Outage:
    """A system and the way its database goes away."""

    kind: str
    site: Site
    away: Callable[[], AbstractContextManager[None]]


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Keep the file locked, as a stuck process or a careless backup does."""
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def outage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Outage]:
    """A running system on each kind of database."""
    if request.param == "sqlite":
        async with running_site(tmp_path) as site:
            yield Outage("locked", site, lambda: locked(tmp_path / "baton.db"))
        return
    with running_postgres() as server:

        @contextmanager
        def crashed() -> Iterator[None]:
            server.stop(SIGQUIT)
            yield
            server.start()

        async with running_site(tmp_path, database_url=server.create_database()) as site:
            yield Outage("crashed", site, crashed)


async def test_leads_outlive_the_database(outage: Outage) -> None:
    """None is lost or failed; an accept is answered meanwhile; the overdue rung runs once the database is back."""
    site = outage.site
    await site.start("waiting", "accepting", "declining")
    owners = {one: await site.until_asked(one) for one in ("waiting", "accepting", "declining")}
    pid = site.worker.pid
    with outage.away():
        gone_at = now()
        await site.start("coming")
        verdict = await asyncio.wait_for(site.say("accepting", "accept", rep_id=owners["accepting"]), timeout=3)
        assert "done" == verdict["verdict"]
        verdict = await asyncio.wait_for(
            site.say("declining", "decline", rep_id=owners["declining"], reason="on the road"), timeout=3
        )
        assert "done" == verdict["verdict"]
        await asyncio.sleep(AWAY_S - (now() - gone_at).total_seconds())
        assert {"RUNNING"} == {await _running(site, one) for one in site.started}
    back_at = now()
    for one, number in (("waiting", 2), ("declining", 2), ("coming", 1)):
        await site.until_offer(one, number)
        lag = (now() - back_at).total_seconds()
        MEASURED.setdefault(f"seconds from the {outage.kind} database being back to the next offer", []).append(lag)
    assert pid == site.worker.pid, "the worker outlives its database"
    await eventually("the acceptance is written down", lambda: _accepted(site, "accepting", owners["accepting"]))
    await site.until("accepting", stage="accepted", owner=owners["accepting"])
    assert 1 == len(await site.offers("accepting"))
    offers = [line for line in await site.story("waiting") if line.kind is EntryKind.OFFERED]
    assert offers[1].at >= back_at, "a rung that could not run did not run twice"
    await nothing_is_lost(site)
    nobody_was_told_twice(site.sinks)


async def _running(site: Site, lead_id: str) -> str:
    status = (await site.handle(lead_id).describe()).status
    assert status is not None
    return status.name


async def _accepted(site: Site, lead_id: str, rep_id: str) -> bool:
    holder = await site.store.ownerships.open_owner(lead_id)
    return holder is not None and holder.accepted and holder.rep_id == rep_id
