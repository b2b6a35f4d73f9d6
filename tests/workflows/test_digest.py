"""Digests on a real server: once a day for each manager, and only with something to say."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from models.decisions import Delivery, DeliveryState
from tests.workflows.auditing import House, running_house
from workflows import names


@pytest.fixture
async def house(temporal_client: Client, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose manager max leads everybody, and una nobody."""
    async with running_house(temporal_client, tmp_path) as house:
        yield house


async def digest(house: House, manager_id: str) -> Delivery:
    """Run a manager's digest, as their schedule does."""
    delivery: Delivery = await house.client.execute_workflow(
        names.DIGEST, manager_id, id=f"digest-{uuid4().hex}", task_queue=house.queue, result_type=Delivery
    )
    return delivery


async def test_a_digest_goes_out_once_a_day(house: House) -> None:
    """Twice the same morning is one mail; whoever has nothing to hear hears nothing."""
    lead_id = await house.lead()
    assert DeliveryState.DELIVERED is (await digest(house, "max")).state
    assert DeliveryState.DELIVERED is (await digest(house, "max")).state
    assert DeliveryState.STALE is (await digest(house, "una")).state
    (mail,) = [one for one in house.post.sent.values() if one.kind == "digest"]
    assert ("max", "Your teams: 1 open, 0 late, 0 waiting for you") == (mail.to.person_id, mail.subject)
    await house.handle(lead_id).terminate("the test is over")
