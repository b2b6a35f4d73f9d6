"""What the console's pages are written on: templates that escape everything, headers, files.

Scripts are our own files and run nothing that came with data; no page asks another house for anything.
"""

import hashlib
import mimetypes
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import paper as links
from api.console import words

HERE = Path(__file__).parent
STATIC = HERE / "static"

HEADERS = links.HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
"""What every page of the console is sent with."""


def written(template: str, status: int = 200, **values: Any) -> Response:
    """Write a page, or a part of one, from a template; `values` are text, and never markup."""
    return HTMLResponse(environment().get_template(template).render(**values), status, HEADERS)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Give the templates, with the words and shapes that all of them share."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    made.globals["static"] = static_url
    made.filters |= words.FILTERS
    return made


@cache
def static_url(name: str) -> str:
    """Give the address of a file of ours; it changes with the file. Raises `FileNotFoundError`."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/console/{name}?{digest}"


@cache
def static_file(name: str) -> tuple[bytes, str] | None:
    """Give a file of ours and its media type; None when there is none of this name."""
    path = STATIC / name
    if ".." in Path(name).parts or not path.is_file() or path.suffix not in (".css", ".js", ".svg"):
        return None
    return path.read_bytes(), mimetypes.guess_type(name)[0] or "application/octet-stream"
