"""What a door lets in: rows that are leads, each under an id, as the inbox keeps them.

The same checks as in the next room are made here, so that nothing is acknowledged that would be refused later.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db.inbox import Arrival
from models.base import Problem, Refused, parse
from models.lead import LeadInput
from policy.hygiene import clean
from runtime.intake.columns import field_hint
from runtime.intake.rows import Row

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 14


def mint_lead_id() -> str:
    """Make a lead id: opaque, short enough to type, never twice (69 random bits)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def take(row: Row, now: datetime, *, import_id: str | None, paced: bool) -> Arrival:
    """Check one row and make of it what the inbox keeps. Raises Refused naming each wrong field."""
    if row.problems:
        raise Refused(row.problems)
    lead = parse(LeadInput, row.data, field_hint)
    lead_id = lead.lead_id or mint_lead_id()
    received_at = lead.received_at or now
    clean(lead, lead_id, received_at)
    raw = {**row.data, "lead_id": lead_id, "received_at": received_at.isoformat()}
    return Arrival(lead_id, _text(raw), source=lead.source, import_id=import_id, line=row.line, paced=paced)


def _text(raw: Mapping[str, Any]) -> str:
    try:
        return json.dumps(raw, allow_nan=False)
    except ValueError:
        raise Refused((Problem(field="", what="holds a number that JSON does not know"),)) from None
