"""Which messages that are out say something that is no longer so, and the errand that has them changed.

The errand is written in the transaction by which a lead changes hands, is accepted or ends, and only where a message is
out that can be changed. What a message shows is kept as one word, so that a repeat changes nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.alerts import ALERT, CONTACT, Alert, alert_of, soonest_first
from db.collecting import parts_of
from db.engine import Database
from db.holding import Holder, holder_of, open_ownership
from db.notifications import Key
from db.standings import Standing, read_standing, standing_of
from db.tables.words import Errand, Sending
from models.lead import ENDED, Stage

CHANGEABLE = ("slack",)
"""Channels whose messages can be changed once they are out."""

AS_SENT = ""
"""What a message shows that was not changed."""

ASKS = ("", "offer", "remind")
"""Kinds of messages that ask somebody to take a lead."""

BUNDLE = "bundle"
"""What a rep is told of several leads."""

_URGES = ("untouched",)
_ALERTS = ("alert", "triage")
_OUT = (Sending.SENT, Sending.CLAIMED)


@dataclass(frozen=True, slots=True)
class Told:
    """What a message about several leads tells of one, where that stands, and what ought to be shown of it."""

    notice: Alert
    standing: Standing
    wanted: str


@dataclass(frozen=True, slots=True)
class Outdated:
    """One message that is out: what it shows, what it ought to show, and where the lead stands.

    `provider_id` is None while it is on its way out: it can be changed once it is there. `sentence`: why its reader was
    asked. `told`: what it says of each lead, if it is about several.
    """

    key: Key
    kind: str
    person_id: str
    provider_id: str | None
    shows: str
    wanted: str
    sentence: str
    standing: Standing
    told: tuple[Told, ...] = ()


class Refreshing:
    """Finds the messages of a lead that are to be changed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def outdated(self, lead_id: str) -> tuple[Outdated, ...]:
        """List a lead's messages that show something else than what is so."""
        async with self._db.reading() as session:
            rows = await _changeable(session, lead_id)
            standing = await read_standing(session, lead_id) if rows else None
            if standing is None:
                return ()
            found = []
            for row in rows:
                told = await _told(session, row) if row.kind == BUNDLE else ()
                wanted = _of_all(told) or wanted_of(row.kind, row.offer, standing.stage, standing.holder)
                if wanted == (row.shows or AS_SENT) or await _tells_of_others(session, row):
                    continue
                key = Key(row.lead_id, row.offer, row.rung, row.channel)
                there = row.provider_id if row.state is Sending.SENT else None
                sentence = await _sentence(session, lead_id, row.offer)
                shows = row.shows or AS_SENT
                found.append(
                    Outdated(key, row.kind, row.person_id or "", there, shows, wanted, sentence, standing, told)
                )
            return tuple(found)

    async def shown(self, key: Key, word: str) -> None:
        """Note what a message shows from now on."""
        table = tables.Notification
        it = (
            col(table.lead_id) == key.lead_id,
            col(table.offer) == key.offer,
            col(table.rung) == key.rung,
            col(table.channel) == key.channel,
        )
        async with self._db.writing() as session:
            await session.exec(update(table).where(*it).values(shows=word))


async def refresh(session: AsyncSession, lead: tables.Lead, at: datetime) -> None:
    """Have a lead's messages changed that say something else than what is so now; within the transaction that did it.

    `lead` and its ownerships are as they will be committed.
    """
    rows = await _changeable(session, lead.lead_id)
    if not rows:
        return
    standing = standing_of(lead, holder_of(await open_ownership(session, lead.lead_id)))
    shown = ((row, wanted_of(row.kind, row.offer, standing.stage, standing.holder)) for row in rows)
    if not any(row.kind == BUNDLE or wanted != (row.shows or AS_SENT) for row, wanted in shown):
        return
    table = tables.Outbox
    due = select(table.id).where(
        table.lead_id == lead.lead_id, table.what == Errand.REFRESH, col(table.sent_at).is_(None), table.attempts == 0
    )
    if (await session.exec(due.limit(1))).first() is None:  # one that was begun may have looked before this
        session.add(table(lead_id=lead.lead_id, what=Errand.REFRESH, body={}, created_at=at, next_at=at))


