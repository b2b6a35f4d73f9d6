"""The dispatcher before a real Temporal: no row is lost, none is tried without end, and none holds up another."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db import tables
from db.inbox import Arrival, Counts
from db.tables.words import Errand
from models.base import UNREADABLE, Refused, parse
from models.lead import LeadInput
from runtime.conversion import data_converter
from runtime.dispatcher import BATCH, LEASE, Dispatcher, headline, start_lead, why_never
from runtime.embedded import EmbeddedTemporal
from runtime.errands import back_off
from runtime.intake.door import Door
from runtime.pacing import FORGOTTEN
from runtime.store import Store
from tests.runtime.conftest import NOW, Clock

QUEUE = "nobody-polls-it"


@pytest.fixture
def dispatcher(store: Store, temporal_client: Client, clock: Clock) -> Dispatcher:
    """A dispatcher that starts leads for a worker which is not there."""
    return Dispatcher(store.inbox, store.outbox, temporal_client, QUEUE, 10.0, clock)


@pytest.fixture
async def refused(store: Store, temporal_server: EmbeddedTemporal, clock: Clock) -> Dispatcher:
    """A dispatcher in a namespace that is not there: the server answers, and refuses every start."""
    client = await Client.connect(temporal_server.address, namespace="nowhere", data_converter=data_converter())
    return Dispatcher(store.inbox, store.outbox, client, QUEUE, 10.0, clock)


def arrival(lead_id: str, **more: Any) -> Arrival:
    """A lead at the door."""
    lead = {"source": "web", "type": "demo_request", "email": f"{lead_id}@acme.example"}
    return Arrival(lead_id, json.dumps(lead | more))


async def input_of(client: Client, lead_id: str) -> Any:
    """Read from Temporal what a lead's workflow was started with."""
    history = await client.get_workflow_handle(f"lead-{lead_id}").fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    (raw,) = await client.data_converter.decode(started.input.payloads)
    return raw


async def row_of(store: Store, lead_id: str) -> tables.Inbox:
    """Read a lead's row."""
    async with store.database.reading() as session:
        return (await session.exec(select(tables.Inbox).where(tables.Inbox.lead_id == lead_id))).one()


async def test_what_waits_is_started_as_it_came(store: Store, dispatcher: Dispatcher, temporal_client: Client) -> None:
    """A row becomes a workflow with the lead's JSON, once."""
    await store.inbox.put([one := arrival("plain-1")], at=NOW)
    await dispatcher.once()
    assert json.loads(one.raw) == await input_of(temporal_client, "plain-1")
    assert Counts(started=1) == await store.inbox.counts()


@pytest.mark.parametrize(
    ("lead_id", "raw", "says"),
    [
        ("large-3m", json.dumps({"message": "x" * 3_000_000}), "is larger than Temporal takes: 3,000,015 bytes"),
        ("large-5m", json.dumps({"message": "x" * 5_000_000}), "is larger than Temporal takes: 5,000,015 bytes"),
        ("broken", '{"source": "web', "cannot be read as JSON: JSONDecodeError"),
        ("deep", '{"a":' * 100_000 + "1" + "}" * 100_000, "cannot be read as JSON: RecursionError"),
        ("nested", '{"a":' * 500 + "1" + "}" * 500, "cannot be written as JSON"),
        ("surrogate", '{"type": "\\ud800"}', "cannot be written as JSON"),
    ],
)
async def test_what_temporal_never_takes_goes_before_a_person(
    store: Store, dispatcher: Dispatcher, temporal_client: Client, lead_id: str, raw: str, says: str
) -> None:
    """It is started at once with a stand-in that says why; the inbox keeps the lead, and nothing is tried again."""
    await store.inbox.put([Arrival(lead_id, raw), arrival(f"beside-{lead_id}")], at=NOW)
    with capture_logs() as logs:
        await dispatcher.once()
    assert {"lead_started_unread": says} == {
        line["event"]: line["because"] for line in logs if line["lead_id"] == lead_id
    }
    given = await input_of(temporal_client, lead_id)
    assert {UNREADABLE: f"{says} (the inbox keeps it as it came)"} == given
    with pytest.raises(Refused, match=says.partition(":")[0]):
        parse(LeadInput, given)
    assert Counts(started=2) == await store.inbox.counts()
    assert raw == (await row_of(store, lead_id)).raw


