"""Letting a lead in: once, and never beside an open lead of the same person.

A person is recognised by normalised e-mail or by (source, external id); a phone alone never makes two people one. The
database allows one open lead for each of these, so of two that come at the same time one gets in and one is folded.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.asking_later import ask_anew
from db.companies import company_of
from db.emptying import ask_to_erase
from db.engine import Database
from db.hand_offs import add_first_answer, answered_lately
from db.statements import insert_into
from models.decisions import Admission, Admitted, Folded, Over, Unusable
from models.facts import LeadFacts
from models.lead import ENDED, LeadType, Stage
from models.policy import FirstAnswer

_ADMISSION: TypeAdapter[Admission] = TypeAdapter(Admission)


EXTERNAL = "external"
"""The kind of a sign that a source knows somebody by."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to recognise a person: `email`, or `external` (source and external id)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A lead that wants in: how it would be answered, what is known of it, and where it may be folded.

    `fold_since`: leads received before it are too old to fold into. `not_into`: leads that could not take it in.
    `first_answer`: what the prospect is answered automatically, if the lead is let in and new.
    """

    lead_id: str
    answer: Admitted | Unusable
    facts: LeadFacts | None
    raw: Any
    at: datetime
    fold_since: datetime
    not_into: Collection[str] = ()
    first_answer: FirstAnswer | None = None


def signs_of(facts: LeadFacts | None) -> tuple[Sign, ...]:
    """Say by what the person behind these facts is recognised."""
    signs = []
    if facts is not None and facts.email:
        signs.append(Sign("email", facts.email))
    if facts is not None and facts.external_id:
        signs.append(external_sign(facts.source, facts.external_id))
    return tuple(signs)


def external_sign(source: str, external_id: str) -> Sign:
    """Say how a source knows somebody."""
    return Sign(EXTERNAL, json.dumps([source, external_id]))


async def admit(db: Database, newcomer: Newcomer) -> Admission:
    """Open a row for a lead, or fold it into the open lead of the same person; a repeat gets the first answer.

    A lead that has ended is over: it is not let in a second time.
    """
    signs = signs_of(newcomer.facts)
    async with db.writing() as session:
        names = [f"baton: lead {newcomer.lead_id}", *(f"baton: person {sign.kind} {sign.value}" for sign in signs)]
        await db.lock(session, *names)
        row = await session.get(tables.Lead, newcomer.lead_id, with_for_update=True)
        if row is not None and has_ended(row):
            if row.stage is Stage.ERASED:  # whoever started it said it all again, and Temporal keeps that
                ask_to_erase(session, newcomer.lead_id, newcomer.at)
            return Over(stage=row.stage, because=_how_it_ended(row))
        if row is not None and row.admission is not None and row.folded_into not in newcomer.not_into:
            return _ADMISSION.validate_python(row.admission)
        await _leave_the_door(session, newcomer.lead_id)
        newcomer = await _as_it_came(session, newcomer)
        known = [(sign, *found) for sign in signs for found in await open_leads(session, sign)]
        fresh = [
            (received_at, lead_id)
            for _, lead_id, received_at in known
            if lead_id not in newcomer.not_into and received_at >= newcomer.fold_since
        ]
        if fresh:
            into = min(fresh)[1]
            by = sorted({sign.kind for sign, lead_id, _ in known if lead_id == into})
            answer: Admission = Folded(into=into, because=f"the same person is in flight (same {' and '.join(by)})")
            await _keep(session, row, newcomer, answer)
            await _take(db, session, signs, into)
            await ask_anew(session, into, newcomer.at)
            return answer
        await _release(session, [lead_id for _, lead_id, _ in known], newcomer.at)
        follows = await _latest_of(session, signs, newcomer.lead_id)
        await _keep(session, row, newcomer, newcomer.answer, follows)
        await _take(db, session, signs, newcomer.lead_id)
        await _answer_first(db, session, newcomer, follows)
        return newcomer.answer


async def _answer_first(db: Database, session: AsyncSession, newcomer: Newcomer, follows: str | None) -> None:
    """Have the prospect answered, unless the lead is an old one, or they were answered a short while ago."""
    answer, said = newcomer.answer, newcomer.first_answer
    if said is None or not isinstance(answer, Admitted) or answer.backfill:
        return
    if follows is None or not await answered_lately(session, follows, newcomer.at):
        body = said.model_dump(mode="json", include={"name", "subject", "text"})
        await add_first_answer(db, session, newcomer.lead_id, body, newcomer.at)


async def _leave_the_door(session: AsyncSession, lead_id: str) -> None:
    """Take away by what the door knew the person: from now on `identity` says it."""
    await session.exec(delete(tables.DoorSign).where(col(tables.DoorSign.lead_id) == lead_id))


async def _as_it_came(session: AsyncSession, newcomer: Newcomer) -> Newcomer:
    """Say of a lead whose door called it a backfill that it is one."""
    asked = select(tables.Inbox.backfill).where(tables.Inbox.lead_id == newcomer.lead_id)
    if isinstance(newcomer.answer, Admitted) and (await session.exec(asked)).first():
        return replace(newcomer, answer=newcomer.answer.model_copy(update={"backfill": True}))
    return newcomer


def has_ended(row: tables.Lead) -> bool:
    """Say whether a workflow has recorded the lead's end.

    A fold that no workflow has recorded yet is no end: its run may ask again, and get in when the fold fails.
    """
    return row.stage is Stage.ERASED or (row.stage in ENDED and row.seq >= 0)


async def release_person(session: AsyncSession, lead_id: str, at: datetime) -> None:
    """Let the person behind an ended lead come again as a new one."""
    await _release(session, [lead_id], at)


def _how_it_ended(row: tables.Lead) -> str:
    how = f"was folded into {row.folded_into}" if row.folded_into else f"is {row.stage} already"
    when = f" since {row.closed_at:%Y-%m-%d %H:%M:%S} UTC" if row.closed_at else ""
    return f"lead {row.lead_id} {how}{when}"


async def open_leads(session: AsyncSession, sign: Sign) -> list[tuple[str, datetime]]:
    """Give the open leads of whoever has this sign, each with when it was received."""
    table = tables.Identity
    asked = (
        select(table.lead_id, tables.Lead.received_at)
        .join(tables.Lead, col(tables.Lead.lead_id) == col(table.lead_id))
        .where(table.kind == sign.kind, table.value == sign.value, col(table.released_at).is_(None))
    )
    return list((await session.exec(asked)).all())


async def _release(session: AsyncSession, lead_ids: Collection[str], at: datetime) -> None:
    if not lead_ids:
        return
    table = tables.Identity
    theirs = update(table).where(col(table.lead_id).in_(lead_ids), col(table.released_at).is_(None))
    await session.exec(theirs.values(released_at=at))


async def _take(db: Database, session: AsyncSession, signs: Collection[Sign], lead_id: str) -> None:
    """Tie signs to a lead; one that is tied to another open lead stays there."""
    for sign in signs:
        row = {"kind": sign.kind, "value": sign.value, "lead_id": lead_id}
        await session.exec(insert_into(db, tables.Identity, row).on_conflict_do_nothing())


async def _latest_of(session: AsyncSession, signs: Collection[Sign], but: str) -> str | None:
    """Find the person's latest lead before this one."""
    found: list[tuple[datetime, str]] = []
    for sign in signs:
        asked = (
            select(tables.Lead.received_at, tables.Lead.lead_id)
            .join(tables.Identity, col(tables.Identity.lead_id) == col(tables.Lead.lead_id))
            .where(tables.Identity.kind == sign.kind, tables.Identity.value == sign.value)
            .where(tables.Lead.lead_id != but)
            .order_by(col(tables.Lead.received_at).desc())
            .limit(1)
        )
        found += (await session.exec(asked)).all()
    return max(found)[1] if found else None


