"""The lead's story on the time-skipping server, with scripted activities."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from models.decisions import Manners
from models.orders import AlertManager, AssignLead, RecordLead, Tell
from runtime.conversion import data_converter
from tests.workflows.conftest import LEAD
from tests.workflows.kitchen import Kitchen, held
from workflows import names
from workflows.lead import LeadWorkflow


async def until(handle: Any, **wanted: Any) -> dict[str, Any]:
    """Wait until the lead's status is as wanted; the test's own time-out bounds it."""
    while True:
        status = await handle.query("status")
        if all(status[name] == value for name, value in wanted.items()):
            return dict(status)
        await asyncio.sleep(0.02)


async def test_a_lead_is_offered_accepted_and_contacted(start: Any, kitchen: Kitchen) -> None:
    """The product sentence: enriched, scored, assigned, told, accepted, contacted, written down."""
    handle = await start()
    status = await until(handle, stage="offered")
    assert status["owner"] == "ana"
    assert status["next_step"] == "remind the owner"
    verdict = await handle.execute_update("accept", {"rep_id": "ana", "offer": 1, "key": "k1"})
    assert verdict["verdict"] == "done"
    await until(handle, stage="accepted")
    await handle.execute_update("contacted", {"rep_id": "ana", "channel": "phone"})
    result = await handle.result()
    assert result["stage"] == "contacted"
    assert result["owner"] == "ana"
    assert result["offers"] == 1
    assert not result["breached"]
    assert [order.kind for order in kitchen.asked(Tell)] == ["offer"]
    last = kitchen.records[-1]
    assert last.closed
    assert last.holding is not None
    assert last.holding.contacted_at is not None
    numbers = [entry.n for order in kitchen.records for entry in order.entries]
    assert numbers == list(range(len(numbers))), "each line of the timeline is written once, in order"
    assert [order.seq for order in kitchen.records] == sorted({order.seq for order in kitchen.records})


async def test_silence_climbs_the_whole_ladder_to_triage(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Nobody answers: reminder, backup, manager, two more reps, triage, and the manager hears of it daily."""
    handle = await start()
    await until(handle, stage="offered")
    begun = await env.get_current_time()
    await env.sleep(timedelta(minutes=16))
    assert (await until(handle, offer=2))["owner"] == "ben"
    await env.sleep(timedelta(minutes=50))
    status = await until(handle, stage="triage")
    assert status["owner"] is None
    assert status["answerable"] == "mia"
    assert status["breached"]
    assert [order.rep_id for order in kitchen.asked(Tell) if order.kind == "offer"] == ["ana", "ben", "cho", "dov"]
    assert [order.to for order in kitchen.asked(AssignLead)] == ["primary", "backup", "next", "next"]
    alerts = len(kitchen.asked(AlertManager))
    await env.sleep(timedelta(days=3, minutes=1))
    await until(handle, stage="triage")
    assert len(kitchen.asked(AlertManager)) == alerts + 3, "at least daily until taken"
    assert (await env.get_current_time()) - begun > timedelta(days=3)


