"""Who may sign in at the console, and as what: by a one-time link on this machine, or by the house's identity provider.

A link is made only where people reach the console on this very machine. This room refuses to know a password.
"""

import ipaddress
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from config.settings import Settings, variable
from db.sign_in_links import Invited
from models.access import Role
from models.roster import Roster
from runtime.store import Store

YOU = "you"
"""The member whom a link signs in when it names nobody."""

EVERYTHING = (Role.ADMIN, Role.MANAGER, Role.OPS, Role.PRIVACY)
"""What whoever runs Baton on their own machine is."""


class NotHere(Exception):
    """Say why no link signs anybody in here."""


class NobodyThere(LookupError):
    """Neither a member nor somebody of the roster has this id."""


def is_loopback(host: str | None) -> bool:
    """Say whether an address, or a name as in a URL, is this very machine and nobody else can come from it."""
    if host == "localhost":
        return True
    try:
        found = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def links_work(settings: Settings) -> bool:
    """Say whether people reach the console on this machine only: elsewhere no link signs anybody in."""
    return is_loopback(urlsplit(settings.public_url).hostname)


async def invited(store: Store, person: str | None, roles: Collection[Role], name: str | None, by: str) -> Invited:
    """Say whom a link is to sign in, and as what; roles and name that are given go before those that are known.

    Raises `NobodyThere`.
    """
    if person is None:
        return Invited(YOU, name or "You", tuple(roles) or EVERYTHING, None, by)
    roster = await store.rosters.load()
    there = None if roster is None else in_roster(roster, person)
    if there is None:
        raise NobodyThere(person)
    known_name, known_roles = there
    return Invited(person, name or known_name, tuple(roles) or known_roles, person, by)


def in_roster(roster: Roster, person_id: str) -> tuple[str, tuple[Role, ...]] | None:
    """Give the name and the roles of somebody whom leads are offered to or who answers for teams; None for others."""
    reps = {rep.id: rep.name for rep in roster.reps}
    managers = {manager.id: manager.name for manager in roster.managers}
    roles = tuple(role for role, of in ((Role.MANAGER, managers), (Role.REP, reps)) if person_id in of)
    return ((managers | reps)[person_id], roles) if roles else None


async def link_for(settings: Settings, store: Store, who: Invited, *, at: datetime) -> str:
    """Make a link that signs somebody in once; give its whole address. Raises `NotHere`."""
    if not links_work(settings):
        raise NotHere(
            f"Links sign in on one's own machine only, and people reach this console at {settings.public_url}"
            f" ({variable('public_url')}): sign in there through the identity provider."
        )
    token = await store.sign_in_links.make(who, at=at)
    return f"{settings.public_url}/signin/link/{token}"
