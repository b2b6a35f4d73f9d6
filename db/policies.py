"""Published policies: immutable texts under their version, one of them active. Drafts on trial are kept beside them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from models.trial import TrialKind

PUBLISHING = "baton: publishing"
"""The lock of every transaction that changes which policy leads get."""


class PolicyDiffers(Exception):
    """The version is published already, with another text."""


class ExperimentRuns(Exception):
    """New leads are split between two versions: publishing a third one would make the comparison worthless."""


class PublishedMeanwhile(Exception):
    """Another policy than the one that was looked at is what new leads get by now."""


@dataclass(frozen=True, slots=True)
class Published:
    """One published policy text, or with `active` false perhaps a draft that is or was on trial.

    When, and by whom, it was published last; of a draft on trial only: when, and by whom, it began to be tried.
    """

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

    async def publish(
        self, version: str, name: str, text: str, *, by: str, at: datetime, instead_of: str | None = None
    ) -> Published:
        """Make a policy the active one; publishing a former version again brings it back.

        `instead_of` is the version that has to be active until then, "" for none, None for whichever. Raises
        `PolicyDiffers` when the version stands for another text, `PublishedMeanwhile`, and `ExperimentRuns`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING)
            if instead_of is not None and (now := await _active(session)) not in (instead_of, version):
                raise PublishedMeanwhile(f"{now or 'none'} is what new leads get by now")
            if (trial := await open_trial(session, TrialKind.EXPERIMENT)) is not None:
                raise ExperimentRuns(f"an experiment compares {trial.version} with {trial.control}")
            row = await keep(session, version, name, text, by=by, at=at)
            await activate(session, row, by=by, at=at)
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


async def keep(
    session: AsyncSession, version: str, name: str, text: str, *, by: str, at: datetime
) -> tables.PolicyVersion:
    """Keep a version's text for good, active or not. Raises `PolicyDiffers`."""
    row = await session.get(tables.PolicyVersion, version)
    if row is None:
        row = tables.PolicyVersion(version=version, name=name, text=text, published_at=at, published_by=by)
        session.add(row)
        await session.flush()
    elif row.text != text:
        raise PolicyDiffers(f"{version} is published already, with another text")
    return row


async def _active(session: AsyncSession) -> str:
    table = tables.PolicyVersion
    return (await session.exec(select(table.version).where(col(table.active)))).first() or ""


async def activate(session: AsyncSession, row: tables.PolicyVersion, *, by: str, at: datetime) -> None:
    """Make one version the one that new leads get, within a transaction that holds `PUBLISHING`."""
    if row.active:
        return
    table = tables.PolicyVersion
    others = update(table).where(col(table.active), col(table.version) != row.version)
    await session.exec(others.values(active=False))
    row.active, row.published_by, row.published_at = True, by, at


async def open_trial(session: AsyncSession, kind: TrialKind) -> tables.Trial | None:
    """Give the trial of a kind that runs, if one does."""
    table = tables.Trial
    return (await session.exec(select(table).where(table.kind == kind, col(table.ended_at).is_(None)))).first()


def _published(row: tables.PolicyVersion) -> Published:
    return Published(row.version, row.name, row.text, row.published_at, row.published_by, row.active)
