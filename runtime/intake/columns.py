"""The columns of a lead's CSV: a field's path with dots, and how its cells are read.

They follow from `models.lead.LeadInput`; a field added there is a column here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from models.lead import LeadInput
from policy.spelling import did_you_mean

SEPARATOR = ";"
"""Between the entries of a list in one cell."""

_WHOLE = re.compile(r"\d{1,7}", re.ASCII)
_DECIMAL = re.compile(r"\d{1,12}(\.(\d{1,2}|\d{4,9}))?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name as it is written, where its value goes, and of what kind it is."""

    name: str
    path: tuple[str, ...]
    kind: type

    def put(self, data: dict[str, Any], cell: str) -> None:
        """Read a cell that is not empty and put it where the lead has it."""
        holder = data
        for part in self.path[:-1]:
            holder = holder.setdefault(part, {})
        holder[self.path[-1]] = _READERS[self.kind](cell)


def column_of(name: str) -> Column | None:
    """Find the column of a header; a map (`custom`) takes any name behind its dot. None for an unknown one."""
    known = _columns().get(name)
    if known is not None and known.kind is not dict:
        return known
    holder, _, rest = name.partition(".")
    above = _columns().get(holder)
    if rest and above is not None and above.kind is dict:
        return Column(name, (holder, rest), object)
    return None


def column_hint(name: str) -> str:
    """Say which column a mistyped header may have meant."""
    spelt = re.sub(r"[\s-]+", "_", name.strip().lower())
    names = [column.name for column in _columns().values() if column.kind is not dict]
    if (above := _columns().get(spelt)) and above.kind is dict:
        return f"; write {spelt}.NAME for each of its values"
    if exact := [known for known in names if spelt in (known, known.rpartition(".")[2])]:
        return f"; did you mean {exact[0]}?"
    return did_you_mean(spelt, names)


def field_hint(field: str) -> str:
    """Say which field of a lead an unknown one may have meant."""
    holder = field.rpartition(".")[0]
    fields = {name for column in _columns() for name in (column, column.partition(".")[0])}
    return did_you_mean(field, sorted(name for name in fields if name.rpartition(".")[0] == holder))


@lru_cache(maxsize=1)
def _columns() -> dict[str, Column]:
    return {column.name: column for column in _of(LeadInput, ())}


def _of(model: type[BaseModel], above: tuple[str, ...]) -> Iterator[Column]:
    for name, field in model.model_fields.items():
        kind = _kind(field.annotation)
        if issubclass(kind, BaseModel):
            yield from _of(kind, (*above, name))
        else:
            yield Column(".".join((*above, name)), (*above, name), kind if kind in _READERS else str)


def _kind(annotation: Any) -> type:
    """Give the type behind `X | None`, `list[X]` and `Annotated[X, ...]`."""
    if get_origin(annotation) in (Union, UnionType):
        return _kind(next(one for one in get_args(annotation) if one is not NoneType))
    origin = get_origin(annotation) or annotation
    return origin if isinstance(origin, type) else str


def _yes_no(cell: str) -> bool | str:
    """Give `true` and `false` as such; other words are for hygiene to understand."""
    return cell.lower() == "true" if cell.lower() in ("true", "false") else cell


def _whole(cell: str) -> int | str:
    return int(cell) if _WHOLE.fullmatch(cell) else cell


def _number(cell: str) -> float | str:
    return float(cell) if _DECIMAL.fullmatch(cell) else cell


def _entries(cell: str) -> list[str]:
    return [entry.strip() for entry in cell.split(SEPARATOR) if entry.strip()]


def _anything(cell: str) -> Any:
    """Read what conditions compare: `true`, `false` and plain numbers as such, the rest as text."""
    if cell in ("true", "false"):
        return cell == "true"
    if found := _PLAIN_NUMBER.fullmatch(cell):
        return float(cell) if found[2] else int(cell)
    return cell


_READERS: dict[type, Any] = {
    bool: _yes_no,
    int: _whole,
    float: _number,
    list: _entries,
    str: str,
    dict: _anything,
    object: _anything,
}
