"""YAML as plain JSON data, with the line of every value.

The reading is YAML 1.2's core schema: `NO` is Norway and 09:00 a time, not false and 540; dates stay text. A file
that repeats a key, builds objects, refers to itself or unfolds without bound is refused. This room refuses to know
what a file is about.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isinf
from typing import Any, NamedTuple

import yaml

LARGEST = 1_000_000
"""Bytes of one file."""

MOST_VALUES = 50_000
"""Values of one file, each repetition through an alias counted; keys do not count."""

DEEPEST = 64
"""Levels of nesting: many times those that any key has."""

LONGEST_KEY = 300
"""Characters of one key."""

MOST_TOLD = 100
LONGEST_TOLD = 600
"""Mistakes that are told of one file, and characters of each: enough to mend it, never as long as it."""

Path = tuple[str | int, ...]


class Spot(NamedTuple):
    """One thing wrong with a file: its line (from 1), the key (`sla[0].ladder`), and what would be right."""

    line: int
    key: str
    what: str


class FileError(Exception):
    """A file cannot be used. Says `FILE:LINE: key: what is wrong` for each thing wrong, one a line."""

    def __init__(self, file: str, spots: tuple[Spot, ...]) -> None:
        self.file = file
        self.spots = spots
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """Give each thing wrong as a line of text; what is too long, or too many, is cut."""
        told = [
            f"{self.file}:{spot.line}: {_cut(f'{spot.key}: {spot.what}' if spot.key else spot.what)}"
            for spot in self.spots[:MOST_TOLD]
        ]
        more = len(self.spots) - len(told)
        return (*told, *([f"{self.file}: and {more} more"] if more else []))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."


@dataclass
class Marked:
    """A file's data, and where each of its values and keys stands.

    A further key fits into its text at the character `ends_at`, `indent` deep; `in_braces` it is one `{...}`.
    """

    file: str
    data: Any = None
    text: str = ""
    value_lines: dict[Path, int] = field(default_factory=dict)
    key_lines: dict[Path, int] = field(default_factory=dict)
    ends_at: int = 0
    indent: int = 0
    in_braces: bool = False

    def below(self, path: Path) -> "Marked":
        """Look at a part of a file as if it were all of it, with its own lines; what is not there has no data."""
        depth, data = len(path), self.data
        for part in path:
            data = data.get(part) if isinstance(data, dict) else None
        return Marked(
            self.file,
            data,
            value_lines={at[depth:]: line for at, line in self.value_lines.items() if at[:depth] == path},
            key_lines={at[depth:]: line for at, line in self.key_lines.items() if at[:depth] == path and at != path},
        )

    def line(self, path: Path) -> int:
        """Give the line of a value, or of what is nearest around it when there is none."""
        while path and path not in self.value_lines:
            path = path[:-1]
        return self.value_lines.get(path, 1)

    def key_line(self, path: Path) -> int:
        """Give the line of a key."""
        return self.key_lines.get(path) or self.line(path)


def spell(path: Path) -> str:
    """Write a path as people do: `routing.rules[2].when`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _Loader(yaml.SafeLoader):
    """Composes nodes, a bounded number of them, and constructs nothing; plain scalars stay texts until we read them."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}  # type: ignore[assignment]  # ours are the core schema's, below

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._composed = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._composed += parent is None or index is not None  # a key of a map has a parent and no index
        if self._composed > MOST_VALUES:  # before the whole of it is read, which takes its time
            raise yaml.MarkedYAMLError(problem=f"more than {MOST_VALUES} values", problem_mark=self.get_mark())
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def read_yaml(text: str | bytes, file: str) -> Marked:
    """Read one YAML document.

    Raises FileError: too large, not UTF-8, not YAML, empty, a repeated key, a tag, an alias to itself, too much of
    anything.
    """
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    if size > LARGEST:
        raise FileError(file, (Spot(1, "", f"is too large: {size} bytes, {LARGEST} at most"),))
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1 if isinstance(text, bytes) else 1
        raise FileError(file, (Spot(line, "", "is not UTF-8 text"),)) from None
    try:
        node = yaml.compose(decoded, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise FileError(file, (_syntax(error),)) from None
    except yaml.YAMLError as error:
        at = getattr(error, "position", 0)
        raise FileError(
            file, (Spot(decoded[:at].count("\n") + 1, "", "holds a character that YAML forbids"),)
        ) from None
    except RecursionError:
        raise FileError(file, (Spot(1, "", "is nested too deeply"),)) from None
    if node is None:
        raise FileError(file, (Spot(1, "", "is empty"),))
    return _Reader(file, decoded).read(node)


def _syntax(error: yaml.MarkedYAMLError) -> Spot:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    column = f" (column {mark.column + 1})" if mark else ""
    what = (error.problem or "cannot be read").replace("\n", " ")
    if error.context:
        began = error.context_mark
        where = f", from line {began.line + 1} on" if began is not None and began.line + 1 != line else ""
        what += f" ({error.context}{where})"
    hint = "; put a text that holds ': ' or begins with a sign in quotes" if "mapping values are not" in what else ""
    return Spot(line, "", f"is not YAML: {what}{column}{hint}")


_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text.lower() == "true"),
    (re.compile(r"[-+]?[0-9]{1,18}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?"), float),
)
_HALF = re.compile(r"[\ud800-\udfff]")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What steers terminals or turns text around: nobody could see what a name says."""

