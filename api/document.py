"""The OpenAPI document: what the routes say of themselves, and what every one of them may answer besides.

Refusals are problem documents everywhere; a route that needs a key says so; one with a body may be refused for it.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.doors import DoorRoute
from api.problems import MEDIA_TYPE

ABOUT = """Pass sales leads on like a baton: at every instant exactly one person holds each.

Every tool has a key of its own (`starter.py keys create`), sent as `Authorization: Bearer bt_...`, and the key has
scopes. What is acknowledged is committed. A repeat under the same `Idempotency-Key` changes nothing and gets the first
answer. Instants are RFC 3339 with an offset; refusals are problem documents (RFC 9457) that name the field."""

_TEXT: dict[str, Any] = {"type": "string"}
_FIELD = {
    "type": "object",
    "title": "FieldProblem",
    "required": ["field", "what"],
    "properties": {
        "field": _TEXT | {"description": "where, as its sender wrote it: `company.domain`; empty: the whole"},
        "what": _TEXT | {"description": "what is wrong, or would be right"},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status"],
    "properties": {
        "type": _TEXT | {"description": "one of ours, `urn:baton:...`"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": _FIELD},
    },
    "example": {
        "type": "urn:baton:unreadable",
        "title": "What was sent cannot be taken",
        "status": 422,
        "detail": "email: is not an e-mail address",
        "errors": [{"field": "email", "what": "is not an e-mail address"}],
    },
}
SAYS = {
    401: "No key, or none of ours",
    403: "The key may not do that",
    404: "There is no such thing",
    409: "Too late, or not now: the state says why",
    413: "The body is too large",
    415: "The body is not of a type that is taken",
    422: "What was sent cannot be taken; each wrong field is named",
    429: "Too many requests of this key, or from this address; Retry-After says when to come again",
    503: "The database, or Temporal where it is needed, is away; Retry-After says when to come again",
}


def refusals(*statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """Say in a route's `responses=` which refusals of its own it has: `responses=refusals(404, 409)`.

    What every route of its kind may answer (401, 403, 413, 415, 422, 429, 503) is added by itself.
    """
    return {status: _refusal(status) | more for status in statuses}


def describe(app: FastAPI) -> None:
    """Let the app document itself."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way of changing the document


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title="Baton", version=app.version, description=ABOUT, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "bt_<id>_<secret>"}}
    for route in app.routes:
        if isinstance(route, DoorRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _complete(operation: dict[str, Any], route: DoorRoute) -> None:
    """Add what every operation of its kind may answer."""
    answers = operation.setdefault("responses", {})
    # A clash here is FastAPI's own description of 422, which is not what we answer.
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    statuses = {503}
    if route.guard is not None:
        operation["security"] = [{"key": []}]
        scopes = " or ".join(f"`{scope}`" for scope in route.guard.scopes)
        operation["description"] = f"{operation.get('description', '')}\n\nScope: {scopes}".strip()
        statuses |= {401, 403, 422, 429}
    if "requestBody" in operation:
        statuses |= {413, 422}
        if route.takes_json:
            statuses.add(415)
    if operation.get("parameters"):
        statuses.add(422)
    for status in sorted(statuses):
        answers.setdefault(str(status), _refusal(status))


def _refusal(status: int) -> dict[str, Any]:
    return {
        "description": SAYS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
