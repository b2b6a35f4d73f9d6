"""No lead is forgotten: each way to lose one made on purpose, on a real server and a real database, and healed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import update
from temporalio.client import Client, WorkflowExecutionStatus

from db import tables
from models.audit import Found
from models.lead import Stage
from models.status import Result
from runtime.dispatcher import Dispatcher
from tests.workflows.auditing import HOUR, House, a_lead_id, moment, running_house, what_came
from workflows import names


@pytest.fixture(scope="module")
async def house(temporal_client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house that these tests share; each breaks a lead of its own."""
    async with running_house(temporal_client, tmp_path_factory.mktemp("audited")) as house:
        yield house


async def test_a_lead_that_waits_for_its_next_rung_is_proved(house: House) -> None:
    """It is open, has a future due time and a workflow: nothing is suspected of it."""
    lead_id = await house.lead()
    audit = await house.audit()
    assert lead_id not in [one.lead_id for one in audit.found]
    assert audit.open_leads >= 1
    assert audit.healthy


async def test_a_row_that_lags_is_written_anew(house: House) -> None:
    """The workflow knows when it goes on, the database does not: a nudge has it written down."""
    lead_id = await house.lead()
    due_at = (await house.audits.kept(lead_id)).row.due_at  # type: ignore[union-attr]
    await house.set_row(lead_id, due_at=moment() - HOUR)
    found = await house.found(lead_id)
    assert (Found.HEALED, "was due 60 min ago") == (found.found, found.suspicion)
    assert found.because.startswith("its row lagged behind; nudged, it goes on at ")
    assert due_at == (await house.audits.kept(lead_id)).row.due_at  # type: ignore[union-attr]


async def test_a_terminated_lead_goes_on_where_it_stood(house: House) -> None:
    """Whoever was asked is still asked, by the same offer and until the same time, and the story goes on."""
    lead_id = await house.lead()
    before = await house.status(lead_id)
    told = await house.store.timelines.of(lead_id)
    await house.handle(lead_id).terminate("by accident")
    found = await house.found(lead_id)
    assert (Found.HEALED, "is open, and no workflow of it runs") == (found.found, found.suspicion)
    assert found.because.startswith("its workflow was terminated; begun again, it goes on at ")
    after = await house.status(lead_id)
    same = ("stage", "owner", "offer", "rung", "due_at", "next_step", "response_due_at", "score", "policy", "headline")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    timeline = await house.store.timelines.of(lead_id)
    assert list(range(len(timeline))) == [one.n for one in timeline]
    assert told == timeline[: len(told)]
    says = "its workflow was terminated: it goes on from what the database keeps"
    assert [says] == [one.says for one in timeline[len(told) :]]
    accept = {"rep_id": before["owner"], "offer": before["offer"], "key": "click-1"}
    verdict = await house.handle(lead_id).execute_update("accept", accept)
    assert ("done", before["owner"]) == (verdict["verdict"], verdict["owner"])
    described = await house.handle(lead_id).describe()
    assert names.WORKFLOW == described.workflow_type
    assert 1 == sum(message.lead_id == lead_id for message in house.post.sent.values())


async def test_a_terminated_lead_that_somebody_took_stays_theirs(house: House) -> None:
    """An acknowledged accept is honoured, and the contact clock runs on from it."""
    lead_id = await house.lead()
    owner = (await house.status(lead_id))["owner"]
    await house.handle(lead_id).execute_update("accept", {"rep_id": owner})
    await house.until(lead_id, lambda kept: kept.row is not None and kept.row.stage is Stage.ACCEPTED)
    before = await house.status(lead_id)
    await house.handle(lead_id).terminate("by accident")
    assert Found.HEALED is (await house.found(lead_id)).found
    after = await house.status(lead_id)
    assert ("accepted", owner, before["accepted_at"]) == (after["stage"], after["owner"], after["accepted_at"])
    assert (before["due_at"], before["next_step"]) == (after["due_at"], after["next_step"])
    await house.handle(lead_id).execute_update("contacted", {"rep_id": owner})
    result = await house.client.get_workflow_handle(names.workflow_id(lead_id), result_type=Result).result()
    assert (Stage.CONTACTED, owner) == (result.stage, result.owner)
    kept = await house.audits.kept(lead_id)
    assert kept.row is not None
    assert kept.row.closed_at is not None


async def test_a_lead_whose_next_person_is_due_moves_on_after_it_was_lost(house: House) -> None:
    """What came due while nothing ran is done now, once, and nobody who was asked is asked again."""
    lead_id = await house.lead()
    first = (await house.status(lead_id))["owner"]
    await house.handle(lead_id).signal("decline", {"rep_id": first, "reason": "on the road"})
    await house.until(lead_id, lambda kept: kept.row is not None and kept.row.offer == 2)
    second = (await house.status(lead_id))["owner"]
    await house.handle(lead_id).terminate("by accident")
    await house.set_row(lead_id, due_at=moment() - HOUR)
    assert Found.HEALED is (await house.found(lead_id)).found
    status = await house.status(lead_id)
    assert (second, 2) == (status["owner"], status["offer"])
    await house.handle(lead_id).signal("decline", {"rep_id": second, "reason": "on the road, too"})
    kept = await house.until(lead_id, lambda kept: kept.row is not None and kept.row.offer == 3)
    assert kept.row is not None
    third = (await house.status(lead_id))["owner"]
    assert {"ann", "bob", "cid"} == {first, second, third}


