"""Saying that a lead was the wrong one: counted for the rule that sent it, once for each offer and member (R29)."""

from datetime import datetime

from sqlmodel import col, select

from db.engine import Database
from db.holding import lead_for_change
from db.sessions import Viewer
from db.tables.console import HumanAct
from db.tables.words import ActOutcome

COMPLAINT = "complaint"
"""How the log names it."""


async def complain(
    db: Database, viewer: Viewer, lead_id: str, offer: int, *, rule: str, because: str, at: datetime
) -> int:
    """Note it, and give the note's number: the first one's, however often and however fast somebody says it.

    `because` is what they are told. Raises `UnknownLead`.
    """
    said = (
        select(HumanAct)
        .where(HumanAct.lead_id == lead_id, HumanAct.who == viewer.member_id, HumanAct.what == COMPLAINT)
        .order_by(col(HumanAct.id))
    )
    async with db.writing() as session:
        await lead_for_change(session, lead_id)
        first = next((one for one in (await session.exec(said)).all() if one.detail.get("offer") == offer), None)
        if first is None:
            first = HumanAct(
                at=at,
                who=viewer.member_id,
                person_id=viewer.person_id,
                what=COMPLAINT,
                lead_id=lead_id,
                about=rule,
                detail={"rule": rule, "offer": offer},
                outcome=ActOutcome.DONE,
                because=because,
            )
            session.add(first)
            await session.flush()
        assert first.id is not None
        return first.id
