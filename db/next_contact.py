"""Whoever asked does not answer, or names somebody else: whom of the company to try next, as a task (R45, R54).

The task is for whoever has the lead, else for who had it last. There is one at a time per lead: it is dropped when that
person does not answer either, and done when somebody gets through. This room refuses to rank: `policy/authority` does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select

from db import tables
from db.acquaintance import colleagues, keep, known, meet, of_lead, same
from db.holding import Hands
from db.tables.words import TaskState
from models.base import Refused
from models.contact import ContactState, Coverage, KnownContact, Standing
from models.facts import LeadFacts
from models.lead import Touch
from models.outcome import OutcomeResult
from policy.authority import coverage, in_short, next_best, ranked, same_person
from policy.people import REFERRED_ON, STATES, read_person, referred

WITHIN = timedelta(days=1)
"""Until when the next one is to be tried."""

_SAID = {
    ContactState.NO_ANSWER: "does not answer",
    ContactState.REFERRED_ON: "refers us on",
    ContactState.DECLINED: "declined",
    ContactState.LEFT: "has left the company",
}


@dataclass(frozen=True, slots=True)
class Group:
    """The people around a lead: whoever asked, the others in the order to try them, who is next, which parts are taken.

    `account_id` and `company` (a domain) say by what they belong together.
    """

    account_id: str | None
    company: str | None
    asked: KnownContact | None
    people: tuple[KnownContact, ...]
    others: tuple[Standing, ...]
    next_best: Standing | None
    coverage: Coverage


def grouped(
    people: Sequence[KnownContact],
    asked: KnownContact | None = None,
    account_id: str | None = None,
    company: str | None = None,
) -> Group:
    """Put people of one company in order."""
    there = tuple(people)
    return Group(account_id, company, asked, there, ranked(there, asked), next_best(there, asked), coverage(there))


async def around(hands: Hands) -> Group:
    """Give the people around a lead. They all are known by its account and its company."""
    lead, session = hands.lead, hands.session
    row = await of_lead(session, lead.lead_id, (lead.facts or {}).get("email"), for_change=False)
    asked = None if row is None else known(row)
    account_id = lead.account_id or (asked.account_id if asked else None)
    people = await colleagues(session, account_id=account_id, company=lead.company, of=asked.id if asked else None)
    return grouped(people, asked, account_id, lead.company)


async def heard(hands: Hands, touches: Collection[tuple[int, Touch]]) -> None:
    """Take in what events say of a lead's person; before the touches are kept, for each is heard once."""
    telling = {n: touch for n, touch in touches if touch.kind in STATES}
    if not telling or hands.lead.facts is None:
        return
    table, lead_id = tables.Touched, hands.lead.lead_id
    before = select(table.n).where(table.lead_id == lead_id, col(table.n).in_(telling))
    for n in (await hands.session.exec(before)).all():
        del telling[n]
    for _, touch in sorted(telling.items()):
        await _hear(hands, touch)


async def turn_to_next(hands: Hands, tried: KnownContact, rep_id: str | None = None) -> Standing | None:
    """Have whoever has the lead try the next one, because `tried` is not to be got; None: we know nobody else."""
    group = await around(hands)
    others = [one for one in group.people if one.id != tried.id and not same_person(one, tried)]
    best = next_best(others, group.asked or tried)
    holder = await hands.open()
    last = holder or await hands.last()
    because = f"contact {tried.id} {_SAID[tried.state]}"
    tries = await open_tries(hands)
    for task in tries:
        if best is None or task.contact_id != best.contact_id:
            close(hands, task, TaskState.DROPPED, because)
    who = holder.rep_id if holder else rep_id
    if best is None or who is None or last is None:
        return best
    await _open(hands, best, last.offer, who, because)
    return best


async def after_outcome(hands: Hands, result: OutcomeResult, rep_id: str | None) -> None:
    """Turn to the next one when whoever asked never answered; once anybody was got, nobody else is to be tried."""
    if result is OutcomeResult.UNREACHABLE and hands.lead.facts is not None:
        await turn_to_next(hands, await _say(hands, ContactState.NO_ANSWER), rep_id)
    elif result is not OutcomeResult.UNREACHABLE:
        for task in await open_tries(hands):
            close(hands, task, TaskState.DROPPED, f"outcome: {result}")
        await hands.session.flush()


async def open_tries(hands: Hands) -> Sequence[tables.FollowUp]:
    """List the lead's open tasks to try others of its company."""
    table = tables.FollowUp
    theirs = select(table).where(
        table.lead_id == hands.lead.lead_id, table.contact_id != 0, table.state == TaskState.OPEN
    )
    return (await hands.session.exec(theirs)).all()


def close(hands: Hands, task: tables.FollowUp, state: TaskState, because: str) -> None:
    """Close a task."""
    task.state, task.because, task.closed_at = state, because, hands.at


async def _hear(hands: Hands, touch: Touch) -> None:
    state = STATES[touch.kind]
    asked = await _say(hands, state)
    if touch.kind == REFERRED_ON:
        await _introduced(hands, asked, touch)
    await turn_to_next(hands, asked)


async def _say(hands: Hands, state: ContactState) -> KnownContact:
    """Note of whoever asked how far one got with them."""
    facts = LeadFacts.model_validate(hands.lead.facts)
    row = await of_lead(hands.session, facts.lead_id, facts.email)
    if row is None:  # the lead is older than what we keep of people
        row = await meet(hands.db, hands.session, facts, hands.lead.account_id, hands.at)
    if row.state is not state:
        row.state, row.changed_at = state, hands.at
    await hands.session.flush()
    return known(row)


async def _introduced(hands: Hands, by: KnownContact, touch: Touch) -> None:
    """Keep whom somebody named; what cannot be read as somebody to reach names nobody, and others are tried."""
    account_id = hands.lead.account_id or by.account_id
    try:
        entry = referred(touch.properties, account_id, by.company or hands.lead.company)
        person = None if entry is None else read_person(entry, touch.at)
    except Refused:
        return
    if person is not None and (person["email"] is None or person["email"] != by.email):
        there = await same(hands.session, person)
        account_id = there.account_id if there is not None and there.account_id else account_id
        person |= {"account_id": account_id, "company": person["company"] or by.company}
        await keep(hands.db, hands.session, person, source="referral", referred_by=by.id, at=hands.at)


async def _open(hands: Hands, best: Standing, offer: int, rep_id: str, because: str) -> None:
    table, lead_id = tables.FollowUp, hands.lead.lead_id
    there = select(table).where(table.lead_id == lead_id, table.offer == offer, table.contact_id == best.contact_id)
    task = (await hands.session.exec(there)).first()
    if task is not None and task.state is TaskState.OPEN:
        return
    what = f"try contact {best.contact_id} next ({in_short(best)}): {because}"
    due_at = hands.at + WITHIN
    if task is None:
        task = table(
            lead_id=lead_id,
            offer=offer,
            contact_id=best.contact_id,
            rep_id=rep_id,
            what=what,
            due_at=due_at,
            created_at=hands.at,
        )
        hands.session.add(task)
    else:
        task.state, task.because, task.closed_at = TaskState.OPEN, "", None
        task.rep_id, task.what, task.due_at = rep_id, what, due_at
    await hands.session.flush()
