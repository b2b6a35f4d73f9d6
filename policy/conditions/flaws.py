"""What is wrong with a condition, in plain words: CEL's complaints and our own.

This room refuses to look at conditions: it is handed what was found (`policy/conditions/words.py`, CEL).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from policy.conditions.vocabulary import FIELDS, Field, Scope

NAMESPACE = "lead"
"""What CEL knows the fields under: `type` alone is a word of CEL's own."""


class Flaw(NamedTuple):
    """One thing wrong with a condition: line and column, from 1, in its text, and what would be right."""

    line: int
    column: int
    what: str

    @classmethod
    def at(cls, text: str, offset: int, what: str) -> "Flaw":
        """Put a flaw at an offset of `text`."""
        before = text[:offset]
        return cls(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1, what)

    def __str__(self) -> str:
        row = f"line {self.line} of it, " if self.line > 1 else ""
        return f"{self.what} ({row}character {self.column})"


class ConditionError(ValueError):
    """A condition does not compile. Carries every flaw with its place."""

    def __init__(self, where: str, flaws: tuple[Flaw, ...]) -> None:
        self.where = where
        self.flaws = flaws
        super().__init__("; ".join(f"{where}: {flaw}" if where else str(flaw) for flaw in flaws))


def bare(name: str) -> str:
    """Give a field's name without the namespace that CEL knows it under."""
    return name.removeprefix(f"{NAMESPACE}.")


def unknown_field(name: str, fields: Iterable[str]) -> str:
    """Say that no field has this name, and which was probably meant."""
    known = sorted(fields)
    if inside := [field for field in known if field.startswith(f"{name}.")]:
        return f"{name} holds fields: write {_some(inside)}"
    if name in FIELDS:
        return _not_here(name, known)
    hint = meant(name, known)
    family = [field for field in known if field.startswith(f"{name.partition('.')[0]}.")]
    if not hint and family:
        hint = f"; there is {_some(family)}"
    return f"unknown field {name}{hint}"


def _not_here(name: str, known: Iterable[str]) -> str:
    if "points" in known and name == "segments":
        return "segments are not there: the policy has no segments"
    first = "`ways`" if FIELDS[name].scope is Scope.JUDGED else "`sla` and `routing.rules`"
    return f"{name} is not known yet here; conditions may ask for it from {first} on"


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")


def meant(word: str, known: Iterable[str]) -> str:
    """Guess which of the known words was meant: ", did you mean ...?", or nothing."""
    folded = {one.lower(): one for one in known}
    last = word.rpartition(".")[2].lower()
    near = get_close_matches(word.lower(), folded, n=1, cutoff=0.75)
    near = near or [full for full in folded if full.rpartition(".")[2] == last][:1]
    return f", did you mean {folded[near[0]]}?" if near else ""


_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?=\n \||\nERROR|\s*\[[A-Z_]+\]$|$)", re.DOTALL)
_DEEP = re.compile(r"recursion (limit|depth)")
_OPERATORS = {"@in": "in", "!_": "!", "-_": "-", "_[_]": "[...]", "_?_:_": "? :"}
_TYPE_NAMES = {
    "int": "a whole number",
    "uint": "an unsigned number",
    "double": "a decimal number",
    "string": "a text",
    "bool": "yes or no",
    "null_type": "null",
    "list(string)": "a list of texts",
}
_NOT_CEL = {"and": "&&", "or": "||", "not": "!", "is": "==", "True": "true", "False": "false", "None": "!known(FIELD)"}


def say_flaws(text: str, complaint: str, fields: Mapping[str, Field]) -> tuple[Flaw, ...]:
    """Turn CEL's complaint about `text` into flaws in plain words."""
    if _DEEP.search(complaint):
        return (Flaw(1, 1, "is nested too deeply; split it into two rules"),)
    flaws = []
    for line, column, what in ((int(found[1]), int(found[2]), found[3]) for found in _ERROR.finditer(complaint)):
        if "*error*" not in what:  # a mistake of the one before
            flaws.append(_say_one(text, max(line, 1), max(column, 1), what, fields))
        if what.startswith("Syntax error"):
            break  # what follows the first slip is noise
    return tuple(flaws) or (Flaw(1, 1, complaint.strip()),)


def _say_one(text: str, line: int, column: int, what: str, fields: Mapping[str, Field]) -> Flaw:
    if unknown := _UNKNOWN.search(what):
        rows = text.split("\n")
        row = rows[line - 1] if line <= len(rows) else ""
        name = bare(unknown[1])
        # CEL points at the last dot of a name, or at the opening of a call; people look for its beginning.
        start = row.rfind(name, 0, column + len(name))
        place = start + 1 if start >= 0 else column
        if name in _NOT_CEL:
            return Flaw(line, place, f"write {_NOT_CEL[name]} for {name}")
        if re.match(r"\s*\(", row[place - 1 + len(name) :]):
            return Flaw(line, place, f"unknown function {name}{_FUNCTION_HINTS.get(name, '')}")
        return Flaw(line, place, unknown_field(name, fields))
    for pattern, say in _SAYINGS:
        if match := pattern.search(what):
            return Flaw(line, column, say(match))
    return Flaw(line, column, what.strip())


_UNKNOWN = re.compile(r"undeclared reference to '([^']*)'")
_IGNORE_CASE = '; for any case write matches("(?i)...")'
_FUNCTION_HINTS = dict.fromkeys(("lower", "upper", "lowerAscii", "upperAscii", "toLower", "casefold"), _IGNORE_CASE)


def _say_types(match: re.Match[str]) -> str:
    operator = _OPERATORS.get(match["operator"], match["operator"].strip("_"))
    kinds = [kind.strip() for kind in re.split(r",\s*(?![^(]*\))", match["types"])]
    if "null_type" in kinds:
        return "nothing is null here; write known(FIELD) or !known(FIELD)"
    said = " and ".join(_TYPE_NAMES.get(kind, kind) for kind in kinds)
    hint = "; write whole numbers, without a decimal point" if set(kinds) == {"int", "double"} else ""
    return f"`{operator}` does not go with {said}{hint}"


def _say_syntax(match: re.Match[str]) -> str:
    token = match["token"].strip().removeprefix("'").removesuffix("'").strip()
    if token in _NOT_CEL:
        return f"write {_NOT_CEL[token]} for {token}"
    if token.startswith("="):
        return "compare with =="
    if token == "<EOF>":
        return "ends too early"
    if token[:1] in ("'", '"'):
        return "a quotation mark is not closed, or a text stands where none can"
    return f"cannot be read from {token[:20]!r} on"


_Say = Callable[[re.Match[str]], str]
_SAYINGS: tuple[tuple[re.Pattern[str], _Say], ...] = (
    (re.compile(r"no matching overload for '(?P<operator>[^']*)' applied to '\((?P<types>.*)\)'"), _say_types),
    (re.compile(r"token recognition error at: (?P<token>.*)", re.DOTALL), _say_syntax),
    (re.compile(r"(?:mismatched|extraneous) input (?P<token>'.*?') expecting", re.DOTALL), _say_syntax),
    (
        re.compile(r"expression of type '([^']*)' cannot be the operand of a select"),
        lambda match: f"{_TYPE_NAMES.get(match[1], match[1])} has no fields",
    ),
    (re.compile(r"invalid int literal"), lambda _: "is too large a number"),
)
