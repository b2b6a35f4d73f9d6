"""What people and tools say over HTTP: the verdict, what is only recorded, and what each key may say."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from api.messages import EXAMPLES
from db.inbox import Arrival
from db.tables.words import Errand
from models.access import Scope
from models.base import parse
from models.messages import MESSAGES
from runtime import clock
from tests.api.house import Doors
from tests.cli.house import lead, new_id

REPS = ("ana", "ben", "cam")
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.timeout(120)


def other_than(owner: str) -> str:
    """A rep who has not got it."""
    return next(rep for rep in REPS if rep != owner)


async def until(doors: Doors, lead_id: str, key: str, so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until a lead stands somewhere; the test's own time-out bounds it."""
    while True:
        answer = await doors.get(f"/v1/leads/{lead_id}", key=key)
        if answer.status_code == 200 and so(answer.json()):
            found: dict[str, Any] = answer.json()
            return found
        await asyncio.sleep(0.05)


async def offered(doors: Doors, key: str) -> tuple[str, str]:
    """Post one lead, wait until somebody is asked, and give its id and theirs."""
    posted = await doors.post("/v1/leads", lead(), key=key)
    assert 202 == posted.status_code
    lead_id = posted.json()["lead_id"]
    return lead_id, (await until(doors, lead_id, key, lambda one: one["stage"] == "offered"))["owner"]


@pytest.mark.parametrize("name", MESSAGES)
def test_each_example_is_a_message(name: str) -> None:
    """What the documentation shows is taken as it stands."""
    assert EXAMPLES[name].keys() <= parse(MESSAGES[name], EXAMPLES[name]).model_fields_set


async def test_an_accept_is_answered_and_its_repeat_equals_it(live_doors: Doors) -> None:
    """200 with who has it; the same again, by body key or header, is told as a repeat; another body is 422."""
    key = await live_doors.key()
    lead_id, owner = await offered(live_doors, key)
    said, path = {"rep_id": owner, "offer": 1, "key": "click-1"}, f"/v1/leads/{lead_id}/accept"
    first = await live_doors.post(path, said, key=key)
    assert (200, "done", owner, "accepted", "click-1", False) == (
        first.status_code,
        *(first.json()[name] for name in ("verdict", "owner", "stage", "key", "repeat")),
    )
    again = await live_doors.post(path, said, key=key, headers={"Idempotency-Key": "click-1"})
    assert (200, {**first.json(), "repeat": True}) == (again.status_code, again.json())
    reused = await live_doors.post(path, said | {"rep_id": other_than(owner)}, key=key)
    assert (422, "key") == (reused.status_code, reused.json()["errors"][0]["field"])


async def test_too_late_is_told_with_who_has_it_since_when(live_doors: Doors) -> None:
    """409 with the owner, since when, and the offer; the same key gets the same 409."""
    key = await live_doors.key()
    lead_id, owner = await offered(live_doors, key)
    assert 200 == (await live_doors.post(f"/v1/leads/{lead_id}/accept", {"rep_id": owner}, key=key)).status_code
    said, late = {"rep_id": other_than(owner), "key": "late"}, f"/v1/leads/{lead_id}/accept"
    answers = [await live_doors.post(late, said, key=key) for _ in range(2)]
    assert [409, 409] == [answer.status_code for answer in answers]
    problem = answers[0].json()
    accepted_at = (await until(live_doors, lead_id, key, lambda one: bool(one["accepted_at"])))["accepted_at"]
    expected = ("urn:baton:refused", owner, accepted_at, 1, "late")
    assert expected == tuple(problem[name] for name in ("type", "owner", "since", "offer", "key"))
    assert {**problem, "repeat": True} == answers[1].json()
    assert "application/problem+json" == answers[0].headers["content-type"]


