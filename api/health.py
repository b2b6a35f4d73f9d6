"""Whether the doors live, whether they can take what comes, and what to watch.

Temporal away is no reason to turn leads away: they are kept and start once it is back.
"""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel
from sqlmodel import select
from temporalio.service import RPCError

from api.document import refusals
from api.doors import Allowed, FrontDep, door
from api.watch import Meters
from db import tables
from db.engine import DatabaseUnreachable
from db.gauges import Gauge, Gauges
from models.access import Scope
from runtime.client import TemporalUnreachable, connection
from runtime.front import Front

router = door("operations")

PATIENCE = timedelta(seconds=2)
"""How long database and Temporal may take to answer before they count as away."""

_OPS = Allowed((Scope.OPS,))


class Condition(StrEnum):
    """How it stands."""

    READY = "ready"
    DEGRADED = "degraded"
    UNREADY = "unready"


class Alive(BaseModel):
    """The process answers."""

    status: str


class Readiness(BaseModel):
    """Whether leads can be taken (`degraded`: taken and kept, and started later), and why not."""

    status: Condition
    database: str
    temporal: str


@router.get("/healthz", summary="Whether the process lives")
async def live() -> Alive:
    """Answer at all."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    summary="Whether leads can be taken",
    responses={503: {"model": Readiness, "description": "Nothing can be taken: the database is away"}},
    response_model=Readiness,
)
async def ready(front: FrontDep) -> Response:
    """Look at the database and at Temporal. Without Temporal leads are taken and kept: 200, `degraded`."""
    database, temporal = await asyncio.gather(_database(front), _temporal(front))
    condition = Condition.READY if temporal is None else Condition.DEGRADED
    if database is not None:
        condition = Condition.UNREADY
    told = Readiness(status=condition, database=database or "here", temporal=temporal or "here")
    return JSONResponse(told.model_dump(mode="json"), 503 if condition is Condition.UNREADY else 200)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=PlainTextResponse,
    responses=refusals(401, 403, 429),
    openapi_extra={"security": [{}, {"key": []}]},
)
async def metrics(request: Request, front: FrontDep) -> Response:
    """Tell what the doors answered, and what waits. From this machine, or with a key that has the scope `ops`."""
    if not _from_here(request):
        await _OPS(request)
    meters: Meters = request.app.state.meters
    told = generate_latest(meters.registry)
    try:
        told += generate_latest(_registry(await Gauges(front.store.database).read(front.clock())))
    except DatabaseUnreachable:
        told += generate_latest(_registry([Gauge("baton_database_away", "1: what waits cannot be read.", 1)]))
    return Response(told, media_type=CONTENT_TYPE_LATEST)


async def _database(front: Front) -> str | None:
    """Say why the database cannot be used; None when it can."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()), front.store.database.reading() as session:
            await session.exec(select(tables.Inbox.id).limit(1))
    except TimeoutError:
        return f"no answer in {PATIENCE.total_seconds():g} s"
    except DatabaseUnreachable as error:
        return "locked by others" if error.busy else "away"
    return None


async def _temporal(front: Front) -> str | None:
    """Say why Temporal cannot be used; None when it can."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            client = await front.line.client()
            await client.service_client.check_health(timeout=PATIENCE)
    except TimeoutError:
        return f"{connection()['target_host']}: no answer in {PATIENCE.total_seconds():g} s"
    except TemporalUnreachable as error:
        return f"{error.address}: cannot be reached"
    except RPCError as error:
        return f"{connection()['target_host']}: {error.status.name.lower()}"
    return None


def _from_here(request: Request) -> bool:
    """Say whether it was asked on this machine, and not by a proxy or a browser's page on it for somebody else."""
    if {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"} & set(request.headers):
        return False
    # The name counts, too: any name in the world may be said to be at 127.0.0.1.
    return request.client is not None and _is_here(request.client.host) and _is_here(request.url.hostname or "")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class _Known(Collector):
    """Numbers that were read already, as Prometheus takes them."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> Iterator[Metric]:
        """Give each name once, with all its labels."""
        families: dict[str, GaugeMetricFamily] = {}
        for gauge in self._gauges:
            if gauge.name not in families:
                families[gauge.name] = GaugeMetricFamily(gauge.name, gauge.help, labels=sorted(gauge.labels))
            families[gauge.name].add_metric([gauge.labels[label] for label in sorted(gauge.labels)], gauge.value)
        yield from families.values()


def _registry(gauges: Iterable[Gauge]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Known(gauges))
    return registry
