"""What people type for an id, an instant, a duration or a JSON object, read or refused with the option's name."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cli.exits import BadInput
from models.durations import Duration
from models.lead import LEAD_ID

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_FROM_NOW = re.compile(r"\+?\s*\d.*[a-z]\s*", re.ASCII)


def read_lead_id(text: str) -> str:
    """Check what a lead's id looks like. Raises BadInput."""
    if not LEAD_ID.fullmatch(text):
        raise BadInput("LEAD: is no lead id: it holds letters, digits, - and _ only, 64 at most")
    return text


def read_instant(text: str, now: datetime, option: str) -> datetime:
    """Read `now`, `2026-03-02T09:00:00Z` with any offset, or a time from now like `2h`. Raises BadInput."""
    word = text.strip()
    if word == "now":
        return now
    if _FROM_NOW.fullmatch(word) and "T" not in word:
        return now + read_duration(word.lstrip("+ "), option)
    try:
        instant = datetime.fromisoformat(word)
    except ValueError:
        raise BadInput(f"{option}: is no instant; write for example 2026-03-02T09:00:00Z") from None
    if instant.tzinfo is None:
        raise BadInput(f"{option}: needs a UTC offset, for example 2026-03-02T09:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise BadInput(f"{option}: is no instant anybody plans for") from None


def read_moment(text: str, now: datetime, option: str) -> str:
    """Read a day, or a wall time without an offset, as it is written; else as `read_instant`. Raises BadInput."""
    word = text.strip()
    try:
        written = datetime.fromisoformat(word)
    except ValueError:
        written = None
    if written is not None and written.tzinfo is None:
        return word
    if written is None and word != "now" and not _FROM_NOW.fullmatch(word):
        raise BadInput(f"{option}: is no day and no instant; write for example 2026-03-02 or 2026-03-02T13:00")
    return read_instant(text, now, option).isoformat()


def read_since(text: str, now: datetime, option: str = "--since") -> datetime:
    """Read a day (from midnight UTC), a wall time in UTC, or what `read_instant` takes. Raises BadInput."""
    moment = datetime.fromisoformat(read_moment(text, now, option))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def read_duration(text: str, option: str) -> timedelta:
    """Read `4h`, `90m`, `1h30m`, `2d`, `1bd`. Raises BadInput."""
    try:
        return _DURATION.validate_python(text.strip())
    except ValidationError as error:
        what = error.errors(include_url=False, include_context=False)[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"{option}: {what}") from None


def read_person(text: str, option: str = "--by") -> str:
    """Read who does it, 64 characters at most. Raises BadInput."""
    return _read_words(text, option, "say who does it", 64)


def read_reason(text: str) -> str:
    """Read why, 500 characters at most. Raises BadInput."""
    return _read_words(text, "--reason", "say why; others read it", 500)


def _read_words(text: str, option: str, wanted: str, longest: int) -> str:
    words = text.strip()
    if not words:
        raise BadInput(f"{option}: {wanted}")
    if len(words) > longest:
        raise BadInput(f"{option}: {longest} characters at most")
    return words


def read_object(text: str, option: str) -> dict[str, Any]:
    """Read a JSON object. Raises BadInput."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{option}: is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadInput(f'{option}: has to be a JSON object, like {{"page": "/pricing"}}')
    return value
