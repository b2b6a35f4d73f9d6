"""The HTTP app, put together: every area's routes, one way to say no, one page that documents it all."""

from fastapi import FastAPI

from api import docs, health, hooks, imports, leads, messages, pages, privacy, problems, reading, roster, slack, tasks
from api.document import describe
from api.doors import BodyLimit, Pace
from api.watch import Meters, Watch
from runtime.front import Front

AREAS = (imports, leads, messages, reading, hooks, pages, slack, roster, tasks, privacy, health, docs)


def create_app(front: Front) -> FastAPI:
    """Make the app on top of what `open_front` gives; nothing is reached until a request needs it."""
    app = FastAPI(
        title="Baton", version="1", redirect_slashes=False, openapi_url="/openapi.json", docs_url=None, redoc_url=None
    )
    app.state.front, app.state.pace, app.state.meters = front, Pace(), Meters()
    for area in AREAS:
        app.router.routes.extend(area.router.routes)
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Watch)
    describe(app)
    return app
