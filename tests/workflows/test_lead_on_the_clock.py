"""On the time-skipping server: leave, hand-over, messages that wait, every kind of rung, nudges."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.decisions import Manners
from models.ladder import EntryKind
from models.lead import Stage
from models.orders import AlertManager, AssignLead, PlanRungs, RecordLead, Tell
from tests.workflows.kitchen import RICH, Kitchen
from tests.workflows.test_lead import until


async def said(handle: Any, kind: EntryKind) -> list[str]:
    """The lines of the timeline of one kind."""
    return [entry["says"] for entry in await handle.query("timeline") if entry["kind"] == kind]


async def test_a_lead_climbs_every_kind_of_rung(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Widened, offered to whoever is on duty, told to the manager's manager, rested, and let go into nurture."""
    kitchen.ladder = RICH
    handle = await start()
    await until(handle, stage="offered")
    await env.sleep(timedelta(minutes=30))
    status = await until(handle, offer=2, stage="offered")
    assert status["next_step"].startswith("paused by the policy until ")
    await env.sleep(timedelta(minutes=75))
    await until(handle, stage="nurturing", owner=None)
    orders = kitchen.asked(AssignLead)
    assert [(order.to, order.who, order.pools) for order in orders] == [
        ("primary", None, ()),
        ("on_duty", "berlin", ("south",)),
        ("next", None, ("south",)),
    ]
    alerts = [(order.to, order.text, order.urgent, order.policy) for order in kitchen.asked(AlertManager)]
    assert alerts == [(to, "please look at {lead}", True, "test-1") for to in ("manager", "managers_manager")]
    [reminder] = [order for order in kitchen.asked(Tell) if order.kind == "remind"]
    assert (reminder.text, reminder.channels) == ("still yours?", ("log",))


async def test_a_lead_moves_on_when_its_holder_goes_on_leave(start: Any, kitchen: Kitchen, env: Any) -> None:
    """At that instant, and the turn is given back."""
    leave_at: datetime = await env.get_current_time() + timedelta(minutes=12)
    kitchen.leave_at = leave_at
    handle = await start()
    await until(handle, stage="offered")
    await env.sleep(timedelta(minutes=11))
    assert (await until(handle, stage="offered"))["next_step"] == "move on, because they are on leave"
    await env.sleep(timedelta(minutes=2))
    await until(handle, owner="ben", offer=2)
    assert await said(handle, EntryKind.AWAY) == ["they are on leave: it moves on from ana"]
    assert kitchen.asked(AssignLead)[-1].ended == "withdrawn"


async def test_a_change_of_the_roster_is_looked_at_beside_the_wait(start: Any, kitchen: Kitchen) -> None:
    """Nothing moved: nothing is told. The holder is gone: the lead moves on at once. Nonsense wedges nothing."""
    handle = await start()
    await until(handle, stage="offered")
    lines = len(await handle.query("timeline"))
    await handle.signal("reconsider", {"because": "ana's hours changed"})
    await handle.signal("reconsider", ["nonsense"])
    while len(kitchen.asked(PlanRungs)) < 1:
        await handle.query("status")
    assert len(await handle.query("timeline")) == lines
    kitchen.gone = "ana is not active any more"
    await handle.signal("reconsider", {"because": "ana was deactivated"})
    await until(handle, owner="ben", offer=2)
    assert {order.kind for order in kitchen.asked(PlanRungs)} == {"anew"}
    assert kitchen.asked(PlanRungs)[-1].cause == "ana was deactivated"


@pytest.mark.parametrize("waits", [False, True])
async def test_a_handover_said_while_somebody_is_chosen_is_not_lost(start: Any, kitchen: Kitchen, waits: bool) -> None:
    """A signal's sender does not wait; an update's gets the verdict once it is carried out."""
    handle = await start()
    await until(handle, stage="offered")
    wish = {"by": "mia", "reason": "ana leaves us", "holder": "ana", "key": "h1"}
    asked: list[asyncio.Task[Any]] = []

    async def meanwhile(_: AssignLead) -> None:
        kitchen.during_assign = None
        if waits:
            asked.append(asyncio.create_task(handle.execute_update("handover", wish)))
        else:
            await handle.signal("handover", wish)
        while not any("as soon as that is over" in line for line in await said(handle, EntryKind.ASKED)):
            pass

    kitchen.during_assign = meanwhile
    refused = await handle.execute_update("reassign", {"rep_id": "zed", "by": "leo", "reason": "knows them"})
    assert refused["verdict"] == "refused"
    await until(handle, owner="ben", offer=2)
    verdict = await handle.execute_update("handover", wish)
    assert (verdict["verdict"], verdict["because"], verdict["repeat"]) == ("done", "offered to ben", True)
    assert [(await one)["because"] for one in asked] == ["offered to ben"] * waits
    assert await said(handle, EntryKind.HANDED_OVER) == ["mia hands it over from ana: ana leaves us"]


