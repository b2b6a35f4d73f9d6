"""Processes of our own: started, watched, started again when they die, and ended.

It serves `make run` and `make demo` on one machine. It refuses to be an init system for production, and to touch a
process that it did not start itself.
"""

import asyncio
import fcntl
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO, Protocol

LOOK = timedelta(milliseconds=100)
"""How often a process is looked at."""

GRACE = timedelta(seconds=25)
"""How long a child may take to stop as asked; a worker ends what it is sending within 20 s."""

QUICK = timedelta(seconds=10)
"""A process that lives shorter than this has failed to start."""

FAILURES_AT_MOST = 6
"""So many failed starts in a row, and it is given up."""

FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

LONGEST_PAUSE = timedelta(seconds=5)

Say = Callable[[str], None]


class GaveUp(Exception):
    """Say which process cannot be kept running, and why."""


class NotStarted(Exception):
    """Say why a process did not start this time; another attempt may help."""


class Kept(Protocol):
    """A process that can be started again after it died."""

    @property
    def pid(self) -> int | None:
        """Give its process id, or None when it is not running."""

    @property
    def ending(self) -> str:
        """Say how it ended, as far as that is known."""

    @property
    def crashed(self) -> bool:
        """Say whether it ended by its own fault, and not because somebody killed it."""

    @property
    def log_file(self) -> Path:
        """Name the file it writes its log to."""

    async def start(self) -> None:
        """Start it, again if need be. Raises NotStarted or GaveUp."""


class Child:
    """One process in a session of its own, so that Ctrl-C reaches us and not it; it writes to a log file.

    A child that outlived its owner (killed, machine busy) is ended first: its lock says that it lives.
    """

    def __init__(self, name: str, command: Sequence[str], *, state: Path, cwd: Path) -> None:
        self._name, self._command, self._state, self._cwd = name, command, state, cwd
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Give its process id, or None when it is not running."""
        return None if self._process is None or self._process.poll() is not None else self._process.pid

    @property
    def log_file(self) -> Path:
        """Name the file it writes its log to."""
        return self._state / f"{self._name}.log"

    @property
    def ending(self) -> str:
        """Say how it ended: `killed by SIGKILL`, `exit code 2`."""
        code = self._code
        if code is None:
            return ""
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    @property
    def crashed(self) -> bool:
        """Say whether it ended by its own fault, and not because somebody killed it."""
        return self._code is not None and -self._code not in FROM_OUTSIDE

    @property
    def _code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    async def start(self) -> None:
        """Start it, or start it again. Raises NotStarted, and GaveUp when an orphan of it does not end."""
        if self.pid is not None:
            raise GaveUp(f"The {self._name} is running already (process {self.pid}).")
        await self._end_orphan()
        self._spawn()

    async def stop(self, grace: timedelta = GRACE) -> bool:
        """Ask it to end and wait; kill it after `grace`. Say whether it ended by itself."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, grace.total_seconds())
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """Kill it at once (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def _pid_file(self) -> Path:
        return self._state / f"{self._name}.pid"

    def _spawn(self) -> None:
        lock_file = self._state / f"{self._name}.lock"
        with self.log_file.open("ab") as log, lock_file.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self._cwd,
                    pass_fds=[lock.fileno()],  # it keeps the lock for as long as it lives, whatever becomes of us
                    start_new_session=True,
                )
            except OSError as error:
                raise NotStarted(f"{self._command[0]}: {error.strerror}") from error
        self._pid_file.write_text(str(self._process.pid))

    async def _end_orphan(self) -> None:
        with (self._state / f"{self._name}.lock").open("ab") as lock:
            if _locked(lock):
                return
            # Its lock is held, so it lives, and the number it was started with belongs to nobody else.
            pid = int(self._pid_file.read_text())
            for ending, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, QUICK)):
                with suppress(ProcessLookupError):
                    os.kill(pid, ending)
                deadline = monotonic() + patience.total_seconds()
                while monotonic() < deadline:
                    if _locked(lock):
                        return
                    await asyncio.sleep(LOOK.total_seconds())
        raise GaveUp(f"Process {pid}, a {self._name} of an earlier run, does not end.")


@dataclass
class Post:
    """A process that is kept running: its name, when it died last (`time.monotonic`), how often it came back."""

    name: str
    kept: Kept
    died_at: float = 0
    restarts: int = 0


class Supervisor:
    """Start again what dies, at once, and say so; what fails by itself again and again is given up."""

    def __init__(
        self,
        posts: Sequence[Post],
        say: Say,
        *,
        once_back: Callable[[Post], Awaitable[None]] | None = None,
        pause: timedelta = timedelta(seconds=0.5),
    ) -> None:
        self._posts, self._say, self._once_back, self._pause = tuple(posts), say, once_back, pause

    async def run(self) -> None:
        """Watch until cancelled. Raises GaveUp."""
        watching = [asyncio.create_task(self._watch(post)) for post in self._posts]
        try:
            await asyncio.gather(*watching)
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def _watch(self, post: Post) -> None:
        failures, started = 0, monotonic()
        while True:
            await asyncio.sleep(LOOK.total_seconds())
            if post.kept.pid is not None:
                continue
            post.died_at = monotonic()
            quick = post.died_at - started < QUICK.total_seconds()
            failures = failures + 1 if post.kept.crashed and quick else 0
            how = f" ({post.kept.ending})" if post.kept.ending else ""
            self._say(f"The {post.name} died{how}. Starting it again.")
            await self._bring_back(post, failures)
            started = monotonic()
            post.restarts += 1
            if self._once_back is not None:
                await self._once_back(post)

    async def _bring_back(self, post: Post, failures: int) -> None:
        while True:
            if failures >= FAILURES_AT_MOST:
                raise GaveUp(f"The {post.name} failed {failures} times in a row. {end_of(post.kept.log_file)}")
            if failures:
                await asyncio.sleep(min(self._pause * 2 ** (failures - 1), LONGEST_PAUSE).total_seconds())
            try:
                await post.kept.start()
            except NotStarted as error:
                failures += 1
                self._say(f"The {post.name} did not start: {error}")
            else:
                break
        self._say(
            f"The {post.name} is started again after {monotonic() - post.died_at:.1f} s: process {post.kept.pid}."
        )


def end_of(log_file: Path, lines: int = 12) -> str:
    """Quote the end of a log."""
    text = log_file.read_text(errors="replace").splitlines()[-lines:] if log_file.exists() else []
    return "\n".join([f"Its log, {log_file}, ends:", *text])


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
