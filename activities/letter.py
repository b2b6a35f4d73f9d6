"""What is to be said to whom, before a channel is chosen: to reps here, to managers in `activities.alert_letters`.

Instants are said in the reader's zone, which is named. What strangers wrote goes in as it is, once: nothing in it is
read as a placeholder. This room refuses to look anything up.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.channels.base import Answerable, Kind
from models.facts import LeadFacts
from models.orders import Tell
from models.roster import Person
from models.sla import PLACEHOLDERS

KINDS = {"offer": Kind.OFFER, "remind": Kind.REMIND, "contact": Kind.UNTOUCHED, "withdrawn": Kind.WITHDRAWN}
COMMAND = "python starter.py"
REASONS = ("I am away", "I have no room for it", "It is the wrong lead for me", "Somebody else knows them")
"""Why a rep passes a lead on, to be named with one tap; any other words do as well."""

_PLACES = re.compile("|".join(rf"\{{{name}\}}" for name in PLACEHOLDERS))


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in words: enough to act and no more (R48). `key` parts are what makes it one message.

    `bundled` are the keys of what it is about, where it is about several; `actions` are labels with links.
    """

    lead_id: str
    offer: int
    rung: int
    kind: Kind
    subject: str = field(repr=False)
    text: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    actions: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    answers: tuple[Answerable, ...] = ()
    bundled: tuple[str, ...] = ()
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter is for, and the zone they read times in."""

    person: Person
    zone: str = "UTC"

    def when(self, at: datetime) -> str:
        """Say an instant as their wall clock shows it, with their zone; the same whenever it is said."""
        local = at.astimezone(ZoneInfo(self.zone))
        seconds = f":{local:%S}" if local.second else ""
        return f"{local:%a} {local.day} {local:%b %H:%M}{seconds} ({self.zone})"


def to_rep(order: Tell, facts: LeadFacts | None, reader: Reader, link: str | None = None) -> Letter:
    """Write to the rep: who, which company, why them, by when, and how to answer; commands where there is no `link`."""
    headline = headline_of(facts)
    due = reader.when(order.due_at) if order.due_at else ""
    subject, text = {
        "offer": (f"New lead: {headline}", f"Please take it{f' by {due}' if due else ''}."),
        "remind": (f"Still waiting for you: {headline}", "Nobody has taken it yet."),
        "contact": (f"Not contacted yet: {headline}", "You took this lead and no contact is noted yet."),
        "withdrawn": (f"Not yours any more: {headline}", f"Somebody else has it now: {order.sentence}".rstrip(": ")),
        "verdict": (f"{'Done' if order.done else 'Not done'}: {headline}", order.sentence),
    }[order.kind]
    if due and order.kind in ("remind", "contact"):
        text += f" At {due}: {order.next_step or 'it moves on'}."
    if order.text:
        text = filled(order.text, facts, owner=reader.person.name, due=due, next_step=order.next_step)
    answers, commands = _answers(order)
    fields = (
        ("Who", who_of(facts)),
        ("Company", company_of(facts)),
        ("Why you", " ".join(order.sentence.split()) if order.kind in ("offer", "remind") else ""),
        ("Due", due),
        ("Offer", str(order.offer) if order.offer else ""),
    )
    return Letter(
        lead_id=order.lead_id,
        offer=order.offer,
        rung=order.rung,
        kind=kind_of(order),
        subject=subject,
        text=text if link else f"{text}\n\n{commands}".strip(),
        fields=tuple((label, value) for label, value in fields if value),
        actions=((_leads_to(order), link),) if link else (),
        answers=answers,
        due_at=order.due_at,
    )


def kind_of(order: Tell) -> Kind:
    """Say what a message to a rep is."""
    if order.kind == "verdict":
        return Kind.ACCEPTED if order.done else Kind.REFUSED
    return KINDS[order.kind]


def digest(key: str, subject: str, text: str, fields: tuple[tuple[str, str], ...] = ()) -> Letter:
    """Write where somebody's teams stand; `key` (letters, digits, `._:/+@~-`) makes it one message: a repeat is it."""
    return Letter(lead_id=key, offer=0, rung=0, kind=Kind.DIGEST, subject=subject, text=text, fields=fields)


def filled(text: str, facts: LeadFacts | None, *, owner: str, due: str, next_step: str) -> str:
    """Fill a policy's words in (`models.sla.PLACEHOLDERS`); braces in what is filled in stay what they are."""
    company = facts.company.name if facts else None
    values: Mapping[str, str] = {
        "{lead}": headline_of(facts),
        "{company}": company or "unknown company",
        "{owner}": owner or "nobody",
        "{due}": due or "no set time",
        "{next}": next_step or "its ladder goes on",
    }
    return _PLACES.sub(lambda place: values[place.group()], text)


def headline_of(facts: LeadFacts | None) -> str:
    """Name a lead without personal data."""
    return facts.headline if facts else "a lead"


def company_of(facts: LeadFacts | None) -> str:
    """Name a lead's company and its size."""
    if facts is None or not facts.company.name:
        return ""
    size = f", {facts.company.employees:,} employees" if facts.company.employees else ""
    return f"{facts.company.name}{size}"


def who_of(facts: LeadFacts | None) -> str:
    """Name the prospect and what they do; how to reach them is for whoever has taken the lead."""
    if facts is None:
        return ""
    name = " ".join(part for part in (facts.first_name, facts.last_name) if part)
    return ", ".join(part for part in (name, facts.title) if part)


def taking(lead_id: str, rep_id: str, offer: int, label: str = "Take it") -> tuple[Answerable, Answerable]:
    """Offer to take a lead, and to pass it on."""
    known: tuple[tuple[str, str | int], ...] = (("rep_id", rep_id), ("offer", offer))
    take = Answerable(label=label, lead_id=lead_id, says="accept", fields=known)
    decline = Answerable(
        label="Pass it on", lead_id=lead_id, says="decline", fields=known, asks=("reason",), choices=REASONS
    )
    return take, decline


def reached(lead_id: str, rep_id: str) -> Answerable:
    """Offer to say that one has reached out."""
    return Answerable(label="I reached out", lead_id=lead_id, says="contacted", fields=(("rep_id", rep_id),))


def _leads_to(order: Tell) -> str:
    if order.kind == "verdict":
        return "Open it" if order.done else "See who has it"
    return {"offer": "Take it or pass it on", "remind": "Take it or pass it on", "contact": "I reached out"}.get(
        order.kind, "See who has it"
    )


def _answers(order: Tell) -> tuple[tuple[Answerable, ...], str]:
    """Name what a rep may answer, for tools that draw buttons and as commands to type."""
    lead, rep = order.lead_id, order.rep_id
    typed = f"{lead} --rep {rep}"
    if order.kind in ("withdrawn", "verdict"):
        return (), ""
    if order.kind == "contact":
        return (reached(lead, rep),), f"Answer: {COMMAND} contacted {typed}"
    commands = f"Answer: {COMMAND} accept {typed}\nPass it on: {COMMAND} decline {typed} --reason WHY"
    return taking(lead, rep, order.offer), commands
