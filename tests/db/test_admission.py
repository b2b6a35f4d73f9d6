"""Letting leads in: once each, and one open lead a person."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from db import tables
from db.admission import signs_of
from db.engine import Database
from db.leads import Filters, Leads
from models.base import Problem
from models.decisions import Admitted, Folded, Manners, Over, Unusable
from models.lead import ENDED, Stage
from tests.db.samples import AT, facts, newcomer, standing

DAY = timedelta(days=1)


async def test_a_repeat_gets_the_first_answer(db: Database) -> None:
    """Admitting the same lead again changes nothing and answers as the first time."""
    leads = Leads(db)
    first = await leads.admit(newcomer("one"))
    again = await leads.admit(newcomer("one", facts("one", source="other")))
    assert isinstance(first, Admitted)
    assert first == again
    kept = await leads.get("one")
    assert kept is not None
    assert ("web", Stage.RECEIVED, AT) == (kept.source, kept.stage, kept.received_at)
    assert facts("one") == await leads.facts("one")


@pytest.mark.parametrize(
    ("mine", "theirs", "by"),
    [
        ({"email": "eva@acme.example"}, {"email": "eva@acme.example"}, "email"),
        ({"email": None, "external_id": "7"}, {"email": None, "external_id": "7"}, "external"),
        ({"external_id": "7"}, {"external_id": "7"}, "external"),
    ],
)
async def test_an_open_lead_of_the_same_person_takes_it_in(
    db: Database, mine: dict[str, str | None], theirs: dict[str, str | None], by: str
) -> None:
    """The same address, or the same id of the same source, is the same person."""
    leads = Leads(db)
    await leads.admit(newcomer("one", facts("one", **mine)))
    answer = await leads.admit(newcomer("two", facts("two", **theirs)))
    assert Folded(into="one", because=f"the same person is in flight (same {by})") == answer
    folded = await leads.get("two")
    assert folded is not None
    assert ("one", Stage.CLOSED) == (folded.folded_into, folded.stage)
    assert ["one"] == [card.lead_id for card in await leads.list()]
    assert ["two", "one"] == [card.lead_id for card in await leads.list(Filters(folded=True))]


async def test_a_phone_or_a_foreign_id_folds_nobody(db: Database) -> None:
    """A shared phone, and the same id of another source, are two people."""
    leads = Leads(db)
    await leads.admit(newcomer("one", facts("one", phone="+4930123", external_id="7")))
    for other in ("two", "three"):
        source = {"two": "fair", "three": "hub"}[other]
        answer = await leads.admit(newcomer(other, facts(other, phone="+4930123", external_id="7", source=source)))
        assert isinstance(answer, Admitted)
    assert 3 == len(await leads.list())


async def test_what_a_fold_teaches_is_remembered(db: Database) -> None:
    """A person who came by address and then by both is recognised by the id alone from then on."""
    leads = Leads(db)
    await leads.admit(newcomer("one", facts("one", email="eva@acme.example")))
    await leads.admit(newcomer("two", facts("two", email="eva@acme.example", external_id="7")))
    answer = await leads.admit(newcomer("three", facts("three", email=None, external_id="7")))
    assert isinstance(answer, Folded)
    assert "one" == answer.into


async def test_of_two_that_come_at_once_one_is_folded(db: Database) -> None:
    """However many of one person's leads come at the same time, exactly one gets in, and the others into it."""
    person = {"email": "eva@acme.example", "external_id": "7"}
    answers = await asyncio.gather(
        *(Leads(db).admit(newcomer(f"lead-{n}", facts(f"lead-{n}", **person))) for n in range(12))
    )
    admitted = [answer.lead_id for answer in answers if isinstance(answer, Admitted)]
    assert 1 == len(admitted)
    assert {admitted[0]} == {answer.into for answer in answers if isinstance(answer, Folded)}


async def test_the_same_lead_twice_at_once_is_one_lead(db: Database) -> None:
    """An activity that runs twice at the same time opens one row."""
    answers = await asyncio.gather(*(Leads(db).admit(newcomer("one")) for _ in range(5)))
    assert 1 == len({answer.model_dump_json() for answer in answers})
    assert 1 == len(await Leads(db).list())


async def test_a_closed_leads_person_comes_as_a_new_lead(db: Database) -> None:
    """Once the workflow has ended, the person's next lead is a new one that knows the one before."""
    leads = Leads(db)
    person = {"email": "eva@acme.example"}
    await leads.admit(newcomer("one", facts("one", **person)))
    await leads.record(standing("one", 1, Stage.CONTACTED, closed=True))
    answer = await leads.admit(newcomer("two", facts("two", received_at=AT + DAY, **person)))
    assert isinstance(answer, Admitted)
    card = await leads.get("two")
    assert card is not None
    assert "one" == card.follows


