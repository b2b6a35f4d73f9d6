"""People of accounts, read and entered by hand: the groups around leads, lists, imports, what is said of somebody.

An account is recognised by its id or by a domain that is its alone. This room refuses to judge people:
`policy/authority` does; it refuses to read them, too: `policy/people` does.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.accounts import chain
from db.acquaintance import account_at, colleagues, forget_people, keep, known, same
from db.crm_wanting import tell_crm
from db.engine import Database
from db.holding import Hands, UnknownLead, lead_for_change
from db.ledger import ROTATION
from db.next_contact import Group, around, close, grouped, open_tries, turn_to_next
from db.tables.words import TaskState
from models.base import Problem, Refused
from models.contact import ContactEntry, ContactState, KnownContact, Standing
from models.lead import Stage
from policy.people import read_person


class UnknownContact(LookupError):
    """Nobody has this id."""


class UnknownAccount(LookupError):
    """No account has this id."""


class Contacts:
    """The people of every company that we know."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, contact_id: int) -> KnownContact:
        """Give one person. Raises `UnknownContact`."""
        async with self._db.reading() as session:
            return known(await _row(session, contact_id))

    async def of_lead(self, lead_id: str, at: datetime) -> Group:
        """Give the people around a lead: who is next, and why (R45). Raises `UnknownLead`."""
        async with self._db.reading() as session:
            lead = await session.get(tables.Lead, lead_id)
            if lead is None or lead.stage is Stage.ERASED:
                raise UnknownLead(f"there is no lead {lead_id}")
            return await around(Hands(self._db, session, lead, at))

    async def of_account(self, account_id: str) -> Group:
        """Give the people of an account, also by the id of one that was merged into it. Raises `UnknownAccount`."""
        async with self._db.reading() as session:
            at = await _account(session, account_id)
            return grouped(await colleagues(session, account_id=at, company=None), account_id=at)

    async def at(self, domain: str) -> Group:
        """Give the people of whichever company has a domain."""
        async with self._db.reading() as session:
            account_id = await account_at(session, domain)
            people = await colleagues(session, account_id=account_id, company=domain)
            return grouped(people, account_id=account_id, company=domain)

    async def add(
        self, entry: ContactEntry, *, source: str, at: datetime, referred_by: int | None = None
    ) -> tuple[KnownContact, bool]:
        """Keep a person, who may be known already; say whether they are new.

        `referred_by`: who named them to us, and is not tried any more. Raises `Refused` and `UnknownContact`.
        """
        person: Mapping[str, Any] = read_person(entry, at)
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            by = None if referred_by is None else await _row(session, referred_by)
            person = await self._placed(session, entry, person, by)
            before = await same(session, person)
            leads = await self._leads_about(session, [one for one in (before, by) if one is not None], at)
            row = await keep(self._db, session, person, source=source, referred_by=referred_by, at=at)
            if entry.state is not ContactState.ACTIVE:
                await self._say(session, row, entry.state, source, leads)
            if by is not None and by.id != row.id:
                await self._say(session, by, ContactState.REFERRED_ON, source, leads)
            return known(row), before is None

    async def say(
        self, contact_id: int, state: ContactState, *, by: str, at: datetime
    ) -> tuple[KnownContact, Standing | None]:
        """Note how far one got with somebody, and give who is tried next for it. Raises `UnknownContact`.

        `active`: `by` got through to them, and what was to be done for that is done.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            row = await _row(session, contact_id)
            leads = await self._leads_about(session, [row], at)
            row.changed_at = at if row.state is not state else row.changed_at
            best = await self._say(session, row, state, by, leads)
            return known(row), best

    async def forget(self, contact_id: int, *, at: datetime) -> None:
        """Forget a person who came with no lead; one who did goes with it. Raises `UnknownContact`, `Refused`."""
        async with self._db.writing() as session:
            await self._db.lock(session, ROTATION)
            row = await _row(session, contact_id)
            if row.lead_id is not None:
                raise _refused("contact", f"{contact_id} is the person of lead {row.lead_id}: erase that")
            await forget_people(session, [contact_id], at)

    async def _placed(
        self, session: AsyncSession, entry: ContactEntry, person: Mapping[str, Any], by: tables.Contact | None
    ) -> dict[str, Any]:
        """Say whose person it is: of the account that is named, of the one with their domain, of whoever named them."""
        company = person["company"] or (by.company if by else None)
        if entry.account is not None:
            try:
                account_id: str | None = await _account(session, entry.account)
            except UnknownAccount as unknown:
                raise _refused("account", str(unknown)) from None
        else:
            account_id = await account_at(session, company) or (by.account_id if by else None)
        return {**person, "company": company, "account_id": account_id}

    async def _leads_about(
        self, session: AsyncSession, people: Collection[tables.Contact], at: datetime
    ) -> Sequence[tuple[int, Hands]]:
        """Give the leads that somebody holds and these people asked in, and those for which they are to be tried.

        Locked before anything is changed of the people, as everything else does that knows a lead before its person.
        """
        task, lead = tables.FollowUp, tables.Lead
        found: set[tuple[str, int]] = set()
        for one in people:
            tried = select(task.lead_id).where(task.contact_id == one.id, task.state == TaskState.OPEN)
            held = select(lead.lead_id).where(lead.lead_id == one.lead_id, col(lead.owner).is_not(None))
            found |= {
                (lead_id, one.id or 0) for asked in (tried, held) for lead_id in (await session.exec(asked)).all()
            }
        return [
            (contact_id, Hands(self._db, session, await lead_for_change(session, lead_id), at))
            for lead_id, contact_id in sorted(found)
        ]

    async def _say(
        self,
        session: AsyncSession,
        row: tables.Contact,
        state: ContactState,
        by: str,
        leads: Sequence[tuple[int, Hands]],
    ) -> Standing | None:
        row.state = state
        await session.flush()
        best = None
        for hands in (hands for contact_id, hands in leads if contact_id == row.id):
            await tell_crm(hands.db, session, hands.lead.lead_id, hands.at)
            if state is not ContactState.ACTIVE:
                best = await turn_to_next(hands, known(row))
                continue
            for task in await open_tries(hands):
                if task.contact_id == row.id:
                    close(hands, task, TaskState.DONE, f"{by} got through")
                elif hands.lead.lead_id == row.lead_id:
                    close(hands, task, TaskState.DROPPED, f"{by} got through to whoever asked")
            await session.flush()
        return best


async def _row(session: AsyncSession, contact_id: int) -> tables.Contact:
    row = await session.get(tables.Contact, contact_id)
    if row is None:
        raise UnknownContact(f"there is no contact {contact_id}")
    return row


async def _account(session: AsyncSession, account_id: str) -> str:
    found = await chain(session, account_id)
    if not found:
        raise UnknownAccount(f"there is no account {account_id}")
    return found[0].id


def _refused(field: str, what: str) -> Refused:
    return Refused((Problem(field=field, what=what),))
