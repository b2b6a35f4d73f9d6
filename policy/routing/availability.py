"""Whether a rep may be offered a lead at an instant, why not, and from when on (R11, R19).

The reasons against a rep have a fixed order, so the same question gets the same answer: inactive, on leave,
off hours, set aside (`policy/routing/aside.py`), not of a level asked for, not what the lead needs
(`policy/routing/needs.py`), at capacity, over a cap (`policy/routing/caps.py`), asked before. Leave given as dates
covers whole days of the rep's zone, the last one included; given as instants it is over at its end, and an instant
without an offset is a wall time of the rep's zone.

This room refuses to choose among those who may, and to let a person overrule a reason: see `policy.routing.choosing`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.calendar import Calendar
from models.roster import Level, Rep
from policy.hours.calendars import NeverOpens, closes_at, is_open, next_opening
from policy.leave import leave_at, leaves
from policy.routing.crew import Crew
from policy.routing.moments import FOR_EVER, until, until_day

_DAY = timedelta(days=1)


class Against(StrEnum):
    """What speaks against offering a lead to a rep, in the order in which it is told."""

    INACTIVE = "inactive"
    ON_LEAVE = "on_leave"
    OFF_HOURS = "off_hours"
    ASIDE = "aside"
    LEVEL = "level"
    SKILL = "skill"
    HOURS = "hours"
    CAPACITY = "capacity"
    CAP = "cap"
    ASKED = "asked"


FOR_GOOD = frozenset({Against.INACTIVE, Against.LEVEL, Against.SKILL, Against.HOURS, Against.ASKED})
"""What waiting does not cure."""

FITNESS = frozenset({Against.LEVEL, Against.SKILL, Against.HOURS})
"""What says that others suit the lead better; who it belongs to gets it all the same."""

_VERBLESS = frozenset({Against.SKILL, Against.HOURS, Against.CAP, Against.ASKED})


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against a rep: "off hours until Mon 09:00"."""

    kind: Against
    says: str

    @property
    def predicate(self) -> str:
        """Say it as what one says of a person: "is off hours until Mon 09:00"."""
        if self.kind in _VERBLESS:
            return self.says
        return f"has {self.says}" if self.kind is Against.CAPACITY else f"is {self.says}"


ASKED_BEFORE = Objection(Against.ASKED, "was offered it before")
"""Nobody is asked twice by the machine."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether somebody is there, why not, and from when on; it stays so, in the same words, until `until_at`."""

    from_at: datetime
    until_at: datetime
    against: tuple[Objection, ...]


def on_leave(rep: Rep, calendar: Calendar, at: datetime) -> datetime | None:
    """Find when the leave running at `at` ends, absences that touch being one; `None` when there is none.

    `calendar` is the rep's (`calendar_of`): dates are days of its zone.
    """
    leave = leave_at(rep, calendar, at)
    return leave.ends_at if leave else None


def presence(crew: Crew, rep: Rep, at: datetime) -> Presence:
    """Say whether a rep of the crew is there at `at`; asked again while nothing changes, at no cost."""
    last = crew.presences.get(rep.id)
    if last is None or not last.from_at <= at < last.until_at:
        calendar = crew.calendar(rep)
        last = crew.presences[rep.id] = Presence(at, _changes_at(rep, calendar, at), _absence(rep, calendar, at))
    return last


def _absence(rep: Rep, calendar: Calendar, at: datetime) -> tuple[Objection, ...]:
    found = []
    if not rep.active:
        found.append(Objection(Against.INACTIVE, "inactive"))
    back = on_leave(rep, calendar, at)
    if back is not None:
        found.append(Objection(Against.ON_LEAVE, f"on leave {until_day(back, calendar.tz, at)}"))
    if not is_open(calendar, at):
        found.append(off_hours(calendar, next_available_at(rep, calendar, at), at))
    return tuple(found)


def off_hours(calendar: Calendar, back: datetime | None, at: datetime) -> Objection:
    """Say that somebody is off hours until they are back; None is for good."""
    return Objection(Against.OFF_HOURS, f"off hours {until(back, calendar.tz, at)}")


def _changes_at(rep: Rep, calendar: Calendar, at: datetime) -> datetime:
    """Find when a rep comes or goes next, at the latest the next midnight of theirs: words name days from there on."""
    zone = ZoneInfo(calendar.tz)
    edges = [midnight_after(zone, at), *(edge for leave in leaves(rep, calendar) for edge in leave)]
    if is_open(calendar, at):
        closing = closes_at(calendar, at)
        edges += [closing] if closing else []
    else:
        opening = _opening_after(calendar, at)
        edges += [opening] if opening else []
    return min(edge for edge in edges if edge > at)


def _opening_after(calendar: Calendar, at: datetime) -> datetime | None:
    try:
        return next_opening(calendar, at)
    except NeverOpens:
        return None


def midnight_after(zone: ZoneInfo, at: datetime) -> datetime:
    """Find the first instant of the next day of a zone, in UTC."""
    return datetime.combine(at.astimezone(zone).date() + _DAY, time.min, zone).astimezone(UTC)


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

    `levels` are those asked for, none meaning any; `load` is how many leads the rep has open. What a lead needs, what
    caps say and whether they are set aside is not looked at.
    """
    return in_order(_absence(rep, calendar, at), rep, levels=levels, load=load, asked=asked)


def in_order(
    absence: tuple[Objection, ...],
    rep: Rep,
    *,
    aside: Objection | None = None,
    levels: Collection[Level] = (),
    needs: Iterable[Objection] = (),
    load: int = 0,
    caps: Iterable[Objection] = (),
    asked: bool = False,
) -> tuple[Objection, ...]:
    """Put everything that speaks against a rep into the fixed order; nothing at all is the ordinary case."""
    found = list(absence)
    if aside is not None:
        found.append(aside)
    if levels and rep.level not in levels:
        asked_for = " or ".join(level for level in Level if level in levels)
        found.append(Objection(Against.LEVEL, f"{rep.level}, not {asked_for}"))
    found.extend(needs)
    if load >= rep.capacity:
        found.append(Objection(Against.CAPACITY, f"{load} of {rep.capacity} leads open"))
    found.extend(caps)
    if asked:
        found.append(ASKED_BEFORE)
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
    while candidate < FOR_EVER:
        try:
            opening = next_opening(calendar, on_leave(rep, calendar, candidate) or candidate)
        except NeverOpens:
            return None
        if opening == candidate:
            return candidate
        candidate = opening
    return None
