"""What a tool's key may do at the HTTP door, and what a person may do at the console, word by word."""

from collections.abc import Iterable
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


class Role(StrEnum):
    """What somebody is to the house; a person may have several."""

    REP = "rep"
    MANAGER = "manager"
    OPS = "ops"
    ADMIN = "admin"
    PRIVACY = "privacy"


class Right(StrEnum):
    """One thing that a page or a button of the console is for.

    `see`: where leads stand and why, the rules, the ledgers (R29). `contact_details`: how to reach the prospect of any
    lead; whoever has a lead sees its own without. `answer`: what the one who is asked says. `manage`: what managers
    say. `log`: what people did here.
    """

    SEE = "see"
    CONTACT_DETAILS = "contact_details"
    ANSWER = "answer"
    MANAGE = "manage"
    BULK = "bulk"
    TEAM = "team"
    ANALYTICS = "analytics"
    DRAFT = "draft"
    PUBLISH = "publish"
    ROSTER = "roster"
    ACCOUNTS = "accounts"
    OPS = "ops"
    KEYS = "keys"
    MEMBERS = "members"
    ERASE = "erase"
    LOG = "log"


_EVERYBODY = frozenset({Right.SEE})
_MANAGER = _EVERYBODY | {
    Right.CONTACT_DETAILS,
    Right.ANSWER,
    Right.MANAGE,
    Right.TEAM,
    Right.ANALYTICS,
    Right.ROSTER,
    Right.ACCOUNTS,
}
_OPS = _MANAGER - {Right.CONTACT_DETAILS, Right.ANSWER} | {Right.BULK, Right.DRAFT, Right.OPS, Right.LOG}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.REP: _EVERYBODY | {Right.ANSWER},
    Role.MANAGER: _MANAGER,
    Role.OPS: _OPS,
    Role.ADMIN: _OPS | {Right.PUBLISH, Right.KEYS, Right.MEMBERS},
    Role.PRIVACY: _EVERYBODY | {Right.CONTACT_DETAILS, Right.ERASE, Right.LOG},
}
"""What each role may do. Erasing is the privacy officer's alone, and publishing a policy the administrator's."""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Give everything that somebody of these roles may do."""
    return frozenset().union(*(RIGHTS[role] for role in roles))
