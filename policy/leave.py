"""When people of the roster are on leave, as instants; an end of a shift is none.

This room refuses to judge who may be offered a lead (`policy.routing.availability`).
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from models.calendar import Calendar
from models.roster import Rep, TimeOff
from policy.routing.moments import FOR_EVER
from policy.wall_times import instant_of


class Leave(NamedTuple):
    """One absence, in UTC: away from its start up to, not including, its end; `FOR_EVER` when none is known."""

    starts_at: datetime
    ends_at: datetime


def leaves(rep: Rep, calendar: Calendar) -> tuple[Leave, ...]:
    """List a rep's absences, earliest first; those that touch are one. Dates are days of the calendar's zone."""
    merged: list[Leave] = []
    for leave in sorted(_leave(off, calendar.tz) for off in rep.time_off):
        if merged and leave.starts_at <= merged[-1].ends_at:
            merged[-1] = Leave(merged[-1].starts_at, max(merged[-1].ends_at, leave.ends_at))
        elif leave.starts_at < leave.ends_at:
            merged.append(leave)
    return tuple(merged)


def leave_at(rep: Rep, calendar: Calendar, at: datetime) -> Leave | None:
    """Find the absence running at `at`."""
    return next((one for one in leaves(rep, calendar) if one.starts_at <= at < one.ends_at), None)


def next_leave(rep: Rep, calendar: Calendar, at: datetime) -> Leave | None:
    """Find the first absence that starts after `at`; one that is running is not it."""
    return next((one for one in leaves(rep, calendar) if one.starts_at > at), None)


def _leave(off: TimeOff, zone: str) -> Leave:
    end = off.end if isinstance(off.end, datetime) or off.end.year >= FOR_EVER.year else off.end + timedelta(days=1)
    return Leave(*(FOR_EVER if one.year >= FOR_EVER.year else instant_of(one, zone) for one in (off.start, end)))
