"""Real receivers to send to: an SMTP server and an HTTP server on the loopback, each in a thread.

They remember what they took, answer with failures on demand and, given a journal, append one JSON line per
message (flushed and fsynced *before* the sender is answered). As a process of its own, for tests that kill
senders: `python tests/adapters/channels/sinks.py --http-port N --smtp-port M --journal FILE`; port 0 takes a
free one, the first line printed says which. It answers `GET /_counts` and `POST /_answer`. With `--delay-s`
every answer comes that much after the message is taken: a sender killed meanwhile cannot know that it is out.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

if not __package__:
    # Started by its path: the checkout must be importable, as it is under pytest.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.adapters.channels.journal import Journal
from tests.adapters.channels.mail_sink import MailSink
from tests.adapters.channels.webhook_sink import WebhookSink

__all__ = ["Journal", "MailSink", "WebhookSink", "main"]


def main(arguments: list[str] | None = None) -> None:
    """Run both sinks until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Take mail and webhooks on the loopback.")
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--delay-s", type=float, default=0.0)
    given = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    journal = Journal(given.journal)
    with WebhookSink(given.http_port, journal) as hooks, MailSink(given.smtp_port, journal) as mails:
        hooks.answer(delay_s=given.delay_s)
        mails.answer(delay_s=given.delay_s)
        print(json.dumps({"http_port": hooks.port, "smtp_port": mails.port}), flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
