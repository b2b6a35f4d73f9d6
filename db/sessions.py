"""Browsers that are signed in at the console. Only digests of their cookies are kept, and none is told twice.

A session holds from its sign-in at most so long, and ends earlier when nobody used it, when it is signed out, and when
its member is disabled or given other roles.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Database
from db.tables import ManagerRow, RepRow
from db.tables.console import ConsoleSession, Member
from models.access import Right, Role, rights_of

LONGEST = timedelta(hours=12)
"""How long a session holds at most."""

UNUSED = timedelta(hours=2)
"""A session that nobody used for so long has ended."""

_SEEN = timedelta(minutes=5)
"""How exactly it is known when a session was used last."""


_FORGOTTEN = timedelta(days=30)
"""For so long it is known who was signed in."""

PROVIDER = "provider"
"""How somebody signed in whom the identity provider vouches for."""

ROSTER = "provider, as of the roster"
"""How somebody signed in whom it vouches for, and whose roles are those that they have in the roster."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks at the console. `person_id`: who they are in the roster; `csrf`: what their forms carry."""

    member_id: str
    name: str
    roles: frozenset[Role]
    person_id: str | None
    csrf: str
    session: str

    @property
    def rights(self) -> frozenset[Right]:
        """Give everything that they may do."""
        return rights_of(self.roles)

    def may(self, *rights: Right) -> bool:
        """Say whether they hold one of these rights."""
        return bool(self.rights & set(rights))

    @property
    def signs(self) -> str:
        """Give the name under which they say something to a lead: theirs in the roster, else their member id."""
        return self.person_id or self.member_id


class Sessions:
    """Every browser that is signed in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open(
        self,
        member_id: str,
        name: str,
        roles: Collection[Role],
        *,
        person_id: str | None,
        how: str,
        at: datetime,
    ) -> str:
        """Open a session; give, this once, what its cookie says. Sweeps out those that are long over."""
        token = secrets.token_urlsafe(32)
        row = ConsoleSession(
            digest=_digest(token),
            member_id=member_id,
            name=name,
            roles=sorted(roles),
            person_id=person_id,
            csrf=secrets.token_urlsafe(24),
            how=how,
            created_at=at,
            seen_at=at,
            expires_at=at + LONGEST,
        )
        async with self._db.writing() as session:
            await session.exec(delete(ConsoleSession).where(col(ConsoleSession.expires_at) < at - _FORGOTTEN))
            session.add(row)
        return token

    async def find(self, token: str, *, at: datetime, using: bool = True) -> Viewer | None:
        """Say whose browser it is; None when nobody's, or the session is over. `using`: this counts as a use of it."""
        digest = _digest(token)
        async with self._db.reading() as session:
            row = await session.get(ConsoleSession, digest)
            if row is None or row.ended_at is not None or at >= row.expires_at or at - row.seen_at > UNUSED:
                return None
            if await _gone(session, row):
                return None
        if using and at - row.seen_at > _SEEN:
            await self._seen(digest, at)
        roles = frozenset(Role(one) for one in row.roles if one in set(Role))
        return Viewer(row.member_id, row.name, roles, row.person_id, row.csrf, digest)

    async def end(self, digest: str, *, at: datetime) -> None:
        """End a session at once."""
        async with self._db.writing() as session:
            row = await session.get(ConsoleSession, digest, with_for_update=True)
            if row is not None:
                row.ended_at = row.ended_at or at

    async def end_of(self, member_id: str, *, at: datetime) -> None:
        """End every session of a member: they have other rights now, or none."""
        async with self._db.writing() as session:
            await end_all(session, at, member_id)

    async def open_ones(self, *, at: datetime) -> int:
        """Count the sessions that hold."""
        holds = select(ConsoleSession.digest).where(
            col(ConsoleSession.ended_at).is_(None),
            col(ConsoleSession.expires_at) > at,
            col(ConsoleSession.seen_at) >= at - UNUSED,
        )
        async with self._db.reading() as session:
            return len((await session.exec(holds)).all())

    async def _seen(self, digest: str, at: datetime) -> None:
        async with self._db.writing() as session:
            row = await session.get(ConsoleSession, digest, with_for_update=True)
            if row is not None:
                row.seen_at = at


async def end_all(session: AsyncSession, at: datetime, *whose: str | None) -> None:
    """End every session of a member, or of a person of the roster, within a transaction."""
    theirs = col(ConsoleSession.member_id).in_([one for one in whose if one is not None])
    await session.exec(update(ConsoleSession).where(theirs, col(ConsoleSession.ended_at).is_(None)).values(ended_at=at))


async def _gone(session: AsyncSession, row: ConsoleSession) -> bool:
    """Say whether whoever signed in may not come in as they did: closed out, gone from the roster or from a role."""
    member = await session.get(Member, row.member_id)
    if member is not None:
        return member.disabled_at is not None
    if row.how not in (PROVIDER, ROSTER) or row.person_id is None:
        return False
    rep, manager = await session.get(RepRow, row.person_id), await session.get(ManagerRow, row.person_id)
    there = {Role.REP: rep is not None and rep.active, Role.MANAGER: manager is not None and manager.listed}
    if row.how == ROSTER and any(not there[role] for role in there if role in row.roles):
        return True
    return not any(there.values())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