async def _keep(
    session: AsyncSession,
    row: tables.Lead | None,
    newcomer: Newcomer,
    answer: Admission,
    follows: str | None = None,
) -> None:
    """Write the lead's row, a folded one's too: each acknowledged id can be told about."""
    facts, first = newcomer.facts, newcomer.answer
    admitted = first if isinstance(first, Admitted) else None
    values: dict[str, Any] = {
        "headline": admitted.headline if admitted else "input that is not a lead",
        "source": admitted.source if admitted else "unknown",
        "type": admitted.type if admitted else LeadType.OTHER,
        "region": admitted.region if admitted else None,
        "company": company_of(facts),
        "backfill": admitted.backfill if admitted else False,
        "policy": first.policy,
        "received_at": first.received_at,
        "stage": Stage.CLOSED if isinstance(answer, Folded) else Stage.RECEIVED,
        "folded_into": answer.into if isinstance(answer, Folded) else None,
        "closed_at": newcomer.at if isinstance(answer, Folded) else None,
        "follows": follows,
        "admission": answer.model_dump(mode="json"),
        "raw": newcomer.raw,
        "facts": facts.model_dump(mode="json") if facts else None,
        "changed_at": newcomer.at,
    }
    if row is None:
        session.add(tables.Lead(lead_id=newcomer.lead_id, **values))
    else:
        row.sqlmodel_update(values)
    await session.flush()
