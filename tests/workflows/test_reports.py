"""Whoever left a message and was told "recorded" hears what it came to, once, over their own channels."""

import asyncio
from functools import partial
from typing import Any

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from models.base import parse
from models.ladder import EntryKind
from models.messages import MESSAGES, VerdictKind
from models.orders import Tell
from tests.workflows.kitchen import Kitchen
from tests.workflows.test_lead import until
from workflows.ladder.effects import Telling
from workflows.ladder.reports import reported
from workflows.ladder.state import KEPT_ANSWERS, OUTSIDE_THE_LADDER, LeadState
from workflows.ladder.verdicts import verdict
from workflows.reporting import ReportWorkflow


async def told(kitchen: Kitchen, number: int) -> list[Tell]:
    """Wait until so many verdicts are told, and give them; the test's own time-out bounds it."""
    while True:
        found = [order for order in kitchen.asked(Tell) if order.kind == "verdict"]
        if len(found) >= number:
            return found
        await asyncio.sleep(0.02)


async def test_a_recorded_message_gets_its_verdict(start: Any, kitchen: Kitchen) -> None:
    """A yes and a no, each to whoever said it; a repeat, and what asked for no report, are told nobody."""
    handle = await start()
    await until(handle, stage="offered")
    left = {"rep_id": "ana", "offer": 1, "key": "k1", "report": True}
    for _ in range(2):
        await handle.signal("accept", left)
    await handle.signal("accept", {"rep_id": "cho", "key": "not asked for"})
    await handle.signal("event", {"kind": "visit", "report": True})
    await handle.signal("accept", {"rep_id": "ben", "offer": 1, "key": "k1", "report": True})
    yes, no = await told(kitchen, 2)
    assert (True, "ana", 1, "You said accept: yours.") == (yes.done, yes.rep_id, yes.offer, yes.sentence)
    assert (False, "ben", 1) == (no.done, no.rep_id, no.offer)
    assert no.sentence.startswith("You said accept: ben cannot accept: the lead was never offered to you: ana took it")
    assert OUTSIDE_THE_LADDER < yes.rung < no.rung
    await handle.execute_update("contacted", {"rep_id": "ana"})
    await handle.result()
    assert [yes, no] == [order for order in kitchen.asked(Tell) if order.kind == "verdict"]
    lines = [entry for record in kitchen.records for entry in record.entries if "verdict" in entry.says]
    assert [(EntryKind.SENT, "verdict to ana"), (EntryKind.SENT, "verdict to ben")] == [
        (line.kind, line.says.partition(" by ")[0]) for line in lines
    ]


async def test_a_verdict_that_takes_an_order_is_told_when_it_is_known(start: Any, kitchen: Kitchen) -> None:
    """A manager's reassign waits for the database; an answer given to an update is still told to who then left it."""
    handle = await start()
    await until(handle, stage="offered")
    said = {"rep_id": "eva", "by": "mia", "reason": "knows them", "key": "m1"}
    assert "done" == (await handle.execute_update("reassign", said))["verdict"]
    await handle.signal("reassign", said | {"report": True})
    again = {"rep_id": "ben", "by": "mia", "reason": "eva is ill", "key": "m2", "report": True}
    await handle.signal("reassign", again)
    first, second = await told(kitchen, 2)
    assert [("mia", True), ("mia", True)] == [(one.rep_id, one.done) for one in (first, second)]
    assert "ben" == (await until(handle, owner="ben"))["owner"]


def test_what_was_reported_is_remembered_for_so_many_messages() -> None:
    """The state stays bounded; a message without a key cannot be known again."""
    state = LeadState(lead_id="one")
    given = verdict(state, VerdictKind.DONE, "yours")
    for number in range(KEPT_ANSWERS + 5):
        message = parse(MESSAGES["accept"], {"rep_id": "ana", "key": f"k{number}", "report": True})
        step = reported(state, "accept", message, given)
        state = step.state
        assert () == reported(state, "accept", message, given).effects
    assert KEPT_ANSWERS == len(state.reported)
    nameless = parse(MESSAGES["accept"], {"rep_id": "ana", "report": True})
    effects = [reported(state, "accept", nameless, given).effects for _ in range(2)]
    assert [1, 1] == [len(one) for one in effects]
    assert all(isinstance(one, Telling) for (one,) in effects)


async def test_a_report_of_a_lead_that_has_ended_goes_out_alone(env: WorkflowEnvironment, kitchen: Kitchen) -> None:
    """It is sent once and says what became of it, also where nobody can be told, and for what is no order at all."""
    order = {"lead_id": "one", "kind": "verdict", "rep_id": "ana", "offer": 1, "rung": 1_000_007, "sentence": "No."}
    kitchen.unreachable.add("ben")
    given: list[Any] = [order, order | {"rep_id": "ben"}, {"rep_id": "cho"}]
    async with Worker(env.client, task_queue="reports", workflows=[ReportWorkflow], activities=kitchen.activities):
        run = partial(env.client.execute_workflow, "ReportWorkflow", task_queue="reports")
        answers = [await run(one, id=f"report-{place}") for place, one in enumerate(given)]
    assert ["delivered", "undeliverable", "undeliverable"] == [answer["state"] for answer in answers]
    assert "is no order to tell anybody: 4 fields are wrong" == answers[2]["because"]
    assert [("ana", 1_000_007), ("ben", 1_000_007)] == [(one.rep_id, one.rung) for one in kitchen.asked(Tell)]
