"""Where a mapping may put things: the fields of what it makes, and how what a tool sends becomes one of them.

Tools send numbers as text, dates as milliseconds and lists with semicolons; a field says what it needs. The fields
follow from `models.lead.LeadInput` and `models.door`: one that is added there can be mapped at once.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from models.door import Ended, Happening, OwnerChanged
from models.lead import LeadInput, LeadType
from models.outcome import OutcomeResult
from models.source import Becomes
from policy.spelling import did_you_mean

_WHOLE = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_INSTANT = re.compile(r"-?\d{9,14}(\.\d{1,9})?", re.ASCII)
_MILLISECONDS_FROM = 100_000_000_000
"""Larger numbers are milliseconds: as seconds they would lie beyond the year 5138."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YES, _NO = frozenset({"true", "yes", "on", "1", "y"}), frozenset({"false", "no", "off", "0", "n"})
_SEPARATOR = ";"

MODELS: Mapping[Becomes, type[BaseModel]] = {
    Becomes.LEAD: LeadInput,
    Becomes.EVENT: Happening,
    Becomes.OUTCOME: Ended,
    Becomes.OWNER: OwnerChanged,
}
"""What each thing that an item becomes is read as."""

WORDS: Mapping[type, tuple[str, tuple[str, ...]]] = {
    LeadType: ("type of a lead", tuple(LeadType)),
    OutcomeResult: ("outcome", tuple(OutcomeResult)),
}
"""Fields that take one of a few words: what they name, and which there are."""


class BadValue(ValueError):
    """What was found does not fit its field. Says what would, never what was found."""


def kind_of(becomes: Becomes, name: str) -> type | None:
    """Say what a field takes; `object` for a name inside a map (`custom.budget`), None for an unknown field."""
    fields = _fields(becomes)
    if name in fields:
        return fields[name]
    holder, _, rest = name.partition(".")
    return object if rest and fields.get(holder) is dict else None


def hint(becomes: Becomes, name: str) -> str:
    """Say which field an unknown one may have meant."""
    fields = _fields(becomes)
    last = [known for known in fields if known.rpartition(".")[2] == name]
    return f"; did you mean {last[0]}?" if last else did_you_mean(name, fields)


def fit(kind: type, found: Any) -> Any:
    """Give what was found as its field takes it; None when there is nothing in it. Raises BadValue."""
    if found is None or found == [] or found == {} or (isinstance(found, str) and not found.strip()):
        return None
    return _FITTING[kind](found.strip() if isinstance(found, str) else found)


def put(data: dict[str, Any], kind: type, name: str, value: Any) -> None:
    """Put a value where the field has its place; inside a map a name may have dots of its own."""
    parts = name.split(".", 1) if kind is object else name.split(".")
    for part in parts[:-1]:
        data = data.setdefault(part, {})
    if kind is dict:
        data[parts[-1]] = {**value, **data.get(parts[-1], {})}
    else:
        data[parts[-1]] = value


def as_word(found: Any) -> str | None:
    """Give what was found as the key of a table: small letters, no space around; None for what is no single value."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str | int | float):
        return str(found).strip().casefold()
    return None


@cache
def _fields(becomes: Becomes) -> dict[str, type]:
    return dict(_of(MODELS[becomes], ""))


def _of(model: type[BaseModel], above: str) -> Iterator[tuple[str, type]]:
    for name, field in model.model_fields.items():
        kind = _bare(field.annotation)
        if issubclass(kind, BaseModel):
            yield from _of(kind, f"{above}{name}.")
        else:
            yield f"{above}{name}", kind if kind in _FITTING else str


def _bare(annotation: Any) -> type:
    """Give the type behind `X | None`, `list[X]` and `Annotated[X, ...]`."""
    if get_origin(annotation) in (Union, UnionType):
        return _bare(next(one for one in get_args(annotation) if one is not NoneType))
    if metadata := getattr(annotation, "__metadata__", ()):
        return _bare(annotation.__origin__) if metadata else str
    origin = get_origin(annotation) or annotation
    return origin if isinstance(origin, type) else str


def _text(found: Any) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer() and abs(found) < 1e15:
        return str(int(found))
    if isinstance(found, str | int | float):
        return str(found)
    if isinstance(found, list) and all(isinstance(one, str | int | float) for one in found):
        return ", ".join(_text(one) for one in found)
    raise BadValue("has to be a text")


def _whole(found: Any) -> int:
    if isinstance(found, float) and found.is_integer() and abs(found) < 1e18:
        return int(found)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    if isinstance(found, str) and _WHOLE.fullmatch(found):
        return int(found)
    raise BadValue("has to be a whole number; translate ranges with a table")


def _number(found: Any) -> float:
    number = math.nan
    if isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e300:
        number = float(found)
    elif isinstance(found, str) and "_" not in found and len(found) < 40:
        try:
            number = float(found)
        except ValueError:
            number = math.nan
    if not math.isfinite(number):
        raise BadValue("has to be a number, with a dot for decimals")
    return number


def _yes_no(found: Any) -> bool:
    word = as_word(found)
    if word not in _YES | _NO:
        raise BadValue("has to be true or false")
    return word in _YES


def _entries(found: Any) -> list[str]:
    entries = found.split(_SEPARATOR) if isinstance(found, str) else found
    if not isinstance(entries, list):
        entries = [entries]
    return [said for said in (_text(one).strip() for one in entries) if said]


def _map(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise BadValue("has to be an object")
    return dict(found)


def _instant(found: Any) -> str:
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise BadValue("has to be an instant: 2026-03-02T09:00:00Z, or seconds or milliseconds since 1970")
    if isinstance(found, str) and not _INSTANT.fullmatch(found):
        return found  # the door reads it, and says what is wrong with it
    try:
        number = float(found)
        seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
        return (_EPOCH + timedelta(seconds=seconds)).isoformat()
    except (OverflowError, ValueError):
        raise BadValue("lies outside the years that a calendar has") from None


_FITTING: dict[type, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _yes_no,
    list: _entries,
    dict: _map,
    datetime: _instant,
    **{kind: lambda found: _text(found).lower() for kind in WORDS},
    object: lambda found: found,
}
