"""Everything that is known of one lead at this moment, for its page: its workflow and the database are asked at once.

This room refuses to lay anything out, and to say what may be done.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.addressees import reader_of
from adapters.links import Link
from api.answer_page import Act as Answered
from api.answer_page import page_of
from api.console import words
from db.acts import Act
from db.crm import Copy
from db.decisions import Decided
from db.hand_offs import HandOff
from db.leads import LeadCard
from db.manners import manners_of
from db.next_contact import Group
from db.notifications import Sent
from db.outcomes import Noted
from db.sessions import Viewer
from db.standings import View
from db.tables.words import DecisionKind
from models.access import Right
from models.decisions import Manners
from models.erasure import Erased
from models.facts import LeadFacts
from models.ladder import Rung
from models.lead import ENDED, LEAD_ID, Stage
from models.roster import Roster
from models.status import Explanation
from policy.quiet import zone_of
from runtime.front import Front
from runtime.presence import Presence, presence_of
from runtime.talking.answers import NoSuchLead
from runtime.talking.explaining import explanation_of
from runtime.talking.looking import Document, Story, ToldBy, status_of, story_of
from runtime.whose import Eyes

MOST_ACTS = 100


@dataclass(frozen=True, slots=True)
class PageEyes(Eyes):
    """Whoever reads a page: instants are as everywhere on it, with the year where it is not plain."""

    zone: str

    def when(self, at: datetime) -> str:
        """Say an instant in the zone of whoever reads."""
        return words.at(at, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the lead stands, as whoever knows it best tells it; `paused` is None where only the workflow would know."""

    stage: Stage
    owner: str | None
    answerable: str | None
    offer: int
    rung: int
    due_at: datetime | None
    next_step: str
    paused: bool | None
    breached: bool
    received_at: datetime | None
    response_due_at: datetime | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    ahead: tuple[Rung, ...]
    told_by: ToldBy
    note: str

    @property
    def ended(self) -> bool:
        """Say whether nothing runs for it any more."""
        return self.stage in ENDED

    @property
    def admitted(self) -> bool:
        """Say whether it is more than acknowledged."""
        return self.told_by is not ToldBy.INBOX


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One lead as one viewer may know it. `group`, and `facts` with the prospect's name, only for whoever may see them.

    `asked` says whether the viewer was ever asked to take it, `may_take` whether they still may though others were
    asked since.
    """

    lead_id: str
    at: datetime
    viewer: Viewer
    eyes: Eyes
    zone: str
    standing: Standing
    document: Document
    card: LeadCard | None
    why: Explanation
    described: Mapping[str, Any]
    facts: LeadFacts | None
    reaches: bool
    story: Story
    decided: tuple[Decided, ...]
    present: View | None
    asked: bool
    may_take: bool
    manners: Manners
    messages: tuple[Sent, ...]
    hand_offs: tuple[HandOff, ...]
    copy: Copy | None
    acts: tuple[Act, ...]
    outcomes: tuple[Noted, ...]
    group: Group | None
    erased: Erased | None
    presence: Presence | None

    @property
    def holds(self) -> bool:
        """Say whether the viewer has it in hand: they took it, and nobody has it since."""
        return self.mine and self.standing.accepted_at is not None

    @property
    def had(self) -> bool:
        """Say whether the viewer had it when it was noted what became of it."""
        return bool(self.outcomes) and self.outcomes[-1].rep_id in {self.viewer.person_id} - {None}

    @property
    def mine(self) -> bool:
        """Say whether it is the viewer's, offered or taken."""
        return self.viewer.person_id is not None and self.standing.owner == self.viewer.person_id


def name_of(eyes: Eyes, person_id: str | None) -> str:
    """Name a person of ours; who is unknown keeps their id."""
    return eyes.name(person_id) if person_id else ""


async def eyes_of(front: Front, viewer: Viewer) -> tuple[Eyes, str]:
    """Give the viewer's eyes and the zone that they read times in."""
    roster = await front.store.rosters.load() or Roster(calendars={}, managers=[], teams=[], reps=[], pools={})
    person = reader_of(roster, viewer.person_id) if viewer.person_id else None
    zone = zone_of(roster, person) if person else "UTC"
    return PageEyes(roster, viewer.signs, zone), zone


