"""Letting a file of leads in: read, check, keep every good one in the inbox, and only then start workflows.

What is kept is never lost: whatever happens afterwards, a worker's dispatcher starts what this command did not.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from cli import reach
from cli.exits import BadInput
from cli.outcomes import Outcome, Request, safe, tell
from cli.output import complain
from cli.progress import Bar
from config.settings import Settings
from db.engine import DatabaseUnreachable
from db.inbox import Arrival
from models.base import Refused
from policy.spelling import did_you_mean
from runtime import clock
from runtime.client import TemporalUnreachable
from runtime.dispatcher import LEASE, start_lead
from runtime.intake.rows import FileFlaw, Format, Row, decode, format_of, read_rows
from runtime.intake.taking import mint_lead_id, take
from runtime.store import Store
from runtime.talking.asking import away

AT_ONCE = 20
"""So many leads are started without pacing; more are an import."""

BATCH = 100
"""Leads kept in one transaction."""


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
        tell(request, outcome)
        complain(f"Interrupted. {safe(outcome)}")
        raise
    tell(request, outcome)
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
    import_id = mint_lead_id() if len(rows) > 1 else None
    checked = _checked(request, rows, import_id, pace is not None, outcome)
    outcome.unkept = "Not every line was come to"  # until they were
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
    outcome.unkept = ""


def _checked(
    request: Request, rows: Sequence[Row], import_id: str | None, paced: bool, outcome: Outcome
) -> Iterator[Arrival]:
    for row in rows:
        try:
            yield take(row, clock.now(), import_id=import_id, paced=paced)
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
        outcome.unstarted = away(error)
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
