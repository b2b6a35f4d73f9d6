"""The learned scores in use, asked about a lead that is judged: one counts, one looks on, and both are remembered."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from db import tables
from models.decisions import Score
from models.lead import LeadType
from models.learning import BayesModel, Count, LogisticModel, ModelReport, ScoreModel, Term
from models.orders import ScoreLead
from models.outcome import Outcome, OutcomeResult
from runtime.store import Store
from tests.activities.deciding import NOW, decider_on, lead_in, opened

REPORT = ModelReport(trained_on=500, conversions=100, tested_on=100, test_conversions=20)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with three reps and a simple policy, `p1`."""
    async with opened(tmp_path) as store:
        yield store


def model(version: str, weight: float) -> ScoreModel:
    """A model that looks at the phone alone."""
    body = LogisticModel(base=-1.0, terms=(Term(feature="phone missing", weight=weight),))
    return ScoreModel(version=version, trained_at=NOW, body=body, report=REPORT)


async def judged(store: Store, lead_id: str) -> Score:
    """Score a lead as the activity does."""
    order = ScoreLead(lead_id=lead_id, policy="p1", at=NOW)
    return await ActivityEnvironment().run(decider_on(store).score, order)


async def noted(store: Store) -> dict[tuple[str, str], float]:
    """Give what models said at first judgements."""
    async with store.database.reading() as session:
        rows = (await session.exec(select(tables.Likelihood))).all()
    return {(row.lead_id, row.version): row.likelihood for row in rows}


async def beside(store: Store, lead_id: str) -> float | None:
    """Give the number that lists, exports and a CRM take."""
    async with store.database.reading() as session:
        return (await session.get_one(tables.Lead, lead_id)).likelihood


async def test_without_a_model_nothing_is_said(store: Store) -> None:
    """The points are all there is."""
    await lead_in(store, "one")
    assert None is (await judged(store, "one")).learned
    assert {} == await noted(store)


async def test_the_published_one_counts_and_the_other_looks_on(store: Store) -> None:
    """The judgement has the published one's likelihood and reasons; what both said first is kept."""
    for version, weight in (("m1", -0.5), ("m2", 2.0)):
        await store.score_models.add(model(version, weight), by="mia", at=NOW)
        await store.score_models.shadow(version, at=NOW)
        if version == "m1":
            await store.score_models.publish(version, by="mia", at=NOW)
    await lead_in(store, "one")
    learned = (await judged(store, "one")).learned
    assert learned is not None
    assert ("m1", -1.5, ["phone missing"], True) == (
        learned.model,
        learned.log_odds,
        [one.feature for one in learned.reasons],
        learned.trusted,
    )
    said = await noted(store)
    assert learned.likelihood == said["one", "m1"] < said["one", "m2"]
    assert learned.likelihood == await beside(store, "one")
    kept = await store.leads.score("one")
    assert kept is not None
    assert learned == kept.learned
    await store.score_models.publish("m2", by="mia", at=NOW)
    assert learned == (await judged(store, "one")).learned, "a repeated order gets the judgement that there is"
    assert said == await noted(store)


async def test_the_one_that_grows_learns_from_each_outcome(store: Store) -> None:
    """Ten demos won and ten newsletters lost later, a demo is likelier; with more data needed it is not trusted."""
    empty = BayesModel(total=Count())
    grows = ScoreModel(version="bayes", trained_at=NOW, body=empty, report=REPORT)
    await store.score_models.add(grows, by="mia", at=NOW)
    await store.score_models.publish("bayes", by="mia", at=NOW, at_once="there is no other")
    for n in range(20):
        won = n % 2 == 0
        await lead_in(store, f"lead-{n}", type=LeadType.DEMO_REQUEST if won else LeadType.NEWSLETTER)
        result = OutcomeResult.WON if won else OutcomeResult.LOST
        await store.outcomes.record(f"lead-{n}", Outcome(result=result), key="k", now=NOW)
    await lead_in(store, "demo")
    await lead_in(store, "letter", type=LeadType.NEWSLETTER)
    demo, letter = [(await judged(store, one)).learned for one in ("demo", "letter")]
    assert demo is not None
    assert letter is not None
    assert letter.likelihood < 0.5 < demo.likelihood
    assert ("type demo_request", False) == (demo.reasons[0].feature, demo.trusted)
    assert demo.because.startswith("too little data: it learned from 10 conversions and 10 others")
    assert demo.likelihood == (await noted(store))["demo", "bayes"]
    assert None is await beside(store, "demo"), "a CRM would take the number for true"