async def test_a_lead_that_temporal_never_heard_of_is_begun_from_what_came_in(house: House) -> None:
    """Its row was opened, and then Temporal lost everything: it starts from the beginning."""
    lead_id = a_lead_id()
    await house.acknowledged(lead_id, HOUR, started=True)
    found = await house.found(lead_id)
    assert (Found.HEALED, "was started 60 min ago and never let in") == (found.found, found.suspicion)
    assert found.because.startswith("its workflow is gone; begun again, it goes on at ")
    assert "offered" == (await house.status(lead_id))["stage"]


async def test_an_end_that_nobody_wrote_down_is_written_down(house: House) -> None:
    """The workflow ended in peace and its row is open: the row is brought to the end."""
    lead_id = a_lead_id()
    raw = {**what_came(lead_id), "type": "newsletter", "company": {"name": f"Company {lead_id}", "employees": 3}}
    await house.client.execute_workflow(
        names.WORKFLOW, raw, id=names.workflow_id(lead_id), task_queue=house.queue, result_type=Result
    )
    kept = await house.audits.kept(lead_id)
    assert kept.row is not None
    assert Stage.DISQUALIFIED is kept.row.stage
    await house.set_row(lead_id, stage=Stage.ROUTING, closed_at=None, due_at=moment() - HOUR)
    found = await house.found(lead_id)
    says = "its workflow had ended as disqualified, and that is written down now"
    assert (Found.HEALED, says) == (found.found, found.because)
    after = (await house.audits.kept(lead_id)).row
    assert after is not None
    assert (Stage.DISQUALIFIED, None) == (after.stage, after.due_at)
    assert after.closed_at is not None
    described = await house.handle(lead_id).describe()
    assert WorkflowExecutionStatus.COMPLETED is described.status


async def test_what_was_never_started_and_what_was_never_run_is_handed_to_the_dispatcher(house: House) -> None:
    """A row and an errand that somebody leased and died with are done at once."""
    lead_id, errand_of, now = a_lead_id(), await house.lead(), moment()
    await house.acknowledged(lead_id, HOUR, started=False)
    errand = tables.Outbox(
        lead_id=errand_of, what=tables.Errand.WAKE, body={}, created_at=now - HOUR, next_at=now + HOUR
    )
    async with house.store.database.writing() as session:
        session.add(errand)
    dispatcher = Dispatcher(house.store.inbox, house.store.outbox, house.client, house.queue, 100.0, moment)
    running = asyncio.create_task(dispatcher.run())
    try:
        audit = await house.audit()
    finally:
        running.cancel()
    found = {one.lead_id: (one.found, one.suspicion, one.because) for one in audit.found}
    assert (
        Found.HEALED,
        "was acknowledged 60 min ago and is not started",
        "the dispatcher has started it now",
    ) == found[lead_id]
    assert (
        Found.HEALED,
        "an errand (wake) waits for 60 min",
        "the dispatcher has run its errand (wake) now",
    ) == found[errand_of]


async def test_what_cannot_be_healed_is_said_kept_and_told(
    temporal_client: Client, tmp_path: Path, httpserver: HTTPServer
) -> None:
    """A task that fails for ever and an order that does: each is named, a manager hears once, the watch is alarmed."""
    for path in ("/ping", "/ping/fail"):
        httpserver.expect_request(path).respond_with_data("ok")
    async with running_house(temporal_client, tmp_path, deadman_url=httpserver.url_for("/ping")) as house:
        assert (await house.audit()).healthy
        broken, outside = await house.lead(), a_lead_id()
        await house.handle(broken).terminate("to make place")
        # As if a release wrote it that this worker does not know: its task fails until somebody deploys.
        await house.client.start_workflow("LeadWorkflow2", id=names.workflow_id(broken), task_queue=house.queue)
        await house.set_row(broken, due_at=moment() - HOUR)
        async with house.store.database.writing() as session:
            await session.exec(update(tables.PolicyVersion).values(active=False))
        raw = what_came(outside)
        await house.client.start_workflow(names.WORKFLOW, raw, id=names.workflow_id(outside), task_queue=house.queue)
        await house.acknowledged(outside, HOUR, started=True)
        await house.tried(outside, 3)
        audit = await house.audit()
        assert (2, 2, False) == (audit.suspects, audit.unhealed, audit.healthy)
        because = {one.lead_id: one.because for one in audit.found}
        assert because[broken].startswith("its workflow runs and says nothing: its task fails, tried ")
        assert because[broken].endswith(" times: workflow worker unhandled failure (NotFoundError)")
        assert because[outside].startswith("it waits for `admit`, which fails, tried ")
        assert because[outside].endswith(" times (NoPolicy)")
        again = await house.audit()
        assert not again.healthy
        assert (again, audit) == (await house.audits.latest(2))
        told = [one for one in house.post.sent.values() if one.to.person_id == "max" and "audit" in one.subject]
        assert 1 == len(told)
        assert f"{broken} was due 60 min ago: {because[broken]}" in told[0].text
        async with house.store.database.writing() as session:
            await session.exec(update(tables.PolicyVersion).values(active=True))
        await house.until(outside, lambda kept: kept.row is not None and kept.row.due_at is not None)
        await house.handle(broken).terminate("the test is over")
        healed = await house.audit()
        assert [(broken, Found.HEALED)] == [(one.lead_id, one.found) for one in healed.found]
    assert ["/ping", "/ping/fail", "/ping/fail", "/ping"] == [request.path for request, _ in httpserver.log]
