"""My time: hours, whether leads may be offered now, and time off, with what it means for leads in hand (R19).

Somebody notes time off for themselves. What the roster file says is changed in the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from api.console import frame
from api.console.mine import MOST, TABS, me, nobody
from api.console.mine_desk import Me, availability
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.desk import Away, OnDesk
from db.tables.words import ActOutcome, Holds
from models.access import Right
from models.base import Refused, parse
from models.calendar import Calendar
from models.roster import Rep, TimeOff
from policy.coverage import Span, away_between, there_between
from policy.leave import Leave, leaves
from policy.routing.moments import FOR_EVER
from runtime.front import Front
from runtime.presence import presence_of

router = console()

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day ahead: when somebody works, and why not if they do not."""

    day: date
    hours: str
    note: str


@dataclass(frozen=True, slots=True)
class Absence:
    """One absence that is not over; `words` say when. `stay`: leads they have taken and that are due then."""

    away: Away
    words: str
    running: bool
    stay: tuple[OnDesk, ...]


@router.get("/mine/time")
async def show(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.ANSWER)]) -> Response:
    """Show the hours and the time off of whoever looks."""
    return await shown(request, front, viewer, {}, {})


async def shown(
    request: Request, front: Front, viewer: Viewer, typed: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    """Write the page; with what was typed, and what is wrong with it."""
    person = await me(front, viewer)
    if person is None:
        return await nobody(request, viewer)
    at = front.clock()
    offered, available = availability(person, await presence_of(front.store, person.roster, at))
    in_hand = await front.store.desks.in_hand(person.id, most=MOST)
    taken = tuple(one for one in in_hand if one.state is not Holds.OFFERED)
    rows = await front.store.desks.away(person.id) if person.rep else ()
    return await frame.page(
        request,
        viewer,
        "mine_time.html",
        title="My time",
        status=422 if errors else 200,
        tabs=TABS,
        me=person,
        offered=offered,
        available=available,
        days=days_ahead(person, at),
        absences=[one for row in rows if (one := absence(person, row, taken, at)) is not None],
        asked=len(in_hand) - len(taken),
        taken=len(taken),
        typed=typed,
        errors=errors,
    )


@router.post("/mine/time/add")
async def add(
    request: Request, form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.ANSWER)]
) -> Response:
    """Note that whoever asks is away; what they are asked about moves on when they go."""
    person, rep = await _rep(front, viewer)
    typed = {name: str(form.get(name, "")).strip()[:200] for name in ("from", "to", "from_at", "to_at", "reason")}
    time_off, errors = read_time_off(typed, rep, person.hours, front.clock())
    if time_off is None:
        return await shown(request, front, viewer, typed, errors)
    there = any((one.start, one.end) == (time_off.start, time_off.end) for one in rep.time_off)
    if not there:
        await front.store.rosters.add_time_off(person.id, time_off, at=front.clock())
    words = _words(time_off, person.hours.tz)
    because = f"You are away {words}." if not there else f"It was noted before: you are away {words}."
    act = await frame.note(front, viewer, "time_off.add", ActOutcome.DONE, because, about=person.id)
    return frame.back("/mine/time", act)


@router.post("/mine/time/remove")
async def remove(form: Form, front: FrontDep, viewer: Annotated[Viewer, acted(Right.ANSWER)]) -> Response:
    """Take back time off that was noted here."""
    person, _ = await _rep(front, viewer)
    try:
        time_off = parse(TimeOff, {"from": str(form.get("starts", "")), "to": str(form.get("ends", ""))})
    except Refused:
        raise Untellable(422, "This is no time off", "Nothing was changed. Open the page anew.") from None
    gone = await front.store.rosters.remove_time_off(person.id, time_off, at=front.clock())
    words = _words(time_off, person.hours.tz)
    outcome = ActOutcome.DONE if gone else ActOutcome.REFUSED
    because = (
        f"You are not away {words} after all. Leads that wait may come to you again."
        if gone
        else "No such time off was noted here. What the roster file says is changed in the file."
    )
    act = await frame.note(front, viewer, "time_off.remove", outcome, because, about=person.id)
    return frame.back("/mine/time", act)


async def _rep(front: Front, viewer: Viewer) -> tuple[Me, Rep]:
    """Give whoever asks, who is a rep. Raises `Untellable` for anybody else."""
    person = await me(front, viewer)
    if person is None or person.rep is None:
        raise Untellable(403, "This is for reps", "Nothing is offered to you, so there is nothing to be away from.")
    return person, person.rep


