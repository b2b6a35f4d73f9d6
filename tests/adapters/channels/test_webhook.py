"""What the webhook alone promises: the signature, the key, HTTP's codes, and which URLs are called."""

import asyncio
import gzip
import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx2
import pytest

from adapters.channels.base import Kind, PermanentFailure, TemporaryFailure
from adapters.channels.signature import verify
from adapters.channels.webhook import MAX_RETRY_AFTER, WebhookChannel, compose
from tests.adapters.channels.conftest import raw_server, webhook_channel
from tests.adapters.channels.samples import HOSTILE, KEYS, NOW, clock, message, person
from tests.adapters.channels.webhook_sink import WebhookSink


def answering(response: httpx2.Response) -> WebhookChannel:
    """Return a channel whose receiver always answers so."""
    transport = httpx2.MockTransport(lambda _: response)
    return WebhookChannel(signing_keys=KEYS, clock=clock, transport=transport)


async def test_the_request_is_signed_by_the_newest_key_and_carries_the_key(webhook_sink: WebhookSink) -> None:
    """The receiver can check who sent it, when, and whether it has seen it."""
    channel = webhook_channel()
    receipt = await channel.send(message(to=person(webhook_url=webhook_sink.url)))
    await channel.aclose()

    (request,) = webhook_sink.received
    assert verify(request.headers, request.raw, KEYS[:1], now=NOW).startswith("msg_")
    assert "L-7Q2:2:1:test" == request.headers["idempotency-key"]
    assert "application/json" == request.headers["content-type"]
    assert "wh-1" == receipt.provider_id


async def test_the_body_is_data_to_build_a_message_from(webhook_sink: WebhookSink) -> None:
    """Everything of the message is there under its own name; where the person lives otherwise is not."""
    channel = webhook_channel()
    await channel.send(message(to=person(webhook_url=webhook_sink.url)))
    await channel.aclose()

    expected = {
        "type": "lead.offer",
        "key": "L-7Q2:2:1:test",
        "lead_id": "L-7Q2",
        "offer": 2,
        "rung": 1,
        "kind": "offer",
        "to": {"person_id": "rep-mira", "name": "Mira Santos"},
        "subject": "Demo request from Acme Robotics",
        "text": "A new lead is yours to take.",
        "fields": [
            {"label": "Company", "value": "Acme Robotics, 420 people, DE"},
            {"label": "Why you", "value": "territory DACH, next in rotation"},
        ],
        "actions": [
            {"label": "Accept", "url": "https://baton.example/a/tokenAccept"},
            {"label": "Open", "url": "https://baton.example/l/L-7Q2"},
        ],
        "answers": [
            {
                "label": "Take it",
                "lead_id": "L-7Q2",
                "says": "accept",
                "fields": {"rep_id": "rep-mira", "offer": 2},
                "asks": [],
            },
            {
                "label": "Pass it on",
                "lead_id": "L-7Q2",
                "says": "decline",
                "fields": {"rep_id": "rep-mira"},
                "asks": ["reason"],
                "choices": ["I am away", "Other"],
            },
        ],
        "bundled": [],
        "due_at": "2026-03-27T17:10:00+00:00",
    }
    assert expected == webhook_sink.received[0].body


def test_what_is_about_no_lead_in_particular_names_none() -> None:
    """A digest is no message about a lead, and is not taken for one."""
    body = json.loads(compose(message(lead_id="", kind=Kind.DIGEST)))
    assert (None, "digest", "digest") == (body["lead_id"], body["type"], body["kind"])


async def test_a_repeat_is_the_same_byte_for_byte_and_delivered_once(webhook_sink: WebhookSink) -> None:
    """The receiver answered too late; the repeat is told apart by its key and taken once."""
    sent = message(to=person(webhook_url=webhook_sink.url))
    webhook_sink.answer(times=1, delay_s=30)
    hasty, patient = webhook_channel(timeout_s=1.5), webhook_channel()
    with pytest.raises(TemporaryFailure, match="in time"):
        await hasty.send(sent)
    receipt = await patient.send(sent)
    await hasty.aclose()
    await patient.aclose()

    first, second = webhook_sink.received
    assert first.raw == second.raw
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert {sent.key: 2} == dict(webhook_sink.counts)
    assert [sent.key] == list(webhook_sink.delivered)
    assert "wh-1" == receipt.provider_id


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_valid_json_without_control_characters(text: str) -> None:
    """A receiver that pastes the values into a page or a chat gets single lines without tricks in them."""
    hostile = message(to=person(name=text), subject=text, text=text, fields=((text, text),))
    body = json.loads(compose(hostile).decode("utf-8"))

    lines = [body["to"]["name"], body["subject"], *body["fields"][0].values()]
    assert all(line.isprintable() or "\u00a0" in line for line in lines)
    assert not {"\u202e", "\x1b", "\x00", "\r"} & set("".join([*lines, body["text"]]))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_2xx_is_a_delivery(status: int) -> None:
    """Receivers answer as they like; without a JSON body there is simply no id."""
    receipt = await answering(httpx2.Response(status)).send(message())
    assert (None, f"answered {status}") == (receipt.provider_id, receipt.detail)


