"""People who may sign in at the console, kept by administrators.

Whoever gets other roles, another name in the roster or none any more is signed out in the same transaction. Nobody is
deleted: the log names them.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.engine import Database
from db.sessions import end_all
from db.tables.console import Member
from models.access import Role
from models.base import Problem, Refused

_EMAIL = re.compile(r"[^@\s]{1,200}@[^@\s]{1,200}")
LONGEST_NAME = 120
MEMBERS = "baton: members"


class UnknownMember(LookupError):
    """There is no member of this id."""


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A member. `subject`: who they are to the identity provider; None until they came from there."""

    member_id: str
    name: str
    email: str | None
    subject: str | None
    roles: tuple[Role, ...]
    person_id: str | None
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A member as they are to be. `person_id`: who they are in the roster."""

    name: str
    email: str | None
    roles: tuple[Role, ...]
    person_id: str | None


class Members:
    """Everybody who may sign in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, wanted: Wanted, *, by: str, at: datetime) -> str:
        """Add a member; give their id: theirs in the roster, else one made of their name. Raises `Refused`."""
        wanted = _checked(wanted)
        async with self._db.writing() as session:
            await self._db.lock(session, MEMBERS)
            await _free(session, wanted, None)
            member_id = wanted.person_id or await _an_id(session, wanted.name)
            session.add(
                Member(
                    member_id=member_id,
                    name=wanted.name,
                    email=wanted.email,
                    roles=sorted(wanted.roles),
                    person_id=wanted.person_id,
                    created_at=at,
                    created_by=by,
                )
            )
            await end_all(session, at, member_id)
        return member_id

    async def set(self, member_id: str, wanted: Wanted, *, at: datetime) -> bool:
        """Change a member, and sign them out where that changes what they may; say whether anything changed.

        Another address is another account at the identity provider. Raises `UnknownMember`, `Refused`.
        """
        wanted = _checked(wanted)
        async with self._db.writing() as session:
            await self._db.lock(session, MEMBERS)
            row = await _row(session, member_id)
            await _free(session, wanted, member_id)
            was = Wanted(row.name, row.email, _roles(row), row.person_id)
            if was == wanted:
                return False
            if wanted.email != row.email:
                row.subject = None
            row.name, row.email, row.person_id = wanted.name, wanted.email, wanted.person_id
            row.roles = sorted(wanted.roles)
            await end_all(session, at, member_id, was.person_id, wanted.person_id)
            return True

    async def disable(self, member_id: str, *, at: datetime) -> bool:
        """Let a member in no more, and sign them out; say whether that is new. Raises `UnknownMember`."""
        async with self._db.writing() as session:
            row = await _row(session, member_id)
            was, row.disabled_at = row.disabled_at, row.disabled_at or at
            await end_all(session, at, member_id, row.person_id)
            return was is None

    async def enable(self, member_id: str) -> bool:
        """Let a member in again; say whether that is new. Raises `UnknownMember`."""
        async with self._db.writing() as session:
            row = await _row(session, member_id)
            was, row.disabled_at = row.disabled_at, None
            return was is not None

    async def came(self, member_id: str, subject: str, *, at: datetime) -> None:
        """Note that the identity provider vouched for a member, under this name from now on. Raises `UnknownMember`."""
        async with self._db.writing() as session:
            await self._db.lock(session, MEMBERS)
            row = await _row(session, member_id)
            row.subject, row.seen_at = subject, at

    async def list(self) -> tuple[KnownMember, ...]:
        """Give every member, by name."""
        async with self._db.reading() as session:
            rows = (await session.exec(select(Member).order_by(func.lower(Member.name), col(Member.member_id)))).all()
        return tuple(_known(row) for row in rows)

    async def get(self, member_id: str) -> KnownMember | None:
        """Give one by their id."""
        async with self._db.reading() as session:
            row = await session.get(Member, member_id)
            return None if row is None else _known(row)

    async def of_person(self, person_id: str) -> KnownMember | None:
        """Find the member who is this person of the roster."""
        async with self._db.reading() as session:
            row = (await session.exec(select(Member).where(col(Member.person_id) == person_id))).first()
            return None if row is None else _known(row)

    async def known_as(self, subject: str, email: str | None) -> KnownMember | None:
        """Find whom the identity provider vouches for: by the name it has for them, else by their address for sure."""
        async with self._db.reading() as session:
            row = (await session.exec(select(Member).where(col(Member.subject) == subject))).first()
            if row is None and email is not None:
                row = (await session.exec(select(Member).where(col(Member.email) == email.lower()))).first()
            return None if row is None else _known(row)


async def _row(session: AsyncSession, member_id: str) -> Member:
    row = await session.get(Member, member_id, with_for_update=True)
    if row is None:
        raise UnknownMember(member_id)
    return row


def _checked(wanted: Wanted) -> Wanted:
    """Give it as it is kept. Raises `Refused`."""
    name, email = wanted.name.strip(), (wanted.email or "").strip().lower() or None
    wrong = []
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        wrong.append(Problem(field="name", what=f"needs 1 to {LONGEST_NAME} plain characters"))
    if email is not None and not (_EMAIL.fullmatch(email) and email.isprintable()):
        wrong.append(Problem(field="email", what="is no e-mail address"))
    if not wanted.roles:
        wrong.append(Problem(field="roles", what="needs at least one"))
    if wrong:
        raise Refused(tuple(wrong))
    return Wanted(name, email, tuple(sorted(set(wanted.roles))), wanted.person_id or None)


async def _free(session: AsyncSession, wanted: Wanted, member_id: str | None) -> None:
    """Refuse what another member has: an address, a person."""
    wrong = []
    for column, field, value in ((Member.email, "email", wanted.email), (Member.person_id, "person", wanted.person_id)):
        if value is None:
            continue
        other = (await session.exec(select(Member.member_id).where(col(column) == value))).first()
        if other is not None and other != member_id:
            wrong.append(Problem(field=field, what=f"is {other}'s already"))
    made = wanted.person_id if member_id is None and not wrong else None
    if made is not None and await session.get(Member, made) is not None:
        wrong.append(Problem(field="person", what="is another member's id already"))
    if wrong:
        raise Refused(tuple(wrong))


async def _an_id(session: AsyncSession, name: str) -> str:
    """Make an id of a name, which nobody has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    start = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48] or "member"
    taken: Collection[str] = set(
        (await session.exec(select(Member.member_id).where(col(Member.member_id).startswith(start)))).all()
    )
    numbered = (f"{start}-{number}" for number in range(2, len(taken) + 3))
    return start if start not in taken else next(one for one in numbered if one not in taken)


def _roles(row: Member) -> tuple[Role, ...]:
    return tuple(sorted(Role(one) for one in row.roles if one in set(Role)))


def _known(row: Member) -> KnownMember:
    return KnownMember(
        row.member_id,
        row.name,
        row.email,
        row.subject,
        _roles(row),
        row.person_id,
        row.created_at,
        row.created_by,
        row.disabled_at,
        row.seen_at,
    )