_PLAIN_TAGS = {
    yaml.ScalarNode: ("tag:yaml.org,2002:str", "!"),
    yaml.SequenceNode: ("tag:yaml.org,2002:seq", "!"),
    yaml.MappingNode: ("tag:yaml.org,2002:map", "!"),
}


class _Reader:
    """Turns nodes into data, and remembers lines."""

    def __init__(self, file: str, text: str) -> None:
        self._marked = Marked(file, text=text)
        self._above: set[int] = set()
        self._count = 0

    def read(self, node: yaml.Node) -> Marked:
        self._marked.ends_at = node.end_mark.index
        self._marked.indent = node.start_mark.column
        self._marked.in_braces = bool(getattr(node, "flow_style", False))
        try:
            self._marked.data = self._value(node, ())
        except RecursionError:
            raise self._error(node, (), "is nested too deeply") from None
        return self._marked

    def _error(self, node: yaml.Node, path: Path, what: str) -> FileError:
        return FileError(self._marked.file, (Spot(node.start_mark.line + 1, spell(path), what),))

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._error(node, path, f"unfolds to more than {MOST_VALUES} values")
        if len(path) > DEEPEST:
            raise self._error(node, path[:3], f"is nested too deeply: {DEEPEST} levels at most")
        if id(node) in self._above:
            raise self._error(node, path, "refers to itself")
        if node.tag not in _PLAIN_TAGS[type(node)]:
            raise self._error(node, path, f"has a tag ({node.tag}); plain values only")
        self._marked.value_lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            if _HALF.search(node.value):
                raise self._error(node, path, "holds half of a character")
            if unseen := UNSEEN.search(node.value):
                raise self._error(node, path, f"holds a character that cannot be seen (U+{ord(unseen[0]):04X})")
            value = _scalar(node)
            if isinstance(value, float) and isinf(value):
                raise self._error(node, path, "is larger than any number")
            return value
        self._above.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self._value(one, (*path, place)) for place, one in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._above.discard(id(node))

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error(key_node, path, "has a list or a map as a key")
            key = str(key_node.value)
            if len(key) > LONGEST_KEY or UNSEEN.search(key) or _HALF.search(key):
                raise self._error(key_node, path, "has a key that is no name")
            if key in data:
                first = self._marked.key_lines[*path, key]
                raise self._error(key_node, (*path, key), f"is there twice; the first is on line {first}")
            self._marked.key_lines[*path, key] = key_node.start_mark.line + 1
            data[key] = self._value(value_node, (*path, key))
        return data


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style is None:
        for pattern, read in _SCALARS:
            if pattern.fullmatch(node.value):
                return read(node.value)
    return str(node.value)
