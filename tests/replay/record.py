"""Record the golden histories of this release: `python -m tests.replay.record VERSION`.

Only a release records, once; later releases have to replay what an earlier one left in flight.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from models.decisions import Disqualified, Fired, Manners, Nurture, Score
from models.orders import ScoreLead
from tests.engines.temporal import time_skipping
from tests.workflows.conftest import LEAD, worker
from tests.workflows.kitchen import RICH, Kitchen, held, routed

HISTORIES = Path(__file__).parent / "histories"

RECORDER = "recorder"
IDENTITIES = re.compile(r'"identity": "([^"]*)"')

Handle = WorkflowHandle[Any, Any]
Shape = Callable[[WorkflowEnvironment, Handle], Awaitable[None]]


async def _until(handle: Handle, **wanted: Any) -> None:
    async with asyncio.timeout(30):
        while True:
            status = await handle.query("status")
            if all(status[name] == value for name, value in wanted.items()):
                return
            await asyncio.sleep(0.02)


async def _say(handle: Handle, name: str, **message: Any) -> None:
    await handle.execute_update(name, message)


async def contacted(_: WorkflowEnvironment, lead: Handle) -> None:
    """Offered, accepted, contacted."""
    await _until(lead, stage="offered")
    await _say(lead, "accept", rep_id="ana", offer=1, key="k1")
    await _say(lead, "accept", rep_id="ana", offer=1, key="k1")
    await _until(lead, stage="accepted")
    await _say(lead, "contacted", rep_id="ana", channel="phone")


async def silent(env: WorkflowEnvironment, lead: Handle) -> None:
    """The whole ladder to triage, alerts for two days, then the manager takes it."""
    await _until(lead, stage="offered")
    await env.sleep(timedelta(hours=2))
    await _until(lead, stage="triage")
    await env.sleep(timedelta(days=2))
    await _say(lead, "take", by="mia")
    await _say(lead, "contacted", rep_id="mia")


async def declined(_: WorkflowEnvironment, lead: Handle) -> None:
    """Declined twice, a stale accept refused, then accepted, undone and accepted again."""
    await _until(lead, stage="offered")
    await _say(lead, "decline", rep_id="ana", reason="on the road")
    await _until(lead, offer=2, stage="offered")
    await _say(lead, "accept", rep_id="ana", offer=1)
    await _say(lead, "decline", rep_id="ben", reason="not mine")
    await _until(lead, offer=3, stage="offered")
    await _say(lead, "accept", rep_id="cho", key="a")
    await _say(lead, "undo", rep_id="cho", key="a")
    await _until(lead, stage="offered", next_step="give it to the next one available")
    await _say(lead, "accept", rep_id="cho")
    await _say(lead, "contacted", rep_id="cho")


async def paused(env: WorkflowEnvironment, lead: Handle) -> None:
    """Paused, resumed, snoozed, extended, escalated, reassigned, disqualified."""
    await _until(lead, stage="offered")
    await _say(lead, "pause", by="mia", reason="call is running")
    await env.sleep(timedelta(hours=1))
    await _say(lead, "resume", by="mia")
    await _until(lead, next_step="remind the owner")
    until = (await env.get_current_time() + timedelta(minutes=30)).isoformat()
    await _say(lead, "snooze", rep_id="ana", until=until)
    await _until(lead, next_step="remind the owner")
    until = (await env.get_current_time() + timedelta(hours=3)).isoformat()
    await _say(lead, "extend", by="mia", until=until)
    await env.sleep(timedelta(hours=2))
    await _say(lead, "escalate", by="mia")
    await _until(lead, offer=2, stage="offered")
    await _say(lead, "reassign", rep_id="eva", by="mia", reason="knows them")
    await _say(lead, "disqualify", by="mia", reason="a student")


async def malformed(_: WorkflowEnvironment, lead: Handle) -> None:
    """Input that does not parse, nonsense messages, then ended by a person."""
    await _until(lead, stage="review")
    await lead.signal("accept", "gibberish")
    await lead.signal("bogus", 3)
    await _say(lead, "disqualify", by="mia", reason="noise")


async def nurtured(env: WorkflowEnvironment, lead: Handle) -> None:
    """Nurtured, promoted by an event, held, woken, requalified, contacted without an accept."""
    await _until(lead, stage="nurturing")
    await env.sleep(timedelta(days=5))
    await lead.signal("event", {"kind": "call_booked"})
    await _until(lead, stage="routing", next_step="look for somebody again")
    await lead.signal("wake", "a place came free")
    await _until(lead, stage="offered")
    await _say(lead, "requalify", by="mia", reason="the rule was wrong")
    await _until(lead, offer=2, stage="offered")
    await _say(lead, "contacted", rep_id="ana")


async def climbed(env: WorkflowEnvironment, lead: Handle) -> None:
    """Every kind of rung, to whoever is on duty, over a pause, into nurture; then taken out of it by a person."""
    await _until(lead, stage="offered")
    await env.sleep(timedelta(minutes=30))
    await _until(lead, offer=2, stage="offered")
    await env.sleep(timedelta(minutes=75))
    await _until(lead, stage="nurturing")
    await _say(lead, "take", by="mia")
    await _say(lead, "contacted", rep_id="mia")


async def left(env: WorkflowEnvironment, lead: Handle) -> None:
    """Its holder goes on leave, the next one is deactivated, the one after that leaves with the lead accepted."""
    await _until(lead, stage="offered")
    await env.sleep(timedelta(minutes=13))
    await _until(lead, offer=2, stage="offered")
    await lead.signal("reconsider", {"because": "ben was deactivated"})
    await _until(lead, offer=3, stage="offered")
    await _say(lead, "accept", rep_id="cho")
    await lead.signal("handover", {"by": "mia", "reason": "cho leaves us", "key": "h"})
    await _until(lead, offer=4, stage="offered")
    await lead.signal("nudge")
    await _say(lead, "contacted", rep_id="dov")


async def put_off(env: WorkflowEnvironment, lead: Handle) -> None:
    """Told after quiet hours, snoozed, taken back by whoever was asked first."""
    await _until(lead, stage="offered")
    await env.sleep(timedelta(minutes=9))
    until = (await env.get_current_time() + timedelta(minutes=40)).isoformat()
    await _say(lead, "snooze", rep_id="ana", until=until)
    await env.sleep(timedelta(minutes=60))
    await _until(lead, offer=2, stage="offered")
    await _say(lead, "accept", rep_id="ana", offer=1)
    await _say(lead, "contacted", rep_id="ana")


async def acknowledged(env: WorkflowEnvironment, lead: Handle) -> None:
    """On the manager's table, who sees to it; told again a day later, and taken then."""
    await _until(lead, stage="offered")
    await env.sleep(timedelta(minutes=80))
    await _until(lead, stage="triage")
    await _say(lead, "acknowledge", by="mia")
    await env.sleep(timedelta(hours=25))
    await _say(lead, "take", by="mia")
    await _say(lead, "contacted", rep_id="mia")


