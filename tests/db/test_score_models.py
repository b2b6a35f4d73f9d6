"""Learned scores by version: looked on before they count, one at a time, and what they said kept."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from db import tables
from db.engine import Database
from db.experience import Told, cases, told
from db.outcomes import Outcomes
from db.score_models import ModelDiffers, NotAllowed, ScoreModels, UnknownModel
from models.learning import LogisticModel, ModelReport, ModelState, ScoreModel, Term
from models.outcome import Outcome, OutcomeResult
from tests.db.samples import AT, MINUTE

REPORT = ModelReport(trained_on=100, conversions=20, tested_on=50, test_conversions=10, auc=0.8)


def model(version: str, weight: float = 1.0) -> ScoreModel:
    """A model of one feature."""
    body = LogisticModel(base=-1.0, terms=(Term(feature="decides", weight=weight),))
    return ScoreModel(version=version, trained_at=AT, body=body, report=REPORT)


async def kept(db: Database, *versions: str) -> ScoreModels:
    """Keep drafts."""
    models = ScoreModels(db)
    for version in versions:
        await models.add(model(version), by="mia", at=AT)
    return models


async def test_a_version_stands_for_one_model(db: Database) -> None:
    """It is given back as it was kept; the same again is no news, another one is refused."""
    models = await kept(db, "m1", "m1")
    assert model("m1") == (await models.get("m1")).model
    with pytest.raises(ModelDiffers):
        await models.add(model("m1", weight=2.0), by="mia", at=AT)
    with pytest.raises(UnknownModel):
        await models.get("m2")


async def test_a_model_looks_on_before_it_counts(db: Database) -> None:
    """Published without that only with a reason, which is kept; the one before it is retired."""
    models = await kept(db, "m1", "m2")
    with pytest.raises(NotAllowed):
        await models.publish("m1", by="mia", at=AT)
    await models.shadow("m1", at=AT)
    assert (None, "m1") == await models.versions_in_use()
    await models.publish("m1", by="mia", at=AT + MINUTE)
    hurried = await models.publish("m2", by="mia", at=AT + MINUTE, at_once="the other one is wrong")
    assert "mia (at once: the other one is wrong)" == hurried.published_by
    assert ("m2", None) == await models.versions_in_use()
    assert ModelState.RETIRED == (await models.get("m1")).state
    await models.publish("m1", by="mia", at=AT + 2 * MINUTE)
    assert ("m1", None) == await models.versions_in_use()


async def test_one_model_at_a_time_looks_on(db: Database) -> None:
    """Another one that begins to look on sends the first back; the published one cannot; a retired one does nothing."""
    models = await kept(db, "m1", "m2")
    await models.shadow("m1", at=AT)
    await models.shadow("m2", at=AT)
    assert [("m1", ModelState.DRAFT), ("m2", ModelState.SHADOW)] == sorted(
        (one.model.version, one.state) for one in await models.list()
    )
    await models.publish("m2", by="mia", at=AT)
    with pytest.raises(NotAllowed):
        await models.shadow("m2", at=AT)
    await models.retire("m2", at=AT)
    assert (None, None) == await models.versions_in_use()


async def test_whoever_publishes_at_the_same_time_one_counts_and_one_looks_on(db: Database) -> None:
    """Several people publish, shadow and retire at once: never two that count, and the database itself refuses two."""
    models = await kept(db, *(f"m{n}" for n in range(6)))
    await asyncio.gather(
        *(models.publish(f"m{n}", by="mia", at=AT, at_once="now") for n in range(3)),
        *(models.shadow(f"m{n}", at=AT) for n in range(3, 6)),
        models.retire("m5", at=AT),
    )
    states = [one.state for one in await models.list()]
    assert (1, True) == (states.count(ModelState.PUBLISHED), states.count(ModelState.SHADOW) <= 1)
    with pytest.raises(IntegrityError):
        async with db.writing() as session:
            await session.exec(update(tables.ScoreModelRow).values(state=ModelState.PUBLISHED))


async def test_what_was_said_first_is_held_against_the_outcome(staffed: Database) -> None:
    """A later word of the same model does not count, an erased lead has none, and the newest outcome is what came."""
    models = ScoreModels(staffed)
    await models.note("one", [("m1", 0.4), ("m2", 0.6)], points=7, at=AT)
    await models.note("one", [("m1", 0.9)], points=9, at=AT + MINUTE)
    async with staffed.writing() as session:
        session.add(tables.Erasure(lead_id="two", by="mia", reason="asked", at=AT, sent_out=[], same_person=[]))
    await models.note("two", [("m1", 0.5)], points=1, at=AT)
    for key, result in enumerate((OutcomeResult.LOST, OutcomeResult.WON)):
        await Outcomes(staffed).record("one", Outcome(result=result, at=AT), key=str(key), now=AT)
    assert [Told(0.4, 7, True)] == await told(staffed, "m1")
    async with staffed.reading() as session:
        assert ["one", "one"] == sorted((await session.exec(select(tables.Likelihood.lead_id))).all())


async def test_cases_are_leads_with_an_outcome_as_they_were(staffed: Database) -> None:
    """As of the first offer: later touches are left out; a lead without an outcome is none; dates bound them."""
    async with staffed.writing() as session:
        lead = await session.get_one(tables.Lead, "one")
        lead.first_offered_at = AT + 2 * MINUTE
        for n, minutes in enumerate((1, 3)):
            session.add(tables.Touched(lead_id="one", n=n, kind="page_visit", at=AT + minutes * MINUTE, properties={}))
    for lead_id, result in (("one", OutcomeResult.WON), ("two", OutcomeResult.BAD)):
        said = Outcome(result=result, at=AT + timedelta(days=1))
        await Outcomes(staffed).record(lead_id, said, key="k", now=AT)
    found = [(one.facts.lead_id, len(one.touches), one.at, one.converted) async for one in cases(staffed)]
    assert [("one", 1, AT + 2 * MINUTE, True), ("two", 0, AT + timedelta(days=1), False)] == found
    assert [] == [one async for one in cases(staffed, since=AT + MINUTE)]
    assert 2 == len([one async for one in cases(staffed, since=AT, until=AT + MINUTE)])
