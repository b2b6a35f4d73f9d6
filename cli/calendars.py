"""One calendar from a file: a calendar alone, or one of those in a roster or policy file."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.exits import BadInput
from config.model_errors import explain
from config.yaml_marks import FileError, Marked, read_yaml
from models.calendar import Calendar
from policy.spelling import did_you_mean

_SEVERAL = "calendars"


def calendar_from(file: str, name: str | None) -> Calendar:
    """Read a calendar, JSON or YAML; `name` chooses one of a file's `calendars`. Raises BadInput with lines."""
    marked = _read(file)
    data = marked.data
    if isinstance(data, dict) and _SEVERAL in data:
        return _parse(_named(file, data[_SEVERAL], name), marked, (_SEVERAL, name or ""))
    if name is not None:
        raise BadInput(f"--name: {file} is one calendar, and not a file with several")
    return _parse(data, marked, ())


def _read(file: str) -> Marked:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror or error}") from None
    try:
        return read_yaml(content, file)
    except FileError as error:
        try:  # JSON may be indented with tabs, which YAML forbids
            return Marked(file, json.loads(content))
        except ValueError:
            raise BadInput(*error.lines) from None


def _named(file: str, calendars: Any, name: str | None) -> Any:
    known = list(calendars) if isinstance(calendars, dict) else []
    if name is None:
        raise BadInput(f"--name: say which calendar of {file}: {', '.join(known)}")
    if name not in known:
        raise BadInput(f"--name: {file} has no calendar {name}{did_you_mean(name, known)}")
    return calendars[name]


def _parse(data: Any, marked: Marked, path: tuple[str, ...]) -> Calendar:
    if not isinstance(data, dict):
        raise BadInput(f"{marked.file}:{marked.line(path)}: is not a calendar: begin with tz and week")
    try:
        return Calendar.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise BadInput(*FileError(marked.file, explain(Calendar, error, _below(marked, data, path))).lines) from None


def _below(marked: Marked, data: Any, path: tuple[str, ...]) -> Marked:
    """Look at a part of a file as if it were all of it, with its own lines."""
    depth = len(path)
    return Marked(
        marked.file,
        data,
        {place[depth:]: line for place, line in marked.value_lines.items() if place[:depth] == path},
        {place[depth:]: line for place, line in marked.key_lines.items() if place[:depth] == path and place != path},
    )
