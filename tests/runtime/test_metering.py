"""A worker's metrics: what waits in the database is told where Prometheus looks."""

import re
import socket
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from config.values import Address
from db.engine import Database
from db.gauges import Gauges
from runtime import clock
from runtime.loopback import free_port
from runtime.metering import EVERY, CannotServeMetrics, Meter, telemetry


async def test_what_waits_is_told(tmp_path: Path) -> None:
    """Read again once it is old."""
    database = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    await database.migrate()
    address = Address("127.0.0.1", free_port().port)
    now = clock.now()
    meter = Meter(Gauges(database), telemetry(address), lambda: now)
    assert not await meter.once()
    await database.dispose()
    now += EVERY - timedelta(seconds=1)
    assert not await meter.once(), "not old yet: nothing is read"
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"http://{address}/metrics")).text
    numbers = dict(re.findall(r"^(baton_\S+) (\S+)$", text, re.MULTILINE))
    assert ("0", "0") == (numbers["baton_leads_waiting"], numbers['baton_leads_open{stage="offered"}'])


def test_an_address_that_is_taken_is_named() -> None:
    """The sentence names the variable."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(CannotServeMetrics, match="BATON_METRICS_ADDR"):
            telemetry(address)