@pytest.mark.parametrize("stage", sorted(ENDED))
async def test_an_ended_lead_is_not_let_in_again(db: Database, stage: Stage) -> None:
    """Started anew under the id of a lead that has ended, it is told so; its row and its person stay as they are."""
    leads = Leads(db)
    await leads.admit(newcomer("one"))
    await leads.record(standing("one", 1, stage, closed=True))
    before = await leads.get("one")
    answer = await leads.admit(newcomer("one", at=AT + DAY))
    assert isinstance(answer, Over)
    assert (stage, f"lead one is {stage} already since 2026-03-02 09:01:00 UTC") == (answer.stage, answer.because)
    assert before == await leads.get("one")
    assert isinstance(await leads.admit(newcomer("two", facts("two", email="one@acme.example"))), Admitted)


@pytest.mark.parametrize("stage", sorted(set(Stage) - ENDED))
async def test_a_lead_in_flight_is_told_its_first_answer_at_any_stage(db: Database, stage: Stage) -> None:
    """However far a live lead has come, a late repeat of its admission gets what it got the first time."""
    leads = Leads(db)
    first = await leads.admit(newcomer("one"))
    await leads.record(standing("one", 1, stage))
    assert first == await leads.admit(newcomer("one"))


async def test_a_fold_is_over_once_its_run_has_recorded_it(db: Database) -> None:
    """Its own run's retry hears of the same fold; a second start under its id folds nothing and opens nothing."""
    leads = Leads(db)
    person = {"email": "eva@acme.example"}
    await leads.admit(newcomer("one", facts("one", **person)))
    folded = await leads.admit(newcomer("two", facts("two", **person)))
    assert folded == await leads.admit(newcomer("two", facts("two", **person)))
    await leads.record(standing("two", 1, Stage.CLOSED, closed=True))
    for not_into in ((), ("one",)):
        answer = await leads.admit(newcomer("two", facts("two", **person), not_into=not_into))
        assert isinstance(answer, Over)
        assert (Stage.CLOSED, True) == (answer.stage, "was folded into one" in answer.because)


async def test_a_fold_that_failed_after_a_word_from_the_lead_still_gets_in(db: Database) -> None:
    """What is recorded between the fold and its failure does not make the lead an ended one."""
    leads = Leads(db)
    person = {"email": "eva@acme.example"}
    await leads.admit(newcomer("one", facts("one", **person)))
    await leads.admit(newcomer("two", facts("two", **person)))
    await leads.record(standing("two", 1, Stage.RECEIVED))
    answer = await leads.admit(newcomer("two", facts("two", **person), not_into=("one",)))
    assert isinstance(answer, Admitted)


async def test_a_lead_that_could_not_take_it_in_is_not_asked_again(db: Database) -> None:
    """When the fold fails because the workflow is gone, the same lead gets in on its own."""
    leads = Leads(db)
    person = {"email": "eva@acme.example"}
    await leads.admit(newcomer("one", facts("one", **person)))
    folded = await leads.admit(newcomer("two", facts("two", **person)))
    answer = await leads.admit(newcomer("two", facts("two", **person), not_into=("one",)))
    repeat = await leads.admit(newcomer("two", facts("two", **person), not_into=("one",)))
    assert (True, True, answer) == (isinstance(folded, Folded), isinstance(answer, Admitted), repeat)
    card = await leads.get("two")
    assert card is not None
    assert (None, Stage.RECEIVED, None, "one") == (card.folded_into, card.stage, card.closed_at, card.follows)
    third = await leads.admit(newcomer("three", facts("three", **person)))
    assert isinstance(third, Folded)
    assert "two" == third.into


async def test_a_lead_beyond_the_window_takes_nothing_in(db: Database) -> None:
    """A lead nurtured for longer than the policy's window is another story."""
    leads = Leads(db)
    person = {"email": "eva@acme.example"}
    await leads.admit(newcomer("one", facts("one", **person)))
    late = facts("two", received_at=AT + 91 * DAY, **person)
    answer = await leads.admit(newcomer("two", late, fold_since=AT + DAY))
    assert isinstance(answer, Admitted)


async def test_input_that_is_no_lead_gets_a_row_too(db: Database) -> None:
    """What cannot be a lead is reviewed by somebody: it has a row and can be told about."""
    problem = Problem(field="type", what="is required")
    answer = Unusable(
        problems=(problem,), answerable="mia", due_at=AT + DAY, policy="p1", manners=Manners(), received_at=AT
    )
    leads = Leads(db)
    entry = newcomer("one", answer=answer, facts=None, raw=[1, float("nan"), "\x00"])
    assert answer == await leads.admit(entry)
    assert answer == await leads.admit(entry)
    assert None is await leads.facts("one")
    async with db.reading() as session:
        assert [1, "nan", "\x00"] == (await session.exec(select(tables.Lead.raw))).one()


async def test_the_database_itself_refuses_a_second_open_lead_of_a_person(db: Database) -> None:
    """Even code that forgets to ask cannot open two leads for one address."""
    await Leads(db).admit(newcomer("one"))
    await Leads(db).admit(newcomer("two"))
    sign = signs_of(facts("one"))[0]

    async def open_another() -> None:
        async with db.writing() as session:
            session.add(tables.Identity(kind=sign.kind, value=sign.value, lead_id="two"))

    with pytest.raises(IntegrityError):
        await open_another()
    async with db.reading() as session:
        assert 2 == (await session.exec(select(func.count()).select_from(tables.Identity))).one()
