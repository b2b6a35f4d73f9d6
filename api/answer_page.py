"""What the page behind a link says to whoever it was sent to, and what may be answered there: a pure view.

It says enough to act and no more (R48): how to reach the prospect is for whoever has taken the lead. This room refuses
to look anything up and to write HTML.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from activities.letter import who_of
from adapters.links import Link
from db.holding import Holder
from db.standings import Standing, View
from db.tables.words import End, Holds
from models.facts import LeadFacts
from models.lead import ENDED, Stage
from runtime.talking.answers import Answer, Outcome
from runtime.whose import Eyes, whose


class Act(StrEnum):
    """What may be answered on a page; each is the message of that name."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CONTACTED = "contacted"
    TAKE = "take"
    ACKNOWLEDGE = "acknowledge"


SIGNED_BY = {
    Act.ACCEPT: "rep_id",
    Act.DECLINE: "rep_id",
    Act.CONTACTED: "rep_id",
    Act.TAKE: "by",
    Act.ACKNOWLEDGE: "by",
}
"""In which field of its message an answer says whose it is."""

OF_OFFER = (Act.ACCEPT, Act.DECLINE)
"""Answers that name the offer they are to."""


class Tone(StrEnum):
    """What the page is to the reader: something to do, theirs, or nothing to do any more."""

    ASK = "ask"
    MINE = "mine"
    GONE = "gone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Contact:
    """How the prospect is reached, for the lead's owner."""

    name: str
    email: str
    mailto: str
    phone: str
    tel: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: `status` in a word or two, `sentence` whose the lead is, `rows` (label, value), `acts` in their order.

    `why` is the decision in one sentence, `how` the rest of it. `notice` and `problem` tell what came of an answer that
    was just given.
    """

    tone: Tone
    status: str
    heading: str
    sentence: str
    rows: tuple[tuple[str, str], ...] = ()
    why: str = ""
    how: tuple[str, ...] = ()
    contact: Contact | None = None
    acts: tuple[Act, ...] = ()
    offer: int = 0
    notice: str = ""
    problem: str = ""


def page_of(view: View, link: Link, eyes: Eyes) -> Page:
    """Say what one person sees of a lead, by its state and not by the link's age."""
    standing, holder = view.standing, view.standing.holder
    if standing.stage is Stage.ERASED:
        return Page(tone=Tone.GONE, status="Erased", heading="A lead", sentence=whose(standing, eyes))
    if holder is not None and holder.rep_id == link.person_id and holder.accepted:
        return _mine(view, eyes, holder)
    return _alerted(view, link, eyes) if link.kind == "alert" else _asked(view, link, eyes)


def answered(view: View, link: Link, eyes: Eyes, act: Act, answer: Answer) -> Page:
    """Say what came of an answer, and how the lead stands now: the workflow knows it before the database does."""
    document = answer.document
    if answer.outcome is Outcome.RECORDED:
        sentence = "Your answer is kept. Nobody has judged it yet: the verdict follows over your usual channel."
        page = page_of(view, link, eyes)
        return replace(page, tone=Tone.KEPT, status="Kept", sentence=sentence, acts=(), contact=None)
    page = page_of(replace(view, standing=_caught_up(view.standing, document)), link, eyes)
    if answer.outcome is Outcome.DONE:
        return replace(page, notice=_DONE[act])
    late = document["owner"] not in (None, link.person_id)
    return replace(page, problem="You are too late." if late else f"That did not work: {document['because']}.")


_DONE = {
    Act.ACCEPT: "It is yours.",
    Act.DECLINE: "You passed it on. Thank you for saying so.",
    Act.CONTACTED: "Noted: you reached out.",
    Act.TAKE: "It is yours.",
    Act.ACKNOWLEDGE: "Noted: you see to it, and hear no more of it for now.",
}


def _caught_up(known: Standing, told: dict[str, Any]) -> Standing:
    """Bring what the database knows to where the workflow's verdict stood; a repeated verdict may be an old one."""
    holder, owner, since = known.holder, told["owner"], told["since"]
    same_offer = holder is not None and holder.offer == told["offer"]
    if told["repeat"] and not same_offer:
        return known
    stage = Stage(told["stage"])
    if owner is None or since is None:
        return known if owner is not None else replace(known, stage=stage, holder=None)
    at = datetime.fromisoformat(since)
    accepted = at if stage in (Stage.ACCEPTED, Stage.CONTACTED) else None
    state = {Stage.ACCEPTED: Holds.ACCEPTED, Stage.CONTACTED: Holds.CONTACTED}.get(stage, Holds.OFFERED)
    offered_at = holder.offered_at if same_offer and holder is not None else at
    touched = holder.contacted_at if same_offer and holder is not None else None
    contacted = (touched or at) if stage is Stage.CONTACTED else None
    found = Holder(owner, told["offer"], state, offered_at, accepted, contacted)
    return replace(known, stage=stage, holder=found)


