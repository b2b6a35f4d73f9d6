"""The room Operations: who may enter, whether routing runs, and what it says with Temporal and without."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.console import ops as ops_room
from api.console import ops_frame
from db.engine import Database
from db.sessions import UNUSED
from db.tables.console import ConsoleSession
from db.tables.words import ActOutcome
from models.access import Role
from runtime import clock
from tests.api.house import Doors
from tests.console.house import visiting

PAGES = (
    "/ops", "/ops/sources", "/ops/channels", "/ops/messages", "/ops/hand-offs", "/ops/crm", "/ops/providers",
    "/ops/models", "/ops/models/compare",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
async def test_an_empty_house_shows_every_page(doors: Doors, path: str) -> None:
    """Each says what would be there; whoever does not look after the house does not see it."""
    async with visiting(doors, Role.OPS) as ops:
        page = await ops.get(path)
    async with visiting(doors, Role.MANAGER) as manager:
        refused = await manager.get(path)
    assert (200, 403) == (page.status_code, refused.status_code)
    assert 1 == page.text.count("<h1")
    assert ' aria-current="page">Operations' in page.text


async def test_it_says_first_that_temporal_is_away(doors: Doors) -> None:
    """And what becomes of leads meanwhile; the database is told all the same."""
    async with visiting(doors, Role.OPS) as ops:
        text = (await ops.get("/ops")).text
    assert "2 things need you now: Temporal is away and no audit has ended yet." in text
    assert text.index("2 things need you now") < text.index("What needs somebody") < text.index("What waits")
    assert "Leads are still taken and kept; none moves on." in text
    assert "release 0008, as this program needs" in text
    assert "no worker runs" not in text


async def test_routing_is_stopped_and_started_by_name(doors: Doors) -> None:
    """With a reason that others read; a second one who stops it is told who was first."""
    async with visiting(doors, Role.OPS) as ops, visiting(doors, Role.ADMIN) as admin:
        without = await ops.post("/ops/routing/stop", reason="  ")
        stopped = await ops.do("/ops/routing/stop", reason="the roster <b>is</b> wrong")
        second = await admin.do("/ops/routing/stop", reason="me too")
        started = await admin.do("/ops/routing/start")
        again = await admin.do("/ops/routing/start")
    assert 422 == without.status_code
    assert "Routing is stopped: no lead is given to anybody" in stopped.text
    assert "routing is stopped" in stopped.text
    assert "the roster &lt;b&gt;is&lt;/b&gt; wrong" in stopped.text
    assert "ops has stopped it already" in second.text
    assert "Routing runs again; 0 waiting leads woken" in started.text
    assert "Routing runs already." in again.text
    assert await doors.store.switching.state() is None
    acts = await doors.store.acts.list()
    assert [
        ("routing.start", ActOutcome.DONE), ("routing.start", ActOutcome.DONE),
        ("routing.stop", ActOutcome.REFUSED), ("routing.stop", ActOutcome.DONE),
    ] == [(one.what, one.outcome) for one in acts]  # fmt: skip


async def test_no_audit_runs_without_temporal(doors: Doors) -> None:
    """It is told as a failure, and noted."""
    async with visiting(doors, Role.OPS) as ops:
        told = await ops.do("/ops/audit")
    assert "No audit ran: TemporalUnreachable" in told.text


async def test_a_house_that_runs_shows_its_workers(live_doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit that somebody asks for is awaited, and the worker that did it is named."""
    monkeypatch.setattr(ops_room, "AWAITED", timedelta(minutes=1))
    async with visiting(live_doors, Role.OPS) as ops:
        told = await ops.do("/ops/audit")
        text = (await ops.get("/ops")).text
    assert "open leads, " in told.text
    assert "The audit is" in told.text
    assert "leads, errands" in text
    assert "Queue of leads" in text
    assert "no worker runs" not in text
    assert "Temporal is away" not in text


async def test_it_comes_though_the_database_never_answers(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and says nothing: the page says so, soon, to whoever asks."""
    monkeypatch.setattr(ops_frame, "SOON", timedelta(seconds=0.3))
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server, visiting(doors, Role.OPS) as ops:
        port = server.sockets[0].getsockname()[1]
        hung = Database(f"postgresql://baton:sesame@127.0.0.1:{port}/baton")
        monkeypatch.setattr(doors.store.sessions, "_db", hung)
        async with asyncio.timeout(2):
            page = await ops.get("/ops")
        await hung.dispose()
    assert (503, True) == (page.status_code, asked.is_set())
    assert "<h1>The database does not answer</h1>" in page.text
    assert "sesame" not in page.text


async def test_a_page_that_looks_again_keeps_nobody_signed_in(doors: Doors) -> None:
    """What it asks for by itself is no use of a session; a person's click is."""
    then, seen = clock.now() - UNUSED / 2, []
    async with visiting(doors, Role.OPS) as ops:
        async with doors.store.database.writing() as session:
            (await session.get_one(ConsoleSession, ops.viewer.session)).seen_at = then
        for headers in ({"HX-Request": "true"}, {}):
            assert 200 == (await ops.get("/ops", headers=headers)).status_code
            async with doors.store.database.reading() as session:
                seen.append((await session.get_one(ConsoleSession, ops.viewer.session)).seen_at)
    assert [True, False] == [one == then for one in seen]


@pytest.mark.parametrize(("has", "says"), [("0007", "it brings the tables up to date"), ("9999", "is the older one")])
async def test_tables_of_another_release_are_told(doors: Doors, has: str, says: str) -> None:
    """Also where those that say who looks are not there yet."""
    async with visiting(doors, Role.OPS) as ops:
        async with doors.store.database.writing() as session:
            connection = await session.connection()
            await connection.execute(text(f"UPDATE alembic_version SET version_num = '{has}'"))
        there = await ops.get("/ops")
        async with doors.store.database.writing() as session:
            await (await session.connection()).execute(text("ALTER TABLE console_session RENAME TO not_yet"))
        gone = await ops.get("/ops")
    assert (200, 503) == (there.status_code, gone.status_code)
    for page in (there, gone):
        assert f"The tables are of release {has}, this program needs" in page.text
        assert says in page.text
