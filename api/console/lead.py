"""One lead: who has it and what comes next, then its story, then why, then everything else that is known of it (R29).

    GET /leads/{lead_id}

How to reach the prospect is shown to whoever took the lead, and to whoever holds the right to contact details. What the
page does is `lead_acts`; this room refuses to change anything.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from api.console import lead_facts, lead_ladder, lead_story, lead_why
from api.console.frame import page
from api.console.lead_doable import Doable, Part, marked
from api.console.lead_known import Known, look, name_of
from api.console.lead_offers import doables
from api.console.viewing import Viewer, console, seen
from api.console.words import at
from api.doors import FrontDep
from models.access import Right
from models.lead import Stage
from runtime.client import connection
from runtime.front import Front
from runtime.whose import whose, whose_it_is
from workflows.names import workflow_id

router = console()

SHOWN_LINES = 10
"""So many lines of what happened stand in the open; older ones are folded away."""

Typed = tuple[str, Mapping[str, str], Mapping[str, str]]
"""Which action was sent, what was typed, and what is wrong with it by field."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How the prospect is reached."""

    name: str
    email: str
    mailto: str
    phone: str
    tel: str
    title: str
    message: str
    language: str
    clock: str
    zone: str


@dataclass(frozen=True, slots=True)
class Now:
    """What stands at the top: whose it is in a sentence, the next step, and what tells it."""

    heading: str
    headline: str
    sentence: str
    owner: str
    answerable: str
    away: str
    late: bool
    promise_away: str
    routing: str
    fingerprint: str
    changed: bool


@router.get("/leads/{lead_id}")
async def show(lead_id: str, request: Request, front: FrontDep, viewer: Annotated[Viewer, seen(Right.SEE)]) -> Response:
    """Show one lead."""
    return await shown(request, front, viewer, lead_id)


async def shown(request: Request, front: Front, viewer: Viewer, lead_id: str, wrong: Typed | None = None) -> Response:
    """Write the page of a lead; with what is `wrong` in the form that was sent. Raises `NoSuchLead`."""
    known = await look(front, viewer, lead_id)
    acts = doables(known) if wrong is None else marked(doables(known), *wrong)
    of = _by_part(acts)
    now = now_of(known, request.query_params.get("seen", ""))
    story = lead_story.lines(known)
    choice, others = lead_why.choices(known)
    return await page(
        request,
        viewer,
        "lead_erased.html" if known.standing.stage is Stage.ERASED else "lead.html",
        title=now.heading,
        status=200 if wrong is None else 422,
        known=known,
        now=now,
        reach=reach_of(known),
        acts=of[Part.NOW],
        more=[(part, of[part]) for part in list(Part)[1:] if of[part]],
        unsaid=_unsaid(acts, wrong),
        more_open=any(one.wrong for part in list(Part)[1:] for one in of[part]),
        once=secrets.token_urlsafe(9),
        step=lead_ladder.next_windows(known),
        climbed=lead_ladder.climbed(known),
        ahead=lead_ladder.ahead(known),
        as_stored=lead_ladder.as_stored(known),
        lines=story[:SHOWN_LINES],
        older=story[SHOWN_LINES:],
        choice=choice,
        others=others,
        judged=lead_why.judged(known),
        facts=lead_facts.facts(known),
        providers=lead_facts.providers(known),
        colleagues=lead_facts.colleagues(known),
        messages=lead_story.messages(known),
        hand_offs=lead_story.hand_offs(known),
        crm=lead_story.crm(known),
        who=lambda person_id: name_of(known.eyes, person_id),
        temporal=temporal_of(front, known),
    )


def _unsaid(acts: tuple[Doable, ...], wrong: Typed | None) -> str:
    """Say what was wrong with a form that the page has no more, because the lead went on since; empty for others."""
    if wrong is None or wrong[0] in {one.name for one in acts}:
        return ""
    return " ".join(wrong[2].values()) or "This cannot be said to it as it stands now."


def now_of(known: Known, seen_before: str) -> Now:
    """Say where the lead stands; `seen_before` is the fingerprint of what a page that is open shows of it."""
    standing, facts, step = known.standing, known.facts, lead_ladder.next_windows(known)
    headline = str(known.document["headline"] or known.lead_id)
    company = facts.company.name if facts else None
    print_ = _fingerprint(known)
    stopped = known.document.get("routing_stopped")
    return Now(
        heading=company or f"{headline[:1].upper()}{headline[1:]}",
        headline=headline if company else "",
        sentence=_sentence(known),
        owner=name_of(known.eyes, standing.owner),
        answerable=name_of(known.eyes, standing.answerable),
        away=step.when if step else lead_ladder.away(standing.due_at, known.at),
        late=standing.due_at is not None and standing.due_at < known.at and not standing.ended,
        promise_away=lead_ladder.away(standing.response_due_at, known.at),
        routing=f"All routing is stopped by {stopped['by']}: {stopped['reason']}" if stopped else "",
        fingerprint=seen_before or print_,
        changed=bool(seen_before) and seen_before != print_,
    )


def reach_of(known: Known) -> Reach | None:
    """Say how the prospect is reached; None for whoever may not see it, and where nothing is known."""
    facts = known.facts
    if facts is None or not known.reaches:
        return None
    email, phone = facts.email or "", facts.phone or ""
    return Reach(
        " ".join(part for part in (facts.first_name, facts.last_name) if part),
        email,
        f"mailto:{quote(email, safe='@.+-_')}" if email else "",
        phone,
        f"tel:{quote(phone, safe='+')}" if phone else "",
        facts.title or "",
        facts.message or "",
        facts.language or "",
        _clock_of(facts.timezone or "", known.at),
        facts.timezone or "",
    )


def _clock_of(zone: str, now: datetime) -> str:
    """Say what the clocks of a zone show now; empty where no such zone is known."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return ""
    return at(now, zone)


def temporal_of(front: Front, known: Known) -> str:
    """Give the address of the lead's workflow in Temporal's Web UI; empty for others than operations, and without."""
    base = front.settings.temporal_ui_url
    if base is None or not known.viewer.may(Right.OPS):
        return ""
    namespace = connection().get("namespace") or "default"
    return f"{base}/namespaces/{quote(namespace, safe='')}/workflows/{quote(workflow_id(known.lead_id), safe='')}"


def _sentence(known: Known) -> str:
    standing, view = known.standing, known.present
    if standing.owner is not None:
        holder = view.standing.holder if view else None
        same = holder is not None and (holder.rep_id, holder.offer) == (standing.owner, standing.offer)
        offered_at = holder.offered_at if same and holder else None
        return whose_it_is(known.eyes, standing.owner, offered_at, standing.accepted_at, standing.contacted_at)
    folded = known.card.folded_into if known.card else None
    if folded is not None:
        return "The same person was in flight already: this is part of another lead."
    if view is None:
        return "It is at the door, and nothing is decided yet."
    return whose(view.standing, known.eyes)


def _by_part(acts: tuple[Doable, ...]) -> dict[Part, list[Doable]]:
    """Order them by where they stand, what is primary first."""
    ordered = sorted(acts, key=lambda one: one.style != "primary")
    return {part: [one for one in ordered if one.part is part] for part in Part}


def _fingerprint(known: Known) -> str:
    """Sum up what a page shows of the story, so that an open one can say that more has happened."""
    standing = known.standing
    said = f"{standing.stage} {standing.owner} {standing.offer} {standing.rung} {len(known.story.entries)}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]
