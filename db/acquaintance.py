"""Getting to know people: from their own lead, from a list, or because somebody named them; each is kept once.

Somebody is recognised by e-mail, and without one by their lead, or by their number within their company. Everything
here runs within an open transaction. This room refuses to judge people: `policy/authority` does.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.payloads import marks_of, names
from db.statements import insert_into
from db.tables.words import AccountKeyKind, Errand, TaskState
from models.contact import ContactState, KnownContact
from models.facts import LeadFacts
from policy.people import REFERRED_ON, person_of

MOST = 200
"""So many people of one company are looked at, those who were heard of last."""

_GONE = "erased"


async def meet(
    db: Database, session: AsyncSession, facts: LeadFacts, account_id: str | None, at: datetime
) -> tables.Contact:
    """Keep whoever is behind a lead; one who comes again may be called again."""
    person = person_of(facts) | ({"account_id": account_id} if account_id else {})
    row = await of_lead(session, facts.lead_id, facts.email)
    if row is not None and row.lead_id != facts.lead_id:
        await _came_themselves(session, row, facts.lead_id, at)
    if row is None:
        return await keep(db, session, person, source="lead", lead_id=facts.lead_id, at=at)
    if row.lead_id != facts.lead_id:
        if await _came_later(session, row.lead_id, facts):
            return row
        row.lead_id, row.state = facts.lead_id, ContactState.ACTIVE
    _learn(row, person, at)
    await session.flush()
    return row


async def keep(
    db: Database,
    session: AsyncSession,
    person: Mapping[str, Any],
    *,
    source: str,
    at: datetime,
    lead_id: str | None = None,
    referred_by: int | None = None,
) -> tables.Contact:
    """Keep a person as `policy.people` reads one, who may be known already; what is not said stays as it was."""
    row = await same(session, person, for_change=True) if lead_id is None or person["email"] else None
    if row is None:
        new = {**_BLANK, **person, "source": source, "lead_id": lead_id, "created_at": at, "changed_at": at}
        statement = insert_into(db, tables.Contact, new | {"state": ContactState.ACTIVE, "referred_by": referred_by})
        made = (await session.exec(statement.on_conflict_do_nothing().returning(col(tables.Contact.id)))).first()
        row = (
            await session.get(tables.Contact, made[0])
            if made is not None
            else await same(session, person, for_change=True)
        )
        if made is not None and row is not None:
            return row
    assert row is not None, "whoever could not be put there is there"
    _learn(row, person, at)
    row.referred_by = row.referred_by if referred_by in (None, row.id) else referred_by
    await session.flush()
    return row


async def of_lead(
    session: AsyncSession, lead_id: str, email: str | None, *, for_change: bool = True
) -> tables.Contact | None:
    """Find whoever is behind a lead: by their address, else by the lead."""
    table = tables.Contact
    asked = select(table).where(table.email == email if email else table.lead_id == lead_id)
    return (await session.exec(asked.with_for_update() if for_change else asked)).first()


async def colleagues(
    session: AsyncSession, *, account_id: str | None, company: str | None, of: int | None = None
) -> tuple[KnownContact, ...]:
    """List the people of one company: of its account, of its domain, whose lead was matched to it, or named by `of`."""
    table, lead = tables.Contact, tables.Lead
    ways: list[ColumnElement[bool]] = []
    if account_id is not None:
        newest = select(lead.lead_id).where(lead.account_id == account_id).order_by(col(lead.received_at).desc())
        key = tables.AccountKey
        theirs = select(key.value).where(key.kind == AccountKeyKind.DOMAIN, key.account_id == account_id)
        # Looked up first: a database that has to look for both at once reads through everybody there is.
        lead_ids = (await session.exec(newest.limit(MOST))).all()
        domains = (await session.exec(theirs)).all()
        ways += [col(table.account_id) == account_id, col(table.lead_id).in_(lead_ids)]
        ways.append(col(table.company).in_(domains))
    if company is not None:
        ways.append(col(table.company) == company)
    if of is not None:
        ways += [col(table.id) == of, col(table.referred_by) == of]
    if not ways:
        return ()
    asked = select(table).where(or_(*ways)).order_by(col(table.changed_at).desc(), col(table.id)).limit(MOST)
    return tuple(sorted(map(known, (await session.exec(asked)).all()), key=lambda one: one.id))


async def account_at(session: AsyncSession, domain: str | None) -> str | None:
    """Name the account that has a domain; None where none has, or more than one."""
    key = tables.AccountKey
    theirs = select(key.account_id).where(key.kind == AccountKeyKind.DOMAIN, key.value == domain).limit(2)
    found = (await session.exec(theirs)).all() if domain else []
    return found[0] if len(found) == 1 else None


async def forget(session: AsyncSession, lead_ids: Collection[str], at: datetime) -> None:
    """Forget whoever is behind these leads, before their facts go: each person whole, whatever else told of them."""
    table, lead = tables.Contact, tables.Lead
    facts = (await session.exec(select(lead.facts).where(col(lead.lead_id).in_(lead_ids)))).all()
    emails = [one["email"] for one in facts if one and one.get("email")]
    ids = (
        await session.exec(select(table.id).where(or_(col(table.lead_id).in_(lead_ids), col(table.email).in_(emails))))
    ).all()
    await forget_people(session, [one for one in ids if one is not None], at)


async def forget_people(session: AsyncSession, ids: Collection[int], at: datetime) -> None:
    """Forget people, and what was asked of reps about them."""
    if not ids:
        return
    table, task = tables.Contact, tables.FollowUp
    await _unsay(session, ids)
    await session.exec(update(table).where(col(table.referred_by).in_(ids)).values(referred_by=None))
    tries = update(task).where(col(task.contact_id).in_(ids))
    await session.exec(tries.where(col(task.state) == TaskState.OPEN).values(state=TaskState.DROPPED, closed_at=at))
    await session.exec(tries.values(what=_GONE, because=_GONE))
    await session.exec(delete(table).where(col(table.id).in_(ids)))


async def _unsay(session: AsyncSession, ids: Collection[int]) -> None:
    """Forget by what words others were to say of their leads that these people are to be asked."""
    table, errand = tables.Contact, tables.Outbox
    asked = await session.exec(select(table.email, table.phone).where(col(table.id).in_(ids)))
    marks = marks_of(*({"email": email, "phone": phone} for email, phone in asked.all()))
    said = select(errand).where(errand.what == Errand.SAY, cast(col(errand.body), Text).contains(REFERRED_ON))
    for row in (await session.exec(said)).all() if marks else ():
        if names(json.dumps(row.body).encode(), marks):
            row.body = {**row.body, "message": {**row.body.get("message", {}), "properties": {}}}
    await session.flush()


def known(row: tables.Contact) -> KnownContact:
    """Give a person as the policy reads one."""
    return KnownContact.model_validate(row, from_attributes=True)


_BLANK = dict.fromkeys(
    name for name in tables.Contact.model_fields if name not in ("id", "state", "source", "created_at", "changed_at")
)


async def same(session: AsyncSession, person: Mapping[str, Any], *, for_change: bool = False) -> tables.Contact | None:
    """Find somebody who is known already; None where they are not."""
    table = tables.Contact
    asked = select(table).with_for_update() if for_change else select(table)
    if person["email"]:
        return (await session.exec(asked.where(table.email == person["email"]))).first()
    place = [
        column == person[name]
        for name, column in (("account_id", col(table.account_id)), ("company", col(table.company)))
        if person.get(name) is not None
    ]
    if not place:
        return None
    theirs = asked.where(table.phone == person["phone"], col(table.email).is_(None), or_(*place))
    if (name := person.get("last_name")) is not None:  # a switchboard's number is many people's
        theirs = theirs.where(or_(col(table.last_name) == name, col(table.last_name).is_(None)))
    return (await session.exec(theirs.order_by(col(table.id)))).first()


async def _came_themselves(session: AsyncSession, row: tables.Contact, lead_id: str, at: datetime) -> None:
    """Close what reps were asked to do to get somebody who asks by themselves now."""
    task = tables.FollowUp
    tries = update(task).where(
        col(task.contact_id) == row.id, col(task.state) == TaskState.OPEN, col(task.lead_id) != lead_id
    )
    because = f"they asked by themselves: lead {lead_id}"
    await session.exec(tries.values(state=TaskState.DONE, because=because, closed_at=at))


async def _came_later(session: AsyncSession, lead_id: str | None, facts: LeadFacts) -> bool:
    """Say whether another lead of the same person is newer than this one, whose facts are only now complete."""
    table = tables.Lead
    other = (
        None
        if lead_id is None
        else (await session.exec(select(table.received_at).where(table.lead_id == lead_id))).first()
    )
    return other is not None and other > facts.received_at


def _learn(row: tables.Contact, person: Mapping[str, Any], at: datetime) -> None:
    """Take over what is said, and leave alone what is not."""
    news = {name: value for name, value in person.items() if value is not None and getattr(row, name) != value}
    for name, value in news.items():
        setattr(row, name, value)
    if news:
        row.changed_at = at
