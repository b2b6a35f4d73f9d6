"""What is only recorded while Temporal is away: kept, said once it is back, and its verdict told to whoever said it."""

import asyncio
from typing import Any

import pytest

from db.tables.words import Sending
from runtime import clock
from runtime.line import Line
from runtime.store import Store
from runtime.talking.saying import Outcome, Speaker
from tests.api.house import Doors, nobody_there
from tests.api.test_messages import offered, other_than, until

pytestmark = pytest.mark.timeout(120)


async def verdicts(store: Store, lead_id: str, number: int) -> list[tuple[str | None, int]]:
    """Wait until so many verdicts were told, and give whom and on which offer; the test's own time-out bounds it."""
    while True:
        sent = await store.notifications.of(lead_id)
        found = [one for one in sent if one.key.rung > 1000 and one.state is Sending.SENT]
        if len(found) >= number:
            return [(one.person_id, one.key.offer) for one in found]
        await asyncio.sleep(0.05)


async def test_an_accept_during_an_outage_is_honoured_and_told(live_doors: Doors) -> None:
    """Recorded, never called accepted; once Temporal is back the lead is theirs, and they hear so."""
    key = await live_doors.key()
    lead_id, owner = await offered(live_doors, key)
    cut_off = Speaker(Line(nobody_there), live_doors.store)
    said: dict[str, Any] = {"rep_id": owner, "offer": 1, "key": "k"}
    answers = [await cut_off.say("accept", lead_id, said) for _ in range(2)]
    assert [Outcome.RECORDED] * 2 == [answer.outcome for answer in answers]
    assert [] == [answer.sentence for answer in answers if "accepted" in answer.sentence]
    await until(live_doors, lead_id, key, lambda one: one["stage"] == "accepted")
    assert [(owner, 1)] == await verdicts(live_doors.store, lead_id, 1)
    again = await live_doors.post(f"/v1/leads/{lead_id}/accept", said, key=key)
    assert (200, "done", True) == (again.status_code, again.json()["verdict"], again.json()["repeat"])


async def test_who_comes_when_the_lead_has_ended_is_told_so(live_doors: Doors) -> None:
    """The verdict of what was recorded is told also when nobody runs any more to tell it: who has the lead is said."""
    key, store = await live_doors.key(), live_doors.store
    lead_id, owner = await offered(live_doors, key)
    assert 200 == (await live_doors.post(f"/v1/leads/{lead_id}/contacted", {"rep_id": owner}, key=key)).status_code
    await until(live_doors, lead_id, key, lambda one: one["told_by"] == "database")
    late = {"rep_id": other_than(owner), "offer": 1, "key": "late", "report": True}
    await store.outbox.say(lead_id, "accept", late, at=clock.now())
    assert [(other_than(owner), 1)] == await verdicts(store, lead_id, 1)
