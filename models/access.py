"""What a tool's key may do at the HTTP door, word by word."""

from enum import StrEnum


class Scope(StrEnum):
    """One thing that a key allows.

    `manage` is for what managers say (reassign, pause, handover, stop), `answer` for what reps say (accept, contacted),
    `export` for whole files, which hold how to reach people as nothing else here does.
    """

    LEADS_WRITE = "leads:write"
    LEADS_READ = "leads:read"
    EVENTS_WRITE = "events:write"
    ANSWER = "answer"
    MANAGE = "manage"
    ROSTER_READ = "roster:read"
    ROSTER_WRITE = "roster:write"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    OPS = "ops"
    PRIVACY = "privacy"
    EXPORT = "export"
