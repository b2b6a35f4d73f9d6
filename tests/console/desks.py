"""Rows for the pages of reps and teams: a lead in somebody's hands, without a workflow."""

from datetime import datetime, timedelta

from db import tables
from db.engine import Database
from db.tables.words import End, Holds
from models.lead import Stage
from runtime import clock
from tests.api.house import Doors

PINNED = "nobody-published-this"


async def offer(
    doors: Doors | Database,
    lead_id: str,
    rep_id: str | None,
    *,
    headline: str = "demo request",
    number: int = 1,
    accepted_at: datetime | None = None,
    contacted_at: datetime | None = None,
    ended: str | None = None,
    because: str = "",
    due_in: timedelta | None = None,
    promised_in: timedelta | None = None,
    stage: Stage | None = None,
    answerable: str | None = None,
    breached: bool = False,
    pool: str | None = "demo",
    by: str | None = None,
    ago: timedelta = timedelta(minutes=1),
    next_step: str = "remind ana",
) -> None:
    """Let a lead in, and have it offered to somebody as far as is said."""
    now = clock.now()
    if stage is None:
        stage = Stage.CONTACTED if contacted_at else Stage.ACCEPTED if accepted_at else Stage.OFFERED
    lead = tables.Lead(
        lead_id=lead_id,
        headline=headline,
        source="web",
        type="demo_request",
        team="demo",
        policy=PINNED,
        stage=stage,
        owner=None if ended else rep_id,
        answerable=answerable,
        offer=number,
        due_at=None if due_in is None else now + due_in,
        next_step=next_step,
        breached=breached,
        received_at=now - ago,
        response_due_at=None if promised_in is None else now + promised_in,
        accepted_at=accepted_at,
        contacted_at=contacted_at,
        changed_at=now,
    )
    database = doors if isinstance(doors, Database) else doors.store.database
    async with database.writing() as session:
        session.add(lead)
        await session.flush()
        if rep_id is not None:
            state = Holds.CONTACTED if contacted_at else Holds.ACCEPTED if accepted_at else Holds.OFFERED
            session.add(
                tables.Ownership(
                    lead_id=lead_id,
                    offer=number,
                    rep_id=rep_id,
                    pool=pool,
                    state=Holds.ENDED if ended else state,
                    ordered_at=now - ago,
                    offered_at=now - ago,
                    accepted_at=accepted_at,
                    contacted_at=contacted_at,
                    ended_at=now if ended else None,
                    ended=End(ended) if ended else None,
                    because=because,
                    by=by,
                    refund_on=[],
                    assignment={"sentence": "it is your turn", "sla": "slow"},
                )
            )
