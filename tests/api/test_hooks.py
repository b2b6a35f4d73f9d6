"""Webhooks at the door: believed or not, kept in any case, understood by their mapping, replayed when it is mended."""

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from adapters.channels import signature as standard
from adapters.signatures import verify_token
from api import pages
from api.doors import PER_ADDRESS, address_of
from config.source_files import SHIPPED, read_source
from db import tables
from db.hooks import WAITS
from db.tables.words import HookState
from models.access import Scope
from models.base import parse
from models.source import Source
from runtime import clock
from runtime.hooks import MOST_ATTEMPTS, secret_of
from runtime.sealing import Vault
from tests.api.house import Doors, opened

PROBLEM = "application/problem+json"
SECRET = "a secret of sixteen letters or more"
STANDARD_KEY = standard.format_key(b"k" * 32)
EXAMPLES = Path("examples/hooks")
OPEN = {
    "name": "open",
    "signature": "none",
    "delivery_header": "X-Delivery",
    "ignore": "test == 'true' || test == `true`",
    "mappings": [
        {
            "becomes": "event",
            "when": "kind",
            "fields": {"kind": "kind", "email": "email", "properties": "properties", "key": "key"},
        },
        {
            "fields": {
                "type": {"path": "type", "table": {"demo": "demo_request"}, "default": "demo_request"},
                "email": "email",
                "first_name": "name",
                "company.employees": "size",
                "tags": "topics",
            }
        },
    ],
}


async def secret(doors: Doors, purpose: str, text: str) -> None:
    """Keep a secret as the command line does."""
    assert doors.front.sealer is not None
    await Vault(doors.store.secrets, doors.front.sealer).add(purpose, text, at=clock.now())


async def shipped(doors: Doors, name: str, text: str = SECRET) -> Source:
    """Load a source as it is shipped, with a secret."""
    source = read_source(SHIPPED / f"{name}.yaml").source
    await doors.store.sources.save(source, by="tests", at=clock.now())
    await secret(doors, secret_of(name), text)
    return source


async def open_source(doors: Doors, **changes: Any) -> None:
    """Load a source that believes everybody."""
    await doors.store.sources.save(parse(Source, OPEN | changes), by="tests", at=clock.now())


@pytest.fixture
async def hooks(doors: Doors) -> Doors:
    """The app with a source that believes everybody."""
    await open_source(doors)
    return doors


async def counts(doors: Doors) -> int:
    """Count the leads that were acknowledged."""
    found = await doors.store.inbox.counts()
    return found.waiting + found.started


async def send(doors: Doors, body: Any, source: str = "open", **headers: str) -> httpx2.Response:
    """Post JSON, or bytes as they are, to a hook."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await doors.ask("POST", f"/v1/hooks/{source}", content=content, headers=named)


async def test_a_payload_becomes_a_lead(hooks: Doors) -> None:
    """Committed, and answered with what became of it."""
    answer = await send(hooks, {"type": "demo", "email": "mona.lind@acme.example", "name": "Mona", "size": "240"})
    told = answer.json()
    assert (202, "taken", "lead", "accepted") == (
        answer.status_code,
        told["state"],
        told["results"][0]["became"],
        told["results"][0]["status"],
    )
    assert 1 == await counts(hooks)


async def test_forms_are_read_like_json(hooks: Doors) -> None:
    """Form fields, repeated ones as lists; multipart too, with a file's name; and JSON in the field `payload`."""
    form = urlencode([("email", "a@acme.example"), ("topics", "x"), ("topics", "y")]).encode()
    first = await send(hooks, form, content_type="application/x-www-form-urlencoded; charset=utf-8")
    parts = {"email": (None, "b@acme.example"), "topics": ("notes.txt", b"secret notes")}
    second = await hooks.ask("POST", "/v1/hooks/open", files=parts)
    wrapped = urlencode({"payload": json.dumps([{"email": "c@acme.example"}, {"email": "d@acme.example"}])}).encode()
    third = await send(hooks, wrapped, content_type="application/x-www-form-urlencoded")
    results = [one["status"] for answer in (first, second, third) for one in answer.json()["results"]]
    assert ["accepted"] * 4 == results


