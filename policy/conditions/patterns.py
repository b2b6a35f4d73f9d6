"""Patterns of plain words, which Python can look for as well as RE2 does: CEL would read them anew for each lead.

This room refuses every other pattern: Python's own can take for ever, and both read some signs in their own way.
"""

import re

_WORDS = r"[A-Za-z0-9 _&/,'-]+"
_PLAIN_PATTERN = re.compile(rf"(\(\?i\))?(\\b)?({_WORDS}|\((\?:)?{_WORDS}(\|{_WORDS})*\))(\\b)?")


def plain_pattern(quoted: str) -> re.Pattern[str] | None:
    """Read a quoted pattern of plain words, any of which may be there; None when it is anything more.

    Over ASCII, Python finds just what RE2 finds for it, and as soon: there is nothing in it to repeat.
    """
    inside = quoted[1:-1].replace("\\\\", "\0")
    if quoted[:1] not in ("'", '"') or "\\" in inside:
        return None
    pattern = inside.replace("\0", "\\")
    return re.compile(pattern, re.ASCII) if _PLAIN_PATTERN.fullmatch(pattern) else None
