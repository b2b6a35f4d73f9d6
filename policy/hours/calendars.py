"""Business time: when a budget is used up on a calendar, and how much of it has passed.

Conventions (contract, section 4):
- An instant is inside a window from its opening up to, not including, its closing.
- A budget that ends exactly at a closing is due there; it does not jump to the next opening.
- A zero budget outside every window snaps to the next opening.
- A wall time in a daylight-saving gap moves forward to the gap's end; an ambiguous one is the first.
- Inside a window real seconds count: a night shift over a clock change is an hour shorter or longer.
- Late means strictly after due.
- `elapsed(c, start, due(c, start, x).due_at).elapsed == x`, always.

This room refuses to know what time it is, whose calendar to take, and what to do when something is due.
"""

from datetime import UTC, datetime, timedelta

from models.calendar import Calendar, Due, Elapsed
from policy.hours.opening_hours import SEARCH_DAYS, YEARS, Slice, opening_hours
from policy.hours.words import told

_ZERO = timedelta(0)
_MOMENT = timedelta.resolution


class NeverOpens(ValueError):
    """The calendar has no opening within `SEARCH_DAYS` of where one was needed."""


def due(calendar: Calendar, start_at: datetime, budget: timedelta) -> Due:
    """Find the instant at which `budget` of business time since `start_at` is used up.

    Raises `NeverOpens` when the openings run out first, `ValueError` for a negative budget or naive instant.
    """
    if budget < _ZERO:
        raise ValueError(f"a budget of business time is not negative: {budget}")
    start, hours, left = _utc(start_at), opening_hours(calendar), budget
    used: list[Slice] = []
    for piece in hours.slices(start, budget):
        if left <= piece.used:
            due_at = piece.opens_at + left
            used.append(piece._replace(closes_at=due_at))
            return Due(due_at=due_at, trace=told(hours, start, used, due_at))
        left -= piece.used
        used.append(piece)
    raise _never_opens(calendar, used[-1].closes_at if used else start)


def elapsed(calendar: Calendar, start_at: datetime, end_at: datetime) -> Elapsed:
    """Add up the business time between two instants.

    Raises `ValueError` when the end is before the start, or for a naive instant.
    """
    start, end, hours = _utc(start_at), _utc(end_at), opening_hours(calendar)
    if end < start:
        raise ValueError(f"business time does not run backwards: {end_at} is before {start_at}")
    used = list(hours.slices_until(start, end))
    return Elapsed(elapsed=sum((piece.used for piece in used), _ZERO), trace=told(hours, start, used, end))


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Say whether `at` is business time: an opening is, a closing is not."""
    instant = _utc(at)
    return any(opening_hours(calendar).slices_until(instant, instant + _MOMENT))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """Find the first instant of business time at or after `at`, in UTC: `at` itself when open.

    Raises `NeverOpens` when there is none within `SEARCH_DAYS`.
    """
    instant = _utc(at)
    for piece in opening_hours(calendar).slices(instant, _ZERO):
        return piece.opens_at
    raise _never_opens(calendar, instant)


def closes_at(calendar: Calendar, at: datetime) -> datetime | None:
    """Find when the business time running at `at` ends, in UTC; windows that touch are one.

    `None` when it is closed at `at`, and when it stays open for `SEARCH_DAYS` or longer.
    """
    instant, hours = _utc(at), opening_hours(calendar)
    closing = None
    if hours.always:
        return None
    for piece in hours.slices(instant, _ZERO):
        if piece.opens_at != (closing or instant):
            break
        closing = piece.closes_at
        if closing - instant >= timedelta(days=SEARCH_DAYS):
            return None
    return closing


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no UTC offset: business time needs an aware instant")
    if instant.year not in YEARS:
        raise ValueError(f"{instant} is outside the years business time is counted in (1900 to 2999)")
    return instant.astimezone(UTC)


def _never_opens(calendar: Calendar, after: datetime) -> NeverOpens:
    where = f"the calendar in {calendar.tz}"
    return NeverOpens(f"{where} does not open within {SEARCH_DAYS} days after {after:%Y-%m-%d %H:%M} UTC")
