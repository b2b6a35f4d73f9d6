"""A key for certain sources or people keeps within them, whichever operation it is used for."""

import pytest

from db.tables.words import HookState
from models.access import Scope
from runtime import clock
from tests.api.house import Doors

FAIR = {"source": "fair", "type": "demo_request", "email": "mona.lind@acme.example"}

WITHOUT_LEADS = {
    *("GET /docs", "GET /healthz", "GET /readyz", "GET /metrics"),
    *("GET /a/{token}", "POST /a/{token}", "POST /v1/slack/interactions"),
    *("GET /v1/hooks/{source}", "POST /v1/hooks/{source}"),
    *("POST /v1/leads", "POST /v1/leads/import", "POST /v1/events", "POST /v1/outcomes"),
    *("GET /v1/roster", "POST /v1/roster", "GET /v1/roster/availability", "GET /v1/roster/teams"),
    *("GET /v1/roster/reps", "GET /v1/roster/reps/{rep_id}"),
    *("POST /v1/roster/reps/{rep_id}/activate", "POST /v1/roster/reps/{rep_id}/deactivate"),
    *("POST /v1/roster/reps/{rep_id}/time-off", "POST /v1/roster/reps/{rep_id}/time-off/remove"),
}
"""Operations that tell no lead and act on none, or are bounded by what is sent, which is tested there."""

LISTS = {"GET /v1/leads": "leads", "GET /v1/dead-letters": "dead_letters"}
"""Operations that leave out what is not the key's."""


async def test_a_key_for_a_source_finds_nothing_of_another_anywhere(doors: Doors) -> None:
    """Not to read, not to act on: leads, files, webhooks, tasks, whatever the OpenAPI document has."""
    lead_id = (await doors.post("/v1/leads", FAIR, key=await doors.key())).json()["lead_id"]
    file = await doors.ask(
        "POST",
        "/v1/leads/import?format=csv",
        content="source,type,email\nfair,demo_request,lee@acme.example\n",
        key=await doors.key(),
    )
    letters = doors.store.deliveries
    letter, _ = await letters.receive("fair", None, "", b"mona", at=clock.now())
    await letters.settle(letter.id, HookState.DEAD, "no mapping", (), at=clock.now())
    ids = {"lead_id": lead_id, "import_id": file.json()["import_id"], "delivery_id": letter.id}
    ids |= {"rep_id": "ana", "hand_off_id": 1, "account_id": "acme", "contact_id": 1, "match_id": 1, "what": "leads"}
    key, found = await doors.key(sources=["web"]), {}
    for path, operations in doors.app.openapi()["paths"].items():
        for method in operations:
            name = f"{method.upper()} {path}"
            if name not in WITHOUT_LEADS:
                found[name] = await doors.ask(method.upper(), path.format(**ids), key=key)
    assert {name: [] for name in LISTS} == {name: found.pop(name).json()[what] for name, what in LISTS.items()}
    assert {} == {name: answer.status_code for name, answer in found.items() if answer.status_code not in (403, 404)}
    assert {"GET /v1/leads/{lead_id}", "DELETE /v1/leads/{lead_id}", "GET /v1/tasks"} <= found.keys()
    assert HookState.DEAD is (await letters.find(letter.id)).state


async def test_an_event_reaches_leads_of_the_keys_sources_only(doors: Doors) -> None:
    """By lead and by address; whom the source knows by an id of its own it may always tell of."""
    everywhere, web = await doors.key(), await doors.key(sources=["web"])
    lead_id = (await doors.post("/v1/leads", FAIR, key=everywhere)).json()["lead_id"]
    for whose in ({"lead_id": lead_id}, {"email": FAIR["email"]}, {"email": FAIR["email"], "source": "web"}):
        assert 404 == (await doors.post("/v1/events", whose | {"kind": "visit"}, key=web)).status_code
    assert 0 == await doors.store.outbox.pending()
    mine = {"source": "web", "type": "demo_request", "email": "kim@acme.example", "external_id": "7"}
    await doors.post("/v1/leads", mine, key=web)
    for whose in ({"email": mine["email"]}, {"source": "web", "external_id": "7"}):
        assert 202 == (await doors.post("/v1/events", whose | {"kind": "visit"}, key=web)).status_code


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/routing/stop", {"by": "mia", "reason": "a fire"}),
        ("POST", "/v1/routing/start", {"by": "mia"}),
        ("POST", "/v1/reps/ana/handover", {"by": "mia", "reason": "leaves"}),
        ("POST", "/v1/roster/reps/ben/deactivate", {"by": "mia", "reason": "ill"}),
        ("POST", "/v1/roster/reps/ben/activate", {"by": "mia", "reason": "well"}),
        ("POST", "/v1/roster/reps/ben/time-off", {"from": "2026-05-04", "to": "2026-05-06"}),
        ("POST", "/v1/roster/reps/ben/time-off/remove", {"from": "2026-05-04", "to": "2026-05-06"}),
        ("POST", "/v1/leads/x/pause", {"by": "mia", "reason": "a fire"}),
        ("DELETE", "/v1/leads/x?by=mia", None),
    ],
)
async def test_a_key_for_a_person_signs_for_nobody_else(doors: Doors, method: str, path: str, body: object) -> None:
    """Not as a manager, not for a colleague's calendar."""
    answer = await doors.ask(method, path, json=body, key=await doors.key(people=["ana"]))
    assert (403, "It speaks for ana only.") == (answer.status_code, answer.json()["detail"])


async def test_a_key_for_a_person_takes_no_roster_over(doors: Doors) -> None:
    """Though it may note when they are away."""
    key = await doors.key(people=["ana"])
    roster = (await doors.get("/v1/roster", key=await doors.key(Scope.ROSTER_READ))).json()
    assert 403 == (await doors.post("/v1/roster", roster, key=key)).status_code
    away = {"from": "2026-05-04", "to": "2026-05-06"}
    assert 200 == (await doors.post("/v1/roster/reps/ana/time-off", away, key=key)).status_code
