"""Published policies: immutable texts under their version, one of them active."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select

from db import tables
from db.engine import Database

_PUBLISHING = "baton: publishing"


class PolicyDiffers(Exception):
    """The version is published already, with another text."""


@dataclass(frozen=True, slots=True)
class Published:
    """One published policy text."""

    version: str
    name: str
    text: str
    published_at: datetime
    published_by: str
    active: bool


class Policies:
    """Every policy that was ever published."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def publish(self, version: str, name: str, text: str, *, by: str, at: datetime) -> Published:
        """Make a policy the active one; publishing a former version again brings it back.

        Raises `PolicyDiffers` when the version stands for another text.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, _PUBLISHING)
            row = await session.get(tables.PolicyVersion, version)
            if row is not None and row.text != text:
                raise PolicyDiffers(f"{version} is published already, with another text")
            others = update(tables.PolicyVersion).where(
                col(tables.PolicyVersion.active), col(tables.PolicyVersion.version) != version
            )
            await session.exec(others.values(active=False))
            if row is None:
                row = tables.PolicyVersion(version=version, name=name, text=text, published_at=at, published_by=by)
                session.add(row)
            row.active = True
            return _published(row)

    async def active(self) -> Published | None:
        """Give the policy that new leads get; None before the first one is published."""
        async with self._db.reading() as session:
            asked = select(tables.PolicyVersion).where(col(tables.PolicyVersion.active))
            row = (await session.exec(asked)).first()
            return None if row is None else _published(row)

    async def get(self, version: str) -> Published | None:
        """Give one version, active or not."""
        async with self._db.reading() as session:
            row = await session.get(tables.PolicyVersion, version)
            return None if row is None else _published(row)

    async def versions(self) -> tuple[Published, ...]:
        """List every version, newest first."""
        asked = select(tables.PolicyVersion).order_by(
            col(tables.PolicyVersion.published_at).desc(), col(tables.PolicyVersion.version)
        )
        async with self._db.reading() as session:
            return tuple(map(_published, (await session.exec(asked)).all()))


def _published(row: tables.PolicyVersion) -> Published:
    return Published(row.version, row.name, row.text, row.published_at, row.published_by, row.active)
