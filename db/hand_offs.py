"""What leaves the house for a lead: enrolments in nurture programmes, their ends, and first answers to prospects (R7).

Each is written in the transaction that makes it true, and carried out afterwards, at least once, under a key of its
own. A row holds nothing personal: whoever carries it out reads that from the lead. This room refuses to send anything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, not_, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.holding import Hands
from db.statements import insert_into
from db.tables.words import HandOffKind, HandOffState
from models.lead import Stage

AGAIN_AFTER = timedelta(days=1)
"""The same person is not answered automatically a second time within this, whatever they fill in."""


class UnknownHandOff(LookupError):
    """No hand-off has this id."""


class NotToBeRetried(ValueError):
    """This hand-off is out already, or not wanted any more. Says which."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """One hand-off; no personal data. `attempts` counts a claim, too."""

    id: int
    lead_id: str
    kind: HandOffKind
    n: int
    body: dict[str, Any]
    state: HandOffState
    attempts: int
    provider_id: str | None
    because: str
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None

    @property
    def key(self) -> str:
        """Give the key by which a repeat is recognised: nothing personal."""
        return f"{self.lead_id}:{self.kind}:{self.n}"


class HandOffs:
    """What waits to leave the house, and what has left it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(
        self, kinds: Collection[HandOffKind], limit: int, *, now: datetime, lease: timedelta
    ) -> tuple[HandOff, ...]:
        """Take hand-offs to carry out; nobody else gets them before `lease` is over.

        A lead's enrolments and their ends are carried out one after the other, as they were written.
        """
        table, older = tables.HandOff, aliased(tables.HandOff)
        goes_first = exists().where(
            col(older.lead_id) == col(table.lead_id),
            col(older.id) < col(table.id),
            col(older.state) == HandOffState.WAITING,
            col(older.kind) != HandOffKind.ANSWER,
        )
        asked = (
            select(table)
            .where(table.state == HandOffState.WAITING, col(table.next_at) <= now, col(table.kind).in_(kinds))
            .where(or_(col(table.kind) == HandOffKind.ANSWER, not_(goes_first)))
            .order_by(col(table.next_at), col(table.id))
            .limit(limit)
            .with_for_update(skip_locked=True, of=table)
        )
        async with self._db.writing() as session:
            rows = (await session.exec(asked)).all()
            for row in rows:
                row.next_at = now + lease
                row.attempts += 1
            return tuple(map(_hand_off, rows))

    async def sent(self, hand_off: HandOff, *, at: datetime, provider_id: str | None, because: str = "") -> None:
        """Note that it is out, with what was said beside the person (`body`); also where it was dropped meanwhile."""
        body = hand_off.body
        await self._change(
            hand_off.id, state=HandOffState.SENT, sent_at=at, provider_id=provider_id, because=because, body=body
        )

    async def put_off(self, hand_off: HandOff, because: str, *, until: datetime, tried: bool = True) -> None:
        """Note why it is not out yet, and when it is looked at again; `tried` unless nothing left the house."""
        attempts = hand_off.attempts if tried else hand_off.attempts - 1
        await self._change(hand_off.id, HandOffState.WAITING, next_at=until, because=because, attempts=attempts)

    async def refused(self, hand_off: HandOff, because: str) -> None:
        """Note that it never will go out by itself, and why."""
        await self._change(hand_off.id, HandOffState.WAITING, state=HandOffState.REFUSED, because=because)

    async def dropped(self, hand_off: HandOff, because: str) -> None:
        """Note that nobody wants it to go out any more, and why."""
        await self._change(hand_off.id, HandOffState.WAITING, state=HandOffState.DROPPED, because=because)

    async def retry(self, hand_off_id: int, *, at: datetime) -> HandOff:
        """Have one that was refused, or waits, carried out now. Raises `UnknownHandOff`, `NotToBeRetried`."""
        async with self._db.writing() as session:
            row = await session.get(tables.HandOff, hand_off_id, with_for_update=True)
            if row is None:
                raise UnknownHandOff(f"there is no hand-off {hand_off_id}")
            if row.state is HandOffState.SENT:
                raise NotToBeRetried(f"hand-off {hand_off_id} is out since {row.sent_at:%Y-%m-%d %H:%M:%S} UTC")
            if row.state is HandOffState.DROPPED:
                raise NotToBeRetried(f"hand-off {hand_off_id} is not wanted any more: {row.because}")
            row.state, row.next_at = HandOffState.WAITING, at
            return _hand_off(row)

    async def list(
        self,
        *,
        states: Collection[HandOffState] = (),
        kinds: Collection[HandOffKind] = (),
        lead_id: str | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> tuple[HandOff, ...]:
        """List hand-offs, the newest first; `after` is the last id of the page before."""
        table = tables.HandOff
        asked = select(table).order_by(col(table.id).desc()).limit(limit)
        if states:
            asked = asked.where(col(table.state).in_(states))
        if kinds:
            asked = asked.where(col(table.kind).in_(kinds))
        if lead_id is not None:
            asked = asked.where(table.lead_id == lead_id)
        if after is not None:
            asked = asked.where(col(table.id) < after)
        async with self._db.reading() as session:
            return tuple(map(_hand_off, (await session.exec(asked)).all()))

    async def _change(self, hand_off_id: int, only: HandOffState | None = None, **values: object) -> None:
        table = tables.HandOff
        change = update(table).where(col(table.id) == hand_off_id)
        if only is not None:
            change = change.where(col(table.state) == only)
        async with self._db.writing() as session:
            await session.exec(change.values(**values))


async def keep_enrolment(hands: Hands, was: Stage) -> None:
    """Enrol a lead that went to nurturing, and end its enrolment when it leaves it; within the record's transaction.

    What never went out is dropped. An end follows an enrolment that may be out, and waits for whoever carries it now.
    """
    lead, session = hands.lead, hands.session
    if Stage.NURTURING not in (was, lead.stage):
        return
    latest = await _latest(session, lead.lead_id, HandOffKind.ENROL)
    ended = await _latest(session, lead.lead_id, HandOffKind.LEAVE)
    runs = latest is not None and latest.state is not HandOffState.DROPPED and (ended is None or ended.n < latest.n)
    if lead.stage is Stage.NURTURING and not runs:
        until = lead.due_at.isoformat() if lead.due_at else None
        body = {"until": until, "answerable": lead.answerable}
        await _add(hands, HandOffKind.ENROL, latest.n + 1 if latest else 1, body, hands.at)
    elif lead.stage is not Stage.NURTURING and latest is not None and runs:
        await _end(hands, latest, f"the lead is {lead.stage}")


async def add_first_answer(
    db: Database, session: AsyncSession, lead_id: str, body: dict[str, Any], at: datetime
) -> None:
    """Have the prospect of a new lead answered; a repeat changes nothing. Within the transaction that lets it in."""
    row = _row(lead_id, HandOffKind.ANSWER, 1, body, at, at)
    table = tables.HandOff
    await session.exec(insert_into(db, table, row).on_conflict_do_nothing(index_elements=["lead_id", "kind", "n"]))


async def answered_lately(session: AsyncSession, lead_id: str, at: datetime) -> bool:
    """Say whether the prospect of this lead is, or will have been, answered automatically a short while ago."""
    row = await _latest(session, lead_id, HandOffKind.ANSWER)
    return row is not None and row.created_at > at - AGAIN_AFTER


async def withdraw(hands: Hands, because: str) -> None:
    """Drop what still waits for a lead that is forgotten, and end an enrolment that may be out.

    For an erasure: the marketing tool hears that the lead leaves, and that needs nothing personal but is owed.
    """
    table = tables.HandOff
    asked = select(table).where(table.lead_id == hands.lead.lead_id, table.state == HandOffState.WAITING)
    latest = await _latest(hands.session, hands.lead.lead_id, HandOffKind.ENROL)
    ended = await _latest(hands.session, hands.lead.lead_id, HandOffKind.LEAVE)
    for row in (await hands.session.exec(asked)).all():
        if row.kind is HandOffKind.ANSWER:
            row.state, row.because = HandOffState.DROPPED, because
    if latest is not None and (ended is None or ended.n < latest.n):
        await _end(hands, latest, because)


async def _end(hands: Hands, enrolment: tables.HandOff, because: str) -> None:
    # Of several tries the last was refused: an earlier one may have been heard, though nobody answered it.
    tries = {HandOffState.WAITING: 0, HandOffState.REFUSED: 1}.get(enrolment.state, enrolment.attempts)
    went_out = enrolment.state is HandOffState.SENT or enrolment.attempts > tries
    if enrolment.state is not HandOffState.SENT:
        said = f" ({enrolment.because})" if enrolment.because else ""
        enrolment.state, enrolment.because = HandOffState.DROPPED, f"{because}{said}"
    if went_out:
        body: dict[str, Any] = {
            name: enrolment.body[name] for name in ("programme", "answerable") if name in enrolment.body
        }
        # Not while somebody may be sending the enrolment: the tool has to hear of the end last.
        first = enrolment.next_at if enrolment.sent_at is None else hands.at
        await _add(hands, HandOffKind.LEAVE, enrolment.n, {**body, "because": because}, max(hands.at, first))


async def _add(hands: Hands, kind: HandOffKind, n: int, body: dict[str, Any], next_at: datetime) -> None:
    hands.session.add(tables.HandOff(**_row(hands.lead.lead_id, kind, n, body, hands.at, next_at)))
    await hands.session.flush()


async def _latest(session: AsyncSession, lead_id: str, kind: HandOffKind) -> tables.HandOff | None:
    table = tables.HandOff
    asked = select(table).where(table.lead_id == lead_id, table.kind == kind).order_by(col(table.n).desc()).limit(1)
    return (await session.exec(asked)).first()


def _row(
    lead_id: str, kind: HandOffKind, n: int, body: dict[str, Any], at: datetime, next_at: datetime
) -> dict[str, Any]:
    return {
        "lead_id": lead_id,
        "kind": kind,
        "n": n,
        "body": body,
        "state": HandOffState.WAITING,
        "attempts": 0,
        "because": "",
        "created_at": at,
        "next_at": next_at,
    }


def _hand_off(row: tables.HandOff) -> HandOff:
    return HandOff(
        id=row.id or 0,
        lead_id=row.lead_id,
        kind=row.kind,
        n=row.n,
        body=row.body,
        state=row.state,
        attempts=row.attempts,
        provider_id=row.provider_id,
        because=row.because,
        created_at=row.created_at,
        next_at=row.next_at,
        sent_at=row.sent_at,
    )