async def test_a_list_is_taken_item_by_item(hooks: Doors) -> None:
    """One that does not map keeps none of the others out, and a replay makes nothing twice."""
    items = [{"email": "a@acme.example"}, {"email": "b@acme.example", "size": {"from": 50}}, {"test": True}]
    told = (await send(hooks, items)).json()
    assert ("dead", ["lead", "refused", "nothing"]) == (told["state"], [one["became"] for one in told["results"]])
    assert "company.employees" == told["results"][1]["errors"][0]["field"]
    first = told["results"][0]["lead_id"]

    mended = [OPEN["mappings"][0], {"fields": {**OPEN["mappings"][1]["fields"]}}]  # type: ignore[index]
    mended[1]["fields"]["company.employees"] = "size.from"  # type: ignore[index]
    await open_source(hooks, mappings=mended)
    key = await hooks.key(Scope.OPS)
    again = (await hooks.post(f"/v1/dead-letters/{told['delivery_id']}/replay", key=key)).json()
    assert ("taken", first) == (again["state"], again["results"][0]["lead_id"])
    assert 2 == await counts(hooks)
    settled = await hooks.post(f"/v1/dead-letters/{told['delivery_id']}/replay", key=key)
    assert (409, "taken") == (settled.status_code, settled.json()["state"])


async def test_a_lead_that_was_understood_later_came_when_it_came(hooks: Doors) -> None:
    """Its clock began at the door."""
    told = (await send(hooks, {"email": "a@acme.example", "size": {"from": 50}})).json()
    delivery = await hooks.store.deliveries.find(told["delivery_id"])
    await open_source(hooks, mappings=[{"fields": {"type": {"value": "demo_request"}, "email": "email"}}])
    hour_later = clock.now() + timedelta(hours=1)
    replayed = await hooks.front.hooks.replay(delivery.id, now=hour_later)
    (claim,) = await hooks.store.inbox.claim(10, now=hour_later, lease=timedelta(minutes=1))
    assert claim.lead_id == replayed.results[0]["lead_id"]
    assert json.loads(claim.raw)["received_at"] == delivery.received_at.isoformat()


async def test_a_delivery_seen_before_is_answered_as_the_first_time(hooks: Doors) -> None:
    """Whatever it holds the second time; another id is another delivery."""
    first = await send(hooks, {"email": "a@acme.example"}, X_Delivery="d-1")
    second = await send(hooks, {"email": "zzz@acme.example"}, X_Delivery="d-1")
    assert (202, 200, first.json()) == (first.status_code, second.status_code, second.json())
    await send(hooks, {"email": "b@acme.example"}, X_Delivery="d-2")
    assert 2 == await counts(hooks)


async def test_the_same_person_is_told_to_their_lead(hooks: Doors) -> None:
    """As at every door: a second form folds, the very same is a repeat, and an event finds its lead."""
    first = (await send(hooks, {"email": "a@acme.example"})).json()["results"][0]
    repeat = (await send(hooks, {"email": "a@acme.example"})).json()["results"][0]
    folded = (await send(hooks, {"email": "a@acme.example", "name": "Ada"})).json()["results"][0]
    event = (await send(hooks, {"kind": "pricing_visit", "email": "a@acme.example"})).json()["results"][0]
    assert ["accepted", "repeat", "folded", "recorded"] == [one["status"] for one in (first, repeat, folded, event)]
    assert {first["lead_id"]} == {one["lead_id"] for one in (repeat, folded, event)}
    nobody = (await send(hooks, {"kind": "pricing_visit", "email": "nobody@acme.example"})).json()
    assert ("ignored", "nothing") == (nobody["state"], nobody["results"][0]["became"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 5000,
        b'{"email": NaN}',
        b'"text"',
        b"9" * 5000,
        b'{"a": "\\ud800"}',
    ],
)
async def test_what_cannot_be_read_is_kept_and_shown(hooks: Doors, body: bytes) -> None:
    """The sender is told so, and a person finds it byte for byte."""
    told = (await send(hooks, body)).json()
    assert "dead" == told["state"]
    assert told["because"]
    assert body == (await hooks.store.deliveries.find(told["delivery_id"])).raw
    key = await hooks.key(Scope.OPS)
    listed = (await hooks.get("/v1/dead-letters?source=open", key=key)).json()["dead_letters"]
    assert [(told["delivery_id"], len(body))] == [(one["delivery_id"], one["bytes"]) for one in listed]
    shown = (await hooks.get(f"/v1/dead-letters/{told['delivery_id']}", key=key)).json()
    assert body.decode("utf-8", "replace") == shown["payload"]