async def look(front: Front, viewer: Viewer, lead_id: str) -> Known:
    """Ask of everything that is known of a lead. Raises `NoSuchLead`, `DatabaseUnreachable`."""
    if not LEAD_ID.fullmatch(lead_id):
        raise NoSuchLead(lead_id)
    store = front.store
    document, why, story = await _ask(front, lead_id)
    eyes, zone = await eyes_of(front, viewer)
    standing, decided = _standing(document), await store.decisions.of(lead_id)
    offer = last_offer(decided, viewer.person_id)
    view = await store.standings.of(lead_id, offer)
    mine = viewer.person_id is not None and standing.owner == viewer.person_id
    reaches = viewer.may(Right.CONTACT_DETAILS) or (mine and standing.accepted_at is not None)
    erased, admitted = standing.stage is Stage.ERASED, view is not None
    at = front.clock()
    return Known(
        lead_id=lead_id,
        at=at,
        viewer=viewer,
        eyes=eyes,
        zone=zone,
        standing=standing,
        document=document,
        card=await store.leads.get(lead_id),
        why=Explanation.model_validate({name: why[name] for name in Explanation.model_fields}),
        described=why["facts"] or {},
        facts=await store.leads.facts(lead_id),
        reaches=reaches and not erased,
        story=story,
        decided=decided,
        present=view,
        asked=offer > 0 or mine,
        may_take=offer > 0 and not mine and _may_take(view, lead_id, offer, eyes),
        manners=await manners_of(store.database, lead_id),
        messages=await store.notifications.of(lead_id),
        hand_offs=await store.hand_offs.list(lead_id=lead_id),
        copy=await store.crm_copies.of(lead_id),
        acts=await store.acts.list(lead_id=lead_id, limit=MOST_ACTS),
        outcomes=await store.outcomes.all_of(lead_id),
        group=await store.contacts.of_lead(lead_id, at) if admitted and reaches and not erased else None,
        erased=await store.erasing.of(lead_id) if erased else None,
        presence=await presence_of(store, eyes.roster, at) if viewer.may(Right.MANAGE) and not standing.ended else None,
    )


async def _ask(front: Front, lead_id: str) -> tuple[Document, Document, Story]:
    """Ask where the lead stands, why, and what happened, all at once; none is left running where another fails."""
    line, store = front.line, front.store
    document, why, story = await asyncio.gather(
        status_of(line, store, lead_id),
        explanation_of(line, store, lead_id),
        story_of(line, store, lead_id),
        return_exceptions=True,
    )
    if isinstance(document, BaseException):
        raise document
    if isinstance(why, BaseException):
        raise why
    if isinstance(story, BaseException):
        raise story
    return document, why, story


def last_offer(decided: tuple[Decided, ...], person_id: str | None) -> int:
    """Give the number of the last offer to somebody; 0 where they were never asked."""
    mine = (one for one in reversed(decided) if one.kind is DecisionKind.ASSIGN and one.body.get("rep_id") == person_id)
    return next((one.offer or 0 for one in mine), 0) if person_id else 0


def _may_take(view: View | None, lead_id: str, offer: int, eyes: Eyes) -> bool:
    """Say whether somebody who was asked before may still take it, as the page behind their link says it."""
    if view is None:
        return False
    link = Link(lead_id=lead_id, offer=offer, person_id=eyes.person_id, kind="offer")
    return Answered.ACCEPT in page_of(view, link, eyes).acts


def _standing(document: Document) -> Standing:
    return Standing(
        stage=Stage(document["stage"]),
        owner=document["owner"],
        answerable=document["answerable"],
        offer=document["offer"] or 0,
        rung=document["rung"] or 0,
        due_at=_instant(document["due_at"]),
        next_step=document["next_step"] or "",
        paused=document["paused"],
        breached=bool(document["breached"]),
        received_at=_instant(document["received_at"]),
        response_due_at=_instant(document["response_due_at"]),
        accepted_at=_instant(document["accepted_at"]),
        contacted_at=_instant(document["contacted_at"]),
        ahead=tuple(Rung.model_validate(rung) for rung in document["next_steps"]),
        told_by=ToldBy(document["told_by"]),
        note=document["note"] or "",
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
