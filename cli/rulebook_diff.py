"""Two policies side by side at the command line: by rule and key, or line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from difflib import SequenceMatcher, unified_diff
from itertools import groupby
from typing import Any

from cli.exits import Code
from cli.output import say, say_json
from cli.rulebook_texts import Text, find
from policy.trials.comparison import Change, Kind, compare

_LONG = 90
_MANY = 500


def diff(a: str, b: str, as_text: bool, as_json: bool) -> int:
    """Compare two policies, each a published version or a file. Raises BadInput."""
    before, after = find(a, b)
    if as_text:
        return _lines(before, after, as_json)
    old, new = before.read(), after.read()
    changes = compare(old.policy, new.policy)
    if as_json:
        told = [asdict(change) for change in changes]
        say_json({"a": a, "b": b, "versions": [old.version, new.version], "same": not changes, "changes": told})
    elif changes:
        say(*_told(changes))
    elif old.version == new.version:
        say(f"{a} and {b} are the same policy")
    else:
        say(f"{a} and {b} mean the same, and are written differently (--text)")
    return Code.DONE


def _lines(before: Text, after: Text, as_json: bool) -> int:
    a, b = before.name, after.name
    lines = list(unified_diff(before.text.splitlines(), after.text.splitlines(), fromfile=a, tofile=b, lineterm=""))
    if as_json:
        say_json({"a": a, "b": b, "same": not lines, "diff": lines})
    elif lines:
        say(*lines)
    else:
        say(f"{a} and {b} are the same text")
    return Code.DONE


def _told(changes: Iterable[Change]) -> Iterator[str]:
    """Tell changes section by section, entry by entry."""
    for section, inside in groupby(changes, lambda change: change.section):
        several = list(inside)
        if not several[0].name:
            yield from _value(section, several[0], "")
            continue
        yield section
        for name, of_one in groupby(several, lambda change: change.name):
            yield from _entry(name, list(of_one))


def _entry(name: str, changes: list[Change]) -> Iterator[str]:
    for change in changes:
        if change.kind is Kind.MOVED:
            yield f"  moved    {name}: from {_nth(change.old)} to {_nth(change.new)}"
    whole = [change for change in changes if not change.key and change.kind is not Kind.MOVED]
    for change in whole:
        match change.kind:
            case Kind.ADDED:
                yield f"  added    {name}{_shown(change.new)}"
            case Kind.REMOVED:
                yield f"  removed  {name}{_shown(change.old)}"
            case _:
                yield from _value(f"changed  {name}", change, "  ")
    if keys := [change for change in changes if change.key]:
        yield f"  changed  {name}"
        for change in keys:
            yield from _value(change.key, change, "             ")


def _value(label: str, change: Change, indent: str) -> Iterator[str]:
    old, new = change.old, change.new
    if isinstance(old, list) and isinstance(new, list):
        yield f"{indent}{label}:"
        yield from (f"{indent}  {line}" for line in _entries(old, new))
        return
    left, right = flow(old), flow(new)
    if len(left) + len(right) <= _LONG:
        yield f"{indent}{label}: {left} -> {right}"
    else:
        yield from (f"{indent}{label}:", f"{indent}  - {left}", f"{indent}  + {right}")


def _entries(old: list[Any], new: list[Any]) -> Iterator[str]:
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
        return f": {flow(rest)[1:-1]}" if rest else ""
    return f": {flow(entry)}"


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
