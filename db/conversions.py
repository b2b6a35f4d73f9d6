"""How many leads of each arm of an experiment converted: read off what was recorded of every lead anyway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.trials import Trial
from models.outcome import OutcomeResult
from models.trial import Goal
from policy.trials.experiment import Arm, Counted

_TAKEN_BACK = frozenset({OutcomeResult.BAD, OutcomeResult.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class ArmCount:
    """One arm: leads in it, and of those whose time for the goal is over, how many converted within it."""

    enrolled: int
    counted: Counted

    @property
    def waiting(self) -> int:
        """Say for how many leads it is too early to tell."""
        return self.enrolled - self.counted.leads


async def conversions(db: Database, trial: Trial, *, now: datetime) -> dict[Arm, ArmCount]:
    """Count the conversions of an experiment's arms as of `now`.

    A lead counts in the arm it was put into, whatever policy it is under now (intention to treat), and once its time
    for the goal is over: who converts quickly must not count before who does not convert. That time begins when the
    lead is put into its arm: what its sender says of its receipt may lie years back. What was said after `now` does not
    count, so that an ended experiment's report stays as it was.
    """
    plan = trial.plan
    if plan is None:
        raise ValueError("a shadow has no arms")
    table = tables.TrialLead
    asked = select(table.lead_id, table.arm, table.at).where(table.trial_id == trial.id)
    async with db.reading() as session:
        leads = (await session.exec(asked)).all()
        reached = await _REACHED[plan.goal](session, trial.id, now)
    enrolled, ripe, converted = (dict.fromkeys(Arm, 0) for _ in range(3))
    for lead_id, word, began_at in leads:
        arm = Arm(word)
        enrolled[arm] += 1
        if began_at + plan.within > now:
            continue
        ripe[arm] += 1
        at = reached.get(lead_id)
        converted[arm] += at is not None and at <= began_at + plan.within
    return {arm: ArmCount(enrolled[arm], Counted(ripe[arm], converted[arm])) for arm in Arm}


async def _accepted(session: AsyncSession, trial_id: int, _now: datetime) -> Mapping[str, datetime]:
    return await _first(session, trial_id, tables.Ownership.accepted_at)


async def _contacted(session: AsyncSession, trial_id: int, _now: datetime) -> Mapping[str, datetime]:
    return await _first(session, trial_id, tables.Ownership.contacted_at)


async def _first(session: AsyncSession, trial_id: int, column: Any) -> Mapping[str, datetime]:
    """Say when each lead first came so far, whoever held it then."""
    asked = (
        select(tables.Ownership.lead_id, func.min(column))
        .join(tables.TrialLead, col(tables.TrialLead.lead_id) == col(tables.Ownership.lead_id))
        .where(tables.TrialLead.trial_id == trial_id, column.is_not(None))
        .group_by(col(tables.Ownership.lead_id))
    )
    return dict((await session.exec(asked)).all())


async def _qualified(session: AsyncSession, trial_id: int, now: datetime) -> Mapping[str, datetime]:
    """Say when each lead was first said to be an opportunity; lost later, it still was one."""
    found = {}
    for lead_id, said in (await _said(session, trial_id, now)).items():
        good = [at for result, at in said if result in (OutcomeResult.QUALIFIED, OutcomeResult.WON)]
        if good and said[-1][0] not in _TAKEN_BACK:
            found[lead_id] = min(good)
    return found


async def _won(session: AsyncSession, trial_id: int, now: datetime) -> Mapping[str, datetime]:
    """Say when each lead was won, if that is the last that was said of it."""
    return {
        lead_id: min(at for result, at in said if result is OutcomeResult.WON)
        for lead_id, said in (await _said(session, trial_id, now)).items()
        if said[-1][0] is OutcomeResult.WON
    }


async def _said(session: AsyncSession, trial_id: int, now: datetime) -> dict[str, list[tuple[OutcomeResult, datetime]]]:
    """List what was said until now to have become of each lead, in the order in which it was said."""
    table = tables.Outcome
    asked = (
        select(table.lead_id, table.result, table.at)
        .join(tables.TrialLead, col(tables.TrialLead.lead_id) == col(table.lead_id))
        .where(tables.TrialLead.trial_id == trial_id, table.recorded_at <= now)
        .order_by(col(table.id))
    )
    found: dict[str, list[tuple[OutcomeResult, datetime]]] = {}
    for lead_id, result, at in (await session.exec(asked)).all():
        found.setdefault(lead_id, []).append((OutcomeResult(result), at))
    return found


_REACHED = {Goal.ACCEPTED: _accepted, Goal.CONTACTED: _contacted, Goal.QUALIFIED: _qualified, Goal.WON: _won}
