"""Sample leads into the inbox: a CSV file's rows, under ids that follow from file and line.

So a second feeding of the same file changes nothing. It refuses what the next room would refuse, with file and line,
and it is for samples: `python starter.py start FILE` is the door for everything else.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from db.inbox import Arrival, Inbox
from models.base import Refused, parse
from models.lead import LeadInput
from policy.hygiene import clean

_LISTS = frozenset({"tags", "company.tech"})
_NUMBERS: dict[str, Callable[[str], Any]] = {"company.employees": int, "deal_value.amount": float}
_TRUTHS = {"true": True, "false": False}


class BadSample(Exception):
    """Say which line of a sample file is no lead, and why."""


@dataclass(frozen=True)
class Sample:
    """One lead of a sample file: its id, the line it ends on, and its JSON."""

    lead_id: str
    line: int
    raw: dict[str, Any]


def read_samples(file: Path) -> tuple[Sample, ...]:
    """Read a CSV of leads whose headers are field paths (`company.name`). Raises BadSample."""
    name = file_name(file)
    samples = []
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            for number, (line, row) in enumerate(_rows(stream), start=1):
                samples.append(Sample(f"{name}-{number:03d}", line, _nested(row, file, line)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadSample(f"{file} cannot be read: {error}") from error
    return tuple(samples)


def file_name(file: Path) -> str:
    """Make the file's name fit for ids: `leads`, `demo-leads`."""
    return re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:40] or "samples"


def arrival(sample: Sample, file: Path, at: datetime, paced: bool) -> Arrival:
    """Make a lead that comes in at `at` of a sample. Raises BadSample."""
    raw = {"received_at": at.isoformat(), **sample.raw, "lead_id": sample.lead_id}
    try:
        lead = parse(LeadInput, raw)
        clean(lead, sample.lead_id, lead.received_at or at)
    except Refused as refused:
        raise BadSample(f"{file}:{sample.line}: {refused}") from None
    return Arrival(
        lead_id=sample.lead_id,
        raw=json.dumps(raw),
        source=lead.source,
        import_id=file_name(file),
        line=sample.line,
        paced=paced,
    )


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


def _rows(stream: Any) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(stream, strict=True)
    for row in reader:
        yield reader.line_num, {str(column): text for column, text in row.items() if text}


def _nested(row: dict[str, str], file: Path, line: int) -> dict[str, Any]:
    lead: dict[str, Any] = {}
    for column, text in row.items():
        at = lead
        *parents, leaf = column.split(".")
        for parent in parents:
            at = at.setdefault(parent, {})
        try:
            at[leaf] = _value(column, text)
        except (ValueError, KeyError):
            raise BadSample(f"{file}:{line}: {column}: does not hold {text[:40]!r}") from None
    return lead


def _value(column: str, text: str) -> Any:
    if column in _LISTS:
        return text.split(";")
    if column == "decision_maker":
        return _TRUTHS[text]
    return _NUMBERS.get(column, str)(text)