async def test_rungs_run_when_due_and_not_before(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Timer durations: replay would not notice a changed one, so each rung's instant is checked here."""
    handle = await start()
    await until(handle, stage="offered")
    steps = await handle.query("next_steps")
    await env.sleep(timedelta(hours=2))
    await until(handle, stage="triage")
    moved = [entry["at"] for entry in await handle.query("timeline") if entry["kind"] == "offered"]
    due = [step["due_at"] for step in steps if step["kind"] in ("offer", "reassign")]
    for at, planned in zip(moved[1:], due, strict=True):
        late = _seconds(at) - _seconds(planned)
        assert 0 <= late < 2 * len(due), f"{at} against {planned}"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def test_a_decline_advances_at_once(start: Any, kitchen: Kitchen) -> None:
    """Declining does not wait for the timer, and the one who declined is never asked again."""
    handle = await start()
    await until(handle, stage="offered")
    verdict = await handle.execute_update("decline", {"rep_id": "ana", "reason": "on the road", "offer": 1})
    assert verdict["verdict"] == "done"
    status = await until(handle, stage="offered", offer=2)
    assert status["owner"] == "ben"
    late = await handle.execute_update("accept", {"rep_id": "ana", "offer": 1})
    assert late["verdict"] == "refused"
    assert late["owner"] == "ben"
    assert "ben" in late["because"]
    assert kitchen.asked(AssignLead)[-1].ended == "declined"


async def test_an_accept_during_the_reassignment_wins(start: Any, kitchen: Kitchen, env: Any) -> None:
    """The deadline race: an accept acknowledged while the backup is being chosen is honoured."""
    handle = await start()
    await until(handle, stage="offered")
    verdicts: list[Any] = []

    async def accept_meanwhile(order: AssignLead) -> None:
        if order.offer == 2 and not verdicts:
            verdicts.append(await handle.execute_update("accept", {"rep_id": "ana", "offer": 1}))

    kitchen.during_assign = accept_meanwhile
    await env.sleep(timedelta(minutes=16))
    status = await until(handle, stage="accepted")
    assert verdicts[0]["verdict"] == "done"
    assert status["owner"] == "ana"
    assert [order.rep_id for order in kitchen.asked(Tell) if order.kind == "offer"] == ["ana"], "ben heard nothing"
    await handle.execute_update("contacted", {"rep_id": "ana"})
    assert (await handle.result())["owner"] == "ana"
    assert kitchen.records[-1].holding is not None
    assert kitchen.records[-1].holding.rep_id == "ana"


async def test_who_asks_for_it_while_an_order_is_out_waits_their_turn(start: Any, kitchen: Kitchen) -> None:
    """A manager is not sent away because the machine is choosing somebody this very moment."""
    handle = await start()
    asked: list[Any] = []

    async def reassign_meanwhile(order: AssignLead) -> None:
        if order.offer == 1 and not asked:
            said = {"rep_id": "ben", "by": "mia", "reason": "knows them"}
            stage = WorkflowUpdateStage.ACCEPTED
            asked.append(await handle.start_update("reassign", said | {"key": "m1"}, wait_for_stage=stage))
            for key in ("m1", "m2"):  # a door that has waited for long enough leaves it as a signal, too
                await handle.signal("reassign", said | {"key": key, "report": True})

    kitchen.during_assign = reassign_meanwhile
    status = await until(handle, offer=2)
    assert ("done", "ben") == ((await asked[0].result())["verdict"], status["owner"])
    await handle.execute_update("decline", {"rep_id": "ben", "reason": "no"})
    verdicts = [order for order in kitchen.asked(Tell) if order.kind == "verdict"]
    assert [("mia", True)] * 2 == [(order.rep_id, order.done) for order in verdicts]
    assert 1 == len([order for order in kitchen.asked(AssignLead) if order.rep_id == "ben"]), "asked for once"


async def test_who_puts_off_what_is_being_planned_waits_their_turn(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Right after a pause the rungs ahead are on their way from an activity: they can be put off all the same."""
    handle = await start()
    await until(handle, stage="offered")
    later = (await env.get_current_time() + timedelta(hours=1)).isoformat()
    gone_on = asyncio.Event()
    kitchen.during_plan = gone_on.wait
    await handle.execute_update("pause", {"by": "mia", "reason": "a holiday"})
    await handle.execute_update("resume", {"by": "mia"})
    stage = WorkflowUpdateStage.ACCEPTED
    asked = await handle.start_update("extend", {"by": "mia", "until": later}, wait_for_stage=stage)
    gone_on.set()
    assert "done" == (await asked.result())["verdict"]
    await handle.execute_update("snooze", {"rep_id": "ana", "until": later})
    assert "done" == (await handle.execute_update("escalate", {"by": "mia"}))["verdict"]


async def test_who_was_sent_away_before_they_could_wait_stays_so(
    start: Any, kitchen: Kitchen, env: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history of a lead that did not know the mark replays as it was, and with today's way forced upon it not."""
    patched, gone_on = workflow.patched, asyncio.Event()
    monkeypatch.setattr(workflow, "patched", lambda mark: mark != names.PERSONS_WAIT and patched(mark))
    handle = await start()
    await until(handle, stage="offered")
    later = (await env.get_current_time() + timedelta(hours=1)).isoformat()
    kitchen.during_plan = gone_on.wait
    await handle.execute_update("pause", {"by": "mia", "reason": "a holiday"})
    await handle.execute_update("resume", {"by": "mia"})
    assert "refused" == (await handle.execute_update("extend", {"by": "mia", "until": later}))["verdict"]
    await handle.signal("escalate", {"by": "mia"})
    gone_on.set()
    await handle.execute_update("disqualify", {"by": "mia", "reason": "a student"})
    await handle.result()
    history = await handle.fetch_history()
    replayer = Replayer(workflows=[LeadWorkflow], data_converter=data_converter())
    monkeypatch.setattr(workflow, "patched", patched)
    await replayer.replay_workflow(history)
    monkeypatch.setattr(workflow, "patched", lambda mark: mark == names.PERSONS_WAIT or patched(mark))
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(history)


async def test_a_key_makes_a_message_idempotent(start: Any, kitchen: Kitchen) -> None:
    """A double click gets the first verdict, also when the world has moved on."""
    handle = await start()
    await until(handle, stage="offered")
    first = await handle.execute_update("decline", {"rep_id": "ana", "reason": "no", "key": "d1"})
    await until(handle, offer=2)
    again = await handle.execute_update("decline", {"rep_id": "ana", "reason": "no", "key": "d1"})
    assert again == {**first, "repeat": True}
    await handle.signal("decline", {"rep_id": "ana", "reason": "no", "key": "d1"})
    assert (await until(handle, stage="offered"))["owner"] == "ben"


async def test_an_accepted_lead_that_nobody_contacts_is_never_forgotten(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Past the contact clock: reminder, manager, somebody else; without further rungs the manager hears daily."""
    kitchen.contact = kitchen.contact[:2]
    handle = await start()
    await until(handle, stage="offered")
    await handle.execute_update("accept", {"rep_id": "ana"})
    await env.sleep(timedelta(hours=3))
    status = await until(handle, stage="accepted", next_step="tell the manager that no contact is noted")
    assert status["owner"] == "ana"
    assert status["due_at"] is not None
    alerts = len(kitchen.asked(AlertManager))
    await env.sleep(timedelta(days=2, minutes=1))
    await until(handle, stage="accepted")
    assert len(kitchen.asked(AlertManager)) == alerts + 2
    assert [order.kind for order in kitchen.asked(Tell)] == ["offer", "contact"]


async def test_an_owner_who_makes_no_contact_loses_the_lead(start: Any, kitchen: Kitchen, env: Any) -> None:
    """By policy the ladder begins again with somebody else."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.execute_update("accept", {"rep_id": "ana"})
    await env.sleep(timedelta(hours=4, minutes=1))
    status = await until(handle, stage="offered")
    assert status["owner"] == "ben"
    assert status["next_step"] == "remind the owner"


async def test_a_held_lead_is_assigned_at_the_opening(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Nobody on shift: stage routing, no owner, due at the opening, assigned then."""
    opening = (await env.get_current_time()) + timedelta(hours=9)
    kitchen.assignments.append(held(opening))
    handle = await start()
    status = await until(handle, stage="routing", next_step="look for somebody again")
    assert status["owner"] is None
    assert _seconds(status["due_at"]) == opening.timestamp()
    await env.sleep(timedelta(hours=9, minutes=1))
    assert (await until(handle, stage="offered"))["owner"] == "ana"


async def test_a_place_that_came_free_wakes_a_held_lead(start: Any, kitchen: Kitchen, env: Any) -> None:
    """A held lead need not wait for its timer."""
    kitchen.assignments.append(held((await env.get_current_time()) + timedelta(days=2)))
    handle = await start()
    await until(handle, stage="routing", next_step="look for somebody again")
    await handle.signal("wake", "ana has a free place")
    assert (await until(handle, stage="offered"))["owner"] == "ana"


async def test_a_held_lead_that_was_paused_looks_again_when_it_goes_on(start: Any, kitchen: Kitchen, env: Any) -> None:
    """A paused lead keeps no place from others, so it asks anew instead of waiting for its old timer."""
    kitchen.assignments.append(held((await env.get_current_time()) + timedelta(days=2)))
    handle = await start()
    await until(handle, stage="routing", next_step="look for somebody again")
    await handle.execute_update("pause", {"by": "mia", "reason": "a call is running"})
    await handle.execute_update("resume", {"by": "mia"})
    assert (await until(handle, stage="offered"))["owner"] == "ana"


async def test_pause_freezes_and_resume_runs_on(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Paused time does not count, answers are still taken, and the pause ends by policy."""
    handle = await start()
    await until(handle, stage="offered")
    await env.sleep(timedelta(minutes=5))
    await handle.execute_update("pause", {"by": "mia", "reason": "call is running"})
    await env.sleep(timedelta(hours=3))
    assert (await until(handle, paused=True))["offer"] == 1
    await handle.execute_update("resume", {"by": "mia"})
    await until(handle, paused=False, next_step="remind the owner")
    steps = await handle.query("next_steps")
    now = (await env.get_current_time()).timestamp()
    assert _seconds(steps[0]["due_at"]) - now == pytest.approx(300, abs=10), "5 of 10 minutes were left"
    await handle.execute_update("pause", {"by": "mia", "reason": "again"})
    verdict = await handle.execute_update("accept", {"rep_id": "ana"})
    assert verdict["verdict"] == "done"


async def test_a_person_may_give_it_to_somebody_else(start: Any, kitchen: Kitchen) -> None:
    """Reassign answers when it is done; an unknown rep is refused with the reason and changes nothing."""
    handle = await start()
    await until(handle, stage="offered")
    unknown = await handle.execute_update("reassign", {"rep_id": "zed", "by": "mia", "reason": "knows them"})
    assert unknown["verdict"] == "refused"
    assert unknown["because"] == "unknown rep 'zed'"
    assert (await until(handle, stage="offered"))["owner"] == "ana"
    verdict = await handle.execute_update("reassign", {"rep_id": "eva", "by": "mia", "reason": "knows them"})
    assert (verdict["verdict"], verdict["owner"]) == ("done", "eva")
    taken = await handle.execute_update("take", {"by": "mia"})
    assert (taken["verdict"], taken["owner"], taken["stage"]) == ("done", "mia", "accepted")


async def test_undo_within_a_minute(start: Any, kitchen: Kitchen, env: Any) -> None:
    """An accept taken back within the minute leaves the offer as it stood; later it is refused."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.execute_update("accept", {"rep_id": "ana", "key": "a1"})
    verdict = await handle.execute_update("undo", {"rep_id": "ana", "key": "a1"})
    assert verdict["verdict"] == "done"
    await until(handle, stage="offered", next_step="remind the owner")
    await handle.execute_update("accept", {"rep_id": "ana", "key": "a2"})
    await env.sleep(timedelta(minutes=2))
    late = await handle.execute_update("undo", {"rep_id": "ana", "key": "a2"})
    assert late["verdict"] == "refused"
    assert (await until(handle, stage="accepted"))["owner"] == "ana"


@pytest.mark.parametrize(
    ("lead", "says"),
    [
        ({}, "is required"),
        ("gibberish", "has to be a JSON object"),
        ([1, 2], "has to be a JSON object"),
        ({**LEAD, "employes": 3}, "employes: is not a known field"),
        ({"source": "web", "type": "demo_request"}, "needs an email or a phone"),
    ],
)
async def test_malformed_input_becomes_a_review(start: Any, kitchen: Kitchen, lead: Any, says: str) -> None:
    """What does not parse wedges nothing: a person sees it and why, and may end it."""
    handle = await start(lead)
    status = await until(handle, stage="review")
    assert status["answerable"] == "mia"
    explained = await handle.query("explanation")
    assert says in explained["sentence"]
    await handle.execute_update("disqualify", {"by": "mia", "reason": "noise"})
    assert (await handle.result())["stage"] == "disqualified"


async def test_malformed_messages_wedge_nothing(start: Any, kitchen: Kitchen) -> None:
    """A bad update is rejected naming its fields, a bad or unknown signal is written down; the lead goes on."""
    handle = await start()
    await until(handle, stage="offered")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("accept", {"rep": "ana"})
    assert "rep_id: is required" in str(refused.value.cause)
    assert "rep: is not a known field" in str(refused.value.cause)
    await handle.signal("accept", "ana")
    await handle.signal("accept")
    await handle.signal("accept", args=[{"rep_id": "ana"}, 2])
    await handle.signal("acept", {"rep_id": "ana"})
    says = [entry["says"] for entry in await handle.query("timeline") if entry["kind"] == "refused"]
    assert [line.partition(":")[0] for line in says] == ["accept", "accept", "accept", "acept"]
    assert (await handle.execute_update("accept", {"rep_id": "ana"}))["verdict"] == "done"


async def test_a_dead_enricher_holds_nothing_up(start: Any, kitchen: Kitchen) -> None:
    """Enrichment that fails degrades to "unknown, because ..."."""
    kitchen.failing["enrich"] = -1
    handle = await start()
    await until(handle, stage="offered")
    explained = await handle.query("explanation")
    assert explained["enrichment"]["unknown"][0]["because"] == "enrichment failed: enrich is out of order"


async def test_an_alert_that_goes_out_after_the_end_is_in_the_story(start: Any, kitchen: Kitchen, env: Any) -> None:
    """A manager was told, though so late that somebody had made contact: both stay written down."""
    handle = await start()
    await until(handle, stage="offered")
    kitchen.failing["alert_manager"] = -1
    await env.sleep(timedelta(minutes=21))
    await until(handle, offer=2, next_step="give it to the next one available")
    await handle.execute_update("contacted", {"rep_id": "ben"})
    await until(handle, stage="contacted")
    kitchen.failing.clear()
    assert (await handle.result())["owner"] == "ben"
    written = [entry for order in kitchen.records for entry in order.entries]
    assert [entry.kind for entry in written][-2:] == ["ended", "alerted"]
    assert {"rung": 3, "offer": 2} == written[-1].data
    assert kitchen.records[-1].closed
    assert kitchen.records[-1].stage == "contacted"


async def test_assigning_that_keeps_failing_reaches_a_manager(start: Any, kitchen: Kitchen, env: Any) -> None:
    """A database that is down: the manager hears of it, the lead is visibly in triage, and goes on by itself."""
    kitchen.failing["assign"] = -1
    kitchen.manners = Manners(assign_within=timedelta(seconds=30))
    handle = await start()
    await until(handle, stage="routing")
    await env.sleep(timedelta(seconds=40))
    status = await until(handle, stage="triage")
    assert "assigning failed" in status["next_step"]
    assert status["due_at"] is not None
    await until(handle, answerable="mia")
    kitchen.failing["assign"] = 0
    await env.sleep(timedelta(seconds=65))
    assert (await until(handle, stage="offered"))["owner"] == "ana"


async def test_a_rep_who_cannot_be_told_reaches_the_manager(start: Any, kitchen: Kitchen) -> None:
    """An undeliverable offer alerts the manager, who decides; the offer stands."""
    kitchen.unreachable.add("ana")
    handle = await start()
    await until(handle, stage="offered")
    async with asyncio.timeout(20):
        while not kitchen.asked(AlertManager):  # noqa: ASYNC110 (the worker runs in this very loop)
            await asyncio.sleep(0.02)
    assert "could not be told" in kitchen.asked(AlertManager)[0].what
    assert (await until(handle, stage="offered"))["owner"] == "ana"


async def test_when_nobody_can_be_told_the_lead_is_in_triage_visibly(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Neither rep nor manager reachable: triage; whoever was asked may take it, and the manager is tried again."""
    kitchen.unreachable |= {"ana", "mia"}
    handle = await start()
    status = await until(handle, stage="triage")
    assert (status["owner"], status["offer"]) == (None, 1), "an outage burns through nobody's ladder"
    alerts = len(kitchen.asked(AlertManager))
    kitchen.unreachable.clear()
    await env.sleep(timedelta(minutes=16))
    await until(handle, stage="triage", offer=1)
    assert len(kitchen.asked(AlertManager)) > alerts
    verdict = await handle.execute_update("accept", {"rep_id": "ana"})
    assert verdict["verdict"] == "done", "whoever was asked last may still take it"


async def test_records_follow_their_order(start: Any, kitchen: Kitchen) -> None:
    """The database hears of every stage people wait in, once each."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.execute_update("accept", {"rep_id": "ana"})
    await handle.execute_update("contacted", {"rep_id": "ana"})
    await handle.result()
    stages = [order.stage for order in kitchen.asked(RecordLead)]
    assert list(dict.fromkeys(stages)) == ["offered", "accepted", "contacted"]


async def test_every_line_of_the_story_is_written_even_the_last(start: Any, kitchen: Kitchen) -> None:
    """What is told of after the last change of state (a message that came too late to send) is kept too."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.signal("contacted", {"rep_id": "ana"})
    for _ in range(3):
        await handle.signal("accept", "gibberish")
    await handle.result()
    told = await handle.query("timeline")
    written = [entry.n for order in kitchen.records for entry in order.entries]
    assert written == [entry["n"] for entry in told]
