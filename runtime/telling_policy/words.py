"""The words of a policy's page, and what the page is made of: durations, people, rows. It knows no section of it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from models.durations import BUSINESS_DAY
from models.ladder import Clock
from models.roster import Level, Roster
from models.validity import Timed
from runtime.telling_policy.spans import span

FEW, MANY = 20, 200
"""So many of a long list stand on the page, unless all are asked for: of accounts, and of what all should read."""

_QUOTED = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'""")
UNBROKEN = "\u00a0"
"""Stands for a space within quotes, which is never broken."""


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Entries in columns. `of`: what they are called, where a long list may be cut to `few`.

    `deep`: they belong to the sentence above them. `headed`: the first row names the columns.
    """

    rows: tuple[tuple[str, ...], ...]
    of: str = ""
    few: int = MANY
    deep: bool = False
    headed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of more than a row: a sentence and what belongs to it. `number`: its place, where order tells."""

    text: str
    parts: tuple[Say | Rows, ...] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """Such entries, in their order."""

    items: tuple[Item, ...]
    of: str = ""


Part = Say | Rows | Items


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page under a heading; `key` names it for good."""

    key: str
    title: str
    parts: tuple[Part, ...] = ()


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

    def some(self, entries: Sequence[str], what: str, few: int = MANY) -> Sequence[str]:
        """Give the first of a long list, and how many more there are; all of them if that was asked for."""
        shown = entries if self.everything else entries[:few]
        more = len(entries) - len(shown)
        return [*shown, f"  ... and {more:,} more {what} (--all)"] if more else shown


def rows(entries: Iterable[Sequence[str]], of: str = "", few: int = MANY, *, deep: bool = False) -> Rows:
    """Put entries in columns."""
    return Rows(tuple(map(tuple, entries)), of, few, deep)


def pairs(*entries: tuple[str, str]) -> Rows:
    """Put words and what they stand for in two columns; what stands for nothing is left out."""
    return Rows(tuple(entry for entry in entries if entry[1]))


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
    text = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", UNBROKEN), condition or "")
    return " ".join(re.split(r"[ \t\n]+", text.strip()))
