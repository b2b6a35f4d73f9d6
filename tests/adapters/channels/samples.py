"""One message as a caller would build it, a clock that stands still, and text nobody should trust."""

from datetime import UTC, datetime
from typing import Any

from adapters.channels.base import Address, Answerable, Kind, Message

NOW = datetime(2026, 3, 27, 16, 55, tzinfo=UTC)
DUE = datetime(2026, 3, 27, 17, 10, tzinfo=UTC)
KEYS = (b"n" * 32, b"o" * 32)

HOSTILE = (
    "Acme\r\nBcc: victim@mallory.example",
    "Acme\n\n<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egpj.exe\u202c אבג \u2066x\u2069",
    "شركة عربية",
    "line\u2028separator\x85next\x0bdown\x1c.",
    "nul\x00 bell\x07 escape\x1b[31m",
    "half \ud800 pair",
    "=?utf-8?q?forged=0D=0ABcc:_x@mallory.example?=",
    ".\r\n.\r\nMAIL FROM:<x@mallory.example>",
    "x" * 10_000,
    "",
)


def clock() -> datetime:
    """Return the instant at which all of this happens."""
    return NOW


def person(**changes: Any) -> Address:
    """Return Mira, a fictional rep who can be reached everywhere."""
    known: dict[str, Any] = {
        "person_id": "rep-mira",
        "name": "Mira Santos",
        "email": "mira.santos@sales.example",
        "webhook_url": "https://hooks.example/T0/tokenMira",
        "slack": "U0MIRA0001",
        "teams_url": "https://teams.example/workflows/tokenMira",
    }
    return Address(**{**known, **changes})


def message(**changes: Any) -> Message:
    """Return the second offer of a lead, with everything needed to act."""
    known: dict[str, Any] = {
        "key": "L-7Q2:2:1:test",
        "lead_id": "L-7Q2",
        "offer": 2,
        "rung": 1,
        "kind": Kind.OFFER,
        "to": person(),
        "subject": "Demo request from Acme Robotics",
        "text": "A new lead is yours to take.",
        "fields": (
            ("Company", "Acme Robotics, 420 people, DE"),
            ("Why you", "territory DACH, next in rotation"),
        ),
        "actions": (
            ("Accept", "https://baton.example/a/tokenAccept"),
            ("Open", "https://baton.example/l/L-7Q2"),
        ),
        "answers": (
            Answerable(label="Take it", lead_id="L-7Q2", says="accept", fields=(("rep_id", "rep-mira"), ("offer", 2))),
            Answerable(
                label="Pass it on",
                lead_id="L-7Q2",
                says="decline",
                fields=(("rep_id", "rep-mira"),),
                asks=("reason",),
                choices=("I am away", "Other"),
            ),
        ),
        "due_at": DUE,
    }
    return Message(**{**known, **changes})
