"""Texts as people type them, made tidy: no needless space, nothing invisible, one way to write each letter (R42)."""

import re
import unicodedata
from collections.abc import Iterable

# Control characters, and those that have no width or turn text around; not the joiners that some scripts need.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def tidy(text: str | None, *, keep_lines: bool = False) -> str | None:
    """Give a text without control characters and needless space; None for nothing."""
    if text is None:
        return None
    text = unicodedata.normalize("NFC", _CONTROL.sub("", text))
    lines = [" ".join(line.split()) for line in text.splitlines()] if keep_lines else [" ".join(text.split())]
    return "\n".join(lines).strip() or None


def lower(text: str | None) -> str | None:
    """Give a tidy text in small letters; None for nothing."""
    text = tidy(text)
    return text.lower() if text else None


def words_of(words: Iterable[str]) -> list[str]:
    """Give each word once, in lower case, so that conditions find it."""
    return list(dict.fromkeys(word for word in map(lower, words) if word))
