"""Hours that a team promises and nobody covers: its calendar is open, and none of its active reps is there (R19, R50).

A rep is there within their own hours while not on leave. How many leads they have, and whether they are set aside, is
not looked at. This room refuses to propose who could help out.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import NamedTuple

from models.calendar import Calendar
from models.roster import Rep, Roster
from policy.hours.opening_hours import opening_hours
from policy.leave import Leave, leaves
from policy.routing.crew import crew_of


class Short(NamedTuple):
    """A stretch of business time, in UTC, in which only so many people are there."""

    starts_at: datetime
    ends_at: datetime
    there: int


class Span(NamedTuple):
    """A stretch of time, in UTC: from its start up to, not including, its end."""

    starts_at: datetime
    ends_at: datetime


def gaps(roster: Roster, team_id: str, start_at: datetime, end_at: datetime) -> tuple[Span, ...]:
    """List when the team is open between two instants and none of its active reps is there, earliest first."""
    crew = crew_of(roster)
    hours = _open(roster.calendars[crew.teams[team_id].calendar], start_at, end_at)
    there: list[Span] = []
    for rep in roster.reps:
        if rep.team == team_id:
            there += there_between(roster, rep, start_at, end_at)
    return tuple(without(hours, there))


def shortages(
    roster: Roster, hours: Calendar, reps: Iterable[Rep], least: int, start_at: datetime, end_at: datetime
) -> tuple[Short, ...]:
    """List when `hours` are open between two instants and fewer than `least` of these reps are there, earliest first.

    Who is not active is never there. A stretch ends where the number changes.
    """
    present = [span for rep in reps for span in there_between(roster, rep, start_at, end_at)]
    steps = sorted([(span.starts_at, 1) for span in present] + [(span.ends_at, -1) for span in present])
    instants, counts = [at for at, _ in steps], list(accumulate((change for _, change in steps), initial=0))
    found: list[Short] = []
    for opens_at, closes_at in _open(hours, start_at, end_at):
        first, last = bisect_right(instants, opens_at), bisect_left(instants, closes_at)
        for starts_at, ends_at in pairwise(sorted({opens_at, *instants[first:last], closes_at})):
            there = counts[bisect_right(instants, starts_at)]
            if there >= least:
                continue
            if found and found[-1].ends_at == starts_at and found[-1].there == there:
                found[-1] = found[-1]._replace(ends_at=ends_at)
            else:
                found.append(Short(starts_at, ends_at, there))
    return tuple(found)


def away_between(roster: Roster, rep: Rep, start_at: datetime, end_at: datetime) -> tuple[Leave, ...]:
    """List a rep's absences that fall between two instants, in part or wholly, earliest first."""
    known = leaves(rep, crew_of(roster).calendar(rep))
    return tuple(one for one in known if one.starts_at < end_at and one.ends_at > start_at)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """Take some stretches of time out of others; what touches is one."""
    cuts = joined(taken)
    for start, end in joined(spans):
        left = start
        for cut in cuts:
            if cut.ends_at <= left or cut.starts_at >= end:
                continue
            if cut.starts_at > left:
                yield Span(left, cut.starts_at)
            left = cut.ends_at
        if left < end:
            yield Span(left, end)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Put stretches that overlap or touch into one, earliest first; empty ones are none."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.starts_at <= found[-1].ends_at:
            found[-1] = Span(found[-1].starts_at, max(found[-1].ends_at, span.ends_at))
        elif span.starts_at < span.ends_at:
            found.append(span)
    return found


def there_between(roster: Roster, rep: Rep, start_at: datetime, end_at: datetime) -> Iterator[Span]:
    """List when a rep is there: within their own hours, while not on leave; never when not active."""
    if not rep.active:
        return
    calendar = crew_of(roster).calendar(rep)
    yield from without(_open(calendar, start_at, end_at), (Span(*leave) for leave in leaves(rep, calendar)))


def _open(calendar: Calendar, start_at: datetime, end_at: datetime) -> list[Span]:
    start, end = start_at.astimezone(UTC), end_at.astimezone(UTC)
    pieces = opening_hours(calendar).slices_until(start, end)
    return joined(Span(piece.opens_at, piece.closes_at) for piece in pieces)
