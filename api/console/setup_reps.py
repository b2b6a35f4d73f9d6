"""One rep: what they take, when they work and are away, and whether they are offered leads.

Operations and administrators change all of it; managers, whether one of theirs is active, and their time off.
"""

from typing import Any

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.console.frame import back, note
from api.console.mine_desk import Me, me_of
from api.console.mine_time import absence, days_ahead, read_time_off
from api.console.setup_forms import REP_FIELDS, Fields, read_rep, rep_as_typed
from api.console.setup_frame import (
    SetupEditor,
    SetupReader,
    edits_days,
    must_edit_all,
    must_edit_days,
    rep_in,
    roster_of,
    setup_page,
)
from api.console.setup_text import review, saved
from api.console.viewing import Form, Untellable, Viewer, console
from api.doors import FrontDep
from db.rosters import RosterChanged, RosterFile
from db.tables.words import ActOutcome
from models.base import Refused, parse
from models.roster import ChannelName, Level, Rep, Roster, TimeOff
from runtime.front import Front
from runtime.presence import presence_of
from runtime.rosters import foresee

router = console()

LONGEST = 4000
MOST = 200
"""Leads in hand that are looked at for what falls due while somebody is away."""

STALE = "Somebody changed the roster since you opened this page. Nothing was saved; what you typed still stands."


@router.get("/setup/reps/{rep_id}")
async def rep(request: Request, front: FrontDep, viewer: SetupReader, rep_id: str) -> Response:
    """Show one rep, with what may be changed."""
    return await _page(request, front, viewer, rep_id)


@router.post("/setup/reps/{rep_id}")
async def change(request: Request, front: FrontDep, viewer: SetupEditor, rep_id: str, form: Form) -> Response:
    """Change a rep; what touches leads is shown before."""
    must_edit_all(viewer)
    roster, file = await roster_of(front), await front.store.rosters.file()
    former = rep_in(roster, rep_id)
    present = _of_file(file, rep_id)
    if file is None or present is None:
        raise Untellable(409, "They have left the roster", f"{former.name} comes back by the roster's text.")
    typed, was = _typed(form, REP_FIELDS), str(form.get("was", ""))[:40]
    found, wrong = read_rep(typed, present, file.roster)
    if found is None:
        return await _page(request, front, viewer, rep_id, typed=typed, wrong=wrong, was=was)
    wanted = _with(file.roster, found)
    try:
        seen = await foresee(front.store, wanted, instead_of=was)
        if not seen.calm:
            return await review(request, front, viewer, wanted, was, seen, origin=f"/setup/reps/{rep_id}")
        act = await saved(front, viewer, wanted, was, f"{found.name} is changed.")
    except RosterChanged:
        return await _page(request, front, viewer, rep_id, typed=typed, wrong={"": STALE})
    return back(f"/setup/reps/{rep_id}", act)


@router.post("/setup/reps/{rep_id}/active")
async def set_active(front: FrontDep, viewer: SetupEditor, rep_id: str, form: Form) -> Response:
    """Offer a rep nothing more, or leads again."""
    roster = await roster_of(front)
    one = rep_in(roster, rep_id)
    must_edit_days(viewer, roster, one)
    if _of_file(await front.store.rosters.file(), rep_id) is None:
        raise Untellable(409, "They have left the roster", f"{one.name} comes back by the roster's text.")
    active, reason = form.get("active") == "yes", " ".join(str(form.get("reason", "")).split())[:500]
    if not reason:
        raise Untellable(422, "Say why", "Everybody who looks at their leads reads it. Nothing was changed.")
    because = f"{reason} ({viewer.signs})"
    new = await front.store.rosters.set_active(rep_id, active, at=front.clock(), because=because)
    said = (
        f"{one.name} is {'active: leads may be offered to them' if active else 'inactive: they are offered nothing'}."
    )
    outcome = ActOutcome.DONE if new else ActOutcome.REFUSED
    told = said if new else f"Nothing was changed: {said}"
    act = await note(
        front, viewer, "roster.active", outcome, told, about=rep_id, detail={"active": active, "reason": reason}
    )
    return back(f"/setup/reps/{rep_id}", act)


@router.post("/setup/reps/{rep_id}/time-off")
async def add_time_off(request: Request, front: FrontDep, viewer: SetupEditor, rep_id: str, form: Form) -> Response:
    """Note that a rep is away."""
    roster = await roster_of(front)
    one = rep_in(roster, rep_id)
    must_edit_days(viewer, roster, one)
    typed = _typed(form, ("from", "to", "from_at", "to_at", "reason"))
    time_off, wrong = read_time_off(typed, one, _me(roster, rep_id).hours, front.clock())
    if time_off is None:
        return await _page(request, front, viewer, rep_id, away=typed, away_wrong=wrong)
    there = any((each.start, each.end) == (time_off.start, time_off.end) for each in one.time_off)
    new = not there and await front.store.rosters.add_time_off(rep_id, time_off, at=front.clock())
    said = f"{one.name} is away {_words(typed)}." if new else "It was noted before."
    act = await note(front, viewer, "time_off.add", ActOutcome.DONE, said, about=rep_id)
    return back(f"/setup/reps/{rep_id}", act)


