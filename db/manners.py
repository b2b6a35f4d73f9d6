"""The bounds that a lead's policy set on what people may ask of it, as they were pinned when it was let in."""

from sqlmodel import select

from db import tables
from db.engine import Database
from models.decisions import Manners


async def manners_of(db: Database, lead_id: str) -> Manners:
    """Give a lead's bounds; the usual ones for a lead that was not let in, or that is forgotten."""
    async with db.reading() as session:
        asked = select(tables.Lead.admission).where(tables.Lead.lead_id == lead_id)
        admission = (await session.exec(asked)).first()
    found = (admission or {}).get("manners")
    return Manners.model_validate(found) if isinstance(found, dict) else Manners()
