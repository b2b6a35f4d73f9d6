"""How many people are on shift in which hour of the week, by the calendars of a roster (R30, R50).

Everybody counts in the hours of their own team's zone, as their leads do. An hour counts somebody who is on shift for
half of it or more. Time off is left out: this is the plan of a week, not who is there today.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from models.calendar import Calendar
from models.roster import Roster
from policy.hours.opening_hours import opening_hours

HOURS = 168
_PIECE = timedelta(minutes=15)
"""Every zone's hours begin and end on one of these."""

_ENOUGH = timedelta(minutes=30)


def hour_of_week(instant: datetime, zone: ZoneInfo) -> int:
    """Say which hour of the week an instant is in; 0 is Monday's first, where `zone` is."""
    local = instant.astimezone(zone)
    return local.weekday() * 24 + local.hour


def zone_of(roster: Roster | None, team: str | None) -> ZoneInfo:
    """Give the zone that a team's hours are told in; of no team, or one that is gone, UTC."""
    if roster is not None:
        for one in roster.teams:
            if one.id == team:
                return ZoneInfo(roster.calendars[one.calendar].tz)
    return ZoneInfo("UTC")


def on_shift(roster: Roster, now: datetime, teams: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Count the active reps on shift in each hour of the week that `now` is in; of these teams, or of all."""
    counts = [0] * HOURS
    calendars = {team.id: team.calendar for team in roster.teams}
    known: dict[tuple[str, str], frozenset[int]] = {}
    for rep in roster.reps:
        if not rep.active or (teams and rep.team not in teams):
            continue
        name, zone = rep.calendar or calendars[rep.team], zone_of(roster, rep.team)
        if (name, zone.key) not in known:
            known[name, zone.key] = _hours_of(roster.calendars[name], zone, now)
        for hour in known[name, zone.key]:
            counts[hour] += 1
    return tuple(counts)


def _hours_of(calendar: Calendar, zone: ZoneInfo, now: datetime) -> frozenset[int]:
    local = now.astimezone(zone)
    monday = (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = monday.astimezone(UTC), (monday + timedelta(days=7)).astimezone(UTC)  # not always 168 hours apart
    worked = [timedelta(0)] * HOURS
    for one in opening_hours(calendar).slices_until(start, end):
        at = one.opens_at
        while at < one.closes_at:
            until = min(one.closes_at, at + _PIECE)
            worked[hour_of_week(at, zone)] += until - at
            at = until
    return frozenset(hour for hour, time in enumerate(worked) if time >= _ENOUGH)
