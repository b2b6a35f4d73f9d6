"""What a payload looks like without what it says: its fields and what kind of thing stands in each.

Somebody mends a mapping by it, and reads nothing of the person whom the payload is about. Names of fields that may be
somebody's own are veiled, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adapters.channels.wording import masked

MOST = 300
"""Lines of a shape."""

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]{0,59}")
_LONG_NUMBER = re.compile(r"\d{6}")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+?[\d ()./-]{7,}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_URL = re.compile(r"https?://\S+")
_SHORTEST = 3
_LONGEST_TOLD = 300


@dataclass(frozen=True, slots=True)
class Line:
    """One place of a payload: its path, and what kind of thing is there."""

    path: str
    kind: str


def shape_of(payload: Any, known: str = "") -> tuple[Line, ...]:
    """Lay out where a payload has what, at most `MOST` lines; `known`: names that a mapping asks for are plain."""
    found: dict[str, list[str]] = {}
    for path, kind in _walk(payload, "", known):
        if path not in found and len(found) == MOST:
            break
        kinds = found.setdefault(path, [])
        if kind not in kinds:
            kinds.append(kind)
    return tuple(Line(path or "the payload", " or ".join(kinds)) for path, kinds in found.items())


def veiled(text: str, payload: Any) -> str:
    """Give what was said of a payload without anything that stands in it."""
    own = {value for value in _texts(payload) if len(value) >= _SHORTEST}
    for value in sorted(own, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
    return masked(text, None, _LONGEST_TOLD)


def _walk(value: Any, path: str, known: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            name = _name(str(key), known)
            yield from _walk(below, f"{path}.{name}" if path else name, known)
    elif isinstance(value, list) and value:
        for below in value:
            yield from _walk(below, f"{path}[]", known)
    else:
        yield path, _kind(value)


def _name(key: str, known: str) -> str:
    plain = bool(_PLAIN_KEY.fullmatch(key)) and not _LONG_NUMBER.search(key)
    return key if plain or (key and key in known) else f"(a name of {len(key)} characters)"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, dict | list):
        return "an empty object" if isinstance(value, dict) else "an empty list"
    return _text_kind(str(value).strip())


def _text_kind(text: str) -> str:
    if not text:
        return "empty text"
    for pattern, kind in ((_EMAIL, "an e-mail address"), (_URL, "an address of a page"), (_DAY, "a day")):
        if pattern.fullmatch(text):
            return kind
    if _PHONE.fullmatch(text):
        return "digits, as of a phone"
    return "text"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _texts(below)
            if not _PLAIN_KEY.fullmatch(str(key)):
                yield str(key)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)
    elif isinstance(value, str):
        yield value.strip()
