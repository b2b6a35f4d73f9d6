"""People are kept once, grouped by company, and whoever has a lead is told whom to try next (R45, R54)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from db import tables
from db.accounts import Accounts
from db.acquaintance import meet
from db.contacts import Contacts, UnknownAccount, UnknownContact
from db.engine import Database
from db.erasing import Erasing
from db.follow_up import FollowUps, Task
from db.leads import Leads
from db.outbox import Outbox
from db.outcomes import Outcomes
from db.owner_changes import Change, OwnerChanges
from db.ownership import Ownerships
from db.tables.words import TaskState
from models.base import Refused, parse
from models.contact import BuyingRole, ContactEntry, ContactState, KnownContact
from models.facts import EmailKind, LeadFacts
from models.lead import Stage, Touch
from models.market import Account
from models.orders import Holding
from models.outcome import Outcome
from tests.db.samples import AT, MINUTE, facts, give, newcomer, order, standing

LATER = AT + timedelta(hours=1)
ADA = Holding(rep_id="ada", offer=1)
CFO = {"email": "eva@acme.example", "title": "CFO", "first_name": "Eva"}
CLERK = {"email": "pat@acme.example", "title": "Clerk"}


def buyer(lead_id: str = "kim", **known: Any) -> LeadFacts:
    """Somebody of Acme who asked."""
    return facts(lead_id, email_kind=EmailKind.WORK, **known)


async def let_in(db: Database, lead_id: str = "kim", **known: Any) -> None:
    """Let a lead in, and learn of it what there is to learn."""
    about = buyer(lead_id, **known)
    await Leads(db).admit(newcomer(lead_id, about))
    await Leads(db).save_facts(about, at=AT)


async def add(db: Database, raw: dict[str, Any], **more: Any) -> KnownContact:
    """Keep a person as a form gives them."""
    found, _ = await Contacts(db).add(parse(ContactEntry, raw), source="import", at=AT, **more)
    return found


async def tries(db: Database, lead_id: str = "kim") -> list[Task]:
    """List the tasks to try others, the oldest first."""
    found = await FollowUps(db).list(lead_id=lead_id)
    return sorted((one for one in found if one.contact_id), key=lambda one: one.id)


async def says(db: Database, seq: int, kind: str, **properties: Any) -> None:
    """Record that an event was said to the lead while ada has it."""
    touch = Touch(kind=kind, at=AT + seq * MINUTE, properties=properties)
    record = standing("kim", seq, Stage.OFFERED, ADA, touches=((seq, touch),))
    await Leads(db).record(record)


async def state_of(db: Database, email: str) -> ContactState:
    """Say how far one got with somebody."""
    async with db.reading() as session:
        return (await session.exec(select(tables.Contact).where(tables.Contact.email == email))).one().state


@pytest.fixture
async def held(staffed: Database) -> Database:
    """A database where `kim` of Acme is with `ada`, and Acme's CFO and a clerk are known."""
    await let_in(staffed)
    await Ownerships(staffed).assign(order("kim"), give("kim", "ada"), at=AT, ordered_at=AT)
    for one in (CLERK, CFO):
        await add(staffed, one)
    return staffed


async def test_whoever_asks_is_known_from_then_on(db: Database) -> None:
    """By their lead, of their company; enriched, they are known better; coming again, they may be called again."""
    await let_in(db, title="Buyer")
    first = (await Contacts(db).of_lead("kim", AT)).asked
    assert first is not None
    assert ("kim", "acme.example", "Buyer", "lead") == (first.lead_id, first.company, first.title, first.source)
    await Leads(db).save_facts(buyer(title="Buyer", seniority="head", phone="+4930901820"), at=LATER)
    await Contacts(db).say(first.id, ContactState.NO_ANSWER, by="ada", at=LATER)
    again = buyer("kim2", email="kim@acme.example", received_at=LATER)
    await Leads(db).admit(newcomer("kim2", again, fold_since=LATER))
    await Leads(db).save_facts(again, at=LATER)
    known = await Contacts(db).get(first.id)
    assert ("kim2", "head", "+4930901820", ContactState.ACTIVE) == (
        known.lead_id,
        known.seniority,
        known.phone,
        known.state,
    )
    await Leads(db).save_facts(buyer(title="Old"), at=LATER)  # an answer that was late, of the older lead
    assert known == await Contacts(db).get(first.id)


