"""Trying a policy before it is published: leads of a file or of the past, replayed through it, and what came of them.

With a file of leads, a policy file and a roster file nothing else is needed. Nothing is written but `--out`.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from errno import EISDIR
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain, say, say_json, show
from cli.progress import Bar
from cli.rulebook_texts import find
from cli.simulation_lines import write_lines
from cli.simulation_tables import layout
from cli.typed import read_duration, read_instant
from config.load import FileError, read_roster
from config.settings import Settings
from models.roster import Roster
from policy.simulation.simulator import HANDLING, Simulator
from runtime import clock
from runtime.intake.rows import FileFlaw
from runtime.replaying import NothingToReplay, assumed, replay_past, sides
from runtime.simulating import Flawed, LeadFile, Replay, Tape, record
from runtime.telling_policy.simulation import Told, document

_KB = 1024
_LOADED = "the roster that is loaded"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; `draft` None is the policy that new leads get, `roster` None the one that is loaded."""

    draft: str | None = None
    leads: str | None = None
    history: str | None = None
    roster: str | None = None
    against: str | None = None
    handling: str | None = None
    at: str | None = None
    out: str | None = None
    as_json: bool = False


def simulate(request: Request) -> int:
    """Replay leads through a policy, and through another beside it; tell what came of them. Raises Stop."""
    if (request.leads is None) == (request.history is None):
        raise BadInput("--leads, --history: give one of the two")
    now = clock.now()
    at = read_instant(request.at, now, "--at") if request.at else now
    handling = read_duration(request.handling, "--handling") if request.handling else HANDLING
    past = read_duration(request.history, "--history") if request.history else None
    names = [request.draft] if request.against is None else [request.draft, request.against]
    texts = find(*names)
    policies = [text.read() for text in texts]
    roster = _roster(request.roster)
    for text, opened in zip(texts, policies, strict=True):
        gaps = opened.disagree(roster) or opened.fail(roster)
        complain(*(f"{text.name}:{gap.line}: warning: {gap.key}: {gap.what}" for gap in gaps))
    simulators = [Simulator(opened.compiled, roster, handling) for opened in policies]
    patience = max(opened.policy.routing.hold_at_most for opened in policies)
    replay = Replay(simulators, patience)
    with _opened(request.out) as out:
        if past is None:
            noted = _from_file(request.leads or "", replay, at)
        else:
            noted = reach.carry_out(_from_history(reach.settings(), replay, now - past, now))
        told = Told(
            *sides([opened.compiled for opened in policies], roster, simulators),
            roster=request.roster or _LOADED,
            leads_from=request.leads or f"the last {request.history}",
            first_at=replay.first_at,
            last_at=replay.last_at,
            handling=handling,
            assumptions=(*assumed(handling, patience), *noted),
        )
        if out is not None:
            write_lines(out, told)
    if request.as_json:
        say_json(document(told))
    else:
        show(*layout(told))
        if request.out:
            say("", f"{request.out}: {replay.leads:,} leads, one a line.")
    return Code.DONE


def _roster(file: str | None) -> Roster:
    """Read the roster file, or ask for the one that is loaded. Raises Stop."""
    if file is None:
        return reach.carry_out(_loaded(reach.settings()))
    try:
        return read_roster(Path(file))
    except FileError as error:
        raise BadInput(*error.lines) from None


async def _loaded(settings: Settings) -> Roster:
    async with reach.store(settings) as store:
        roster = await store.rosters.load()
    if roster is None:
        raise BadInput("no roster is loaded yet: roster load FILE, or say --roster FILE")
    return roster


def _from_file(name: str, replay: Replay, at: datetime) -> tuple[str, ...]:
    """Replay a file's leads and say how they were taken. Raises BadInput with a line for each that is none."""
    shown = "stdin" if name == "-" else name
    with _content(name) as content, Tape() as tape:
        try:
            file = LeadFile(name, content)
            with Bar("reading (kB)", file.size // _KB) as bar:
                record(tape, file, at, lambda: bar.reach(file.position // _KB))
        except FileFlaw as flaw:
            raise BadInput(f"{shown}:{flaw.line}: {flaw.what}") from None
        except Flawed as flawed:
            told = [f"{shown}:{line}: {problem}" for line, problem in flawed.flaws]
            lines = "1 line is no lead" if flawed.lines == 1 else f"{flawed.lines:,} lines are no leads"
            raise BadInput(*told, f"{shown}: {lines}; nothing was simulated") from None
        if not len(tape):
            raise BadInput(f"{shown}:1: holds no lead")
        with Bar("simulating", len(tape)) as bar:
            replay.play(tape, bar.reach)
        undated = f"{tape.undated:,} leads name no time and count as received at {at:%Y-%m-%d %H:%M:%S} UTC"
        taken = "leads are taken as the file has them: no company is looked up"
        return (taken, undated) if tape.undated else (taken,)


@contextmanager
def _content(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield BytesIO(sys.stdin.buffer.read())
        return
    with ExitStack() as stack:
        try:
            content = stack.enter_context(Path(name).open("rb"))
        except OSError as error:
            raise BadInput(f"{name}: cannot be read: {error.strerror or error}") from None
        yield content


async def _from_history(settings: Settings, replay: Replay, since: datetime, until: datetime) -> tuple[str, ...]:
    """Replay the leads of the past and say how they were taken. Raises Stop."""
    async with reach.store(settings) as store:
        with ExitStack() as stack:
            try:
                return await replay_past(
                    store.database,
                    replay,
                    since,
                    until,
                    lambda leads: stack.enter_context(Bar("simulating", leads)).reach,
                )
            except NothingToReplay as nothing:
                raise BadInput(f"--history: {nothing}") from None


@contextmanager
def _opened(name: str | None) -> Iterator[IO[str] | None]:
    """Give a file for lines, known to be writable before anything takes long; it takes its name once all is in it."""
    if name is None:
        yield None
        return
    path = Path(name)
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "is a folder")
        with NamedTemporaryFile("w", encoding="utf-8", newline="", dir=path.parent, delete=False) as file:
            try:
                yield file
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(path)
    except OSError as error:
        raise BadInput(f"--out: {name}: cannot be written: {error.strerror or error}") from None
