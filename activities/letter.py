"""What is to be said to whom, before a channel is chosen."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.channels.base import Kind
from models.facts import LeadFacts
from models.orders import AlertManager, Tell
from models.roster import Person, Rep

KINDS = {"offer": Kind.OFFER, "remind": Kind.REMIND, "contact": Kind.UNTOUCHED}


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in words: enough to act and no more (R48)."""

    lead_id: str
    offer: int
    rung: int
    kind: Kind
    subject: str = field(repr=False)
    text: str = field(repr=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    due_at: datetime | None = None


def to_rep(order: Tell, facts: LeadFacts | None, person: Person) -> Letter:
    """Write to the rep: who, which company, why you, by when, and how to answer."""
    headline = facts.headline if facts else "a lead"
    due = _when(order.due_at, person)
    subject, text = {
        "offer": (f"New lead: {headline}", f"{order.sentence}\nPlease take it{f' by {due}' if due else ''}."),
        "remind": (f"Still waiting for you: {headline}", f"{order.sentence}\nNobody has taken it yet."),
        "contact": (f"Not contacted yet: {headline}", "You took this lead and no contact is noted yet."),
    }[order.kind]
    if due and order.kind != "offer":
        text += f" At {due}: {order.next_step or 'it moves on'}."
    answer = "contacted" if order.kind == "contact" else "accept"
    text += f"\n\nAnswer: python starter.py {answer} {order.lead_id} --rep {order.rep_id}"
    fields = [("Who", _who(facts)), ("Company", _company(facts)), ("Offer", str(order.offer))]
    return Letter(
        lead_id=order.lead_id,
        offer=order.offer,
        rung=order.rung,
        kind=KINDS[order.kind],
        subject=subject,
        text=text,
        fields=tuple((label, value) for label, value in fields if value),
        due_at=order.due_at,
    )


def to_manager(order: AlertManager, facts: LeadFacts | None) -> Letter:
    """Write to the manager: what happened in one line, who has it, what can be done."""
    headline = facts.headline if facts else "a lead"
    owner = f"{order.owner} is asked now." if order.owner else "Nobody holds it now."
    text = (
        f"{order.what}\n{owner}\n\nTake it: python starter.py take {order.lead_id} --by YOU\n"
        f"Give it to somebody: python starter.py reassign {order.lead_id} --rep REP --by YOU --reason WHY"
    )
    return Letter(
        lead_id=order.lead_id,
        offer=order.offer,
        rung=order.rung,
        kind=Kind.ALERT,
        subject=f"Needs you: {headline}",
        text=text,
        fields=(("Company", _company(facts)), ("Lead", order.lead_id)),
        due_at=order.due_at,
    )


def digest(key: str, subject: str, text: str, fields: tuple[tuple[str, str], ...] = ()) -> Letter:
    """Write where somebody's teams stand; `key` (letters, digits, `._:/+@~-`) makes it one message: a repeat is it."""
    return Letter(lead_id=key, offer=0, rung=0, kind=Kind.DIGEST, subject=subject, text=text, fields=fields)


def _who(facts: LeadFacts | None) -> str:
    if facts is None:
        return ""
    name = " ".join(part for part in (facts.first_name, facts.last_name) if part)
    return ", ".join(part for part in (name, facts.title) if part)


def _company(facts: LeadFacts | None) -> str:
    if facts is None or not facts.company.name:
        return ""
    size = f", {facts.company.employees:,} employees" if facts.company.employees else ""
    return f"{facts.company.name}{size}"


def _when(at: datetime | None, person: Person) -> str:
    """Say an instant in the rep's own zone, if the roster names one."""
    if at is None:
        return ""
    zone = person.tz if isinstance(person, Rep) else None
    return f"{at.astimezone(ZoneInfo(zone) if zone else UTC):%a %H:%M:%S %Z}"
