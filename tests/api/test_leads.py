"""A lead or an event over HTTP: acknowledged once committed, once per person, and started when Temporal is there."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import WorkflowHandle

from db import tables
from models.access import Scope
from runtime import clock
from runtime.intake.door import LARGEST_EVENT
from tests.api.house import Doors
from tests.cli.house import lead

PROBLEM = "application/problem+json"
WEB = {"source": "web", "type": "demo_request", "email": "kim@acme.example"}


async def rows_of(doors: Doors) -> list[tables.Inbox]:
    """Read the inbox."""
    async with doors.store.database.reading() as session:
        return list((await session.exec(select(tables.Inbox))).all())


async def started_by(doors: Doors, lead_id: str) -> dict[str, Any]:
    """Wait until a lead is offered to somebody, and give its row; the test's own time-out bounds it."""
    while True:
        async with doors.store.database.reading() as session:
            row = await session.get(tables.Lead, lead_id)
        if row is not None and row.offer > 0:
            return row.model_dump()
        await asyncio.sleep(0.05)


async def heard_by(handle: WorkflowHandle[Any, Any]) -> str:
    """Wait until a lead has heard of an event, and give the line of its story."""
    while True:
        for line in await handle.query("timeline"):
            if line["kind"] == "event":
                return json.dumps(line)
        await asyncio.sleep(0.05)


async def test_a_lead_is_acknowledged_without_temporal(doors: Doors) -> None:
    """202 means that it is committed, as it came and as urgent as it is; the answer says where to look."""
    answer = await doors.post("/v1/leads", WEB, key=await doors.key(Scope.LEADS_WRITE))
    await doors.store.beside.settle()
    (row,) = await rows_of(doors)
    at = f"/v1/leads/{row.lead_id}"
    links = {"lead": at, "explanation": f"{at}/explanation", "timeline": f"{at}/timeline"}
    assert (202, {"lead_id": row.lead_id, "status": "accepted", "links": links}) == (answer.status_code, answer.json())
    assert WEB.items() <= json.loads(row.raw).items()
    assert ("waiting", 0, False, False) == (row.state, row.urgency, row.paced, row.backfill)
    assert row.next_at <= clock.now(), "a dispatcher may have it at once"


async def test_the_same_form_sent_a_hundred_times_is_one_lead(doors: Doors) -> None:
    """Ten clients, ten times each, all at once: one row, one 202, and ninety-nine are told that it was a repeat."""
    keys = [await doors.key(Scope.LEADS_WRITE) for _ in range(10)]
    answers = await asyncio.gather(*(doors.post("/v1/leads", WEB, key=keys[n % 10]) for n in range(100)))
    assert Counter({200: 99, 202: 1}) == Counter(one.status_code for one in answers)
    assert Counter({"repeat": 99, "accepted": 1}) == Counter(one.json()["status"] for one in answers)
    assert {row.lead_id for row in await rows_of(doors)} == {one.json()["lead_id"] for one in answers}
    assert 1 == len(await rows_of(doors))


async def test_a_repeat_under_its_key_gets_the_first_answer(doors: Doors) -> None:
    """Word for word, with 200; the same key for anything else is refused, and another tool's key is another key."""
    key, other = await doors.key(), await doors.key()
    named = {"headers": {"Idempotency-Key": "form-1"}}
    first, again = [await doors.post("/v1/leads", WEB, key=key, **named) for _ in range(2)]
    assert (202, 200, first.json()) == (first.status_code, again.status_code, again.json())
    wrong = await doors.post("/v1/leads", WEB | {"email": "lee@acme.example"}, key=key, **named)
    says = [{"field": "key", "what": "was used before, for something else"}]
    assert (422, PROBLEM, says) == (wrong.status_code, wrong.headers["content-type"], wrong.json()["errors"])
    theirs = await doors.post("/v1/leads", WEB | {"email": "lee@acme.example"}, key=other, **named)
    assert (202, "accepted") == (theirs.status_code, theirs.json()["status"])


