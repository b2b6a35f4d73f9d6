"""Words on the terminal: data to standard output, complaints to standard error, and nothing that a lead could fake.

What strangers wrote is shown without control characters, so that a company's name cannot repaint a terminal.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from runtime.telling_policy.spans import span

__all__ = [
    "capital",
    "complain",
    "console",
    "countdown",
    "facts",
    "instant",
    "plain",
    "say",
    "say_json",
    "show",
    "span",
    "stamp",
    "table",
]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PIPED_WIDTH = 180
"""Columns of a table that nobody looks at on a terminal: nothing is cut off in a pipe."""


def plain(text: object) -> str:
    """Give a text without what steers terminals; each such character becomes U+FFFD."""
    return _CONTROL.sub("\ufffd", str(text))


def console(stream: IO[str] | None = None) -> Console:
    """Make a console on standard output, or on `stream`, that takes every text literally."""
    file = stream or sys.stdout
    width = None if file.isatty() else _PIPED_WIDTH
    return Console(file=file, width=width, markup=False, highlight=False, emoji=False)


def say(*lines: object) -> None:
    """Write lines to standard output."""
    for line in lines:
        sys.stdout.write(plain(line) + "\n")
    sys.stdout.flush()  # whoever reads it in a pipe waits for it


def complain(*lines: object) -> None:
    """Write lines to standard error."""
    sys.stdout.flush()
    for line in lines:
        sys.stderr.write(plain(line) + "\n")
    sys.stderr.flush()


def say_json(document: Any) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def show(*parts: RenderableType) -> None:
    """Write tables and other rich things to standard output."""
    console().print(*parts, sep="\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> Table:
    """Lay rows out; None is shown as nothing."""
    made = Table(title=plain(title) or None, title_justify="left", title_style="bold", header_style="bold", box=None)
    made.pad_edge = False
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else cell if isinstance(cell, Text) else plain(cell) for cell in row))
    return made


def facts(pairs: Mapping[str, object]) -> Table:
    """Lay words and values out in two columns; what is None or empty is left out."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in (None, ""):
            made.add_row(plain(name), plain(value))
    return made


def instant(at: datetime | None) -> str:
    """Write an instant for people: "2026-03-02 09:00:00 UTC"."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def stamp(at: datetime | None) -> str | None:
    """Write an instant for programs: "2026-03-02T09:00:00Z"."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def capital(text: str) -> str:
    """Let a sentence begin as one."""
    return f"{text[:1].upper()}{text[1:]}"


def countdown(at: datetime | None, now: datetime) -> str:
    """Say how far away an instant is: "in 4 min 12 s", "3 s ago"."""
    if at is None:
        return ""
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"
