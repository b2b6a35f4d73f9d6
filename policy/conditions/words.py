"""Reading a condition's text word by word, for what CEL itself cannot check.

CEL finds unknown fields and types that do not go together. It has no notion of a field with few values
(`type == "demo_requst"` is never true), of whether a field is known at all, and of how much memory an expression
may build up; that is looked at here, before it. This room refuses to compile.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import NamedTuple

from policy.conditions.flaws import Flaw, bare, meant, unknown_field
from policy.conditions.vocabulary import Field, Kind

MOST_LOOPS = 2
"""How many of `all`, `exists`, `exists_one` and `filter` one condition may have."""

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|//[^\n]*)
    | (?P<text>[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<number>\d[\w.]*|\.\d+)
    | (?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    | (?P<sign>[=!<>]=|&&|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One word or sign of a condition, where it stands; comments and spaces are none."""

    kind: str
    text: str
    at: int

    @property
    def name(self) -> str:
        """Give a name without the spaces that may be around its dots; nothing for any other token."""
        return re.sub(r"\s+", "", self.text) if self.kind == "name" else ""


def tokens_of(text: str) -> list[Token]:
    """Read a condition's words and signs."""
    found = (Token(str(match.lastgroup), match[0], match.start()) for match in _TOKEN.finditer(text))
    return [token for token in found if token.kind != "space"]


def all_plain(tokens: list[Token]) -> bool:
    """Say whether CEL sees the same words: it may find another end of a raw text, or of one in triple quotes."""
    texts = [token.text for token in tokens if token.kind == "text"]
    return not any(text[0] not in "\"'" or text[:3] in ('"""', "'''") for text in texts)


_LOOPS = re.compile(r"(?:^|\.)(all|exists|exists_one|filter|map)$")


def check_words(text: str, fields: Mapping[str, Field]) -> tuple[Flaw, ...]:
    """Find what CEL would let pass: values a field never has, known() of no field, what could grow without bound."""
    tokens = tokens_of(text)
    flaws = [*_wrong_values(text, tokens, fields), *_wrong_questions(text, tokens, fields), *_growth(text, tokens)]
    return tuple(sorted(flaws))


def _wrong_values(text: str, tokens: list[Token], fields: Mapping[str, Field]) -> Iterator[Flaw]:
    for place, token in enumerate(tokens):
        field = fields.get(bare(token.name))
        if field is None or not (field.values or field.spelt):
            continue
        for compared in _compared(tokens, place, field.kind):
            value = literal(compared.text)
            if value is None:
                continue
            if field.spelt and (right := field.spelt(value)) != value:
                yield Flaw.at(text, compared.at, f'{bare(token.name)} is never "{value}", did you mean {right}?')
            elif field.values and value not in field.values:
                hint = meant(value, field.values) or f"; it is one of {', '.join(field.values)}"
                yield Flaw.at(text, compared.at, f'{bare(token.name)} is never "{value}"{hint}')


def _compared(tokens: list[Token], place: int, kind: Kind) -> Iterator[Token]:
    """Give the literal texts that the field at `place` is compared with."""

    def word(offset: int) -> str:
        return tokens[place + offset].text if 0 <= place + offset < len(tokens) else ""

    if kind is Kind.TEXTS:
        if word(-1) == "in" and place >= 2:
            yield tokens[place - 2]
        return
    if word(1) in ("==", "!=") and place + 2 < len(tokens):
        yield tokens[place + 2]
    if word(-1) in ("==", "!=") and place >= 2:
        yield tokens[place - 2]
    if word(1) == "in" and word(2) == "[":
        for token in tokens[place + 3 :]:
            if token.text == "]":
                break
            yield token


def literal(token: str) -> str | None:
    """Read a plain quoted text; None for anything else (raw and escaped texts are nobody's field value)."""
    return (
        token[1:-1]
        if len(token) > 1 and token[0] in "'\"" and token[1:2] != token[0] * 2 and "\\" not in token
        else None
    )


def _wrong_questions(text: str, tokens: list[Token], fields: Mapping[str, Field]) -> Iterator[Flaw]:
    for place, token in enumerate(tokens):
        if token.name not in ("known", "has") or [one.text for one in tokens[place + 1 : place + 2]] != ["("]:
            continue
        asked = tokens[place + 2].name if place + 2 < len(tokens) else ""
        alone = place + 3 < len(tokens) and tokens[place + 3].text == ")"
        root, _, rest = bare(asked).partition(".")
        in_map = fields.get(root, Field(Kind.TEXT)).kind is Kind.MAP and rest
        if token.name == "has" and not in_map:
            yield Flaw.at(text, token.at, f"write known({asked or 'FIELD'})")
        elif not asked or not alone or (in_map and "." in rest):
            yield Flaw.at(
                text, token.at, "known() asks for one field, for example known(deal.amount) or known(custom.age)"
            )
        elif not in_map and bare(asked) not in fields:
            yield Flaw.at(text, tokens[place + 2].at, unknown_field(bare(asked), fields))


def _growth(text: str, tokens: list[Token]) -> Iterator[Flaw]:
    loops = [
        token
        for token, after in pairwise(tokens)
        if after.text == "(" and token.kind == "name" and _LOOPS.search(token.name)
    ]
    for token in loops:
        if token.name.endswith("map"):
            yield Flaw.at(text, token.at, "map() is not for conditions; exists(), all() and filter() are")
    if len(loops) > MOST_LOOPS:
        yield Flaw.at(text, loops[MOST_LOOPS].at, f"has too many loops: {MOST_LOOPS} of all, exists, filter at most")
    plus = next((token for token in tokens if token.text == "+"), None)
    if loops and plus:
        yield Flaw.at(text, plus.at, "adds up beside a loop; split it into two rules")


def rewrite(text: str, fields: Mapping[str, Field]) -> str:
    """Turn known(FIELD) into what CEL understands, each character staying in its place."""
    tokens = tokens_of(text)
    for place in range(len(tokens) - 3, -1, -1):
        token, opening, asked, closing = (*tokens[place : place + 4], Token("", "", 0))[:4]
        if token.name != "known" or (opening.text, closing.text) != ("(", ")"):
            continue
        end = closing.at + 1
        new = f"known.{bare(asked.name)}" if bare(asked.name) in fields else f"has({asked.name})"
        kept = text[token.at : end]
        # Line breaks stay where they are, so that CEL's line numbers stay ours.
        new = new.ljust(len(kept) - kept.count("\n")) + "\n" * kept.count("\n")
        text = text[: token.at] + new + text[end:]
    return text


def fields_in(text: str, fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Name the fields a condition looks at, in its order; those inside maps by their path (`custom.age`)."""
    tokens = tokens_of(text)
    found: dict[str, None] = {}
    for token, after in zip_longest(tokens, tokens[1:]):
        name = bare(token.name)
        if after is not None and after.text == "(":
            name = name.rpartition(".")[0]  # what is called is no field, but may be called on one
        if _is_field(name, fields):
            found[name] = None
    return tuple(found)


def _is_field(name: str, fields: Mapping[str, Field]) -> bool:
    if name in fields:
        return not name.startswith("lists.")
    root = name.partition(".")[0]
    return root in fields and fields[root].kind is Kind.MAP
