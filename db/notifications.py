"""Messages to people: each key (lead, offer, rung, channel) is claimed before it is sent, and sent once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.tables.words import Sending


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a message one message."""

    lead_id: str
    offer: int
    rung: int
    channel: str

    def __str__(self) -> str:
        return f"{self.lead_id}:{self.offer}:{self.rung}:{self.channel}"


@dataclass(frozen=True, slots=True)
class New:
    """Nobody has tried to send it before."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Somebody tried and did not say that it went out; this is attempt number `attempt`."""

    attempt: int


@dataclass(frozen=True, slots=True)
class AlreadySent:
    """It is out; a repeat is not sent."""

    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel refused it for good; it is not asked again."""

    because: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it is remembered."""

    key: Key
    person_id: str | None
    state: Sending
    attempts: int
    provider_id: str | None
    because: str
    changed_at: datetime
    kind: str = ""
    shows: str | None = None
    sent_at: datetime | None = None


class Notifications:
    """What people were told, or were to be told."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(
        self, key: Key, *, person_id: str | None, at: datetime, kind: str = ""
    ) -> New | Retry | AlreadySent | Refused:
        """Say that this message is about to be sent, and learn whether it was before; `kind` is what it is."""
        row = insert_into(
            self._db,
            tables.Notification,
            {
                "lead_id": key.lead_id,
                "offer": key.offer,
                "rung": key.rung,
                "channel": key.channel,
                "person_id": person_id,
                "kind": kind,
                "state": Sending.CLAIMED,
                "created_at": at,
                "changed_at": at,
            },
        ).on_conflict_do_nothing(index_elements=["lead_id", "offer", "rung", "channel"])
        async with self._db.writing() as session:
            if (await session.exec(row)).rowcount:
                return New()
            known = (await session.exec(select(tables.Notification).where(*_is(key)).with_for_update())).one()
            if known.state is Sending.SENT:
                return AlreadySent(known.provider_id)
            if known.state is Sending.REFUSED:
                return Refused(known.because)
            known.state, known.kind, known.changed_at = Sending.CLAIMED, kind, at
            known.attempts += 1
            return Retry(known.attempts)

    async def sent(self, key: Key, *, provider_id: str | None, at: datetime) -> None:
        """Note that it went out, under the provider's id."""
        await self._settle(key, state=Sending.SENT, provider_id=provider_id, because="", changed_at=at, sent_at=at)

    async def failed(self, key: Key, because: str, *, at: datetime) -> None:
        """Note that it could not be sent; what is out stays out."""
        await self._settle(key, state=Sending.FAILED, because=because, changed_at=at)

    async def refused(self, key: Key, because: str, *, at: datetime) -> None:
        """Note that it will never go out over this channel; what is out stays out."""
        await self._settle(key, state=Sending.REFUSED, because=because, changed_at=at)

    async def stale(self, key: Key, because: str, *, at: datetime) -> None:
        """Note that it was not sent because its offer no longer stands."""
        await self._settle(key, state=Sending.STALE, because=because, changed_at=at)

    async def of(self, lead_id: str) -> tuple[Sent, ...]:
        """List a lead's messages in the order in which they were first claimed."""
        asked = select(tables.Notification).where(tables.Notification.lead_id == lead_id)
        async with self._db.reading() as session:
            rows = (await session.exec(asked.order_by(col(tables.Notification.id)))).all()
            return tuple(
                Sent(
                    Key(row.lead_id, row.offer, row.rung, row.channel),
                    row.person_id,
                    row.state,
                    row.attempts,
                    row.provider_id,
                    row.because,
                    row.changed_at,
                    row.kind,
                    row.shows,
                    row.sent_at,
                )
                for row in rows
            )

    async def _settle(self, key: Key, **values: object) -> None:
        unsent = update(tables.Notification).where(*_is(key), col(tables.Notification.state) != Sending.SENT)
        async with self._db.writing() as session:
            await session.exec(unsent.values(**values))


def _is(key: Key) -> tuple[ColumnElement[bool], ...]:
    table = tables.Notification
    return (
        col(table.lead_id) == key.lead_id,
        col(table.offer) == key.offer,
        col(table.rung) == key.rung,
        col(table.channel) == key.channel,
    )
