"""An export as CSV: what a spreadsheet or another CRM takes, and nothing in it that a spreadsheet would carry out.

Strangers choose their names, and a cell that begins like a formula is one to a spreadsheet: such a text gets a quote.
So does what would begin like one in a spreadsheet that takes semicolons, tabs or lines for the ends of cells.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from db.exporting import COLUMNS
from models.export import Export
from runtime.store import Store
from runtime.talking.instants import stamp

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula may begin with, full-width ones too."""

_BEGINS = re.compile(r"(^|[;\t\n])(?=[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where one would begin, whatever a spreadsheet takes for the end of a cell, and however it reads quotes and blanks."""

BETWEEN = ";"
"""Between the entries of a list in one cell, as in files of leads."""

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


async def csv_of(store: Store, what: Export, since: datetime | None = None) -> AsyncIterator[str]:
    """Give a file piece by piece, its header first; UTF-8 when encoded, lines as RFC 4180 has them.

    Raises `DatabaseUnreachable`, before the header if it is away from the start.
    """
    columns = COLUMNS[what]
    header = [list(columns)]
    async for page in store.exporting.pages(what, since):
        yield _lines([*header, *([cell(row[name]) for name in columns] for row in page)])
        header = []
    if header:
        yield _lines(header)


def cell(value: Any) -> str:
    """Write one value: nothing as an empty cell, a list with semicolons, a text so that it stays a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(stamp(value))
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return f"{value:.12g}" if isinstance(value, float) else str(value)
    if isinstance(value, list | tuple):
        return cell(BETWEEN.join(str(one) for one in value))
    text = _CONTROL.sub("\ufffd", _LINE_END.sub("\n", str(value)))
    text = _BEGINS.sub(r"\1'", text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
