"""Calendars: when each opens in the days ahead, and changing one, with what that means for leads shown first."""

import asyncio

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.console.frame import back
from api.console.setup_forms import CALENDAR_FIELDS, Fields, calendar_as_typed, read_calendar
from api.console.setup_frame import SetupEditor, SetupReader, must_edit_all, roster_of, setup_page
from api.console.setup_hours import days_of
from api.console.setup_text import review, saved
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from db.rosters import RosterChanged, RosterFile
from models.calendar import WEEKDAYS, Calendar
from models.roster import Roster
from runtime.front import Front
from runtime.rosters import foresee

router = console()

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
STALE = "Somebody changed the roster since you opened this page. Nothing was saved; what you typed still stands."


@router.get("/setup/calendars")
async def calendars(request: Request, front: FrontDep, viewer: SetupReader) -> Response:
    """List the calendars: their week, and who works by each."""
    roster, at = await front.store.rosters.load(), front.clock()
    lines = [
        (name, calendar, week_of(calendar), used_by(roster, name), days_of(calendar, at, 1)[0])
        for name, calendar in (roster.calendars.items() if roster is not None else ())
        if roster is not None
    ]
    return await setup_page(
        request, front, viewer, "setup_calendars.html", title="Calendars", tab="/setup/calendars", lines=lines
    )


@router.get("/setup/calendars/{name}")
async def one_calendar(request: Request, front: FrontDep, viewer: SetupReader, name: str) -> Response:
    """Show one calendar with its days ahead, and its form."""
    roster = await roster_of(front)
    if name not in roster.calendars:
        raise Untellable(404, "There is no such calendar", "Nothing was changed.")
    file = await front.store.rosters.file()
    return await _page(request, front, viewer, name, roster, file, calendar_as_typed(roster.calendars[name]), {})


@router.post("/setup/calendars/{name}")
async def change(request: Request, front: FrontDep, viewer: SetupEditor, name: str, form: Form) -> Response:
    """Show the days ahead as they would be, or save; what touches leads is shown before."""
    must_edit_all(viewer)
    roster, file = await roster_of(front), await front.store.rosters.file()
    if file is None or name not in file.roster.calendars:
        raise Untellable(404, "There is no such calendar", "Or no roster names it any more. Nothing was changed.")
    typed, was = _typed(form), str(form.get("was", ""))[:40]
    found, wrong = await asyncio.to_thread(read_calendar, typed, file.roster.calendars[name])
    if found is None or form.get("do") == "look":
        return await _page(request, front, viewer, name, roster, file, typed, wrong, was=was, seen=found)
    wanted = file.roster.model_copy(update={"calendars": {**file.roster.calendars, name: found}})
    try:
        seen = await foresee(front.store, wanted, instead_of=was)
        if not seen.calm:
            return await review(request, front, viewer, wanted, was, seen, origin=f"/setup/calendars/{name}")
        act = await saved(front, viewer, wanted, was, f"The calendar {name} is saved.")
    except RosterChanged:
        return await _page(request, front, viewer, name, roster, file, typed, {"": STALE})
    return back(f"/setup/calendars/{name}", act)


async def _page(
    request: Request,
    front: Front,
    viewer: Viewer,
    name: str,
    roster: Roster,
    file: RosterFile | None,
    typed: Fields,
    wrong: Fields,
    *,
    was: str = "",
    seen: Calendar | None = None,
) -> Response:
    """Write the page; `seen`: the calendar as it was typed, whose days are shown beside those of the saved one."""
    present, at = roster.calendars[name], front.clock()
    old, new = days_of(present, at), days_of(seen or present, at)
    beside = seen is not None and seen.tz == present.tz
    return await setup_page(
        request,
        front,
        viewer,
        "setup_calendar.html",
        title=name,
        tab="/setup/calendars",
        status=409 if wrong.get("") == STALE else 422 if wrong else 200,
        name=name,
        calendar=seen or present,
        tried=seen is not None,
        days=tuple(zip(new, old if beside else (None,) * len(new), strict=True)),
        users=used_by(roster, name),
        weekdays=tuple(zip(WEEKDAYS, _NAMES, strict=True)),
        typed=typed,
        wrong=wrong,
        was=was or (file.digest if file else ""),
        editable=file is not None and name in file.roster.calendars,
    )


def week_of(calendar: Calendar) -> tuple[tuple[str, str], ...]:
    """Tell a week in few words: days with the same hours in one, `Mon-Fri 09:00-17:00`."""
    runs: list[tuple[int, int, str]] = []
    for number in range(len(WEEKDAYS)):
        hours = ", ".join("\u2013".join(window) for window in calendar.week.of(number))
        if runs and runs[-1][2] == hours:
            runs[-1] = (runs[-1][0], number, hours)
        else:
            runs.append((number, number, hours))
    return tuple(
        (_NAMES[first][:3] if first == last else f"{_NAMES[first][:3]}\u2013{_NAMES[last][:3]}", hours)
        for first, last, hours in runs
        if hours
    )


def used_by(roster: Roster, name: str) -> tuple[str, ...]:
    """Name the teams and reps who work by a calendar."""
    teams = [team.name for team in roster.teams if team.calendar == name]
    return (*teams, *(rep.name for rep in roster.reps if rep.calendar == name))


def _typed(form: FormData) -> Fields:
    return {name: str(form.get(name, "")).replace("\r\n", "\n").strip() for name in CALENDAR_FIELDS}
