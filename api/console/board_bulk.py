"""One thing said to many leads at once: chosen or all that match, asked first, then said one by one beside the request.

What is said is an ordinary message to each lead, under a key that follows from the form: sent twice, it is said once.
A run that was cut off by a restart says so, and goes on when somebody says so. This room refuses to keep what people
typed as a reason: each lead has it with what it was told.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Path, Request, Response

from api.console.board_wanted import Wanted, wanted_of
from api.console.frame import back, note, page
from api.console.lead_known import eyes_of
from api.console.viewing import Form, Untellable, Viewer, acted, console, seen
from api.doors import FrontDep
from db.acts import Act
from db.board import BoardFilters
from db.leads import LeadCard
from db.tables import HumanAct
from db.tables.words import ActOutcome
from models.access import Right
from models.lead import LEAD_ID
from policy.routing.crew import crew_of
from runtime.bulk import MOST, Bulk, Said, say_to_all
from runtime.front import Front
from runtime.whose import Eyes

router = console()

ActId = Annotated[int, Path(ge=1, le=2**31 - 1)]

_ONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")

_FIELDS = ("reason", "rep_id", "until")

SILENT = timedelta(seconds=20)
"""A run of which nothing was heard for so long was cut off; until then it may go on in another process."""

SHOWN = 20
"""Leads that the question names; the others are a number."""


@dataclass(frozen=True, slots=True)
class Doable:
    """One thing that may be said to many leads: what it asks for besides a reason, and what will happen."""

    name: str
    words: str
    happens: str
    to: str = ""
    until: bool = False
    reason: bool = True
    danger: bool = False


DOABLE = {
    one.name: one
    for one in (
        Doable("reassign", "Give to somebody", "Each goes to this person now, whoever has it.", to="needed"),
        Doable(
            "handover",
            "Hand over",
            "Whoever holds them leaves them: routing chooses anew, or you name somebody.",
            to="may",
        ),
        Doable("pause", "Pause", "Their remaining business time is frozen. Answers are still taken.", until=True),
        Doable("resume", "Resume", "Frozen time runs on from now.", reason=False),
        Doable("requalify", "Judge anew", "Each is judged under the policy published now, and may move on."),
        Doable("disqualify", "Disqualify", "Each ends: it is no lead for us. Whoever has it is told.", danger=True),
    )
}
"""What operations may do with many leads at once."""


@router.get("/board/bulk")
async def ask(request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.BULK)]) -> Response:
    """Ask before anything happens: how many leads, which, and what will be said to them."""
    said = request.query_params
    doable = _doable(said.get("do", ""))
    names = ("do", "of", "lead")
    wanted = wanted_of((name, value) for name, value in said.multi_items() if name not in names)
    if said.get("of") == "all":
        leads = await front.store.boards.ids(wanted.filters(front.clock()), sort=wanted.order, limit=MOST + 1)
    else:
        leads = tuple(dict.fromkeys(said.getlist("lead")))
    return await _question(request, front, viewer, doable, leads, wanted, {})


@router.post("/board/bulk")
async def do(request: Request, front: FrontDep, form: Form, viewer: Annotated[Viewer, acted(Right.BULK)]) -> Response:
    """Say it to each lead, beside the request; lead to the page that tells what came of it."""
    typed = {name: str(value).strip() for name, value in form.items()}
    doable, leads = _doable(typed.get("do", "")), tuple(dict.fromkeys(typed.get("leads", "").split()))
    once = typed.get("once", "")
    if not _ONCE.fullmatch(once) or not leads or len(leads) > MOST or not all(map(LEAD_ID.fullmatch, leads)):
        raise Untellable(422, "This cannot be taken", "Choose the leads on the board. Nothing was changed.")
    if (known := await front.store.boards.bulk_begun(viewer.member_id, _about(once))) is not None:
        return back(f"/board/bulk/{known}", known)
    eyes, zone = await eyes_of(front, viewer)
    fields, wrong = _read(doable, typed, eyes, zone, front.clock())
    if wrong:
        return await _question(request, front, viewer, doable, leads, Wanted(), typed, wrong)
    detail = {"do": doable.name, "leads": list(leads)} | {k: v for k, v in fields.items() if k != "reason"}
    because = f"{doable.words}: {len(leads)} {'lead' if len(leads) == 1 else 'leads'}, one after the other"
    begun = HumanAct(
        at=front.clock(),
        who=viewer.member_id,
        person_id=viewer.person_id,
        what=f"bulk.{doable.name}",
        about=_about(once),
        detail=detail,
        outcome=ActOutcome.RECORDED,
        because=because,
    )
    act, first = await front.store.boards.bulk_begin(begun)
    if first:
        _begin(front, viewer, doable, leads, fields, once)
    return back(f"/board/bulk/{act}", act)


@router.get("/board/bulk/{act_id}")
async def told(
    request: Request, front: FrontDep, act_id: ActId, viewer: Annotated[Viewer, seen(Right.BULK)]
) -> Response:
    """Tell of each lead what came of it."""
    begun = await _begun(front, viewer, act_id)
    doable, leads = _doable(str(begun.detail["do"])), [str(lead) for lead in begun.detail["leads"]]
    found = await front.store.boards.bulk_told(begun.about, begun.who, begun.id)
    lately = max((one.at for one in found.values()), default=begun.at)
    running = front.bulks.runs(begun.about) or front.clock() - lately < SILENT
    waiting = [lead for lead in leads if lead not in found]
    numbers = {outcome: sum(one.outcome is outcome for one in found.values()) for outcome in ActOutcome}
    return await page(
        request,
        viewer,
        "board_bulk_told.html",
        title=f"{doable.words}: {len(leads)} leads",
        begun=begun,
        doable=doable,
        leads=leads,
        results=found,
        numbers=numbers,
        waiting=waiting,
        running=running and bool(waiting),
    )


@router.post("/board/bulk/{act_id}/on")
async def go_on(front: FrontDep, form: Form, act_id: ActId, viewer: Annotated[Viewer, acted(Right.BULK)]) -> Response:
    """Say it to the leads that a run which was cut off has not reached."""
    begun = await _begun(front, viewer, act_id)
    if begun.who != viewer.member_id:
        raise Untellable(403, "This is not for you", "Whoever began it may go on with it. Nothing was changed.")
    doable = _doable(str(begun.detail["do"]))
    found = await front.store.boards.bulk_told(begun.about, begun.who, begun.id)
    left = [str(lead) for lead in begun.detail["leads"] if lead not in found]
    fields = {name: value for name, value in begun.detail.items() if name not in ("do", "leads")}
    if doable.reason:
        fields["reason"] = str(form.get("reason", "")).strip()[:500]
        if not fields["reason"]:
            raise Untellable(422, "A reason is missing", "Say why. Nothing was changed.")
    _begin(front, viewer, doable, left, fields, begun.about.removeprefix("bulk "))
    return back(f"/board/bulk/{act_id}", act_id)


def _begin(
    front: Front, viewer: Viewer, doable: Doable, leads: Sequence[str], fields: Mapping[str, Any], once: str
) -> None:
    """Start saying it, beside the request; a run that goes on already is left alone."""

    def key(lead_id: str) -> str:
        return f"console-{hashlib.sha256(f'{viewer.member_id} {once} {lead_id}'.encode()).hexdigest()[:32]}"

    async def noted(lead_id: str, said: Said) -> None:
        await note(front, viewer, doable.name, said.outcome, said.because, lead_id=lead_id, about=_about(once))

    bulk = Bulk(front.speaker, doable.name, {**fields, "by": viewer.signs}, key)
    front.bulks.start(_about(once), lambda: say_to_all(bulk, leads, noted), front.store.beside)


def _about(once: str) -> str:
    return f"bulk {once}"


def _doable(name: str) -> Doable:
    """Find what may be said. Raises `Untellable`."""
    if (found := DOABLE.get(name)) is None:
        raise Untellable(422, "This cannot be read", "Choose on the board what is to be done. Nothing was changed.")
    return found


async def _begun(front: Front, viewer: Viewer, act_id: int) -> Act:
    """Give the note that a run was begun; theirs, or anybody's for whoever reads the log. Raises `Untellable`."""
    act = await front.store.acts.get(act_id)
    if act is None or not act.what.startswith("bulk.") or "leads" not in act.detail:
        raise Untellable(404, "There is no such run", "The address may be cut.")
    if act.who != viewer.member_id and not viewer.may(Right.LOG):
        raise Untellable(403, "This is not for you", "It was begun by somebody else.")
    return act


