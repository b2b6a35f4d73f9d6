"""The escalation ladder as it is planned and told: rungs with absolute instants, and the story so far."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from models.base import Inside, Instant


class RungKind(StrEnum):
    """What happens on a rung."""

    OFFER = "offer"
    REMIND = "remind"
    ALERT = "alert"
    REASSIGN = "reassign"
    TRIAGE = "triage"


OFFERING = frozenset({RungKind.OFFER, RungKind.REASSIGN, RungKind.TRIAGE})
"""Rungs that move the lead on; each opens a new answer window from which the later rungs are planned."""


class Target(StrEnum):
    """Who an offer goes to."""

    PRIMARY = "primary"
    BACKUP = "backup"
    NEXT = "next"
    NAMED = "named"


class Clock(StrEnum):
    """Whose business time a duration is counted in; `wall` counts every second."""

    REP = "rep"
    TEAM = "team"
    LEAD = "lead"
    WALL = "wall"


class Rung(Inside):
    """One planned rung: what, when (absolute), on which clock, and the window-by-window trace of that instant.

    `projected` marks rungs behind the next offering one: their instants assume that each offer before them is
    made exactly when due, and are planned anew once it is.
    """

    n: int = Field(description="position in the ladder; the contact ladder's go on counting behind it")
    kind: RungKind
    to: Target | None = None
    due_at: Instant
    clock: Clock
    trace: tuple[str, ...] = ()
    projected: bool = False
    says: str = Field(description='in words: "offer it to the backup"')


class Plan(Inside):
    """The rungs ahead, earliest first, and why they were planned (again)."""

    made_at: Instant
    cause: str
    rungs: tuple[Rung, ...]


class EntryKind(StrEnum):
    """What a line of the timeline tells of."""

    RECEIVED = "received"
    FOLDED = "folded"
    ENRICHED = "enriched"
    SCORED = "scored"
    QUALIFIED = "qualified"
    OFFERED = "offered"
    HELD = "held"
    NOBODY = "nobody"
    PLANNED = "planned"
    SKIPPED = "skipped"
    REMINDED = "reminded"
    ALERTED = "alerted"
    SENT = "sent"
    UNSENT = "unsent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CONTACTED = "contacted"
    REFUSED = "refused"
    EVENT = "event"
    ASKED = "asked"
    PAUSED = "paused"
    RESUMED = "resumed"
    TRIAGED = "triaged"
    BREACHED = "breached"
    TROUBLE = "trouble"
    ENDED = "ended"


class Entry(Inside):
    """One line of a lead's timeline. `n` counts from 0 over the lead's whole life."""

    n: int
    at: Instant
    kind: EntryKind
    says: str
    data: dict[str, Any] = Field(default_factory=dict)
