"""Rule conditions: CEL text, checked when a policy is read, judged without ever raising.

What is not known is neither true nor false (Kleene's logic, as in SQL). A condition holds only when it is true
for certain: `company.employees < 5` does not hold for a company of unknown size, and neither does
`!(company.employees < 5)`. Only what cannot change the outcome may be unknown: `region == "emea" || points > 20`
holds in EMEA, whatever the points. `known(company.employees)` asks whether a field is known, and is always true
or false itself. What a rule cannot make sense of (a text where `custom.age` should be a number) counts as unknown.

Rules come from strangers, so their size, depth, loops and what they may build up in memory are bounded, and a
text that passes cannot run long. This module refuses to read facts (`vocabulary.py`) and to keep anything.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from policy.conditions.cel import compile_part, environment
from policy.conditions.flaws import ConditionError, Flaw, say_flaws
from policy.conditions.parts import Test, take_apart
from policy.conditions.vocabulary import Vocabulary
from policy.conditions.words import check_words, fields_in, rewrite

LONGEST = 4000
"""Characters of one condition."""

PLAIN = Vocabulary()
"""The words every policy has."""

SILENT = frozenset({"message"})
"""Fields whose value is nobody's business in a reason."""

_QUOTED = 60


class Known:
    """What is known of one lead at one moment, as conditions look at it: values by field name.

    A field that is not among the values is not known; a touch that is not was never made, and lists and maps are
    empty. Names that the vocabulary does not have are let pass. `at` is the moment: rules that count for a time only
    count by it, and without it not at all.
    """

    def __init__(self, values: Mapping[str, Any], vocabulary: Vocabulary, at: datetime | None = None) -> None:
        self.values = values
        self.vocabulary = vocabulary
        self.at = at
        self._told: dict[tuple[str, ...], str] = {}

    def and_also(self, values: Mapping[str, Any], vocabulary: Vocabulary) -> "Known":
        """Give what is known once `values` are, too, in the words of a later stage."""
        return Known({**self.values, **values}, vocabulary, self.at)

    def value(self, name: str) -> Any:
        """Give the value of a field, or of one inside a map (`custom.age`); None when it is not known."""
        value = self.values.get(name)
        if value is None and "." in name:
            root, *path = name.split(".")
            value = self.values.get(root)
            for part in path:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def tell(self, names: tuple[str, ...]) -> str:
        """Tell the values of some fields: `company.employees is 120, deal.amount is not known`. Quotes no message."""
        if (told := self._told.get(names)) is None:
            one = self._tell_one(names[0]) if len(names) == 1 else ", ".join(self.tell((name,)) for name in names)
            told = self._told[names] = one
        return told

    def _tell_one(self, name: str) -> str:
        value = self.value(name)
        if value is None:
            return f"{name} is 0" if name.startswith("touches.") else f"{name} is not known"
        if name in SILENT:
            return f"the {name}"
        if isinstance(value, bool):
            return f"{name} is {'yes' if value else 'no'}"
        return f"{name} is {shortened(value)}"


def shortened(value: Any) -> str:
    """Write a value so that it fits into a sentence: lists by their entries, and what is long cut."""
    text = ", ".join(map(str, value)) or "empty" if isinstance(value, list) else str(value)
    return text if len(text) <= _QUOTED else text[: _QUOTED - 3] + "..."


class Condition:
    """One condition, compiled. Made by `compile_condition`."""

    def __init__(self, text: str, fields: tuple[str, ...], test: Test) -> None:
        self.text = text
        self.fields = fields
        self._test = test

    def holds(self, known: Known) -> bool:
        """Say whether it is true for certain; what is unknown, or makes no sense, is not. Never raises."""
        return self._test(known.values)

    def because(self, known: Known) -> str:
        """Tell what it looked at: `company.employees is 120, deal.amount is not known`. Quotes no message."""
        return known.tell(self.fields) if self.fields else "always"

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
        result = environment(vocabulary).compile(rewrite(text, vocabulary.fields)).return_type().name()
    except RuntimeError as error:
        return say_flaws(text, str(error), vocabulary.fields)
    if result not in ("BOOL", "DYN"):
        return (Flaw(1, 1, f"is neither true nor false; compare it with something ({text.strip()[:40]} == ...)"),)
    if flaws := tuple(_bad_patterns(text, vocabulary)):
        return flaws
    test = take_apart(text, vocabulary.fields, lambda part: compile_part(part, vocabulary))
    return Condition(text, fields_in(text, vocabulary.fields), test)


def _bad_patterns(text: str, vocabulary: Vocabulary) -> Iterable[Flaw]:
    """Find patterns that could never match anything: their errors would come only when a lead does."""
    cel = environment(vocabulary)
    for found in re.finditer(r"""\.\s*matches\s*\(\s*([rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))\s*\)""", text):
        outcome = cel.compile(f"''.matches({found[1]})").eval(data={}).value()
        if not isinstance(outcome, bool):
            why = str(outcome).rpartition("invalid regular expression: ")[2]
            yield Flaw.at(text, found.start(1), f"is not a regular expression (RE2): {why}")
