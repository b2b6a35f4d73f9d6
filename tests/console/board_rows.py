"""Leads put straight into the database, for tests of what pages show of them."""

from datetime import timedelta
from typing import Any

from db.tables import Lead, Ownership
from db.tables.words import Holds
from models.lead import Stage
from tests.api.house import Doors


async def policy_of(doors: Doors) -> str:
    """Name the published policy."""
    active = await doors.store.policies.active()
    assert active is not None
    return active.version


async def put(doors: Doors, lead_id: str, stage: Stage = Stage.OFFERED, **fields: Any) -> None:
    """Put a lead there; an offered or accepted one with its offer of the class `slow`."""
    at = doors.front.clock()
    given: dict[str, Any] = {"headline": f"demo request, {lead_id}", "source": "web", "type": "demo_request"}
    given |= {"policy": await policy_of(doors), "received_at": at, "changed_at": at, "seq": 1, "rung": 1}
    if stage in (Stage.OFFERED, Stage.ACCEPTED):
        given |= {"owner": "ana", "answerable": "mia", "team": "demo", "next_step": "remind the owner"}
        given |= {"due_at": at + timedelta(minutes=90, seconds=30)}
    lead = Lead(lead_id=lead_id, stage=stage, **given | fields)
    async with doors.store.database.writing() as session:
        session.add(lead)
        await session.flush()
        if lead.owner and lead.closed_at is None:
            offer: dict[str, Any] = {"ordered_at": at, "offered_at": at, "refund_on": []}
            session.add(
                Ownership(
                    lead_id=lead_id,
                    offer=1,
                    rep_id=lead.owner,
                    state=Holds.OFFERED,
                    assignment={"sla": "slow"},
                    **offer,
                )
            )


async def change(doors: Doors, lead_id: str, **fields: Any) -> None:
    """Change a lead as a record does: its number counts up."""
    async with doors.store.database.writing() as session:
        lead = await session.get_one(Lead, lead_id)
        lead.seq, lead.changed_at = lead.seq + 1, doors.front.clock()
        for name, value in fields.items():
            setattr(lead, name, value)
