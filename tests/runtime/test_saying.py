"""Messages on their way to leads: kept while Temporal is away or the lead is not started, and said in the end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import Client
from temporalio.service import RPCError

from config.settings import load_settings
from db import tables
from db.inbox import Arrival
from db.outbox import Task
from db.tables.words import Errand
from models.base import Refused
from models.messages import MESSAGES
from runtime import clock
from runtime.client import TemporalUnreachable, connect
from runtime.dispatcher import Dispatcher
from runtime.embedded import EmbeddedTemporal
from runtime.errands import Errands
from runtime.line import Line
from runtime.store import Store, open_store
from runtime.talking.repeating import asked_for, once
from runtime.talking.saying import NoSuchLead, Outcome, Speaker
from tests.cli.house import new_id
from tests.db.samples import newcomer

MINUTE = timedelta(minutes=1)
QUEUE = "nobody-polls-it"
BRIEFLY = timedelta(milliseconds=500)
WHY = {"by": "mia", "reason": "spam", "key": "k"}
pytestmark = pytest.mark.timeout(60)


@dataclass
class Cable:
    """A way to a server that can be cut, or left lying there with nothing coming through."""

    port: int
    address: str = ""
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    blocked: bool = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one side says to the other."""
        self.writers.append(writer)
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not self.blocked:
                    writer.write(data)
                    await writer.drain()
        writer.close()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect one who comes with the server."""
        there = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(self.carry(reader, there[1]), self.carry(there[0], writer))


@asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[Cable]:
    """Lay a cable to a server on this machine; it is cut at the end."""
    cable = Cable(port)
    server = await asyncio.start_server(cable.take, "127.0.0.1", 0)
    cable.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield cable
    finally:
        server.close()
        for writer in cable.writers:
            writer.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh database."""
    async with open_store(load_settings(state_dir=tmp_path)) as opened:
        await opened.database.migrate()
        yield opened


async def arrived(store: Store) -> str:
    """A lead that is acknowledged, and not started."""
    lead_id = new_id()
    raw = json.dumps({"source": "web", "type": "demo_request", "email": f"kim@{lead_id}.example"})
    await store.inbox.put([Arrival(lead_id, raw, source="web")], at=clock.now())
    return lead_id


async def signals_of(client: Client, lead_id: str) -> list[Any]:
    """Give the names and words of what a lead's workflow was told by signal."""
    history = await client.get_workflow_handle(f"lead-{lead_id}").fetch_history()
    told = [event.workflow_execution_signaled_event_attributes for event in history.events]
    return [(one.signal_name, json.loads(one.input.payloads[0].data)) for one in told if one.signal_name]


async def test_what_is_said_of_a_lead_that_is_not_started_waits_until_it_is(
    store: Store, temporal_client: Client
) -> None:
    """It is kept once, tried again while the lead waits, and heard after the start; an answer of a rep is refused."""
    lead_id = await arrived(store)
    speaker = Speaker(Line(lambda: there(temporal_client)), store)
    answers = [await speaker.say("disqualify", lead_id, WHY, patience=BRIEFLY) for _ in range(2)]
    assert [Outcome.RECORDED] * 2 == [answer.outcome for answer in answers]
    assert Outcome.REFUSED is (await speaker.say("accept", lead_id, {"rep_id": "ana"}, patience=BRIEFLY)).outcome
    assert () == await store.outbox.claim(9, now=clock.now(), lease=MINUTE), "nobody is asked for it in vain"
    async with store.database.reading() as session:
        row = (await session.exec(select(tables.Outbox))).one()
    task = Task(row.id or 0, lead_id, row.what, row.body, 1, row.created_at)  # claimed while it was being started
    await Errands(store.outbox, temporal_client, QUEUE, clock.now).run(task)
    assert 1 == await store.outbox.pending(), "it is not dropped while the lead waits to be started"
    await dispatcher_of(store, temporal_client, ahead=MINUTE).once()
    assert [("disqualify", WHY | {"report": True})] == await signals_of(temporal_client, lead_id)
    assert 0 == await store.outbox.pending()


