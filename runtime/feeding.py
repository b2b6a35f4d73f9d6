"""Sample leads into the inbox, under ids that follow from file and place in it.

So a second feeding of the same file changes nothing. It refuses what the next room would refuse, with file and line,
and it is for samples: `python starter.py start FILE` is the door for everything else.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from db.inbox import Arrival, Inbox
from models.base import Refused
from runtime.intake.rows import FileFlaw, Row, decode, format_of, read_rows
from runtime.intake.taking import take


class BadSample(Exception):
    """Say which line of a sample file is no lead, and why."""


@dataclass(frozen=True)
class Sample:
    """One lead of a sample file, and the id it always gets."""

    lead_id: str
    row: Row


def read_samples(file: Path) -> tuple[Sample, ...]:
    """Read a file of leads as any door does, and give each an id. Raises BadSample."""
    name = file_name(file)
    try:
        text = decode(file.read_bytes())
        rows = tuple(read_rows(text, format_of(file.name, text)))
    except OSError as error:
        raise BadSample(f"{file} cannot be read: {error.strerror or error}") from error
    except FileFlaw as flaw:
        raise BadSample(f"{file}:{flaw.line}: {flaw.what}") from flaw
    for row in rows:
        if row.problems:
            raise BadSample(f"{file}:{row.line}: {row.problems[0]}")
    return tuple(Sample(f"{name}-{number:03d}", row) for number, row in enumerate(rows, start=1))


def file_name(file: Path) -> str:
    """Make the file's name fit for ids: `leads`, `demo-leads`."""
    return re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:40] or "samples"


def arrival(sample: Sample, file: Path, at: datetime, paced: bool) -> Arrival:
    """Make a lead that comes in at `at` of a sample. Raises BadSample."""
    row = replace(sample.row, data={**sample.row.data, "lead_id": sample.lead_id})
    try:
        return take(row, at, import_id=file_name(file), paced=paced)
    except Refused as refused:
        raise BadSample(f"{file}:{row.line}: {refused}") from None


async def feed_once(inbox: Inbox, file: Path, at: datetime) -> int:
    """Put a file's leads into the inbox, paced, unless that was done before; count the new ones.

    Raises BadSample, with nothing put in.
    """
    if await was_fed(inbox, file):
        return 0
    receipts = await inbox.put([arrival(sample, file, at, paced=True) for sample in read_samples(file)], at=at)
    return sum(receipt.new for receipt in receipts)


async def was_fed(inbox: Inbox, file: Path) -> bool:
    """Say whether leads of this file were put into the inbox, on whichever day."""
    counts = await inbox.counts(file_name(file))
    return counts.waiting + counts.started + counts.refused > 0
