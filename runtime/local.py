"""`make run` and `make demo`: Baton whole, on one machine, with nothing installed beside it.

    python -m runtime.local run     the example leads, live, until Ctrl-C; run again and every ladder goes on
    python -m runtime.local demo    the same in fast motion with a scripted team, a worker killed, and a verdict

It refuses to be the way to run Baton for more than one machine: that is `worker.py`, any Temporal, any PostgreSQL.
"""

import argparse
import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from config.load import SHIPPED, FileError
from config.settings import Settings, SettingsError, load_settings, variable
from db.engine import DatabaseUnreachable
from db.upgrade import SchemaUnknown
from runtime import clock
from runtime.board import Board, speaker
from runtime.demo import DemoOptions, demo
from runtime.embedded import NAMESPACE, EmbeddedTemporalError
from runtime.feeding import BadSample, feed_once
from runtime.local_keys import KEY_RING, write_secretly
from runtime.local_system import (
    FOREIGN,
    ROOT,
    DoorsAway,
    Layout,
    LocalSystem,
    RunsAlready,
    WorkerAway,
    beside,
    local_system,
    own_log,
)
from runtime.supervisor import GaveUp

BAD_INPUT = 2
INTERRUPTED = 130
PIPED_WIDTH = 180
NURTURE_FILE = "nurture.jsonl"

TROUBLE = (
    RunsAlready,
    EmbeddedTemporalError,
    DatabaseUnreachable,
    SchemaUnknown,
    WorkerAway,
    DoorsAway,
    GaveUp,
    OSError,
)
"""What ends a run with one sentence and exit code 1."""


def main(arguments: Sequence[str]) -> int:
    """Carry out one command and give its exit code: 0 done, 1 failed with a reason, 2 wrong settings or files."""
    options = _parser().parse_args(arguments)
    live = sys.stdout.isatty()
    console = Console(markup=False, highlight=False, emoji=False, width=None if live else PIPED_WIDTH)
    live = live and not console.is_dumb_terminal
    try:
        if options.command == "demo":
            chosen = DemoOptions(team=not options.no_team, keep=options.keep, limit=timedelta(seconds=options.limit))
            code = asyncio.run(_until_stopped(demo(chosen, console, live), INTERRUPTED))
            return code if code != INTERRUPTED else _complain("The demo was stopped before it could be judged.", code)
        code = asyncio.run(_until_stopped(run(options, console, live), 0))
        with suppress(OSError):  # closing the terminal is a way to stop it, too
            console.print("Stopped. Run it again and every lead goes on where it was.")
        return code
    except (SettingsError, FileError, BadSample) as error:
        return _complain(error, BAD_INPUT)
    except TROUBLE as error:
        return _complain(error, 1)


async def run(options: argparse.Namespace, console: Console, live: bool) -> int:
    """Run Baton until told to stop. Raises what `local_system` raises, and BadSample."""
    settings = load_settings()
    ports, http_port = (options.port, options.ui_port), settings.http_addr.port
    layout = Layout(
        settings, _near(options.policy), _near(options.roster), ports, http_port, pinned=_marketing(settings)
    )
    say = speaker(console)
    with own_log(settings):
        async with local_system(layout, say) as system:
            with _run_env(system) as env_file:
                board = Board(system.store, console, say, live=live, head=lambda: _head(system, env_file))
                await beside(_serve(system, board, _near(options.leads)), system.supervise(say))
    return 0


def _marketing(settings: Settings) -> dict[str, str]:
    """Let a file play the marketing tool where none is named, so that enrolments go somewhere."""
    if settings.nurture_url is not None or settings.nurture_file is not None:
        return {}
    return {variable("nurture_file"): str(settings.state_dir.resolve() / NURTURE_FILE)}


async def _serve(system: LocalSystem, board: Board, leads: Path) -> None:
    for words in (*system.first, *(() if board.live else board.head())):
        board.say(words)
    await system.worker_ready()
    await system.doors_open()
    fed = await feed_once(system.store.inbox, leads, clock.now())
    if fed:
        board.say(
            f"{fed} leads of {leads} are at the door; they start {system.layout.settings.import_rate:g} a second."
        )
    else:
        board.say(f"{leads.name} was fed before: every lead goes on where it was.")
    await board.show()


