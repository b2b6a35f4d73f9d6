"""Letting a file of leads in: read, check, keep every good one in the inbox, and only then start workflows.

What is kept is never lost: whatever happens afterwards, a worker's dispatcher starts what this command did not.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from cli import intake, reach
from cli.exits import BadInput, Code, did_you_mean
from cli.output import complain, say, say_json
from cli.progress import Bar
from cli.rows import FileFlaw, Format, Row, decode, format_of, read_rows
from config.settings import Settings
from db.engine import DatabaseUnreachable
from db.inbox import Arrival, Receipt
from models.base import Refused
from runtime import clock
from runtime.bootstrap import Store
from runtime.client import TemporalUnreachable
from runtime.dispatcher import LEASE, headline, start_lead

AT_ONCE = 20
"""So many leads are started without pacing; more are an import."""

BATCH = 100
"""Leads kept in one transaction."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: a file or `-`, its format, starts a second, and whether to start at all."""

    file: str
    format_name: str | None = None
    pace: float | None = None
    wait: bool = True
    as_json: bool = False

    @property
    def name(self) -> str:
        """Give what messages call the file."""
        return "stdin" if self.file == "-" else self.file


@dataclass(slots=True)
class Outcome:
    """What became of a file's leads."""

    wrong: list[tuple[int, str]] = field(default_factory=list)
    kept: list[tuple[Arrival, Receipt]] = field(default_factory=list)
    started: int = 0
    unkept: str = ""
    unstarted: str = ""

    @property
    def new(self) -> list[tuple[Arrival, Receipt]]:
        """Give the leads that nobody had let in before."""
        return [pair for pair in self.kept if pair[1].new]

    @property
    def code(self) -> Code:
        """Give the exit code: what is unreachable goes before what is wrong."""
        if self.unkept or self.unstarted:
            return Code.UNREACHABLE
        return Code.BAD_INPUT if self.wrong else Code.DONE


def start_file(request: Request) -> int:
    """Let the leads of a file in and tell what came of each. Raises Stop."""
    if request.pace is not None and not 0 < request.pace <= 1000:
        raise BadInput("--pace: has to be more than 0 and at most 1000 starts a second")
    settings = reach.settings()
    rows = _rows(request)
    if not rows:
        raise BadInput(f"{request.name}:1: holds no lead")
    outcome = Outcome()
    try:
        reach.carry_out(_start(request, settings, rows, outcome))
    except KeyboardInterrupt:
        _tell(request, outcome)
        complain(f"Interrupted. {_safe(outcome)}")
        raise
    _tell(request, outcome)
    return outcome.code


def _rows(request: Request) -> list[Row]:
    """Read the file. Raises BadInput for one that cannot be read as leads at all."""
    try:
        text = decode(_content(request.file))
        return list(read_rows(text, _format(request, text)))
    except FileFlaw as flaw:
        raise BadInput(f"{request.name}:{flaw.line}: {flaw.what}") from None


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None


def _format(request: Request, text: str) -> Format:
    if request.format_name is None:
        return format_of(request.file, text)
    try:
        return Format(request.format_name.lower())
    except ValueError:
        known = ", ".join(Format)
        hint = did_you_mean(request.format_name, Format)
        raise BadInput(f"--format: {request.format_name} is not a format ({known}){hint}") from None


async def _start(request: Request, settings: Settings, rows: Sequence[Row], outcome: Outcome) -> None:
    pace = request.pace or (settings.import_rate if len(rows) > AT_ONCE else None)
    async with reach.store(settings, migrate=True) as store:
        await _keep(request, store, rows, pace, outcome)
        if request.wait and outcome.new:
            await _start_workflows(settings, store, pace, outcome)


async def _keep(request: Request, store: Store, rows: Sequence[Row], pace: float | None, outcome: Outcome) -> None:
    """Commit every good row to the inbox, batch by batch; bad ones are named and go no further.

    Until its turn is past by a lease, a row is this command's to start; then any dispatcher may.
    """
    import_id = intake.mint_lead_id() if len(rows) > 1 else None
    checked = _checked(request, rows, import_id, pace is not None, outcome)
    with Bar("checking and keeping", len(rows)) as bar:
        while batch := list(islice(checked, BATCH)):
            ahead = len(outcome.kept) + len(batch)
            mine = LEASE + timedelta(seconds=ahead / pace if pace else 0) if request.wait else timedelta(0)
            try:
                receipts = await store.inbox.put(batch, at=clock.now(), reserve=mine)
            except DatabaseUnreachable as error:
                if not outcome.kept:
                    raise
                outcome.unkept = f"{error}; from line {batch[0].line} on nothing is kept"
                return
            outcome.kept += zip(batch, receipts, strict=True)
            bar.reach(len(outcome.kept) + len(outcome.wrong))


