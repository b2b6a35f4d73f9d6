"""The keys by which accounts are found: domains, names without their legal form, and beginnings of words."""

from sqlalchemy import and_, delete, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.engine import Database
from db.statements import insert_into
from db.tables.words import AccountKeyKind
from policy.matching.likeness import roots
from policy.matching.sought import Keys, Sought

AROUND = 60
"""So many accounts are looked at for a name that is nobody's exactly: those that share most of its words."""


async def ids_of(session: AsyncSession, sought: Sought) -> set[str]:
    """Name the accounts that a company may be: by domain, by name, and where no domain tells, around its name."""
    found = await _exact(session, sought)
    if sought.name is not None and not await _has_domain(session, sought):
        found |= await _around(session, sought)
    return found


async def index(db: Database, session: AsyncSession, account_id: str, keys: Keys | None) -> None:
    """Let an account be found by these keys and no others."""
    table = tables.AccountKey
    wanted = {
        *((AccountKeyKind.DOMAIN, value) for value in (keys.domains if keys else ())),
        *((AccountKeyKind.NAME, value) for value in (keys.names if keys else ())),
        *((AccountKeyKind.BLOCK, value) for value in (keys.blocks if keys else ())),
    }
    theirs = select(table.kind, table.value).where(table.account_id == account_id)
    present = {(kind, value) for kind, value in (await session.exec(theirs)).all()}
    for kind in {kind for kind, _ in present - wanted}:
        values = [value for one, value in present - wanted if one is kind]
        gone = delete(table).where(col(table.account_id) == account_id, col(table.kind) == kind)
        await session.exec(gone.where(col(table.value).in_(values)))
    if more := sorted(wanted - present):
        rows = [{"kind": kind, "value": value, "account_id": account_id} for kind, value in more]
        await session.exec(insert_into(db, table, rows))


async def _exact(session: AsyncSession, sought: Sought) -> set[str]:
    key = tables.AccountKey
    ways = []
    if sought.domains:
        ways.append(and_(col(key.kind) == AccountKeyKind.DOMAIN, col(key.value).in_(sought.domains)))
    if sought.name is not None:
        ways.append(and_(col(key.kind) == AccountKeyKind.NAME, col(key.value).in_(sorted(roots(sought.name)))))
    if not ways:
        return set()
    return set((await session.exec(select(key.account_id).where(or_(*ways)).limit(AROUND))).all())


async def _has_domain(session: AsyncSession, sought: Sought) -> bool:
    key = tables.AccountKey
    theirs = and_(col(key.kind) == AccountKeyKind.DOMAIN, col(key.value).in_(sought.domains))
    return bool(sought.domains) and (await session.exec(select(key.account_id).where(theirs))).first() is not None


async def _around(session: AsyncSession, sought: Sought) -> set[str]:
    """Find the accounts that share most beginnings of words with a name."""
    key = tables.AccountKey
    shared, wanted = func.count(), sorted(sought.name.blocks if sought.name else ())
    asked = (
        select(key.account_id)
        .where(key.kind == AccountKeyKind.BLOCK, col(key.value).in_(wanted))
        .group_by(col(key.account_id))
        .order_by(shared.desc(), col(key.account_id))
        .limit(AROUND)
    )
    return set((await session.exec(asked)).all()) if wanted else set()
