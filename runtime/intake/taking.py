"""What a door lets in: rows that are leads, each under an id, as the inbox keeps them.

The same checks as in the next room are made here, so that nothing is acknowledged that would be refused later.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from db.inbox import Arrival
from models.base import Problem, Refused, too_deep
from models.door import Happening
from models.facts import LeadFacts
from models.lead import DEEPEST_LEAD, LARGEST_LEAD, YEARS, LeadInput
from policy.cleaning.hygiene import clean
from policy.cleaning.reading import read
from runtime.intake.columns import field_hint
from runtime.intake.rows import Row

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 14
_AN = {"lead": "a lead", "event": "an event"}


def mint_lead_id() -> str:
    """Make a lead id: opaque, short enough to type, never twice (69 random bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def steady_lead_id(import_id: str, line: int) -> str:
    """Make the lead id of a line of an import: always the same, so that a file sent again keeps its rows."""
    number = int.from_bytes(hashlib.sha256(f"{import_id}:{line}".encode()).digest())
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(_LENGTH))


def take(row: Row, now: datetime, *, import_id: str | None, paced: bool) -> Arrival:
    """Check one row and make of it what the inbox keeps. Raises Refused naming each wrong field."""
    facts = read_lead(row, now, mint_lead_id)
    return as_kept(row, facts, import_id=import_id, line=row.line, paced=paced)


def as_kept(row: Row, facts: LeadFacts, **more: Any) -> Arrival:
    """Make of a row that was read what the inbox keeps; `more` is the arrival's. Raises Refused."""
    raw = {**row.data, "lead_id": facts.lead_id, "received_at": facts.received_at.isoformat()}
    return Arrival(facts.lead_id, _text(raw), source=row.data["source"], **more)


def digest(data: Any) -> str:
    """Give the digest by which the same data is known again, however its fields are ordered."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_lead(row: Row, now: datetime, lead_id: Callable[[], str]) -> LeadFacts:
    """Read one row as a door does; `now` and `lead_id` stand in where it says nothing. Raises Refused."""
    if row.problems:
        raise Refused(row.problems)
    look_at_size(row.data)
    lead, notes = read(row.data, field_hint)
    received_at = lead.received_at or now
    if received_at.year not in YEARS:
        what = f"lies outside the years {YEARS[0]} to {YEARS[-1]}; leave it out for now"
        raise Refused((Problem(field="received_at", what=what),))
    return clean(lead, lead.lead_id or lead_id(), received_at, *notes)


def look_at_size(data: Any, largest: int = LARGEST_LEAD, what: str = "lead") -> None:
    """Refuse what is too deep or too large to go through every room, naming the field that makes it so."""
    fields: Mapping[str, Any] = data if isinstance(data, dict) else {"": data}
    for name, value in fields.items():
        if too_deep(value, DEEPEST_LEAD - 1):
            says = f"is nested too deep: {_AN[what]} may have {DEEPEST_LEAD} levels of objects and lists"
            raise Refused((Problem(field=_known(name), what=says),))
    sizes = {name: _size(name) + _size(value) for name, value in fields.items()}
    if (size := sum(sizes.values())) > largest:
        biggest = max(sizes, key=sizes.__getitem__)
        says = f"makes the {what} too large: {size:,} bytes of JSON, and {largest:,} is the most"
        at_fault = _known(biggest) if sizes[biggest] > size / 2 else ""
        raise Refused((Problem(field=at_fault, what=says),))


def _known(name: str) -> str:
    """Name a field of a lead or an event; any other name is a stranger's text, of any length."""
    return name if name in LeadInput.model_fields or name in Happening.model_fields else ""


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _text(raw: Mapping[str, Any]) -> str:
    try:
        return json.dumps(raw, allow_nan=False)
    except ValueError:
        raise Refused((Problem(field="", what="holds a number that JSON does not know"),)) from None
