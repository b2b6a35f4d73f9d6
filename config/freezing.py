"""Public holidays put into a file's calendars before it is read, and into its text before it is published.

A file that is read for the first time has none: they are looked up (`config.public_holidays`). Publishing writes them
into a `frozen` block at the text's end; a text that has one is read by it alone, so neither a newer library nor a new
year changes what was published. This room refuses to judge a calendar: its model does.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from config.public_holidays import YEARS, public_holidays
from config.yaml_marks import FileError, Marked, Path, Spot, read_yaml, spell
from models.base import Refused

MOST_CALENDARS = 300
"""Of one file that keep public holidays: each of them has more than a hundred dates."""

FROZEN = "frozen"
_CALENDARS = "calendars"
_SAYS = (
    "# The public holidays of the calendars above, as they were known when this was published. Without this block they",
    "# would be looked up anew.",
)

Look = Callable[[str, str | None, list[str]], dict[str, str]]
"""Gives the dates and names for a country, a part of it, and what is left out. Raises Refused."""


def look_up(country: str, subdivision: str | None, without: list[str], years: range = YEARS) -> dict[str, str]:
    """Ask the library, for dates as JSON writes them. Raises Refused."""
    return {day.isoformat(): name for day, name in public_holidays(country, subdivision, without, years).items()}


def years_around(*at: datetime) -> range:
    """Give the years to look up for a question about some instants: `YEARS`, and those around the instants."""
    years = [instant.year for instant in at]
    return range(min(YEARS.start, *(year - 1 for year in years)), max(YEARS.stop, *(year + 3 for year in years)))


def fill_in(marked: Marked, look: Look | None = look_up) -> tuple[Spot, ...]:
    """Put the dates of public holidays into every calendar of a policy or a roster that keeps them.

    They come from the file's `frozen` block, else from `look`; None refuses to look anything up. What is wrong is given
    back, to be told with what else is wrong. Raises FileError for more calendars than anybody has.
    """
    if not isinstance(marked.data, dict) or not isinstance(calendars := marked.data.get(_CALENDARS), dict):
        return ()
    has_block = FROZEN in marked.data
    spots = list(thaw(marked))
    asking = [name for name, calendar in calendars.items() if _lacks_dates(calendar)]
    if len(asking) > MOST_CALENDARS:
        first_too_many = (_CALENDARS, asking[MOST_CALENDARS])
        what = f"is one too many: {MOST_CALENDARS} calendars of a file may keep public holidays"
        raise FileError(marked.file, (Spot(marked.key_line(first_too_many), spell(first_too_many), what),))
    for name, calendar in calendars.items():
        if has_block and _lacks_dates(calendar):
            calendar[FROZEN] = {}
            key = (_CALENDARS, name, "public_holidays")
            what = "the `frozen` block has no dates for it; take the block out, and all are looked up anew"
            spots.append(Spot(marked.key_line(key), spell(key), what))
        else:
            spots += fill_in_one(marked, (_CALENDARS, name), calendar, look)
    return tuple(spots)


def fill_in_one(marked: Marked, path: Path, calendar: Any, look: Look | None = look_up) -> tuple[Spot, ...]:
    """Put the dates of public holidays into one calendar, if it keeps them; give back what is wrong."""
    if not _lacks_dates(calendar):
        return ()
    country, subdivision, without = (calendar.get(key) for key in ("country", "subdivision", "without"))
    if not _can_be_asked(country, subdivision, without):
        return ()  # the model says what is wrong with them
    calendar[FROZEN] = {}
    key = (*path, "public_holidays")
    if look is None:
        return (Spot(marked.key_line(key), spell(key), "is published, and has no `frozen` dates"),)
    try:
        calendar[FROZEN] = look(country, subdivision, without or [])
    except Refused as refused:
        return tuple(_spot(marked, path, one.field, one.what) for one in refused.problems)
    return ()


def frozen_text(marked: Marked) -> str:
    """Give a file's text with the dates that were filled into its calendars. Raises FileError if it cannot hold them.

    A text whose calendars keep no public holidays, or that has its dates already, is given back as it is.
    """
    data, text = marked.data, marked.text
    calendars = data.get(_CALENDARS) or {}
    stands_there = marked.value_lines
    written = {
        name: calendar[FROZEN]
        for name, calendar in calendars.items()
        if FROZEN in calendar and (_CALENDARS, name, FROZEN) not in stands_there
    }
    if not written:
        return text
    frozen = _insert(marked, written)
    again = read_yaml(frozen, marked.file)
    fill_in(again, None)
    if again.data != data:
        raise FileError(marked.file, (Spot(1, "", "cannot hold its `frozen` dates; write it as plain YAML"),))
    return frozen


def _insert(marked: Marked, written: dict[str, dict[str, str]]) -> str:
    before, after = marked.text[: marked.ends_at], marked.text[marked.ends_at :]
    if marked.in_braces:  # JSON, or YAML that looks like it
        inside = before.rstrip()[:-1].rstrip().removesuffix(",")
        return f"{inside},\n{json.dumps(FROZEN)}: {json.dumps(written, ensure_ascii=False)}}}{after}"
    indent = " " * marked.indent
    lines = [*_SAYS, f"{FROZEN}:"]
    for name, days in written.items():
        lines += [f"  {name}:", *_lines_of(days)]
    block = "".join(f"{indent}{line}\n" for line in lines)
    return f"{before}{'' if before.endswith(chr(10)) else chr(10)}\n{block}{after}"


def _lines_of(days: dict[str, str]) -> Iterator[str]:
    """Write a year a line."""
    years = [list(of_one) for _, of_one in groupby(days.items(), lambda item: item[0][:4])]
    for place, of_one in enumerate(years):
        pairs = ", ".join(f"{json.dumps(day)}: {json.dumps(name, ensure_ascii=False)}" for day, name in of_one)
        yield f"    {' ' if place else '{'}{pairs}{',' if place < len(years) - 1 else '}'}"


def _lacks_dates(calendar: Any) -> bool:
    return isinstance(calendar, dict) and calendar.get("public_holidays") is True and FROZEN not in calendar


def _can_be_asked(country: Any, subdivision: Any, without: Any) -> bool:
    return (
        isinstance(country, str)
        and (subdivision is None or isinstance(subdivision, str))
        and (without is None or (isinstance(without, list) and all(isinstance(one, str) for one in without)))
    )


def thaw(marked: Marked) -> tuple[Spot, ...]:
    """Move the dates of a file's `frozen` block, and where they stand, to its calendars; give back what is wrong."""
    data = marked.data
    if not isinstance(data, dict) or FROZEN not in data or not isinstance(calendars := data.get(_CALENDARS), dict):
        return ()
    block = data.pop(FROZEN)
    if not isinstance(block, dict):
        return (Spot(marked.key_line((FROZEN,)), FROZEN, "should have keys of its own: calendars, and their dates"),)
    spots = []
    for name, days in block.items():
        if not _lacks_dates(calendars.get(name)):
            what = "there is no calendar of this name that keeps public holidays and has no dates of its own"
            spots.append(Spot(marked.key_line((FROZEN, name)), spell((FROZEN, name)), what))
            continue
        calendars[name][FROZEN] = days
        for lines in (marked.value_lines, marked.key_lines):
            here = {path: line for path, line in lines.items() if path[:2] == (FROZEN, name)}
            lines |= {(_CALENDARS, name, FROZEN, *path[2:]): line for path, line in here.items()}
    return tuple(spots)


def _spot(marked: Marked, path: Path, field: str, what: str) -> Spot:
    key = path
    for part in field.rstrip("]").replace("[", ".").split("."):
        key = (*key, int(part) if part.isdecimal() else part)
    return Spot(marked.line(key), spell(key), what)