def wanted_of(kind: str, offer: int, stage: Stage, holder: Holder | None) -> str:
    """Say in one word what a message about an offer ought to show: `AS_SENT`, or who has the lead and how far it is."""
    mine = holder is not None and holder.offer == offer
    taken = holder is not None and holder.accepted
    touched = holder is not None and holder.contacted_at is not None
    open_still = {
        ASKS: mine and not taken and stage not in ENDED,
        _URGES: mine and taken and not touched and stage not in ENDED,
        _ALERTS: not taken and stage not in ENDED,
    }
    for kinds, stands in open_still.items():
        if kind in kinds:
            return AS_SENT if stands else _word(stage, holder)
    return AS_SENT


def _word(stage: Stage, holder: Holder | None) -> str:
    if stage is Stage.ERASED or holder is None:
        return stage.value
    how_far = "contacted" if holder.contacted_at else "accepted" if holder.accepted_at else "offered"
    return f"{how_far}:{holder.offer}:{holder.rep_id}"


async def _changeable(session: AsyncSession, lead_id: str) -> Sequence[tables.Notification]:
    table = tables.Notification
    notice = tables.Alert
    bundles = select(notice.bundle).where(
        notice.lead_id == lead_id, col(notice.bundle).is_not(None), notice.kind != ALERT
    )
    keys = [parts_of(key) for key in set((await session.exec(bundles)).all()) if key]
    with_others = [
        and_(col(table.lead_id) == lead, col(table.offer) == offer, col(table.rung) == rung)
        for lead, offer, rung in keys
    ]
    asked = select(table).where(
        or_(col(table.lead_id) == lead_id, *with_others),
        col(table.channel).in_(CHANGEABLE),
        col(table.state).in_(_OUT),
    )
    return (await session.exec(asked.order_by(col(table.id)))).all()


async def _tells_of_others(session: AsyncSession, row: tables.Notification) -> bool:
    """Say whether an alert is about several leads: it stays as it is, for what is so of one is not so of all."""
    if row.kind == BUNDLE:
        return False
    table = tables.Alert
    key = f"{row.lead_id}:{row.offer}:{row.rung}"
    several = select(func.count(func.distinct(table.lead_id))).where(table.bundle == key)
    return (await session.exec(several)).one() > 1


async def _told(session: AsyncSession, row: tables.Notification) -> tuple[Told, ...]:
    """Give what a message tells a rep of each lead in it, in the order in which it does."""
    table, lead = tables.Alert, tables.Lead
    asked = (
        select(table, lead)
        .outerjoin(lead, col(lead.lead_id) == col(table.lead_id))
        .where(table.bundle == f"{row.lead_id}:{row.offer}:{row.rung}", table.person_id == row.person_id)
        .order_by(col(table.id))
    )
    found = []
    for notice in soonest_first(alert_of(*one) for one in (await session.exec(asked)).all()):
        standing = await read_standing(session, notice.lead_id)
        if standing is not None:
            kind = "untouched" if notice.kind == CONTACT else notice.kind
            wanted = wanted_of(kind, notice.offer, standing.stage, standing.holder)
            found.append(Told(notice, standing, wanted))
    return tuple(found)


def _of_all(told: Sequence[Told]) -> str:
    """Say in one word what a message about several leads ought to show."""
    words = [f"{one.notice.key}={one.wanted}" for one in told if one.wanted != AS_SENT]
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:32] if words else AS_SENT


async def _sentence(session: AsyncSession, lead_id: str, offer: int) -> str:
    table = tables.Ownership
    asked = select(table.assignment).where(table.lead_id == lead_id, table.offer == offer)
    made = (await session.exec(asked)).first()
    return str((made or {}).get("sentence", ""))
