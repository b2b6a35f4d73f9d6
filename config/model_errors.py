"""What a model says about a file's data, told with the file's lines and in words that say what would be right.

This room refuses to judge: the models and the compiler found what is wrong.
"""

import re
import types
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.model_words import put
from config.yaml_marks import Marked, Path, Spot
from models.base import Problem

_PREFIX = re.compile(r"([A-Za-z_][\w.\-\[\]]*): (.+)", re.DOTALL)
_NAMED_BY = (("id",), ("name",), ("kind",), ("intent", "fit"), ("do",))
_LONGEST_NAME = 60


def explain(model: type[BaseModel], error: ValidationError, marked: Marked) -> tuple[Spot, ...]:
    """Turn a model's complaints into spots of the file, in its order."""
    spots: dict[tuple[int, str], list[str]] = {}
    for detail in error.errors(include_url=False):
        line, key, what = _explain_one(model, detail, marked)
        spots.setdefault((line, key), []).append(what)
    # A value that may be one of two things is complained about by both.
    return tuple(Spot(line, key, _either(dict.fromkeys(said))) for (line, key), said in sorted(spots.items()))


def _either(said: Iterable[str]) -> str:
    first, *others = said
    return " or ".join((first, *(other.removeprefix("should be ") for other in others)))


def spots_of(marked: Marked, problems: Iterable[Problem]) -> tuple[Spot, ...]:
    """Find where in the file problems are that name keys as people write them (`routing.rules[2].when`)."""
    return tuple(sorted(_spot_of(marked, one) for one in problems))


def locate(marked: Marked, key: str) -> Path:
    """Find the path of a key as people write it (`routing.rules[2].when`, `teams.emea.manager`); () for none."""
    path, whole = _follow(marked.data, key)
    return path if whole else ()


def spell_named(marked: Marked, path: Path) -> str:
    """Write a path as people do, with the names that entries of lists have: `routing.rules[2] (EMEA).when`."""
    text, data = "", marked.data
    for place, part in enumerate(path):
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
        data = data[part] if _step(data, str(part)) == part else None
        if isinstance(part, int) and (name := _name_of(data, path[place + 1 :])):
            text += f" ({name})"
    return text


def _name_of(entry: Any, inside: Path) -> str:
    """Name an entry of a list, unless what is spoken of inside it is its name."""
    if not isinstance(entry, dict):
        return ""
    for keys in _NAMED_BY:
        said = [entry[key] for key in keys if isinstance(entry.get(key), str)]
        if len(said) == len(keys):
            return "" if inside == keys else _readable(", ".join(said))
    return ""


def _readable(name: str) -> str:
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(name.split()))
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[:_LONGEST_NAME]}..."


def _spot_of(marked: Marked, problem: Problem) -> Spot:
    path, whole = _follow(marked.data, problem.field)
    key = spell_named(marked, path) if whole else problem.field
    return Spot(marked.key_line(path) if whole and path else marked.line(path), key, problem.what)


def _follow(data: Any, key: str) -> tuple[Path, bool]:
    """Follow a key as far as the data goes; say whether that is all of it."""
    path: Path = ()
    for part in re.findall(r"[^.\[\]]+", key):
        step = _step(data, part)
        if step is None:
            return path, False
        path, data = (*path, step), data[step]
    return path, True


def _explain_one(model: type[BaseModel], detail: ErrorDetails, marked: Marked) -> tuple[int, str, str]:
    path, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _names_at(model, path[:-1]), n=1, cutoff=0.6)
        what = "is not a known key" + (f", did you mean {near[0]}?" if near else "")
        return marked.key_line(path), spell_named(marked, path), what
    if kind == "missing":
        return marked.line(path[:-1]), spell_named(marked, path), put(detail)
    # What follows the last part that the file has is pydantic's own (the branch of a union, a dictionary's "[key]").
    while path and path not in marked.value_lines:
        path = path[:-1]
    what = put(detail, _noun(path))
    if (found := _PREFIX.fullmatch(what)) and kind == "value_error":
        inner = locate_from(marked, path, found[1])
        if inner:
            return marked.line(inner), spell_named(marked, inner), found[2]
        if found[1] in _names_at(model, path):  # a key that is left out
            return marked.line(path), f"{spell_named(marked, path)}.{found[1]}".lstrip("."), found[2]
    return marked.line(path), spell_named(marked, path), what


def locate_from(marked: Marked, path: Path, key: str) -> Path:
    """Find a key as it is written below a path; () when there is none."""
    below = locate(Marked(marked.file, _at(marked.data, path)), key)
    return (*path, *below) if below else ()


def _noun(path: Path) -> str:
    name = str(path[-1]) if path else ""
    return name.replace("_", " ") if name.endswith(("s", "criteria")) else "entries"


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _step(data: Any, part: str) -> str | int | None:
    if isinstance(data, dict):
        return part if part in data else None
    if isinstance(data, list):
        if part.isdecimal() and int(part) < len(data):
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
