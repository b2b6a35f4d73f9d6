"""Durations as people write them: `90s`, `15m`, `1h30m`, `2d`, `5bd`. This room refuses to count them on any clock."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

BUSINESS_DAY = timedelta(hours=8)
"""What `1bd` stands for on a business clock."""

LONGEST = timedelta(days=3660)
"""Longer than ten years nobody waits."""

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "bd": BUSINESS_DAY,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|bd|s|m|h|d)")


def _duration(value: Any) -> Any:
    """Read `90s`, `15m`, `1h30m`, `2d`, `5bd` (business days of 8 h)."""
    if isinstance(value, int | float) and value != 0:
        raise ValueError(f"{value} of what? write for example {value}s, {value}m or {value}h")
    if not isinstance(value, str) or value.startswith(("P", "-P")):
        return value
    parts = _PART.findall(value)
    if not parts or _PART.sub("", value).strip():
        raise ValueError(f"{value[:40]!r} is not a duration; write for example 90s, 15m, 1h30m, 2d or 5bd")
    try:
        return sum((float(number) * _UNITS[unit] for number, unit in parts), timedelta())
    except OverflowError:
        raise ValueError("is longer than anybody waits (ten years at most)") from None


Duration = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(0), le=LONGEST, strict=False)]
