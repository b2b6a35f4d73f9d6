"""The sinks as other tests use them: a process of its own whose journal survives kills."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.adapters.channels.conftest import smtp_channel, webhook_channel
from tests.adapters.channels.journal import Journal
from tests.adapters.channels.samples import message, person

SINKS = Path(__file__).with_name("sinks.py")


@contextlib.contextmanager
def running(journal: Path, at_the_end: signal.Signals) -> Iterator[tuple[int, int]]:
    """Start the sinks; give the HTTP and SMTP ports; end them by that signal."""
    command = [sys.executable, str(SINKS), "--http-port", "0", "--smtp-port", "0", "--journal", str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd="/") as process:
        assert process.stdout is not None
        try:
            yield ports(process.stdout)
        finally:
            process.send_signal(at_the_end)
    expected = 0 if at_the_end is signal.SIGTERM else -at_the_end
    assert expected == process.returncode


def ports(stdout: IO[bytes]) -> tuple[int, int]:
    """Read the first line the sinks print."""
    said = json.loads(stdout.readline())
    return said["http_port"], said["smtp_port"]


async def send_both(http_port: int, smtp_port: int) -> str | None:
    """Send one webhook and one mail; return the webhook's id at the receiver."""
    channel = webhook_channel()
    receipt = await channel.send(message(to=person(webhook_url=f"http://127.0.0.1:{http_port}/hook")))
    await channel.aclose()
    await smtp_channel(smtp_port).send(message())
    return receipt.provider_id


def call(url: str, body: bytes | None = None) -> object:
    """Talk to the sink's own addresses."""
    with urllib.request.urlopen(url, data=body, timeout=10) as response:
        return json.loads(response.read())


async def test_what_was_acknowledged_is_in_the_journal_after_kill_9(tmp_path: Path) -> None:
    """One line per message, written before the sender was answered; a new life knows the old keys."""
    journal = tmp_path / "journal.jsonl"
    with running(journal, signal.SIGKILL) as (http_port, smtp_port):
        first = await send_both(http_port, smtp_port)
    with running(journal, signal.SIGTERM) as (http_port, smtp_port):
        second = await send_both(http_port, smtp_port)
        counts = await asyncio.to_thread(call, f"http://127.0.0.1:{http_port}/_counts")

    lines = Journal(journal).lines()
    expected = [("webhook", False), ("mail", False), ("webhook", True), ("mail", True)]
    assert expected == [(line["channel"], line["repeat"]) for line in lines]
    assert {"L-7Q2:2:1:test"} == {line["key"] for line in lines}
    assert "[offer 2] Demo request from Acme Robotics" == lines[1]["subject"]
    assert lines[1]["message_id"] == lines[3]["message_id"]
    assert sorted(line["monotonic_s"] for line in lines) == [line["monotonic_s"] for line in lines]
    assert first == second
    assert {"L-7Q2:2:1:test": 2} == counts


async def test_a_running_sink_can_be_told_to_fail(tmp_path: Path) -> None:
    """`POST /_answer` sets the next answers; a failed request is journalled but no delivery."""
    journal = tmp_path / "journal.jsonl"
    with running(journal, signal.SIGTERM) as (http_port, _):
        order = json.dumps({"status": 503, "times": 1}).encode()
        await asyncio.to_thread(call, f"http://127.0.0.1:{http_port}/_answer", order)
        channel = webhook_channel()
        to = person(webhook_url=f"http://127.0.0.1:{http_port}/hook")
        outcomes = [
            type(outcome).__name__
            for outcome in [
                *await asyncio.gather(channel.send(message(to=to)), return_exceptions=True),
                *await asyncio.gather(channel.send(message(to=to)), return_exceptions=True),
            ]
        ]
        await channel.aclose()
    assert ["TemporaryFailure", "Receipt"] == outcomes
    assert [(503, False), (200, False)] == [(line["status"], line["repeat"]) for line in Journal(journal).lines()]


def test_a_line_torn_by_a_kill_is_left_out(tmp_path: Path) -> None:
    """Reading a journal whose writer died in the middle of a line gives the whole lines."""
    path = tmp_path / "journal.jsonl"
    Journal(path).append({"channel": "mail"})
    with path.open("a", encoding="utf-8") as file:
        file.write('{"channel": "ma')
    assert ["mail"] == [line["channel"] for line in Journal(path).lines()]
