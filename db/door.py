"""The door's own transaction: a lead is new, a repeat, or of somebody in flight, and that is decided here at once.

A person is recognised as at admission (`db.admission`), a little earlier: also by leads that are acknowledged and not
admitted yet. What folds is kept as it came, and told to the lead in flight by an errand of the same transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.admission import EXTERNAL, Sign, has_ended, open_leads
from db.asking_later import ask_anew
from db.engine import Database
from db.inbox import Arrival, Receipt, put_in
from db.leads import source_of
from db.statements import insert_into
from db.tables.words import Errand
from models.door import Reception

REPEATS_WITHIN = timedelta(hours=1)
"""For so long the same content is a repeat, also without a key: a form that was sent twice."""

_EVER = datetime.min.replace(tzinfo=UTC)


class KeyReused(Exception):
    """A key was used before, for something else."""


class IdTaken(Exception):
    """A lead id is another lead's already."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Under which key a sender asks, and the digest of what for; a repeat of both gets the first answer."""

    scope: str
    key: str
    content: str


@dataclass(frozen=True, slots=True)
class Knock:
    """One lead at a door. `signs`: by what its person is recognised; `fold_since`: into no older lead.

    `named`: its sender chose the lead id, so that one which is there already is a repeat or a mistake.
    """

    arrival: Arrival
    content: str
    signs: tuple[Sign, ...]
    source: str
    kind: str
    fold_since: datetime
    named: bool = False
    asked: Asked | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Something to tell a lead: its message `event`, and by what the lead is found.

    `sources`: the lead has to be of one of these, or known by an id of theirs; empty means any.
    """

    message: dict[str, Any]
    lead_id: str | None
    signs: tuple[Sign, ...]
    asked: Asked | None = None
    sources: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of it. `document` is the answer as it was given the first time; `receipt` is a new lead's."""

    reception: Reception
    lead_id: str
    document: dict[str, Any]
    receipt: Receipt | None = field(default=None, repr=False)


class Doorkeeper:
    """Who was let in, and who was known."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def enter(self, knock: Knock, *, at: datetime, reserve: timedelta = timedelta(0)) -> Entry:
        """Let a lead in once, or fold it into the open lead of the same person; a repeat gets the first answer.

        `reserve`: for so long no dispatcher claims it. Raises `KeyReused`, `IdTaken`.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, *_locks(knock.signs, knock.asked, knock.arrival.lead_id, knock.content))
            if (known := await _answered(session, knock.asked)) is not None:
                return known
            entry = await self._enter(session, knock, at, at + reserve)
            await _remember(session, knock.asked, entry, at)
            return entry

    async def tell(self, word: Word, *, at: datetime) -> Entry | None:
        """Leave an event for an open lead; None where nobody like that is in flight. Raises `KeyReused`."""
        async with self._db.writing() as session:
            await self._db.lock(session, *_locks(word.signs, word.asked))
            if (known := await _answered(session, word.asked)) is not None:
                return known
            into = await _found(session, word)
            if into is None or not await _theirs(session, into, word):
                return None
            _say(session, into, word.message, at)
            entry = Entry(Reception.RECORDED, into, {"lead_id": into, "status": Reception.RECORDED.value})
            await _remember(session, word.asked, entry, at)
            return entry

    async def _enter(self, session: AsyncSession, knock: Knock, at: datetime, next_at: datetime) -> Entry:
        lead_id = knock.arrival.lead_id
        if (repeated := await _same_content(session, knock.content, at - REPEATS_WITHIN)) is not None:
            return Entry(Reception.REPEAT, repeated, {"lead_id": repeated, "status": Reception.REPEAT.value})
        if knock.named and (there := await _holder_of(session, lead_id)) is not None:
            if there != knock.content:
                raise IdTaken(lead_id)
            return Entry(Reception.REPEAT, lead_id, {"lead_id": lead_id, "status": Reception.REPEAT.value})
        if (found := await _in_flight(session, knock.signs, knock.fold_since)) is not None:
            return await _fold(session, knock, *found, at)
        (receipt,) = await put_in(self._db, session, [knock.arrival], at=at, next_at=next_at)
        rows = [{"kind": one.kind, "value": one.value, "lead_id": lead_id, "at": at} for one in knock.signs]
        if rows:
            await session.exec(insert_into(self._db, tables.DoorSign, rows))
        document = {"lead_id": lead_id, "status": Reception.ACCEPTED.value}
        return Entry(Reception.ACCEPTED, lead_id, document, receipt)


def _locks(signs: Collection[Sign], asked: Asked | None, lead_id: str = "", content: str = "") -> list[str]:
    """Name what two requests must not do at once; persons as admission names them."""
    names = [f"baton: person {sign.kind} {sign.value}" for sign in signs]
    if asked is not None:
        names.append(f"baton: asked {asked.scope} {asked.key}")
    if lead_id:
        names += [f"baton: lead {lead_id}", f"baton: content {content}"]
    return names