@pytest.mark.parametrize(
    ("body", "provider_id"),
    [
        (b'{"id": "evt_9"}', "evt_9"),
        (b'{"id": 9}', "9"),
        (b'{"id": null}', None),
        (b'{"id": true}', None),
        (b'{"id": {"a": 1}}', None),
        (b'{"id": ""}', None),
        (b'{"id": "a\\r\\nb"}', "a b"),
        (b'["id"]', None),
        (b"ok", None),
        (b"\xff\xfe", None),
        (b"[" * 60_000, None),
        (b'{"id": "' + b"x" * 70_000 + b'"}', None),
    ],
    ids=range(12),
)
async def test_the_receivers_id_is_kept_when_there_is_one(body: bytes, provider_id: str | None) -> None:
    """Whatever a receiver answers after its 2xx, the delivery stands."""
    receipt = await answering(httpx2.Response(200, content=body)).send(message())
    assert provider_id == receipt.provider_id


async def test_a_packed_answer_is_not_unpacked(webhook_sink: WebhookSink) -> None:
    """Nobody asked for compression, so nobody can send a bomb; the delivery stands."""
    packed = gzip.compress(b'{"id": "evt_9"}')
    webhook_sink.answer(times=1, body=packed, headers={"Content-Encoding": "gzip"})
    channel = webhook_channel()
    receipt = await channel.send(message(to=person(webhook_url=webhook_sink.url)))
    await channel.aclose()
    assert (None, "answered 200") == (receipt.provider_id, receipt.detail)
    assert "identity" == webhook_sink.received[0].headers["accept-encoding"]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
async def test_busy_and_broken_receivers_are_temporary(status: int) -> None:
    """These may pass."""
    with pytest.raises(TemporaryFailure, match=str(status)) as failure:
        await answering(httpx2.Response(status)).send(message())
    assert failure.value.retry_after is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
async def test_refusals_are_permanent(status: int) -> None:
    """These will not."""
    with pytest.raises(PermanentFailure, match=str(status)):
        await answering(httpx2.Response(status)).send(message())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(webhook_sink: WebhookSink, status: int) -> None:
    """A signed message goes where it was addressed or nowhere."""
    webhook_sink.answer(status, times=1, headers={"Location": webhook_sink.url})
    channel = webhook_channel()
    with pytest.raises(PermanentFailure, match="redirect"):
        await channel.send(message(to=person(webhook_url=webhook_sink.url)))
    await channel.aclose()
    assert 1 == len(webhook_sink.received)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(minutes=2)),
        (" 7 ", timedelta(seconds=7)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), timedelta(seconds=90)),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), timedelta(0)),
        ("Fri, 27 Mar 2026 16:55:10 -0000", timedelta(seconds=10)),
        ("999999", MAX_RETRY_AFTER),
        ("9" * 5000, MAX_RETRY_AFTER),
        ("Fri, 27 Mar 2037 16:55:10 GMT", MAX_RETRY_AFTER),
        ("Fri, 27 Mar 99999999999999999999 16:55:10 GMT", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("", None),
    ],
    ids=range(15),
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_read_in_both_forms(status: int, value: str, expected: timedelta | None) -> None:
    """Seconds or a date, never negative, at most a day; nonsense is no wish."""
    headers = [(b"retry-after", value.encode())]
    with pytest.raises(TemporaryFailure) as failure:
        await answering(httpx2.Response(status, headers=headers)).send(message())
    assert expected == failure.value.retry_after


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"error": "duplicate"}', {}),
        (b'{"title": "Idempotency-Key was used before"}', {}),
        (b'{"detail": "already received"}', {}),
        (b"", {"Idempotency-Key": "L-7Q2:2:1:test"}),
    ],
)
async def test_a_conflict_about_the_key_is_a_delivery(body: bytes, headers: dict[str, str]) -> None:
    """The receiver has it already: that is what we wanted."""
    receipt = await answering(httpx2.Response(409, content=body, headers=headers)).send(message())
    assert "answered 409: already delivered" == receipt.detail


