"""A real HTTP server on the loopback that takes webhooks and answers with failures on demand."""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.adapters.channels.journal import Answer, Answers, Journal

HOST = "127.0.0.1"
LOST = 0
"""A status under which a request is taken like any other, and its answer is lost: the line is cut."""


@dataclass(frozen=True)
class Received:
    """One HTTP request as it came; header names are in lower case."""

    headers: dict[str, str]
    raw: bytes
    status: int
    repeat: bool
    path: str = ""

    @property
    def key(self) -> str:
        """Return its idempotency key."""
        return self.headers.get("idempotency-key", "")

    @property
    def body(self) -> dict[str, Any]:
        """Return its JSON object."""
        body: dict[str, Any] = json.loads(self.raw)
        return body


class WebhookSink:
    """Take POSTs on any path; a key seen before is answered alike and not counted as a delivery again.

    `received` holds every request, `counts` the requests per key, `delivered` the first accepted request
    of each key. Keys in the journal of an earlier life count as seen.
    """

    def __init__(self, port: int = 0, journal: Journal | None = None) -> None:
        self.received: list[Received] = []
        self.counts: Counter[str] = Counter()
        self.delivered: dict[str, Received] = {}
        self._journal = journal or Journal(None)
        self._ids: dict[str, str] = {}
        for entry in self._journal.lines():
            if entry["channel"] == "webhook":
                self.counts[entry["key"]] += 1
                if 200 <= entry["status"] < 300:
                    self._ids.setdefault(entry["key"], entry["id"])
        self._answers = Answers(200)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer((HOST, port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.port: int = self._server.server_address[1]
        self.url = f"http://{HOST}:{self.port}/hook"

    def answer(
        self,
        status: int = 200,
        *,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        delay_s: float = 0.0,
    ) -> None:
        """Answer so from now on, or for the next `times` requests; a delay follows the taking."""
        self._answers.ask(Answer(status, times, headers, body, delay_s))

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving; whoever waits in a delay is let go."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, headers: dict[str, str], raw: bytes, path: str) -> tuple[int, dict[str, str], bytes, float]:
        """Record one request; return status, headers, body and the delay before they are sent."""
        answer = self._answers.take()
        assert isinstance(answer.status, int)
        asked = answer.status or 200
        with self._lock:
            key = headers.get("idempotency-key", "")
            repeat = key in self._ids
            status = 200 if repeat and asked < 300 else asked
            request = Received(headers, raw, status, repeat, path)
            self.received.append(request)
            self.counts[key] += 1
            if 200 <= status < 300 and not repeat:
                self._ids[key] = f"wh-{len(self._ids) + 1}"
                self.delivered[key] = request
            identity = self._ids.get(key)
            self._journal.append(
                {
                    "channel": "webhook",
                    "key": key,
                    "id": identity,
                    "status": status,
                    "repeat": repeat,
                    "body": json.loads(raw or b"null"),
                }
            )
        body = json.dumps({"id": identity}).encode() if answer.body is None else answer.body
        said = LOST if answer.status == LOST else status
        return said, {"Content-Type": "application/json", **(answer.headers or {})}, body, answer.delay_s

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", "0")))
                if self.path == "/_answer":
                    sink.answer(**json.loads(raw))
                    self._reply(200, {}, b"{}")
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, extra, body, delay_s = sink.take(headers, raw, self.path)
                if delay_s:
                    sink._stopping.wait(delay_s)
                if status == LOST:
                    self.close_connection = True
                    return
                self._reply(status, extra, body)

            def do_GET(self) -> None:
                found = self.path == "/_counts"
                self._reply(200 if found else 404, {}, json.dumps(sink.counts if found else {}).encode())

            def _reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    # The sender gave up waiting, as a delay wants it to; the request is recorded.
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Stay silent: the journal is the log."""

        return Handler
