"""One lead in contact changes hands: its workflow has ended, so the database alone says whose it is now.

The ownership, the lead's row, its story and its decisions change together, so that it can be told why it is where it
is. Nobody was asked, so the ownership keeps no assignment: it counts neither for a cap nor for coaching.
"""

from dataclasses import dataclass

from sqlmodel import col, func, select

from db import tables
from db.crm_wanting import tell_crm
from db.decisions import write_decision
from db.follow_up import follow_up
from db.holding import Hands
from db.refreshing import refresh
from db.tables import RepRow, TeamRow
from db.tables.words import DecisionKind, End, Holds
from models.decisions import Offered
from models.ladder import EntryKind, Plan


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whose leads go to others, who says so, why, and to whom if a person named somebody."""

    rep_id: str
    by: str
    reason: str
    to: str | None = None


async def give_over(hands: Hands, present: tables.Ownership, to: RepRow, why: str, leaving: Leaving) -> str:
    """Make somebody the owner of a lead in contact, and give the sentence that says why.

    It runs within a transaction that holds `ROTATION`. Nobody's turn is charged, and none is given back.
    """
    lead, at, session = hands.lead, hands.at, hands.session
    because = f"handed over from {leaving.rep_id} to {to.id} by {leaving.by} ({why}): {leaving.reason}"
    last = await hands.last()
    await hands.end(present, End.SUPERSEDED, because, refund=())
    offer = max(lead.offer, last.offer if last else 0) + 1
    answer = await _answer(hands, present, to, offer, because)
    session.add(
        tables.Ownership(
            lead_id=lead.lead_id,
            offer=offer,
            rep_id=to.id,
            state=Holds.CONTACTED,
            ordered_at=at,
            offered_at=at,
            accepted_at=at,
            contacted_at=at,
            because=because,
            by=leaving.by,
            refund_on=[],
        )
    )
    lead.owner, lead.team, lead.offer, lead.changed_at = to.id, to.team, offer, at
    table = tables.Timeline
    next_one = select(func.coalesce(func.max(table.n), -1) + 1).where(table.lead_id == lead.lead_id)
    n = (await session.exec(next_one)).one()
    data = {"from": leaving.rep_id, "rep_id": to.id, "by": leaving.by, "offer": offer}
    session.add(table(lead_id=lead.lead_id, n=n, at=at, kind=EntryKind.HANDED_OVER, says=because, data=data))
    await session.flush()
    await follow_up(hands)
    body = answer.model_dump(mode="json")
    await write_decision(
        hands.db,
        session,
        lead_id=lead.lead_id,
        offer=offer,
        kind=DecisionKind.ASSIGN,
        policy=lead.policy,
        at=at,
        body=body,
    )
    await refresh(session, lead, at)
    await tell_crm(hands.db, session, lead.lead_id, at)
    return because


async def _answer(hands: Hands, present: tables.Ownership, to: RepRow, offer: int, because: str) -> Offered:
    """Say it as every other decision of who has a lead is said; there is nothing to answer and nothing planned."""
    team = (await hands.session.exec(select(TeamRow).where(col(TeamRow.id) == to.team))).first()
    return Offered(
        offer=offer,
        rep_id=to.id,
        rep_name=to.name,
        team=to.team,
        region=team.region if team else None,
        manager_id=team.manager if team else None,
        sla=str((present.assignment or {}).get("sla", "")),
        sentence=because,
        at=hands.at,
        plan=Plan(made_at=hands.at, cause=because, rungs=()),
        response_due_at=hands.lead.response_due_at,
        accepted=True,
    )