def _read(
    doable: Doable, typed: Mapping[str, str], eyes: Eyes, zone: str, at: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """Make of what was typed what is said to each lead; and what is wrong with it, field by field."""
    fields, wrong = dict[str, Any](), dict[str, str]()
    if doable.reason:
        fields["reason"] = typed.get("reason", "")
        if not fields["reason"]:
            wrong["reason"] = "Say why: everybody who has one of them reads it."
        elif len(fields["reason"]) > 500:
            wrong["reason"] = "At most 500 characters."
    if to := typed.get("rep_id", "") if doable.to else "":
        fields["rep_id"] = to
        if to not in crew_of(eyes.roster).people:
            wrong["rep_id"] = "They are not in the roster."
    elif doable.to == "needed":
        wrong["rep_id"] = "Say to whom."
    if doable.until and (text := typed.get("until", "")):
        until, why = _instant(text, zone, at)
        if until is None:
            wrong["until"] = why
        else:
            fields["until"] = until.isoformat()
    return fields, wrong


def _instant(text: str, zone: str, at: datetime) -> tuple[datetime | None, str]:
    """Read an instant as clocks of a zone show it; None with what is wrong."""
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return None, "This is no date with a time."
    until = until if until.tzinfo else until.replace(tzinfo=ZoneInfo(zone))
    return (until, "") if until > at else (None, "This is over already.")


async def _question(
    request: Request,
    front: Front,
    viewer: Viewer,
    doable: Doable,
    leads: Sequence[str],
    wanted: Wanted,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
) -> Response:
    if not leads:
        raise Untellable(422, "No lead is chosen", "Tick leads on the board, or choose all that match.")
    if not all(map(LEAD_ID.fullmatch, leads)):
        raise Untellable(422, "This cannot be read", "What was chosen are no leads. Nothing was changed.")
    eyes, zone = await eyes_of(front, viewer)
    shown: tuple[LeadCard, ...] = await front.store.boards.page(BoardFilters(leads=tuple(leads[:SHOWN])), limit=SHOWN)
    people = [(one.id, f"{one.name}{'' if one.active else ' (not active)'}") for one in eyes.roster.reps]
    return await page(
        request,
        viewer,
        "board_bulk.html",
        status=422 if wrong else 200,
        title=f"{doable.words}: {min(len(leads), MOST)} leads?",
        doable=doable,
        leads=leads[:MOST],
        cut=len(leads) > MOST,
        most=MOST,
        shown=shown,
        names={card.lead_id: eyes.name(card.owner) if card.owner else "nobody" for card in shown},
        people=sorted(people, key=lambda pair: pair[1].casefold()),
        zone=zone,
        typed=dict.fromkeys(_FIELDS, "") | dict(typed),
        wrong=dict.fromkeys(_FIELDS, "") | dict(wrong or {}),
        wanted=wanted,
        once=typed.get("once") or secrets.token_urlsafe(12),
    )
