"""Two policies side by side at the command line: by rule and key, or line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from difflib import unified_diff

from cli.exits import Code
from cli.output import say, say_json
from cli.rulebook_texts import Text, find
from policy.trials.comparison import Change, compare
from runtime.telling_policy.changes import Entry, Value, grouped

_LONG = 90


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
    for group in grouped(changes):
        if group.value is not None:
            yield from _value(group.value.label, group.value, "")
            continue
        yield group.section
        for entry in group.entries:
            yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    if entry.whole:
        yield from _value(f"changed  {entry.name}", entry.values[0], "  ")
        return
    yield f"  {entry.kind:<7}  {entry.name}{f': {entry.says}' if entry.says else ''}"
    for value in entry.values:
        yield from _value(value.label, value, "             ")


def _value(label: str, value: Value, indent: str) -> Iterator[str]:
    if value.lines:
        yield from (f"{indent}{label}:", *(f"{indent}  {line}" for line in value.lines))
    elif len(value.old) + len(value.new) <= _LONG:
        yield f"{indent}{label}: {value.old} -> {value.new}"
    else:
        yield from (f"{indent}{label}:", f"{indent}  - {value.old}", f"{indent}  + {value.new}")
