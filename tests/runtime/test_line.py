"""The line to Temporal: one try for all who wait, a short patience, and a failure that is not tried anew at once."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import Client

from runtime.client import TemporalUnreachable, connect
from runtime.embedded import EmbeddedTemporal
from runtime.line import Line


async def test_those_who_wait_share_one_try(temporal_server: EmbeddedTemporal) -> None:
    """And have the same client from then on."""
    tries = 0

    async def reach() -> Client:
        nonlocal tries
        tries += 1
        return await connect(temporal_server.address)

    line = Line(reach)
    clients = await asyncio.gather(*(line.client() for _ in range(10)))
    assert (1, 1) == (tries, len({id(client) for client in clients}))


async def test_a_failure_is_told_to_all_without_another_try() -> None:
    """A thousand requests in an outage do not each wait for it."""
    tries = 0

    async def reach() -> Client:
        nonlocal tries
        tries += 1
        raise TemporalUnreachable("temporal.example:7233", "nobody there")

    line = Line(reach)
    failures = await asyncio.gather(*(line.client() for _ in range(10)), return_exceptions=True)
    assert {"Temporal at temporal.example:7233 cannot be reached: nobody there"} == {str(one) for one in failures}
    assert 1 == tries


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    """Longer than a moment."""
    line = Line(asyncio.Event().wait, patience=timedelta(milliseconds=50))  # type: ignore[arg-type]
    with pytest.raises(TemporalUnreachable, match=r"no answer in 0\.05 s"):
        await line.client()
