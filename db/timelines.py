"""What happened to a lead, line by line, and what the prospect did."""

from sqlmodel import col, select

from db import tables
from db.engine import Database
from models.ladder import Entry
from models.lead import Touch


class Timelines:
    """Every lead's story."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, lead_id: str) -> tuple[Entry, ...]:
        """List the lines of a lead's story in order."""
        table = tables.Timeline
        asked = select(table).where(table.lead_id == lead_id).order_by(col(table.n))
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
            return tuple(Entry(n=row.n, at=row.at, kind=row.kind, says=row.says, data=row.data) for row in rows)

    async def touches(self, lead_id: str) -> tuple[Touch, ...]:
        """List what the prospect did since the lead came in, by number."""
        table = tables.Touched
        asked = select(table).where(table.lead_id == lead_id).order_by(col(table.n))
        async with self._db.reading() as session:
            rows = (await session.exec(asked)).all()
            return tuple(Touch(kind=row.kind, at=row.at, properties=row.properties) for row in rows)
