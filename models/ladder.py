"""The escalation ladder as it is planned and told: rungs with absolute instants, and the story so far."""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from models.base import Inside, Instant
from models.lead import Stage
from models.roster import ChannelName


class RungKind(StrEnum):
    """What happens on a rung.

    `widen`: from here on others may be asked, too. `pause`: nothing happens until a time of day. `stage`: sales lets
    go of the lead, which goes to nurture or review or is closed. `repeat`: the rungs above once more; a plan has it
    written out.
    """

    OFFER = "offer"
    REMIND = "remind"
    ALERT = "alert"
    REASSIGN = "reassign"
    WIDEN = "widen"
    PAUSE = "pause"
    STAGE = "stage"
    REPEAT = "repeat"
    TRIAGE = "triage"


OFFERING = frozenset({RungKind.OFFER, RungKind.REASSIGN, RungKind.TRIAGE, RungKind.STAGE})
"""Rungs that move the lead on; each opens a new answer window from which the later rungs are planned."""


LAST = frozenset({RungKind.TRIAGE, RungKind.STAGE})
"""Rungs behind which there is none."""


class Target(StrEnum):
    """Who a rung turns to: an offer to a rep, an alert to whoever answers for them.

    `named`: whom a human named in a message. `person`, `on_duty`, `room`: whom the policy names with `who`, a person, a
    rota's, a place that many read. `managers_manager`: whoever the manager answers to.
    """

    PRIMARY = "primary"
    BACKUP = "backup"
    NEXT = "next"
    NAMED = "named"
    PERSON = "person"
    ON_DUTY = "on_duty"
    MANAGER = "manager"
    MANAGERS_MANAGER = "managers_manager"
    ROOM = "room"


OFFERED_TO = frozenset({Target.PRIMARY, Target.BACKUP, Target.NEXT, Target.PERSON, Target.ON_DUTY})
ALERTED = frozenset({Target.MANAGER, Target.MANAGERS_MANAGER, Target.PERSON, Target.ON_DUTY, Target.ROOM})
"""Whom a policy may name for an offer and for an alert."""

NAMES_WHO = frozenset({Target.PERSON, Target.ON_DUTY, Target.ROOM})
"""Targets that say with `who` which one."""


class Clock(StrEnum):
    """Whose business time a duration is counted in; `wall` counts every second."""

    REP = "rep"
    TEAM = "team"
    LEAD = "lead"
    WALL = "wall"


class Rung(Inside):
    """One planned rung: what, when (absolute), on which clock, and the window-by-window trace of that instant.

    `projected` marks rungs behind the next offering one: their instants assume that each offer before them is
    made exactly when due, and are planned anew once it is. `counted_from` and `budget` are what the instant was made
    of; without them it is as a person set it, and stays.
    """

    n: int = Field(description="position in the ladder; the contact ladder's go on counting behind it")
    kind: RungKind
    to: Target | None = None
    who: str | None = Field(None, description="the person, rota or room that `to` means")
    due_at: Instant
    clock: Clock
    counted_from: Instant | None = None
    budget: timedelta | None = None
    trace: tuple[str, ...] = ()
    projected: bool = False
    says: str = Field(description='in words: "offer it to the backup"')
    channels: tuple[ChannelName, ...] = Field((), description="over these only; none: the person's own")
    text: str = Field("", description="the policy's words for the message, filled in when it is sent")
    urgent: bool = Field(False, description="told in quiet hours too")
    pools: tuple[str, ...] = Field((), description="of `widen`: who may be asked from here on")
    until: str | None = Field(None, description="of `pause`: the time of day at which it goes on")
    until_at: Instant | None = Field(None, description="of `pause`: when that is")
    stage: Stage | None = Field(None, description="of `stage`: where the lead goes")


class Plan(Inside):
    """The rungs ahead, earliest first, and why they were planned (again).

    `away_at` is when whoever is asked goes on leave, so that the lead moves on then; `gone` is set where a plan was
    wanted anew and its holder cannot answer any more at all.
    """

    made_at: Instant
    cause: str
    rungs: tuple[Rung, ...]
    away_at: Instant | None = None
    away_because: str = Field("", description='"ana is on leave until 3 Dec"')
    gone: str | None = Field(None, description='"ana is not active any more": the lead moves on at once')


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
    AWAY = "away"
    WIDENED = "widened"
    LATER = "later"
    ACKNOWLEDGED = "acknowledged"
    HANDED_OVER = "handed_over"
    TAKEN_BACK = "taken_back"
    TROUBLE = "trouble"
    ENDED = "ended"


class Entry(Inside):
    """One line of a lead's timeline. `n` counts from 0 over the lead's whole life."""

    n: int
    at: Instant
    kind: EntryKind
    says: str
    data: dict[str, Any] = Field(default_factory=dict)
