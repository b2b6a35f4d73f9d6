"""A file's data as a model: read, or refused with a line for everything wrong. This room refuses to read files."""

import json
from functools import partial
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from config.freezing import fill_in_one, look_up, thaw
from config.model_errors import explain
from config.public_holidays import YEARS
from config.yaml_marks import FileError, Marked, Path, Spot
from models.calendar import Calendar

M = TypeVar("M", bound=BaseModel)


def read_as(model: type[M], marked: Marked, wrong: tuple[Spot, ...] = ()) -> M:
    """Read a file's data as a model; `wrong` was found before, and is told with what else is. Raises FileError."""
    if not isinstance(marked.data, dict):
        raise FileError(marked.file, (Spot(1, "", f"is not a {model.__name__.lower()}: begin with keys (name: ...)"),))
    try:
        read = model.model_validate_json(json.dumps(marked.data))
    except ValidationError as error:
        raise FileError(marked.file, tuple(sorted((*wrong, *explain(model, error, marked))))) from None
    if wrong:
        raise FileError(marked.file, tuple(sorted(wrong)))
    return read


def read_calendar(marked: Marked, path: Path = (), years: range = YEARS) -> Calendar:
    """Read the calendar that stands at a path of a file, looking public holidays up for `years` if it has none.

    Raises FileError; lines are the file's, keys the calendar's own.
    """
    thaw(marked)  # what is wrong with other calendars is none of this one's business
    below = marked.below(path)
    if not isinstance(below.data, dict):
        raise FileError(marked.file, (Spot(marked.line(path), "", "is not a calendar: begin with tz and week"),))
    wrong = fill_in_one(below, (), below.data, partial(look_up, years=years))
    return read_as(Calendar, below, wrong)
