"""What strangers and accidents send: nothing wedges a lead, and nothing of it is lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import CancelledError

from models.decisions import Folded, Manners, Over
from models.orders import AdmitLead, ScoreLead
from tests.workflows.conftest import LEAD, worker
from tests.workflows.kitchen import Kitchen
from tests.workflows.test_lead import until

BEFORE_ALL_YEARS = "0001-01-01T00:00:00+14:00"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("contacted", {"rep_id": "ana", "at": BEFORE_ALL_YEARS}),
        ("event", {"kind": "visit", "at": "9999-12-31T23:59:59-12:00"}),
        ("pause", {"by": "mia", "reason": "x", "until": BEFORE_ALL_YEARS}),
        ("event", {"kind": "visit", "properties": {"much": "x" * 100_000}}),
        ("event", {"kind": "visit", "properties": {"deep": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}}),
        ("accept", {"x" * 1_000_000: 1}),
        ("accept", b"\xff\xfe"),
    ],
)
async def test_a_message_that_cannot_be_read_is_only_noted(
    start: Any, kitchen: Kitchen, name: str, message: Any
) -> None:
    """Out-of-range dates, floods and depths: a signal is noted, an update rejected, and the lead goes on."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.signal(name, message)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(name, message)
    last = [entry for entry in await handle.query("timeline") if entry["kind"] == "refused"][-1]
    assert last["says"].startswith(f"{name}: ")
    assert len(last["says"]) <= 1000
    assert (await handle.execute_update("accept", {"rep_id": "ana"}))["verdict"] == "done"


@pytest.mark.parametrize(
    ("lead", "says"),
    [
        ({**LEAD, "received_at": BEFORE_ALL_YEARS}, "received_at: lies outside the years"),
        ({**LEAD, "custom": {"much": "x" * 1_200_000}}, "bytes long; 1,000,000 are taken"),
        ({**LEAD, **{f"field{number}": 1 for number in range(5000)}}, "and 4980 more"),
        (b"\xff\xfe\x00", "unreadable payload"),
        ({"unreadable payload": "x" * 900_000}, "unreadable payload: xxx"),
    ],
)
async def test_input_of_any_size_and_shape_becomes_a_review(start: Any, kitchen: Kitchen, lead: Any, says: str) -> None:
    """A bare client may send anything: a person sees what is wrong with it, in a few words."""
    handle = await start(lead)
    status = await until(handle, stage="review")
    assert status["due_at"] is not None
    sentence = (await handle.query("explanation"))["sentence"]
    assert says in sentence
    assert len(sentence) < 10_000


async def test_input_nested_without_end_becomes_a_review(start: Any, kitchen: Kitchen) -> None:
    """What can be read by one process and not by the next is refused before it is passed on."""
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    handle = await start({**LEAD, "custom": {"deep": deep}})
    await until(handle, stage="review")
    assert "nested more than 64 levels deep" in (await handle.query("explanation"))["sentence"]


async def test_a_lead_disqualified_before_its_first_task_ends(env: Any, kitchen: Kitchen) -> None:
    """A message may be there before the lead has begun: it is let in, and ends."""
    handle = await env.client.start_workflow(
        "LeadWorkflow",
        LEAD,
        id="lead-early",
        task_queue="leads",
        start_signal="disqualify",
        start_signal_args=[{"by": "mia", "reason": "a test lead"}],
    )
    async with worker(env, kitchen):
        result = await handle.result()
    assert result["stage"] == "disqualified"
    assert kitchen.asked(AdmitLead), "its row is opened"
    assert kitchen.records[-1].closed


@pytest.mark.parametrize("name", ["crm:4711", "t-without-prefix", "lead-a b"])
async def test_a_workflow_id_that_messages_cannot_find_is_reviewed(env: Any, kitchen: Kitchen, name: str) -> None:
    """The contract's ids only: a lead under another would be reachable by nobody."""
    async with worker(env, kitchen):
        handle = await env.client.start_workflow("LeadWorkflow", LEAD, id=name, task_queue="leads")
        await until(handle, stage="review")
        assert "the workflow's id has to be lead-" in (await handle.query("explanation"))["sentence"]
        assert kitchen.asked(AdmitLead)[0].lead_id.startswith("run-")


async def test_a_touch_that_comes_too_late_to_be_folded_is_a_lead_of_its_own(start: Any, kitchen: Kitchen) -> None:
    """The lead in flight ends while the touch is on its way: it says so, and nobody is lost."""
    kitchen.manners = Manners(tell_within=timedelta(hours=1))
    first = await start()
    await until(first, stage="offered")
    kitchen.failing["record"] = -1
    await first.signal("contacted", {"rep_id": "ana"})
    await until(first, stage="contacted")
    into = first.id.removeprefix("lead-")
    kitchen.admissions.append(Folded(into=into, because="the same person is in flight (same email)"))
    second = await start()
    status = await until(second, stage="offered")
    assert status["owner"] == "ana"
    assert kitchen.asked(AdmitLead)[-1].not_into == (into,)
    kitchen.failing["record"] = 0
    await first.result()


async def test_a_lead_that_is_over_is_not_begun_again(start: Any, kitchen: Kitchen) -> None:
    """A closed id started once more ends at once and disturbs nobody."""
    kitchen.admissions.append(Over(stage="contacted", because="it ended as contacted"))
    result = await (await start()).result()
    assert (result["stage"], result["offers"]) == ("closed", 0)
    assert "it was here before" in result["because"]


async def test_a_burst_of_events_is_scored_one_at_a_time(start: Any, kitchen: Kitchen) -> None:
    """Hundreds of events order a few judgements, not one each, and all of them are written down."""
    handle = await start()
    await until(handle, stage="offered")
    await asyncio.gather(*(handle.signal("event", {"kind": "visit"}) for _ in range(200)))
    await handle.execute_update("contacted", {"rep_id": "ana"})
    await handle.result()
    assert len(kitchen.asked(ScoreLead)) < 60
    numbers = [number for order in kitchen.records for number, _ in order.touches]
    assert numbers == list(range(200))
    assert max(len(order.touches) for order in kitchen.records) <= 15


async def test_a_cancelled_lead_holds_nobodys_place(start: Any, kitchen: Kitchen) -> None:
    """An operator cancels the workflow: the database hears that it is over."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, CancelledError)
    last = kitchen.records[-1]
    assert (last.stage, last.holding, last.closed) == ("closed", None, True)
