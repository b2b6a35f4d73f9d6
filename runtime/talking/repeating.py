"""Saying the same once: a request that is repeated under its key gets its first answer, and another one is refused.

The lead itself knows repeats of a message by its key; this goes further: it holds long after the workflow ended, and
tells a key that stands for something else.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from db.answered import Answered
from db.door import Asked, KeyReused
from db.engine import DatabaseUnreachable
from runtime.intake.door import check_key, key_reused
from runtime.talking.answers import Answer, Outcome

log = structlog.stdlib.get_logger("baton.talking")


async def once(
    answered: Answered,
    asked: Asked | None,
    lead_id: str,
    say: Callable[..., Awaitable[Answer]],
    *,
    now: datetime,
) -> Answer:
    """Say something, or give the answer that the same request got before; without `asked` it is always said.

    `say` is told by `left` whether the same was left for the lead before: then its verdict is asked for, and a tool
    that goes on asking for hours while no worker runs leaves it no second time. Raises `Refused` for a key that stands
    for another request, and what `say` raises.
    """
    first = await answered_before(answered, asked, lead_id, now=now)
    left = first is not None and first["verdict"] == Outcome.RECORDED
    if first is not None and not left:
        document = {**first, "repeat": True}
        return Answer(Outcome(document["verdict"]), str(document["because"]), document)
    answer = await say(left=left)
    if asked is not None and (answer.outcome is not Outcome.RECORDED or answer.left):
        try:
            await answered.keep(asked, answer.document)
        except DatabaseUnreachable as error:  # what was said stands, and by its key the lead knows a repeat
            log.warning("answer_not_kept", lead_id=lead_id, because=str(error))
    return answer


async def answered_before(
    answered: Answered, asked: Asked | None, lead_id: str, *, now: datetime
) -> dict[str, Any] | None:
    """Give the answer that a request got before, if any: the verdict, or that it was left.

    Raises `Refused` for a key of another request.
    """
    if asked is None:
        return None
    try:
        return await answered.first(asked, lead_id, at=now)
    except KeyReused:
        raise key_reused() from None


def asked_for(caller_scope: str, lead_id: str, name: str, key: str | None, said: Mapping[str, Any]) -> Asked | None:
    """Name a request by its sender, lead, message and key; None without a key. Raises `Refused` for what is no key."""
    if key is None:
        return None
    content = hashlib.sha256(json.dumps([name, said], sort_keys=True).encode()).hexdigest()
    return Asked(f"{caller_scope} {lead_id} {name}", check_key(key), content)
