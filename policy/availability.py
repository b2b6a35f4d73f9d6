"""Whether a rep may be offered a lead at an instant, why not, and from when on (R11, R19).

The reasons against a rep have a fixed order, so the same question gets the same answer: inactive, on leave,
off hours, not of a level asked for, at capacity, asked before. Leave given as dates covers whole days of the
rep's zone, the last one included; given as instants it is over at its end, and an instant without an offset is a
wall time of the rep's zone.

This room refuses to choose among those who may, and to let a person overrule a reason: see `policy.routing`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.calendar import Calendar
from models.roster import Level, Rep, Roster, Team
from policy.calendars import NeverOpens, is_open, next_opening

_DAY = timedelta(days=1)
_SIX_DAYS = timedelta(days=6)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FOR_EVER = datetime(2999, 1, 1, tzinfo=UTC)


class Against(StrEnum):
    """What speaks against offering a lead to a rep, in the order in which it is told."""

    INACTIVE = "inactive"
    ON_LEAVE = "on_leave"
    OFF_HOURS = "off_hours"
    LEVEL = "level"
    CAPACITY = "capacity"
    ASKED = "asked"


FOR_GOOD = frozenset({Against.INACTIVE, Against.LEVEL, Against.ASKED})
"""What waiting does not cure."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against a rep: "off hours until Mon 09:00"."""

    kind: Against
    says: str

    @property
    def predicate(self) -> str:
        """Say it as what one says of a person: "is off hours until Mon 09:00"."""
        verb = {Against.CAPACITY: "has ", Against.ASKED: ""}.get(self.kind, "is ")
        return verb + self.says


def rep_of(roster: Roster, rep_id: str) -> Rep | None:
    """Find a rep by id."""
    return next((rep for rep in roster.reps if rep.id == rep_id), None)


def team_of(roster: Roster, rep: Rep) -> Team:
    """Find the team of a rep; the roster has made sure that it is there."""
    return next(team for team in roster.teams if team.id == rep.team)


def calendar_of(roster: Roster, rep: Rep) -> Calendar:
    """Give the hours a rep works: their calendar, else their team's, in their own zone when they have one."""
    calendar = roster.calendars[rep.calendar or team_of(roster, rep).calendar]
    return calendar if rep.tz is None else calendar.model_copy(update={"tz": rep.tz})


def on_leave(rep: Rep, calendar: Calendar, at: datetime) -> datetime | None:
    """Find when the leave running at `at` ends, absences that touch being one; `None` when there is none.

    `calendar` is the rep's (`calendar_of`): dates are days of its zone.
    """
    zone = ZoneInfo(calendar.tz)
    absences = [(_begins(off.start, zone), _ends(off.end, zone)) for off in rep.time_off]
    back = at
    while running := [end for start, end in absences if start <= back < end]:
        back = max(running)
    return None if back == at else back


def objections(
    rep: Rep,
    calendar: Calendar,
    at: datetime,
    *,
    levels: Collection[Level] = (),
    load: int = 0,
    asked: bool = False,
) -> tuple[Objection, ...]:
    """List everything that speaks against offering a lead to `rep` at `at`, in the fixed order.

    `levels` are those asked for, none meaning any; `load` is how many leads the rep has open.
    """
    found = []
    if not rep.active:
        found.append(Objection(Against.INACTIVE, "inactive"))
    back = on_leave(rep, calendar, at)
    if back is not None:
        found.append(Objection(Against.ON_LEAVE, f"on leave {_until_day(back, calendar, at)}"))
    if not is_open(calendar, at):
        until = _until(next_available_at(rep, calendar, at), calendar, at)
        found.append(Objection(Against.OFF_HOURS, f"off hours {until}"))
    if levels and rep.level not in levels:
        asked_for = " or ".join(level for level in Level if level in levels)
        found.append(Objection(Against.LEVEL, f"{rep.level}, not {asked_for}"))
    if load >= rep.capacity:
        found.append(Objection(Against.CAPACITY, f"{load} of {rep.capacity} leads open"))
    if asked:
        found.append(Objection(Against.ASKED, "was offered it before"))
    return tuple(found)


def first_reason_against(
    rep: Rep,
    calendar: Calendar,
    at: datetime,
    *,
    levels: Collection[Level] = (),
    load: int = 0,
    asked: bool = False,
) -> str | None:
    """Give the first reason against offering a lead to `rep` at `at`; `None` when there is none."""
    found = objections(rep, calendar, at, levels=levels, load=load, asked=asked)
    return found[0].says if found else None


def next_available_at(rep: Rep, calendar: Calendar, at: datetime) -> datetime | None:
    """Find the first instant from `at` on at which the rep is neither on leave nor off hours, in UTC.

    `None` when there is none: an absence without an end, or a calendar that does not open again. Whether the
    rep is active or full is not looked at.
    """
    candidate = at.astimezone(UTC)
    while candidate < _FOR_EVER:
        try:
            opening = next_opening(calendar, on_leave(rep, calendar, candidate) or candidate)
        except NeverOpens:
            return None
        if opening == candidate:
            return candidate
        candidate = opening
    return None


def moment(at: datetime, zone: str, seen_from: datetime) -> str:
    """Say an instant as the wall time of a zone: "Mon 09:00"; with a date where that could mean two days."""
    local, now = at.astimezone(ZoneInfo(zone)), seen_from.astimezone(ZoneInfo(zone))
    seconds = f":{local.second:02}" if local.second else ""
    clock = f"{local.hour:02}:{local.minute:02}{seconds}"
    weekday = _WEEKDAYS[local.weekday()]
    if timedelta(0) <= local.date() - now.date() <= _SIX_DAYS:
        return f"{weekday} {clock}"
    return f"{weekday} {_day(local.date(), now.date())} {clock}"


def _until(at: datetime | None, calendar: Calendar, seen_from: datetime) -> str:
    return "until further notice" if at is None else f"until {moment(at, calendar.tz, seen_from)}"


def _until_day(back: datetime, calendar: Calendar, seen_from: datetime) -> str:
    """Say when leave ends: by its last day, or by the instant when that is not a midnight."""
    if back >= _FOR_EVER:
        return "until further notice"
    local, now = (at.astimezone(ZoneInfo(calendar.tz)) for at in (back, seen_from))
    if local.time() == time.min:
        return f"until {_day(local.date() - _DAY, now.date())}"
    return f"until {_day(local.date(), now.date())} {local:%H:%M}"


def _day(day: date, today: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}{'' if day.year == today.year else f' {day.year}'}"


def _begins(start: date | datetime, zone: ZoneInfo) -> datetime:
    return _instant(start if isinstance(start, datetime) else datetime.combine(start, time.min), zone)


def _ends(end: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(end, datetime):
        return _instant(end, zone)
    if end.year >= _FOR_EVER.year:
        return _FOR_EVER
    return _instant(datetime.combine(end + _DAY, time.min), zone)


def _instant(at: datetime, zone: ZoneInfo) -> datetime:
    if at.year >= _FOR_EVER.year:
        return _FOR_EVER
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
