"""Where leads stand, told to tools: by whoever knows it best, a page at a time, and never who the prospect is."""

import asyncio
import json
from itertools import chain
from typing import Any

import pytest

from db.inbox import Arrival
from models.access import Scope
from runtime import clock
from tests.api.house import Doors
from tests.cli.house import lead, new_id

PERSON = {"email": "kim.lake@canary.example", "first_name": "Kimcanary", "phone": "+49 30 901820", "message": "psst!"}
SECRET = ("kim.lake", "Kimcanary", "901820", "psst!")
pytestmark = pytest.mark.timeout(120)


async def test_a_running_lead_tells_of_itself(live_doors: Doors) -> None:
    """Status, explanation, story and messages of one lead; its links lead there; nothing says who the prospect is."""
    key = await live_doors.key(Scope.LEADS_WRITE, Scope.LEADS_READ)
    person = PERSON | {"email": f"kim.lake@{new_id()}.example"}
    lead_id = (await live_doors.post("/v1/leads", lead() | person, key=key)).json()["lead_id"]
    status = await live_doors.get(f"/v1/leads/{lead_id}", key=key)
    while status.json()["stage"] != "offered":
        await asyncio.sleep(0.05)
        status = await live_doors.get(f"/v1/leads/{lead_id}", key=key)
    shown, owner = status.json(), status.json()["owner"]
    assert ("workflow", None, 1) == (shown["told_by"], shown["note"], shown["offer"])
    assert ["remind", "reassign", "triage"] == [step["kind"] for step in shown["next_steps"]]
    links = shown["links"]
    explained = await live_doors.get(links["explanation"], key=key)
    assert (owner, "workflow") == (explained.json()["assignment"]["rep_id"], explained.json()["told_by"])
    story = await live_doors.get(links["timeline"], key=key)
    assert {"received", "scored", "offered"} <= {line["kind"] for line in story.json()["entries"]}
    told = await live_doors.get(links["messages"], key=key)
    while not told.json() or told.json()[0]["state"] != "sent":
        await asyncio.sleep(0.05)
        told = await live_doors.get(links["messages"], key=key)
    assert [(1, "log", owner)] == [(one["offer"], one["channel"], one["person_id"]) for one in told.json()]
    for answer in (status, explained, story, told):
        assert [] == [word for word in SECRET if word in answer.text]


async def test_what_is_not_started_yet_is_told_from_the_inbox(doors: Doors) -> None:
    """Acknowledged means visible, with what is awaited and why the workflow does not tell it itself."""
    lead_id = await waiting(doors)
    key = await doors.key(Scope.LEADS_READ)
    shown = (await doors.get(f"/v1/leads/{lead_id}", key=key)).json()
    assert ("received", "inbox", "be started") == (shown["stage"], shown["told_by"], shown["next_step"])
    assert "cannot be reached" in shown["note"]
    explained = (await doors.get(f"/v1/leads/{lead_id}/explanation", key=key)).json()
    assert ("inbox", None) == (explained["told_by"], explained["assignment"])
    story = (await doors.get(f"/v1/leads/{lead_id}/timeline", key=key)).json()
    assert (0, f"Nothing has happened yet: lead {lead_id} is to be started.") == (
        len(story["entries"]),
        story["notes"][0],
    )
    assert [] == (await doors.get(f"/v1/leads/{lead_id}/messages", key=key)).json()


async def test_a_lead_that_nobody_knows_is_not_found(doors: Doors) -> None:
    """404 on every page of it."""
    key = await doors.key(Scope.LEADS_READ)
    for page in ("", "/explanation", "/timeline", "/messages"):
        assert (page, 404) == (page, (await doors.get(f"/v1/leads/nobody-knows{page}", key=key)).status_code)


async def test_a_key_of_certain_sources_sees_theirs_only(live_doors: Doors) -> None:
    """A form's key reads what came through the form; the others' leads are not there for it."""
    everything = await live_doors.key()
    mine, theirs = [lead(source=f"{new_id()}-{name}") for name in ("form", "fair")]
    for one in (mine, theirs):
        assert 202 == (await live_doors.post("/v1/leads", one, key=everything)).status_code
    key = await live_doors.key(Scope.LEADS_READ, sources=[str(mine["source"])])
    found = await listed(live_doors, key, 1)
    assert [mine["lead_id"]] == [one["lead_id"] for one in found]
    for page in ("", "/explanation", "/timeline", "/messages"):
        statuses = [
            (await live_doors.get(f"/v1/leads/{one['lead_id']}{page}", key=key)).status_code for one in (mine, theirs)
        ]
        assert [200, 404] == statuses


async def test_leads_are_listed_a_page_at_a_time(live_doors: Doors) -> None:
    """The last received comes first; `next` leads on, and each lead is on one page."""
    key, source = await live_doors.key(), new_id()
    posted = []
    for _ in range(5):
        posted.append((await live_doors.post("/v1/leads", lead(source=source), key=key)).json()["lead_id"])
    asked = {"source": source, "limit": "2"}
    await listed(live_doors, key, 5, source=source)
    pages: list[list[str]] = []
    after = None
    while len(pages) < 3:
        page = (await live_doors.get("/v1/leads", key=key, params=asked | ({"after": after} if after else {}))).json()
        pages.append([one["lead_id"] for one in page["leads"]])
        after = page["next"]
    assert ([2, 2, 1], None, sorted(posted)) == ([len(page) for page in pages], after, sorted(chain(*pages)))


async def test_filters_are_words_that_we_know(doors: Doors) -> None:
    """Another stage, an instant without an offset, a page behind a lead that is none: each is named."""
    key = await doors.key(Scope.LEADS_READ)
    for name, value in (
        ("stage", "cooking"),
        ("type", "chat"),
        ("due_before", "2026-03-02T09:00:00"),
        ("after", "nobody-knows"),
        ("limit", "0"),
        ("owned_by", "ana"),
    ):
        answer = await doors.get("/v1/leads", key=key, params={name: value})
        assert (422, name) == (answer.status_code, answer.json()["errors"][0]["field"].split(".")[0])
    due = {"due_before": "2026-03-02T09:00:00Z", "stage": ["offered", "triage"], "type": "demo_request"}
    assert {"leads": [], "next": None} == (await doors.get("/v1/leads", key=key, params=due)).json()


async def listed(doors: Doors, key: str, number: int, **asked: str) -> list[dict[str, Any]]:
    """Wait until so many leads are listed; the test's own time-out bounds it."""
    while True:
        found: list[dict[str, Any]] = (await doors.get("/v1/leads", key=key, params=asked)).json()["leads"]
        if len(found) >= number:
            return found
        await asyncio.sleep(0.05)


async def waiting(doors: Doors) -> str:
    """A lead that is acknowledged, and not started."""
    lead_id = new_id()
    raw = json.dumps({"source": "web", "type": "demo_request", **PERSON})
    await doors.store.inbox.put([Arrival(lead_id, raw, source="web")], at=clock.now())
    return lead_id