async def recorded(env: WorkflowEnvironment, lead: Handle) -> None:
    """Answers that were only left: a decline, an accept and a late one that report; and a person who waits a turn."""
    await _until(lead, stage="offered")
    await lead.signal("decline", {"rep_id": "ana", "reason": "on the road", "key": "d", "report": True})
    await _until(lead, offer=2, stage="offered")
    await lead.signal("accept", {"rep_id": "ana", "offer": 1, "key": "late", "report": True})
    until = (await env.get_current_time() + timedelta(minutes=20)).isoformat()
    await _say(lead, "snooze", rep_id="ben", until=until)
    await _say(lead, "extend", by="mia", until=until)
    await lead.signal("accept", {"rep_id": "ben", "offer": 2, "key": "a", "report": True})
    await _until(lead, stage="accepted")
    await _say(lead, "contacted", rep_id="ben")


async def weighed(env: WorkflowEnvironment, lead: Handle) -> None:
    """A late answer of a provider, points by hand that a trigger has it judged anew for, another that alerts."""
    await _until(lead, stage="offered")
    late = {"kind": "enriched", "properties": {"fields": ["company.employees"], "provider": "slow"}, "key": "late"}
    await lead.signal("event", late)
    await env.sleep(timedelta(minutes=1))
    await _say(lead, "adjust", by="mia", points=12, reason="called us", key="p")
    await _until(lead, offer=2, stage="offered")
    await _say(lead, "accept", rep_id="ana")
    await lead.signal("event", {"kind": "pricing_visit"})
    await env.sleep(timedelta(minutes=1))
    await _say(lead, "contacted", rep_id="ana")


