"""The page for people who write to the doors: every operation of the OpenAPI document, without a script."""

import json
from functools import lru_cache
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from api.doors import door
from api.paper import HERE, paper

router = door("operations")


@router.get(
    "/docs",
    summary="The documentation of these doors, for people",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def show_docs(request: Request) -> Response:
    """Lay the OpenAPI document out; tools read it from `/openapi.json`."""
    document: dict[str, Any] = request.app.openapi()
    areas: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            areas.setdefault(tag, []).append(_laid_out(path, method, operation))
    schemas = {name: json.dumps(schema, indent=2) for name, schema in sorted(document["components"]["schemas"].items())}
    paragraphs = document["info"]["description"].split("\n\n")
    return paper("docs.html", 200, areas=areas, schemas=schemas, paragraphs=paragraphs)


@router.get("/static/docs.css", include_in_schema=False)
async def show_style() -> Response:
    """Give the page's style."""
    return Response(_style(), media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


@lru_cache(maxsize=1)
def _style() -> bytes:
    return (HERE / "static" / "docs.css").read_bytes()


def _laid_out(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    bodies = operation.get("requestBody", {}).get("content", {})
    return {
        "name": operation.get("operationId", ""),
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "paragraphs": [one for one in operation.get("description", "").split("\n\n") if one],
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "bodies": {media: _name_of(content.get("schema", {})) for media, content in bodies.items()},
        "examples": [json.dumps(one, indent=2) for one in _examples_of(bodies)],
        "answers": {status: answer.get("description", "") for status, answer in operation["responses"].items()},
    }


def _parameter(one: dict[str, Any]) -> dict[str, str]:
    where = f"{one['in']}{', required' if one.get('required') else ''}"
    return {"name": one["name"], "where": where, "says": one.get("description", "")}


def _name_of(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("title", schema.get("type", "")))


def _examples_of(bodies: dict[str, Any]) -> list[Any]:
    found = []
    for content in bodies.values():
        found += [one["value"] for one in content.get("examples", {}).values() if "value" in one]
        if "example" in content:
            found.append(content["example"])
    return found