async def test_a_person_in_flight_is_folded_in(doors: Doors) -> None:
    """Told so, with the lead that has it and why; also where only the spelling of the address differs."""
    key = await doors.key()
    first = (await doors.post("/v1/leads", WEB, key=key)).json()["lead_id"]
    second = await doors.post("/v1/leads", WEB | {"type": "webinar", "email": " KIM@acme.example"}, key=key)
    told = {name: second.json()[name] for name in ("lead_id", "status", "because")}
    because = "the same person is in flight (same email)"
    assert (202, {"lead_id": first, "status": "folded", "because": because}) == (second.status_code, told)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "source"),
        (WEB | {"tipe": "x"}, "tipe"),
        (WEB | {"company": {"employees": False}}, "company.employees"),
        (WEB | {"email": "no address"}, "email"),
        (WEB | {"received_at": "1990-01-01T00:00:00Z"}, "received_at"),
        (WEB | {"lead_id": "kim@acme.example"}, "lead_id"),
        (WEB | {"custom": {"deep": json.loads("[" * 40 + "]" * 40)}}, "custom"),
        (WEB | {"custom": {"long": "x" * 300_000}}, "custom"),
        ([], ""),
    ],
)
async def test_what_is_no_lead_is_refused_by_field(doors: Doors, body: Any, field: str) -> None:
    """The same words as on the command line, and nothing is kept."""
    answer = await doors.post("/v1/leads", body, key=await doors.key())
    assert (422, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert field in [one["field"] for one in answer.json()["errors"]]
    assert [] == await rows_of(doors)


async def test_a_key_speaks_for_its_sources_only(doors: Doors) -> None:
    """A web form's key lets in no lead of the fair, by post, by file or by event."""
    key = await doors.key(sources=["web"])
    assert 202 == (await doors.post("/v1/leads", WEB, key=key)).status_code
    wrong = await doors.post("/v1/leads", WEB | {"source": "fair"}, key=key)
    says = [{"field": "source", "what": "is not one that this key may speak for (web)"}]
    assert (422, says) == (wrong.status_code, wrong.json()["errors"])
    event = {"source": "fair", "external_id": "1", "kind": "visit"}
    assert 422 == (await doors.post("/v1/events", event, key=key)).status_code
    lines = "source,type,email\nfair,demo_request,lee@acme.example\n"
    file = await doors.ask("POST", "/v1/leads/import?format=csv", content=lines, key=key)
    assert (0, 1) == (file.json()["kept"], file.json()["refused"])


async def test_an_event_is_told_to_who_is_in_flight(doors: Doors) -> None:
    """By address, by external id, by lead; once per key, from the body or the header."""
    key = await doors.key()
    posted = await doors.post("/v1/leads", WEB | {"external_id": "77"}, key=key)
    lead_id = posted.json()["lead_id"]
    whose: list[dict[str, Any]] = [
        {"email": "Kim@acme.example"},
        {"source": "web", "external_id": "77"},
        {"lead_id": lead_id},
    ]
    for one in whose:
        answer = await doors.post("/v1/events", one | {"kind": "pricing_visit"}, key=key)
        assert (202, lead_id, "recorded") == (answer.status_code, answer.json()["lead_id"], answer.json()["status"])
    event = whose[0] | {"kind": "visit", "key": "v1"}
    assert [202, 200] == [(await doors.post("/v1/events", event, key=key)).status_code for _ in range(2)]
    assert len(whose) + 1 == await doors.store.outbox.pending()


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"email": "nobody@acme.example", "kind": "visit"}, 404),
        ({"lead_id": "never", "kind": "visit"}, 404),
        ({"kind": "visit"}, 422),
        ({"external_id": "77", "kind": "visit"}, 422),
        ({"email": "no address", "kind": "visit"}, 422),
        ({"email": "kim@acme.example"}, 422),
        ({"email": "kim@acme.example", "kind": "visit", "at": "yesterday"}, 422),
        ({"email": "kim@acme.example", "kind": "visit", "properties": {"x": "y" * LARGEST_EVENT}}, 422),
    ],
)
async def test_an_event_of_nobody_is_told_so(doors: Doors, event: dict[str, Any], status: int) -> None:
    """Nothing is left for anybody."""
    answer = await doors.post("/v1/events", event, key=await doors.key())
    assert (status, PROBLEM) == (answer.status_code, answer.headers["content-type"])
    assert 0 == await doors.store.outbox.pending()


async def test_scopes_are_asked_for(doors: Doors) -> None:
    """Reading lets nothing in, and letting leads in tells no events."""
    reads, writes = await doors.key(Scope.LEADS_READ), await doors.key(Scope.LEADS_WRITE)
    assert 403 == (await doors.post("/v1/leads", WEB, key=reads)).status_code
    assert 403 == (await doors.post("/v1/events", {"lead_id": "x", "kind": "y"}, key=writes)).status_code
    assert 401 == (await doors.post("/v1/leads", WEB)).status_code


async def test_a_lead_is_started_at_once(live_doors: Doors) -> None:
    """With Temporal there, long before any dispatcher might have it."""
    one = lead()
    answer = await live_doors.post("/v1/leads", one, key=await live_doors.key())
    assert (202, one["lead_id"]) == (answer.status_code, answer.json()["lead_id"])
    await started_by(live_doors, str(one["lead_id"]))
    states = [(row.state, row.attempts) for row in await rows_of(live_doors) if row.lead_id == one["lead_id"]]
    assert [("started", 0)] == states


async def test_what_is_folded_is_heard_by_the_lead(live_doors: Doors) -> None:
    """The second touch is in the story of the first lead; a third, once that one has ended, is a lead that follows."""
    key, one = await live_doors.key(), lead()
    first = (await live_doors.post("/v1/leads", one, key=key)).json()["lead_id"]
    person = {name: value for name, value in one.items() if name != "lead_id"}
    folded = await live_doors.post("/v1/leads", person | {"type": "webinar"}, key=key)
    assert (first, "folded") == (folded.json()["lead_id"], folded.json()["status"])
    await started_by(live_doors, first)
    handle = (await live_doors.front.line.client()).get_workflow_handle(f"lead-{first}")
    assert "webinar" in await heard_by(handle)
    await handle.execute_update("disqualify", {"by": "mia", "reason": "a test"})
    await handle.result()  # by then its end is recorded
    third = await live_doors.post("/v1/leads", person | {"type": "contact_sales"}, key=key)
    assert "accepted" == third.json()["status"]
    assert first == (await started_by(live_doors, third.json()["lead_id"]))["follows"]
