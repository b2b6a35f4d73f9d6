"""What a shadow would have done with each lead, the ledger it keeps for itself, and what was done instead.

Nothing here touches a lead, an offer or the ledger that counts.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables, waiting
from db.engine import Database
from db.forgiving import misses_of
from db.holding import open_ownership
from db.outcomes import records
from db.rosters import KnownRoster, read_roster
from db.statements import CHUNK, insert_into
from db.tables.words import DecisionKind
from db.ties import recent_of, ties_of
from db.trials import Trial
from models.decisions import Assignment, NotAllowed, Offered, Route, Score
from models.routing import AsideRule
from policy.routing.situation import Situation
from policy.trials.beside import Answer, answer_of

_ASSIGNMENT: TypeAdapter[Assignment] = TypeAdapter(Assignment)


@dataclass(frozen=True, slots=True)
class Beside:
    """One lead of a shadow: what the draft would have done, and what was done first; None while that is not known.

    `failed` names the error where the draft could not say.
    """

    lead_id: str
    at: datetime
    draft: Answer | None
    failed: str | None
    live: Answer | None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The present situation with the shadow's own balances, after `judged` leads of the shadow."""

    situation: Situation
    judged: int


class Shadows:
    """What drafts would have done beside the published policy."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._roster: KnownRoster | None = None

    async def knows(self, trial: Trial, lead_id: str) -> bool:
        """Say whether the shadow has looked at a lead before."""
        async with self._db.reading() as session:
            return await session.get(tables.ShadowDecision, (trial.id, lead_id)) is not None

    async def glimpse(
        self,
        trial: Trial,
        lead_id: str,
        *,
        at: datetime,
        companies: Collection[str],
        aside: AsideRule | None = None,
    ) -> Glimpse | None:
        """Read what there is to choose from, as if the lead itself had not been given to anybody yet.

        `aside` is the draft's rule by which offers that ran out count. None when there is no such lead, no roster, or
        the trial has ended.
        """
        async with self._db.reading() as session:
            lead = await session.get(tables.Lead, lead_id)
            row = await session.get(tables.Trial, trial.id)
            self._roster = await read_roster(session, self._roster)
            if lead is None or row is None or row.ended_at is not None or self._roster is None:
                return None
            roster, loads = self._roster.roster, await waiting.loads(session)
            recent = dict(await recent_of(session, roster, at))
            present = await open_ownership(session, lead_id)
            if present is not None and present.contacted_at is None:  # the published policy was quicker
                loads[present.rep_id] -= 1
                if present.rep_id in recent:
                    recent[present.rep_id] = tuple(one for one in recent[present.rep_id] if one != present.offered_at)
            situation = Situation(
                at=at,
                roster=roster,
                loads=loads,
                balances=await _balances(session, trial.id),
                recent=recent,
                ties=await ties_of(session, lead, companies),
                records=await records(session),
                misses=await misses_of(session, roster, aside, at) if aside else {},
            )
            return Glimpse(situation, row.judged)

    async def write(
        self,
        trial: Trial,
        lead_id: str,
        answer: Answer | None,
        *,
        at: datetime,
        judged: int | None,
        pool: str | None = None,
        moves: Mapping[str, int] | None = None,
        failed: str | None = None,
    ) -> bool:
        """Write down what the draft would have done, and what its turn moves in the shadow's ledger.

        `judged` is that of the glimpse (None: not built on one). False, with nothing written, when another lead was
        judged since: look again. A lead that was looked at before stays as it is.
        """
        table = tables.Trial
        counted = update(table).where(col(table.id) == trial.id, col(table.ended_at).is_(None))
        if judged is not None:
            counted = counted.where(col(table.judged) == judged)
        async with self._db.writing() as session:
            if not (await session.exec(counted.values(judged=col(table.judged) + 1))).rowcount:
                return False
            values = asdict(answer) if answer else {"because": "", "sentence": ""}
            row = {"trial_id": trial.id, "lead_id": lead_id, "at": at, "failed": failed, **values}
            written = insert_into(self._db, tables.ShadowDecision, row)
            done = await session.exec(written.on_conflict_do_nothing(index_elements=["trial_id", "lead_id"]))
            if done.rowcount and pool is not None:
                await self._move(session, trial.id, pool, moves or {})
            return True

    async def _move(self, session: AsyncSession, trial_id: int, pool: str, moves: Mapping[str, int]) -> None:
        rows = [
            {"trial_id": trial_id, "pool": pool, "rep_id": rep_id, "units": units}
            for rep_id, units in sorted(moves.items())
        ]
        if not rows:
            return
        balance = insert_into(self._db, tables.ShadowBalance, rows)
        added = col(tables.ShadowBalance.units) + balance.excluded.units
        await session.exec(
            balance.on_conflict_do_update(index_elements=["trial_id", "pool", "rep_id"], set_={"units": added})
        )

    async def balances(self, trial: Trial) -> dict[str, dict[str, int]]:
        """Give the shadow's own balances, by pool and rep."""
        async with self._db.reading() as session:
            return await _balances(session, trial.id)

    async def missed(self, trial: Trial) -> int:
        """Count leads that were judged for the first time while the shadow ran, and that it never looked at."""
        table = tables.Decision
        firsts = (
            select(col(table.lead_id).label("lead_id"), func.min(table.at).label("at"))
            .where(table.kind == DecisionKind.SCORE)
            .group_by(col(table.lead_id))
            .subquery("firsts")
        )
        seen = select(tables.ShadowDecision.lead_id).where(tables.ShadowDecision.trial_id == trial.id)
        asked = select(func.count()).where(firsts.c.at >= trial.started_at, firsts.c.lead_id.not_in(seen))
        if trial.ended_at is not None:
            asked = asked.where(firsts.c.at < trial.ended_at)
        async with self._db.reading() as session:
            return (await session.exec(asked)).one()

    async def lines(self, trial: Trial) -> AsyncIterator[Beside]:
        """Give every lead of a shadow in the order of their ids, with what was done instead."""
        table, after = tables.ShadowDecision, ""
        while True:
            asked = select(table).where(table.trial_id == trial.id, table.lead_id > after)
            async with self._db.reading() as session:
                rows = (await session.exec(asked.order_by(col(table.lead_id)).limit(CHUNK))).all()
                live = await _live(session, [row.lead_id for row in rows])
            for row in rows:
                yield Beside(row.lead_id, row.at, _answer(row), row.failed, live.get(row.lead_id))
            if len(rows) < CHUNK:
                return
            after = rows[-1].lead_id


