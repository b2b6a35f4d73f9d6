"""Prometheus metrics of a worker: the SDK's own and what waits in the database, on one address.

The HTTP app tells the same numbers, and its own, under `/metrics`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from temporalio.common import MetricGaugeFloat
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from config.values import Address
from db.gauges import Gauges

EVERY = timedelta(seconds=15)
"""How old the numbers may be."""

BEAT = timedelta(seconds=10)
"""How often a worker tells Temporal that it is alive: by that others know within half a minute that it is not."""


class CannotServeMetrics(Exception):
    """The address for metrics cannot be had."""


def telemetry(address: Address) -> Runtime:
    """Start to serve metrics; what connects to Temporal by this runtime is measured. Raises `CannotServeMetrics`."""
    config = PrometheusConfig(
        bind_address=str(address), counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
    )
    try:
        return Runtime(
            telemetry=TelemetryConfig(metrics=config, attach_service_name=False), worker_heartbeat_interval=BEAT
        )
    except (RuntimeError, ValueError) as error:
        because = (str(error).splitlines() or [""])[0]
        raise CannotServeMetrics(f"BATON_METRICS_ADDR {address} cannot be listened at: {because}") from error


@cache
def unmeasured() -> Runtime:
    """Give the runtime of workers that serve no metrics; there is one in a process."""
    return Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=BEAT)


class Meter:
    """A chore: tells what waits in the database to whoever watches."""

    name = "meter"

    def __init__(self, gauges: Gauges, runtime: Runtime, clock: Callable[[], datetime]) -> None:
        self._gauges, self._clock = gauges, clock
        self._runtime = runtime  # kept: without it nobody serves
        self._meter = runtime.metric_meter
        self._known: dict[str, MetricGaugeFloat] = {}
        self._next_at: datetime | None = None

    async def once(self) -> bool:
        """Read the numbers when they are old. Raises `DatabaseUnreachable`."""
        now = self._clock()
        if self._next_at is not None and now < self._next_at:
            return False
        for gauge in await self._gauges.read(now):
            told = self._known.get(gauge.name)
            if told is None:
                told = self._known[gauge.name] = self._meter.create_gauge_float(gauge.name, gauge.help)
            told.set(gauge.value, dict(gauge.labels))
        self._next_at = now + EVERY
        return False
