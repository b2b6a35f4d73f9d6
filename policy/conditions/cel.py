"""The parts of conditions that CEL answers, each over just the fields it names; the answers are remembered.

The same values of the same fields give the same answer, so that what was asked of the last leads need not be asked
again. Only short values are remembered by, and only so many answers are kept, however many leads come. This room
refuses to check texts and to tell what is wrong with them (`policy/conditions/condition.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cel_expr_python import cel

from policy.conditions.flaws import NAMESPACE, bare
from policy.conditions.vocabulary import Field, Kind, Listed, Vocabulary
from policy.conditions.words import Token, all_plain, literal, rewrite, tokens_of

MOST_ANSWERS = 16384
"""So many answers are remembered, of all conditions together; those longest not asked for are forgotten first."""

LONGEST_REMEMBERED = 200
"""Values longer than this many characters (or entries with more, or more than `MOST_ENTRIES`) are not remembered by."""
MOST_ENTRIES = 50

_TYPES = {
    Kind.TEXT: cel.Type.STRING,
    Kind.NUMBER: cel.Type.INT,
    Kind.YES_NO: cel.Type.BOOL,
    Kind.TEXTS: cel.Type.List(cel.Type.STRING),
    Kind.MAP: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}


@lru_cache(maxsize=64)
def environment(vocabulary: Vocabulary) -> Any:
    """Give CEL the fields of a vocabulary, and of each whether it is known."""
    variables = {f"{NAMESPACE}.{name}": _TYPES[field.kind] for name, field in vocabulary.fields.items()}
    flags = {f"{NAMESPACE}.known.{name}": cel.Type.BOOL for name in vocabulary.fields}
    return cel.NewEnv(container=NAMESPACE, variables=variables | flags)


class _Look(NamedTuple):
    """One field that a part looks at; `key` when it is just one entry of a map."""

    name: str
    kind: Kind
    key: str | None = None


class CelPart:
    """One part of a condition, as CEL answers it. Made by `compile_part`."""

    def __init__(self, program: Any, looks: Sequence[_Look], texts: Sequence[str]) -> None:
        self._program = program
        self._looks = tuple(looks)
        self._texts = tuple(texts)

    def __call__(self, values: Mapping[str, Any]) -> bool:
        """Say whether it is true for certain; what is unknown, or makes no sense, is not."""
        seen: list[Any] = []
        rememberable = True
        for name, _, key in self._looks:
            value = values.get(name)
            if key is not None and value is not None:
                value = value.get(key)
            if value.__class__ is list and len(value) <= MOST_ENTRIES:
                value = tuple(value)
            rememberable = rememberable and _is_short(value)
            seen.append(value)
        return _remembered(self, *seen) if rememberable else self.answer(seen)

    def answer(self, seen: Sequence[Any]) -> bool:
        """Ask CEL about the values of the fields it looks at, in their order.

        Case does not matter in what a policy's lists hold, and CEL compares to the letter: so the lists that it is
        given hold their entries as these values spell them, too.
        """
        data: dict[str, Any] = {}
        for (name, kind, key), value in zip(self._looks, seen, strict=True):
            data[f"{NAMESPACE}.known.{name}"] = value is not None
            if key is not None:
                entries = data.setdefault(f"{NAMESPACE}.{name}", {})
                entries |= {} if value is None else {key: _thawed(value)}
                continue
            given = _unless_known(name, kind) if value is None else _thawed(value)
            if value.__class__ is Listed:
                given = value.spelled([*self._texts, *_texts_in(seen)])
            if given is not None:
                data[f"{NAMESPACE}.{name}"] = given
        try:
            return self._program.eval(data=data).value() is True
        except RuntimeError:  # a bound was met, for example by a very long list in `custom`
            return False


@lru_cache(maxsize=MOST_ANSWERS, typed=True)
def _remembered(part: CelPart, *seen: Any) -> bool:
    return part.answer(seen)


def forget() -> None:
    """Forget every answer."""
    _remembered.cache_clear()


def kept() -> int:
    """Say how many answers are remembered."""
    return _remembered.cache_info().currsize


def _is_short(value: Any) -> bool:
    kind = value.__class__
    if kind is str:
        return len(value) <= LONGEST_REMEMBERED
    if kind is tuple:
        return all(entry.__class__ is str and len(entry) <= LONGEST_REMEMBERED for entry in value)
    return value is None or kind is int or kind is bool or kind is Listed


def _unless_known(name: str, kind: Kind) -> Any:
    """Give what CEL takes a field for that is not known: none at all for most of them."""
    if kind is Kind.TEXTS:
        return []
    if kind is Kind.MAP:
        return {}
    return 0 if name.startswith("touches.") else None


def _texts_in(values: Iterable[Any]) -> Iterator[str]:
    """Give every text among some values and in what they hold, but for the policy's lists."""
    waiting = [*values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list | tuple) and value.__class__ is not Listed:
            waiting += value


def _thawed(value: Any) -> Any:
    return list(value) if value.__class__ is tuple else value


def compile_part(text: str, vocabulary: Vocabulary) -> Callable[[Mapping[str, Any]], bool]:
    """Compile a text that is known to be a good condition. Raises RuntimeError when CEL does not think so."""
    fields = vocabulary.fields
    program = environment(vocabulary).compile(rewrite(text, fields))
    tokens = tokens_of(text)
    every = (_Look(name, field.kind) for name, field in fields.items())
    texts = [quoted for token in tokens if (quoted := literal(token.text)) is not None]
    return CelPart(program, list(_looks(tokens, fields) if all_plain(tokens) else every), texts)


def _looks(tokens: Sequence[Token], fields: Mapping[str, Field]) -> Iterator[_Look]:
    """Name every field that the text may be about: rather one too many, since CEL has its own way with dots."""
    words = {word for token in tokens for word in token.name.split(".")}
    for name, field in fields.items():
        if words.issuperset(name.split(".")):
            if field.kind is Kind.MAP and None not in (keys := _keys(name, tokens)):
                yield from (_Look(name, field.kind, key) for key in keys)
            else:
                yield _Look(name, field.kind)


def _keys(map_name: str, tokens: Sequence[Token]) -> dict[str | None, None]:
    """Name the entries of a map that the text is about; None among them means: the map itself."""
    keys: dict[str | None, None] = {}
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        words = bare(token.name).split(".")
        if after is not None and after.text == "(":
            words.pop()  # what is called
        if map_name in words:
            keys[words[1] if words[0] == map_name and len(words) > 1 else None] = None
    return keys
