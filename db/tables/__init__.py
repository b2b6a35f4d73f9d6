"""The tables, by what they tell of. They hold no rules beyond what the database itself enforces."""

from db.tables.base import Table
from db.tables.errands import ROUTING, Alert, Audit, EnrichmentCache, Notification, Outbox, PolicyVersion, Switch
from db.tables.intake import Identity, Inbox, Pace
from db.tables.lead import Decision, Lead, Timeline, Touched
from db.tables.outcome import Outcome, RepRecord
from db.tables.people import (
    CalendarRow,
    Forgiven,
    ManagerRow,
    PoolRow,
    RepRow,
    RoomRow,
    RosterState,
    RotaRow,
    TeamRow,
    TimeOffRow,
)
from db.tables.rotation import Balance, Ledger, Ownership, Waiting
from db.tables.trials import ShadowBalance, ShadowDecision, Trial, TrialLead
from db.tables.words import Alerting, DecisionKind, End, Errand, Holds, Intake, Origin, Posting, Sending

__all__ = [
    "ROUTING",
    "Alert",
    "Alerting",
    "Audit",
    "Balance",
    "CalendarRow",
    "Decision",
    "DecisionKind",
    "End",
    "EnrichmentCache",
    "Errand",
    "Forgiven",
    "Holds",
    "Identity",
    "Inbox",
    "Intake",
    "Lead",
    "Ledger",
    "ManagerRow",
    "Notification",
    "Origin",
    "Outbox",
    "Outcome",
    "Ownership",
    "Pace",
    "PolicyVersion",
    "PoolRow",
    "Posting",
    "RepRecord",
    "RepRow",
    "RoomRow",
    "RosterState",
    "RotaRow",
    "Sending",
    "ShadowBalance",
    "ShadowDecision",
    "Switch",
    "Table",
    "TeamRow",
    "TimeOffRow",
    "Timeline",
    "Touched",
    "Trial",
    "TrialLead",
    "Waiting",
]