async def faded(env: WorkflowEnvironment, lead: Handle) -> None:
    """Nurtured, looked at again after a while, and none any more."""
    await _until(lead, stage="nurturing")
    await env.sleep(timedelta(days=61))
    await lead.signal("event", {"kind": "score_aged", "key": "aged"})


async def _kitchen(name: str, env: WorkflowEnvironment) -> Kitchen:
    """Set the kitchen up for a shape."""
    kitchen, now = Kitchen(), await env.get_current_time()
    if name == "nurtured":

        def keep(order: ScoreLead) -> Any:
            score = routed(order)
            way = Nurture(answerable="mia", monitored=True, until=order.at + timedelta(days=180), because="low intent")
            return score.model_copy(update={"qualification": way})

        kitchen.scores.append(keep)
        kitchen.assignments.append(lambda order, at: held(at + timedelta(days=1))(order, at))
    elif name == "weighed":
        kitchen.scores += [routed, _judged(), _judged("requalify"), routed, _judged("alert")]
    elif name == "faded":
        nurture = Nurture(answerable="mia", monitored=False, until=now + timedelta(days=180), because="low intent")
        kitchen.scores += [_judged(way=nurture), _judged(way=Disqualified(because="quiet for 60 days"))]
    elif name == "climbed":
        kitchen.ladder = RICH
    elif name == "left":
        kitchen.leave_at, kitchen.gone = now + timedelta(minutes=12), "ben is not active any more"
    elif name == "put_off":
        kitchen.quiet_until, kitchen.manners = now + timedelta(minutes=8), Manners(take_back=True)
    return kitchen


def _judged(do: str | None = None, way: Any = None) -> Callable[[ScoreLead], Score]:
    """Judge as this release does: with when, and with what was set off."""
    fired = (Fired(trigger="worth a call", do=do, because="points by hand"),) if do else ()

    def score(order: ScoreLead) -> Score:
        judged = routed(order).model_copy(update={"at": order.at, "fired": fired})
        return judged if way is None else judged.model_copy(update={"qualification": way})

    return score


SHAPES: dict[str, Shape] = {
    "contacted": contacted,
    "silent": silent,
    "declined": declined,
    "paused": paused,
    "malformed": malformed,
    "nurtured": nurtured,
    "climbed": climbed,
    "left": left,
    "put_off": put_off,
    "acknowledged": acknowledged,
    "recorded": recorded,
    "weighed": weighed,
    "faded": faded,
}

SINCE_V0_2 = frozenset({"climbed", "left", "put_off", "acknowledged"})
"""Shapes that 0.1.0 did not know."""

SINCE_V0_3 = frozenset({"recorded"})
"""Shapes that 0.2.0 did not know."""

SINCE_V0_4 = frozenset({"weighed", "faded"})
"""Shapes that 0.3.0 did not know."""


async def record(folder: Path) -> None:
    """Run every shape and keep its history."""
    for name, shape in SHAPES.items():
        async with time_skipping() as env, worker(env, await _kitchen(name, env)):
            lead = {"source": "web", "type": "fax"} if name == "malformed" else LEAD
            handle = await env.client.start_workflow("LeadWorkflow", lead, id=f"lead-{name}", task_queue="leads")
            await shape(env, handle)
            result = await handle.result()
            history = await handle.fetch_history()
            (folder / f"{name}.json").write_text(_anonymous(history.to_json()) + "\n", encoding="utf-8")
            print(f"{name}: {len(history.events)} events, {result['stage']}")


def _anonymous(history: str) -> str:
    """Take the recorder's process and host out."""
    return IDENTITIES.sub(lambda found: found[0].replace(found[1], RECORDER), history)


if __name__ == "__main__":
    release = HISTORIES / sys.argv[1]
    release.mkdir(parents=True, exist_ok=True)
    asyncio.run(record(release))
