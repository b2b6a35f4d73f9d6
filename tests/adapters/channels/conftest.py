"""The sinks, and one rig per vendor: how to reach it, make it fail, and see what arrived."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
import pytest_asyncio

from adapters.channels.base import Address, Channel
from adapters.channels.fake import FakeChannel
from adapters.channels.log import LogChannel
from adapters.channels.slack import SlackChannel
from adapters.channels.smtp import SmtpChannel, TlsMode
from adapters.channels.teams import TeamsChannel
from adapters.channels.webhook import WebhookChannel
from tests.adapters.channels.mail_sink import LOST as LOST_MAIL
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.samples import KEYS, clock, person
from tests.adapters.channels.vendor_sinks import TOKEN, SlackSink, TeamsSink
from tests.adapters.channels.webhook_sink import LOST, WebhookSink

NOWHERE = person(email=None, webhook_url=None, slack=None, teams_url=None)
"""Somebody without any address."""

HASTY_S, FOREVER_S = 0.2, 60.0


@dataclass(frozen=True)
class Seen:
    """One arrival: the mark by which a repeat is recognised, and everything a reader sees."""

    mark: str
    text: str


@dataclass(frozen=True)
class Rig:
    """One vendor with its receiving end.

    `fail(status, retry_after, times)` lets the receiver answer the way 4xx/5xx mail or HTTP codes do. Over a network,
    `lose()` has it take the next message and cut the line, `hang()` has it answer nobody, and `hasty` waits for it
    but a moment.
    """

    channel: Channel
    to: Address
    seen: Callable[[], list[Seen]]
    fail: Callable[[bool, str | None, int], None]
    without_address: Address
    lose: Callable[[], None] = lambda: None
    hang: Callable[[], None] = lambda: None
    hasty: Channel | None = None


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    """Give a mail server."""
    with MailSink() as sink:
        yield sink


@pytest.fixture
def webhook_sink() -> Iterator[WebhookSink]:
    """Give a web server."""
    with WebhookSink() as sink:
        yield sink


@pytest.fixture
def slack_sink() -> Iterator[SlackSink]:
    """Give what plays Slack."""
    with SlackSink() as sink:
        yield sink


@pytest.fixture
def teams_sink() -> Iterator[TeamsSink]:
    """Give what plays a Teams workflow."""
    with TeamsSink() as sink:
        yield sink


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port on which connections are refused: bound, so nobody else takes it, but not listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        yield port


def smtp_channel(port: int, timeout_s: float = 5.0) -> SmtpChannel:
    """Return a channel to a plain-text mail server on the loopback."""
    return SmtpChannel(
        host="127.0.0.1",
        port=port,
        sender="Baton <baton@relay.example>",
        clock=clock,
        tls=TlsMode.NONE,
        timeout=timedelta(seconds=timeout_s),
    )


def webhook_channel(timeout_s: float = 5.0) -> WebhookChannel:
    """Return a channel over the real network."""
    return WebhookChannel(signing_keys=KEYS, clock=clock, timeout=timedelta(seconds=timeout_s))


def slack_channel(url: str, timeout_s: float = 5.0) -> SlackChannel:
    """Return a channel to what plays Slack."""
    return SlackChannel(token=TOKEN, clock=clock, url=url, timeout=timedelta(seconds=timeout_s))


def teams_channel(timeout_s: float = 5.0) -> TeamsChannel:
    """Return a channel to Teams workflows."""
    return TeamsChannel(clock=clock, timeout=timedelta(seconds=timeout_s))


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve a hand-written conversation; give its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def all_text(mail: EmailMessage) -> str:
    """Return what a reader sees of a mail: its subject and the text part."""
    plain = mail.get_body(("plain",))
    assert plain is not None
    return f"{mail['Subject']}\n{plain.get_content()}"


@pytest_asyncio.fixture
async def smtp_rig(mail_sink: MailSink) -> AsyncIterator[Rig]:
    """Give the e-mail vendor."""

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        to = person().email
        mail_sink.answer(f"451 4.2.1 <{to}> busy" if temporary else f"550 5.1.1 <{to}> unknown", times=times)

    channel = smtp_channel(mail_sink.port)
    yield Rig(
        channel,
        person(),
        lambda: [Seen(str(mail["Message-ID"]), all_text(mail)) for mail in mail_sink.mails],
        fail,
        person(email=None),
        lambda: mail_sink.answer(LOST_MAIL, times=1),
        lambda: mail_sink.answer(delay_s=FOREVER_S),
        smtp_channel(mail_sink.port, HASTY_S),
    )
    await channel.aclose()


@pytest_asyncio.fixture
async def webhook_rig(webhook_sink: WebhookSink) -> AsyncIterator[Rig]:
    """Give the webhook vendor."""

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        headers = {"Retry-After": retry_after} if retry_after else None
        body = json.dumps({"detail": f"no {person().email}"}).encode()
        webhook_sink.answer(503 if temporary else 410, times=times, headers=headers, body=body)

    def seen() -> list[Seen]:
        taken = [request for request in webhook_sink.received if request.status < 300]
        return [Seen(request.key, json.dumps(request.body, ensure_ascii=False)) for request in taken]

    channel, hasty = webhook_channel(), webhook_channel(HASTY_S)
    to = person(webhook_url=webhook_sink.url + "/tokenMira")
    yield Rig(channel, to, seen, fail, replace(to, webhook_url=None), *_breaking(webhook_sink), hasty)
    await channel.aclose()
    await hasty.aclose()


@pytest_asyncio.fixture
async def slack_rig(slack_sink: SlackSink) -> AsyncIterator[Rig]:
    """Give Slack."""

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        if temporary:
            headers = {"Retry-After": retry_after} if retry_after else None
            slack_sink.answer(429 if retry_after else 500, times=times, headers=headers, body=b"oops")
        else:
            slack_sink.refuse(f"channel_not_found {person().email}", times)

    def seen() -> list[Seen]:
        return [
            Seen(post.first["client_msg_id"], json.dumps(post.body, ensure_ascii=False)) for post in slack_sink.posts
        ]

    channel, hasty = slack_channel(slack_sink.url), slack_channel(slack_sink.url, HASTY_S)
    yield Rig(channel, person(), seen, fail, person(slack=None), *_breaking(slack_sink), hasty)
    await channel.aclose()
    await hasty.aclose()


@pytest_asyncio.fixture
async def teams_rig(teams_sink: TeamsSink) -> AsyncIterator[Rig]:
    """Give Teams."""

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        headers = {"Retry-After": retry_after} if retry_after else None
        teams_sink.answer((429 if retry_after else 500) if temporary else 400, times=times, headers=headers, body=b"no")

    def seen() -> list[Seen]:
        keys = [request.key for request in teams_sink.received if request.status < 300]
        return [
            Seen(key, json.dumps(card, ensure_ascii=False)) for key, card in zip(keys, teams_sink.cards(), strict=True)
        ]

    channel, hasty = teams_channel(), teams_channel(HASTY_S)
    to = person(teams_url=f"http://127.0.0.1:{teams_sink.port}/workflows/tokenMira")
    yield Rig(channel, to, seen, fail, replace(to, teams_url=None), *_breaking(teams_sink), hasty)
    await channel.aclose()
    await hasty.aclose()


def _breaking(sink: WebhookSink) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: sink.answer(LOST, times=1), lambda: sink.answer(delay_s=FOREVER_S)


@pytest.fixture
def fake_rig() -> Rig:
    """Give the fake."""
    channel = FakeChannel()

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        if temporary:
            channel.fail_temporarily(times, timedelta(seconds=int(retry_after)) if retry_after else None)
        else:
            channel.fail_permanently(times)

    def seen() -> list[Seen]:
        return [
            Seen(key, f"{sent.offer} {sent.subject} {sent.text} {sent.fields} {sent.actions} {sent.bundled}")
            for key, sent in channel.sent.items()
        ]

    return Rig(channel, person(), seen, fail, NOWHERE)


class Terminal:
    """A terminal that can be closed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.broken_for = 0

    def write(self, line: str) -> None:
        """Take a line, or fail as a closed pipe does."""
        if self.broken_for:
            self.broken_for -= 1
            raise BrokenPipeError(32, "Broken pipe")
        self.lines.append(line)


@pytest.fixture
def terminal_rig() -> Rig:
    """Give the log vendor writing to a terminal."""
    terminal = Terminal()

    def fail(temporary: bool, retry_after: str | None, times: int) -> None:
        terminal.broken_for = times

    return Rig(
        LogChannel(write=terminal.write),
        person(),
        lambda: [Seen(line.rpartition("key=")[2], line) for line in terminal.lines],
        fail,
        NOWHERE,
    )


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Rig:
    """Give the vendor a test is parametrised with, by name."""
    found = request.getfixturevalue(f"{request.param}_rig")
    assert isinstance(found, Rig)
    return found
