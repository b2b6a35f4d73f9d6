"""People as forms, files and referrals give them, read as a lead is read: one spelling, with what a title tells (R42).

This room refuses to decide whose person somebody is beyond what their own address and the entry say.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.base import parse
from models.contact import ContactEntry, ContactState
from models.facts import LeadFacts
from models.lead import Company, LeadInput, LeadType, Touch
from policy.cleaning.hygiene import clean
from policy.routing.accounts import domains_of

NO_ANSWER = "no_answer"
"""The kind of event that says: whoever asked does not answer."""

REFERRED_ON = "referred_on"
"""The kind of event that says: whoever asked named somebody else."""

STATES: Mapping[str, ContactState] = {NO_ANSWER: ContactState.NO_ANSWER, REFERRED_ON: ContactState.REFERRED_ON}
"""What an event says of a lead's person."""

_TOLD = (
    *("email", "phone", "first_name", "last_name", "title"),
    *("seniority", "department", "decision_maker", "language"),
)
_TELLS_NOBODY = frozenset({"title", "seniority", "role", "language"})
_OF_A_REFERRAL = frozenset({"email", "phone", "first_name", "last_name", "title", "seniority", "role", "language"})


def kept_of(touch: Touch) -> dict[str, Any]:
    """Give what is kept of a touch: of a referral nothing that tells who was named, for they are no part of that lead.

    They are kept as a contact, and forgotten as one.
    """
    if touch.kind != REFERRED_ON:
        return touch.properties
    return {name: value for name, value in touch.properties.items() if name in _TELLS_NOBODY}


def person_of(facts: LeadFacts) -> dict[str, Any]:
    """Give what a lead tells of its person, and the domain of their company; a free address tells of no company."""
    domains = domains_of(facts)
    return {name: getattr(facts, name) for name in _TOLD} | {"company": domains[-1] if domains else None}


def read_person(entry: ContactEntry, at: datetime) -> dict[str, Any]:
    """Normalise a person that somebody entered. Raises `Refused` when neither address nor number can be read."""
    lead = LeadInput(
        source="contact",
        type=LeadType.OTHER,
        company=Company(domain=entry.domain),
        **entry.model_dump(include={"email", "phone", "first_name", "last_name", "title", "seniority", "language"}),
    )
    return person_of(clean(lead, "contact", at)) | ({"role": entry.role} if entry.role else {})


def referred(properties: Mapping[str, Any], account: str | None, company: str | None) -> ContactEntry | None:
    """Read whom a `referred_on` event names, of the account and company of whoever named them.

    None where it names nobody who could be reached. `name` is taken apart at its last space; what else an event carries
    is left alone. Raises `Refused`.
    """
    said = {name: value for name, value in properties.items() if name in _OF_A_REFERRAL and value not in (None, "")}
    name = properties.get("name")
    if isinstance(name, str) and name.strip() and not {"first_name", "last_name"} & said.keys():
        first, _, last = name.strip()[:240].rpartition(" ")
        said |= {"first_name": first[:120], "last_name": last[:120]} if first else {"first_name": last[:120]}
    if "email" not in said and ("phone" not in said or account is company is None):
        return None
    where = {"account": account} if "email" in said or account else {"domain": company}
    return parse(ContactEntry, said | where)