async def test_every_message_has_a_door(live_doors: Doors) -> None:
    """Each of them once on one lead, in an order in which each makes sense; then its outcome."""
    key = await live_doors.key()
    lead_id, owner = await offered(live_doors, key)
    rep = other_than(owner)
    (third,) = {*REPS} - {owner, rep}
    later = (clock.now() + 2 * timedelta(hours=1)).isoformat()
    said: list[tuple[str, dict[str, Any]]] = [
        ("event", {"kind": "pricing_visit", "properties": {"page": "/pricing"}}),
        ("adjust", {"by": "mia", "points": 5, "reason": "has the budget"}),
        ("snooze", {"rep_id": owner, "until": later}),
        ("extend", {"by": "mia", "until": later}),
        ("pause", {"by": "mia", "reason": "holiday"}),
        ("resume", {"by": "mia"}),
        ("escalate", {"by": "mia"}),
        ("acknowledge", {"by": "mia"}),
        ("handover", {"by": "mia", "reason": "is away", "rep_id": third}),
        ("reassign", {"by": "mia", "reason": "knows them", "rep_id": rep}),
        ("accept", {"rep_id": rep, "key": "yes"}),
        ("undo", {"rep_id": rep, "key": "yes"}),
        ("decline", {"rep_id": rep, "reason": "on the road"}),
        ("take", {"by": "mia"}),
        ("contacted", {"rep_id": "mia", "channel": "phone"}),
    ]
    for name, message in said:
        if name == "take":
            await until(
                live_doors, lead_id, key, lambda one: one["stage"] in ("offered", "triage") and one["owner"] != rep
            )
        answer = await live_doors.post(f"/v1/leads/{lead_id}/{name}", message, key=key)
        assert (name, 200, "done") == (name, answer.status_code, answer.json()["verdict"]), answer.json()
    assert {*MESSAGES} - {"requalify", "disqualify"} == {name for name, _ in said}
    won = await live_doors.post(
        f"/v1/leads/{lead_id}/outcome", {"result": "won", "value": 900.0, "key": "crm"}, key=key
    )
    assert (200, "won", "mia", "EUR") == (
        won.status_code,
        *(won.json()[name] for name in ("result", "rep_id", "currency")),
    )
    other = await live_doors.post(f"/v1/leads/{lead_id}/outcome", {"result": "lost", "key": "crm"}, key=key)
    assert (422, "key") == (other.status_code, other.json()["errors"][0]["field"])
    late = await live_doors.post(f"/v1/leads/{lead_id}/accept", {"rep_id": rep}, key=key)
    assert (409, "the lead is contacted already") == (late.status_code, late.json()["because"])


async def test_a_lead_is_judged_anew_and_ends(live_doors: Doors) -> None:
    """The last two messages, and a lead that nobody knows."""
    key = await live_doors.key()
    lead_id, _ = await offered(live_doors, key)
    why = {"by": "mia", "reason": "a student"}
    for name in ("requalify", "disqualify"):
        assert 200 == (await live_doors.post(f"/v1/leads/{lead_id}/{name}", why, key=key)).status_code
    unknown = await live_doors.post("/v1/leads/nobody-knows/disqualify", why, key=key)
    assert (404, "no lead nobody-knows") == (unknown.status_code, unknown.json()["detail"])


async def test_without_temporal_a_message_is_recorded_once_it_is_kept(doors: Doors) -> None:
    """202 and a row that says it later, with the report asked for; the same again is kept once; never "accepted"."""
    lead_id = await waiting(doors)
    key, path = await doors.key(), f"/v1/leads/{lead_id}/disqualify"
    said = {"by": "mia", "reason": "spam", "key": "k"}
    answers = [await doors.post(path, said, key=key) for _ in range(2)]
    assert [(202, "recorded", "k")] * 2 == [
        (one.status_code, one.json()["verdict"], one.json()["key"]) for one in answers
    ]
    (row,) = await doors.store.inbox.claim(9, now=clock.now() + MINUTE, lease=MINUTE)
    await doors.store.inbox.started(row.id, at=clock.now())  # or nobody would be told of it yet
    (task,) = await doors.store.outbox.claim(9, now=clock.now() + MINUTE, lease=MINUTE)
    body = {"name": "disqualify", "message": said | {"report": True}}
    assert (lead_id, Errand.SAY, body) == (task.lead_id, task.what, task.body)


