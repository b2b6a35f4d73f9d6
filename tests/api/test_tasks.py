"""Tasks and hand-offs over HTTP: whose they are, what keeps them, and nothing of the prospect."""

from datetime import timedelta

import pytest

from db.tables.words import HandOffKind
from models.access import Scope
from models.lead import Stage
from models.orders import Holding
from runtime import clock
from tests.api.house import Doors
from tests.db.samples import give, newcomer, order, standing

ADA = Holding(rep_id="ada", offer=1)
MINUTE = timedelta(minutes=1)


async def given(doors: Doors, lead_id: str, rep_id: str, due_in: timedelta) -> None:
    """Give a lead to somebody."""
    now = clock.now()
    await doors.store.leads.admit(newcomer(lead_id))
    choice = give(lead_id, rep_id, response_due_at=now + due_in)
    await doors.store.ownerships.assign(order(lead_id), choice, at=now, ordered_at=now)


async def refused(doors: Doors, lead_id: str) -> int:
    """Have a lead's enrolment refused, and give its number."""
    now, hand_offs = clock.now(), doors.store.hand_offs
    await doors.store.leads.admit(newcomer(lead_id))
    await doors.store.leads.record(standing(lead_id, 1, Stage.NURTURING, at=now))
    (one,) = await hand_offs.claim([HandOffKind.ENROL], 10, now=now, lease=MINUTE)
    await hand_offs.refused(one, "answered 401")
    return one.id


async def test_reps_see_what_they_have_to_do(doors: Doors) -> None:
    """Whose it is, until when, and whether it is late already; page by page, of certain states, of one lead."""
    key = await doors.key(Scope.LEADS_READ)
    await given(doors, "one", "ana", -MINUTE)
    await given(doors, "two", "ana", MINUTE)
    await given(doors, "three", "ben", MINUTE)
    answer = await doors.get("/v1/tasks?rep=ana&state=open", key=key)
    shown = answer.json()
    assert (200, None) == (answer.status_code, shown["after"])
    assert [("two", False), ("one", True)] == [(task["lead_id"], task["overdue"]) for task in shown["tasks"]]
    assert "@acme.example" not in answer.text
    first = (await doors.get("/v1/tasks?limit=2", key=key)).json()
    rest = (await doors.get(f"/v1/tasks?limit=2&after={first['after']}", key=key)).json()
    assert ["three", "two", "one"] == [task["lead_id"] for task in (*first["tasks"], *rest["tasks"])]
    assert [] == (await doors.get("/v1/tasks?state=done&state=dropped&lead=one", key=key)).json()["tasks"]


async def test_a_key_for_certain_people_shows_theirs_alone(doors: Doors) -> None:
    """It has to name one of them, and gets nobody else's."""
    key = await doors.key(Scope.LEADS_READ, people=["ana"])
    await given(doors, "one", "ana", MINUTE)
    assert 1 == len((await doors.get("/v1/tasks?rep=ana", key=key)).json()["tasks"])
    for query in ("", "?rep=ben"):
        assert 403 == (await doors.get(f"/v1/tasks{query}", key=key)).status_code


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=77", "after"),
        ("after=99999999999", "after"),
        ("limit=0", "limit"),
        ("state=lazy", "state.0"),
        ("rep=ANA%00", "rep"),
        ("lead=a%20b", "lead"),
        ("colour=red", "colour"),
    ],
)
async def test_what_cannot_be_asked_is_said_by_name(doors: Doors, query: str, field: str) -> None:
    """Each wrong word is named."""
    answer = await doors.get(f"/v1/tasks?{query}", key=await doors.key(Scope.LEADS_READ))
    assert (422, [field]) == (answer.status_code, [error["field"] for error in answer.json()["errors"]])


async def test_ops_see_what_was_refused_and_try_again(doors: Doors) -> None:
    """What keeps it, and by which key the receiver knows it; a retry makes it wait for a worker, now."""
    key = await doors.key(Scope.OPS)
    number = await refused(doors, "one")
    (shown,) = (await doors.get("/v1/hand-offs?state=refused&kind=enrol", key=key)).json()["hand_offs"]
    assert (number, "one:enrol:1", "refused", "answered 401", None) == (
        shown["id"],
        shown["key"],
        shown["state"],
        shown["because"],
        shown["next_at"],
    )
    again = await doors.post(f"/v1/hand-offs/{number}/retry", key=key)
    assert (200, "waiting") == (again.status_code, again.json()["state"])
    assert [] == (await doors.get("/v1/hand-offs?state=refused", key=key)).json()["hand_offs"]


async def test_what_is_out_is_not_sent_again(doors: Doors) -> None:
    """409 says since when it is out; an unknown one is not found; reading needs another scope than writing leads."""
    key = await doors.key(Scope.OPS)
    number = await refused(doors, "one")
    one = await doors.store.hand_offs.retry(number, at=clock.now())
    await doors.store.hand_offs.sent(one, at=clock.now(), provider_id="m-1")
    answer = await doors.post(f"/v1/hand-offs/{number}/retry", key=key)
    assert (409, "urn:baton:not_to_be_retried") == (answer.status_code, answer.json()["type"])
    assert 404 == (await doors.post("/v1/hand-offs/4711/retry", key=key)).status_code
    other = await doors.key(Scope.LEADS_WRITE, Scope.LEADS_READ)
    assert 403 == (await doors.get("/v1/hand-offs", key=other)).status_code
