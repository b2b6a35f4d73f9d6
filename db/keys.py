"""The keys of tools: who may use which door, for what, how often. Only digests are kept.

A token is `bt_<key id>_<secret>`; the secret has 256 bits of chance, so a plain digest of it is enough. This room
refuses to tell a token twice.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from db.engine import Database
from db.tables.doors import ApiKey
from models.access import Scope

_TOKEN = re.compile(r"bt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_USED = timedelta(minutes=10)
"""How exactly it is known when a key was used last."""


class UnknownKey(LookupError):
    """There is no key of this id, or it holds no more."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key a request came with. Empty `sources` and `people`: any."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    sources: frozenset[str]
    people: frozenset[str]
    per_minute: int


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as it may be shown."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    sources: tuple[str, ...]
    people: tuple[str, ...]
    per_minute: int
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    former_until: datetime | None


class ApiKeys:
    """Every tool's key."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(
        self,
        name: str,
        scopes: Collection[Scope],
        *,
        by: str,
        at: datetime,
        sources: Collection[str] = (),
        people: Collection[str] = (),
        per_minute: int = 600,
        expires_at: datetime | None = None,
    ) -> tuple[str, str]:
        """Make a key; give its id and, this once, its token. Raises ValueError without a scope."""
        if not scopes:
            raise ValueError("a key needs at least one scope")
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = ApiKey(
            key_id=key_id,
            name=name,
            digest=_digest(secret),
            scopes=sorted(scopes),
            sources=sorted(sources),
            people=sorted(people),
            per_minute=per_minute,
            created_at=at,
            created_by=by,
            expires_at=expires_at,
        )
        async with self._db.writing() as session:
            session.add(row)
        return key_id, _token(key_id, secret)

    async def find(self, token: str, *, at: datetime) -> Caller | None:
        """Say whose token it is; None when it is nobody's, or holds no more."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        async with self._db.reading() as session:
            row = await session.get(ApiKey, found[1])
        # A token of no key is compared, too: how long it takes tells nothing.
        if not _fits(row, _digest(found[2]), at) or row is None:
            return None
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
            return None
        if row.used_at is None or at - row.used_at > _USED:
            await self._used(row.key_id, at)
        scopes = frozenset(Scope(one) for one in row.scopes if one in set(Scope))
        return Caller(row.key_id, row.name, scopes, frozenset(row.sources), frozenset(row.people), row.per_minute)

    async def rotate(self, key_id: str, *, at: datetime, former_until: datetime) -> str:
        """Give a key a new secret, told this once; the former holds until then. Raises `UnknownKey`."""
        secret = secrets.token_urlsafe(32)
        async with self._db.writing() as session:
            row = await session.get(ApiKey, key_id, with_for_update=True)
            if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
                raise UnknownKey(key_id)
            row.former_digest, row.former_until, row.digest = row.digest, former_until, _digest(secret)
        return _token(key_id, secret)

    async def revoke(self, key_id: str, *, at: datetime) -> bool:
        """End a key at once; say whether it held until now. Raises `UnknownKey`."""
        async with self._db.writing() as session:
            row = await session.get(ApiKey, key_id, with_for_update=True)
            if row is None:
                raise UnknownKey(key_id)
            held, row.revoked_at = row.revoked_at is None, row.revoked_at or at
            return held

    async def list(self) -> tuple[KnownKey, ...]:
        """Give every key, oldest first."""
        async with self._db.reading() as session:
            rows = (await session.exec(select(ApiKey).order_by(col(ApiKey.created_at), col(ApiKey.key_id)))).all()
        return tuple(_known(row) for row in rows)

    async def _used(self, key_id: str, at: datetime) -> None:
        async with self._db.writing() as session:
            row = await session.get(ApiKey, key_id, with_for_update=True)
            if row is not None:
                row.used_at = at


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(key_id: str, secret: str) -> str:
    return f"bt_{key_id}_{secret}"


def _fits(row: ApiKey | None, digest: str, at: datetime) -> bool:
    present = row.digest if row is not None else ""
    former = ""
    if row is not None and row.former_digest and row.former_until is not None and at < row.former_until:
        former = row.former_digest
    return hmac.compare_digest(present, digest) | hmac.compare_digest(former, digest)


def _known(row: ApiKey) -> KnownKey:
    return KnownKey(
        row.key_id,
        row.name,
        tuple(row.scopes),
        tuple(row.sources),
        tuple(row.people),
        row.per_minute,
        row.created_at,
        row.created_by,
        row.expires_at,
        row.revoked_at,
        row.used_at,
        row.former_until,
    )
