"""What people did at the console, and what came of each: the log that says who did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from db.engine import Database
from db.tables.console import HumanAct
from db.tables.words import ActOutcome


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did. `what`: its name (`reassign`, `roster.load`); `about`: what else it was about."""

    id: int
    at: datetime
    who: str
    person_id: str | None
    what: str
    lead_id: str | None
    about: str
    detail: Mapping[str, Any]
    outcome: ActOutcome
    because: str


class Acts:
    """Everything that people did at the console."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(
        self,
        *,
        at: datetime,
        who: str,
        person_id: str | None,
        what: str,
        outcome: ActOutcome,
        because: str,
        lead_id: str | None = None,
        about: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Note one; give its id. `detail` holds no personal data of prospects."""
        row = HumanAct(
            at=at,
            who=who,
            person_id=person_id,
            what=what,
            lead_id=lead_id,
            about=about,
            detail=dict(detail or {}),
            outcome=outcome,
            because=because,
        )
        async with self._db.writing() as session:
            session.add(row)
            await session.flush()
            assert row.id is not None
            return row.id

    async def get(self, act_id: int) -> Act | None:
        """Give one."""
        async with self._db.reading() as session:
            row = await session.get(HumanAct, act_id)
            return None if row is None else _act(row)

    async def list(
        self,
        *,
        who: str | None = None,
        lead_id: str | None = None,
        what: str | None = None,
        outcome: ActOutcome | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> tuple[Act, ...]:
        """List them, the last first; `after` is the last id of the page before, `until` is not in."""
        asked = select(HumanAct).order_by(col(HumanAct.id).desc()).limit(limit)
        same = (
            (HumanAct.who, who),
            (HumanAct.lead_id, lead_id),
            (HumanAct.what, what),
            (HumanAct.outcome, outcome),
        )
        for column, wanted in same:
            if wanted is not None:
                asked = asked.where(col(column) == wanted)
        if since is not None:
            asked = asked.where(col(HumanAct.at) >= since)
        if until is not None:
            asked = asked.where(col(HumanAct.at) < until)
        if after is not None:
            asked = asked.where(col(HumanAct.id) < after)
        async with self._db.reading() as session:
            return tuple(_act(row) for row in (await session.exec(asked)).all())


def _act(row: HumanAct) -> Act:
    assert row.id is not None
    return Act(
        row.id,
        row.at,
        row.who,
        row.person_id,
        row.what,
        row.lead_id,
        row.about,
        row.detail,
        row.outcome,
        row.because,
    )
