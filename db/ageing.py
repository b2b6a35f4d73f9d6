"""Scores that have grown old: which leads are to be judged anew, and what is said to those that time moves (R33, R36).

A lead is somebody's to judge for a while only, so a worker that dies leaves it to the next. This room refuses to judge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select, update

from db import tables
from db.crm_wanting import tell_crm
from db.engine import Database
from db.holding import lead_for_change
from db.known import keep_score
from db.outbox import keep_saying
from models.decisions import Score
from models.lead import Stage

AGEING = (Stage.NURTURING, Stage.ROUTING, Stage.OFFERED, Stage.ACCEPTED, Stage.TRIAGE, Stage.REVIEW)
"""Stages of leads in flight that were judged: their points fade, and silence costs them some."""


@dataclass(frozen=True, slots=True)
class Aged:
    """One lead whose score is old; `scored_at` is None where an earlier release scored it."""

    lead_id: str
    stage: Stage
    policy: str
    scored_at: datetime | None


class Ageing:
    """Finds leads whose score is old."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, older_than: datetime, *, lease: timedelta, limit: int) -> tuple[Aged, ...]:
        """Give the leads that were scored before an instant, longest ago first, and keep them from others for a while.

        One that is neither scored nor `seen` by then is given again.
        """
        # Both at once would read an index from end to end, twice a second.
        for old in (col(tables.Lead.scored_at).is_(None), col(tables.Lead.scored_at) < older_than):
            if found := await self._take(old, older_than + lease, limit):
                return found
        return ()

    async def _take(self, old: ColumnElement[bool], until: datetime, limit: int) -> tuple[Aged, ...]:
        lead = tables.Lead
        theirs = col(lead.stage).in_(AGEING), col(lead.points).is_not(None), old
        async with self._db.reading() as session:  # most of the time there is none, and nothing need be locked
            if (await session.exec(select(lead.lead_id).where(*theirs).limit(1))).first() is None:
                return ()
        asked = select(lead.lead_id, lead.stage, lead.policy, lead.scored_at).where(*theirs)
        asked = asked.order_by(col(lead.scored_at)).limit(limit).with_for_update(skip_locked=True)
        async with self._db.writing() as session:
            found = tuple(Aged(*row) for row in (await session.exec(asked)).all())
            taken = update(lead).where(col(lead.lead_id).in_([one.lead_id for one in found]))
            await session.exec(taken.values(scored_at=until))
            return found

    async def seen(self, lead_id: str, *, at: datetime, says: Mapping[str, Any] | None = None) -> None:
        """Note that a score is as it should be, or say an event to its lead: what follows is its workflow's.

        Raises `UnknownLead`.
        """
        async with self._db.writing() as session:
            lead = await lead_for_change(session, lead_id)
            if lead.stage not in AGEING:
                return
            lead.scored_at = at
            if says is not None:
                await keep_saying(session, lead_id, "event", says, at=at)

    async def keep(self, lead_id: str, score: Score, *, over: Score, at: datetime) -> bool:
        """Keep a judgement that time alone changed; not where the lead was judged, ended or erased meanwhile.

        `over`: the judgement it was made after. It joins no decisions: a score that fades a little every day would
        fill the house with them. Raises `UnknownLead`.
        """
        async with self._db.writing() as session:
            lead = await lead_for_change(session, lead_id)
            if lead.stage not in AGEING or lead.score is None or Score.model_validate(lead.score) != over:
                return False
            keep_score(lead, score, at)
            if round(score.points) != round(over.points):  # a CRM counts its calls; a tenth of a point is worth none
                await tell_crm(self._db, session, lead_id, at)
            return True
