"""What happened to a lead, as its page shows it: lines, messages, what left the house.

A pure view: it refuses to look anything up and to write HTML.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from api.console.lead_known import Known, name_of
from api.console.words import at
from db.crm_wanting import CopyState
from db.tables.words import HandOffKind, HandOffState, Sending
from models.ladder import EntryKind

_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?: UTC|Z)")
_GOOD = frozenset({EntryKind.ACCEPTED, EntryKind.CONTACTED, EntryKind.TAKEN_BACK, EntryKind.RESUMED})
_BAD = frozenset(
    {EntryKind.BREACHED, EntryKind.DECLINED, EntryKind.NOBODY, EntryKind.TRIAGED, EntryKind.TROUBLE, EntryKind.UNSENT}
)
_SENDING = {
    Sending.SENT: ("sent", "mine"),
    Sending.CLAIMED: ("being sent", "wait"),
    Sending.FAILED: ("failed, tried again", "ask"),
    Sending.STALE: ("not sent", "idle"),
    Sending.REFUSED: ("refused", "late"),
}
_LEAVING = {
    HandOffKind.ENROL: "Enrolment in a nurture programme",
    HandOffKind.LEAVE: "End of a nurture programme",
    HandOffKind.ANSWER: "First answer to the prospect",
}
_LEFT = {
    HandOffState.WAITING: "wait",
    HandOffState.SENT: "mine",
    HandOffState.REFUSED: "late",
    HandOffState.DROPPED: "gone",
}
_COPIES = {
    CopyState.TOLD: ("told", "mine"),
    CopyState.WAITING: ("waits", "wait"),
    CopyState.REFUSED: ("refused", "late"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened. `tone`: good, bad or nothing."""

    at: datetime
    what: str
    says: str
    tone: str


@dataclass(frozen=True, slots=True)
class Gone:
    """One thing that was to leave the house, and whether it did."""

    at: datetime
    what: str
    to: str
    over: str
    state: str
    tone: str
    because: str


def in_zone(text: str, zone: str) -> str:
    """Write the instants that a text names in UTC as people of a zone read them."""
    return _INSTANT.sub(lambda found: at(datetime.fromisoformat(f"{found[1]}+00:00"), zone), text)


def lines(known: Known) -> tuple[Line, ...]:
    """Tell what happened, the last first."""
    return tuple(
        Line(entry.at, entry.kind.replace("_", " "), in_zone(entry.says, known.zone), _tone(entry.kind))
        for entry in reversed(known.story.entries)
    )


def _tone(kind: EntryKind) -> str:
    return "good" if kind in _GOOD else "bad" if kind in _BAD else ""


def messages(known: Known) -> tuple[Gone, ...]:
    """Tell who was told what over which channel, the last first."""
    return tuple(
        Gone(
            one.sent_at or one.changed_at,
            (one.kind or "message").replace("_", " "),
            name_of(known.eyes, one.person_id),
            one.key.channel,
            *_SENDING[one.state],
            one.because,
        )
        for one in reversed(known.messages)
    )


def hand_offs(known: Known) -> tuple[Gone, ...]:
    """Tell what went to other tools and to the prospect, the last first, and what the CRM knows."""
    return tuple(
        Gone(
            one.sent_at or one.created_at,
            _LEAVING[one.kind],
            str(one.body.get("programme") or ""),
            one.provider_id or "",
            one.state.value,
            _LEFT[one.state],
            one.because,
        )
        for one in known.hand_offs
    )


def crm(known: Known) -> Gone | None:
    """Tell what the CRM knows of the lead; None where it was never to be told."""
    copy = known.copy
    if copy is None:
        return None
    told_as = copy.external_id or "not there yet"
    return Gone(copy.told_at or copy.changed_at, "Record in the CRM", told_as, "", *_COPIES[copy.state], copy.because)
