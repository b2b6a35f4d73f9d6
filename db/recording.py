"""Bringing the database to where a workflow stands.

A workflow's records carry a number; a later one wins, an earlier one only adds the lines of the story it carries. Who
holds the lead is reconciled: the workflow knows who accepted, the database knows what it has given away since, and an
offer that the workflow cannot have heard of yet is left to its next record.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables
from db.admission import has_ended, release_person
from db.crm_wanting import tell_crm
from db.engine import Database
from db.follow_up import follow_up
from db.hand_offs import keep_enrolment
from db.holding import Hands, lead_for_change
from db.known import take_in
from db.ledger import ROTATION
from db.next_contact import heard
from db.outcomes import let_go
from db.refreshing import refresh
from db.refunds import refundable
from db.statements import chunks, insert_into
from db.tables.words import End, Holds
from models.decisions import Recorded
from models.lead import ENDED, Stage, Touch
from models.orders import Holding, RecordLead
from models.routing import Refundable
from policy.cleaning.changing import NO_NEWS
from policy.people import kept_of


async def record(db: Database, order: RecordLead) -> Recorded:
    """Apply a record; a repeat or a late one changes nothing but the story. Raises `UnknownLead`.

    An end is final: what another run of the same lead says of it later only adds to the story.
    """
    async with db.writing() as session:
        await db.lock(session, ROTATION)
        lead = await lead_for_change(session, order.lead_id)
        if lead.stage is Stage.ERASED:
            return Recorded(seq=max(lead.seq, order.seq))
        hands = Hands(db, session, lead, order.at)
        await heard(hands, order.touches)
        new = await _tell(db, session, order)
        if new or order.stage is Stage.DISQUALIFIED:
            await _no_news(session, order.lead_id, take_in(lead, new, order.stage, order.at))
        await tell_crm(db, session, lead.lead_id, order.at)
        if order.seq <= lead.seq:
            return Recorded(seq=lead.seq)
        if has_ended(lead) and order.stage not in (lead.stage, Stage.ERASED):
            lead.seq = order.seq
            return Recorded(seq=order.seq)
        was, before = lead.stage, await hands.open()
        if has_ended(lead) and before and before.offer > max(order.offer, order.holding.offer if order.holding else 0):
            lead.seq = order.seq  # somebody else has had it since its workflow ended, which knows nothing of that
            return Recorded(seq=order.seq)
        await _reconcile(hands, order)
        if before is None and order.stage is Stage.DISQUALIFIED is not was:
            await hands.turned_out_bad(order.released_because or "the lead was disqualified")
        _bring_up_to_date(lead, order)
        await let_go(hands)  # whoever says what became of it may be quicker than the record of the contact
        await follow_up(hands)
        await keep_enrolment(hands, was)
        holder = await hands.open()
        lead.owner = holder.rep_id if holder else None
        lead.offer = max(order.offer, holder.offer if holder else 0)
        if order.stage is not Stage.ROUTING or order.paused:
            await hands.stop_waiting()
        if order.closed or order.stage in ENDED:
            lead.closed_at = lead.closed_at or order.at
            await release_person(session, lead.lead_id, order.at)
        await hands.wake_the_waiting("a place came free")
        await refresh(session, lead, order.at)
        return Recorded(seq=order.seq)


async def _reconcile(hands: Hands, order: RecordLead) -> None:
    present = await hands.open()
    holding = None if order.stage in ENDED - {Stage.CONTACTED} else order.holding
    if holding is None:
        if present and _is_over(present, order):
            because = order.released_because or f"the lead went to {order.stage}"
            how = _how_it_ended(present, order)
            bad = [Refundable.BAD] if order.stage is Stage.DISQUALIFIED else []
            await hands.end(present, how, because, [*bad, *refundable(how)])
    elif present is None or present.offer != holding.offer:
        await _change_hands(hands, order, holding, present)
    else:
        hands.accepted(present, holding.accepted_at, holding.contacted_at)


def _how_it_ended(present: tables.Ownership, order: RecordLead) -> End:
    """Say how the offer ended that the workflow ended by itself: the policy may give the turn back for one end only."""
    if order.ended is not None:
        return End(order.ended)
    return End.RELEASED if present.accepted_at else End.WITHDRAWN


def _is_over(present: tables.Ownership, order: RecordLead) -> bool:
    """Say whether nobody holding it in the workflow means that this offer is over, too."""
    if order.stage in ENDED:
        return True
    return present.offer <= order.offer


async def _change_hands(hands: Hands, order: RecordLead, holding: Holding, present: tables.Ownership | None) -> None:
    """Let the one hold it who holds it in the workflow, unless the database has moved on knowingly."""
    if present and not _goes_before(holding, order, present):
        return
    if present:
        verb = "accepted" if holding.accepted_at else "was offered"
        how = End.WITHDRAWN if holding.offer < present.offer else End.SUPERSEDED
        await hands.end(present, how, f"{holding.rep_id} {verb} it by offer {holding.offer}")
    row = await hands.of(holding.offer)
    if row is None:
        row = tables.Ownership(
            lead_id=order.lead_id,
            offer=holding.offer,
            rep_id=holding.rep_id,
            state=Holds.OFFERED,
            ordered_at=order.at,
            offered_at=holding.accepted_at or order.at,
            because="as the workflow recorded it",
            refund_on=[],
        )
        hands.session.add(row)
    elif row.ended_at is not None:
        await hands.stand_again(row, "the offer stands again")
    hands.accepted(row, holding.accepted_at, holding.contacted_at)
    await hands.session.flush()


def _goes_before(holding: Holding, order: RecordLead, present: tables.Ownership) -> bool:
    """Say whether the workflow's holder goes before the database's.

    A newer offer wins. An older one wins when the workflow knows of the newer one (it heard and refused it, or gave it
    up because no answer came), or when it was accepted after the newer one was ordered: then the workflow will refuse
    the newer one as soon as it hears of it. An end is never reconsidered: the workflow takes in no offer any more.
    """
    if order.closed or order.stage in ENDED or present.offer <= max(order.offer, holding.offer):
        return True
    return holding.accepted_at is not None and holding.accepted_at >= present.ordered_at


def _bring_up_to_date(lead: tables.Lead, order: RecordLead) -> None:
    lead.seq, lead.changed_at = order.seq, order.at
    lead.stage, lead.answerable = order.stage, order.answerable
    lead.rung, lead.due_at, lead.next_step = order.rung, order.due_at, order.next_step
    lead.breached = order.breached
    if order.holding is not None:
        lead.accepted_at, lead.contacted_at = order.holding.accepted_at, order.holding.contacted_at


async def _tell(db: Database, session: AsyncSession, order: RecordLead) -> tuple[tuple[int, Touch], ...]:
    """Add lines of the story and touches that are not there yet; give those touches, with their numbers."""
    lines = [
        {"lead_id": order.lead_id, "n": one.n, "at": one.at, "kind": one.kind, "says": one.says, "data": one.data}
        for one in order.entries
    ]
    touches = [
        {"lead_id": order.lead_id, "n": n, "kind": one.kind, "at": one.at, "properties": kept_of(one)}
        for n, one in order.touches
    ]
    await _add_new(db, session, tables.Timeline, lines)
    if not touches:
        return ()
    table = tables.Touched
    there = select(table.n).where(table.lead_id == order.lead_id, col(table.n).in_([n for n, _ in order.touches]))
    known = set((await session.exec(there)).all())
    await _add_new(db, session, table, touches)
    return tuple((n, touch) for n, touch in order.touches if n not in known)


async def _no_news(session: AsyncSession, lead_id: str, numbers: Sequence[int]) -> None:
    """Mark touches that said only what was known: they set no trigger off, however often a tool repeats them."""
    for n in numbers:
        touch = await session.get_one(tables.Touched, (lead_id, n))
        touch.properties = touch.properties | {NO_NEWS: True}


async def _add_new(
    db: Database, session: AsyncSession, table: type[tables.Table], rows: Iterable[dict[str, Any]]
) -> None:
    for piece in chunks(list(rows)):
        row = insert_into(db, table, list(piece))
        await session.exec(row.on_conflict_do_nothing(index_elements=["lead_id", "n"]))