async def test_no_worker_in_time_leaves_a_signal(store: Store, temporal_client: Client) -> None:
    """The update is not waited for any longer than it may take; the same key goes as a signal, and asks to report."""
    lead_id = await arrived(store)
    await dispatcher_of(store, temporal_client).once()
    speaker = Speaker(Line(lambda: there(temporal_client)), store, keeps=False)
    said = {"rep_id": "ana", "offer": 1, "key": "k"}
    assert Outcome.RECORDED is (await speaker.say("accept", lead_id, said, patience=BRIEFLY)).outcome
    assert [("accept", said | {"report": True})] == await signals_of(temporal_client, lead_id)


async def test_a_tool_that_asks_for_hours_leaves_one_signal(store: Store, temporal_client: Client) -> None:
    """While no worker runs each repeat of its key is recorded again, and the lead's history does not grow by it."""
    lead_id = await arrived(store)
    await dispatcher_of(store, temporal_client).once()
    speaker = Speaker(Line(lambda: there(temporal_client)), store)
    say = partial(speaker.say, "disqualify", lead_id, WHY, patience=BRIEFLY)
    asked = asked_for("tests", lead_id, "disqualify", "k", WHY)
    answers = [await once(store.answered, asked, lead_id, say, now=clock.now()) for _ in range(3)]
    assert [answers[0].document] * 3 == [answer.document for answer in answers]
    assert Outcome.RECORDED is answers[0].outcome
    assert [("disqualify", WHY | {"report": True})] == await signals_of(temporal_client, lead_id)


@pytest.mark.parametrize("blocked", [True, False])
async def test_a_line_that_goes_dead_keeps_the_message(
    store: Store, temporal_server: EmbeddedTemporal, temporal_client: Client, blocked: bool
) -> None:
    """Cut off in the middle, or silent: recorded within a few times the patience, and one row that says it later."""
    lead_id = await arrived(store)
    await dispatcher_of(store, temporal_client).once()
    await store.leads.admit(newcomer(lead_id))
    async with cable_to(int(temporal_server.address.rpartition(":")[2])) as cable:
        line = Line(lambda: connect(cable.address))
        await line.client()
        cable.blocked = blocked
        if not blocked:
            for writer in cable.writers:
                writer.close()
            cable.port = 1  # nobody listens there
        speaker = Speaker(line, store)
        began = monotonic()
        answer = await speaker.say("accept", lead_id, {"rep_id": "ana", "key": "k"}, patience=BRIEFLY)
        assert (Outcome.RECORDED, True) == (answer.outcome, monotonic() - began < 6), "clients go on trying for longer"
        with pytest.raises((RPCError, TemporalUnreachable)):
            await Speaker(line, store, keeps=False).say("accept", lead_id, {"rep_id": "ana"}, patience=BRIEFLY)
    (task,) = await store.outbox.claim(9, now=clock.now() + MINUTE, lease=MINUTE)
    body = {"name": "accept", "message": {"rep_id": "ana", "key": "k", "report": True}}
    assert (lead_id, Errand.SAY, body) == (task.lead_id, task.what, task.body)


async def test_nobody_is_told_of_a_lead_that_nobody_knows(store: Store, temporal_client: Client) -> None:
    """Whether or not Temporal is there; what does not parse is refused before anybody is asked."""
    speaker = Speaker(Line(lambda: there(temporal_client)), store)
    with pytest.raises(NoSuchLead, match="no lead nobody-knows"):
        await speaker.say("accept", "nobody-knows", {"rep_id": "ana"}, patience=BRIEFLY)
    for name in MESSAGES:
        with pytest.raises(Refused):
            await speaker.say(name, "nobody-knows", {"what": "ever"})
    assert 0 == await store.outbox.pending()


async def test_chores_errands_are_nobody_elses(store: Store) -> None:
    """Each claims the kinds it runs; the dispatcher takes what a lead's workflow is told."""
    await store.outbox.say(new_id(), "disqualify", WHY, at=clock.now())
    later = clock.now() + MINUTE
    assert () == await store.outbox.claim(9, now=later, lease=MINUTE, what=[Errand.ERASE, Errand.REFRESH])
    assert [Errand.SAY] == [one.what for one in await store.outbox.claim(9, now=later, lease=MINUTE)]


def dispatcher_of(store: Store, client: Client, ahead: timedelta = timedelta(0)) -> Dispatcher:
    """A dispatcher for a worker that is not there; its clock may be ahead."""
    return Dispatcher(store.inbox, store.outbox, client, QUEUE, 10.0, lambda: clock.now() + ahead)


async def there(client: Client) -> Client:
    """Reach what is reached already."""
    return client
