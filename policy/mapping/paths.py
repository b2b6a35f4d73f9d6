"""Paths into a payload: JMESPath, with four functions more that forms and contact lists need.

A path is checked as far as it can be before the first payload comes. What a payload holds never stands in a message.
"""

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jmespath import exceptions, functions
from jmespath.parser import ParsedResult, Parser
from jmespath.visitor import Options, TreeInterpreter

_ANY: Any = {"types": []}
_TEXT: Any = {"types": ["string", "null"]}
_LIST: Any = {"types": ["array", "null"]}
_EACH: Any = {"types": ["expref"]}


MOST_STEPS = 500_000
"""Steps that following one path may take: about a second, while others wait."""

LONGEST_FOUND = 2_000_000
"""Characters and entries that a path may make of what it finds: twice what one request holds."""

_TOO_MUCH = f"cannot be followed: it makes more than {LONGEST_FOUND:,} characters and entries"


class BadPath(ValueError):
    """A text is no path. Says where, and what is wrong."""


class PathFails(ValueError):
    """A path cannot be followed in this payload: a function of it does not take what it found."""


class _Functions(functions.Functions):
    """What JMESPath lacks. Each answers null to null, so that a field that is left out is simply not there."""

    @functions.signature(_LIST, _EACH, _EACH)
    def _func_pairs(self, entries: list[Any] | None, name: Any, value: Any) -> dict[str, Any] | None:
        if entries is None:
            return None
        found: dict[str, Any] = {}
        for entry in entries:
            key = name.visit(name.expression, entry)
            if key is not None and (said := value.visit(value.expression, entry)) is not None:
                # The first counts: what comes later under the same name is another question of that name.
                found.setdefault(key if isinstance(key, str) else json.dumps(key), said)
        return found

    @functions.signature(_TEXT)
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @functions.signature(_TEXT)
    def _func_first_word(self, text: str | None) -> str | None:
        return None if text is None else next(iter(text.split()), "")

    @functions.signature(_TEXT)
    def _func_other_words(self, text: str | None) -> str | None:
        return None if text is None else " ".join(text.split()[1:])


class _Follower(TreeInterpreter):
    """Follows one path once, and stops where it takes too long or makes too much: `[@, @][]` doubles what it finds."""

    def __init__(self) -> None:
        super().__init__(_OPTIONS)
        self._steps = 0

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Take one step. Raises PathFails."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise PathFails(f"cannot be followed: it takes more than {MOST_STEPS:,} steps")
        found = super().visit(node, *args, **kwargs)
        if isinstance(found, list):
            self._steps += len(found)
        elif not isinstance(found, str) or len(found) <= LONGEST_FOUND:
            return found
        if len(found) > LONGEST_FOUND:
            raise PathFails(_TOO_MUCH)
        return found


def _weighed(found: Any) -> Any:
    """Give back what was found, all of it looked at: `[@, @]` again and again is small until it is written out.

    Raises PathFails.
    """
    weight, left = 0, [found]
    while left:
        one = left.pop()
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        left += inner
        weight += 1 + (len(one) if isinstance(one, str) else 0)
        if weight + len(left) > LONGEST_FOUND:
            raise PathFails(_TOO_MUCH)
    return found


_OPTIONS = Options(custom_functions=_Functions())
_TABLE: dict[str, Any] = _Functions.FUNCTION_TABLE


@dataclass(frozen=True, slots=True)
class Path:
    """One path, ready to be followed."""

    text: str
    _parsed: ParsedResult

    def find(self, payload: Any) -> Any:
        """Give what the path leads to, None for nothing. Raises PathFails."""
        try:
            return _weighed(_Follower().visit(self._parsed.parsed, payload))
        except PathFails:
            raise
        except exceptions.JMESPathTypeError as error:
            wanted = " or ".join(one.replace("-", " of ") for one in error.expected_types)
            raise PathFails(f"{error.function_name}() takes {wanted}, and finds {error.actual_type}") from None
        except exceptions.JMESPathError as error:
            raise PathFails(f"cannot be followed ({type(error).__name__})") from None
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise PathFails(f"cannot be followed ({type(error).__name__})") from None

    def holds(self, payload: Any) -> bool:
        """Say whether the path finds something: neither nothing, nor false, nor anything empty. Raises PathFails."""
        found = self.find(payload)
        return not (found is None or found is False or found == "" or found == [] or found == {})


def read_path(text: str) -> Path:
    """Read a path. Raises BadPath, also for a function that there is not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PendingDeprecationWarning)
            parsed = Parser().parse(text)
    except PendingDeprecationWarning:
        raise BadPath("is no JMESPath: what stands between ` has to be JSON; write a text in single quotes") from None
    except exceptions.ParseError as error:
        what = "ends too early" if isinstance(error, exceptions.IncompleteExpressionError) else error.msg.lower()
        raise BadPath(f"is no JMESPath: {what} (column {_column(error, text)})") from None
    except exceptions.LexerError as error:
        raise BadPath(f"is no JMESPath: {str(error.message).lower()} (column {_column(error, text)})") from None
    except (exceptions.JMESPathError, RecursionError):
        raise BadPath("is no JMESPath") from None
    for node in _nodes(parsed.parsed):
        if node.get("type") == "function_expression":
            _check_call(node)
    return Path(text, parsed)


def _column(error: exceptions.ParseError, text: str) -> int:
    # What ends too early is told without a place.
    return (len(text) if isinstance(error, exceptions.IncompleteExpressionError) else int(error.lex_position)) + 1


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", ()):
        if isinstance(child, dict):
            yield from _nodes(child)


def _check_call(node: dict[str, Any]) -> None:
    name, given = node["value"], len(node["children"])
    if name not in _TABLE:
        raise BadPath(f"has a function that there is not: {name}()")
    wanted = _TABLE[name]["signature"]
    variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
    if given < len(wanted) or (given > len(wanted) and not variadic):
        raise BadPath(f"gives {name}() {given} arguments; it takes {len(wanted)}{' or more' if variadic else ''}")
