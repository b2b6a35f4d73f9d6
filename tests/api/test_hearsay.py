"""What tools say of leads: outcomes and owners through hooks and `POST /v1/outcomes`, by whatever they call them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from config.source_files import SHIPPED, read_source
from db import tables
from db.leads import Leads
from db.outbox import Outbox
from db.ownership import Ownerships
from db.tables.words import Errand
from models.access import Scope
from models.base import parse
from models.lead import Stage
from models.orders import Holding
from models.roster import Roster
from runtime import clock
from runtime.hooks import secret_of
from runtime.sealing import Vault
from tests.api.house import Doors
from tests.api.test_hooks import open_source, send
from tests.api.test_messages import offered, until
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, standing

OUTCOME = {
    "becomes": "outcome",
    "when": "result",
    "fields": {"result": "result", "value": "value", "email": "email", "crm_id": "id", "at": "at"},
}
OWNER = {"becomes": "owner", "when": "owner", "fields": {"crm_owner": "owner", "crm_id": "id", "lead_id": "lead"}}
BY_ID = {"becomes": "owner", "fields": {"owner": "owner", "lead_id": "lead"}}


@pytest.fixture
async def known(doors: Doors) -> Doors:
    """Ana, whom the CRM calls u-1, is in contact with `one` (Mona's, 77 in the CRM) and holds `two`; Ben is u-2."""
    store = doors.store
    roster = await store.rosters.load()
    assert roster is not None
    raw = roster.model_dump(mode="json")
    for one, crm in zip(raw["reps"], ("u-1", "u-2"), strict=False):
        one["crm"] = crm
    await store.rosters.save(parse(Roster, raw), at=clock.now())
    accepted = Holding(rep_id="ana", offer=1, accepted_at=AT)
    touched = accepted.model_copy(update={"contacted_at": AT + MINUTE})
    for lead_id, email in (("one", "mona@acme.example"), ("two", "kim@other.example")):
        await Leads(store.database).admit(newcomer(lead_id, facts(lead_id, email=email)))
        await Ownerships(store.database).assign(order(lead_id), give(lead_id, "ana"), at=AT, ordered_at=AT)
    await Leads(store.database).record(standing("one", 1, Stage.CONTACTED, touched, closed=True))
    await Leads(store.database).record(standing("two", 1, Stage.ACCEPTED, accepted))
    async with store.database.writing() as session:
        session.add(tables.CrmCopy(lead_id="one", external_id="77", tasks={}, changed_at=AT, next_at=AT))
    await open_source(doors, mappings=[OUTCOME, OWNER], ignore=None)
    return doors


async def hook(doors: Doors, item: Mapping[str, Any], source: str = "open", **headers: str) -> dict[str, Any]:
    """Send one item and give what became of it, with the delivery's state."""
    answer = await send(doors, item, source, **headers)
    assert 202 == answer.status_code, answer.text
    told: dict[str, Any] = answer.json()
    return {**told["results"][0], "state": told["state"], "delivery": told["delivery_id"]}


async def test_a_hook_tells_what_became_of_a_lead(known: Doors) -> None:
    """By the person or the CRM's number; what is known already, or older, changes nothing; nobody's is ignored."""
    won = {"result": "won", "value": "12000", "email": "Mona@Acme.example"}
    first = await hook(known, won)
    assert ("taken", "outcome", "one", "recorded") == tuple(
        first[name] for name in ("state", "became", "lead_id", "status")
    )
    noted = await known.store.outcomes.of("one")
    assert noted is not None
    assert ("won", 12000, "EUR", "ana", "open") == (noted.result, noted.value, noted.currency, noted.rep_id, noted.by)

    again = await hook(known, won)
    assert ("ignored", "nothing", "one") == (again["state"], again["became"], again["lead_id"])
    assert "it was noted already that it is won" == again["because"]
    older = await hook(known, {"result": "lost", "id": 77, "at": (noted.at - MINUTE).isoformat()})
    assert "it is older than what open said last: won" == older["because"]
    ahead = await hook(known, {"result": "lost", "id": 77, "at": (clock.now() + timedelta(days=30)).isoformat()})
    assert "recorded" == ahead["status"]
    newest = await known.store.outcomes.of("one")
    assert newest is not None
    assert ("lost", newest.recorded_at) == (newest.result, newest.at)

    nobody = await hook(known, {"result": "won", "email": "nobody@acme.example"})
    assert ("ignored", "nothing") == (nobody["state"], nobody["became"])
    assert 2 == len(await known.store.outcomes.all_of("one"))


async def test_what_became_of_a_lead_in_the_inbox_waits_for_it(known: Doors) -> None:
    """It is a dead letter, to be replayed once the lead is there: nothing is lost."""
    body = {"source": "web", "type": "demo_request", "email": "late@acme.example"}
    assert 202 == (await known.post("/v1/leads", body, key=await known.key())).status_code
    told = await hook(known, {"result": "won", "email": "late@acme.example"})
    assert ("dead", "refused", "result") == (told["state"], told["became"], told["errors"][0]["field"])
    assert "is in the inbox" in told["because"]


async def test_a_hook_tells_who_has_a_lead_now(known: Doors) -> None:
    """In contact it is theirs at once; a running one is told durably, Temporal being away; an echo is ignored."""
    echo = await hook(known, {"owner": "u-1", "id": 77})
    assert ("ignored", "ana has it already") == (echo["state"], echo["because"])
    moved = await hook(known, {"owner": "u-2", "id": 77})
    assert ("taken", "owner", "recorded") == (moved["state"], moved["became"], moved["status"])
    holder = await known.store.ownerships.open_owner("one")
    assert holder is not None
    assert "ben" == holder.rep_id

    told = await hook(known, {"owner": "u-2", "lead": "two"})
    assert "the lead is told to go to ben" == told["because"]
    (task,) = await Outbox(known.store.database).claim(9, now=clock.now(), lease=MINUTE, what=[Errand.SAY])
    assert ("two", "reassign", "ben", "open") == (
        task.lead_id,
        task.body["name"],
        task.body["message"]["rep_id"],
        task.body["message"]["by"],
    )


async def test_what_a_hook_said_of_somebody_is_forgotten_with_them(known: Doors) -> None:
    """Also where nothing followed: the payload holds who they are."""
    won = {"result": "won", "email": "mona@acme.example"}
    numbers = [(await hook(known, won))["delivery"], (await hook(known, {**won, "again": True}))["delivery"]]
    await known.store.erasing.erase("one", by="mia", reason="they asked", at=clock.now())
    assert [b"", b""] == [(await known.store.deliveries.find(number)).raw for number in numbers]
    assert "ignored" == (await hook(known, won))["state"]


async def test_an_owner_whom_nobody_knows_is_a_dead_letter_until_the_roster_says_who(known: Doors) -> None:
    """The field is named and the value is not; with the roster mended, a replay does it."""
    told = await hook(known, {"owner": "u-3", "lead": "two"})
    assert ("dead", "crm_owner: is nobody's `crm` in the roster") == (told["state"], told["because"])
    roster = await known.store.rosters.load()
    assert roster is not None
    raw = roster.model_dump(mode="json")
    raw["reps"][2]["crm"] = "u-3"
    await known.store.rosters.save(parse(Roster, raw), at=clock.now())
    key = await known.key(Scope.OPS)
    again = (await known.post(f"/v1/dead-letters/{told['delivery']}/replay", key=key)).json()
    assert ("taken", "owner") == (again["state"], again["results"][0]["became"])


async def test_the_shipped_crm_sources_are_heard(known: Doors) -> None:
    """Salesforce's flow, with its token; HubSpot's is signed, which `test_hooks` shows."""
    source = read_source(SHIPPED / "salesforce_crm.yaml").source
    await known.store.sources.save(source, by="tests", at=clock.now())
    assert known.front.sealer is not None
    await Vault(known.store.secrets, known.front.sealer).add(
        secret_of("salesforce_crm"), "a secret of sixteen letters or more", at=clock.now()
    )
    item = {"changed": "status", "record": {"Id": "77", "Status": "Unqualified", "LastModifiedDate": AT.isoformat()}}
    told = await hook(known, item, "salesforce_crm", X_Baton_Token="a secret of sixteen letters or more")
    assert ("taken", "one") == (told["state"], told["lead_id"])
    noted = await known.store.outcomes.of("one")
    assert noted is not None
    assert ("disqualified", AT, "salesforce_crm") == (noted.result, noted.at, noted.by)


async def test_a_tool_says_what_became_of_somebody(known: Doors) -> None:
    """By e-mail, once per key; 404 for nobody and for other sources' people; 409 in the inbox; 422 for what is none."""
    key = await known.key(Scope.ANSWER)
    said = {"email": "mona@acme.example", "result": "won", "value": 9000, "key": "deal-1"}
    first = await known.post("/v1/outcomes", said, key=key)
    assert (200, "one", "won", "ana", False) == (
        first.status_code,
        *(first.json()[name] for name in ("lead_id", "result", "rep_id", "repeat")),
    )
    again = await known.post("/v1/outcomes", said, key=key)
    assert (200, True) == (again.status_code, again.json()["repeat"])
    assert (
        "crm"
        == (await known.post("/v1/outcomes", {"crm_id": "77", "result": "lost", "by": "crm"}, key=key)).json()["by"]
    )
    assert 404 == (await known.post("/v1/outcomes", {**said, "email": "x@acme.example"}, key=key)).status_code
    others = await known.key(Scope.ANSWER, sources=["fair"])
    assert 404 == (await known.post("/v1/outcomes", said, key=others)).status_code
    bens = await known.key(Scope.ANSWER, people=["ben"])
    assert 403 == (await known.post("/v1/outcomes", said | {"by": "ana"}, key=bens)).status_code
    ahead = (clock.now() + timedelta(days=1)).isoformat()
    for wrong, field in (({**said, "at": ahead}, "at"), ({"result": "won"}, ""), ({**said, "email": "no"}, "email")):
        refused = await known.post("/v1/outcomes", wrong, key=key)
        assert (422, field) == (refused.status_code, refused.json()["errors"][0]["field"]), json.dumps(wrong)
    body = {"source": "web", "type": "demo_request", "email": "late@acme.example", "lead_id": "late"}
    await known.post("/v1/leads", body, key=await known.key())
    assert 409 == (await known.post("/v1/outcomes", {"lead_id": "late", "result": "won"}, key=key)).status_code


async def test_a_lead_goes_where_the_crm_has_it(live_doors: Doors) -> None:
    """All the way: its workflow gives it on while it runs, and the database once it is in contact."""
    key = await live_doors.key()
    lead_id, owner = await offered(live_doors, key)
    other = next(one for one in ("ana", "ben", "cam") if one != owner)
    await open_source(live_doors, mappings=[BY_ID], ignore=None)
    told = await hook(live_doors, {"lead": lead_id, "owner": other})
    assert "recorded" == told["status"]
    await until(live_doors, lead_id, key, lambda one: one["owner"] == other)
    assert 200 == (await live_doors.post(f"/v1/leads/{lead_id}/contacted", {"rep_id": other}, key=key)).status_code
    await until(live_doors, lead_id, key, lambda one: (one["told_by"], one["stage"]) == ("database", "contacted"))
    told = await hook(live_doors, {"lead": lead_id, "owner": owner})
    assert ("recorded", True) == (told["status"], told["because"].startswith(f"handed over from {other} to {owner}"))
    shown = (await live_doors.get(f"/v1/leads/{lead_id}", key=key)).json()
    assert (owner, "contacted") == (shown["owner"], shown["stage"])
