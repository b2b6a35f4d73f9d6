"""Accounts from files and people: a CSV read line by line, and a person's word on whose a lead's company is.

A file is never held in memory whole. A wrong line is told and the others are kept; a line whose parent stands further
down waits for it. This room refuses to judge who an account is: that is `policy/matching`.
"""

import asyncio
import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any, NamedTuple, TextIO

from activities.knowing import Knowing
from db.accounts import Accounts, Saved
from db.engine import Database
from db.leads import Leads
from db.possible import PossibleCard, PossibleMatches
from models.account import MatchState
from models.base import Problem, Refused, parse
from models.market import Account
from policy.cleaning.addresses import read_domain
from policy.cleaning.places import read_country
from policy.spelling import did_you_mean
from runtime.intake.rows import FileFlaw

COLUMNS = tuple(Account.model_fields)
SEPARATOR = ";"
"""Between the names, or the domains, in one cell."""

MOST_ERRORS = 1000
"""So many complaints are told; the lines behind them are counted."""

BATCH = 100
"""Accounts kept in one transaction: offers wait for it, so that it is never a whole file's."""

PAUSE = timedelta(milliseconds=100)
"""Between two transactions on SQLite, whose queue is a poll: other processes look again after as long at most."""

_DELIMITERS = (",", ";", "\t")
_LISTS = ("names", "domains")
_CHUNK = 1 << 16


class Line(NamedTuple):
    """One account as its file has it: the line it begins on, and what it says or what is wrong with it."""

    number: int
    account: Account | None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Loaded:
    """What became of a file's lines."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def count(self, saved: Saved) -> None:
        """Count a line that was kept."""
        match saved:
            case Saved.NEW:
                self.new += 1
            case Saved.CHANGED:
                self.changed += 1
            case Saved.SAME:
                self.same += 1

    def refuse(self, line: int, problems: Sequence[Problem]) -> None:
        """Count a line that was not kept, and say why while there is room."""
        self.refused += 1
        room = MOST_ERRORS - len(self.errors)
        self.errors += [{"line": line, "field": one.field, "what": one.what} for one in list(problems)[:room]]


class Books:
    """Takes accounts in, and people's word about them."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._accounts, self._possible, self._knowing = Accounts(db), PossibleMatches(db), Knowing(db)
        self._leads, self._clock = Leads(db), clock
        self._pause = PAUSE.total_seconds() if db.is_sqlite else 0

    async def load(self, file: TextIO, *, source: str, by: str) -> Loaded:
        """Keep every good line of a CSV, opened with `newline=""`. Raises FileFlaw for a header that cannot be used."""
        loaded, waiting = Loaded(), list[Line]()
        batch: list[Line] = []
        for line in read_lines(file):
            if line.account is None:
                loaded.refuse(line.number, line.problems)
                continue
            batch.append(line)
            if len(batch) == BATCH:
                waiting += await self._keep(batch, loaded, source, by)
                batch = []
                await asyncio.sleep(self._pause)
        waiting += await self._keep(batch, loaded, source, by)
        while waiting:
            still = []
            for start in range(0, len(waiting), BATCH):
                await asyncio.sleep(self._pause)
                still += await self._keep(waiting[start : start + BATCH], loaded, source, by)
            if len(still) == len(waiting):
                for line in still:
                    parent = line.account.parent if line.account else None
                    loaded.refuse(line.number, (Problem(field="parent", what=f"there is no account {parent}"),))
                break
            waiting = still
        loaded.errors.sort(key=lambda error: error["line"])
        return loaded

    async def decide(self, match_id: int, state: MatchState, *, by: str) -> PossibleCard | None:
        """Take a person's word on a possible match; None: there is none. Raises `AlreadySaid`.

        Its lead is judged anew, and so are others in the queue that are recognised by what the account learned of it.
        """
        at = self._clock()
        said = await self._possible.decide(match_id, state, by=by, at=at)
        if said is not None and state is MatchState.CONFIRMED:
            for lead_id in await self._possible.other_leads(said.account_id):
                facts = await self._leads.facts(lead_id)
                if facts is not None:
                    await self._knowing.again(facts, at=at, tell=f"account-{match_id}-{lead_id}")
        return said

    async def _keep(self, lines: Sequence[Line], loaded: Loaded, source: str, by: str) -> list[Line]:
        """Keep lines in one transaction; give back those whose parent is not there yet."""
        if not lines:
            return []
        wanted = [line.account for line in lines if line.account is not None]
        waiting = []
        for line, saved in zip(
            lines, await self._accounts.save_all(wanted, source=source, by=by, at=self._clock()), strict=True
        ):
            if isinstance(saved, Saved):
                loaded.count(saved)
            elif any(one.field == "parent" and one.what.startswith("there is no") for one in saved.problems):
                waiting.append(line)
            else:
                loaded.refuse(line.number, saved.problems)
        return waiting


