"""The eraser before a real Temporal: what it cannot do now it does later, and nothing is called done before it is."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import select
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.service import RPCError

from db import tables
from db.inbox import Arrival
from models.erasure import Erased
from runtime.conversion import data_converter
from runtime.embedded import EmbeddedTemporal
from runtime.erasing import SETTLES, Eraser, delete_runs
from runtime.errands import RETRY
from runtime.store import Store
from tests.runtime.conftest import NOW, Clock

QUEUE = "nobody-polls-it"


@pytest.fixture
async def lead_id(store: Store, temporal_client: Client, request: pytest.FixtureRequest) -> str:
    """A lead whose workflow runs, which was erased in the database at nine."""
    lead_id = str(request.node.name).replace("_", "-")[:60]
    await store.inbox.put([Arrival(lead_id, "{}")], at=NOW)
    await temporal_client.start_workflow("LeadWorkflow", {}, id=f"lead-{lead_id}", task_queue=QUEUE)
    assert await store.erasing.erase(lead_id, by="pia", reason="case 7", at=NOW) is not None
    return lead_id


async def erasure(store: Store, lead_id: str) -> Erased:
    """Give an erasure that there is."""
    found = await store.erasing.of(lead_id)
    assert found is not None
    return found


async def errands(store: Store) -> list[tuple[str, datetime]]:
    """Say of each errand that waits why and until when."""
    async with store.database.reading() as session:
        rows = (await session.exec(select(tables.Outbox))).all()
    return [(row.because, row.next_at) for row in rows if row.sent_at is None]


async def test_it_looks_twice_and_then_it_is_done(
    store: Store, temporal_client: Client, clock: Clock, lead_id: str
) -> None:
    """Deleted at once; done after nothing was there any more half a minute later."""
    eraser = Eraser(store, temporal_client, clock)
    assert not await eraser.once()
    assert await errands(store) == [("1 runs were deleted", NOW + SETTLES)]
    assert (await erasure(store, lead_id)).done_at is None
    clock.now = NOW + SETTLES - timedelta(seconds=1)
    await eraser.once()
    assert (await erasure(store, lead_id)).done_at is None
    clock.now = NOW + SETTLES
    with capture_logs() as logs:
        await eraser.once()
    assert ("lead_erased", lead_id) in [(one["event"], one.get("lead_id")) for one in logs]
    assert (await erasure(store, lead_id)).done_at == NOW + SETTLES
    assert await errands(store) == []
    assert await delete_runs(temporal_client, lead_id) == 0


async def test_what_comes_up_again_is_deleted_again(
    store: Store, temporal_client: Client, clock: Clock, lead_id: str
) -> None:
    """Somebody was in the middle of starting it: the second look finds that, and a third one is due."""
    eraser = Eraser(store, temporal_client, clock)
    await eraser.once()
    await temporal_client.start_workflow("LeadWorkflow", {}, id=f"lead-{lead_id}", task_queue=QUEUE)
    clock.now = NOW + SETTLES
    await eraser.once()
    assert (await erasure(store, lead_id)).done_at is None
    clock.now += timedelta(minutes=1)
    await eraser.once()
    assert (await erasure(store, lead_id)).done_at == clock.now


async def test_while_temporal_does_not_answer_nothing_is_done_and_nothing_lost(
    store: Store, temporal_client: Client, clock: Clock, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chore raises, so that it is waited out; the errand is there for the next look."""
    monkeypatch.setattr("runtime.erasing.RPC_PATIENCE", timedelta(microseconds=1))
    with pytest.raises(RPCError):
        await Eraser(store, temporal_client, clock).once()
    assert (await erasure(store, lead_id)).done_at is None
    assert await errands(store) == [("", NOW + RETRY)]


async def test_a_refusal_is_told_and_tried_again(
    store: Store, temporal_server: EmbeddedTemporal, clock: Clock, lead_id: str
) -> None:
    """Here the namespace is not there: an error with the lead's id, and a later turn."""
    nowhere = await Client.connect(temporal_server.address, namespace="nowhere", data_converter=data_converter())
    with capture_logs() as logs:
        await Eraser(store, nowhere, clock).once()
    told = [(one["event"], one.get("lead_id"), one.get("attempt")) for one in logs]
    assert ("lead_not_erased", lead_id, 1) in told
    assert (await erasure(store, lead_id)).done_at is None
    ((because, again),) = await errands(store)
    assert "amespace" in because
    assert again > NOW


async def test_it_is_not_done_while_somebody_reads_the_old_pages(
    store: Store, temporal_client: Client, clock: Clock, lead_id: str
) -> None:
    """The log beside the file still holds them; it is emptied when the reader has gone."""
    eraser = Eraser(store, temporal_client, clock)
    await eraser.once()
    clock.now = NOW + SETTLES
    async with store.database.reading() as session:
        assert (await session.exec(select(tables.Lead.lead_id))).all() == [lead_id]
        await eraser.once()
    assert (await erasure(store, lead_id)).done_at is None
    ((because, again),) = await errands(store)
    assert because == "the store is in use"
    clock.now = again
    await eraser.once()
    assert (await erasure(store, lead_id)).done_at == again
