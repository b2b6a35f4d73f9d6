"""Learned scores by version: drafts, at most one that looks on, at most one that counts, and those before it (R38).

A version stands for one model for good. One is published like a policy, after it has looked on; this room refuses to
publish one that has not, unless somebody says why.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from models.learning import ModelState, ScoreModel

PUBLISHING_SCORES = "baton: publishing a score"
"""The lock of every transaction that changes which learned score counts."""

SHADOW, PUBLISHED, DRAFT, RETIRED = ModelState.SHADOW, ModelState.PUBLISHED, ModelState.DRAFT, ModelState.RETIRED


class UnknownModel(LookupError):
    """There is no learned score of that version."""


class ModelDiffers(Exception):
    """The version stands for another model already."""


class NotAllowed(Exception):
    """It cannot become that from what it is: say why it may, or shadow it first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One learned score as it is kept."""

    model: ScoreModel
    state: ModelState
    created_at: datetime
    by: str
    shadowed_at: datetime | None
    published_at: datetime | None
    published_by: str | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class InUse:
    """The models that are asked about a lead; None where there is none."""

    published: ScoreModel | None
    shadow: ScoreModel | None


class ScoreModels:
    """Every learned score."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, model: ScoreModel, *, by: str, at: datetime, replace: bool = False) -> Kept:
        """Keep a draft; the same one again changes nothing. Raises `ModelDiffers` for another under its version.

        `replace`: a model that grows with each outcome is measured anew under the version that it has.
        """
        body = model.model_dump(mode="json")
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING_SCORES)
            row = await session.get(tables.ScoreModelRow, model.version)
            if row is None:
                row = tables.ScoreModelRow(
                    version=model.version, kind=model.body.kind, state=DRAFT, body=body, created_at=at, by=by
                )
                session.add(row)
            elif replace and row.kind == model.body.kind:
                row.body = body
            elif row.body != body:
                raise ModelDiffers(f"{model.version} is another model already: give this one a name of its own")
            return _kept(row)

    async def get(self, version: str) -> Kept:
        """Give one model. Raises `UnknownModel`."""
        async with self._db.reading() as session:
            return _kept(await _get(session, version))

    async def list(self) -> tuple[Kept, ...]:
        """List every model, newest first."""
        table = tables.ScoreModelRow
        async with self._db.reading() as session:
            asked = select(table).order_by(col(table.created_at).desc(), col(table.version))
            return tuple(map(_kept, (await session.exec(asked)).all()))

    async def versions_in_use(self) -> tuple[str | None, str | None]:
        """Name the model that counts and the one that looks on, without reading them."""
        table = tables.ScoreModelRow
        async with self._db.reading() as session:
            asked = select(table.state, table.version).where(col(table.state).in_([PUBLISHED, SHADOW]))
            known = {ModelState(state): version for state, version in (await session.exec(asked)).all()}
        return known.get(PUBLISHED), known.get(SHADOW)

    async def shadow(self, version: str, *, at: datetime) -> Kept:
        """Let a model look on: it says how likely each new lead is, and nothing is done with that.

        One that looked on before is a draft again. Raises `UnknownModel`, and `NotAllowed` for the published one.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING_SCORES)
            row = await _get(session, version)
            if row.state is PUBLISHED:
                raise NotAllowed(f"{version} is published: it is asked about every lead already")
            table = tables.ScoreModelRow
            others = update(table).where(col(table.state) == SHADOW, col(table.version) != version)
            await session.exec(others.values(state=DRAFT))
            row.state, row.shadowed_at, row.retired_at = SHADOW, row.shadowed_at or at, None
            return _kept(row)

    async def publish(self, version: str, *, by: str, at: datetime, at_once: str | None = None) -> Kept:
        """Let a model's likelihood count; the one before it is retired. A repeat changes nothing.

        Raises `UnknownModel`, and `NotAllowed` for one that never looked on, unless `at_once` says why it may.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING_SCORES)
            row = await _get(session, version)
            if row.state is PUBLISHED:
                return _kept(row)
            if row.shadowed_at is None and not at_once:
                raise NotAllowed(
                    f"{version} has not looked on yet: `score shadow {version}` lets it, and `score compare`"
                )
            table = tables.ScoreModelRow
            before = update(table).where(col(table.state) == PUBLISHED)
            await session.exec(before.values(state=RETIRED, retired_at=at))
            row.state, row.published_at, row.retired_at = PUBLISHED, at, None
            row.published_by = f"{by} (at once: {at_once})" if at_once and row.shadowed_at is None else by
            return _kept(row)

    async def retire(self, version: str, *, at: datetime) -> Kept:
        """Let a model neither count nor look on any more. Raises `UnknownModel`."""
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING_SCORES)
            row = await _get(session, version)
            if row.state is not RETIRED:
                row.state, row.retired_at = RETIRED, at
            return _kept(row)

    async def note(self, lead_id: str, said: Collection[tuple[str, float]], *, points: float, at: datetime) -> None:
        """Keep how likely models called a lead when they were first asked about it, by version; later words do not.

        An erased lead has none.
        """
        if not said:
            return
        table = tables.Likelihood
        rows = [
            {"lead_id": lead_id, "version": version, "likelihood": likelihood, "points": points, "at": at}
            for version, likelihood in said
        ]
        async with self._db.writing() as session:
            if await session.get(tables.Erasure, lead_id) is None:
                await session.exec(insert_into(self._db, table, rows).on_conflict_do_nothing())


async def _get(session: AsyncSession, version: str) -> tables.ScoreModelRow:
    row = await session.get(tables.ScoreModelRow, version)
    if row is None:
        raise UnknownModel(f"there is no learned score {version}: `score list` shows which there are")
    return row


def _kept(row: tables.ScoreModelRow) -> Kept:
    return Kept(
        model=ScoreModel.model_validate(row.body),
        state=ModelState(row.state),
        created_at=row.created_at,
        by=row.by,
        shadowed_at=row.shadowed_at,
        published_at=row.published_at,
        published_by=row.published_by,
        retired_at=row.retired_at,
    )
