"""Who may sign in at the console, and as what: by a one-time link on this machine, or by the house's identity provider.

A link is made only where people reach the console on this very machine. This room refuses to know a password.
"""

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from adapters.oidc import Provider, Vouched
from config.settings import Settings, variable
from db.members import KnownMember
from db.sessions import PROVIDER, ROSTER
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


def taken_from(host: str | None, settings: Settings) -> bool:
    """Say whether a link is taken from an address: this machine's, or one of the networks that are named."""
    if is_loopback(host):
        return True
    try:
        found = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(one) for one in settings.sign_in_from)


def links_work(settings: Settings) -> bool:
    """Say whether people reach the console on this machine only: elsewhere no link signs anybody in."""
    return is_loopback(urlsplit(settings.public_url).hostname)


async def invited(store: Store, person: str | None, roles: Collection[Role], name: str | None, by: str) -> Invited:
    """Say whom a link is to sign in, and as what; roles and name that are given go before those that are known.

    Raises `NobodyThere`.
    """
    if person is None:
        return Invited(YOU, name or "You", tuple(roles) or EVERYTHING, None, by)
    member = await store.members.get(person)
    if member is not None:
        return Invited(person, name or member.name, tuple(roles) or member.roles, member.person_id, by)
    roster = await store.rosters.load()
    there = None if roster is None else in_roster(roster, person)
    if there is None:
        raise NobodyThere(person)
    known_name, known_roles = there
    return Invited(person, name or known_name, tuple(roles) or known_roles, person, by)


def provider_of(settings: Settings) -> Provider | None:
    """Give the identity provider that is named; None where none is."""
    issuer, client_id, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if issuer is None or client_id is None or secret is None:
        return None
    return Provider(issuer, client_id, secret.get_secret_value())


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


class Unwelcome(Exception):
    """Say to somebody whom the identity provider vouches for why they may not come in."""

    def __init__(self, heading: str, sentence: str) -> None:
        super().__init__(heading)
        self.heading, self.sentence = heading, sentence


async def coming_in(settings: Settings, store: Store, vouched: Vouched, *, at: datetime) -> Invited:
    """Say as whom somebody comes in whom the identity provider vouches for: a member, else somebody of the roster.

    Where the provider says roles, those hold, and no others. Raises `Unwelcome`.
    """
    subject = f"{settings.oidc_issuer} {vouched.subject}"
    member = await store.members.known_as(subject, vouched.email)
    if member is not None:
        found = _as_member(member, subject)
    else:
        found = await _of_roster(store, vouched.email)
        member = await store.members.of_person(found.member_id)
        found = found if member is None else _as_member(member, subject)
    if settings.oidc_roles_claim is not None:
        found = replace(found, roles=_said(vouched.claims, settings.oidc_roles_claim), by=PROVIDER)
    if not found.roles:
        raise Unwelcome("You have no role here", "Your account names none. Whoever keeps your company's accounts can.")
    if member is not None:
        await store.members.came(member.member_id, subject, at=at)
    return found


def _as_member(member: KnownMember, subject: str) -> Invited:
    """Let a member in. Raises `Unwelcome` for one who is closed out, or whom another account came in as."""
    if member.disabled_at is not None:
        raise Unwelcome("You may not come in", "An administrator has closed this door to you.")
    if member.subject not in (None, subject):
        raise Unwelcome(
            "You are somebody else here",
            "Another account came in under your address before. An administrator of Baton can set your address anew.",
        )
    return Invited(member.member_id, member.name, member.roles, member.person_id, PROVIDER)


async def _of_roster(store: Store, email: str | None) -> Invited:
    """Find somebody of the roster by their address. Raises `Unwelcome`."""
    if email is None:
        raise Unwelcome(
            "We do not know you",
            "Your account does not vouch for an e-mail address. An administrator of Baton can add you as a member.",
        )
    roster = await store.rosters.load()
    people = [] if roster is None else [*(rep for rep in roster.reps if rep.active), *roster.managers]
    ids = {person.id for person in people if (person.email or "").lower() == email.lower()}
    there = in_roster(roster, next(iter(ids))) if roster is not None and len(ids) == 1 else None
    if there is None:
        raise Unwelcome(
            "We do not know you",
            "Nobody of the roster, and no member, has your address. An administrator of Baton can add you.",
        )
    name, roles = there
    return Invited(next(iter(ids)), name, roles, next(iter(ids)), ROSTER)


def _said(claims: Mapping[str, Any], path: str) -> tuple[Role, ...]:
    """Read roles out of what the provider said: a list or words, under a name or a path of names."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    words = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    known = {str(word).lower() for word in words}
    return tuple(role for role in Role if role in known)
