"""The layout of a policy's page on a terminal: columns, paragraphs, entries. What it says is the runtime's to say."""

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from runtime.telling_policy.words import UNBROKEN, Item, Items, Part, Reader, Rows, Say, Section

WIDTH = 110
"""So long is a line at most, in signs; shorter on a terminal that is narrower."""

_NARROWEST = 60
_DEEP, _INSIDE = 4, 5

Lines = Iterator[str]


def laid_out(section: Section, reader: Reader) -> Lines:
    """Write a section line by line."""
    yield from ("", section.title, "-" * len(section.title))
    for part in section.parts:
        yield from _part(part, reader)


def _part(part: Part, reader: Reader) -> Iterable[str]:
    match part:
        case Say(text):
            return paragraph(text)
        case Items(items, of):
            return reader.some(["\n".join(_item(item)) for item in items], of) if of else _all(items)
        case Rows() as told:
            lines = columns(told.rows, _DEEP if told.deep else 2)
            return reader.some(lines, told.of, told.few) if told.of else lines


def _all(items: Iterable[Item]) -> Lines:
    for item in items:
        yield from _item(item)


def _item(item: Item) -> Lines:
    yield from paragraph(item.text, item.number)
    for part in item.parts:
        yield from paragraph(part.text, indent=_INSIDE) if isinstance(part, Say) else columns(part.rows, _INSIDE)


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
    return [line.replace(UNBROKEN, " ") for line in lines]


def paragraph(text: str, number: int | None = None, indent: int = 2) -> Lines:
    """Give a text in lines that are not too long."""
    yield from _wrapped(" " * indent + (f"{number}. " if number else ""), text)