async def _answered(session: AsyncSession, asked: Asked | None) -> Entry | None:
    """Give the answer that this key got before. Raises `KeyReused`."""
    if asked is None or (row := await session.get(tables.Idempotency, (asked.scope, asked.key))) is None:
        return None
    if row.content != asked.content or row.answer is None:
        raise KeyReused(asked.key)
    return Entry(Reception.REPEAT, str(row.answer["lead_id"]), row.answer)


async def _remember(session: AsyncSession, asked: Asked | None, entry: Entry, at: datetime) -> None:
    if asked is None:
        return
    row = tables.Idempotency(scope=asked.scope, key=asked.key, content=asked.content, answer=entry.document, at=at)
    session.add(row)


async def _same_content(session: AsyncSession, content: str, since: datetime) -> str | None:
    """Name the lead that the same content went to a short while ago."""
    inbox, came = tables.Inbox, tables.Came
    for asked in (
        select(inbox.lead_id).where(inbox.content == content, col(inbox.created_at) >= since).limit(1),
        select(came.lead_id).where(came.content == content, col(came.at) >= since).limit(1),
    ):
        if (lead_id := (await session.exec(asked)).first()) is not None:
            return lead_id
    return None


async def _holder_of(session: AsyncSession, lead_id: str) -> str | None:
    """Give the digest of what a lead id was used for; empty where it did not come through a door of digests."""
    asked = select(tables.Inbox).where(tables.Inbox.lead_id == lead_id)
    if (row := (await session.exec(asked)).first()) is not None:
        return row.content or ""
    for table in (tables.Lead, tables.Erasure):
        if await session.get(table, lead_id) is not None:
            return ""
    return None


async def _in_flight(session: AsyncSession, signs: Collection[Sign], since: datetime) -> tuple[str, str] | None:
    """Name the first open or acknowledged lead of the same person, and by what they were recognised."""
    known: list[tuple[datetime, str, str]] = []
    for sign in signs:
        known += [(received, lead_id, sign.kind) for lead_id, received in await open_leads(session, sign)]
        table = tables.DoorSign
        waiting = select(table.at, table.lead_id).where(table.kind == sign.kind, table.value == sign.value)
        known += [(came_at, lead_id, sign.kind) for came_at, lead_id in (await session.exec(waiting)).all()]
    fresh = [one for one in known if one[0] >= since]
    if not fresh:
        return None
    _, into, _ = min(fresh)
    by = sorted({kind for _, lead_id, kind in fresh if lead_id == into})
    return into, f"the same person is in flight (same {' and '.join(by)})"


async def _found(session: AsyncSession, word: Word) -> str | None:
    """Name the open lead that an event is for."""
    if word.lead_id is None:
        found = await _in_flight(session, word.signs, _EVER)
        return None if found is None else found[0]
    row = await session.get(tables.Lead, word.lead_id)
    if row is not None and row.folded_into is not None:
        row = await session.get(tables.Lead, row.folded_into)
    if row is not None:
        return None if has_ended(row) else row.lead_id
    asked = select(tables.Inbox.lead_id).where(tables.Inbox.lead_id == word.lead_id)
    return (await session.exec(asked)).first()


async def _theirs(session: AsyncSession, into: str, word: Word) -> bool:
    """Say whether the teller speaks for the lead's source, or for one that knows the person by an id of its own."""
    if not word.sources or await source_of(session, into) in word.sources:
        return True
    theirs = [sign for sign in word.signs if sign.kind == EXTERNAL]
    return bool(theirs) and await _in_flight(session, theirs, _EVER) is not None


async def _fold(session: AsyncSession, knock: Knock, into: str, because: str, at: datetime) -> Entry:
    arrival = knock.arrival
    came = tables.Came(lead_id=into, source=knock.source, content=knock.content, raw=arrival.raw, at=at)
    session.add(came)
    await session.flush()
    properties = {"folded": True, "source": knock.source}
    event = {"kind": knock.kind, "at": at.isoformat(), "properties": properties, "key": f"came-{came.id}"}
    _say(session, into, event, at, came=came.id, urgency=arrival.urgency)
    await ask_anew(session, into, at)
    document = {"lead_id": into, "status": Reception.FOLDED.value, "because": because}
    return Entry(Reception.FOLDED, into, document)


def _say(session: AsyncSession, lead_id: str, event: dict[str, Any], at: datetime, **more: Any) -> None:
    body = {"name": "event", "message": event, **more}
    session.add(tables.Outbox(lead_id=lead_id, what=Errand.SAY, body=body, created_at=at, next_at=at))
