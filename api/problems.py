"""What the doors answer when it is no: RFC 9457 problem documents that name the field, and never what was sent.

Every exception that may leave a route has its document here; what nobody expected is a 500 without details.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from db.engine import DatabaseUnreachable
from db.upgrade import SchemaUnknown
from models.base import LONGEST_FIELD, LONGEST_TEXT, MOST_PROBLEMS, Refused
from runtime.client import TemporalUnreachable

MEDIA_TYPE = "application/problem+json"
CLOSED = "closed"
"""The name of routes that only say which methods a path has not."""

RETRY_AFTER = 2
"""Seconds after which it is worth asking again when something that we need is away."""

_WORDS = {"missing": "is required", "extra_forbidden": "is not a known field"}


class Problem(Exception):
    """The answer is no. `type` is one word of ours (`too_late`), `errors` name fields, `more` joins the document."""

    def __init__(
        self,
        status: int,
        type: str,  # noqa: A002 - the member's name in RFC 9457
        title: str,
        detail: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(title)
        self.status, self.headers = status, dict(headers or {})
        self.document: dict[str, Any] = {"type": f"urn:baton:{type}", "title": title, "status": status}
        if detail:
            self.document["detail"] = detail
        if errors:
            self.document["errors"] = [dict(error) for error in errors]
        self.document |= more

    def response(self) -> JSONResponse:
        """Give the document as an answer."""
        return JSONResponse(self.document, self.status, self.headers, media_type=MEDIA_TYPE)


def unreadable(errors: Sequence[Mapping[str, str]], detail: str = "") -> Problem:
    """Say which fields are wrong: 422."""
    return Problem(422, "unreadable", "What was sent cannot be taken", detail or _sentence(errors), errors)


def refused(error: Refused) -> Problem:
    """Say what did not parse: 422, with a field for each complaint."""
    return unreadable([{"field": one.field, "what": one.what} for one in error.problems])


def nothing_here(what: str) -> Problem:
    """Say that there is no such thing: 404. `what` is a sentence like `there is no lead abc`."""
    return Problem(404, "unknown", "There is no such thing", what)


def database_away() -> Problem:
    """Say that nothing can be taken or looked up now: 503."""
    headers = {"Retry-After": str(RETRY_AFTER)}
    detail = "The database cannot be reached. Nothing was kept; ask again."
    return Problem(503, "unavailable", "Not now", detail, headers=headers)


def temporal_away() -> Problem:
    """Say that this needs Temporal, which is away: 503."""
    headers = {"Retry-After": str(RETRY_AFTER)}
    return Problem(503, "unavailable", "Not now", "Temporal cannot be reached; ask again.", headers=headers)


def of_status(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Problem:
    """Say what HTTP itself has a word for (405, 413, 415 and so on)."""
    title = HTTPStatus(status).phrase
    return Problem(status, title.lower().replace(" ", "_").replace("-", "_"), title, detail, headers=headers)


def unexpected() -> Problem:
    """Say that we failed: 500, and nothing about how."""
    return Problem(500, "failed", "Something went wrong on our side", "It was noted. Ask again with the same key.")


_HINTS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "There is no such path. /docs shows those that there are.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path has other methods; `Allow` names them.",
}
"""What to do, where the framework only gives a number."""


Lost = Callable[[Request], Awaitable[Response]]
"""Writes the page for people who follow an address that leads nowhere."""


def install(app: FastAPI, lost: Lost) -> None:
    """Let every exception of a route become its document; a browser that is lost gets a page instead."""

    async def from_problem(_request: Request, error: Exception) -> JSONResponse:
        return cast(Problem, error).response()

    async def from_refused(_request: Request, error: Exception) -> JSONResponse:
        return refused(cast(Refused, error)).response()

    async def from_validation(_request: Request, error: Exception) -> JSONResponse:
        return unreadable(_fields_of(cast(RequestValidationError, error))).response()

    async def from_http(request: Request, error: Exception) -> Response:
        http = cast(HTTPException, error)
        missed = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)  # of a form, whose address was opened as a page
        if http.status_code in missed and _for_people(request):
            return await lost(request)
        headers = dict(http.headers or {})
        if http.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(sorted(allowed_methods(request)))
        if http.status_code == HTTPStatus.BAD_REQUEST:  # the framework's word for a body that it could not decode
            return unreadable([{"field": "", "what": "cannot be decoded"}]).response()
        phrase = HTTPStatus(http.status_code).phrase
        detail = _HINTS.get(http.status_code, "") if http.detail == phrase else str(http.detail)
        return of_status(http.status_code, detail, headers).response()

    async def from_database(_request: Request, _error: Exception) -> JSONResponse:
        return database_away().response()

    async def from_temporal(_request: Request, _error: Exception) -> JSONResponse:
        return temporal_away().response()

    app.add_exception_handler(Problem, from_problem)
    app.add_exception_handler(Refused, from_refused)
    app.add_exception_handler(RequestValidationError, from_validation)
    app.add_exception_handler(HTTPException, from_http)
    app.add_exception_handler(DatabaseUnreachable, from_database)
    app.add_exception_handler(SchemaUnknown, from_database)
    app.add_exception_handler(TemporalUnreachable, from_temporal)


def _for_people(request: Request) -> bool:
    """Say whether a browser asks for a page, and not a tool for a document."""
    wants = request.headers.get("accept", "").partition(",")[0]
    return request.method == "GET" and wants == "text/html" and not request.url.path.startswith("/v1/")


def allowed_methods(request: Request) -> set[str]:
    """Say which methods this path has, over all routes: the first that matches knows only its own."""
    path, found, exactly = request.url.path, set[str](), set[str]()
    for route in request.app.routes:
        regex, methods = getattr(route, "path_regex", None), getattr(route, "methods", None)
        if regex is None or not methods or route.name == CLOSED:
            continue
        if route.path == path:
            exactly |= set(methods)
        elif regex.match(path):
            found |= set(methods)
    return exactly or found


def _fields_of(error: RequestValidationError) -> list[dict[str, str]]:
    """Name each wrong field as its sender wrote it, without what they wrote there."""
    fields = []
    for detail in error.errors()[:MOST_PROBLEMS]:
        place = [str(part) for part in detail["loc"]]
        if place[:1] in (["body"], ["query"], ["path"], ["header"]):
            place = place[1:]
        if isinstance(inner := detail.get("ctx", {}).get("error"), Refused):
            fields += [{"field": one.field, "what": one.what} for one in inner.problems]
            continue
        if detail["type"] == "json_invalid":
            fields.append({"field": "", "what": f"is not JSON: {detail['ctx']['error']} at {detail['loc'][-1]}"})
            continue
        what = _WORDS.get(detail["type"]) or str(detail["msg"]).removeprefix("Value error, ")
        fields.append({"field": ".".join(place)[:LONGEST_FIELD], "what": what[:LONGEST_TEXT]})
    return fields


def _sentence(errors: Sequence[Mapping[str, str]]) -> str:
    return "; ".join(f"{error['field']}: {error['what']}" if error["field"] else error["what"] for error in errors[:3])
