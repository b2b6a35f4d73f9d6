"""What a column may hold: aware instants, words of an enumeration, and text that every database takes.

Naive instants and words outside their enumeration are refused here, once for all tables.
"""

import json
import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator


class NaiveInstant(ValueError, DontWrapMixin):
    """An instant without a UTC offset was about to be stored or compared."""


class Utc(TypeDecorator[datetime]):
    """An aware instant, kept and given back in UTC. Raises `NaiveInstant` for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive instants and turn the others into UTC."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise NaiveInstant(f"{value} has no UTC offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give the instant its zone back, which SQLite forgets."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """One word of an enumeration, stored as itself. Raises `ValueError` for any other."""

    impl = String(32)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, _dialect: Dialect) -> str | None:
        """Refuse what is not one of the words."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        """Give the enumeration's member."""
        return None if value is None else self.words(value)


class Prose(TypeDecorator[str]):
    """Text that strangers may have written; what no database holds (NUL, half a surrogate) becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """Replace what would be refused: one odd character must not wedge a lead."""
        if value is None:
            return None
        return value.replace("\x00", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


Document = JSON(none_as_null=True)
"""A JSON document; as text, not PostgreSQL's `jsonb`, which refuses NUL and forgets the order."""


def to_json(value: Any) -> str:
    """Write a document as ASCII JSON; numbers that JSON does not know (NaN, infinity) become words."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
