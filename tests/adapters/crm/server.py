"""What both CRMs on the loopback share: real HTTP, a log of requests, and trouble on demand."""

import json
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

LOST = 0
"""A trouble by which a request is carried out, and its answer lost."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def parts(self) -> list[str]:
        """Give the path's parts, unquoted."""
        return [unquote(part) for part in self.path.strip("/").split("/")]

    @property
    def body(self) -> dict[str, Any]:
        """Read its JSON object."""
        read: dict[str, Any] = json.loads(self.raw or b"{}")
        return read


@dataclass(frozen=True)
class Answer:
    """What is answered; a body of None is empty."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class CrmServer(ABC):
    """A CRM's API at `url`. `trouble` is met first, one a request: an answer, `LOST`, or None for no trouble.

    Subclasses say in `answer` what becomes of a request, holding the lock.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.trouble: deque[Answer | int | None] = deque()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @abstractmethod
    def answer(self, request: Request) -> Answer:
        """Carry a request out."""

    @property
    def writes(self) -> list[Request]:
        """Give the requests that change something."""
        return [one for one in self.requests if one.method != "GET" and "oauth2" not in one.path]

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.stop()

    def stop(self) -> None:
        """Be there no more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, request: Request) -> Answer | None:
        with self._lock:
            self.requests.append(request)
            trouble = self.trouble.popleft() if self.trouble else None
            if isinstance(trouble, Answer):
                return trouble
            answer = self.answer(request)
            return None if trouble == LOST else answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", "0")))
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = server._take(Request(self.command, url.path, query, headers, raw))
                if answer is None:
                    self.close_connection = True
                    return
                content = b"" if answer.body is None else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def do_PATCH(self) -> None:
                self._serve()

            def do_PUT(self) -> None:
                self._serve()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        return Handler
