"""Scoring an order again, because its answer got lost, sets the same things off; the next one only what is new."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from models.decisions import Score
from models.lead import Stage, Touch
from models.orders import ScoreLead
from runtime.store import Store
from tests.activities.deciding import NOW, decider_on, lead_in, opened, policy_text
from tests.db.samples import standing

MINUTE = timedelta(minutes=1)
TRIGGERS = [{"name": "a tag", "on": "tag_added", "do": "alert"}]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with a policy that has a trigger."""
    async with opened(tmp_path) as store:
        text = json.dumps(json.loads(policy_text()) | {"triggers": TRIGGERS})
        await store.policies.publish("p2", "simple", text, by="ops", at=NOW)
        yield store


async def scored(store: Store, at: datetime, policy: str = "p2") -> Score:
    """Have the lead scored as of an instant."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=at)
    order = ScoreLead(lead_id="L1", policy=policy, at=at)
    found: Score = await environment.run(decider_on(store).score, order)
    return found


async def test_a_judgement_whose_answer_got_lost_is_given_again(store: Store) -> None:
    """The trigger went off once; asked again it is not forgotten, and later it does not go off anew."""
    await lead_in(store, "L1")
    first = await scored(store, NOW)
    assert (NOW, (), 0) == (first.at, first.fired, first.touches)
    touch = Touch(kind="tag_added", at=NOW + MINUTE, properties={"tag": "vip"})
    await store.leads.record(standing("L1", 1, Stage.ROUTING, touches=((0, touch),)))
    second = await scored(store, NOW + MINUTE)
    assert ["tag added: vip"] == [one.because for one in second.fired]
    assert second == await scored(store, NOW + MINUTE)
    assert () == (await scored(store, NOW + 2 * MINUTE)).fired


async def test_another_policy_at_the_same_moment_is_another_judgement(store: Store) -> None:
    """Whoever requalifies gets the version they asked for."""
    await lead_in(store, "L1")
    assert ["p2", "p1"] == [(await scored(store, NOW, policy)).policy for policy in ("p2", "p1")]
