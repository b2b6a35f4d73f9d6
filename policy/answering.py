"""The automatic first answer to a prospect: whether there is one, and what it says (R7).

Only a policy that asks for it has any. Nobody is answered at an address that is no person's: that is how machines
start talking to each other. This room refuses to send anything.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from models.facts import EmailKind, LeadFacts
from models.policy import FIRST_ANSWER_PLACEHOLDERS, FirstAnswer
from policy.compiled import CompiledPolicy

NOBODYS = frozenset({EmailKind.NONE, EmailKind.ROLE, EmailKind.DISPOSABLE})
"""Kinds of addresses that are not answered automatically."""

_PLACES = re.compile("|".join(rf"\{{{name}\}}" for name in FIRST_ANSWER_PLACEHOLDERS))
_LONGEST = 80
"""Letters of a value that somebody typed into a form: a name is shorter, and no spam is sent in our name."""

_LINK = re.compile(r"://|www\.|\w\.\w{2,}/", re.IGNORECASE)


def first_answer(compiled: CompiledPolicy, facts: LeadFacts, at: datetime) -> FirstAnswer | None:
    """Choose the first answer whose condition holds for what came in; None where nobody is to be answered."""
    if not compiled.answer_rules or facts.email is None or facts.email_kind in NOBODYS:
        return None
    known = compiled.known(facts, (), at)
    return next((answer for answer, condition in compiled.answer_rules if condition.holds(known)), None)


def mentions_owner(subject: str, text: str) -> bool:
    """Say whether an answer names who will take care of it, so that it is better to know that first."""
    return "{owner}" in subject or "{owner}" in text


def worded(text: str, facts: LeadFacts | None, owner: str | None) -> str:
    """Fill a first answer's words in; what is not known, or looks like no name at all, is said in general words."""
    values: Mapping[str, str] = {
        "{first_name}": _name(facts.first_name if facts else None) or "there",
        "{company}": _name(facts.company.name if facts else None) or "your company",
        "{owner}": owner or "our team",
    }
    return _PLACES.sub(lambda place: values[place.group()], text)


def _name(said: str | None) -> str | None:
    """Give what a stranger typed as a name, unless it is an advertisement that we would send on for them."""
    plain = " ".join((said or "").split())
    return plain if plain and len(plain) <= _LONGEST and not _LINK.search(plain) else None