@pytest.mark.parametrize(
    "problem",
    [
        {"title": "A request is outstanding for this Idempotency-Key"},
        {"error": "duplicate request in progress"},
        {"code": "idempotency_key_in_progress"},
        {"detail": "Already processing"},
        {"message": "concurrent use of an idempotency key"},
    ],
)
async def test_a_conflict_with_a_copy_being_worked_on_is_temporary(problem: dict[str, str]) -> None:
    """An earlier copy may still fail, so it is asked again, after the time the receiver names."""
    busy = httpx2.Response(409, json=problem, headers={"Retry-After": "3"})
    with pytest.raises(TemporaryFailure) as failure:
        await answering(busy).send(message())
    assert timedelta(seconds=3) == failure.value.retry_after


async def test_any_other_conflict_is_permanent() -> None:
    """A 409 about something else is a refusal."""
    with pytest.raises(PermanentFailure):
        await answering(httpx2.Response(409, json={"error": "channel is archived"})).send(message())


async def test_a_refused_connection_is_temporary(closed_port: int) -> None:
    """The receiver is down: try later."""
    channel = webhook_channel()
    with pytest.raises(TemporaryFailure, match="ConnectError") as failure:
        await channel.send(message(to=person(webhook_url=f"http://127.0.0.1:{closed_port}/")))
    await channel.aclose()
    # A cause travels into the engine's history, and may name the address.
    assert failure.value.__cause__ is None


async def test_a_receiver_that_drips_its_headers_cannot_hold_the_sender() -> None:
    """The time-out bounds the whole exchange, not only each read."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Wait: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    channel = webhook_channel(timeout_s=0.3)
    async with raw_server(drip) as port, asyncio.timeout(10):
        with pytest.raises(TemporaryFailure, match="in time"):
            await channel.send(message(to=person(webhook_url=f"http://127.0.0.1:{port}/")))
    await channel.aclose()


async def test_a_body_that_never_ends_does_not_undo_the_delivery() -> None:
    """The status said 200; waiting for the rest is bounded and changes nothing."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    channel = webhook_channel(timeout_s=0.3)
    async with raw_server(endless) as port, asyncio.timeout(10):
        receipt = await channel.send(message(to=person(webhook_url=f"http://127.0.0.1:{port}/")))
    await channel.aclose()
    assert "answered 200" == receipt.detail


async def test_an_untrusted_certificate_is_permanent() -> None:
    """Somebody in between is not waited out."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("localhost.pem"))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    channel = webhook_channel()
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(PermanentFailure, match="certificate"):
            await channel.send(message(to=person(webhook_url=f"https://localhost:{port}/")))
    await channel.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example/x",
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "http://",
        "https://user:password@hooks.example/",
        "https://hooks.example:99999/",
        "https://hooks.example/\r\nX-Evil: 1",
        "https://hooks.example/a b",
        "https://\u2028.example/",
        "https://hooks.example/\U0001f600",
    ],
)
async def test_what_is_no_plain_http_url_is_never_called(url: str) -> None:
    """Other schemes, passwords and smuggled lines are refused before connecting, without repeating them."""

    def fail_if_called(_: httpx2.Request) -> httpx2.Response:
        raise AssertionError("was called")

    transport = httpx2.MockTransport(fail_if_called)
    channel = WebhookChannel(signing_keys=KEYS, clock=clock, transport=transport)
    assert not channel.can_reach(person(webhook_url=url))
    with pytest.raises(PermanentFailure, match="rep-mira has no usable address for webhook"):
        await channel.send(message(to=person(webhook_url=url)))


async def test_the_default_url_serves_those_without_their_own(webhook_sink: WebhookSink) -> None:
    """One tool may take the messages of a whole team."""
    channel = WebhookChannel(signing_keys=KEYS, clock=clock, default_url=webhook_sink.url)
    assert channel.can_reach(person(webhook_url=None))
    await channel.send(message(to=person(webhook_url=None)))
    await channel.aclose()
    assert 1 == len(webhook_sink.delivered)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signing_keys": ()},
        {"signing_keys": (b"short",)},
        {"signing_keys": (*KEYS, b"short")},
        {"default_url": "hooks.example"},
        {"timeout": timedelta(0)},
    ],
)
def test_wrong_settings_are_refused_at_once(wrong: dict[str, object]) -> None:
    """A channel that could never send, or would send unsigned, is not built."""
    build: Callable[..., WebhookChannel] = WebhookChannel
    with pytest.raises(ValueError, match=r"key|default_url|timeout"):
        build(**{"signing_keys": KEYS, "clock": clock, **wrong})