def _mine(view: View, eyes: Eyes, holder: Holder) -> Page:
    """Give the owner what they need to get in touch."""
    standing = view.standing
    touched = holder.contacted_at is not None or standing.stage is Stage.CONTACTED
    over = touched or standing.stage in ENDED
    rows = () if over else _due(standing, eyes)
    return Page(
        tone=Tone.MINE,
        status="In contact" if touched else "Yours",
        heading=_heading(view),
        sentence=whose(standing, eyes),
        rows=(*_who(view.facts), *rows),
        why=view.present.sentence if view.present else "",
        contact=_contact(view.facts),
        acts=() if over else (Act.CONTACTED, Act.DECLINE),
        offer=holder.offer,
    )


def _asked(view: View, link: Link, eyes: Eyes) -> Page:
    standing, holder = view.standing, view.standing.holder
    if holder is not None and holder.rep_id == link.person_id and standing.stage not in ENDED:
        return Page(
            tone=Tone.ASK,
            status="Yours to take",
            heading=_heading(view),
            sentence=whose(standing, eyes),
            rows=(*_who(view.facts), *_due(standing, eyes)),
            why=view.present.sentence if view.present else "",
            acts=(Act.ACCEPT, Act.DECLINE),
            offer=holder.offer,
        )
    declined = view.asked is not None and view.asked.ended is End.DECLINED
    again = _may_still(view, link) and not declined
    gone = "Passed on" if declined else "Not yours any more"
    return Page(
        tone=Tone.ASK if again else Tone.GONE,
        status="Still free" if again else gone,
        heading=_heading(view),
        sentence=whose(standing, eyes),
        rows=(*_who(view.facts), *_due(standing, eyes)) if again else (),
        acts=(Act.ACCEPT,) if again else (),
        offer=link.offer,
    )


def _may_still(view: View, link: Link) -> bool:
    """Say whether who was asked before may take it yet: the last one from triage, by policy anybody."""
    standing, asked = view.standing, view.asked
    if asked is None or asked.rep_id != link.person_id or (standing.holder is not None and standing.holder.accepted):
        return False
    last = standing.stage is Stage.TRIAGE and standing.holder is None and standing.offer == asked.offer
    return last or (standing.take_back and standing.stage in (Stage.ROUTING, Stage.OFFERED, Stage.TRIAGE))


def _alerted(view: View, link: Link, eyes: Eyes) -> Page:
    standing = view.standing
    over = standing.stage in ENDED
    taken = standing.holder is not None and standing.holder.accepted
    return Page(
        tone=Tone.GONE if over else Tone.ASK,
        status="Over" if over else "Taken" if taken else "Needs somebody",
        heading=_heading(view),
        sentence=whose(standing, eyes),
        rows=() if over else (*_who(view.facts), *_due(standing, eyes)),
        acts=() if over else (Act.TAKE, Act.ACKNOWLEDGE),
        offer=link.offer,
    )


def _heading(view: View) -> str:
    company = view.facts.company.name if view.facts else None
    return company or view.standing.headline


def _who(facts: LeadFacts | None) -> tuple[tuple[str, str], ...]:
    if facts is None:
        return ()
    asks_for = facts.type.replace("_", " ")
    size = f"{facts.company.employees:,} employees" if facts.company.employees else ""
    rows = (("Asks for", asks_for), ("Who", who_of(facts)), ("Company", size))
    return tuple((label, value) for label, value in rows if value)


def _due(standing: Standing, eyes: Eyes) -> tuple[tuple[str, str], ...]:
    if standing.due_at is None:
        return ()
    due = (("Due", eyes.when(standing.due_at)),)
    return (*due, ("Then", standing.next_step)) if standing.next_step else due


def _contact(facts: LeadFacts | None) -> Contact | None:
    if facts is None:
        return None
    email, phone = facts.email or "", facts.phone or ""
    mailto = f"mailto:{quote(email, safe='@.+-_')}" if email else ""
    tel = f"tel:{quote(phone, safe='+')}" if phone else ""
    return Contact(_name(facts), email, mailto, phone, tel, facts.message or "")


def _name(facts: LeadFacts) -> str:
    return " ".join(part for part in (facts.first_name, facts.last_name) if part)
