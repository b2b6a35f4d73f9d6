"""Whether a lead is acknowledged and not started yet: then neither Temporal nor the lead's row knows of it."""

from sqlmodel import select

from db import tables
from db.tables.words import Intake
from runtime.store import Store


async def inbox_row(store: Store, lead_id: str) -> tables.Inbox | None:
    """Give the inbox's row of a lead."""
    async with store.database.reading() as session:
        return (await session.exec(select(tables.Inbox).where(tables.Inbox.lead_id == lead_id))).first()


def before_admission(row: tables.Inbox) -> str:
    """Say what is awaited for a lead that no worker has taken in yet."""
    if row.state is Intake.STARTED:
        return "be taken in by a worker"
    return f"be started{f' ({row.because})' if row.because else ''}"
