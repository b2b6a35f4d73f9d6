"""Every marketing tool hears each notice at least once, knows a repeat, and is never told whom an error is about."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.channels.base import PermanentFailure, TemporaryFailure
from adapters.channels.signature import verify
from adapters.channels.smtp import TlsMode
from adapters.marketing.answers import ProspectMail
from adapters.marketing.base import MarketingTool, Notice, NoticeKind, compose
from adapters.marketing.fake import FakeMarketing
from adapters.marketing.file import MarketingFile
from adapters.marketing.webhook import MarketingWebhook
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.samples import HOSTILE, KEYS, NOW, clock
from tests.adapters.channels.webhook_sink import WebhookSink

NOTICE = Notice(
    key="lead-1:enrol:1",
    kind=NoticeKind.ENROL,
    lead_id="lead-1",
    n=1,
    programme="nurture",
    at=NOW,
    until=NOW + timedelta(days=180),
    answerable={"id": "mara", "name": "Mara Lind", "email": "mara@marketing.example"},
    person={"email": "kim@acme.example", "first_name": "Kim"},
    company={"name": "Acme"},
    lead={"source": "web", "type": "newsletter", "backfill": False},
)
END = Notice(
    key="lead-1:leave:1", kind=NoticeKind.LEAVE, lead_id="lead-1", n=1, programme="nurture", at=NOW, because="it left"
)
SAID = {
    "type": "nurture.enrol",
    "key": "lead-1:enrol:1",
    "lead_id": "lead-1",
    "n": 1,
    "programme": "nurture",
    "at": "2026-03-27T16:55:00+00:00",
    "until": "2026-09-23T16:55:00+00:00",
    "because": "",
    "answerable": {"id": "mara", "name": "Mara Lind", "email": "mara@marketing.example"},
    "person": {"email": "kim@acme.example", "first_name": "Kim"},
    "company": {"name": "Acme"},
    "lead": {"source": "web", "type": "newsletter", "backfill": False},
}


@dataclass(frozen=True)
class Rig:
    """One tool, and the keys of what has arrived at its other end, in order, repeats included."""

    tool: MarketingTool
    arrived: Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def sink() -> Iterator[WebhookSink]:
    """A web server that plays the marketing tool."""
    with WebhookSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def mail_sink() -> Iterator[MailSink]:
    """A mail server."""
    with MailSink() as sink:
        yield sink


@pytest.fixture
async def webhook(sink: WebhookSink) -> AsyncIterator[MarketingWebhook]:
    """The tool that hears by HTTP."""
    tool = MarketingWebhook(
        f"http://127.0.0.1:{sink.port}/nurture", signing_keys=KEYS, clock=clock, timeout=timedelta(seconds=5)
    )
    yield tool
    await tool.aclose()


@pytest.fixture(params=["webhook", "file", "fake"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, sink: WebhookSink) -> Rig:
    """Each tool in its turn."""
    if request.param == "webhook":
        before = len(sink.received)
        return Rig(
            request.getfixturevalue("webhook"), lambda: [one.body for one in sink.received[before:] if one.status < 300]
        )
    if request.param == "file":
        path = tmp_path / "deep" / "nurture.jsonl"
        return Rig(MarketingFile(path), lambda: [json.loads(line) for line in path.read_bytes().splitlines()])
    fake = FakeMarketing()
    return Rig(fake, lambda: [json.loads(compose(one)) for one in fake.told.values()])


async def test_a_notice_arrives_whole_and_in_order(rig: Rig) -> None:
    """Programme, owner, person and until arrive as they are; an end follows, and names no more than it is given."""
    receipt = await rig.tool.tell(NOTICE)
    await rig.tool.tell(END)
    first, second = rig.arrived()
    assert (SAID, rig.tool.name) == (first, receipt.channel)
    assert ("nurture.leave", "it left", {}, None) == (
        second["type"],
        second["because"],
        second["person"],
        second["answerable"],
    )


async def test_a_repeat_is_known_by_its_key(rig: Rig) -> None:
    """The same notice told twice is the same, byte for byte."""
    await rig.tool.tell(NOTICE)
    await rig.tool.tell(NOTICE)
    arrived = rig.arrived()
    assert [SAID] * len(arrived) == arrived
    assert arrived


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_strangers_write_stays_text(rig: Rig, text: str) -> None:
    """Nothing that somebody typed into a form breaks out of its place."""
    await rig.tool.tell(replace(NOTICE, person={"first_name": text}))
    (arrived,) = rig.arrived()
    assert {"first_name": text.encode("utf-8", "replace").decode()} == arrived["person"]


def test_a_notice_without_a_sound_key_or_instant_is_refused() -> None:
    """A defect shows where a notice is made, not where it arrives."""
    with pytest.raises(ValueError, match="key"):
        replace(NOTICE, key="kim at acme")
    with pytest.raises(ValueError, match="aware"):
        replace(NOTICE, until=datetime(2026, 9, 1))  # noqa: DTZ001 (naive on purpose)


async def test_the_webhook_is_signed_and_carries_its_key(webhook: MarketingWebhook, sink: WebhookSink) -> None:
    """The receiver can verify who sent it (Standard Webhooks), and drop a repeat by its Idempotency-Key."""
    await webhook.tell(NOTICE)
    received = sink.received[-1]
    verify(received.headers, received.raw, KEYS, now=clock())
    assert "lead-1:enrol:1" == received.key


@pytest.mark.parametrize(
    ("status", "retry_after", "wait"),
    [(429, "7", timedelta(seconds=7)), (503, None, None), (500, None, None), (408, None, None)],
)
async def test_passing_trouble_is_temporary(
    webhook: MarketingWebhook, sink: WebhookSink, status: int, retry_after: str | None, wait: timedelta | None
) -> None:
    """What may pass is tried again, when the tool itself says so."""
    sink.answer(status, times=1, headers={"Retry-After": retry_after} if retry_after else None)
    with pytest.raises(TemporaryFailure) as raised:
        await webhook.tell(NOTICE)
    assert (f"answered {status}", wait) == (raised.value.detail, raised.value.retry_after)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301])
async def test_a_refusal_is_final(webhook: MarketingWebhook, sink: WebhookSink, status: int) -> None:
    """Repeating is useless; nothing of the answer, which may repeat the person, is kept."""
    sink.answer(status, times=1)
    with pytest.raises(PermanentFailure, match=f"answered {status}"):
        await webhook.tell(NOTICE)


async def test_what_the_tool_has_already_counts_as_told(webhook: MarketingWebhook, sink: WebhookSink) -> None:
    """A 409 for a key that it knows is a success, as after a lost reply."""
    sink.answer(409, times=1)
    assert "answered 409" == (await webhook.tell(NOTICE)).detail


async def test_nobody_there_is_temporary_and_tells_no_address() -> None:
    """The address is as good as a password, and stays out of errors."""
    tool = MarketingWebhook("http://127.0.0.1:1/secret-path", signing_keys=KEYS, clock=clock)
    with pytest.raises(TemporaryFailure) as raised:
        await tool.tell(NOTICE)
    await tool.aclose()
    assert "secret-path" not in repr(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("url", ["ftp://mail.example/x", "https://user:secret@tool.example/", "tool.example"])
def test_only_a_web_address_will_do(url: str) -> None:
    """A wrong address is refused at once, without being repeated."""
    with pytest.raises(ValueError, match="http or https") as raised:
        MarketingWebhook(url, signing_keys=KEYS, clock=clock)
    assert url not in str(raised.value)


async def test_several_writers_keep_their_lines_apart(tmp_path: Path) -> None:
    """Two workers may append to one file at the same time: each line is whole."""
    path, keys = tmp_path / "nurture.jsonl", [f"lead-{n}:enrol:1" for n in range(40)]
    tools = MarketingFile(path), MarketingFile(path)
    notices = [replace(NOTICE, key=key, person={"first_name": "x" * 5000}) for key in keys]
    await asyncio.gather(*(tools[n % 2].tell(notice) for n, notice in enumerate(notices)))
    assert sorted(keys) == sorted(json.loads(line)["key"] for line in path.read_bytes().splitlines())


async def test_a_line_cut_short_by_a_crash_swallows_no_other(tmp_path: Path) -> None:
    """The next notice begins a line of its own; the file is its owner's alone."""
    path = tmp_path / "nurture.jsonl"
    await MarketingFile(path).tell(NOTICE)
    with path.open("ab") as file:
        file.write(b'{"type": "nurt')
    await MarketingFile(path).tell(END)
    lines = path.read_bytes().splitlines()
    assert ("lead-1:leave:1", 3) == (json.loads(lines[-1])["key"], len(lines))
    assert 0o600 == path.stat().st_mode & 0o777


