"""Alerts that nobody has sent and nobody tries to send any more, while their leads still need somebody.

Every lead of a bundle may have given it up while a channel was away, or a lead lost its workflow and what waited in it.
This room refuses to send them: `db.alerts` takes them along with the next message to the same person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.alerts import ALERT, SETTLED
from db.tables.words import Alerting

UNHEARD = timedelta(hours=1)
"""How long an alert may be overdue before it counts as one that nobody will send: a lead tries for minutes."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """Who was to be alerted to a lead, and when."""

    lead_id: str
    person_id: str
    send_at: datetime


async def unheard(session: AsyncSession, at: datetime, limit: int) -> tuple[list[Unheard], int]:
    """List alerts that are overdue, longest first, and say how many there are."""
    asked = _standing().where(col(tables.Alert.send_at) < at - UNHEARD)
    found = (await session.exec(asked.order_by(col(tables.Alert.send_at)).limit(limit))).all()
    of = (await session.exec(select(func.count()).select_from(asked.subquery()))).one()
    return [Unheard(*row) for row in found], of


async def unheard_of(session: AsyncSession, lead_id: str) -> Unheard | None:
    """Give the oldest alert of a lead that waits, overdue or not."""
    asked = _standing().where(tables.Alert.lead_id == lead_id).order_by(col(tables.Alert.send_at)).limit(1)
    found = (await session.exec(asked)).first()
    return Unheard(*found) if found else None


def _standing() -> Any:
    """Ask for alerts that wait, of leads that still need somebody and of which nobody heard since."""
    alert, lead, later = tables.Alert, tables.Lead, aliased(tables.Alert)
    heard = select(later.id).where(
        later.lead_id == alert.lead_id, later.kind == ALERT, col(later.sent_at) >= alert.raised_at
    )
    return (
        select(alert.lead_id, alert.person_id, alert.send_at)
        .join(lead, col(lead.lead_id) == col(alert.lead_id))
        .where(
            alert.kind == ALERT,
            alert.state == Alerting.WAITING,
            col(lead.closed_at).is_(None),
            col(lead.stage).not_in(SETTLED),
        )
        .where(or_(col(lead.accepted_at).is_(None), col(lead.accepted_at) <= alert.raised_at), ~heard.exists())
    )
