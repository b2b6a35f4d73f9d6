"""Taking a condition apart, so that most of it can be answered without CEL.

`a && b` holds exactly when both hold, and `a || b` when either does: what is unknown, or makes no sense, is not true in
either. So a condition comes apart at its outermost `&&` and `||`, and each plain comparison of one field with a
constant is answered right here, as CEL would answer it. Everything else, a negation to begin with, is one part for CEL
(`policy/conditions/cel.py`). What cannot be taken apart for certain stays whole. This room refuses to check anything:
it is handed texts that CEL has found good.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from policy.conditions.flaws import bare
from policy.conditions.patterns import plain_pattern
from policy.conditions.vocabulary import Field, Kind
from policy.conditions.words import Token, all_plain, literal, tokens_of

Test = Callable[[Mapping[str, Any]], bool]
"""Says of values by field name whether a part of a condition holds for certain."""

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def take_apart(text: str, fields: Mapping[str, Field], to_cel: Callable[[str], Test]) -> Test:
    """Give a test of the whole condition; `to_cel` makes one for a part that only CEL can answer."""
    tokens = tokens_of(text)
    if not all_plain(tokens) or any(token.text == "?" for token in tokens):
        return to_cel(text)
    return _apart(text, tokens, fields, to_cel)


def _apart(text: str, tokens: Sequence[Token], fields: Mapping[str, Field], to_cel: Callable[[str], Test]) -> Test:
    while _wrapped(tokens):
        tokens = tokens[1:-1]
    for sign, join in (("||", _any), ("&&", _all)):
        pieces = _split(tokens, sign)
        if len(pieces) > 1:
            return join([_apart(text, piece, fields, to_cel) for piece in pieces])
    part = text[tokens[0].at : tokens[-1].at + len(tokens[-1].text)]
    return _plain(tokens, fields) or _matching(tokens, fields, part, to_cel) or to_cel(part)


def _wrapped(tokens: Sequence[Token]) -> bool:
    """Say whether one pair of parentheses holds all of it."""
    if len(tokens) < 3 or tokens[0].text != "(" or tokens[-1].text != ")":
        return False
    depth = 0
    for token in tokens[:-1]:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0:
            return False
    return True


def _split(tokens: Sequence[Token], sign: str) -> list[Sequence[Token]]:
    depth, begin, pieces = 0, 0, list[Sequence[Token]]()
    for place, token in enumerate(tokens):
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0 and token.text == sign:
            pieces.append(tokens[begin:place])
            begin = place + 1
    return [*pieces, tokens[begin:]]


def _all(parts: Sequence[Test]) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 # tried on every lead for every rule: all() takes twice as long
            if not part(values):
                return False
        return True

    return test


def _any(parts: Sequence[Test]) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 # as above
            if part(values):
                return True
        return False

    return test


def _plain(tokens: Sequence[Token], fields: Mapping[str, Field]) -> Test | None:
    """Make a test for a plain question about one field; None when it is none."""
    texts = [token.text for token in tokens]
    match texts:
        case ["true"]:
            return lambda _: True
        case ["known", "(", _, ")"] if bare(tokens[2].name) in fields:
            return _known(bare(tokens[2].name))
        case ["!", "known", "(", _, ")"] if bare(tokens[3].name) in fields:
            return _not_known(bare(tokens[3].name))
        case [_, "(", _, ")"]:
            return _call(tokens, fields)
        case [_] | ["!", _] if _kind(tokens[-1], fields) is Kind.YES_NO:
            return _same(bare(tokens[-1].name), len(tokens) == 1)
        case [_, "in", *_]:
            return _within(tokens, fields)
        case [_, "==" | "!=" | "<" | "<=" | ">" | ">=", _] | [_, "==" | "!=" | "<" | "<=" | ">" | ">=", "-", _]:
            return _comparison(tokens, fields)
    return None


def _kind(token: Token, fields: Mapping[str, Field]) -> Kind | None:
    field = fields.get(bare(token.name))
    return field.kind if field else None


def _known(name: str) -> Test:
    return lambda values: values.get(name) is not None


def _not_known(name: str) -> Test:
    return lambda values: values.get(name) is None


def _same(name: str, value: Any) -> Test:
    return lambda values: values.get(name) is value


def _comparison(tokens: Sequence[Token], fields: Mapping[str, Field]) -> Test | None:
    name, sign = bare(tokens[0].name), tokens[1].text
    kind, text = _kind(tokens[0], fields), literal(tokens[-1].text)
    if kind is Kind.NUMBER and re.fullmatch(r"[0-9]+", tokens[-1].text):
        number = int("".join(token.text for token in tokens[2:]))
        return _number(name, _SIGNS[sign], number, 0 if name.startswith("touches.") else None)
    if text is None or len(tokens) > 3 or sign not in ("==", "!="):
        return None
    if kind is Kind.TEXT:
        return _is_text(name, text) if sign == "==" else _is_other_text(name, text)
    root, _, key = name.partition(".")
    if sign == "==" and key and "." not in key and root in fields and fields[root].kind is Kind.MAP:
        return _holds_text(root, key, text)
    return None


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _number(name: str, compare: Callable[[Any, Any], bool], number: int, unknown: int | None) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        value = values.get(name, unknown)
        return value.__class__ is int and compare(value, number)

    return test


def _is_text(name: str, text: str) -> Test:
    return lambda values: values.get(name) == text


def _is_other_text(name: str, text: str) -> Test:
    return lambda values: values.get(name, text) not in (None, text)


def _holds_text(name: str, key: str, text: str) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        value = values.get(name)
        return value is not None and value.get(key) == text

    return test


def _within(tokens: Sequence[Token], fields: Mapping[str, Field]) -> Test | None:
    name, second = bare(tokens[0].name), bare(tokens[2].name)
    text, kind, lasting = literal(tokens[0].text), _kind(tokens[0], fields), _kind(tokens[2], fields)
    if len(tokens) == 3 and lasting is Kind.TEXTS:
        if text is not None:
            return _has_text(second, text)
        return _listed(name, second) if kind is Kind.TEXT else None
    if kind is not Kind.TEXT or tokens[2].text != "[" or tokens[-1].text != "]":
        return None
    items = [literal(token.text) for token in tokens[3:-1:2]]
    commas = {token.text for token in tokens[4:-1:2]}
    if commas - {","} or None in items:
        return None
    return _one_of(name, frozenset(items))


def _has_text(name: str, text: str) -> Test:
    return lambda values: text in (values.get(name) or ())


def _listed(name: str, entries: str) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        value = values.get(name)
        return value is not None and value in (values.get(entries) or ())

    return test


def _one_of(name: str, texts: Iterable[str | None]) -> Test:
    return lambda values: values.get(name) in texts


def _call(tokens: Sequence[Token], fields: Mapping[str, Field]) -> Test | None:
    """Make a test for `title.contains("x")` and the like."""
    path, _, function = bare(tokens[0].name).rpartition(".")
    if path not in fields or fields[path].kind is not Kind.TEXT:
        return None
    text = literal(tokens[2].text)
    return None if text is None or function not in _CALLS else _called(path, _CALLS[function], text)


_CALLS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
}


def _called(name: str, ask: Callable[[str, str], bool], text: str) -> Test:
    def test(values: Mapping[str, Any]) -> bool:
        value = values.get(name)
        return value is not None and ask(value, text)

    return test


def _matching(
    tokens: Sequence[Token], fields: Mapping[str, Field], part: str, to_cel: Callable[[str], Test]
) -> Test | None:
    r"""Make a test for `title.matches("(?i)\\b(ceo|owner)\\b")`: CEL would read the pattern anew for each lead."""
    name, _, function = bare(tokens[0].name).rpartition(".")
    if [token.text for token in tokens[1::2]] != ["(", ")"] or function != "matches":
        return None
    pattern = plain_pattern(tokens[2].text)
    if pattern is None or name not in fields or fields[name].kind is not Kind.TEXT:
        return None
    search, otherwise = pattern.search, to_cel(part)

    def test(values: Mapping[str, Any]) -> bool:
        value = values.get(name)
        if value is None:
            return False
        return search(value) is not None if value.isascii() else otherwise(values)

    return test
