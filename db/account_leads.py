"""What stands around an account: its latest leads, and the accounts that belong to it. It only reads."""

from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.leads import LeadCard
from models.lead import Stage


class AccountLeads:
    """Leads and companies of accounts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def latest(self, account_id: str, *, limit: int = 20) -> tuple[LeadCard, ...]:
        """List the latest leads of an account, erased ones left out."""
        table = tables.Lead
        asked = (
            select(table)
            .where(table.account_id == account_id, table.stage != Stage.ERASED)
            .order_by(col(table.received_at).desc())
            .limit(limit)
        )
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
            return tuple(LeadCard.model_validate(row, from_attributes=True) for row in rows)

    async def below(self, account_id: str, *, limit: int = 50) -> tuple[tuple[str, str], ...]:
        """Name the accounts that belong to an account: id and name, by id."""
        table = tables.AccountRow
        asked = select(table.account_id, table.name).where(table.parent == account_id, col(table.merged_into).is_(None))
        async with self._db.reading() as session:
            return tuple((await session.exec(asked.order_by(col(table.account_id)).limit(limit))).all())
