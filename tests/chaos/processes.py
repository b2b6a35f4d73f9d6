"""The processes that the chaos tests start, kill and start again: each in a session of its own, each by its pid.

What is not killed here is not ours to kill. The enrichment provider alone is a thread of the test.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHECKOUT = Path(__file__).resolve().parents[2]
READY = "worker_ready"
_START_SECONDS = 30
_LOOK_SECONDS = 0.02


def environment(**ours: str) -> dict[str, str]:
    """Give this process's environment with no Temporal and no Baton in it but `ours`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BATON_", "TEMPORAL_"))}
    return {**clean, **ours}


class WorkerProcess:
    """`python worker.py`, started again after each kill; it logs JSON lines to one file."""

    def __init__(self, name: str, log: Path, settings: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        self._settings = dict(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._begins = 0
        self.kills = 0

    @property
    def pid(self) -> int | None:
        """Give its process id, or None when it is not running."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    def spawn(self) -> None:
        """Start it and return at once."""
        assert self.pid is None, f"{self.name} is running already"
        self._begins = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(CHECKOUT / "worker.py")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=CHECKOUT,
                env=environment(**self._settings, BATON_LOG_FORMAT="json"),
                start_new_session=True,
            )

    async def ready(self) -> datetime:
        """Wait until this life of it says that it works, and give that instant."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            for line in self.said():
                if line.get("event") == READY:
                    return datetime.fromisoformat(line["timestamp"]).astimezone(UTC)
            assert self.pid is not None, f"{self.name} ended while starting:\n{self.tail()}"
            assert time.monotonic() < deadline, f"{self.name} is not ready:\n{self.tail()}"
            await asyncio.sleep(_LOOK_SECONDS)

    async def start(self) -> datetime:
        """Start it and wait until it works."""
        self.spawn()
        return await self.ready()

    def kill(self) -> None:
        """Kill it (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self.kills += 1

    def said(self) -> list[dict[str, Any]]:
        """Give what this life of it has logged, line by line."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(self._begins)
            lines = file.read().decode(errors="replace").split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def tail(self, lines: int = 25) -> str:
        """Quote the end of its log."""
        return "\n".join(line[:400] for line in self.log.read_text(errors="replace").splitlines()[-lines:])


class SinkProcess:
    """The receivers of webhooks and mail as a process of their own, with a journal on disk."""

    def __init__(self, journal: Path, delay_s: float = 0.0) -> None:
        self._journal = journal
        script = CHECKOUT / "tests" / "adapters" / "channels" / "sinks.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), "--journal", str(journal), "--delay-s", str(delay_s)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            cwd=CHECKOUT,
            env=environment(),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.hooks = f"http://127.0.0.1:{ports['http_port']}/hook"
        self.mails = f"smtp://127.0.0.1:{ports['smtp_port']}"

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def taken(self, lead_id: str | None = None) -> list[dict[str, Any]]:
        """List what it took, in order: everything, or what is about one lead."""
        if not self._journal.exists():
            return []
        whole = self._journal.read_text(encoding="utf-8").split("\n")[:-1]
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if lead_id is None or line["key"].startswith(f"{lead_id}:")]


class Provider:
    """A company-data provider on the loopback; a domain that begins with `slow-` is answered late."""

    def __init__(self, delay_s: float) -> None:
        self.asked: list[str] = []
        provider, self._stopping = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                domain = self.path.rpartition("/")[2]
                provider.asked.append(domain)
                if domain.startswith("slow-"):
                    provider._stopping.wait(delay_s)
                body = json.dumps({"company": {"employees": 420, "industry": "software"}}).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    self.close_connection = True  # who asked was killed

            def log_message(self, *_: object) -> None:
                """Stay silent: `asked` is the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/companies/{{domain}}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
