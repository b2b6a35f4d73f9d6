"""Trials of drafts on real leads: begun, ended, and which lead is in which arm.

At most one of each kind runs, which the database enforces. A draft on trial is kept as a version like a published one,
because leads may be pinned to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.policies import PUBLISHING, activate, keep, open_trial
from db.statements import insert_into
from models.trial import ExperimentPlan, TrialEnd, TrialKind
from policy.trials.experiment import Arm, arm_of, sizes_for

LATELY = timedelta(days=28)
"""How far back the pace of leads is measured: whole weeks, because weekends are slow."""


class TrialRuns(Exception):
    """One of this kind runs already."""


class NoTrial(LookupError):
    """None of this kind runs."""


class NothingToCompare(Exception):
    """No policy is published, or the draft is the published one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy that is to be tried: its version, name and very text."""

    version: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial: `version` is tried, `control` was published when it began."""

    id: int
    kind: TrialKind
    version: str
    control: str
    plan: ExperimentPlan | None
    started_at: datetime
    started_by: str
    full_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    ended: TrialEnd | None
    because: str

    def takes_in(self, at: datetime) -> bool:
        """Say whether an experiment still splits new leads at an instant."""
        until = self.plan.until if self.plan else None
        return self.ended_at is None and self.full_at is None and (until is None or at < until)

    def arm(self, lead_id: str) -> Arm:
        """Say which arm a lead falls in."""
        assert self.plan is not None, "a shadow has no arms"
        return arm_of(f"experiment-{self.id}", lead_id, self.plan.share)

    def version_of(self, arm: Arm) -> str:
        """Give the policy version of an arm."""
        return self.version if arm is Arm.VARIANT else self.control


class Trials:
    """Every trial that was ever begun."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def start(
        self, kind: TrialKind, draft: Draft, *, by: str, at: datetime, plan: ExperimentPlan | None = None
    ) -> Trial:
        """Begin to try a draft against the published policy.

        Raises `TrialRuns`, `NothingToCompare`, and `PolicyDiffers`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING)
            if (running := await open_trial(session, kind)) is not None:
                raise TrialRuns(f"{running.version} is on trial since {running.started_at:%Y-%m-%d %H:%M} UTC")
            table = tables.PolicyVersion
            active = (await session.exec(select(table.version).where(col(table.active)))).first()
            if active is None:
                raise NothingToCompare("no policy is published yet")
            if active == draft.version:
                raise NothingToCompare(f"{active} is what new leads get already")
            known = await session.get(table, draft.version)
            # A version is its content; of a text that differs in comments only, the first one stays.
            text = known.text if known else draft.text
            await keep(session, draft.version, draft.name, text, by=by, at=at)
            row = tables.Trial(
                kind=kind,
                version=draft.version,
                control=active,
                plan=plan.model_dump(mode="json") if plan else None,
                started_at=at,
                started_by=by,
            )
            session.add(row)
            await session.flush()
            return trial_of(row)

    async def stop(self, kind: TrialKind, *, by: str, at: datetime, because: str = "") -> Trial:
        """End a trial; everything stays published as it is. Raises `NoTrial`."""
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING)
            row = await _running(session, kind)
            return _end(row, TrialEnd.STOPPED, by, at, because)

    async def adopt(self, trial_id: int, arm: Arm, *, by: str, at: datetime, because: str) -> Trial:
        """Publish one arm's version and end the experiment, in one act. Raises `NoTrial` when it has ended since."""
        async with self._db.writing() as session:
            await self._db.lock(session, PUBLISHING)
            row = await _running(session, TrialKind.EXPERIMENT)
            if row.id != trial_id:
                raise NoTrial(f"experiment {trial_id} has ended")
            version = row.version if arm is Arm.VARIANT else row.control
            await activate(session, await session.get_one(tables.PolicyVersion, version), by=by, at=at)
            return _end(row, TrialEnd.ADOPTED, by, at, because)

    async def running(self, kind: TrialKind) -> Trial | None:
        """Give the trial of a kind that runs."""
        async with self._db.reading() as session:
            row = await open_trial(session, kind)
            return None if row is None else trial_of(row)

    async def latest(self, kind: TrialKind) -> Trial | None:
        """Give the trial of a kind that was begun last, ended or not."""
        table = tables.Trial
        async with self._db.reading() as session:
            asked = select(table).where(table.kind == kind).order_by(col(table.id).desc()).limit(1)
            row = (await session.exec(asked)).first()
            return None if row is None else trial_of(row)

    async def of_kind(self, kind: TrialKind, *, limit: int = 50) -> tuple[Trial, ...]:
        """Give the trials of a kind that were begun last, newest first."""
        table = tables.Trial
        async with self._db.reading() as session:
            asked = select(table).where(table.kind == kind).order_by(col(table.id).desc()).limit(limit)
            return tuple(map(trial_of, (await session.exec(asked)).all()))

    async def enrol(self, trial: Trial, lead_id: str, arm: Arm, *, at: datetime) -> None:
        """Put a lead that was just let in into its arm, for good; the one that fills the sample closes the door.

        One that was let in before the experiment began, and is only asked for again, is in no arm.
        """
        async with self._db.writing() as session:
            row = await session.get_one(tables.Trial, trial.id, with_for_update=True)
            if not trial_of(row).takes_in(at) or not await _is_new(session, lead_id, row.started_at):
                return
            lead = insert_into(
                self._db, tables.TrialLead, {"trial_id": trial.id, "lead_id": lead_id, "arm": arm, "at": at}
            )
            added = await session.exec(lead.on_conflict_do_nothing(index_elements=["trial_id", "lead_id"]))
            if not added.rowcount:
                return
            row.variant_leads += arm is Arm.VARIANT
            row.control_leads += arm is Arm.CONTROL
            if _is_full(row):
                row.full_at = at

    async def arm_of_lead(self, trial: Trial, lead_id: str) -> Arm | None:
        """Say in which arm of an experiment a lead is; None for one that came before it or after it was full."""
        async with self._db.reading() as session:
            row = await session.get(tables.TrialLead, (trial.id, lead_id))
            return None if row is None else row.arm

    async def pace(self, *, now: datetime) -> float | None:
        """Say how many leads a day came in of late, folded ones not counted; None when none did."""
        table = tables.Lead
        asked = select(func.count(), func.min(table.received_at)).where(
            col(table.received_at) > now - LATELY, col(table.received_at) <= now, col(table.folded_into).is_(None)
        )
        async with self._db.reading() as session:
            count, first = (await session.exec(asked)).one()
            if not count:
                return None
            # Younger than that, what there is of it is measured, but no less than a day.
            span = max(now - first, timedelta(days=1)) if await _is_young(session, now) else LATELY
            return count / (span / timedelta(days=1))