async def test_a_type_longer_than_an_attribute_starts(
    store: Store, dispatcher: Dispatcher, temporal_client: Client
) -> None:
    """What is wrong with the fields is for the next room to say, so it has to get there as it came."""
    await store.inbox.put([one := arrival("long-type", type="x" * 3000, company={"name": "𝕏" * 200})], at=NOW)
    await dispatcher.once()
    assert json.loads(one.raw) == await input_of(temporal_client, "long-type")


@pytest.mark.parametrize(
    "raw", [None, [1], {}, {"company": "x"}, {"company": {"name": "漢" * 999}}, {"type": "\ud800"}]
)
def test_a_headline_fits_the_web_ui(raw: object) -> None:
    """Whatever came: a text of at most 400 bytes."""
    assert 0 < len(headline(raw).encode()) <= 400


@pytest.mark.parametrize(
    ("status", "message", "never"),
    [
        (RPCStatusCode.INVALID_ARGUMENT, "Blob data size exceeds limit.", "is larger than Temporal takes: 9 bytes"),
        (
            RPCStatusCode.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (5 vs. 4)",
            "is larger than Temporal takes: 9 bytes",
        ),
        (RPCStatusCode.INVALID_ARGUMENT, "WorkflowId too odd", "Temporal does not take it: WorkflowId too odd"),
        (RPCStatusCode.RESOURCE_EXHAUSTED, "namespace rate limit exceeded", None),
        (
            RPCStatusCode.INVALID_ARGUMENT,
            "Namespace default has no mapping defined for search attribute LeadStage",
            None,
        ),
        (RPCStatusCode.NOT_FOUND, "Namespace nowhere is not found.", None),
        (RPCStatusCode.PERMISSION_DENIED, "Request unauthorized.", None),
        (RPCStatusCode.UNAVAILABLE, "connection refused", None),
    ],
)
def test_only_the_leads_own_fault_is_for_good(status: RPCStatusCode, message: str, never: str | None) -> None:
    """A busy server, a missing namespace, an attribute not registered: all of that passes."""
    assert never == why_never(RPCError(message, status, b""), 9)


def test_waits_grow_to_a_minute() -> None:
    """2 s, 4 s, 8 s and so on; never more than one minute, however often it failed."""
    assert [2, 4, 8, 16, 32, 60, 60] == [back_off(attempts).total_seconds() for attempts in (1, 2, 3, 4, 5, 6, 9**9)]
    assert timedelta(seconds=2) == back_off(0)


async def test_a_refused_row_waits_longer_each_time(store: Store, refused: Dispatcher, clock: Clock) -> None:
    """It is told each time, is never given up, and is asked of Temporal a few times a minute at most."""
    await store.inbox.put([arrival("refused-1")], at=NOW)
    waits = []
    with capture_logs() as logs:
        for _ in range(7):
            await refused.once()
            due = (await row_of(store, "refused-1")).next_at
            waits.append((due - clock.now).total_seconds())
            clock.now = due
    assert [2, 4, 8, 16, 32, 60, 60] == waits
    assert [("lead_not_started", "Namespace nowhere is not found.", n) for n in range(1, 8)] == [
        (line["event"], line["because"], line["attempt"]) for line in logs
    ]
    assert "Temporal: Namespace nowhere is not found." == (await row_of(store, "refused-1")).because