async def _balances(session: AsyncSession, trial_id: int) -> dict[str, dict[str, int]]:
    table, found = tables.ShadowBalance, dict[str, dict[str, int]]()
    for row in (await session.exec(select(table).where(table.trial_id == trial_id))).all():
        found.setdefault(row.pool, {})[row.rep_id] = row.units
    return found


async def _live(session: AsyncSession, lead_ids: Collection[str]) -> dict[str, Answer]:
    """Read what was first decided about leads; one that goes to sales is left out until somebody was looked for."""
    table = tables.Decision
    asked = select(table).where(col(table.lead_id).in_(lead_ids)).order_by(col(table.at), col(table.id))
    firsts: dict[tuple[str, DecisionKind], dict[str, Any]] = {}
    for row in (await session.exec(asked)).all():
        firsts.setdefault((row.lead_id, row.kind), row.body)
    found = {}
    for lead_id in lead_ids:
        judged, routed = (firsts.get((lead_id, kind)) for kind in (DecisionKind.SCORE, DecisionKind.ASSIGN))
        if judged is None:
            continue
        score = Score.model_validate(judged)
        if not isinstance(score.qualification, Route):
            found[lead_id] = answer_of(score, None)
        elif routed is not None:
            found[lead_id] = _routed(score, _ASSIGNMENT.validate_python(routed))
    return found


def _routed(score: Score, made: Assignment) -> Answer:
    if isinstance(made, Offered):
        return replace(answer_of(score, made.trace, sentence=made.sentence), owner=made.rep_id, pool=made.pool)
    trace = None if isinstance(made, NotAllowed) else made.trace
    return answer_of(score, trace, because=made.because)


def _answer(row: tables.ShadowDecision) -> Answer | None:
    if row.way is None or row.points is None:
        return None
    return Answer(
        way=row.way,
        points=row.points,
        sla=row.sla,
        pool=row.pool,
        rule=row.rule,
        tie=row.tie,
        owner=row.owner,
        because=row.because,
        sentence=row.sentence,
    )