async def test_whatever_is_sent_is_kept(hooks: Doors) -> None:
    """Any bytes under any content type are answered 202 and are there afterwards, as they came."""
    types = st.sampled_from(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/xml",
            "x",
            "",
        ]
    ) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
    shapes = st.sampled_from([b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.example\r\n--x--\r\n'])
    documents = st.dictionaries(
        st.sampled_from(["email", "type", "kind", "size", "topics", "properties", "name", "key"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.text(max_size=5)),
        max_size=5,
    ).map(lambda document: json.dumps(document).encode())

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(types, st.binary(max_size=200) | shapes | documents)
    def collect(content_type: str, body: bytes) -> None:
        cases.append((content_type, body))

    cases: list[tuple[str, bytes]] = []
    collect()
    for content_type, body in cases:
        answer = await send(hooks, body, content_type=content_type)
        assert 202 == answer.status_code, (content_type, body)
        told = answer.json()
        assert told["state"] in ("taken", "dead", "ignored")
        assert body == (await hooks.store.deliveries.find(told["delivery_id"])).raw


async def test_nobody_is_believed_without_a_signature(doors: Doors) -> None:
    """Nothing is kept of what is not authentic, and no source is open before it has a secret."""
    source = read_source(SHIPPED / "typeform.yaml").source
    await doors.store.sources.save(source, by="tests", at=clock.now())
    body = (EXAMPLES / "typeform.json").read_bytes()
    digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    signed = {"Typeform-Signature": f"sha256={digest}"}
    before = await send(doors, body, "typeform", **signed)
    await secret(doors, secret_of("typeform"), SECRET)
    answers = [
        before,
        await send(doors, body, "typeform"),
        await send(doors, body + b" ", "typeform", **signed),
        await send(doors, body, "typeform", **{"Typeform-Signature": "sha256=no"}),
    ]
    assert [(401, PROBLEM)] * 4 == [(one.status_code, one.headers["content-type"]) for one in answers]
    assert () == await doors.store.deliveries.list(list(HookState))
    taken = await send(doors, body, "typeform", **signed)
    again = await send(doors, body, "typeform", **signed)
    assert (202, "taken", 200) == (taken.status_code, taken.json()["state"], again.status_code)
    assert taken.json() == again.json()


async def test_a_standard_webhook_is_known_by_its_id_and_age(doors: Doors) -> None:
    """A former secret counts beside the new one; an old signature is a replay."""
    await shipped(doors, "generic_json", STANDARD_KEY)
    await secret(doors, secret_of("generic_json"), standard.format_key(b"n" * 32))
    body = (EXAMPLES / "generic_json.json").read_bytes()
    headers = standard.sign(b"k" * 32, "msg_1", clock.now(), body)
    first = await send(doors, body, "generic_json", **headers)
    assert ["accepted", "recorded"] == [one["status"] for one in first.json()["results"]]
    assert 200 == (await send(doors, body, "generic_json", **headers)).status_code
    old = standard.sign(b"k" * 32, "msg_2", clock.now() - timedelta(minutes=6), body)
    assert 401 == (await send(doors, body, "generic_json", **old)).status_code


async def test_hubspot_signs_the_public_address(doors: Doors) -> None:
    """Whatever a proxy in between calls us."""
    await shipped(doors, "hubspot")
    body = (EXAMPLES / "hubspot.json").read_bytes()
    timestamp = str(int(clock.now().timestamp() * 1000))
    address = f"{doors.front.settings.public_url}/v1/hooks/hubspot?portal=7"
    signed = b"POST" + address.encode() + body + timestamp.encode()
    digest = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    headers = {"X-HubSpot-Request-Timestamp": timestamp, "X-HubSpot-Signature-v3": digest, "Host": "internal:9"}
    assert 202 == (await send(doors, body, "hubspot?portal=7", **headers)).status_code
    assert 401 == (await send(doors, body, "hubspot?portal=8", **headers)).status_code


async def test_slack_is_answered_its_challenge(doors: Doors) -> None:
    """Signed like everything else; nothing is kept of it."""
    await shipped(doors, "slack_workflow")
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}).encode()
    timestamp = str(int(clock.now().timestamp()))
    digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}
    answer = await send(doors, body, "slack_workflow", **headers)
    assert (200, {"challenge": "3eZbrw1a"}) == (answer.status_code, answer.json())
    assert 401 == (await send(doors, body, "slack_workflow")).status_code
    assert () == await doors.store.deliveries.list(list(HookState))