def read_time_off(
    typed: Mapping[str, str], rep: Rep, hours: Calendar, at: datetime
) -> tuple[TimeOff | None, dict[str, str]]:
    """Read days, or days with times of day, of somebody's zone; else say what is wrong, by field."""
    errors = {name: "Choose a day." for name in ("from", "to") if not _is_day(typed[name])}
    times = ("from_at", "to_at")
    errors |= {name: "Choose a time of day." for name in times if typed[name] and not _is_time(typed[name])}
    if errors:
        return None, errors
    starts, ends = typed["from"], typed["to"]
    if any(typed[name] for name in times):
        starts = f"{starts}T{typed['from_at'] or '00:00'}"
        try:
            ends = f"{ends}T{typed['to_at']}" if typed["to_at"] else f"{date.fromisoformat(ends) + _DAY}T00:00"
        except OverflowError:
            return None, {"to": "Calendars end before the day after this one."}
    if ends < starts:
        return None, {"to": "It ends before it begins."}
    try:
        found = parse(TimeOff, {"from": starts, "to": ends, "reason": typed["reason"]})
    except Refused as refused:
        return None, {one.field or "from": f"{one.what}." for one in refused.problems}
    lasts = _instants(found, rep, hours)
    if lasts is None:
        return None, {"to": "It ends when it begins."}
    if lasts.ends_at <= at:
        return None, {"to": "This is over already."}
    return found, {}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-03-02")


def _is_time(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("09:30")


def _instants(off: TimeOff, rep: Rep, hours: Calendar) -> Leave | None:
    """Give an absence as instants; None for one that lasts no time at all."""
    return next(iter(leaves(rep.model_copy(update={"time_off": [off]}), hours)), None)


def _words(off: TimeOff, zone: str) -> str:
    """Say when somebody is away: `on Mon 2 Mar 2026`, `from Mon 2 Mar 2026 to Fri 6 Mar 2026`."""
    first, last = (_moment(one, zone) for one in (off.start, off.end))
    return f"on {first}" if first == last else f"from {first} to {last}"


def _moment(one: date | datetime, zone: str) -> str:
    if isinstance(one, datetime):
        local = one.astimezone(ZoneInfo(zone)) if one.tzinfo else one
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"
    return "further notice" if one.year >= FOR_EVER.year else f"{one:%a} {one.day} {one:%b %Y}"


def absence(person: Me, away: Away, taken: tuple[OnDesk, ...], at: datetime) -> Absence | None:
    """Put one absence into words, with the leads that fall due in it; None for one that is over."""
    off = parse(TimeOff, {"from": away.starts, "to": away.ends})
    lasts = _instants(off, person.rep, person.hours) if person.rep else None
    if lasts is None or lasts.ends_at <= at:
        return None
    starts_at, ends_at = lasts
    due = tuple(one for one in taken if one.card.due_at is not None and starts_at <= one.card.due_at < ends_at)
    return Absence(away, _words(off, person.hours.tz), starts_at <= at, due)


def days_ahead(person: Me, at: datetime) -> tuple[Day, ...]:
    """List the hours of the seven days from today on, in the zone of whoever works them."""
    if person.rep is None:
        return ()
    tz = ZoneInfo(person.hours.tz)
    today = at.astimezone(tz).date()
    found = []
    for number in range(7):
        day = today + number * _DAY
        starts, ends = (datetime.combine(one, time.min, tz).astimezone(UTC) for one in (day, day + _DAY))
        hours = ", ".join(_hours(one, tz) for one in there_between(person.roster, person.rep, starts, ends))
        found.append(Day(day, hours, "" if hours else _why_off(person, day, starts, ends)))
    return tuple(found)


def _hours(one: Span, tz: ZoneInfo) -> str:
    opens, closes = (at.astimezone(tz) for at in one)
    until = "24:00" if closes.time() == time.min else f"{closes:%H:%M}"
    return f"{opens:%H:%M}\u2013{until}"


def _why_off(person: Me, day: date, starts_at: datetime, ends_at: datetime) -> str:
    if person.rep is None or not person.rep.active:
        return "not active"
    if away_between(person.roster, person.rep, starts_at, ends_at) and person.hours.windows_on(day):
        return "away"
    if person.hours.is_holiday(day):
        return person.hours.holiday_name(day) or "a holiday"
    return "no hours"
