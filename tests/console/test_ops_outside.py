"""Hand-offs, the CRM's copies and providers: what other houses' tools were told, refused and cost."""

from datetime import date, timedelta

from api.console.ops_outside import Used, summed
from db import tables
from db.crm_wanting import CopyState
from db.provider_use import Use, UseOfDay, count
from db.tables.words import HandOffKind, HandOffState
from models.access import Role
from runtime import clock
from tests.api.house import Doors
from tests.console.house import visiting

KINDS = (HandOffState.WAITING, HandOffState.REFUSED, HandOffState.SENT, HandOffState.DROPPED)


async def test_a_hand_off_is_retried_where_it_can_be(doors: Doors) -> None:
    """What is out, or not wanted, is not."""
    now = clock.now()
    async with doors.store.database.writing() as session:
        for number, state in enumerate(KINDS, start=1):
            because = "answered 422: no such programme" if state is HandOffState.REFUSED else ""
            row = tables.HandOff(lead_id=f"lead-{number}", kind=HandOffKind.ENROL, body={}, state=state, created_at=now,
                                 next_at=now, because=because, sent_at=now)  # fmt: skip
            session.add(row)
    async with visiting(doors, Role.OPS) as ops:
        listed = (await ops.get("/ops/hand-offs?state=refused")).text
        told = [(await ops.do(f"/ops/hand-offs/{number}/retry")).text for number in range(1, 5)]
        unknown = await ops.post("/ops/hand-offs/99/retry")
    assert ("lead-2" in listed, "lead-1" in listed, "no such programme" in listed) == (True, False, True)
    assert ["Recorded:", "Recorded:", "Refused:", "Refused:"] == [_verdict(text) for text in told]
    assert 404 == unknown.status_code
    found = await doors.store.hand_offs.list()
    assert [HandOffState.DROPPED, HandOffState.SENT, HandOffState.WAITING, HandOffState.WAITING] == [
        one.state for one in found
    ]


def _verdict(text: str) -> str:
    return next(word for word in ("Done:", "Recorded:", "Refused:", "It failed:") if f"<b>{word}</b>" in text)


async def test_the_crm_is_told_again_by_lead_or_of_all_that_it_refused(doors: Doors) -> None:
    """The numbers say how it stands before and after."""
    now = clock.now()
    async with doors.store.database.writing() as session:
        for number in range(1, 5):
            refused = number > 2
            row = tables.CrmCopy(lead_id=f"lead-{number}", wanted=2, told=1, tasks={}, refused=refused, changed_at=now,
                                 next_at=now, because="answered 400: INVALID" if refused else "")  # fmt: skip
            session.add(row)
    async with visiting(doors, Role.OPS) as ops:
        before = (await ops.get("/ops/crm?state=refused")).text
        one = await ops.do("/ops/crm/retry", lead_id="lead-3")
        rest = await ops.do("/ops/crm/retry")
        unknown = [await ops.post("/ops/crm/retry", lead_id=lead_id) for lead_id in ("lead-9", "<b>")]
    assert ("Retry all 2 refused" in before, "lead-1" in before) == (True, False)
    assert "The CRM is told of this lead" in one.text
    assert "The CRM is told of 1 lead as soon" in rest.text
    assert [404, 404] == [answer.status_code for answer in unknown]
    assert 0 == (await doors.store.crm_copies.counts())[CopyState.REFUSED]


def test_days_are_added_up_by_provider() -> None:
    """By hand: two days of one, one of the other."""
    day = date(2026, 3, 2)
    uses = [
        UseOfDay("b", day, 2, 1, 0, 1, 0.5),
        UseOfDay("a", day, 1, 1, 0, 0, 0),
        UseOfDay("b", day, 3, 2, 4, 0, 1.25),
    ]
    assert (Used("a", 1, 1), Used("b", 5, 3, 4, 1, 1.75)) == summed(uses)


async def test_providers_say_what_they_did_and_cost(doors: Doors) -> None:
    """Within the days that were chosen; one that is asked no more is there as long as it cost something."""
    today = clock.now().date()
    async with doors.store.database.writing() as session:
        await count(doors.store.database, session, [Use("directory", 12, 7)], today)
        await count(doors.store.database, session, [Use("gone", 3, 1, 0, 1, 1.5)], today - timedelta(days=10))
    async with visiting(doors, Role.OPS) as ops:
        week, month = [(await ops.get(f"/ops/providers?days={days}")).text for days in (7, 30)]
    assert 'data-label="Asked">12</td>' in week
    assert "is not asked any more" not in week
    assert "is not asked any more" in month
    assert "1.50 EUR" in month