async def test_nobody_is_kept_twice(db: Database) -> None:
    """By address, else by number within the company; a switchboard's number is many people's; nothing is unlearned."""
    one = await add(db, CFO | {"role": "economic_buyer"})
    same, new = await Contacts(db).add(parse(ContactEntry, {"email": "EVA@acme.example"}), source="x", at=LATER)
    assert (one, False) == (same, new)
    desk = {"phone": "+49 30 901820", "domain": "acme.example"}
    first = await add(db, desk | {"last_name": "Berg"})
    assert first.id == (await add(db, desk | {"last_name": "Berg", "title": "Buyer"})).id
    assert first.id != (await add(db, desk | {"last_name": "Bauer"})).id
    assert first.id != (await add(db, desk | {"domain": "other.example"})).id


async def test_a_person_belongs_to_the_account_that_is_named_or_has_their_domain(db: Database) -> None:
    """One that was merged counts as the other; an account that is none is refused; a private address is nobody's."""
    accounts = Accounts(db)
    for given in ({"id": "acme", "name": "Acme", "domains": ["acme.example"]}, {"id": "old", "name": "Old Works"}):
        await accounts.save(Account(**given), source="test", by="mia", at=AT)
    eva, bo = await add(db, CFO), await add(db, {"email": "bo@gmail.com", "account": "old"})
    private = await add(db, {"email": "cy@gmail.com"})
    assert [("acme", "acme.example"), ("old", None), (None, None)] == [
        (one.account_id, one.company) for one in (eva, bo, private)
    ]
    await accounts.merge("old", "acme", by="mia", at=LATER)
    for account_id in ("acme", "old"):
        assert [eva.id, bo.id] == [one.contact_id for one in (await Contacts(db).of_account(account_id)).others]
    with pytest.raises(Refused, match="there is no account none"):
        await add(db, {"email": "di@x.example", "account": "none"})
    with pytest.raises(UnknownAccount):
        await Contacts(db).of_account("none")
    with pytest.raises(UnknownContact):
        await Contacts(db).get(7777)


async def test_who_does_not_answer_is_not_tried_and_the_next_one_is(held: Database) -> None:
    """The rep's task says what the next one is and never who; an event is heard once, however often it is recorded."""
    group = await Contacts(held).of_lead("kim", AT)
    assert group.next_best is not None
    eva = group.next_best.contact_id
    assert [] == await tries(held)
    await says(held, 1, "no_answer")
    (task,) = await tries(held)
    assert (eva, "ada", TaskState.OPEN, 1, AT + MINUTE + timedelta(days=1)) == (
        task.contact_id,
        task.rep_id,
        task.state,
        task.offer,
        task.due_at,
    )
    assert f"try contact {eva} next (CFO, decision maker): contact" in task.what.replace(
        "economic buyer", "decision maker"
    )
    assert task.what.endswith("does not answer")
    assert "eva" not in task.what.lower()
    assert ContactState.NO_ANSWER is await state_of(held, "kim@acme.example")
    asked = group.asked
    assert asked is not None
    await Contacts(held).say(asked.id, ContactState.ACTIVE, by="ada", at=LATER)
    touch = Touch(kind="no_answer", at=AT + MINUTE)
    await Leads(held).record(standing("kim", 1, Stage.OFFERED, ADA, touches=((1, touch),)))
    assert ContactState.ACTIVE is await state_of(held, "kim@acme.example")


async def test_the_chain_goes_on_until_somebody_is_got(held: Database) -> None:
    """The CFO does not answer either: the clerk is tried; got through, the task is done."""
    await says(held, 1, "no_answer")
    (first,) = await tries(held)
    _, best = await Contacts(held).say(first.contact_id or 0, ContactState.NO_ANSWER, by="ada", at=LATER)
    first, second = await tries(held)
    assert best is not None
    assert (TaskState.DROPPED, f"contact {first.contact_id} does not answer", best.contact_id) == (
        first.state,
        first.because,
        second.contact_id,
    )
    await Contacts(held).say(best.contact_id, ContactState.ACTIVE, by="ada", at=LATER)
    assert (TaskState.DONE, "ada got through") == ((await tries(held))[1].state, (await tries(held))[1].because)


async def test_a_referral_is_who_is_tried_next(held: Database) -> None:
    """They are of the same company, whatever their address; whoever named them is not tried any more."""
    named = {"email": "Bo@acme-labs.example", "name": "Bo Berg", "title": "Head of Purchasing", "role": "champion"}
    await says(held, 1, "referred_on", **named)
    (task,) = await tries(held)
    bo = await Contacts(held).get(task.contact_id or 0)
    asked = (await Contacts(held).of_lead("kim", AT)).asked
    assert asked is not None
    assert ("bo@acme-labs.example", "Bo", "Berg", asked.id, "referral", BuyingRole.CHAMPION) == (
        bo.email,
        bo.first_name,
        bo.last_name,
        bo.referred_by,
        bo.source,
        bo.role,
    )
    assert ContactState.REFERRED_ON is asked.state


