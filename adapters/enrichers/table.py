"""A CSV file as a provider: facts that somebody bought, exported or keeps by hand, by domain or by exact name.

The file is read at the first question and again when it has changed, once, however many ask meanwhile and however long
that takes: who cannot wait for it is answered from what it said before, or later. A name that more than one row goes by
is "nothing known" (R46): this room refuses to guess.
"""

import asyncio
import csv
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from adapters.enrichers.base import Enricher, PermanentEnricherError
from adapters.enrichers.findings import (
    EnrichedField,
    Failed,
    Finding,
    Findings,
    Found,
    NothingKnown,
    Query,
    Value,
    host_in,
    read_value,
)
from policy.cleaning.addresses import registrable
from policy.cleaning.companies import CompanyName, telling

MOST_ROWS = 500_000


class _Row(NamedTuple):
    cells: Mapping[EnrichedField, str]
    name: CompanyName
    domain: str | None


class _Table(NamedTuple):
    stamp: tuple[int, int]
    by_domain: Mapping[str, list[_Row]]
    by_stem: Mapping[str, list[_Row]]


class CsvEnricher(Enricher):
    """Look companies up in a CSV file with a header; `columns` maps our fields to its columns.

    Several technologies stand in one cell with `;` between. A file that cannot be read is `Failed`, for good until it
    is mended; so are the values of a row that cannot be facts.
    """

    local = True

    def __init__(self, name: str, path: Path, columns: Mapping[EnrichedField, str]) -> None:
        self.name, self.tells = name, frozenset(columns)
        self._path, self._columns = path, dict(columns)
        self._table: _Table | None = None
        self._reading: asyncio.Task[_Table] | None = None

    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        rows = _rows_for(query, await self._current(budget))
        if isinstance(rows, str):
            return NothingKnown(because=rows)
        findings, notes = [], []
        for field, text in rows.cells.items():
            try:
                value = _read(field, text)
            except ValueError as error:
                notes.append(f"{field}: {error}")
            else:
                findings.append(Finding(field=field, value=value, source=self.name, fetched_at=now))
        if findings:
            return Found(findings=tuple(findings), notes=tuple(notes))
        if notes:
            return Failed(because="has wrong values: " + "; ".join(notes), temporary=False)
        return NothingKnown(because="its row says nothing")

    async def _current(self, budget: timedelta) -> _Table:
        """Give the table as the file has it now; where reading it takes too long, as it was before."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if self._table is not None and self._table.stamp == stamp:
                return self._table
            reading = self._read(stamp)
            if self._table is not None:
                await asyncio.wait({reading}, timeout=budget.total_seconds() / 2)
                if not reading.done():
                    return self._table
            # Whoever gives up must not end it: the next would begin anew, and a large file would never be read.
            return await asyncio.shield(reading)
        except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
            raise PermanentEnricherError(f"its file cannot be read ({type(error).__name__})") from None

    def _read(self, stamp: tuple[int, int]) -> asyncio.Task[_Table]:
        """Give the one reading that is on its way, or begin it."""
        if self._reading is None:
            # In a thread: the file may be large, and other leads' activities share the event loop.
            reading = asyncio.to_thread(_load, self._path, self._columns, stamp)
            self._reading = asyncio.create_task(reading, name=f"read the table of {self.name}")
            self._reading.add_done_callback(self._have_read)
        return self._reading

    def _have_read(self, reading: "asyncio.Task[_Table]") -> None:
        self._reading = None
        if not reading.cancelled() and reading.exception() is None:
            self._table = reading.result()


def _load(path: Path, columns: Mapping[EnrichedField, str], stamp: tuple[int, int]) -> _Table:
    """Read the file. Raises OSError, UnicodeDecodeError, csv.Error, KeyError naming a column that is not there."""
    by_domain, by_stem = defaultdict(list), defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, raw in enumerate(csv.DictReader(file)):
            if number == MOST_ROWS:
                raise csv.Error("too many rows")
            cells = {field: (raw[column] or "").strip() for field, column in columns.items()}
            cells = {field: text for field, text in cells.items() if text}
            host = host_in(cells.get(EnrichedField.DOMAIN))
            row = _Row(cells, telling(cells.get(EnrichedField.NAME, "")), (registrable(host) or host) if host else None)
            if row.domain:
                by_domain[row.domain].append(row)
            if row.name.stem:
                by_stem[row.name.stem].append(row)
    return _Table(stamp, dict(by_domain), dict(by_stem))


def _rows_for(query: Query, table: _Table) -> _Row | str:
    """Pick the one row meant, or say why there is none."""
    domain = query.domain or query.email_domain
    if domain:
        rows = table.by_domain.get(registrable(domain) or domain, [])
        if len(rows) > 1:
            return "the domain stands in more than one row"
        if rows:
            return rows[0]
    if not query.company_name:
        return "no such domain"
    name = telling(query.company_name)
    rows = [row for row in table.by_stem.get(name.stem, []) if row.name.may_be(name)]
    if len(rows) > 1:
        return "the name could be more than one company"
    if not rows:
        return "no such domain and no such name" if domain else "no such name"
    if domain and rows[0].domain:
        return "the name is known, but with another domain"
    return rows[0]


def _read(field: EnrichedField, text: str) -> Value:
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return read_value(field, parts if field is EnrichedField.TECH else text)