@router.post("/setup/reps/{rep_id}/time-off/remove")
async def remove_time_off(front: FrontDep, viewer: SetupEditor, rep_id: str, form: Form) -> Response:
    """Take an absence back; one that the roster file says, too, if whoever asks may change the roster."""
    roster = await roster_of(front)
    one = rep_in(roster, rep_id)
    must_edit_days(viewer, roster, one)
    try:
        off = parse(TimeOff, {"from": str(form.get("starts", "")), "to": str(form.get("ends", ""))})
    except Refused:
        raise Untellable(422, "This is no time off", "Nothing was changed. Open the page anew.") from None
    if form.get("of_file") == "yes":
        must_edit_all(viewer)
        gone = await _out_of_file(front, viewer, rep_id, off)
    else:
        gone = await front.store.rosters.remove_time_off(rep_id, off, at=front.clock())
    said = f"{one.name} is not away then after all." if gone else "No such time off stands there."
    outcome = ActOutcome.DONE if gone else ActOutcome.REFUSED
    act = await note(front, viewer, "time_off.remove", outcome, said, about=rep_id)
    return back(f"/setup/reps/{rep_id}", act)


async def _out_of_file(front: Front, viewer: Viewer, rep_id: str, off: TimeOff) -> bool:
    """Take an absence out of what the file says; say whether it was there."""
    file = await front.store.rosters.file()
    present = _of_file(file, rep_id)
    if file is None or present is None:
        return False
    left = [one for one in present.time_off if (one.start, one.end) != (off.start, off.end)]
    if len(left) == len(present.time_off):
        return False
    wanted = _with(file.roster, present.model_copy(update={"time_off": left}))
    try:
        await saved(front, viewer, wanted, file.digest)
    except RosterChanged:
        return False
    return True


async def _page(
    request: Request,
    front: Front,
    viewer: Viewer,
    rep_id: str,
    *,
    typed: Fields | None = None,
    wrong: Fields | None = None,
    was: str = "",
    away: Fields | None = None,
    away_wrong: Fields | None = None,
) -> Response:
    roster, file, at = await roster_of(front), await front.store.rosters.file(), front.clock()
    one, wrong, away_wrong = rep_in(roster, rep_id), wrong or {}, away_wrong or {}
    presence, me = await presence_of(front.store, roster, at), _me(roster, rep_id)
    held = await front.store.handovers.held_by(rep_id)
    taken = tuple(lead for lead in await front.store.desks.in_hand(rep_id, most=MOST) if lead.accepted_at is not None)
    rows = await front.store.desks.away(rep_id)
    present = _of_file(file, rep_id)
    return await setup_page(
        request,
        front,
        viewer,
        "setup_rep.html",
        title=one.name,
        tab="/setup",
        status=409 if wrong.get("") == STALE else 422 if wrong or away_wrong else 200,
        rep=one,
        team=next(team for team in roster.teams if team.id == one.team),
        because=presence.reasons[rep_id],
        load=presence.loads[rep_id],
        held=len(held),
        hours=me.hours,
        days=days_ahead(me, at),
        absences=[shown for row in rows if (shown := absence(me, row, taken, at)) is not None],
        listed=present is not None,
        may_days=edits_days(viewer, roster, one),
        typed=typed or rep_as_typed(present or one),
        wrong=wrong,
        away=away or {},
        away_wrong=away_wrong,
        was=was or (file.digest if file else ""),
        **_options(file.roster if file else roster, one),
    )


def _options(roster: Roster, one: Rep) -> dict[str, Any]:
    return {
        "of_teams": [(team.id, team.name) for team in roster.teams],
        "of_levels": [str(level) for level in Level],
        "of_calendars": [("", "the team's"), *((name, name) for name in roster.calendars)],
        "of_backups": [("", "nobody"), *((each.id, each.name) for each in roster.reps if each.id != one.id)],
        "of_channels": ", ".join(ChannelName),
    }


def _of_file(file: RosterFile | None, rep_id: str) -> Rep | None:
    return None if file is None else next((one for one in file.roster.reps if one.id == rep_id), None)


def _with(roster: Roster, rep: Rep) -> Roster:
    reps = [rep if one.id == rep.id else one for one in roster.reps]
    changed = roster.model_copy(update={"reps": reps})
    return parse(Roster, changed.model_dump(mode="json", by_alias=True))


def _me(roster: Roster, rep_id: str) -> Me:
    found = me_of(roster, rep_id)
    if found is None:
        raise RuntimeError("a rep of the roster is in it")
    return found


def _typed(form: FormData, names: tuple[str, ...]) -> Fields:
    return {name: " ".join(str(form.get(name, "")).split())[:LONGEST] for name in names}


def _words(typed: Fields) -> str:
    first, last = (" ".join(filter(None, (typed[name], typed[f"{name}_at"]))) for name in ("from", "to"))
    return f"on {first}" if first == last else f"from {first} to {last}"
