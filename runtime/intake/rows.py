"""Lead files as rows: CSV with dotted headers, JSON, JSON lines. Each row with the line it begins on.

What is wrong with one row stays with that row; what is wrong with the file as a whole (a column nobody knows) is a
`FileFlaw`. This room refuses to judge a lead: it only turns text into the JSON a lead would have come in.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import PurePath
from typing import Any, TextIO

from models.base import Problem
from runtime.intake.columns import Column, column_hint, column_of


class Format(StrEnum):
    """What a lead file is written in."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"


ENDINGS = {".csv": Format.CSV, ".json": Format.JSON, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL}
"""How the names of lead files end."""

_DELIMITERS = (",", ";", "\t")


class FileFlaw(ValueError):
    """A file cannot be read as leads. Carries the line (from 1) and what is wrong there."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class Row:
    """One lead as its file has it: the line it begins on, its JSON, or what keeps it from being read."""

    line: int
    data: Any = None
    problems: tuple[Problem, ...] = ()


def format_of(name: str, text: str) -> Format:
    """Tell a file's format by the end of its name, else by its content."""
    known = ENDINGS.get(PurePath(name).suffix.lower())
    if known is not None:
        return known
    begins = text.lstrip()[:1]
    if begins == "[":
        return Format.JSON
    if begins != "{":
        return Format.CSV
    try:
        json.loads(text)
    except ValueError:
        return Format.JSONL
    return Format.JSON


def decode(content: bytes) -> str:
    """Read bytes as UTF-8, with or without a mark. Raises FileFlaw naming the first line that is not."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileFlaw(line, "is not UTF-8 text; save the file as UTF-8") from None


def read_rows(text: str, format_: Format) -> Iterator[Row]:
    """Read a file's rows in order. Raises FileFlaw for a header that cannot be used."""
    return stream_rows(io.StringIO(text, newline=newline_of(format_)), format_)


def newline_of(format_: Format) -> str:
    """Say what `open` has to take for the end of a line."""
    return "" if format_ is Format.CSV else "\n"


def stream_rows(file: TextIO, format_: Format) -> Iterator[Row]:
    """Read rows from an open file (see `newline_of`) as they are asked for; JSON is held whole. Raises FileFlaw."""
    match format_:
        case Format.CSV:
            return _csv(file)
        case Format.JSON:
            return _json(file.read())
        case Format.JSONL:
            return _json_lines(file)


def _json_lines(lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Row(number, json.loads(line, parse_constant=_no_constant))
        except json.JSONDecodeError as error:
            yield _broken(number, f"is not JSON: {error.msg} (column {error.colno})")
        except (ValueError, RecursionError) as error:
            yield _broken(number, f"is not JSON: {error}")


def _broken(line: int, what: str) -> Row:
    return Row(line, problems=(Problem(field="", what=what),))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _json(text: str) -> Iterator[Row]:
    """Read one object, or an array's items one by one: those before a mistake are good."""
    try:
        yield from _JsonText(text).rows()
    except FileFlaw as flaw:
        yield _broken(flaw.line, f"{flaw.what}; nothing from here on is read")


_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class _JsonText:
    """A JSON text read value by value, each with its line. Raises FileFlaw where it is none."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1
        self._move(0)

    def rows(self) -> Iterator[Row]:
        if self._next() == "[":
            self._pass("[")
            while self._next() != "]":
                yield self._value()
                if self._next() != "]":
                    self._pass(",")
            self._pass("]")
        elif self._next():
            yield self._value()
        if self._next():
            raise FileFlaw(self._line, "is not JSON: something stands behind the end")

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _pass(self, char: str) -> None:
        if self._next() != char:
            raise FileFlaw(self._line, f"is not JSON: {'a comma' if char == ',' else char} is missing")
        self._move(self._at + 1)

    def _value(self) -> Row:
        line = self._line
        try:
            value, end = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise FileFlaw(error.lineno, f"is not JSON: {error.msg} (column {error.colno})") from None
        except (ValueError, RecursionError) as error:
            raise FileFlaw(line, f"is not JSON: {error}") from None
        self._move(end)
        return Row(line, value)

    def _move(self, to: int) -> None:
        """Go on to a place, and past the space there."""
        found = _SPACE.match(self._text, to)
        end = found.end() if found else to
        self._line += self._text.count("\n", self._at, end)
        self._at = end


def _csv(lines: Iterable[str]) -> Iterator[Row]:
    numbered = enumerate(lines)
    blank, header = next(((place, line) for place, line in numbered if line.strip()), (0, None))
    if header is None:
        return
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(chain([header], (line for _, line in numbered)), delimiter=delimiter, strict=True)
    try:
        columns = _header(next(reader), blank + 1)
    except csv.Error as error:
        raise FileFlaw(blank + 1, f"is not CSV: {error}") from None
    while True:
        line = blank + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            unclosed = "unexpected end of data" in str(error)
            yield _broken(line, f"is not CSV: {'a quote that opens here is never closed' if unclosed else error}")
        else:
            if any(cell.strip() for cell in cells):
                yield _row(line, columns, cells)


def _header(names: list[str], line: int) -> list[Column]:
    columns: list[Column] = []
    for place, name in enumerate(map(str.strip, names), start=1):
        if not name:
            raise FileFlaw(line, f"column {place} has no name")
        column = column_of(name)
        if column is None:
            raise FileFlaw(line, f"{name}: is not a known column{column_hint(name)}")
        if column in columns:
            raise FileFlaw(line, f"{name}: is there twice")
        columns.append(column)
    return columns


def _row(line: int, columns: list[Column], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return _broken(line, f"has {len(cells)} cells where the header has {len(columns)}")
    data: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if cell.strip():
            column.put(data, cell.strip())
    if "amount" not in data.get("deal_value", {"amount": None}):
        del data["deal_value"]  # a file whose currency column is always filled says nothing of a deal by it
    return Row(line, data)
