"""Reading what an HTTP provider sent back, distrustfully: status, headers, size, JSON, and each value.

Nothing here opens a connection. What is wrong is said without repeating any of the answer.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, Never

import httpx2

from adapters.enrichers.base import PermanentEnricherError
from adapters.enrichers.findings import (
    EnrichedField,
    Failed,
    Finding,
    Findings,
    Found,
    NothingKnown,
    read_value,
)


class Again(NamedTuple):
    """This attempt failed in a way that another may not; `asked` is the pause the provider asks for."""

    because: str
    asked: timedelta = timedelta(0)


def refusal(status: int) -> NothingKnown | Again | None:
    """Say what a status other than 200 means: unknown company, or try again; None for 200.

    Raises `PermanentEnricherError` for a status that asking again will not change.
    """
    if status == 200:
        return None
    if status in {204, 404, 410}:
        return NothingKnown(because=f"no such company ({status})")
    if status == 429:
        return Again("throttled (429)")
    if status == 202:
        return Again("has no answer yet (202)")
    if status in {408, 425} or status >= 500:
        return Again(f"in trouble ({status})")
    if status in {401, 402, 403}:
        raise PermanentEnricherError(f"refused our credentials ({status})")
    if 300 <= status < 400:
        raise PermanentEnricherError(f"redirected ({status}), and redirects are not followed")
    raise PermanentEnricherError(f"refused the question ({status})")


def delay_asked(headers: httpx2.Headers, now: datetime) -> timedelta:
    """Read `Retry-After`, seconds or a date; no delay when it is absent, past or unreadable.

    A date is taken relative to the provider's own `Date` where it sends one, since clocks differ.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    until = _http_date(text)
    if until is None:
        return timedelta(0)
    return max(until - (_http_date(headers.get("Date", "")) or now), timedelta(0))


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


async def bounded_body(response: httpx2.Response, max_bytes: int) -> bytes:
    """Read a JSON answer's body, `max_bytes` at most.

    Raises `PermanentEnricherError` when it is not declared as JSON, is compressed though we asked for plain
    bytes (a small bomb grows large), or is too long.
    """
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise PermanentEnricherError("answered with something else than JSON")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise PermanentEnricherError("sent a compressed answer, though asked for a plain one")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise PermanentEnricherError(f"answered with more than {max_bytes} bytes")
    return bytes(body)


def facts_in(body: bytes, paths: Mapping[EnrichedField, str], source: str, now: datetime) -> Findings:
    """Pick the mapped facts out of a JSON answer.

    A fact of the wrong type is left out with a note; when nothing usable is left the outcome is `Failed`.
    """
    answer = _parsed(body)
    findings, notes = [], []
    for field, path in paths.items():
        raw = _at(answer, path)
        if raw is None or raw in ("", []):
            continue
        try:
            findings.append(Finding(field=field, value=read_value(field, raw), source=source, fetched_at=now))
        except ValueError as error:
            notes.append(f"{field}: {error}")
    if findings:
        return Found(findings=tuple(findings), notes=tuple(notes))
    if notes:
        return Failed(because="answered with wrong values: " + "; ".join(notes), temporary=False)
    return NothingKnown(because="answered with none of the facts asked for")


def _parsed(body: bytes) -> dict[str, Any] | list[Any]:
    try:
        answer = json.loads(body, parse_constant=_no_such_number)
    except (ValueError, RecursionError):
        raise PermanentEnricherError("answered with broken JSON") from None
    if not isinstance(answer, dict | list):
        raise PermanentEnricherError("answered with JSON that is neither an object nor a list")
    return answer


def _no_such_number(text: str) -> Never:
    raise ValueError(f"{text} is not JSON")


def _at(node: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isascii() and step.isdigit() and int(step[:6]) < len(node):
            node = node[int(step[:6])]
        else:
            return None
    return node
