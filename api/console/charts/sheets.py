"""The figures behind a chart: one table that pages write for people, and files for programs."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from markupsafe import Markup

from api.console.words import number, share, span
from runtime.exporting import cell

Value = str | int | float | date | datetime | None


class Kind(StrEnum):
    """What a column holds, and so how people read it; files have plain numbers: seconds, shares of one.

    `key`: for programs alone, never first.
    """

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    SHARE = "share"
    SPAN = "span"
    DAY = "day"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `name` in files, `label` on pages."""

    name: str
    label: str
    kind: Kind = Kind.TEXT

    @property
    def numeric(self) -> bool:
        """Say whether it is written to the right."""
        return self.kind not in (Kind.TEXT, Kind.DAY, Kind.KEY)

    def told(self, value: Value) -> str:
        """Write a value for people."""
        if value is None:
            return "–"
        if isinstance(value, str):
            return value
        if isinstance(value, date):
            return f"{value:%a} {value.day} {value:%b %Y}"
        if self.kind is Kind.SHARE:
            return share(value, 1)
        if self.kind is Kind.SPAN:
            return span(float(value))
        return number(value, 0 if float(value).is_integer() or self.kind is Kind.COUNT else 2)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `name`: how its file is asked for. The first column says what a row is of."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def csv(self) -> str:
        """Write it as a file (RFC 4180), with a header; a text that looks like a formula stays a text."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([one.name for one in self.columns])
        writer.writerows([_plain(value) for value in row] for row in self.rows)
        return out.getvalue()


def _plain(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return cell(value)


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what belongs to it: `says` is one sentence of what one sees, the sheet stands behind it.

    `drawing` is empty where there is nothing to draw; `empty` then says why. `legend`: what each tone means. `csv`:
    the address of the file; none where there is none.
    """

    title: str
    says: str
    drawing: Markup
    sheet: Sheet
    legend: Sequence[tuple[str, str]] = ()
    csv: str = ""
    empty: str = "Nothing was counted in this while."
    wide: bool = False