def trial_of(row: tables.Trial) -> Trial:
    """Give a row's trial."""
    assert row.id is not None
    return Trial(
        id=row.id,
        kind=row.kind,
        version=row.version,
        control=row.control,
        plan=ExperimentPlan.model_validate(row.plan) if row.plan else None,
        started_at=row.started_at,
        started_by=row.started_by,
        full_at=row.full_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended=row.ended,
        because=row.because,
    )


async def _running(session: AsyncSession, kind: TrialKind) -> tables.Trial:
    row = await open_trial(session, kind)
    if row is None:
        raise NoTrial(f"no {kind} runs")
    return row


def _end(row: tables.Trial, how: TrialEnd, by: str, at: datetime, because: str) -> Trial:
    row.ended_at, row.ended_by, row.ended, row.because = at, by, how, because
    return trial_of(row)


async def _is_new(session: AsyncSession, lead_id: str, since: datetime) -> bool:
    """Say whether nothing has happened to a lead yet but that it was let in, and that not before an instant."""
    table = tables.Lead
    asked = select(table.lead_id).where(table.lead_id == lead_id, table.seq < 0, table.changed_at >= since)
    return (await session.exec(asked)).first() is not None


def _is_full(row: tables.Trial) -> bool:
    plan = trial_of(row).plan
    if plan is None or plan.sample is None:
        return False
    sizes = sizes_for(plan.sample, plan.share)
    return row.control_leads >= sizes.control and row.variant_leads >= sizes.variant


async def _is_young(session: AsyncSession, now: datetime) -> bool:
    """Say whether the first lead of all came within the span that is measured."""
    older = select(tables.Lead.lead_id).where(col(tables.Lead.received_at) <= now - LATELY).limit(1)
    return (await session.exec(older)).first() is None
