"""One calendar from a file: a calendar alone, or one of those in a roster or policy file."""

import json
from pathlib import Path
from typing import Any

from cli.exits import BadInput
from config.public_holidays import YEARS
from config.reading import read_calendar
from config.yaml_marks import FileError, Marked, read_yaml
from models.calendar import Calendar
from policy.spelling import did_you_mean

_SEVERAL = "calendars"


def calendar_from(file: str, name: str | None, years: range = YEARS) -> Calendar:
    """Read a calendar, JSON or YAML; `name` chooses one of a file's `calendars`. Raises BadInput with lines.

    Public holidays that the file does not hold are looked up for `years`.
    """
    marked = _read(file)
    data = marked.data
    try:
        if isinstance(data, dict) and _SEVERAL in data:
            return read_calendar(marked, (_SEVERAL, _named(file, data[_SEVERAL], name)), years)
        if name is not None:
            raise BadInput(f"--name: {file} is one calendar, and not a file with several")
        return read_calendar(marked, (), years)
    except FileError as error:
        raise BadInput(*error.lines) from None


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


def _named(file: str, calendars: Any, name: str | None) -> str:
    known = list(calendars) if isinstance(calendars, dict) else []
    if name is None:
        raise BadInput(f"--name: say which calendar of {file}: {', '.join(known)}")
    if name not in known:
        raise BadInput(f"--name: {file} has no calendar {name}{did_you_mean(name, known)}")
    return name
