"""What the CRM was told of each lead, and what it is still to be told.

Nothing is queued: a lead's `wanted` goes up in the transaction that changes it, and whoever tells the CRM reads what
the lead is then, so that a newer state is never followed by an older one, however often one is told again. Only one
may tell of a lead at a time, for as long as its lease runs. This room refuses to talk to a CRM.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, exists, or_, update
from sqlalchemy.orm import load_only
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.crm_wanting import TELLING, CopyState, again, stands, unheard_of
from db.engine import Database
from db.statements import chunks
from db.tables.words import Errand, TaskState
from models.decisions import Score
from models.facts import LeadFacts
from models.lead import Stage

APART = timedelta(milliseconds=250)
"""How far from each other old leads stand in line."""


class UnknownCopy(LookupError):
    """The CRM was never to be told of this lead."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What the CRM knows of one lead; nothing personal. `attempts`: since it was told last, a claim counts.

    `tasks`: the CRM's id of each task that it may know, by our key, and how it shows it; empty while that is not known.
    `due_at`: its place in the line; `next_at` is the end of the lease, while somebody tells of it.
    """

    lead_id: str
    wanted: int
    told: int
    external_id: str | None
    tasks: Mapping[str, Any]
    owner: str | None
    digest: str | None
    refused: bool
    attempts: int
    because: str
    changed_at: datetime
    due_at: datetime
    next_at: datetime
    told_at: datetime | None

    @property
    def state(self) -> CopyState:
        """Say where it stands."""
        if self.refused:
            return CopyState.REFUSED
        return CopyState.WAITING if self.wanted > self.told else CopyState.TOLD


@dataclass(frozen=True, slots=True)
class Todo:
    """One task of a lead. `key` never changes."""

    key: str
    rep_id: str
    what: str
    due_at: datetime | None
    created_at: datetime
    state: TaskState


@dataclass(frozen=True, slots=True)
class Seen:
    """One lead as it is now, for the CRM.

    `moving`: it was given to somebody else in the CRM, and its workflow has not heard yet. `followed_by`: a later lead
    of the same person that the CRM is told of.
    """

    lead_id: str
    source: str
    type: str
    stage: Stage
    owner: str | None
    answerable: str | None
    next_step: str
    due_at: datetime | None
    received_at: datetime
    contacted_at: datetime | None
    folded_into: str | None
    facts: LeadFacts | None
    score: Score | None
    likelihood: float | None
    outcome: str | None
    outcome_value: float | None
    outcome_currency: str | None
    tasks: tuple[Todo, ...]
    moving: bool
    followed_by: str | None


class CrmCopies:
    """What the CRM knows of every lead."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def claim(self, limit: int, *, now: datetime, lease: timedelta) -> tuple[Copy, ...]:
        """Take leads to tell of, who waits longest first; nobody else gets them before `lease` is over."""
        table = tables.CrmCopy
        asked = (
            select(table)
            .where(col(table.wanted) > col(table.told), col(table.refused).is_(False), col(table.next_at) <= now)
            .order_by(col(table.next_at), col(table.lead_id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._db.writing() as session:
            rows = (await session.exec(asked)).all()
            claimed = tuple(replace(_copy(row), next_at=now + lease, attempts=row.attempts + 1) for row in rows)
            for row, copy in zip(rows, claimed, strict=True):
                row.next_at, row.attempts, row.because = copy.next_at, copy.attempts, TELLING
            return claimed

    async def see(self, lead_id: str) -> Seen | None:
        """Look at a lead as it is now; None where there is none, or it is forgotten."""
        async with self._db.reading() as session:
            lead = await session.get(tables.Lead, lead_id, options=[load_only(*_LOOKED_AT)])
            return None if lead is None or lead.stage is Stage.ERASED else await _seen(session, lead)

    async def telling(self, copy: Copy, *, owner: str | None, tasks: Collection[str], at: datetime) -> bool:
        """Note what the CRM is about to hear of first; False where somebody else tells of the lead by now.

        `owner`: whom it has as the owner from now on, by their id there, so that its echo is known; None: whoever has
        it. `tasks` are the keys of those that it may know from now on, so that they are closed there in any case.
        """
        values: dict[str, Any] = {"tasks": {**{key: {} for key in tasks}, **copy.tasks}}
        if owner is not None and owner != copy.owner:
            values |= {"owner": owner, "owner_before": copy.owner, "named_at": at}
        return await self._change(copy, **values)

    async def told(
        self, copy: Copy, *, at: datetime, external_id: str | None, tasks: Mapping[str, Any], digest: str, because: str
    ) -> bool:
        """Note that the CRM knows the lead as it was when it was claimed; what changed meanwhile is told at once.

        False, as with what follows, where somebody else told of the lead since, or it is forgotten. One that was asked
        for by hand meanwhile is told whole.
        """
        same = col(tables.CrmCopy.wanted) == copy.wanted
        return await self._change(
            copy,
            told=copy.wanted,
            told_at=at,
            external_id=external_id,
            tasks=dict(tasks),
            digest=case((same, digest), else_=None),
            because=because,
            attempts=0,
            next_at=at,
        )

    async def nothing_to_tell(self, copy: Copy, because: str, *, at: datetime) -> bool:
        """Note that there is nothing to tell of the lead as it is."""
        return await self._change(copy, told=copy.wanted, because=because, attempts=0, next_at=at)

    async def put_off(self, copy: Copy, because: str, *, until: datetime, tried: bool = True) -> bool:
        """Note why it is not told yet, and when it is tried again; `tried` unless nothing was wrong with this one."""
        attempts = copy.attempts if tried else copy.attempts - 1
        return await self._change(copy, because=because, next_at=until, attempts=attempts)

    async def refused(self, copy: Copy, because: str, *, at: datetime) -> bool:
        """Note that the CRM does not take the lead as it was; it is told again once the lead changes, or by hand.

        One that changed meanwhile is told again at once.
        """
        same = col(tables.CrmCopy.wanted) == copy.wanted
        return await self._change(copy, refused=same, because=because, next_at=at)

    async def overtaken(self, lead_id: str, *, at: datetime) -> bool:
        """Have the CRM told again of a lead that two told of at once: nobody knows whose word it heard last.

        False where nothing is known of the lead any more.
        """
        async with self._db.writing() as session:
            return (await session.exec(again(col(tables.CrmCopy.lead_id) == lead_id, at))).rowcount == 1

    async def of(self, lead_id: str) -> Copy | None:
        """Give what the CRM knows of one lead; None where it was never to be told."""
        async with self._db.reading() as session:
            row = await session.get(tables.CrmCopy, lead_id)
            return None if row is None else _copy(row)

    async def list(
        self, *, states: Collection[CopyState] = (), limit: int = 50, after: str | None = None
    ) -> tuple[Copy, ...]:
        """List copies by lead; `after` is the last lead of the page before."""
        table = tables.CrmCopy
        asked = select(table).order_by(col(table.lead_id)).limit(limit)
        if states:
            asked = asked.where(or_(*(stands(state) for state in sorted(set(states)))))
        if after is not None:
            asked = asked.where(col(table.lead_id) > after)
        async with self._db.reading() as session:
            return tuple(map(_copy, (await session.exec(asked)).all()))

    async def counts(self) -> dict[CopyState, int]:
        """Count copies by where they stand."""
        table = tables.CrmCopy
        async with self._db.reading() as session:
            asked = select(func.count()).select_from(table)
            return {state: (await session.exec(asked.where(stands(state)))).one() for state in CopyState}

    async def retry(self, lead_id: str, *, at: datetime) -> Copy:
        """Have the CRM told of one lead now, all of it, also what it was told before. Raises `UnknownCopy`."""
        async with self._db.writing() as session:
            if await session.get(tables.CrmCopy, lead_id) is None:
                raise UnknownCopy(f"the CRM was never to be told of lead {lead_id}")
            await session.exec(again(col(tables.CrmCopy.lead_id) == lead_id, at))
            row = await session.get_one(tables.CrmCopy, lead_id, populate_existing=True)
            return _copy(row)

    async def retry_refused(self, *, at: datetime) -> int:
        """Have the CRM told now of every lead that it refused; say how many."""
        async with self._db.writing() as session:
            return (await session.exec(again(stands(CopyState.REFUSED), at))).rowcount

    async def want_since(self, since: datetime, *, at: datetime) -> int:
        """Have the CRM told of every lead that came since an instant and was never to be told; say how many.

        For a CRM that is set up when there are leads already. They stand in line `APART` from each other: thousands of
        old leads keep no new one waiting, and what changes meanwhile is not kept from being written.
        """
        lead, copy = tables.Lead, tables.CrmCopy
        unknown = ~exists().where(col(copy.lead_id) == col(lead.lead_id))
        asked = select(lead.lead_id).where(
            col(lead.received_at) >= since, lead.stage != Stage.ERASED, col(lead.folded_into).is_(None), unknown
        )
        async with self._db.reading() as session:
            found = (await session.exec(asked.order_by(col(lead.received_at)))).all()
        places = [(lead_id, at + place * APART) for place, lead_id in enumerate(found)]
        for piece in chunks(places):
            async with self._db.writing() as session:
                await session.exec(unheard_of(self._db, piece, at))
        return len(found)

    async def _change(self, copy: Copy, **values: Any) -> bool:
        """Change a copy that is still ours: who took it after our lease had run out has the newer word."""
        table = tables.CrmCopy
        ours = (
            col(table.lead_id) == copy.lead_id,
            col(table.next_at) == copy.next_at,
            col(table.attempts) == copy.attempts,
        )
        async with self._db.writing() as session:
            return (await session.exec(update(table).where(*ours).values(**values))).rowcount == 1


_SAME = ("lead_id", "source", "type", "stage", "owner", "answerable", "next_step", "due_at", "received_at")
_SEEN = (*_SAME, "contacted_at", "folded_into", "likelihood")
_UNTOLD = (Stage.RECEIVED, Stage.ENRICHING, Stage.SCORING, Stage.DISQUALIFIED, Stage.ERASED)
"""Where a later lead of the same person is not what the CRM's record shows."""

_LOOKED_AT = [getattr(tables.Lead, name) for name in (*_SEEN, "facts", "score")]


async def _seen(session: AsyncSession, lead: tables.Lead) -> Seen:
    outcome, outbox, task = tables.Outcome, tables.Outbox, tables.FollowUp
    of = select(outcome).where(outcome.lead_id == lead.lead_id).order_by(col(outcome.id).desc()).limit(1)
    ended = (await session.exec(of)).first()
    said = select(outbox).where(
        outbox.lead_id == lead.lead_id, outbox.what == Errand.SAY, col(outbox.sent_at).is_(None)
    )
    later = select(tables.Lead.lead_id).where(
        tables.Lead.follows == lead.lead_id,
        col(tables.Lead.stage).not_in(_UNTOLD),
        col(tables.Lead.folded_into).is_(None),
    )
    rows = await session.exec(select(task).where(task.lead_id == lead.lead_id).order_by(col(task.id)))
    return Seen(
        **{name: getattr(lead, name) for name in _SEEN},
        facts=None if lead.facts is None else LeadFacts.model_validate(lead.facts),
        score=None if lead.score is None else Score.model_validate(lead.score),
        outcome=ended.result.value if ended else None,
        outcome_value=ended.value if ended else None,
        outcome_currency=ended.currency if ended else None,
        tasks=tuple(map(_todo, rows.all())),
        moving=any(row.body.get("name") == "reassign" for row in (await session.exec(said)).all()),
        followed_by=(await session.exec(later.limit(1))).first(),
    )


def _todo(row: tables.FollowUp) -> Todo:
    key = f"{row.lead_id}-{row.offer}-{row.contact_id}"
    return Todo(key, row.rep_id, row.what, row.due_at, row.created_at, row.state)


def _copy(row: tables.CrmCopy) -> Copy:
    known = {name: getattr(row, name) for name in Copy.__dataclass_fields__ if name != "due_at"}
    return Copy(**known, due_at=row.next_at)
