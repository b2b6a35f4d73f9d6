"""Webhooks as they came, searched for a person who is to be erased: what led to their lead, and what only names them.

A payload that could not be mapped belongs to no lead; it is found by the person's address or number in it. This room
refuses to change anything.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import Text, cast, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db import tables

_PAGE = 200
"""Payloads that are looked at in one go: each may be a megabyte."""

_SHORTEST_MARK = 5
"""Characters below which a text is no address and no number, and would be found everywhere."""


def marks_of(*documents: Any) -> frozenset[str]:
    """Give by which words somebody is recognised in any payload: addresses and numbers, as they came and as we keep."""
    found = set()
    for document in documents:
        for name in ("email", "phone"):
            value = document.get(name) if isinstance(document, dict) else None
            if isinstance(value, str) and len(value.strip()) >= _SHORTEST_MARK:
                found.add(value.strip().lower())
    return frozenset(found)


def readable(raw: str) -> Any:
    """Read what came as JSON, or give None: whoever sent it may have sent anything."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


async def about(session: AsyncSession, lead_ids: Collection[str], marks: Collection[str]) -> tuple[int, ...]:
    """List the ids of the webhooks that led to one of these leads, or that name the person."""
    table = tables.HookDelivery
    results = cast(col(table.results), Text)
    led = select(table.id).where(or_(*(results.contains(f'"{one}"', autoescape=True) for one in lead_ids)))
    found = {one for one in (await session.exec(led)).all() if one is not None}
    last = 0
    while marks:
        page = select(table.id, table.raw).where(col(table.id) > last).order_by(col(table.id)).limit(_PAGE)
        rows = (await session.exec(page)).all()
        if not rows:
            break
        found |= {one for one, raw in rows if one is not None and names(raw, marks)}
        last = rows[-1][0] or last
    return tuple(sorted(found))


def names(raw: bytes, marks: Iterable[str]) -> bool:
    """Say whether a payload names somebody, in JSON or in a form, in whatever case."""
    text = raw.decode("utf-8", "replace").lower()
    plain = unquote_plus(text)
    document = readable(text)
    told = "" if document is None else json.dumps(document, ensure_ascii=False)
    return any(mark in where for mark in marks for where in (text, plain, told))