async def test_without_temporal_nobody_accepts_what_was_never_offered(doors: Doors) -> None:
    """A lead that is not started has no offer: 409; a lead that nobody knows is 404, and nothing is kept of it."""
    key, said = await doors.key(), {"rep_id": "ana"}
    refused = await doors.post(f"/v1/leads/{await waiting(doors)}/accept", said, key=key)
    assert (409, "it is in the inbox, and no workflow of it runs yet") == (
        refused.status_code,
        refused.json()["because"],
    )
    assert 404 == (await doors.post("/v1/leads/nobody-knows/accept", said, key=key)).status_code
    assert 0 == await doors.store.outbox.pending()


@pytest.mark.parametrize(
    ("scope", "people", "name", "said", "status"),
    [
        (Scope.ANSWER, (), "accept", {"rep_id": "ana"}, 404),
        (Scope.ANSWER, ("ana",), "accept", {"rep_id": "ana"}, 404),
        (Scope.ANSWER, ("ben",), "accept", {"rep_id": "ana"}, 403),
        (Scope.ANSWER, (), "pause", {"by": "mia", "reason": "so"}, 403),
        (Scope.MANAGE, (), "pause", {"by": "mia", "reason": "so"}, 404),
        (Scope.MANAGE, ("mia",), "pause", {"by": "boss", "reason": "so"}, 403),
        (Scope.MANAGE, (), "accept", {"rep_id": "ana"}, 403),
        (Scope.EVENTS_WRITE, (), "event", {"kind": "visit"}, 404),
        (Scope.ANSWER, (), "event", {"kind": "visit"}, 403),
        (Scope.ANSWER, ("ana",), "outcome", {"result": "won", "by": "ana"}, 404),
        (Scope.ANSWER, ("ana",), "outcome", {"result": "won"}, 403),
        (Scope.LEADS_READ, (), "outcome", {"result": "won"}, 403),
    ],
)
async def test_a_key_says_what_it_may(
    doors: Doors, scope: Scope, people: tuple[str, ...], name: str, said: dict[str, Any], status: int
) -> None:
    """Reps' words, managers' words and events need their scope; a key of certain people speaks for nobody else."""
    key = await doors.key(scope, people=people)
    assert status == (await doors.post(f"/v1/leads/nobody-knows/{name}", said, key=key)).status_code


async def test_what_is_wrong_is_named_by_its_field(doors: Doors) -> None:
    """A field that is missing, one that is unknown, somebody who is not in the roster, a time that is to come."""
    key, path = await doors.key(), f"/v1/leads/{await waiting(doors)}"
    later = (clock.now() + timedelta(days=1)).isoformat()
    for name, said, field in (
        ("accept", {}, "rep_id"),
        ("accept", {"rep_id": "ana", "why": 1}, "why"),
        ("reassign", {"rep_id": "zoe", "by": "mia", "reason": "so"}, "rep_id"),
        ("take", {"by": "zoe"}, "by"),
        ("pause", {"by": "mia", "reason": "so", "until": "tomorrow"}, "until"),
        ("outcome", {"result": "won", "at": later}, "at"),
        ("event", {"kind": "visit", "properties": {"page": "x" * 70_000}}, ""),
    ):
        answer = await doors.post(f"{path}/{name}", said, key=key)
        assert (422, [field]) == (answer.status_code, [one["field"] for one in answer.json()["errors"]])


async def waiting(doors: Doors) -> str:
    """A lead that is acknowledged, and not started."""
    lead_id = new_id()
    raw = '{"source": "web", "type": "demo_request", "email": "kim@acme.example"}'
    await doors.store.inbox.put([Arrival(lead_id, raw, source="web")], at=clock.now())
    return lead_id