@pytest.mark.parametrize("named", [{}, {"email": "at acme"}, {"email": 7}, {"email": "kim@acme.example"}])
async def test_a_referral_to_nobody_leaves_who_is_known(held: Database, named: dict[str, Any]) -> None:
    """Nothing that cannot be read stops a lead's record: the best of those who are known is tried."""
    await says(held, 1, "referred_on", **named)
    (task,) = await tries(held)
    assert "eva@acme.example" == (await Contacts(held).get(task.contact_id or 0)).email
    assert ContactState.REFERRED_ON is await state_of(held, "kim@acme.example")


async def test_an_outcome_unreachable_turns_to_the_next_one(held: Database) -> None:
    """For whoever had the lead, though it is over; another outcome after all drops the task."""
    contacted = ADA.model_copy(update={"accepted_at": AT, "contacted_at": AT})
    await Leads(held).record(standing("kim", 1, Stage.CONTACTED, contacted))
    await Outcomes(held).record("kim", parse(Outcome, {"result": "unreachable"}), key="k1", now=LATER)
    (task,) = await tries(held)
    assert ("ada", TaskState.OPEN) == (task.rep_id, task.state)
    await Leads(held).record(standing("kim", 2, Stage.CONTACTED, contacted))
    assert TaskState.OPEN is (await tries(held))[0].state
    await Outcomes(held).record("kim", parse(Outcome, {"result": "lost"}), key="k2", now=LATER)
    (task,) = await tries(held)
    assert (TaskState.DROPPED, "outcome: lost") == (task.state, task.because)


async def test_nobody_else_is_tried_once_somebody_was_got(held: Database) -> None:
    """Whoever asked answers after all, or the next one asks by themselves, or sales takes it on: the task is closed."""
    asked = (await Contacts(held).of_lead("kim", AT)).asked
    assert asked is not None
    await says(held, 1, "no_answer")
    await Contacts(held).say(asked.id, ContactState.ACTIVE, by="ada", at=LATER)
    assert (TaskState.DROPPED, "ada got through to whoever asked") == await closed(held)
    await says(held, 2, "no_answer")
    assert (TaskState.OPEN, "") == await closed(held)
    await let_in(held, "eva", email="eva@acme.example", title="CFO")
    assert (TaskState.DONE, "they asked by themselves: lead eva") == await closed(held)
    await says(held, 3, "no_answer")
    await Outcomes(held).record("kim", parse(Outcome, {"result": "qualified"}), key="k", now=LATER)
    assert (TaskState.DROPPED, "outcome: qualified") == await closed(held)


async def closed(db: Database) -> tuple[TaskState, str]:
    """Say how the one task to try another stands."""
    (task,) = await tries(db)
    return task.state, task.because


async def test_whoever_asked_is_not_tried_by_another_address(held: Database) -> None:
    """They are known twice, and have most say; nor is whoever was tried."""
    kim = {"email": "k.stone@acme.example", "phone": "+4930901820", "first_name": "Kim", "last_name": "Stone"}
    twin = await add(held, {**kim, "title": "CEO", "role": "decision_maker"})
    await Leads(held).save_facts(buyer(phone="+4930901820", first_name="Kim", last_name="Stone"), at=AT)
    await says(held, 1, "no_answer")
    (task,) = await tries(held)
    assert "eva@acme.example" == (await Contacts(held).get(task.contact_id or 0)).email
    group = await Contacts(held).of_lead("kim", AT)
    assert (twin.id, "is whoever asked, known twice") == (group.others[-1].contact_id, group.others[-1].not_now)
    await add(held, {"email": "e.berg@acme.example", "first_name": "Eva", "last_name": "Berg", "title": "CEO"})
    eva = await add(held, {**CFO, "last_name": "Berg"})
    _, best = await Contacts(held).say(eva.id, ContactState.NO_ANSWER, by="ada", at=LATER)
    assert best is not None
    assert "pat@acme.example" == (await Contacts(held).get(best.contact_id)).email


async def test_a_referral_moves_nobody_to_another_account(held: Database) -> None:
    """Whoever is known to belong to one stays there, and is tried all the same."""
    for one in ("acme", "labs"):
        await Accounts(held).save(Account(id=one, name=one, domains=[f"{one}.example"]), source="file", by="mia", at=AT)
    bo = await add(held, {"email": "bo@labs.example", "account": "labs", "title": "CEO", "role": "economic_buyer"})
    await says(held, 1, "referred_on", email="bo@labs.example")
    assert "labs" == (await Contacts(held).get(bo.id)).account_id
    assert bo.id == (await tries(held))[0].contact_id


