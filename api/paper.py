"""What pages for people are written on: templates that escape everything, one style, and headers that keep it private.

Nothing is fetched from elsewhere and no script runs. This room refuses to know what a page says.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""What every page is sent with: nobody keeps it, frames it, or learns its address from where it leads."""


class Untellable(Exception):
    """There is no page behind this; carries the one that says so."""

    def __init__(self, status: int, heading: str, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(heading)
        self.status, self.heading, self.sentence, self.headers = status, heading, sentence, dict(headers or {})

    def response(self) -> Response:
        """Give the page that says so."""
        told = paper("told.html", self.status, heading=self.heading, sentence=self.sentence)
        told.headers.update(self.headers)
        return told


def paper(template: str, status: int, **values: Any) -> Response:
    """Write a page from a template; `values` are text, and never markup."""
    text = _templates().get_template(template).render(style=stylesheet()[1], **values)
    return HTMLResponse(text, status, HEADERS)


@lru_cache(maxsize=1)
def stylesheet() -> tuple[bytes, str]:
    """Give the pages' style, and a word that changes with it."""
    content = (HERE / "static" / "page.css").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
