"""A file of leads at the door: spooled to disk while it comes, checked line by line, and kept in batches.

It is never held in memory whole. What is wrong with the file (its header, its encoding, its length) refuses all of it;
what is wrong with a line refuses that line. Dispatchers start what is kept, at the pace of imports.
"""

import asyncio
import codecs
import hashlib
import io
import tempfile
from collections.abc import AsyncIterable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO, Any

import structlog

from db.door import Asked, KeyReused
from db.imports import File, ImportCard
from db.inbox import Arrival, Receipt
from models.base import Problem, Refused
from policy.compiled import CompiledPolicy
from runtime.intake.door import ANOTHERS, check_key, check_source, key_reused, urgency_of
from runtime.intake.rows import FileFlaw, Format, Row, newline_of, stream_rows
from runtime.intake.taking import as_kept, digest, mint_lead_id, read_lead, steady_lead_id
from runtime.store import Store

log = structlog.stdlib.get_logger("baton.door")

MOST_LINES = 200_000
LONGEST_LINE = 2 * 1024 * 1024
"""Bytes in a line: a lead may have 256 KiB of JSON, and what is escaped is up to six times as long."""

MOST_ERRORS = 1000
"""So many complaints are told; the lines behind them are counted."""

BATCH = 100
"""Leads kept in one transaction, and checked before others get a turn."""


@dataclass(frozen=True, slots=True)
class Spool:
    """A file that has come whole: where it lies, and its digest."""

    file: IO[bytes]
    content: str


@dataclass(slots=True)
class Tally:
    """What became of the lines so far."""

    kept: int = 0
    refused: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def count(self, arrival: Arrival, receipt: Receipt) -> None:
        """Count a line that was put into the inbox: kept, unless it calls itself by another lead's id."""
        if receipt.own:
            self.kept += 1
        else:
            self.refuse(arrival.line or 0, (Problem(field="lead_id", what=ANOTHERS),))

    def refuse(self, line: int, problems: Collection[Problem]) -> None:
        """Count a line that cannot be kept, and say why while there is room."""
        self.refused += 1
        room = MOST_ERRORS - len(self.errors)
        self.errors += [{"line": line, "field": one.field, "what": one.what} for one in list(problems)[:room]]


@contextmanager
def spooling() -> Iterator[IO[bytes]]:
    """Give a file on disk for what comes; it is gone afterwards."""
    with tempfile.TemporaryFile() as file:
        yield file


async def spool(chunks: AsyncIterable[bytes], file: IO[bytes]) -> Spool:
    """Write what comes to disk, looking at it as it passes. Raises FileFlaw for a file that cannot be lines of text."""
    sums, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    lines, since = 0, 0
    async for chunk in chunks:
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = lines + chunk[: error.start].count(b"\n") + 1
            raise FileFlaw(line, "is not UTF-8 text; save the file as UTF-8") from None
        lines += chunk.count(b"\n")
        end = chunk.rfind(b"\n")
        since = since + len(chunk) if end < 0 else len(chunk) - end - 1
        if since > LONGEST_LINE:
            raise FileFlaw(lines + 1, f"is longer than {LONGEST_LINE:,} bytes")
        if lines > MOST_LINES + 1:
            raise FileFlaw(MOST_LINES + 1, f"is one too many: {MOST_LINES:,} lines are taken; send the rest apart")
        sums.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    if decoder.getstate()[0]:
        raise FileFlaw(lines + 1, "ends within a character: it is not UTF-8 text, or not whole")
    return Spool(file, sums.hexdigest())


class Importer:
    """Takes files of leads in."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock

    async def take(
        self,
        spooled: Spool,
        format_: Format,
        *,
        by: str,
        key: str | None,
        sources: Collection[str],
        backfill: bool,
        compiled: CompiledPolicy | None,
    ) -> tuple[ImportCard, bool]:
        """Keep every good line and say what is wrong with the others; also whether the same file came before.

        `by`: whose file it is; `backfill`: history, of which no promise is broken. Raises FileFlaw for a file that
        cannot be read as leads (nothing of it is kept), `Refused` for a key that stands for something else.
        """
        asked = Asked(f"{by} imports", check_key(key), f"{spooled.content} {backfill}") if key is not None else None
        with _lines_of(spooled.file, format_) as rows:
            return await self._take(spooled, rows, asked, by=by, sources=sources, backfill=backfill, compiled=compiled)

    async def _take(
        self,
        spooled: Spool,
        lines: Iterator[Row],
        asked: Asked | None,
        *,
        by: str,
        sources: Collection[str],
        backfill: bool,
        compiled: CompiledPolicy | None,
    ) -> tuple[ImportCard, bool]:
        rows = await asyncio.to_thread(_some, lines)
        if not rows:
            raise FileFlaw(1, "holds no lead")
        try:
            file = File(spooled.content, by, backfill, asked)
            card = await self._store.imports.open(file, mint_lead_id(), at=self._clock())
        except KeyReused:
            raise key_reused() from None
        if card.read_at is not None:
            return card, True
        tally = Tally()
        while rows:
            check = _Check(card.import_id, backfill, sources, compiled, self._clock())
            arrivals = await asyncio.to_thread(check.all, rows, tally)
            for arrival, receipt in zip(arrivals, await self._store.inbox.put(arrivals, at=self._clock()), strict=True):
                tally.count(arrival, receipt)
            rows = await asyncio.to_thread(_some, lines)
        card = await self._store.imports.read(
            card.import_id, kept=tally.kept, refused=tally.refused, errors=tally.errors, at=self._clock()
        )
        log.info("import_kept", import_id=card.import_id, kept=card.kept, refused=card.refused)
        return card, False


@contextmanager
def _lines_of(file: IO[bytes], format_: Format) -> Iterator[Iterator[Row]]:
    """Read the rows of a spooled file as they are asked for."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline_of(format_))
    try:
        yield stream_rows(text, format_)
    finally:
        text.detach()  # or it closes the file, which is not its own


def _some(rows: Iterator[Row]) -> list[Row]:
    """Read some more rows; none at the end. Raises FileFlaw for a header that cannot be used."""
    return list(islice(rows, BATCH))


@dataclass(frozen=True, slots=True)
class _Check:
    """How the lines of one import are looked at."""

    import_id: str
    backfill: bool
    sources: Collection[str]
    compiled: CompiledPolicy | None
    now: datetime

    def all(self, rows: Collection[Row], tally: Tally) -> list[Arrival]:
        """Make of each good line what the inbox keeps, and count the others."""
        arrivals = []
        for row in rows:
            try:
                arrivals.append(self._one(row))
            except Refused as refused:
                tally.refuse(row.line, refused.problems)
        return arrivals

    def _one(self, row: Row) -> Arrival:
        facts = read_lead(row, self.now, lambda: steady_lead_id(self.import_id, row.line))
        check_source(facts.source, self.sources)
        return as_kept(
            row,
            facts,
            import_id=self.import_id,
            line=row.line,
            paced=True,
            urgency=urgency_of(facts, self.compiled),
            backfill=self.backfill,
            content=digest(row.data),
        )