async def test_the_task_goes_where_the_lead_goes(held: Database) -> None:
    """Whoever has it next tries the next one; a lead that is none for us is nobody's to try."""
    await says(held, 1, "no_answer")
    await Ownerships(held).assign(order("kim", 2), give("kim", "bo", 2), at=LATER, ordered_at=LATER)
    (task,) = await tries(held)
    assert ("bo", TaskState.OPEN) == (task.rep_id, task.state)
    await Leads(held).record(standing("kim", 2, Stage.DISQUALIFIED, offer=2))
    (task,) = await tries(held)
    assert (TaskState.DROPPED, "the lead went to disqualified") == (task.state, task.because)


async def test_the_task_goes_with_a_lead_in_contact_too(held: Database) -> None:
    """Which is given over here, its workflow having ended."""
    contacted = ADA.model_copy(update={"accepted_at": AT, "contacted_at": AT})
    touch = Touch(kind="no_answer", at=AT + MINUTE)
    await Leads(held).record(standing("kim", 1, Stage.CONTACTED, contacted, touches=((1, touch),), closed=True))
    change = Change("bo", None, "crm", "the owner was changed in the CRM", LATER)
    assert (await OwnerChanges(held).follow("kim", change, key="k", now=LATER)).moves
    (task,) = await tries(held)
    assert ("bo", TaskState.OPEN) == (task.rep_id, task.state)


async def test_an_erasure_forgets_the_person(held: Database) -> None:
    """Also if a list knew them; whoever they named stays, and nothing says by whom they were named."""
    await says(held, 1, "referred_on", email="bo@acme.example", title="VP Sales")
    await Erasing(held).erase("kim", by="pia", reason="asked for", at=LATER)
    async with held.reading() as session:
        kept = (await session.exec(select(tables.Contact.email, tables.Contact.referred_by))).all()
        told = (await session.exec(select(tables.FollowUp.what).where(tables.FollowUp.lead_id == "kim"))).all()
    assert {("pat@acme.example", None), ("eva@acme.example", None), ("bo@acme.example", None)} == set(kept)
    assert {"erased"} == set(told)


async def test_who_was_named_is_in_nothing_that_is_kept_of_the_lead_that_named_them(held: Database) -> None:
    """Their own erasure has to find every word of them."""
    named = {"email": "bo@acme.example", "name": "Bo Canary", "phone": "+4930901821", "title": "VP Sales"}
    said = {"kind": "referred_on", "properties": named}
    await Outbox(held).say("kim", "event", said, at=AT)
    await says(held, 1, "referred_on", **named)
    await let_in(held, "bo", email="bo@acme.example", first_name="Bo", last_name="Canary")
    await Erasing(held).erase("bo", by="pia", reason="asked for", at=LATER)
    async with held.reading() as session:
        for table in (tables.Touched, tables.Outbox, tables.Timeline, tables.Contact, tables.FollowUp):
            kept = " ".join(map(repr, (await session.exec(select(table))).all()))
            assert not [word for word in ("bo@acme", "Canary", "30901821") if word in kept], table
        told = (await session.exec(select(tables.Touched.properties))).all()
    assert [{"title": "VP Sales"}] == told


async def test_who_came_with_no_lead_is_forgotten_alone(held: Database) -> None:
    """With what reps were asked to do about them; whoever has a lead goes with that."""
    await says(held, 1, "no_answer")
    (task,) = await tries(held)
    await Contacts(held).forget(task.contact_id or 0, at=LATER)
    (task,) = await tries(held)
    assert ("erased", TaskState.DROPPED) == (task.what, task.state)
    asked = (await Contacts(held).of_lead("kim", AT)).asked
    assert asked is not None
    with pytest.raises(Refused, match="is the person of lead kim"):
        await Contacts(held).forget(asked.id, at=LATER)


async def test_a_lead_from_before_people_were_kept_is_heard_of(held: Database) -> None:
    """Its person is put there when something is said of them."""
    asked = (await Contacts(held).of_lead("kim", AT)).asked
    assert asked is not None
    async with held.writing() as session:
        await session.delete(await session.get_one(tables.Contact, asked.id))
    await says(held, 1, "no_answer")
    assert ContactState.NO_ANSWER is await state_of(held, "kim@acme.example")
    async with held.writing() as session:
        met = await meet(held, session, buyer(), None, LATER)
    assert ContactState.NO_ANSWER is met.state