def read_lines(file: TextIO) -> Iterator[Line]:
    """Read accounts from a CSV as they are asked for. Raises FileFlaw for a header that cannot be used."""
    first = file.readline()
    if not first.strip():
        raise FileFlaw(1, f"is empty; the first line names columns: {', '.join(COLUMNS)}")
    delimiter = max(_DELIMITERS, key=first.count)
    header = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter))]
    for name in header:
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS) or f"; there are {', '.join(COLUMNS)}"
            raise FileFlaw(1, f"{name or 'a column without a name'}: is not a known column{hint}")
    if twice := [name for name in header if header.count(name) > 1]:
        raise FileFlaw(1, f"{twice[0]}: is there twice")
    if missing := [name for name in ("id", "name") if name not in header]:
        raise FileFlaw(1, f"{missing[0]}: this column is needed")
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, None, (Problem(field="", what=f"is not CSV: {error}"),))
            continue
        if any(cell.strip() for cell in cells):
            yield _line(number, header, cells)


def check_text(file: IO[bytes]) -> None:
    """Look through a file for what is not UTF-8, and go back to its beginning. Raises FileFlaw naming the line."""
    decoder, lines = codecs.getincrementaldecoder("utf-8")(), 0
    for chunk in iter(partial(file.read, _CHUNK), b""):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = lines + chunk[: error.start].count(b"\n") + 1
            raise FileFlaw(line, "is not UTF-8 text; save the file as UTF-8") from None
        lines += chunk.count(b"\n")
    if decoder.getstate()[0]:
        raise FileFlaw(lines + 1, "ends within a character: it is not UTF-8 text, or not whole")
    file.seek(0)


@contextmanager
def text_of(file: IO[bytes]) -> Iterator[TextIO]:
    """Read an open file of UTF-8, with or without a mark, for `Books.load`; it stays its owner's to close."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        text.detach()


def _line(number: int, header: Sequence[str], cells: Sequence[str]) -> Line:
    if len(cells) != len(header):
        what = f"has {len(cells)} cells where the header has {len(header)}"
        return Line(number, None, (Problem(field="", what=what),))
    try:
        return Line(number, account_of(dict(zip(header, cells, strict=True))))
    except Refused as refused:
        return Line(number, None, refused.problems)


def account_of(cells: Mapping[str, str]) -> Account:
    """Read an account as people type it: countries by name, domains as addresses. Raises `Refused`."""
    said = {name: cell.strip() for name, cell in cells.items() if cell.strip()}
    data: dict[str, Any] = {name: text for name, text in said.items() if name not in _LISTS}
    for name in _LISTS:
        entries = [entry.strip() for entry in said.get(name, "").split(SEPARATOR) if entry.strip()]
        data |= {name: [read_domain(one) or one.lower() for one in entries] if name == "domains" else entries}
    if "country" in said:
        data["country"] = read_country(said["country"]) or said["country"]
    if "status" in said:
        data["status"] = said["status"].lower()
    if "open_deals" in said:
        if not said["open_deals"].isascii() or not said["open_deals"].isdigit():
            raise Refused((Problem(field="open_deals", what="has to be a whole number, digits only"),))
        data["open_deals"] = int(said["open_deals"])
    return parse(Account, data)
