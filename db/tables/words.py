"""The words that stand in the tables' columns and nowhere on the wire."""

from enum import StrEnum


class Intake(StrEnum):
    """Where an inbox row stands."""

    WAITING = "waiting"
    STARTED = "started"
    REFUSED = "refused"


class Holds(StrEnum):
    """How far an ownership has come."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    ENDED = "ended"


class End(StrEnum):
    """How an ownership ended.

    `superseded`: a person gave the lead to somebody else. `withdrawn`: taken back before it was answered.
    `released`: the lead left sales' hands after somebody had accepted it.
    """

    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


class Posting(StrEnum):
    """What a line of the ledger is.

    `turn`: a turn, or a lead past the rotation that counts as one. `refund`: its reverse. `retake`: the turn once more,
    because the offer stands again or its lead was not bad after all. `settle`: somebody left the pool.
    """

    TURN = "turn"
    REFUND = "refund"
    RETAKE = "retake"
    SETTLE = "settle"


class DecisionKind(StrEnum):
    """What was decided."""

    SCORE = "score"
    ASSIGN = "assign"


class Sending(StrEnum):
    """Where one message stands: claimed by who is about to send it, and what came of it.

    `failed`: it may go through later. `refused`: it never will over this channel.
    """

    CLAIMED = "claimed"
    SENT = "sent"
    STALE = "stale"
    FAILED = "failed"
    REFUSED = "refused"


class Errand(StrEnum):
    """What an outbox row asks for.

    `wake`: look at a held lead again. `reconsider`: count a lead's rungs again, its holder's hours have changed.
    `handover`: give a lead to somebody else, its holder leaves. `say`: a message that a door took while Temporal was
    away. `refresh`: make messages that can be changed say who has the lead. `erase`: end and delete its workflow.
    `enrich`: ask the providers again that were too slow.
    """

    WAKE = "wake"
    RECONSIDER = "reconsider"
    HANDOVER = "handover"
    SAY = "say"
    REFRESH = "refresh"
    ERASE = "erase"
    ENRICH = "enrich"


class Alerting(StrEnum):
    """Where an alert to a manager stands: it waits for the others of its bundle, or went out, or could not."""

    WAITING = "waiting"
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"


class Origin(StrEnum):
    """Who said that somebody is away: the roster file, or somebody since."""

    FILE = "file"
    ADDED = "added"


class HookState(StrEnum):
    """Where a webhook stands: `dead` could not be mapped and waits for its mapping to be mended and a replay."""

    RECEIVED = "received"
    TAKEN = "taken"
    IGNORED = "ignored"
    DEAD = "dead"
    DROPPED = "dropped"


class TaskState(StrEnum):
    """Where a follow-up task stands. `dropped`: somebody else has the lead, or nobody needs to."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class HandOffKind(StrEnum):
    """What leaves the house: an enrolment in a nurture programme, its end, a first answer to the prospect."""

    ENROL = "enrol"
    LEAVE = "leave"
    ANSWER = "answer"


class HandOffState(StrEnum):
    """Where a hand-off stands. `refused`: it never will go out. `dropped`: it is no longer wanted."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    DROPPED = "dropped"


class AccountKeyKind(StrEnum):
    """By what an account is found."""

    DOMAIN = "domain"
    NAME = "name"
    BLOCK = "block"


class ActOutcome(StrEnum):
    """What came of what somebody did at the console. `recorded`: kept durably, the verdict follows."""

    DONE = "done"
    RECORDED = "recorded"
    REFUSED = "refused"
    FAILED = "failed"


class RunState(StrEnum):
    """Where the simulation of a draft stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