def _checked(
    request: Request, rows: Sequence[Row], import_id: str | None, paced: bool, outcome: Outcome
) -> Iterator[Arrival]:
    for row in rows:
        try:
            yield intake.take(row, clock.now(), import_id=import_id, paced=paced)
        except Refused as refused:
            for problem in refused.problems:
                outcome.wrong.append((row.line, str(problem)))
                complain(f"{request.name}:{row.line}: {problem}")


async def _start_workflows(settings: Settings, store: Store, pace: float | None, outcome: Outcome) -> None:
    """Start what is new, at most `pace` a second; the first time Temporal does not answer ends it."""
    try:
        client = await reach.temporal()
        await _start_each(client, settings, store, pace, outcome)
    except TemporalUnreachable as error:
        outcome.unstarted = reach.away(error)
    except RPCError as error:
        outcome.unstarted = f"Temporal did not start a lead: {error.message.rstrip('.')}."
    except DatabaseUnreachable as error:
        outcome.unstarted = f"{error}."
    finally:
        await _give_back(store, outcome)


async def _give_back(store: Store, outcome: Outcome) -> None:
    """Let dispatchers have what is not started; behind the first ones, each row's turn comes by itself."""
    left = outcome.new[outcome.started : outcome.started + BATCH]
    with suppress(DatabaseUnreachable):  # then they are free a little later
        for _, receipt in left:
            await store.inbox.failed(receipt.id, outcome.unstarted, retry_at=clock.now())


async def _start_each(client: Client, settings: Settings, store: Store, pace: float | None, outcome: Outcome) -> None:
    begun = asyncio.get_running_loop().time()
    with Bar("starting", len(outcome.new)) as bar:
        for number, (arrival, receipt) in enumerate(outcome.new):
            if pace:
                await asyncio.sleep(begun + number / pace - asyncio.get_running_loop().time())
            raw = json.loads(arrival.raw)
            await start_lead(
                client, settings.task_queue, arrival.lead_id, raw, datetime.fromisoformat(raw["received_at"])
            )
            outcome.started += 1
            await store.inbox.started(receipt.id, at=clock.now())
            bar.reach(outcome.started)


def _safe(outcome: Outcome) -> str:
    left = len(outcome.new) - outcome.started
    if not left:
        return "Every lead that was kept is started."
    leads, them = ("1 lead is", "it") if left == 1 else (f"{left} leads are", "them")
    return f"{leads} safe in the inbox; a worker starts {them} when Temporal is there."


def _tell(request: Request, outcome: Outcome) -> None:
    if request.as_json:
        say_json(_document(outcome))
    else:
        for arrival, receipt in outcome.kept:
            known = "" if receipt.new else "  (was let in before; nothing is changed)"
            say(f"{arrival.lead_id}  {headline(json.loads(arrival.raw))}{known}")
        say(_summary(request, outcome))
    if outcome.unkept:
        complain(f"{outcome.unkept}.")
    if outcome.unstarted:
        complain(f"{outcome.unstarted} {_safe(outcome)}")


def _summary(request: Request, outcome: Outcome) -> str:
    before = len(outcome.kept) - len(outcome.new)
    lines = len({line for line, _ in outcome.wrong})
    waiting = len(outcome.new) - outcome.started
    parts = [
        f"{len(outcome.new)} let in",
        f"{outcome.started} started" if request.wait else "",
        f"{waiting} waiting in the inbox" if waiting else "",
        f"{before} let in before" if before else "",
        f"{lines} refused (see above)" if lines else "",
    ]
    return f"{request.name}: {', '.join(part for part in parts if part)}."


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "leads": [
            {"lead_id": arrival.lead_id, "line": arrival.line, "new": receipt.new} for arrival, receipt in outcome.kept
        ],
        "refused": [{"line": line, "what": what} for line, what in outcome.wrong],
        "started": outcome.started,
        "waiting": len(outcome.new) - outcome.started,
    }