async def test_rows_that_fail_starve_no_import(
    store: Store, refused: Dispatcher, dispatcher: Dispatcher, clock: Clock
) -> None:
    """Though a whole batch of rows fails again and again, a paced import gets its turn soon."""
    await store.inbox.put([arrival(f"poison-{n}") for n in range(BATCH)], at=NOW)
    for _ in range(4):
        await refused.once()
        clock.now += LEASE
    await store.inbox.put([Arrival("import-1", arrival("import-1").raw, paced=True)], at=clock.now)
    turns = 0
    while (await row_of(store, "import-1")).attempts == 0:
        await refused.once()
        clock.now += timedelta(seconds=1)
        turns += 1
    assert turns <= 3
    clock.now += timedelta(minutes=2)
    while await dispatcher.once():
        pass
    assert Counts(started=BATCH + 1) == await store.inbox.counts()


async def turns(dispatcher: Dispatcher, clock: Clock, number: int) -> None:
    """Let so many tenths of a second pass, with a turn in each."""
    for _ in range(number):
        await dispatcher.once()
        clock.now += timedelta(seconds=0.1)


async def test_a_busy_worker_starts_no_more_of_an_import(store: Store, dispatcher: Dispatcher, clock: Clock) -> None:
    """However fast it may: so many are worked on at a time. One that gets nowhere counts no more after a while."""
    await store.inbox.put([replace(arrival(f"bulk-{n}"), paced=True) for n in range(30)], at=NOW)
    await turns(dispatcher, clock, 50)
    assert Counts(started=3, waiting=27) == await store.inbox.counts(), "0.3 s of 10 a second"
    clock.now += FORGOTTEN
    await turns(dispatcher, clock, 50)
    assert Counts(started=6, waiting=24) == await store.inbox.counts()


async def test_an_import_gives_way_to_who_has_just_come(store: Store, dispatcher: Dispatcher, clock: Clock) -> None:
    """While a lead of a door is with nobody yet none is started, for a second at most: then the import has its turn."""
    await store.inbox.put([replace(arrival(f"mass-{n}"), paced=True) for n in range(30)], at=NOW)
    await turns(dispatcher, clock, 1)
    await store.inbox.put([arrival("mass-hot")], at=clock.now)
    await turns(dispatcher, clock, 9)
    assert Counts(started=2, waiting=29) == await store.inbox.counts(), "one of the import, and the hot one"
    await turns(dispatcher, clock, 10)
    assert 3 == (await store.inbox.counts()).started
    await turns(dispatcher, clock, 20)
    assert 4 == (await store.inbox.counts()).started, "who has waited for three seconds waits for something else"


class Dark:
    """A client of a Temporal that is not there, until it is."""

    def __init__(self, client: Client) -> None:
        self._client, self.back, self.calls = client, False, 0

    @property
    def service_client(self) -> "Dark":
        """Give what answers for the server."""
        return self

    async def check_health(self, **_: Any) -> bool:
        """Answer once it is back."""
        self._look()
        return True

    async def start_workflow(self, *args: Any, **options: Any) -> Any:
        """Start a workflow once it is back."""
        self._look()
        return await self._client.start_workflow(*args, **options)

    def _look(self) -> None:
        self.calls += 1
        if not self.back:
            raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")


async def test_after_an_outage_the_urgent_go_first(store: Store, temporal_client: Client, clock: Clock) -> None:
    """Whenever they came: all are due at once, none has been tried, and nothing is claimed meanwhile."""
    dark: Any = Dark(temporal_client)
    dispatcher = Dispatcher(store.inbox, store.outbox, dark, QUEUE, 10.0, clock)
    come = (("dark-low", 2), ("dark-hot-1", 0), ("dark-mid", 1))
    await store.inbox.put([replace(arrival(lead_id), urgency=urgency) for lead_id, urgency in come], at=NOW)
    for _ in range(3):
        with pytest.raises(RPCError):
            await dispatcher.once()
    await store.inbox.put([replace(arrival("dark-hot-2"), urgency=0)], at=NOW)
    assert 4 == dark.calls, "one start, and then only whether it is there"
    row = await row_of(store, "dark-hot-1")
    assert (NOW, 0, "Temporal: connection refused") == (row.next_at, row.attempts, row.because)
    dark.back = True
    with capture_logs() as logs:
        await dispatcher.once()
    assert ["dark-hot-1", "dark-hot-2", "dark-mid", "dark-low"] == [line["lead_id"] for line in logs]