async def test_facebook_and_linkedin_are_answered_by_get(doors: Doors) -> None:
    """Facebook by the word that follows from the secret, as plain text; LinkedIn by its code, signed."""
    await shipped(doors, "facebook_lead_ads")
    await shipped(doors, "linkedin_lead_gen")
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    path = "/v1/hooks/facebook_lead_ads"
    right = await doors.get(path, params={**query, "hub.verify_token": verify_token(SECRET)})
    wrong = await doors.get(path, params={**query, "hub.verify_token": SECRET})
    assert (200, "1158201444", "text/plain; charset=utf-8", 401) == (
        right.status_code,
        right.text,
        right.headers["content-type"],
        wrong.status_code,
    )
    code = await doors.get("/v1/hooks/linkedin_lead_gen", params={"challengeCode": "890e4665"})
    assert hmac.new(SECRET.encode(), b"890e4665", hashlib.sha256).hexdigest() == code.json()["challengeResponse"]


async def test_a_challenge_signs_nothing_that_could_be_a_webhook(doors: Doors) -> None:
    """Whoever asks is answered with our secret: what is answered must never be the signature of a body."""
    await shipped(doors, "linkedin_lead_gen")
    body = '{"answers":[]}'
    asked = await doors.get("/v1/hooks/linkedin_lead_gen", params={"challengeCode": f"hmacsha256={body}"})
    assert 401 == asked.status_code
    signature = asked.json().get("challengeResponse", "")
    forged = await send(doors, body.encode(), "linkedin_lead_gen", x_li_signature=f"hmacsha256={signature}")
    assert 401 == forged.status_code
    assert 404 == (await doors.get("/v1/hooks/linkedin_lead_gen")).status_code


async def test_an_unknown_source_is_told(doors: Doors) -> None:
    """By POST and by GET."""
    assert [404, 404] == [
        (await send(doors, {}, "nobody")).status_code,
        (await doors.get("/v1/hooks/nobody")).status_code,
    ]


async def test_half_a_character_wedges_nothing(hooks: Doors) -> None:
    """Tools cut texts anywhere; JSON can say what no text is."""
    told = (await send(hooks, b'{"email": "a@acme.example", "name": "Mo\\ud83d", "topics": ["\\udc00"]}')).json()
    assert told["state"] in ("taken", "dead")
    event = (
        await send(hooks, b'{"kind": "x", "email": "b@acme.example", "properties": {"\\ud800": "\\ud800"}}')
    ).json()
    assert event["state"] in ("ignored", "dead")


async def test_dead_letters_are_for_ops_alone(hooks: Doors) -> None:
    """And what is dropped is emptied."""
    told = (await send(hooks, b"{")).json()
    path = f"/v1/dead-letters/{told['delivery_id']}"
    other, key = await hooks.key(Scope.LEADS_READ, Scope.MANAGE), await hooks.key(Scope.OPS)
    assert [403, 401] == [(await hooks.get(path, key=one)).status_code for one in (other, None)]
    assert "dropped" == (await hooks.post(f"{path}/drop", key=key)).json()["state"]
    assert b"" == (await hooks.store.deliveries.find(told["delivery_id"])).raw
    assert 409 == (await hooks.post(f"{path}/replay", key=key)).status_code
    assert [404] * 3 == [
        (await hooks.get("/v1/dead-letters/99", key=key)).status_code,
        (await hooks.post("/v1/dead-letters/99/drop", key=key)).status_code,
        (await hooks.post("/v1/dead-letters/99/replay", key=key)).status_code,
    ]
    assert {"dead_letters": []} == (await hooks.get("/v1/dead-letters", key=key)).json()