async def test_a_message_goes_out_when_it_is_quiet_no_more(start: Any, kitchen: Kitchen, env: Any) -> None:
    """To the rep and to the manager; the status goes on naming the ladder's next step."""
    quiet_until: datetime = await env.get_current_time() + timedelta(minutes=8)
    kitchen.quiet_until = quiet_until
    handle = await start()
    await until(handle, stage="offered")
    while not await said(handle, EntryKind.LATER):
        pass
    status = await handle.query("status")
    assert datetime.fromisoformat(status["due_at"]) > quiet_until
    assert await said(handle, EntryKind.SENT) == []
    await env.sleep(timedelta(minutes=9))
    while not await said(handle, EntryKind.SENT):
        pass
    assert [(order.kind, order.rung) for order in kitchen.asked(Tell) if order.offer == 1] == [("offer", 0)] * 2


async def test_a_snooze_ends_with_a_reminder(start: Any, kitchen: Kitchen, env: Any) -> None:
    """When the rep said, before the rungs go on."""
    handle = await start()
    await until(handle, stage="offered")
    back: datetime = await env.get_current_time() + timedelta(minutes=40)
    verdict = await handle.execute_update("snooze", {"rep_id": "ana", "until": back.isoformat()})
    assert verdict["verdict"] == "done"
    await env.sleep(timedelta(minutes=41))
    await until(handle, owner="ana", next_step="remind the owner")
    assert [order.rung for order in kitchen.asked(Tell) if order.kind == "remind"] == [1001]


async def test_a_leavers_lead_is_handed_over(start: Any, kitchen: Kitchen) -> None:
    """By an update that waits for whom it goes to, and by the dispatcher's signal under its key."""
    handle = await start()
    await until(handle, stage="offered")
    await handle.execute_update("accept", {"rep_id": "ana"})
    verdict = await handle.execute_update("handover", {"by": "mia", "reason": "ana leaves us", "key": "h1"})
    assert (verdict["verdict"], verdict["owner"]) == ("done", "ben")
    for _ in range(2):
        await handle.signal("handover", {"by": "mia", "reason": "ben leaves us", "key": "h2"})
    await until(handle, owner="cho", offer=3)
    order = kitchen.asked(AssignLead)[-1]
    assert (order.by, order.ended, order.asked) == ("mia", "withdrawn", ("ana", "ben"))


async def test_a_lead_may_be_taken_back(start: Any, kitchen: Kitchen, env: Any) -> None:
    """By policy, by whoever was asked before; the database is told, and so is whoever is asked."""
    kitchen.manners = Manners(take_back=True)
    handle = await start()
    await until(handle, stage="offered")
    await env.sleep(timedelta(minutes=16))
    await until(handle, owner="ben", offer=2)
    verdict = await handle.execute_update("accept", {"rep_id": "ana", "offer": 1})
    assert (verdict["verdict"], verdict["owner"]) == ("done", "ana")
    await handle.execute_update("contacted", {"rep_id": "ana"})
    result = await handle.result()
    assert (result["owner"], result["offers"]) == ("ana", 2)
    assert [order.rep_id for order in kitchen.asked(Tell) if order.kind == "withdrawn"] == ["ben"]
    last: RecordLead = kitchen.records[-1]
    assert last.holding is not None
    assert (last.holding.rep_id, last.holding.offer, last.offer) == ("ana", 1, 2)


async def test_an_acknowledged_lead_rests(start: Any, kitchen: Kitchen, env: Any) -> None:
    """For as long as the policy says."""
    kitchen.manners = Manners(triage_every=timedelta(hours=1), acknowledged_for=timedelta(hours=10))
    handle = await start()
    await until(handle, stage="offered")
    await env.sleep(timedelta(minutes=70))
    await until(handle, stage="triage")
    await handle.execute_update("acknowledge", {"by": "mia"})
    alerts = len(kitchen.asked(AlertManager))
    await env.sleep(timedelta(hours=9))
    assert len(kitchen.asked(AlertManager)) == alerts
    await env.sleep(timedelta(hours=2))
    while len(kitchen.asked(AlertManager)) == alerts:
        await handle.query("status")


async def test_a_nudge_writes_down_anew_where_the_lead_stands(start: Any, kitchen: Kitchen) -> None:
    """The database may have forgotten; nothing else changes, however often."""
    handle = await start()
    before = await until(handle, stage="offered")
    while not kitchen.records:
        await handle.query("status")
    for _ in range(3):
        written = len(kitchen.records)
        await handle.signal("nudge")
        while len(kitchen.records) == written:
            await handle.query("status")
        last = kitchen.records[-1]
        assert (last.stage, last.offer, last.seq) == (Stage.OFFERED, 1, len(kitchen.records))
    assert await handle.query("status") == before


async def test_an_answer_that_got_lost_is_no_offer(start: Any, kitchen: Kitchen, env: Any) -> None:
    """Its number is spent, and nobody was asked by it: the result counts whom it reached."""
    kitchen.manners = Manners(assign_within=timedelta(seconds=2))
    handle = await start()
    await until(handle, stage="offered")
    kitchen.failing["reassign"] = -1
    verdict = await handle.execute_update("reassign", {"rep_id": "eva", "by": "mia", "reason": "x"})
    assert verdict["verdict"] == "refused"
    kitchen.failing.clear()
    await handle.execute_update("reassign", {"rep_id": "eva", "by": "mia", "reason": "x"})
    await until(handle, owner="eva", offer=3)
    await handle.execute_update("disqualify", {"by": "mia", "reason": "noise"})
    assert (await handle.result())["offers"] == 2