class Hanging(Dark):
    """A client of a Temporal that is there, and does not answer about one lead."""

    def __init__(self, client: Client, lead_id: str) -> None:
        super().__init__(client)
        self.back, self._bad = True, f"lead-{lead_id}"

    async def start_workflow(self, *args: Any, **options: Any) -> Any:
        """Start a workflow, or take too long."""
        if options["id"] == self._bad:
            raise RPCError("Timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"")
        return await super().start_workflow(*args, **options)


async def test_a_row_that_hangs_waits_alone(store: Store, temporal_client: Client, clock: Clock) -> None:
    """However urgent: Temporal is there, so the rows behind it have their turn in the next breath."""
    hanging: Any = Hanging(temporal_client, "hangs-1")
    dispatcher = Dispatcher(store.inbox, store.outbox, hanging, QUEUE, 10.0, clock)
    await store.inbox.put([replace(arrival("hangs-1"), urgency=0), arrival("runs-1")], at=NOW)
    for _ in range(2):
        await dispatcher.once()
    assert Counts(waiting=1, started=1) == await store.inbox.counts()
    row = await row_of(store, "hangs-1")
    assert (NOW + timedelta(seconds=2), 1) == (row.next_at, row.attempts)


class Crooked:
    """A client that fails on one lead as no client should, and starts all others."""

    def __init__(self, client: Client, lead_id: str) -> None:
        self._client, self._bad = client, f"lead-{lead_id}"

    async def start_workflow(self, *args: Any, **options: Any) -> Any:
        """Start a workflow, or fall over."""
        if options["id"] == self._bad:
            raise LookupError("someone@acme.example")
        return await self._client.start_workflow(*args, **options)


async def test_a_row_that_fails_unexpectedly_stops_no_other(
    store: Store, temporal_client: Client, clock: Clock
) -> None:
    """It is told without what it holds, waits, and the rows behind it are started."""
    crooked: Any = Crooked(temporal_client, "odd-1")
    dispatcher = Dispatcher(store.inbox, store.outbox, crooked, QUEUE, 10.0, clock)
    await store.inbox.put([arrival("odd-1"), arrival("even-1")], at=NOW)
    with capture_logs() as logs:
        await dispatcher.once()
    assert [("lead_not_started", "LookupError"), ("lead_started", None)] == [
        (line["event"], line.get("because")) for line in logs
    ]
    assert Counts(waiting=1, started=1) == await store.inbox.counts()
    assert NOW + timedelta(seconds=2) == (await row_of(store, "odd-1")).next_at


async def test_a_defect_ends_no_dispatcher(
    store: Store, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a turn raises is told once; the next turns are taken, and what waits is started."""
    claim = store.outbox.claim
    turns = 0

    async def failing(*args: Any, **options: Any) -> Any:
        nonlocal turns
        turns += 1
        if turns <= 3:
            raise LookupError("someone@acme.example")
        return await claim(*args, **options)

    monkeypatch.setattr(store.outbox, "claim", failing)
    monkeypatch.setattr("runtime.dispatcher.PAUSE", timedelta(milliseconds=10))
    with capture_logs() as logs:
        running = asyncio.create_task(dispatcher.run())
        while "dispatcher_back" not in [line["event"] for line in logs]:
            assert not running.done()
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [("dispatcher_failed", "LookupError"), ("dispatcher_back", None)] == [
        (line["event"], line.get("because")) for line in logs
    ]


async def errand(store: Store, lead_id: str, what: Errand, **body: Any) -> None:
    """Leave an errand to be run."""
    async with store.database.writing() as session:
        session.add(tables.Outbox(lead_id=lead_id, what=what, body=body, created_at=NOW, next_at=NOW))


async def why_of(store: Store, lead_id: str) -> tuple[bool, str]:
    """Say whether a lead's errand was run, and what is said of it."""
    async with store.database.reading() as session:
        row = (await session.exec(select(tables.Outbox).where(tables.Outbox.lead_id == lead_id))).one()
        return row.sent_at is not None, row.because


async def test_each_errand_is_told_as_what_it_is(store: Store, dispatcher: Dispatcher, temporal_client: Client) -> None:
    """Wake, reconsider and hand over are different signals; a hand-over says from whom, and a repeat is harmless."""
    await store.inbox.put([arrival("told-1")], at=NOW)
    await dispatcher.once()
    because = "ana's hours changed"
    await errand(store, "told-1", Errand.WAKE, because="a place came free", rep_id="ana")
    await errand(store, "told-1", Errand.RECONSIDER, because=because)
    leaves = {"by": "mia", "reason": "ana leaves", "rep_id": None}
    await errand(store, "told-1", Errand.HANDOVER, **leaves, **{"from": "ana"})
    await dispatcher.once()
    history = await temporal_client.get_workflow_handle("lead-told-1").fetch_history()
    heard = [
        event.workflow_execution_signaled_event_attributes
        for event in history.events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    said = [(one.signal_name, *(await temporal_client.data_converter.decode(one.input.payloads))) for one in heard]
    assert [
        ("wake", "a place came free"),
        ("reconsider", {"because": because}),
        ("handover", leaves | {"holder": "ana", "key": "handover-3"}),
    ] == said
    assert 0 == await store.outbox.pending()


async def test_one_errand_that_cannot_be_run_holds_up_no_other(store: Store, dispatcher: Dispatcher) -> None:
    """Nor do those, however many, for a lead that is not started: they wait for that, and nobody tries them in vain."""
    await store.inbox.put([arrival("hears-1")], at=NOW)
    await dispatcher.once()
    await store.inbox.put([replace(arrival("later-1"), paced=True)], at=NOW + LEASE)
    for number in range(BATCH):
        await store.outbox.say("later-1", "event", {"kind": "visit", "key": f"{number}"}, at=NOW)
    await errand(store, "odd-errand", Errand.SAY, nothing="to say")
    await errand(store, "hears-1", Errand.WAKE, because="a place came free")
    with capture_logs() as logs:
        await dispatcher.once()
    assert [("errand_failed", "KeyError")] == [(line["event"], line["because"]) for line in logs]
    assert [(True, ""), (False, "KeyError")] == [await why_of(store, lead_id) for lead_id in ("hears-1", "odd-errand")]
    async with store.database.reading() as session:
        waits = select(tables.Outbox.attempts).where(tables.Outbox.lead_id == "later-1")
        assert [0] * BATCH == list((await session.exec(waits)).all())


async def test_who_leaves_nobody_behind_says_so(store: Store, dispatcher: Dispatcher) -> None:
    """An errand for a lead whose workflow has ended is over, and tells whoever waits for it why nothing came of it."""
    await errand(store, "ended-1", Errand.HANDOVER, by="mia", reason="ana leaves", rep_id=None)
    await errand(store, "ended-2", Errand.RECONSIDER, because="ana's hours changed")
    said = {"rep_id": "ben", "by": "crm", "reason": "changed there", "key": "k"}
    await errand(store, "ended-3", Errand.SAY, name="reassign", message=said, of=NOW.isoformat())
    with capture_logs() as logs:
        await dispatcher.once()
    assert [("nobody_to_tell", "ended-1", "handover"), ("nobody_to_tell", "ended-2", "reconsider")] == [
        (line["event"], line["lead_id"], line["what"]) for line in logs
    ]
    says = "Temporal knows no running workflow of this lead"
    assert [(True, says), (True, says)] == [await why_of(store, one) for one in ("ended-1", "ended-2")]
    done, why = await why_of(store, "ended-3")
    assert done
    assert says != why, "a change of owner in the CRM is followed in the database then"


async def test_who_comes_too_late_to_be_folded_is_started_alone(
    store: Store, dispatcher: Dispatcher, temporal_client: Client, clock: Clock
) -> None:
    """While the first lead waits its errand waits, too; once that one has ended, what came is a lead of its own."""
    door = Door(store)
    once = {"caller_scope": "tests", "key": None, "sources": (), "now": NOW}
    first, second = [
        await door.take({"source": "web", "type": kind, "email": "kim@late.example"}, **once)  # type: ignore[arg-type]
        for kind in ("demo_request", "webinar")
    ]
    await store.inbox.give_back([1], at=NOW + timedelta(seconds=5))
    await dispatcher.once()
    assert (False, "") == await why_of(store, first.lead_id)
    await store.inbox.started(1, at=NOW)  # and has ended since: Temporal knows none
    clock.now += timedelta(seconds=2)
    with capture_logs() as logs:
        await dispatcher.once()
        await dispatcher.once()
    (alone,) = {line["lead_id"] for line in logs if line["event"] == "lead_came_too_late_to_fold"}
    assert [alone] == [line["lead_id"] for line in logs if line["event"] == "lead_started"]
    assert "webinar" == (await input_of(temporal_client, alone))["type"]
    assert (True, f"it had ended: what came is the lead {alone}") == await why_of(store, second.lead_id)


async def test_a_lead_that_is_started_just_then_hears_what_it_is_told(
    store: Store, dispatcher: Dispatcher, temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An errand that finds no workflow, and then a lead that waits for none, looks again before it gives up."""

    async def started_meanwhile(lead_id: str) -> bool:
        await start_lead(temporal_client, QUEUE, lead_id, {}, NOW)
        return False

    monkeypatch.setattr(store.outbox, "awaits_start", started_meanwhile)
    await errand(store, "just-now", Errand.SAY, name="event", message={"kind": "visit", "key": "v"})
    await dispatcher.once()
    assert (True, "") == await why_of(store, "just-now")


async def test_a_missing_namespace_ends_no_errand(store: Store, refused: Dispatcher, dispatcher: Dispatcher) -> None:
    """That Temporal does not know the namespace says nothing about the lead: its errand is tried again."""
    await errand(store, "lost-1", Errand.WAKE, because="a place came free")
    await errand(store, "lost-2", Errand.HANDOVER, by="mia", reason="ana leaves", rep_id=None)
    with capture_logs() as logs:
        await refused.once()
    assert [("lead_not_woken", "lost-1"), ("lead_not_told", "lost-2")] == [
        (line["event"], line["lead_id"]) for line in logs
    ]
    says = "Namespace nowhere is not found."
    assert [(False, says), (False, says)] == [await why_of(store, one) for one in ("lost-1", "lost-2")]


async def test_a_refused_errand_stops_no_other(store: Store, dispatcher: Dispatcher) -> None:
    """A wake-up that Temporal refuses waits and is told; the one behind it has its turn in the same breath."""
    for lead_id, because in (("held-1", "x" * 3_000_000), ("held-2", "a place came free")):
        await errand(store, lead_id, Errand.WAKE, because=because)
    with capture_logs() as logs:
        await dispatcher.once()
    assert [("lead_not_woken", "held-1"), ("nobody_to_wake", "held-2")] == [
        (line["event"], line["lead_id"]) for line in logs
    ]
    assert () == await store.outbox.claim(9, now=NOW + timedelta(seconds=1), lease=LEASE)
    assert ["held-1"] == [
        task.lead_id for task in await store.outbox.claim(9, now=NOW + timedelta(seconds=2), lease=LEASE)
    ]
