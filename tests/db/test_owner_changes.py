"""A change of owner in the CRM: followed once, by the lead's workflow or the database, and never as an echo."""

from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, select

from db import tables
from db.engine import Database
from db.holding import UnknownLead
from db.leads import Leads
from db.outbox import Outbox
from db.owner_changes import CannotOwn, Change, Followed, OwnerChanges, TooEarly
from db.ownership import Ownerships
from db.rosters import Rosters
from db.timelines import Timelines
from models.lead import Stage
from models.orders import Holding
from tests.db.samples import AT, MINUTE, give, newcomer, order, rep, roster, standing

NOW = AT + 10 * MINUTE
TO_BO = Change(None, "u-bo", "hubspot_crm", "the owner was changed in the CRM", AT + 5 * MINUTE)


@pytest.fixture
async def staff(db: Database) -> Database:
    """Ada and Bo, whom the CRM knows; Cy, whom it does not; Di, who is not active; and Mia, who manages them."""
    people = [
        rep("ada", crm="u-ada"), rep("bo", crm="u-bo"), rep("cy"), rep("di", crm="u-di", active=False),
        rep("ed", crm="u-two"), rep("flo", crm="u-two"),
    ]  # fmt: skip
    mia = {"id": "mia", "name": "Mia Maler", "crm": "u-mia"}
    await Rosters(db).save(roster(reps=people, managers=[mia]), at=AT)
    return db


async def held(
    db: Database, stage: Stage = Stage.OFFERED, *, told: str | None = None, lead_id: str = "one"
) -> Database:
    """Let Ada have a lead, and come so far with it; `told`: whom we named to the CRM."""
    await Leads(db).admit(newcomer(lead_id))
    await Ownerships(db).assign(order(lead_id), give(lead_id, "ada"), at=AT, ordered_at=AT)
    accepted = Holding(rep_id="ada", offer=1, accepted_at=AT)
    if stage is Stage.CONTACTED:
        touched = accepted.model_copy(update={"contacted_at": AT + MINUTE})
        await Leads(db).record(standing(lead_id, 1, Stage.CONTACTED, touched, closed=True))
    elif stage is not Stage.OFFERED:
        await Leads(db).record(standing(lead_id, 1, stage, accepted if stage is Stage.ACCEPTED else None))
    if told is not None:
        async with db.writing() as session:
            session.add(tables.CrmCopy(lead_id=lead_id, owner=told, tasks={}, changed_at=AT, next_at=AT))
    return db


async def follow(db: Database, change: Change = TO_BO, key: str = "k", lead_id: str = "one") -> Followed:
    """Follow a change of owner of a lead."""
    return await OwnerChanges(db).follow(lead_id, change, key=key, now=NOW)


async def said(db: Database) -> list[dict[str, Any]]:
    """Give what is to be said to leads."""
    async with db.reading() as session:
        return [row.body for row in (await session.exec(select(tables.Outbox).order_by(col(tables.Outbox.id)))).all()]


async def named(db: Database, lead_id: str = "one") -> str | None:
    """Say whom the CRM has, as far as we know."""
    async with db.reading() as session:
        return (await session.get_one(tables.CrmCopy, lead_id)).owner


async def test_a_lead_whose_workflow_runs_is_told(staff: Database) -> None:
    """By an errand of the same transaction, once however often the hook comes; the CRM's new owner is noted."""
    stages = [Stage.OFFERED, Stage.ACCEPTED, Stage.NURTURING, Stage.REVIEW, Stage.TRIAGE]
    for stage in stages:
        await held(staff, stage, told="u-ada", lead_id=stage.value)
        expected = Followed("bo", True, "the lead is told to go to bo")
        assert expected == await follow(staff, lead_id=stage.value)
        assert "u-bo" == await named(staff, stage.value)
        await follow(staff, lead_id=stage.value)
    message = {"rep_id": "bo", "by": "hubspot_crm", "reason": TO_BO.reason, "key": "k"}
    expected_body = {"name": "reassign", "message": message, "of": TO_BO.at.isoformat()}
    assert [expected_body] * len(stages) == await said(staff)


async def test_only_the_last_word_waits_to_be_said(staff: Database) -> None:
    """Back to whoever has it still is a change, too; an older one that comes later is none."""
    db = await held(staff, told="u-ada")
    await follow(db)
    older = replace(TO_BO, crm_owner="u-mia", at=TO_BO.at - MINUTE)
    assert Followed("mia", False, "it is older than what the CRM said last: bo") == await follow(db, older)
    assert Followed("bo", False, "the lead is told to go to bo already") == await follow(db)
    back = replace(TO_BO, crm_owner="u-ada", at=TO_BO.at + MINUTE)
    assert Followed("ada", True, "the lead is told to go to ada") == await follow(db, back, key="back")
    assert "u-ada" == await named(db)
    waiting = await Outbox(db).claim(9, now=NOW, lease=MINUTE)
    assert ["ada"] == [one.body["message"]["rep_id"] for one in waiting]


async def test_what_a_lead_had_no_time_to_hear_of_is_followed_here(staff: Database) -> None:
    """Contacted before it was told, it goes to whom the CRM has all the same; one that is over goes to nobody."""
    db = await held(staff, Stage.ACCEPTED, told="u-ada")
    await follow(db)
    (body,) = await said(db)
    assert "its workflow has ended" in (await _unheard(db, body)).because
    touched = Holding(rep_id="ada", offer=1, accepted_at=AT, contacted_at=AT + MINUTE)
    await Leads(db).record(standing("one", 2, Stage.CONTACTED, touched, closed=True))
    assert ("bo", True) == ((followed := await _unheard(db, body)).rep_id, followed.moves)
    holder = await Ownerships(db).open_owner("one")
    assert holder is not None
    assert "bo" == holder.rep_id
    assert not (await _unheard(db, body)).moves
    by_hand = {"name": "reassign", "message": body["message"]}
    assert await OwnerChanges(db).unheard("one", by_hand, now=NOW) is None


