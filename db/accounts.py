"""Accounts as the table keeps them: found by their keys, saved without circles, merged, with those above them.

A change is made under one lock, so that no two of them close a circle together. An account that was merged into another
is found as that one. This room refuses to judge which account a lead's company is: that is `policy/matching`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.account_keys import ids_of, index
from db.account_mergers import point_at
from db.engine import Database
from db.tables.words import AccountKeyKind
from models.base import Instant, Problem, Refused
from models.market import Account, AccountId, AccountStatus
from policy.cleaning.addresses import belongs_to_nobody
from policy.matching.sought import Sought, keys_of
from policy.routing.accounts import HIGHEST

LOCK = "baton: accounts"


class AccountCard(Account):
    """One account as a list shows it: the account, and who put it there when."""

    id: AccountId
    merged_into: str | None
    source: str
    changed_at: Instant
    by: str


class Saved(StrEnum):
    """What saving an account did."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


_OWN = tuple(name for name in Account.model_fields if name != "id")


class Accounts:
    """Every company that we know."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, sought: Sought, also: Collection[str] = ()) -> tuple[Account, ...]:
        """Find the accounts that a company may be, by domain, by name, else around its name; ids `also` in any case.

        An account that was merged is found as the one it was merged into.
        """
        if sought.names_nobody and not also:
            return ()
        async with self._db.reading() as session:
            ids = {await _standing(session, one) for one in also} | await ids_of(session, sought)
            return await _read(session, [one for one in ids if one is not None])

    async def chain(self, account_id: str) -> tuple[Account, ...]:
        """Give an account as it is now, and those above it, the nearest first; empty where there is none (R20)."""
        async with self._db.reading() as session:
            return await chain(session, account_id)

    async def get(self, account_id: str) -> AccountCard | None:
        """Give one account, also one that was merged into another."""
        async with self._db.reading() as session:
            row = await session.get(tables.AccountRow, account_id)
            return None if row is None else _card(row)

    async def list(
        self,
        *,
        owner: str | None = None,
        status: AccountStatus | None = None,
        like: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[AccountCard, ...]:
        """List accounts by id, those that were merged left out; `like`: by a part of their name."""
        table = tables.AccountRow
        asked = select(table).where(col(table.merged_into).is_(None)).order_by(col(table.account_id)).limit(limit)
        if owner is not None:
            asked = asked.where(table.owner == owner)
        if status is not None:
            asked = asked.where(table.status == status)
        if like is not None:
            asked = asked.where(
                func.lower(col(table.name)).contains(like.replace("\0", "\ufffd").lower(), autoescape=True)
            )
        if after is not None:
            asked = asked.where(col(table.account_id) > after)
        async with self._db.reading() as session:
            return tuple(map(_card, (await session.exec(asked)).all()))

    async def count(self) -> int:
        """Count the accounts that were not merged into another."""
        table = tables.AccountRow
        asked = select(func.count()).select_from(table).where(col(table.merged_into).is_(None))
        async with self._db.reading() as session:
            return (await session.exec(asked)).one()

    async def save(self, account: Account, *, source: str, by: str, at: datetime) -> Saved:
        """Keep an account as it is given, new or anew. Raises `Refused` for a parent that is none, or a circle."""
        async with self._db.writing() as session:
            await self._db.lock(session, LOCK)
            return await save(self._db, session, account, source=source, by=by, at=at)

    async def save_all(
        self, accounts: Iterable[Account], *, source: str, by: str, at: datetime
    ) -> tuple[Saved | Refused, ...]:
        """Keep several accounts in one transaction; say of each in its place what was done, or why it is refused."""
        done: list[Saved | Refused] = []
        async with self._db.writing() as session:
            await self._db.lock(session, LOCK)
            for account in accounts:
                try:
                    done.append(await save(self._db, session, account, source=source, by=by, at=at))
                except Refused as refused:
                    done.append(refused)
        return tuple(done)

    async def merge(self, account_id: str, into: str, *, by: str, at: datetime) -> AccountCard:
        """Make two accounts one: `into` goes by both names and has both domains, children and leads (R44).

        Raises `Refused` when one is not there, or `into` stands below the other.
        """
        async with self._db.writing() as session:
            await self._db.lock(session, LOCK)
            old, kept = await _two(session, account_id, into)
            if kept.parent == old.account_id:
                kept.parent = old.parent
            names = [name for name in (*kept.names, old.name, *old.names) if name != kept.name]
            kept.names = list(dict.fromkeys(names))
            kept.domains = list(dict.fromkeys((*kept.domains, *old.domains)))
            kept.open_deals += old.open_deals
            if kept.status is AccountStatus.PROSPECT:
                kept.status = old.status
            for own in ("owner", "relationship", "success", "region", "country", "parent"):
                if getattr(kept, own) is None and getattr(old, own) != kept.account_id:
                    setattr(kept, own, getattr(old, own))
            kept.changed_at, kept.by = at, by
            old.merged_into, old.changed_at, old.by = kept.account_id, at, by
            await session.flush()
            await point_at(session, old.account_id, kept.account_id)
            await session.refresh(kept)
            if await _circle(session, kept.account_id, kept.parent):
                raise _refused("into", f"{into} stands below {account_id}; give it another parent first")
            await index(self._db, session, old.account_id, None)
            await index(self._db, session, kept.account_id, keys_of(_account(kept)))
            return _card(kept)

    async def learn(self, account_id: str, *, domain: str | None, name: str | None, by: str, at: datetime) -> bool:
        """Teach an account that it has a domain, or goes by a name; say whether that is news."""
        async with self._db.writing() as session:
            await self._db.lock(session, LOCK)
            return await learn(self._db, session, account_id, domain=domain, name=name, by=by, at=at)


async def chain(session: AsyncSession, account_id: str) -> tuple[Account, ...]:
    """Give an account and those above it, as `Accounts.chain` does."""
    found: dict[str, Account] = {}
    at = await _standing(session, account_id)
    while at is not None and at not in found and len(found) < HIGHEST:
        row = await session.get(tables.AccountRow, at)
        if row is None:
            break
        found[at] = _account(row)
        at = None if row.parent is None else await _standing(session, row.parent)
    return tuple(found.values())


async def learn(
    db: Database,
    session: AsyncSession,
    account_id: str,
    *,
    domain: str | None,
    name: str | None,
    by: str,
    at: datetime,
) -> bool:
    """Teach an account a domain that no account has, and a name, within a transaction that holds `LOCK`."""
    row = await session.get(tables.AccountRow, account_id, with_for_update=True)
    if row is None:
        return False
    before = (row.domains, row.names)
    if domain is not None and not belongs_to_nobody(domain) and not await _has(session, domain):
        row.domains = [*row.domains, domain]
    if name is not None and name not in (row.name, *row.names):
        row.names = [*row.names, name]
    if (row.domains, row.names) == before:
        return False
    row.changed_at, row.by = at, by
    await session.flush()
    await index(db, session, account_id, keys_of(_account(row)))
    return True


async def _has(session: AsyncSession, domain: str) -> bool:
    """Say whether some account has a domain: what a second one learns would tell neither of them any more."""
    key = tables.AccountKey
    theirs = select(key.account_id).where(key.kind == AccountKeyKind.DOMAIN, key.value == domain)
    return (await session.exec(theirs)).first() is not None


async def save(db: Database, session: AsyncSession, account: Account, *, source: str, by: str, at: datetime) -> Saved:
    """Keep an account, as `Accounts.save` does, within a transaction that holds `LOCK`."""
    row = await session.get(tables.AccountRow, account.id)
    if row is not None and row.merged_into is not None:
        raise _refused("id", f"{account.id} was merged into {row.merged_into}")
    if nobodys := [domain for domain in account.domains if belongs_to_nobody(domain)]:
        raise _refused("domains", f"{nobodys[0]} is an e-mail provider's, so it tells no company")
    if account.parent == account.id:
        raise _refused("parent", "is the account itself")
    if account.parent is not None:
        if await session.get(tables.AccountRow, account.parent) is None:
            raise _refused("parent", f"there is no account {account.parent}")
        if told := await _circle(session, account.id, account.parent):
            raise _refused("parent", told)
    values = account.model_dump(exclude={"id"})
    if row is None:
        row = tables.AccountRow(account_id=account.id, **values, source=source, changed_at=at, by=by)
        session.add(row)
        done = Saved.NEW
    elif all(getattr(row, name) == values[name] for name in _OWN):
        return Saved.SAME
    else:
        for name in _OWN:
            setattr(row, name, values[name])
        row.source, row.changed_at, row.by, done = source, at, by, Saved.CHANGED
    await session.flush()
    await index(db, session, account.id, keys_of(account))
    return done


async def _circle(session: AsyncSession, account_id: str, parent: str | None) -> str | None:
    """Say how a parent would close a circle, or stand too high; None: it is well."""
    path, at = [account_id], parent
    while at is not None:
        at = await _standing(session, at)
        if at is None:
            return None
        path.append(at)
        if at == account_id:
            return f"goes round in a circle: {' -> '.join(path)}"
        if len(path) > HIGHEST:
            return f"has more than {HIGHEST - 1} companies above it"
        row = await session.get(tables.AccountRow, at)
        at = row.parent if row else None
    return None


async def _standing(session: AsyncSession, account_id: str) -> str | None:
    """Give the id under which an account stands now: that of the one it was merged into, if it was."""
    at: str | None = account_id
    for _ in range(HIGHEST):
        row = await session.get(tables.AccountRow, at)
        if row is None:
            return None
        if row.merged_into is None:
            return row.account_id
        at = row.merged_into
    return None


async def _read(session: AsyncSession, ids: Collection[str]) -> tuple[Account, ...]:
    if not ids:
        return ()
    table = tables.AccountRow
    asked = select(table).where(col(table.account_id).in_(ids)).order_by(col(table.account_id))
    return tuple(map(_account, (await session.exec(asked)).all()))


async def _two(session: AsyncSession, account_id: str, into: str) -> tuple[tables.AccountRow, tables.AccountRow]:
    old, kept = [await session.get(tables.AccountRow, one) for one in (account_id, into)]
    if old is None or old.merged_into is not None:
        raise _refused("account_id", f"there is no account {account_id}")
    if kept is None or kept.merged_into is not None:
        raise _refused("into", f"there is no account {into}")
    if old is kept:
        raise _refused("into", "is the account itself")
    return old, kept


def _account(row: tables.AccountRow) -> Account:
    return Account.model_validate({"id": row.account_id, **{name: getattr(row, name) for name in _OWN}})


def _card(row: tables.AccountRow) -> AccountCard:
    more = {"merged_into": row.merged_into, "source": row.source, "changed_at": row.changed_at, "by": row.by}
    return AccountCard.model_validate({"id": row.account_id, **{name: getattr(row, name) for name in _OWN}, **more})


def _refused(field: str, what: str) -> Refused:
    return Refused((Problem(field=field, what=what),))
