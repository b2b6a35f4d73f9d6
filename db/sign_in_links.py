"""Links that sign somebody in, once, within minutes. Only their digests are kept; nobody is told one twice."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete

from db.engine import Database
from db.tables.console import SignInLink
from models.access import Role

LASTS = timedelta(minutes=10)
"""How long a link waits for its first use."""

_FORGOTTEN = timedelta(days=1)
"""For so long a link that is over can still be told from one that never was."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link signs in, as what, and who made it."""

    member_id: str
    name: str
    roles: tuple[Role, ...]
    person_id: str | None
    by: str


class SignInLinks:
    """Every link that was made within a day."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def make(self, who: Invited, *, at: datetime) -> str:
        """Make a link for somebody; give, this once, the word in it. Sweeps out those that are long over."""
        token = secrets.token_urlsafe(32)
        row = SignInLink(
            digest=_digest(token),
            member_id=who.member_id,
            name=who.name,
            roles=sorted(who.roles),
            person_id=who.person_id,
            created_at=at,
            created_by=who.by,
            expires_at=at + LASTS,
        )
        async with self._db.writing() as session:
            await session.exec(delete(SignInLink).where(col(SignInLink.expires_at) < at - _FORGOTTEN))
            session.add(row)
        return token

    async def look(self, token: str, *, at: datetime) -> Invited | None:
        """Say whom a link would sign in, and leave it unused; None when it signs nobody in (any more)."""
        async with self._db.reading() as session:
            row = await session.get(SignInLink, _digest(token))
            return _invited(row, at)

    async def use(self, token: str, *, at: datetime) -> Invited | None:
        """Use a link up and say whom it signs in; None when it signs nobody in. Of two at once one gets None."""
        async with self._db.writing() as session:
            row = await session.get(SignInLink, _digest(token), with_for_update=True)
            found = _invited(row, at)
            if row is not None and found is not None:
                row.used_at = at
            return found


def _invited(row: SignInLink | None, at: datetime) -> Invited | None:
    if row is None or row.used_at is not None or at >= row.expires_at:
        return None
    roles = tuple(Role(one) for one in row.roles if one in set(Role))
    return Invited(row.member_id, row.name, roles, row.person_id, row.created_by)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
