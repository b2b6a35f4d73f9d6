"""What is to be watched, as numbers: open leads by stage, and everything that waits for somebody or something.

Each number is asked by an index over what is open or waits, so that a million leads that have ended cost nothing. No
label holds anything about a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.tables import doors, follow_up
from db.tables.intake import WAITING
from db.tables.words import Errand, HandOffState, HookState
from models.lead import SETTLED, Stage

_OPEN_STAGES = tuple(stage for stage in Stage if stage not in SETTLED or stage in (Stage.REVIEW, Stage.NURTURING))


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number under a name and labels."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Gauges:
    """Reads them all, as they are at one instant."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def read(self, now: datetime) -> tuple[Gauge, ...]:
        """Give every number. Raises `DatabaseUnreachable`."""
        async with self._db.reading() as session:
            return (
                *await _leads(session, now),
                *await _inbox(session, now),
                *await _errands(session),
                *await _beside(session),
                *await _audit(session, now),
            )


async def _leads(session: AsyncSession, now: datetime) -> list[Gauge]:
    lead, open_ = tables.Lead, col(tables.Lead.closed_at).is_(None)
    counted = dict((await session.exec(select(lead.stage, func.count()).where(open_).group_by(lead.stage))).all())
    late = await _count(session, lead, open_, col(lead.due_at) < now)
    waiting = await _count(session, tables.Waiting)
    stopped = await session.get(tables.Switch, tables.ROUTING)
    by_stage = "Open leads by stage."
    stages = sorted({Stage(stage) for stage in (*_OPEN_STAGES, *counted)})
    return [
        *(Gauge("baton_leads_open", by_stage, counted.get(stage, 0), {"stage": stage.value}) for stage in stages),
        Gauge("baton_leads_past_due", "Open leads past the instant at which something was to happen.", late),
        Gauge("baton_leads_waiting", "Leads that wait for a place with somebody.", waiting),
        Gauge("baton_routing_stopped", "1 while all routing is stopped.", 0 if stopped is None else 1),
    ]


async def _inbox(session: AsyncSession, now: datetime) -> list[Gauge]:
    table = tables.Inbox
    asked = select(table.paced, func.count(), func.min(table.created_at)).where(WAITING).group_by(col(table.paced))
    found = {paced: (count, oldest) for paced, count, oldest in (await session.exec(asked)).all()}
    gauges = []
    for paced, origin in ((False, "door"), (True, "import")):
        count, oldest = found.get(paced, (0, None))
        age = (now - oldest).total_seconds() if oldest else 0
        labels = {"origin": origin}
        gauges.append(Gauge("baton_inbox_waiting", "Acknowledged leads that are not started yet.", count, labels))
        gauges.append(
            Gauge("baton_inbox_oldest_seconds", "How long the oldest of them has waited.", max(age, 0), labels)
        )
    return gauges


async def _errands(session: AsyncSession) -> list[Gauge]:
    table = tables.Outbox
    asked = select(table.what, func.count()).where(col(table.sent_at).is_(None)).group_by(col(table.what))
    found = dict((await session.exec(asked)).all())
    says = "Errands that are decided and not run yet."
    return [Gauge("baton_outbox_waiting", says, found.get(what, 0), {"what": what.value}) for what in Errand]


async def _beside(session: AsyncSession) -> list[Gauge]:
    hand_off, hook, alert = follow_up.HandOff, doors.HookDelivery, tables.Alert
    waiting = await _count(session, hand_off, col(hand_off.state) == HandOffState.WAITING)
    dead = await _count(session, hook, col(hook.state) == HookState.DEAD)
    erasing = await _count(session, doors.Erasure, col(doors.Erasure.done_at).is_(None))
    told = await _count(session, alert, WAITING)
    copy = tables.CrmCopy
    untold = await _count(session, copy, (col(copy.wanted) > col(copy.told)) & col(copy.refused).is_(False))
    refused = await _count(session, copy, col(copy.refused).is_(True))
    return [
        Gauge("baton_crm_waiting", "Leads that the CRM is to be told of and has not been.", untold),
        Gauge("baton_crm_refused", "Leads that the CRM does not take as they are.", refused),
        Gauge("baton_hand_offs_waiting", "What is to go to other tools or prospects and has not yet.", waiting),
        Gauge("baton_dead_letters", "Webhooks that could not be mapped and wait for a replay.", dead),
        Gauge("baton_erasures_waiting", "Erasures that are not complete yet.", erasing),
        Gauge("baton_alerts_waiting", "Alerts to managers that are not told yet.", told),
    ]


async def _audit(session: AsyncSession, now: datetime) -> list[Gauge]:
    audit = tables.Audit
    last = (await session.exec(select(audit).order_by(col(audit.ended_at).desc()).limit(1))).first()
    if last is None:
        return []
    age = max((now - last.ended_at).total_seconds(), 0)
    return [
        Gauge("baton_audit_age_seconds", "How long ago the last audit ended.", age),
        Gauge("baton_audit_suspects", "Leads that looked forgotten to the last audit.", last.suspects),
        Gauge("baton_audit_unhealed", "Those of them that it could not put right.", last.unhealed),
    ]


async def _count(session: AsyncSession, table: Any, *conditions: ColumnElement[bool] | Any) -> int:
    return int((await session.exec(select(func.count()).select_from(table).where(*conditions))).one())
