"""Rule conditions: CEL text, checked when a policy is read, judged without ever raising.

What is not known is neither true nor false (Kleene's logic, as in SQL). A condition holds only when it is true
for certain: `company.employees < 5` does not hold for a company of unknown size, and neither does
`!(company.employees < 5)`. Only what cannot change the outcome may be unknown: `region == "emea" || points > 20`
holds in EMEA, whatever the points. `known(company.employees)` asks whether a field is known, and is always true
or false itself. What a rule cannot make sense of (a text where `custom.age` should be a number) counts as unknown.

Rules come from strangers, so their size, depth, loops and what they may build up in memory are bounded, and a
text that passes cannot run long. This room refuses to read facts (`policy/vocabulary.py`) and to keep anything.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

from cel_expr_python import cel

from policy.condition_flaws import NAMESPACE, ConditionError, Flaw, say_flaws
from policy.condition_words import check_words, fields_in, rewrite
from policy.vocabulary import Kind, Vocabulary

LONGEST = 4000
"""Characters of one condition."""

PLAIN = Vocabulary()
"""The words every policy has."""

_QUOTED = 60
_SILENT = frozenset({"message"})

_TYPES = {
    Kind.TEXT: cel.Type.STRING,
    Kind.NUMBER: cel.Type.INT,
    Kind.YES_NO: cel.Type.BOOL,
    Kind.TEXTS: cel.Type.List(cel.Type.STRING),
    Kind.MAP: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}
_EMPTY: Mapping[Kind, Any] = {Kind.TEXTS: [], Kind.MAP: {}}


class Known:
    """What is known of one lead at one moment, as conditions look at it: values by field name.

    A field that is not among the values is not known; a touch that is not was never made, and lists and maps are
    empty. Names that the vocabulary does not have are let pass.
    """

    def __init__(self, values: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self.values = values
        self._vocabulary = vocabulary

    def and_also(self, values: Mapping[str, Any], vocabulary: Vocabulary) -> "Known":
        """Give what is known once `values` are, too, in the words of a later stage."""
        return Known({**self.values, **values}, vocabulary)

    def value(self, name: str) -> Any:
        """Give the value of a field, or of one inside a map (`custom.age`); None when it is not known."""
        if name in self.values:
            return self.values[name]
        value: Any = self.values
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    @cached_property
    def activation(self) -> Any:
        """Give the values as CEL takes them."""
        data: dict[str, Any] = {}
        for name, field in self._vocabulary.fields.items():
            value = self.values.get(name)
            data[f"{NAMESPACE}.known.{name}"] = value is not None
            if value is None:
                value = 0 if name.startswith("touches.") else _EMPTY.get(field.kind)
            if value is not None:
                data[f"{NAMESPACE}.{name}"] = value
        return _environment(self._vocabulary).Activation(data)


class Condition:
    """One condition, compiled. Made by `compile_condition`."""

    def __init__(self, text: str, fields: tuple[str, ...], program: Any) -> None:
        self.text = text
        self.fields = fields
        self._program = program

    def holds(self, known: Known) -> bool:
        """Say whether it is true for certain; what is unknown, or makes no sense, is not. Never raises."""
        try:
            return self._program.eval(known.activation).value() is True
        except RuntimeError:  # a bound was met, for example by a very long list in `custom`
            return False

    def because(self, known: Known) -> str:
        """Tell what it looked at: `company.employees is 120, deal.amount is not known`. Quotes no message."""
        return ", ".join(_tell(name, known.value(name)) for name in self.fields) or "always"

    def __repr__(self) -> str:
        return f"Condition({self.text!r})"


def compile_condition(text: str, where: str = "", vocabulary: Vocabulary = PLAIN) -> Condition:
    """Compile CEL text over the fields of `vocabulary`; `where` says whose condition it is (`sla[0].when`).

    Raises ConditionError with every flaw found, each with its line and column: unknown fields (and what was
    probably meant), values that a field never has, types that do not go together, bad syntax, too much of anything.
    """
    compiled = _compile(text, vocabulary)
    if isinstance(compiled, tuple):
        raise ConditionError(where, compiled)
    return compiled


@lru_cache(maxsize=4096)
def _compile(text: str, vocabulary: Vocabulary) -> Condition | tuple[Flaw, ...]:
    if len(text) > LONGEST:
        return (Flaw(1, 1, f"is too long: {LONGEST} characters at most"),)
    if strange := [place for place, sign in enumerate(text) if not sign.isprintable() and sign not in "\n\t"]:
        return (Flaw.at(text, strange[0], "holds a character that cannot be printed"),)
    if flaws := check_words(text, vocabulary.fields):
        return flaws
    try:
        program = _environment(vocabulary).compile(rewrite(text, vocabulary.fields))
    except RuntimeError as error:
        return say_flaws(text, str(error), vocabulary.fields)
    result = program.return_type().name()
    if result not in ("BOOL", "DYN"):
        return (Flaw(1, 1, f"is neither true nor false; compare it with something ({text.strip()[:40]} == ...)"),)
    if flaws := tuple(_bad_patterns(text, vocabulary)):
        return flaws
    return Condition(text, fields_in(text, vocabulary.fields), program)


def _bad_patterns(text: str, vocabulary: Vocabulary) -> Iterable[Flaw]:
    """Find patterns that could never match anything: their errors would come only when a lead does."""
    environment = _environment(vocabulary)
    for found in re.finditer(r"""\.\s*matches\s*\(\s*([rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))\s*\)""", text):
        outcome = environment.compile(f"''.matches({found[1]})").eval(environment.Activation({})).value()
        if not isinstance(outcome, bool):
            why = str(outcome).rpartition("invalid regular expression: ")[2]
            yield Flaw.at(text, found.start(1), f"is not a regular expression (RE2): {why}")


@lru_cache(maxsize=64)
def _environment(vocabulary: Vocabulary) -> Any:
    variables = {f"{NAMESPACE}.{name}": _TYPES[field.kind] for name, field in vocabulary.fields.items()}
    flags = {f"{NAMESPACE}.known.{name}": cel.Type.BOOL for name in vocabulary.fields}
    return cel.NewEnv(container=NAMESPACE, variables=variables | flags)


def _tell(name: str, value: Any) -> str:
    if value is None and name.startswith("touches."):
        return f"{name} is 0"
    if value is None:
        return f"{name} is not known"
    if name in _SILENT:
        return f"the {name}"
    if isinstance(value, list):
        value = ", ".join(map(str, value)) or "empty"
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = str(value)
    return f"{name} is {text if len(text) <= _QUOTED else text[: _QUOTED - 3] + '...'}"
