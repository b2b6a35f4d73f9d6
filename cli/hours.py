"""Business time at the command line: due instants and elapsed time, told for people and as JSON.

Needs neither Temporal nor a database nor settings.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cli.calendars import calendar_from
from cli.exits import BadInput, Code
from cli.output import say, say_json
from cli.typed import read_duration, read_instant
from config.freezing import years_around
from models.calendar import Due, Elapsed
from policy.hours.calendars import due, elapsed
from policy.hours.words import in_hours
from runtime import clock


def tell_due(file: str | None, name: str | None, start: str | None, budget: str | None, as_json: bool) -> int:
    """Tell when a budget of business time is used up. Raises BadInput."""
    where = _given(file, "--calendar")
    begins = read_instant(_given(start, "--from"), clock.now(), "--from")
    length = read_duration(_given(budget, "--budget"), "--budget")
    calendar = calendar_from(where, name, years_around(begins))
    try:
        answer = due(calendar, begins, length)
    except ValueError as error:  # it never opens, or not in the years that are counted
        raise BadInput(str(error)) from None
    local = answer.due_at.astimezone(ZoneInfo(calendar.tz))
    _tell(answer, as_json, f"due {iso(answer.due_at)} ({local:%a %d %b %Y %H:%M:%S} in {calendar.tz})")
    return Code.DONE


def tell_elapsed(file: str | None, name: str | None, start: str | None, end: str | None, as_json: bool) -> int:
    """Tell how much business time lies between two instants. Raises BadInput."""
    where, now = _given(file, "--calendar"), clock.now()
    begins = read_instant(_given(start, "--from"), now, "--from")
    ends = read_instant(_given(end, "--to"), now, "--to")
    calendar = calendar_from(where, name, years_around(begins, ends))
    try:
        answer = elapsed(calendar, begins, ends)
    except ValueError as error:
        raise BadInput(str(error)) from None
    seconds = document(answer)["elapsed_s"]
    _tell(answer, as_json, f"elapsed {in_hours(answer.elapsed)} of business time ({seconds} s)")
    return Code.DONE


def document(answer: Due | Elapsed) -> dict[str, Any]:
    """Make the JSON of an answer: `{due, trace}` or `{elapsed_s, trace}`."""
    if isinstance(answer, Due):
        return {"due": iso(answer.due_at), "trace": list(answer.trace)}
    seconds = answer.elapsed.total_seconds()
    return {"elapsed_s": int(seconds) if seconds.is_integer() else seconds, "trace": list(answer.trace)}


def iso(at: datetime) -> str:
    """Write an instant in UTC as programs read it: `2026-03-02T09:00:00Z`."""
    return at.isoformat().replace("+00:00", "Z")


def _tell(answer: Due | Elapsed, as_json: bool, sentence: str) -> None:
    if as_json:
        say_json(document(answer))
    else:
        say(sentence, *(f"  {line}" for line in answer.trace))


def _given(value: str | None, option: str) -> str:
    if value is None:
        raise BadInput(f"{option}: is missing (or give --batch)")
    return value