async def _unheard(db: Database, body: dict[str, Any]) -> Followed:
    followed = await OwnerChanges(db).unheard("one", body, now=NOW)
    assert followed is not None
    return followed


async def test_a_lead_in_contact_is_handed_over_here(staff: Database) -> None:
    """Its workflow has ended: row, ownership and story say so, and nobody is told by an errand."""
    db = await held(staff, Stage.CONTACTED, told="u-ada")
    sentence = (
        "handed over from ada to bo by hubspot_crm (as the CRM has it): the owner was changed in the CRM"
    )  # fmt: skip
    assert Followed("bo", True, sentence) == await follow(db)
    card, holder = await Leads(db).get("one"), await Ownerships(db).open_owner("one")
    assert card is not None
    assert holder is not None
    assert ("bo", "bo", Stage.CONTACTED) == (card.owner, holder.rep_id, card.stage)
    assert sentence == (await Timelines(db).of("one"))[-1].says
    assert () == await Outbox(db).claim(9, now=NOW, lease=MINUTE)
    assert Followed("bo", False, "bo has it already") == await follow(db, key="again")


ECHOES = [
    (None, replace(TO_BO, crm_owner="u-ada"), "ada has it already"),
    ("u-bo", TO_BO, "bo is whom we named to the CRM ourselves"),
    ("bo", TO_BO, "bo is whom we named to the CRM ourselves"),
    ("u-ada", replace(TO_BO, at=AT - MINUTE), "it was said before ada got the lead here"),
]


async def test_an_echo_changes_nothing(staff: Database) -> None:
    """What we wrote ourselves comes back, sometimes late: nobody loses a lead to it."""
    for stage in (Stage.ACCEPTED, Stage.CONTACTED):
        for n, (told, change, because) in enumerate(ECHOES):
            lead_id = f"{stage}-{n}"
            await held(staff, stage, told=told, lead_id=lead_id)
            assert because == (await follow(staff, change, lead_id=lead_id)).because
            holder = await Ownerships(staff).open_owner(lead_id)
            assert holder is not None
            assert "ada" == holder.rep_id
    assert [] == await said(staff)


async def test_there_and_back_again_is_followed(staff: Database) -> None:
    """The second change names whom we named first, and is no echo: the CRM had somebody else meanwhile."""
    db = await held(staff, Stage.CONTACTED, told="u-ada")
    await follow(db)
    back = replace(TO_BO, crm_owner="u-ada", at=NOW + MINUTE)
    followed = await OwnerChanges(db).follow("one", back, key="back", now=NOW + 2 * MINUTE)
    assert ("ada", True) == (followed.rep_id, followed.moves)
    assert "u-ada" == await named(db)


CANNOT = [
    (replace(TO_BO, crm_owner="u-nobody"), "crm_owner", "is nobody's `crm` in the roster"),
    (replace(TO_BO, crm_owner=None, owner="ghost"), "owner", "is nobody in the roster"),
    (replace(TO_BO, crm_owner="u-two"), "crm_owner", "is the `crm` of several: ed, flo"),
    (replace(TO_BO, crm_owner="u-di"), "crm_owner", "is di, who is not active"),
]


async def test_who_cannot_have_it_is_told(staff: Database) -> None:
    """By the field that is wrong; nothing changes."""
    db = await held(staff, told="u-ada")
    for change, field, what in CANNOT:
        with pytest.raises(CannotOwn) as wrong:
            await follow(db, change)
        assert (field, what) == (wrong.value.field, wrong.value.what)
    assert ([], "u-ada") == (await said(db), await named(db))


async def test_a_manager_may_get_what_runs_and_nothing_in_contact(staff: Database) -> None:
    """As when a person reassigns, and as a hand-over has it."""
    to_mia = replace(TO_BO, crm_owner="u-mia")
    db = await held(staff, Stage.CONTACTED)
    with pytest.raises(CannotOwn, match="no rep"):
        await follow(db, to_mia)
    await Leads(db).admit(newcomer("two"))
    await Ownerships(db).assign(order("two"), give("two", "ada"), at=AT, ordered_at=AT)
    assert "mia" == (await OwnerChanges(db).follow("two", to_mia, key="k", now=NOW)).rep_id


async def test_a_lead_that_is_over_or_not_begun_moves_to_nobody(staff: Database) -> None:
    """Ended: nothing follows. Not routed yet: it is said again. Unknown: that is told."""
    db = staff
    with pytest.raises(UnknownLead):
        await follow(db)
    await Leads(db).admit(newcomer("one"))
    with pytest.raises(TooEarly, match="received"):
        await follow(db)
    await Leads(db).record(standing("one", 1, Stage.DISQUALIFIED, closed=True))
    assert Followed("bo", False, "the lead is disqualified already, and nobody has it") == await follow(db)
    assert [] == await said(db)


async def test_the_echo_of_whom_we_named_before_moves_nothing(staff: Database) -> None:
    """It comes late, after the CRM heard of the next one; who is chosen there afterwards gets it."""
    await held(staff, told="u-ada")
    async with staff.writing() as session:
        copy = await session.get_one(tables.CrmCopy, "one")
        copy.owner_before, copy.named_at = "u-bo", AT + 6 * MINUTE
    echo = await follow(staff)
    assert (echo.moves, echo.because) == (False, "bo is whom we named to the CRM ourselves, before whom it has now")
    later = replace(TO_BO, at=AT + 7 * MINUTE)
    assert (await follow(staff, later)).moves