async def test_too_many_webhooks_are_put_off_before_they_are_read(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By source, which only those count against that are believed, and by address; what was taken is kept."""
    monkeypatch.setattr("api.hooks.PER_SOURCE", 2)
    await shipped(doors, "generic_json")
    await open_source(doors)
    assert [401] * 3 == [(await send(doors, {}, "generic_json")).status_code for _ in range(3)]
    assert [202, 202, 429] == [(await send(doors, {"n": number})).status_code for number in range(3)]
    assert 2 == len(await doors.store.deliveries.list(WAITS))
    late = await send(doors, {})
    assert (PROBLEM, "5") == (late.headers["content-type"], late.headers["retry-after"])
    for _ in range(PER_ADDRESS):
        doors.app.state.pace.note("hook 127.0.0.1", PER_ADDRESS)
    assert [429, 404] == [(await doors.get(path)).status_code for path in ("/v1/hooks/nobody", "/a/page")]
    for _ in range(pages.PER_ADDRESS):
        doors.app.state.pace.note("page 127.0.0.1", pages.PER_ADDRESS)
    page = await doors.get("/a/page")
    assert (429, "5", "text/html; charset=utf-8") == (
        page.status_code,
        page.headers["retry-after"],
        page.headers["content-type"],
    )


@pytest.mark.parametrize(
    ("host", "counted"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("a-socket", "a-socket")],
)
def test_an_address_is_counted_by_its_household(host: str, counted: str) -> None:
    """Whoever has one address of IPv6 has as many as they like."""
    assert counted == address_of(Request({"type": "http", "client": (host, 1)}))


async def test_dead_letters_come_in_pages(hooks: Doors) -> None:
    """Newest first, and without what came: a page of them would be hundreds of megabytes."""
    ids = [(await send(hooks, b"{")).json()["delivery_id"] for _ in range(3)]
    key = await hooks.key(Scope.OPS)
    first = (await hooks.get("/v1/dead-letters?limit=2", key=key)).json()
    rest = (await hooks.get(f"/v1/dead-letters?limit=2&before={first['before']}", key=key)).json()
    assert ids[::-1] == [one["delivery_id"] for page in (first, rest) for one in page["dead_letters"]]
    assert [1, 1] == [one["bytes"] for one in first["dead_letters"]]
    assert {b""} == {one.raw for one in await hooks.store.deliveries.list(WAITS)}


async def test_what_a_dead_process_left_is_taken_up(hooks: Doors) -> None:
    """By a worker's chore; one that fails us again and again becomes a dead letter, as one without a source."""
    now = clock.now()
    body = json.dumps({"email": "a@acme.example"}).encode()
    long_ago = now - timedelta(minutes=2)
    left, _ = await hooks.store.deliveries.receive("open", None, "application/json", body, at=long_ago)
    orphan, _ = await hooks.store.deliveries.receive("gone", None, "application/json", body, at=long_ago)
    fresh, _ = await hooks.store.deliveries.receive("open", None, "application/json", body, at=now)
    assert 2 == await hooks.front.hooks.resume(now)
    found = [(await hooks.store.deliveries.find(one.id)).state for one in (left, orphan, fresh)]
    assert [HookState.TAKEN, HookState.DEAD, HookState.RECEIVED] == found
    for _ in range(MOST_ATTEMPTS):
        await hooks.store.deliveries.left_behind(now + timedelta(hours=1), 10)
    await hooks.front.hooks.resume(now + timedelta(hours=1))
    assert HookState.DEAD is (await hooks.store.deliveries.find(fresh.id)).state


async def test_without_a_key_ring_no_signature_can_be_checked(furnished_file: Path, tmp_path: Path) -> None:
    """So nobody is believed."""
    path = shutil.copy(furnished_file, tmp_path)
    async with opened(f"sqlite:///{path}", tmp_path, secret_keys=[]) as doors:
        source = read_source(SHIPPED / "generic_form.yaml").source
        await doors.store.sources.save(source, by="tests", at=clock.now())
        answer = await send(doors, {}, "generic_form", **{"X-Form-Token": SECRET})
        assert 401 == answer.status_code


async def test_one_webhook_posted_many_times_at_once_is_one_lead(hooks: Doors) -> None:
    """Whoever comes second is told what the first was, or waits for it."""
    sent = (send(hooks, {"email": "a@acme.example"}, X_Delivery="d-1") for _ in range(20))
    answers = await asyncio.gather(*sent)
    assert {200, 202} >= {one.status_code for one in answers}
    assert 1 == len({(one.json()["delivery_id"], one.json()["results"][0]["lead_id"]) for one in answers})
    assert 1 == await counts(hooks)


async def test_what_a_tool_sends_is_offered_to_a_rep(live_doors: Doors) -> None:
    """All the way: signed by the tool, mapped, started, and somebody's."""
    await shipped(live_doors, "generic_form")
    body = {"form_type": "Request a demo", "work_email": "nina.berg@hooked.example", "employees": "240"}
    answer = await send(live_doors, body, "generic_form", **{"X-Form-Token": SECRET})
    lead_id = answer.json()["results"][0]["lead_id"]
    while True:
        async with live_doors.store.database.reading() as session:
            row = await session.get(tables.Lead, lead_id)
        if row is not None and row.offer > 0:
            break
        await asyncio.sleep(0.05)
    assert (True, "generic_form") == (row.owner is not None, row.source)