@contextmanager
def _run_env(system: LocalSystem) -> Iterator[Path]:
    """Write the lines that another terminal sources to talk to this system; they go when it stops."""
    given = {
        "TEMPORAL_ADDRESS": system.temporal.address,
        "TEMPORAL_NAMESPACE": NAMESPACE,
        variable("state_dir"): str(system.layout.state),
        variable("public_url"): system.layout.pinned[variable("public_url")],
        "CONSOLE_URL": system.layout.pinned[variable("public_url")],
        "DOOR_URL": system.url,
        "DOOR_KEY": system.key,
    }
    lines = ["# For another terminal, while `make run` runs:  . " + str(system.layout.state / "run.env")]
    ring = system.layout.state / KEY_RING
    lines += [f". {shlex.quote(str(ring))}"] if ring.exists() else []
    lines += [f"unset {' '.join(FOREIGN)}", *(f"export {name}={shlex.quote(value)}" for name, value in given.items())]
    file = system.layout.state / "run.env"
    write_secretly(file, "\n".join([*lines, ""]))
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def _head(system: LocalSystem, env_file: Path) -> list[str]:
    temporal, worker = system.temporal, system.worker
    return [
        "Baton runs. Ctrl-C stops it; run it again and every lead goes on where it was.",
        f"Console          {system.console}",
        f"Temporal Web UI  {temporal.ui_url}/namespaces/{NAMESPACE}/workflows",
        f"Temporal         {temporal.address}, process {temporal.pid}; log {_near(temporal.log_file)}",
        f"Worker           process {worker.pid}; log {_near(worker.log_file)} (what reps are told, too)",
        f"HTTP doors       {system.url}/docs, process {system.doors.pid}; log {_near(system.doors.log_file)}",
        f"Try              kill -9 {worker.pid}   or   kill -9 {temporal.pid}   and watch",
        f"Answer a lead    in another terminal:  . {_near(env_file)}",
        f"                 {_near(Path(sys.executable))} starter.py accept ID --rep OWNER   (--help says the rest)",
        f"                 {_near(Path(sys.executable))} starter.py signin   (a fresh link into the console)",
        f"                 {_near(Path(sys.executable))} starter.py link ID   (the page that a rep's mail leads to)",
        '                 curl -H "Authorization: Bearer $DOOR_KEY" $DOOR_URL/v1/leads',
        *([f"Enrolments       {_near(Path(file))}"] if (file := _enrolments(system)) else []),
    ]


def _enrolments(system: LocalSystem) -> str | None:
    return system.layout.pinned.get(variable("nurture_file"))


def _near(path: Path) -> Path:
    """Give a path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


async def _until_stopped(work: Coroutine[Any, Any, int], stopped: int) -> int:
    """Do the work, and clean up on the first SIGINT, SIGTERM or SIGHUP; later ones do not cut that short."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _cancel_once(task))
    try:
        return await task
    except asyncio.CancelledError:
        return stopped


def _cancel_once(task: "asyncio.Task[int]") -> Callable[[], None]:
    def cancel() -> None:
        if not task.cancelling():
            task.cancel()

    return cancel


def _complain(error: object, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runtime.local", description="Baton whole, on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="route the example leads, live, until Ctrl-C")
    runs.add_argument("--leads", type=Path, default=ROOT / "examples/leads.csv", help="CSV fed on the first start")
    runs.add_argument("--roster", type=Path, default=ROOT / "examples/roster.yaml", help="loaded on the first start")
    runs.add_argument("--policy", type=Path, default=SHIPPED / "default.yaml", help="published on the first start")
    runs.add_argument("--port", type=int, default=7233, help="wish for Temporal's port (%(default)s)")
    runs.add_argument("--ui-port", type=int, default=8233, help="wish for the Web UI's port (%(default)s)")
    demos = commands.add_parser("demo", help="in fast motion, with a scripted team and a verdict")
    demos.add_argument("--keep", action="store_true", help="keep the scratch folder and say where it is")
    demos.add_argument("--limit", type=float, default=50, help="seconds after which it has failed (%(default)s)")
    demos.add_argument("--no-team", action="store_true", help="nobody answers: the demo has to fail, and say why")
    return parser


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    for each in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):
            each.flush()
    os._exit(exit_code)  # the SDK's threads abort now and then when the interpreter ends by itself
