"""The words and the layout of a policy's page: columns, durations, people. This room knows no section of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from shutil import get_terminal_size
from textwrap import wrap

from cli.output import span
from models.durations import BUSINESS_DAY
from models.ladder import Clock
from models.roster import Level, Roster
from models.validity import Timed

WIDTH = 110
"""So long is a line at most, in signs; shorter on a terminal that is narrower."""

_NARROWEST = 60
FEW, MANY = 20, 200
"""So many of a long list stand on the page, unless all are asked for: of accounts, and of what all should read."""

_QUOTED = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'""")
_UNBROKEN = "\u00a0"

Lines = Iterator[str]


@dataclass(frozen=True)
class Reader:
    """Who reads the page: with which roster in mind, and whether they want every entry of long lists."""

    roster: Roster | None = None
    everything: bool = False

    def name(self, person_id: str | None) -> str:
        """Name a person as people know them: "Eva Brandt (eva)"; the id alone without a roster that knows it."""
        if person_id is None or self.roster is None:
            return person_id or ""
        people = [*self.roster.managers, *self.roster.reps]
        name = next((person.name for person in people if person.id == person_id), None)
        return person_id if name is None else f"{name} ({person_id})"

    def some(self, entries: Sequence[str], what: str, few: int = MANY) -> Lines:
        """Give the first of a long list, and how many more there are; all of them if that was asked for."""
        shown = entries if self.everything else entries[:few]
        yield from shown
        if more := len(entries) - len(shown):
            yield f"  ... and {more:,} more {what} (--all)"


def heading(text: str) -> Lines:
    """Begin a section."""
    yield from ("", text, "-" * len(text))


def columns(rows: Iterable[Sequence[str]], indent: int = 2) -> list[str]:
    """Lay rows out in columns; the last one is wrapped, further lines below its beginning."""
    kept = [[cell.strip() for cell in row] for row in rows]
    if not kept:
        return []
    widths = [max(len(row[place]) for row in kept) for place in range(len(kept[0]) - 1)]
    lines = []
    for row in kept:
        start = " " * indent + "".join(f"{cell:<{width}}  " for cell, width in zip(row, widths, strict=False))
        lines.append("\n".join(_wrapped(start, row[-1])))
    return lines


def _width() -> int:
    return max(_NARROWEST, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))


def _wrapped(start: str, text: str) -> list[str]:
    room = max(_width() - len(start), 40)
    first, *rest = wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]
    lines = [f"{start}{first}".rstrip(), *(f"{'':<{len(start)}}{line}" for line in rest)]
    return [line.replace(_UNBROKEN, " ") for line in lines]


def paragraph(text: str, number: int | None = None, indent: int = 2) -> Lines:
    """Give a text in lines that are not too long."""
    yield from _wrapped(" " * indent + (f"{number}. " if number else ""), text)


def working(length: timedelta, clock: Clock) -> str:
    """Say how long on a clock: "15 min", "2 working days (16 h)" where only open hours count."""
    if clock is Clock.WALL:
        return span(length)
    days, rest = divmod(length, BUSINESS_DAY)
    hours = length // timedelta(hours=1)
    if days and not rest:
        return f"{days} working day{'' if days == 1 else 's'} ({hours} h)"
    return f"{hours} h" if length and length == timedelta(hours=hours) else span(length)


def every(length: timedelta) -> str:
    """Say how often: "every day", "every 4 h"."""
    return "every day" if length == timedelta(days=1) else f"every {span(length)}"


def clock_words(clock: Clock) -> str:
    """Say whose time counts: "of the team's working time"; nothing for the wall clock."""
    whose = {Clock.REP: "the rep's working time", Clock.TEAM: "the team's working time", Clock.LEAD: "the lead's day"}
    return f" of {whose[clock]}" if clock in whose else ""


def levels_words(levels: Sequence[Level]) -> str:
    """Say who may get it: "senior or mid"."""
    return " or ".join(levels)


def listed(words: Sequence[str], last: str = "and") -> str:
    """List words as people do: "a, b and c"."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def counts(rule: Timed) -> str:
    """Say when a rule counts: "counts from 2026-12-01 until 2026-12-31"; nothing when always."""
    bounds = [f"{word} {at}" for word, at in (("from", rule.valid_from), ("until", rule.valid_until)) if at is not None]
    return f"counts {' '.join(bounds)}" if bounds else ""


def on_one_line(condition: str | None) -> str:
    """Give a condition as it is written, without its line breaks; what it quotes is never broken."""
    text = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _UNBROKEN), condition or "")
    return " ".join(re.split(r"[ \t\n]+", text.strip()))
