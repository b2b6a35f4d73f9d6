"""What a model says about a file's data, told with the file's lines and in words that say what would be right.

This room refuses to judge: the models and the compiler found what is wrong.
"""

import re
import types
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.yaml_marks import Marked, Path, Spot, spell

_PREFIX = re.compile(r"([A-Za-z_][\w.\-\[\]]*): (.+)", re.DOTALL)
_SAYS = {
    "missing": "is required",
    "bool_type": "should be true or false",
    "list_type": "should be a list ([a, b], or a line with - for each)",
    "dict_type": "should have keys of its own",
    "model_type": "should have keys of its own",
    "string_type": "should be a text",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "date_from_datetime_parsing": "should be a date, for example 2026-12-24",
    "date_parsing": "should be a date, for example 2026-12-24",
    "date_type": "should be a date, for example 2026-12-24",
    "time_delta_parsing": "should be a duration, for example 15m",
    "time_delta_type": "should be a duration, for example 15m",
}


def explain(model: type[BaseModel], error: ValidationError, marked: Marked) -> tuple[Spot, ...]:
    """Turn a model's complaints into spots of the file, in its order."""
    spots: dict[tuple[int, str], list[str]] = {}
    for detail in error.errors(include_url=False):
        line, key, what = _explain_one(model, detail, marked)
        spots.setdefault((line, key), []).append(what)
    # A value that may be one of two things is complained about by both.
    return tuple(Spot(line, key, " or ".join(dict.fromkeys(said))) for (line, key), said in sorted(spots.items()))


def locate(marked: Marked, key: str) -> Path:
    """Find the path of a key as people write it (`routing.rules[2].when`, `teams.emea.manager`); () for none."""
    path: Path = ()
    for part in re.findall(r"[^.\[\]]+", key):
        step = _step(_at(marked.data, path), part)
        if step is None:
            return ()
        path = (*path, step)
    return path


def _explain_one(model: type[BaseModel], detail: ErrorDetails, marked: Marked) -> tuple[int, str, str]:
    path, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _names_at(model, path[:-1]), n=1, cutoff=0.6)
        what = "is not a known key" + (f", did you mean {near[0]}?" if near else "")
        return marked.key_line(path), spell(path), what
    if kind == "missing":
        return marked.line(path[:-1]), spell(path), _SAYS[kind]
    # What follows the last part that the file has is pydantic's own (the branch of a union, a dictionary's "[key]").
    while path and path not in marked.value_lines:
        path = path[:-1]
    what = _SAYS.get(kind) or _say(detail)
    if (found := _PREFIX.fullmatch(what)) and kind == "value_error":
        inner = locate_from(marked, path, found[1])
        if inner:
            return marked.line(inner), spell(inner), found[2]
    return marked.line(path), spell(path), what


def locate_from(marked: Marked, path: Path, key: str) -> Path:
    """Find a key as it is written below a path; () when there is none."""
    below = locate(Marked(marked.file, _at(marked.data, path)), key)
    return (*path, *below) if below else ()


def _say(detail: ErrorDetails) -> str:
    what = detail["msg"].removeprefix("Value error, ")
    what = re.sub(r"^Input should be", "should be", what)
    what = re.sub(r"^String should", "should", what)
    given = detail["input"]
    if detail["type"] in ("enum", "literal_error") and isinstance(given, str):
        choices = re.findall(r"'([^']*)'", what)
        near = get_close_matches(given, choices, n=1, cutoff=0.6)
        return f'"{given[:40]}" {what}' + (f"; did you mean {near[0]}?" if near else "")
    if detail["type"] == "string_pattern_mismatch" and isinstance(given, str):
        return f'"{given[:40]}" {what}'
    return what


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _step(data: Any, part: str) -> str | int | None:
    if isinstance(data, dict):
        return part if part in data else None
    if isinstance(data, list):
        if part.isdigit() and int(part) < len(data):
            return int(part)
        named = (
            place
            for place, one in enumerate(data)
            if isinstance(one, dict) and part in (one.get("id"), one.get("name"))
        )
        return next(named, None)
    return None


def _names_at(annotation: Any, path: Path) -> list[str]:
    """Name the keys that a model has at a path."""
    for part in path:
        annotation = next(_inside(annotation, part), None)
    model = next((one for one in _models(annotation)), None)
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, Annotated):
        for one in get_args(annotation):
            yield from _models(one)


def _inside(annotation: Any, part: str | int) -> Iterator[Any]:
    for model in _models(annotation):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                yield field.annotation
    origin = get_origin(annotation)
    if origin in (list, tuple):
        yield get_args(annotation)[0]
    elif origin is dict:
        yield get_args(annotation)[1]
    elif origin in (Union, types.UnionType, Annotated):
        for one in get_args(annotation):
            yield from _inside(one, part)
