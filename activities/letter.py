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

_PLACES = re.compile("|".join(rf"\{{{name}\}}" for name in PLACEHOLDERS))


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in words: enough to act and no more (R48). `key` parts are what makes it one message.

    `bundled` are the keys of the alerts that it is about, where it is about several.
    """

    lead_id: str
    offer: int
    rung: int
    kind: Kind
    subject: str = field(repr=False)
    text: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
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


def to_rep(order: Tell, facts: LeadFacts | None, reader: Reader) -> Letter:
    """Write to the rep: who, which company, why you, by when, and how to answer."""
    headline = headline_of(facts)
    due = reader.when(order.due_at) if order.due_at else ""
    subject, text = {
        "offer": (f"New lead: {headline}", f"{order.sentence}\nPlease take it{f' by {due}' if due else ''}."),
        "remind": (f"Still waiting for you: {headline}", f"{order.sentence}\nNobody has taken it yet."),
        "contact": (f"Not contacted yet: {headline}", "You took this lead and no contact is noted yet."),
        "withdrawn": (f"Not yours any more: {headline}", f"Somebody else has it now: {order.sentence}".rstrip(": ")),
    }[order.kind]
    if due and order.kind in ("remind", "contact"):
        text += f" At {due}: {order.next_step or 'it moves on'}."
    if order.text:
        text = filled(order.text, facts, owner=reader.person.name, due=due, next_step=order.next_step)
    answers, commands = _answers(order)
    fields = [("Who", _who(facts)), ("Company", company_of(facts)), ("Offer", str(order.offer)), ("Due", due)]
    return Letter(
        lead_id=order.lead_id,
        offer=order.offer,
        rung=order.rung,
        kind=KINDS[order.kind],
        subject=subject,
        text=f"{text}\n\n{commands}".strip(),
        fields=tuple((label, value) for label, value in fields if value),
        answers=answers,
        due_at=order.due_at,
    )


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


def _answers(order: Tell) -> tuple[tuple[Answerable, ...], str]:
    """Name what a rep may answer, for tools that draw buttons and as commands to type."""
    lead, rep = order.lead_id, order.rep_id
    typed = f"{lead} --rep {rep}"
    if order.kind == "withdrawn":
        return (), ""
    if order.kind == "contact":
        contacted = Answerable(label="I reached out", lead_id=lead, says="contacted", fields=(("rep_id", rep),))
        return (contacted,), f"Answer: {COMMAND} contacted {typed}"
    known: tuple[tuple[str, str | int], ...] = (("rep_id", rep), ("offer", order.offer))
    take = Answerable(label="Take it", lead_id=lead, says="accept", fields=known)
    decline = Answerable(label="Pass it on", lead_id=lead, says="decline", fields=known, asks=("reason",))
    return (take, decline), f"Answer: {COMMAND} accept {typed}\nPass it on: {COMMAND} decline {typed} --reason WHY"


def _who(facts: LeadFacts | None) -> str:
    if facts is None:
        return ""
    name = " ".join(part for part in (facts.first_name, facts.last_name) if part)
    return ", ".join(part for part in (name, facts.title) if part)
