"""What every model on the wire has in common."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError


class Outside(BaseModel):
    """A model that strangers fill in: frozen, strict, and unknown fields are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Inside(BaseModel):
    """A model that only Baton's own rooms exchange: unknown fields of a newer release are let pass."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


def _aware_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("needs a UTC offset, for example 2026-03-02T09:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years that a calendar has") from None


Instant = Annotated[datetime, AfterValidator(_aware_utc)]
"""An aware instant, kept in UTC; a naive one is refused."""


class Problem(Inside):
    """One thing that is wrong with what came in: where (`company.domain`) and what would be right."""

    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}" if self.field else self.what


class Refused(ValueError):
    """What came in does not parse. Carries one `Problem` per wrong field and never the input itself."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


MOST_PROBLEMS = 20
LONGEST_FIELD = 100
LONGEST_TEXT = 300
"""What is told of input that is wrong all over: enough to mend it, never as long as it."""

UNREADABLE = "unreadable payload"
"""Key of the stand-in for a payload that could not be decoded at all; its value says why."""

M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], raw: Any, suggest: Callable[[str], str] | None = None) -> M:
    """Read `raw` (plain JSON data) as `model`, strictly.

    Raises `Refused` naming each wrong field; `suggest` may add a hint for an unknown field name.
    """
    if isinstance(raw, dict) and UNREADABLE in raw:
        raise Refused((Problem(field="", what=f"{UNREADABLE}: {raw[UNREADABLE]}"[:LONGEST_TEXT]),))
    if not isinstance(raw, dict):
        raise Refused((Problem(field="", what=f"has to be a JSON object, and is {_kind_of(raw)}"),))
    try:
        text = json.dumps(raw, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused((Problem(field="", what=f"is not plain JSON: {error}"[:LONGEST_TEXT]),)) from None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise Refused(problems_of(error, suggest)) from None
    except (OverflowError, RecursionError) as error:
        raise Refused((Problem(field="", what=f"cannot be read: {type(error).__name__}"),)) from None


def problems_of(error: ValidationError, suggest: Callable[[str], str] | None = None) -> tuple[Problem, ...]:
    """Turn pydantic's complaints into problems that name the field as its sender wrote it."""
    problems = []
    details = error.errors(include_url=False, include_input=False, include_context=False)
    for detail in details[:MOST_PROBLEMS]:
        field = ".".join(str(part) for part in detail["loc"])[:LONGEST_FIELD]
        what = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            what = "is not a known field" + (suggest(field) if suggest else "")
        elif detail["type"] == "missing":
            what = "is required"
        problems.append(Problem(field=field, what=what if len(what) <= LONGEST_TEXT else f"{what[:LONGEST_TEXT]}..."))
    if (more := len(details) - MOST_PROBLEMS) > 0:
        problems.append(Problem(field="", what=f"and {more} more"))
    return tuple(problems)


def bounded(raw: Any, largest: int, deepest: int) -> Any:
    """Give `raw` back if it is plain JSON of at most `largest` bytes and `deepest` levels, else what is wrong."""
    if too_deep(raw, deepest):
        return {UNREADABLE: f"is nested more than {deepest} levels deep"}
    try:
        size = len(json.dumps(raw, allow_nan=False))
    except (TypeError, ValueError) as error:
        return {UNREADABLE: f"is not plain JSON: {error}"[:LONGEST_TEXT]}
    return raw if size <= largest else {UNREADABLE: f"is {size:,} bytes long; {largest:,} are taken"}


def too_deep(raw: Any, deepest: int) -> bool:
    """Say whether lists and objects are nested deeper than `deepest`, without recursion."""
    level = [raw]
    for _ in range(deepest + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _kind_of(raw: Any) -> str:
    names = {
        type(None): "nothing",
        bool: "a boolean",
        str: "a text",
        list: "a list",
        int: "a number",
        float: "a number",
    }
    return names.get(type(raw), f"a {type(raw).__name__}")
