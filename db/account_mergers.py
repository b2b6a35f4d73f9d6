"""What else changes when two accounts become one: everything that names the one names the other."""

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables


async def point_at(session: AsyncSession, old: str, kept: str) -> None:
    """Let everything that names one account name another."""
    account, lead, contact = tables.AccountRow, tables.Lead, tables.Contact
    below = col(account.parent) == old
    await session.exec(update(account).where(below, col(account.account_id) != kept).values(parent=kept))
    await session.exec(update(account).where(col(account.merged_into) == old).values(merged_into=kept))
    await session.exec(update(lead).where(col(lead.account_id) == old).values(account_id=kept))
    await session.exec(update(contact).where(col(contact.account_id) == old).values(account_id=kept))
    await _possible_too(session, old, kept)


async def _possible_too(session: AsyncSession, old: str, kept: str) -> None:
    """Let what was said of one account be said of the other, where nothing is said of that one."""
    table = tables.PossibleMatchRow
    said = select(table.lead_id).where(table.account_id == kept)
    twice = delete(table).where(col(table.account_id) == old, col(table.lead_id).in_(said))
    await session.exec(twice)
    await session.exec(update(table).where(col(table.account_id) == old).values(account_id=kept))
