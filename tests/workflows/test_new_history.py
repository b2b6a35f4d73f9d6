"""A long history begins anew: state, keys and the story go over, on a server that calls a short history long."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.testing import WorkflowEnvironment

from models.orders import Tell
from runtime.conversion import data_converter
from runtime.embedded import temporal_binary
from tests.engines.temporal import LEAD_ATTRIBUTES
from tests.workflows.conftest import LEAD, worker
from tests.workflows.kitchen import Kitchen
from workflows.names import SEARCH_ATTRIBUTES

LONG = 80
"""Events after which this server suggests a new history."""


async def test_a_long_history_begins_anew_and_forgets_nothing(kitchen: Kitchen) -> None:
    """Continue-as-new carries keys, verdicts, offers and the numbers of the story; the ladder goes on."""
    assert {key.name for key in SEARCH_ATTRIBUTES} == set(LEAD_ATTRIBUTES)
    async with (
        await WorkflowEnvironment.start_local(
            data_converter=data_converter(),
            dev_server_existing_path=str(temporal_binary()),
            search_attributes=SEARCH_ATTRIBUTES,
            dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"],
        ) as env,
        worker(env, kitchen),
    ):
        kitchen.quiet_for = timedelta(seconds=2)
        handle = await env.client.start_workflow("LeadWorkflow", LEAD, id="lead-long", task_queue="leads")
        await _until(handle, stage="offered")
        first = await handle.execute_update("accept", {"rep_id": "ben", "key": "k0"})
        assert first["verdict"] == "refused"
        run = (await handle.describe()).run_id
        async with asyncio.timeout(60):
            while run == (await handle.describe()).run_id:
                await handle.execute_update("accept", {"rep_id": "cho"})
        again = await handle.execute_update("accept", {"rep_id": "ben", "key": "k0"})
        assert again == {**first, "repeat": True}
        status = await _until(handle, stage="offered")
        assert (status["owner"], status["offer"], status["headline"]) == ("ana", 1, "demo_request of Acme")
        assert (await handle.query("next_steps"))[0]["says"] == "remind the owner"
        async with asyncio.timeout(30):
            while "sent" not in {entry["kind"] for entry in await handle.query("timeline")}:
                pass
        assert [(order.offer, order.rung) for order in kitchen.asked(Tell)] == [(1, 0)] * 2
        await handle.execute_update("decline", {"rep_id": "ana", "reason": "away"})
        assert (await _until(handle, stage="offered", offer=2))["owner"] == "ben"
        await handle.execute_update("contacted", {"rep_id": "ben"})
        await env.client.get_workflow_handle(handle.id).result()
    written = [entry.n for order in kitchen.records for entry in order.entries]
    assert written == list(range(len(written))), "no line of the story is lost or written twice"
    numbers = [order.seq for order in kitchen.records]
    assert numbers == sorted(set(numbers)), "records go on counting"


async def test_a_slow_message_keeps_nothing_waiting_for_a_new_history(kitchen: Kitchen) -> None:
    """While a send drags on, a long history goes on as it is: people are answered, rungs run; then it begins anew."""
    kitchen.sending = asyncio.Event()
    async with (
        await WorkflowEnvironment.start_local(
            data_converter=data_converter(),
            dev_server_existing_path=str(temporal_binary()),
            search_attributes=SEARCH_ATTRIBUTES,
            dev_server_extra_args=["--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={LONG}"],
        ) as env,
        worker(env, kitchen),
    ):
        handle = await env.client.start_workflow("LeadWorkflow", LEAD, id="lead-slow", task_queue="leads")
        await _until(handle, stage="offered")
        for _ in range(LONG // 2):
            await handle.execute_update("accept", {"rep_id": "cho"})
        run = (await handle.describe()).run_id
        verdict = await handle.execute_update("reassign", {"rep_id": "eva", "by": "mia", "reason": "knows them"})
        assert (verdict["verdict"], verdict["owner"]) == ("done", "eva")
        await handle.execute_update("escalate", {"by": "mia"})
        await handle.execute_update("escalate", {"by": "mia"})
        assert (await _until(handle, stage="offered", offer=3))["owner"] == "ben"
        assert run == (await handle.describe()).run_id, "something is still on its way"
        kitchen.sending.set()
        async with asyncio.timeout(30):
            while run == (await handle.describe()).run_id:
                pass
        await handle.execute_update("disqualify", {"by": "mia", "reason": "enough"})
        await env.client.get_workflow_handle(handle.id).result()
        attributes = (await handle.describe()).search_attributes
        assert attributes["LeadStage"] == ["disqualified"]
        assert not attributes.get("LeadOwner"), "what was shown before the new history is taken away after it"


async def _until(handle: Any, **wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            status: dict[str, Any] = await handle.query("status")
            if all(status[name] == value for name, value in wanted.items()):
                return status
