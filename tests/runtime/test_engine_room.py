"""Which workers are there, by their signs of life where this Temporal keeps them, else by their questions."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse

from runtime.engine_room import Engine, seen_workers
from runtime.metering import BEAT

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def asked(ago: float) -> dict[str, DescribeTaskQueueResponse]:
    """One worker asked for leads so many seconds ago."""
    poller = PollerInfo(identity="w1")
    poller.last_access_time.FromDatetime(NOW - timedelta(seconds=ago))
    return {"leads": DescribeTaskQueueResponse(pollers=[poller])}


def beat(ago: float, every: timedelta = BEAT, identity: str = "w1") -> dict[str, WorkerHeartbeat]:
    """A worker said so many seconds ago that it is alive."""
    said = WorkerHeartbeat(worker_identity=identity)
    said.heartbeat_time.FromDatetime(NOW - timedelta(seconds=ago))
    said.elapsed_since_last_heartbeat.FromTimedelta(every)
    return {identity: said}


@pytest.mark.parametrize(
    ("polled", "beats", "there"),
    [
        (149, {}, True),
        (151, {}, False),
        (59, beat(9), True),
        (1, beat(26), False),
        (59, beat(99, every=timedelta(seconds=60)), True),
        (99, beat(151, every=timedelta(minutes=60)), False),
        (5, beat(1, identity="w2"), True),
        (29, beat(1, identity="w2"), False),
    ],
    ids=[
        "asks",
        "asked",
        "alive",
        "killed",
        "beats slowly",
        "killed after an outage",
        "has just begun",
        "killed young",
    ],
)
def test_a_worker_that_was_killed_is_gone_within_half_a_minute(
    polled: float, beats: dict[str, WorkerHeartbeat], there: bool
) -> None:
    """Though its question still waits at Temporal, which remembers it for minutes."""
    workers = seen_workers(asked(polled), beats)
    assert there == bool(Engine("here", workers=workers).working(NOW))
