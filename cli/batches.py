"""Questions about business time, one JSON object a line, answered one a line and in their order.

A line that cannot be answered is answered with its error, so that answers stay beside their questions.
"""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from cli.calendars import calendar_from
from cli.exits import BadInput, Code
from cli.hours import document
from cli.output import complain
from config.freezing import fill_in_one, look_up, years_around
from config.yaml_marks import Marked
from models.base import Instant, Outside, Problem, Refused, parse
from models.calendar import Calendar
from policy.hours.calendars import due, elapsed

LONGEST = 3660 * 86_400
"""Seconds of the longest budget: ten years, as in a policy."""


class Question(Outside):
    """One line: until when a budget lasts, or how much lies between two instants."""

    calendar: Any = Field(None, description="a calendar, or the name of a file with one; left out: --calendar's")
    start: Instant
    budget_s: float | None = Field(None, ge=0, le=LONGEST, allow_inf_nan=False)
    end: Instant | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if (self.budget_s is None) == (self.end is None):
            raise ValueError("needs either budget_s or end")
        return self


def answer_batch(source: str, file: str | None, name: str | None) -> int:
    """Answer every line of a file or of standard input (`-`). Raises BadInput for a file that cannot be read."""
    if file is not None:
        calendar_from(file, name)  # what is wrong with it is said once, and not for each line
    place = "stdin" if source == "-" else source
    code = Code.DONE
    for number, line in enumerate(_lines(source), start=1):
        if not line.strip():
            continue
        try:
            answer = _answer(line, file, name)
        except (Refused, ValueError) as error:
            complain(f"{place}:{number}: {error}")
            answer, code = {"error": str(error)}, Code.BAD_INPUT
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()  # whoever asks line by line waits for it
    return code


def _lines(source: str) -> Iterator[bytes]:
    if source == "-":
        yield from sys.stdin.buffer
        return
    try:
        with Path(source).open("rb") as stream:
            yield from stream
    except OSError as error:
        raise BadInput(f"{source}: cannot be read: {error.strerror or error}") from None


def _answer(line: bytes, file: str | None, name: str | None) -> dict[str, Any]:
    """Answer one line. Raises Refused and ValueError."""
    try:
        raw = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} (column {error.colno})") from None
    question = parse(Question, raw)
    if question.end is not None:
        years = years_around(question.start, question.end)
        return document(elapsed(_calendar(question.calendar, file, name, years), question.start, question.end))
    calendar = _calendar(question.calendar, file, name, years_around(question.start))
    return document(due(calendar, question.start, timedelta(seconds=question.budget_s or 0)))


def _calendar(asked: Any, file: str | None, name: str | None, years: range) -> Calendar:
    if asked is None:
        if file is None:
            raise Refused((Problem(field="calendar", what="is required"),))
        return _from_file(file, name, years)
    if isinstance(asked, str):
        return _from_file(asked, None, years)
    return _from_json(json.dumps(asked, sort_keys=True), years)


@lru_cache(maxsize=64)
def _from_file(file: str, name: str | None, years: range) -> Calendar:
    try:
        return calendar_from(file, name, years)
    except BadInput as error:
        raise ValueError(f"calendar: {error}") from None


@lru_cache(maxsize=512)
def _from_json(text: str, years: range) -> Calendar:
    marked = Marked("", json.loads(text))
    wrong = fill_in_one(marked, (), marked.data, partial(look_up, years=years))
    problems = [Problem(field=spot.key, what=spot.what) for spot in wrong]
    try:
        calendar = parse(Calendar, marked.data)
    except Refused as refused:
        problems += refused.problems
    else:
        if not problems:
            return calendar
    raise Refused(tuple(Problem(field=f"calendar.{one.field}".rstrip("."), what=one.what) for one in problems))
