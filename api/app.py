"""The HTTP app, put together: every area's routes, one way to say no, one page that documents it all."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from api import (
    accounts,
    contacts,
    crm,
    docs,
    exports,
    health,
    hooks,
    imports,
    leads,
    messages,
    outcomes,
    pages,
    privacy,
    problems,
    reading,
    roster,
    routing,
    slack,
    tasks,
)
from api.console import areas as console
from api.console.stream import Streams
from api.console.viewing import lost
from api.document import describe
from api.doors import BodyLimit, Pace
from api.watch import Meters, Watch
from runtime.front import Front

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}

AREAS = (
    accounts,
    *(imports, leads, messages, outcomes, reading, hooks, pages, slack, roster, routing, tasks, exports),
    *(contacts, crm, privacy, health, docs),
    *console.AREAS,
)


def create_app(front: Front) -> FastAPI:
    """Make the app on top of what `open_front` gives; nothing is reached until a request needs it."""
    app = FastAPI(
        title="Baton", version="1", redirect_slashes=False, openapi_url="/openapi.json", docs_url=None, redoc_url=None
    )
    app.state.front, app.state.pace, app.state.meters, app.state.streams = front, Pace(), Meters(), Streams(front)
    for area in AREAS:
        app.router.routes.extend(area.router.routes)
    _close_shadows(app)
    problems.install(app, lost)
    app.add_middleware(BodyLimit)
    app.add_middleware(Watch)
    describe(app)
    return app


def _close_shadows(app: FastAPI) -> None:
    """Let `/v1/leads/import` have its own methods only: nothing there is about a lead of the id `import`."""
    routes = [route for route in app.router.routes if isinstance(route, Route)]
    patterns = [route.path_regex for route in routes if route.param_convertors]
    for path in {route.path for route in routes if not route.param_convertors}:
        if any(pattern.match(path) for pattern in patterns):
            own = {method for route in routes if route.path == path for method in route.methods or ()}
            app.router.routes.insert(0, Route(path, _closed, methods=sorted(METHODS - own), name=problems.CLOSED))


async def _closed(_request: Request) -> Response:
    raise HTTPException(405)
