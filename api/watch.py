"""Every request seen from outside: counted, timed, and, when it fails as nobody expected, noted without its data.

Paths are told as their route's pattern: what strangers type is neither a label nor in a log.
"""

from time import monotonic
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems

log = structlog.stdlib.get_logger("baton.doors")

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """What the doors count, each app for itself."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter(
            "baton_http_requests", "Requests answered.", (*labels, "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "baton_http_request_seconds", "Time until the answer.", labels, buckets=BUCKETS, registry=self.registry
        )


class Watch:
    """Count, time, and turn what nobody expected into a 500 that says nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and look what comes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = monotonic(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        except Exception as error:  # noqa: BLE001 - the last place: it is told, and the client gets an answer
            failed(scope, error)
            if status == 0:
                await problems.unexpected().response()(scope, receive, seen)
        finally:
            _count(scope, status, monotonic() - began)


def failed(scope: Scope, error: Exception) -> None:
    """Tell of what nobody expected: its type and its place; the message may quote what was sent."""
    log.error("request_failed", route=_route(scope), error=type(error).__name__, where=_places(error))


def _count(scope: Scope, status: int, seconds: float) -> None:
    app: FastAPI = scope["app"]
    meters: Meters = app.state.meters
    method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") else "other"
    route = _route(scope)
    meters.requests.labels(method, route, str(status)).inc()
    meters.seconds.labels(method, route).observe(seconds)


def _route(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path_format", "none")


def _places(error: BaseException) -> list[str]:
    """Tell where it went wrong, innermost last: files and lines, none of their values."""
    places, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return places[-8:]
