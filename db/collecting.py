"""What waits to be told to people, row by row: until when it waits, what is taken along, and what is not so any more.

Each step runs within the transaction of `db.alerts`, which decides who sends.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.tables.words import Alerting, Sending
from models.lead import ENDED, Stage

LEASE = timedelta(seconds=45)
"""How long whoever is about to send a message is left alone with it; longer than two tries of a troubled channel."""

ABANDONED = timedelta(minutes=5)
"""So long after its lease a message is nobody's any more: longer than a lead tries to have it sent."""

SETTLED = ENDED | {Stage.NURTURING}
"""Stages in which a lead needs nobody any more: an alert that has waited until then is dropped."""

ALERT = "alert"
"""The kind of what managers are alerted to; every other is what a rep is told of a lead of theirs."""

WITHDRAWN, CONTACT = "withdrawn", "contact"
"""Notices of which one does not need the lead to be offered still, and one needs it to be accepted."""


def has_waited(row: tables.Alert, at: datetime) -> bool:
    """Say whether it was put off, and until now: it is not put off again, or what is urgent keeps it for ever."""
    return row.raised_at < row.send_at <= at


def _of_its_sort(person_id: str, alerts: bool) -> tuple[ColumnElement[bool], ...]:
    """Name what one person is told, alerts or notices."""
    kind = col(tables.Alert.kind)
    return (col(tables.Alert.person_id) == person_id, kind == ALERT if alerts else kind != ALERT)


async def window_ends(session: AsyncSession, person_id: str, bundle: timedelta, *, alerts: bool) -> datetime | None:
    """Say until when a person is left alone; a message that is being sent counts from when it was begun."""
    if not bundle:
        return None
    table = tables.Alert
    out = select(func.max(table.sent_at)).where(*_of_its_sort(person_id, alerts), col(table.sent_at).is_not(None))
    going = select(func.max(table.send_at)).where(
        *_of_its_sort(person_id, alerts), table.state == Alerting.WAITING, col(table.bundle).is_not(None)
    )
    sent_at: datetime | None = (await session.exec(out)).one()
    lease_ends: datetime | None = (await session.exec(going)).one()
    told = [sent_at] if sent_at else []
    told += [lease_ends - LEASE] if lease_ends else []
    return max(told) + bundle if told else None


async def waiting(
    session: AsyncSession, person_id: str, at: datetime, *, alerts: bool
) -> Sequence[tuple[tables.Alert, tables.Lead | None]]:
    """Find what waits for the person and is in no message, or in one that is nobody's any more, and its leads."""
    table, lead = tables.Alert, tables.Lead
    free = or_(col(table.bundle).is_(None), col(table.send_at) < at - ABANDONED)
    asked = (
        select(table, lead)
        .outerjoin(lead, col(lead.lead_id) == col(table.lead_id))
        .where(*_of_its_sort(person_id, alerts), table.state == Alerting.WAITING, free)
        .with_for_update(of=table)
    )
    return (await session.exec(asked)).all()


async def was_sent(session: AsyncSession, row: tables.Alert) -> bool:
    """Note that an alert is out, if its message went out and whoever sent it died before they could say so."""
    table, (lead_id, offer, rung) = tables.Notification, parts_of(row.bundle or "")
    key = (table.lead_id == lead_id, table.offer == offer, table.rung == rung, table.state == Sending.SENT)
    sent_at = (await session.exec(select(table.sent_at).where(*key).limit(1))).first()
    if sent_at is not None:
        row.state, row.sent_at = Alerting.SENT, sent_at
    return sent_at is not None


def take_along(row: tables.Alert, lead: tables.Lead | None, bundle: str) -> None:
    """Make a waiting alert part of a message, with who has its lead by now; what is settled meanwhile is dropped."""
    row.bundle = None
    if lead is None:
        row.bundle = bundle
    elif lead.stage in SETTLED:
        row.state, row.because = Alerting.UNDELIVERABLE, f"the lead is {lead.stage} by now"
    elif lead.accepted_at is not None and lead.accepted_at > row.raised_at:
        row.state, row.because = Alerting.UNDELIVERABLE, f"{lead.owner} has accepted it by now"
    else:
        row.bundle, row.owner, row.due_at = bundle, lead.owner, lead.due_at


def take_notice_along(row: tables.Alert, present: tables.Ownership | None, bundle: str) -> None:
    """Make a waiting notice part of a message, unless what it says of the lead is not so any more."""
    row.bundle = None
    mine = present is not None and (present.rep_id, present.offer) == (row.person_id, row.offer)
    accepted = present is not None and present.accepted_at is not None
    if row.kind == WITHDRAWN or (mine and accepted == (row.kind == CONTACT)):
        row.bundle = bundle
    else:
        taken = "accepted by now" if accepted else "not accepted any more"
        row.state = Alerting.UNDELIVERABLE
        row.because = taken if mine else f"{present.rep_id if present else 'nobody'} has it by now"


def parts_of(key: str) -> tuple[str, int, int]:
    """Read the key of an alert: its lead, offer and rung."""
    lead_id, offer, rung = key.rsplit(":", 2)
    return lead_id, int(offer), int(rung)
