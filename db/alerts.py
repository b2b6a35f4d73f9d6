"""Alerts to people: each waits here until it goes out, by itself or in one message with others for the same person.

What reps are told of their own leads waits here, too, and never in one message with alerts. Who sends is decided in
one transaction, whoever asks and however many at once. An alert becomes part of a message only once, and that message
keeps its alerts and its key whoever sends it again: nobody is told twice, and nothing is lost. This room refuses to
know quiet hours and words, and to send.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.collecting import (
    ABANDONED,
    ALERT,
    CONTACT,
    LEASE,
    SETTLED,
    WITHDRAWN,
    has_waited,
    parts_of,
    take_along,
    take_notice_along,
    waiting,
    was_sent,
    window_ends,
)
from db.engine import Database
from db.holding import open_ownership
from db.tables.words import Alerting
from models.facts import LeadFacts

__all__ = [
    "ABANDONED",
    "ALERT",
    "CONTACT",
    "LEASE",
    "SETTLED",
    "WITHDRAWN",
    "Alert",
    "Alerts",
    "Decided",
    "Dropped",
    "Told",
    "Turn",
    "UnderWay",
    "Untold",
    "Waits",
]

_LAST = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Alert:
    """What one rung of a lead tells one person; of another `kind` than `ALERT` it is a notice to a rep.

    `headline` and `facts` are its lead's, filled in when it is told with others.
    """

    lead_id: str
    offer: int
    rung: int
    person_id: str
    what: str
    owner: str | None
    due_at: datetime | None
    headline: str = ""
    kind: str = ALERT
    facts: LeadFacts | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """Name it: one alert for each lead, offer and rung."""
        return f"{self.lead_id}:{self.offer}:{self.rung}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Send these now in one message, under the key of `first`; the message is `bundle`'s however often it is tried."""

    bundle: str
    first: Alert
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """It waits for others until then; ask again."""

    until: datetime


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Somebody else is about to send it with theirs; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Told:
    """It is out, in the message under the key of `first`."""

    person_id: str
    first: tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Untold:
    """It could not be sent to this person."""

    person_id: str
    because: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """It was not told: by the time it could be, it was settled."""

    because: str


Decided = Turn | Waits | UnderWay | Told | Untold | Dropped


class Alerts:
    """What people are to be alerted to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def ask(
        self,
        alert: Alert,
        *,
        at: datetime,
        bundle: timedelta = timedelta(0),
        quiet_until: datetime | None = None,
    ) -> Decided:
        """Keep an alert, or a notice, and say whether to send it now, and with which others of its sort.

        The first one to a person goes at once. What comes within `bundle` of a message to them waits for its end; who
        asks first then sends for all that wait, whatever went out meanwhile. Without a `bundle` it goes by itself. In
        quiet hours all wait. What was in a message that nobody could send goes out with the next one.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, f"alerts of {alert.person_id}")
            row = await self._kept(session, alert, at)
            if row.state is Alerting.SENT:
                return Told(row.person_id, parts_of(row.bundle or alert.key))
            if row.state is Alerting.UNDELIVERABLE:
                return Untold(row.person_id, row.because) if row.bundle else Dropped(row.because)
            if row.bundle is not None:
                mine = row.bundle == alert.key
                return await _taken(session, row.bundle, row.person_id, at) if mine or row.send_at <= at else UnderWay()
            row.person_id, row.what, row.owner, row.due_at = alert.person_id, alert.what, alert.owner, alert.due_at
            opens_at = quiet_until
            if quiet_until is None and not has_waited(row, at):
                opens_at = await window_ends(session, alert.person_id, bundle, alerts=alert.kind == ALERT)
            if opens_at is not None and at < opens_at:
                row.send_at = opens_at
                return Waits(opens_at)
            row.bundle, row.send_at = alert.key, at
            if bundle:
                for other, lead in await waiting(session, alert.person_id, at, alerts=alert.kind == ALERT):
                    if other.bundle is not None and await was_sent(session, other):
                        continue
                    if other.kind == ALERT:
                        take_along(other, lead, alert.key)
                    else:
                        take_notice_along(other, await open_ownership(session, other.lead_id), alert.key)
            return await _taken(session, alert.key, alert.person_id, at)

    async def may_know(self, lead_id: str, offer: int, person_id: str) -> bool:
        """Say whether a rep was told of an offer in a message about several, or may have been."""
        table = tables.Alert
        of = (table.lead_id == lead_id, table.offer == offer, table.person_id == person_id, table.kind != ALERT)
        gone_out = or_(col(table.state) == Alerting.SENT, col(table.bundle).is_not(None))
        async with self._db.reading() as session:
            return (await session.exec(select(table.id).where(*of, gone_out).limit(1))).first() is not None

    async def sent(self, turn: Turn, *, at: datetime) -> None:
        """Note that a message went out, with every alert in it."""
        await self._settle(turn, state=Alerting.SENT, sent_at=at)

    async def undeliverable(self, turn: Turn, because: str) -> None:
        """Note that a message could not be sent at all, and why."""
        await self._settle(turn, state=Alerting.UNDELIVERABLE, because=because)

    async def _settle(self, turn: Turn, **values: object) -> None:
        theirs = update(tables.Alert).where(*_of(turn.bundle, turn.first.person_id))
        async with self._db.writing() as session:
            await session.exec(theirs.values(**values))

    async def _kept(self, session: AsyncSession, alert: Alert, at: datetime) -> tables.Alert:
        table = tables.Alert
        key = (table.lead_id == alert.lead_id, table.offer == alert.offer, table.rung == alert.rung)
        row = (await session.exec(select(table).where(*key).with_for_update())).first()
        if row is None:
            row = table(
                lead_id=alert.lead_id,
                offer=alert.offer,
                rung=alert.rung,
                kind=alert.kind,
                person_id=alert.person_id,
                what=alert.what,
                raised_at=at,
                send_at=at,
            )
            session.add(row)
        return row


async def _taken(session: AsyncSession, bundle: str, person_id: str, at: datetime) -> Turn:
    """Give a message's alerts, soonest due first, to who sends it; nobody else does before the lease is over."""
    asked = select(tables.Alert, tables.Lead).outerjoin(
        tables.Lead, col(tables.Lead.lead_id) == col(tables.Alert.lead_id)
    )
    rows = (await session.exec(asked.where(*_of(bundle, person_id)).order_by(col(tables.Alert.id)))).all()
    for row, _ in rows:
        row.send_at = at + LEASE
    found = [alert_of(row, lead) for row, lead in rows]
    first = next(alert for alert in found if alert.key == bundle)
    return Turn(bundle, first, soonest_first(found))


def soonest_first(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Order what one message tells of."""
    return tuple(sorted(alerts, key=lambda alert: alert.due_at or _LAST))


def _of(bundle: str, person_id: str) -> tuple[ColumnElement[bool], ...]:
    table = tables.Alert
    return (
        col(table.person_id) == person_id,
        col(table.state) == Alerting.WAITING,
        col(table.bundle) == bundle,
    )


def alert_of(row: tables.Alert, lead: tables.Lead | None) -> Alert:
    """Read an alert, with what is known of its lead now."""
    headline = lead.headline if lead else ""
    facts = LeadFacts.model_validate(lead.facts) if lead and lead.facts is not None else None
    told = (row.lead_id, row.offer, row.rung, row.person_id, row.what, row.owner, row.due_at)
    return Alert(*told, headline, row.kind, facts)
