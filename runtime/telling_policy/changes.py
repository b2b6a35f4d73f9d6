"""What differs between two policies, in words: section by section, entry by entry, value by value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from policy.trials.comparison import Change, Kind

_MANY = 500


@dataclass(frozen=True, slots=True)
class Value:
    """One value before and after. `label`: its key. `lines`: what was taken out of a list (`- x`) and put in (`+ y`).

    Where there are `lines`, `old` and `new` are empty.
    """

    label: str
    old: str = ""
    new: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one entry. `says`: the places between which it moved, or what was added or removed.

    `whole`: the entry is one value, which changed, and `values` holds it.
    """

    kind: Kind
    name: str
    says: str = ""
    values: tuple[Value, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that differs in one section. `value`: the section is one value, which changed."""

    section: str
    entries: tuple[Entry, ...] = ()
    value: Value | None = None


def grouped(changes: Iterable[Change]) -> Iterator[Group]:
    """Tell changes section by section."""
    for section, inside in groupby(changes, lambda change: change.section):
        several = list(inside)
        if not several[0].name:
            yield Group(section, value=_value(section, several[0]))
            continue
        by_name = groupby(several, lambda change: change.name)
        yield Group(section, tuple(entry for name, of_one in by_name for entry in _entries(name, list(of_one))))


def _entries(name: str, changes: list[Change]) -> Iterator[Entry]:
    for change in changes:
        if change.kind is Kind.MOVED:
            yield Entry(Kind.MOVED, name, f"from {_nth(change.old)} to {_nth(change.new)}")
    for change in changes:
        if change.key or change.kind is Kind.MOVED:
            continue
        match change.kind:
            case Kind.ADDED:
                yield Entry(Kind.ADDED, name, _shown(change.new))
            case Kind.REMOVED:
                yield Entry(Kind.REMOVED, name, _shown(change.old))
            case _:
                yield Entry(Kind.CHANGED, name, values=(_value("", change),), whole=True)
    if keys := [change for change in changes if change.key]:
        yield Entry(Kind.CHANGED, name, values=tuple(_value(change.key, change) for change in keys))


def _value(label: str, change: Change) -> Value:
    if isinstance(change.old, list) and isinstance(change.new, list):
        return Value(label, lines=tuple(_lines(change.old, change.new)) or ("in another order",))
    return Value(label, flow(change.old), flow(change.new))


def _lines(old: list[Any], new: list[Any]) -> Iterator[str]:
    """Give what was taken out of a list and put into it, with what stays only where order tells."""
    left, right = [flow(one) for one in old], [flow(one) for one in new]
    if max(len(left), len(right)) > _MANY:  # finding the least there is to change takes its time
        here, there = set(left), set(right)
        yield from (f"- {one}" for one in dict.fromkeys(left) if one not in there)
        yield from (f"+ {one}" for one in dict.fromkeys(right) if one not in here)
        return
    for what, start, end, first, last in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            yield from (f"- {one}" for one in left[start:end])
            yield from (f"+ {one}" for one in right[first:last])


def _shown(entry: Any) -> str:
    if isinstance(entry, dict):
        rest = {key: value for key, value in entry.items() if key not in ("name", "id")}
        return flow(rest)[1:-1] if rest else ""
    return flow(entry)


def flow(value: Any) -> str:
    """Write a value in one line, as a policy file could: `{do: offer, to: primary}`."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case dict():
            return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def _nth(place: int) -> str:
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending}"