async def test_a_file_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    """A folder in its place is nothing that passes."""
    with pytest.raises(PermanentFailure, match="IsADirectoryError"):
        await MarketingFile(tmp_path).tell(NOTICE)


def mailer(sink: MailSink) -> ProspectMail:
    """Make the way to prospects."""
    return ProspectMail(
        host="127.0.0.1", port=sink.port, sender="Baton <hello@baton.example>", clock=clock, tls=TlsMode.NONE
    )


async def test_an_answer_is_a_plain_mail_that_no_machine_answers(mail_sink: MailSink) -> None:
    """Text alone, marked as automatic; its repeat carries the same Message-ID, and nothing names our lead."""
    for _ in range(2):
        await mailer(mail_sink).answer(
            "lead-1:answer:1", "lead-1", "kim@acme.example", "Thank you", "Hello Kim,\nsoon."
        )
    first, second = mail_sink.mails[-2:]
    assert ("kim@acme.example", "Baton <hello@baton.example>", "Thank you") == (
        first["To"],
        first["From"],
        first["Subject"],
    )
    assert ("auto-replied", "All") == (first["Auto-Submitted"], first["X-Auto-Response-Suppress"])
    assert ("text/plain", "Hello Kim,\nsoon.\n") == (
        first.get_content_type(),
        first.get_content().replace("\r\n", "\n"),
    )
    assert first["Message-ID"] == second["Message-ID"]
    assert "lead-1" not in first.as_string()


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_answer_is_led_astray(mail_sink: MailSink, text: str) -> None:
    """Whatever was filled into subject and text: one recipient, and no header of a stranger's."""
    await mailer(mail_sink).answer("lead-1:answer:1", "lead-1", "kim@acme.example", f"Hi {text}", f"Hello {text}")
    assert ["kim@acme.example"] == mail_sink.envelopes[-1][1]
    assert mail_sink.mails[-1]["Bcc"] is None


async def test_our_own_sender_is_never_answered(mail_sink: MailSink) -> None:
    """That would be a mail to ourselves, and the next lead."""
    with pytest.raises(PermanentFailure, match="our own"):
        await mailer(mail_sink).answer("lead-1:answer:1", "lead-1", "Hello@baton.example", "Hi", "Hi")


async def test_an_address_that_is_refused_is_not_repeated_in_the_error(mail_sink: MailSink) -> None:
    """What the relay says names the person; we do not."""
    mail_sink.answer_recipient("550 5.1.1 no such user kim@acme.example", times=1)
    with pytest.raises(PermanentFailure, match="550") as raised:
        await mailer(mail_sink).answer("lead-1:answer:1", "lead-1", "kim@acme.example", "Hi", "Hi")
    assert "kim@" not in str(raised.value)


def test_instants_are_said_in_utc() -> None:
    """Whatever zone they were told in."""
    assert datetime(2026, 3, 27, 16, 55, tzinfo=UTC) == datetime.fromisoformat(json.loads(compose(NOTICE))["at"])
