"""The same said to many leads, a few at a time, beside everything else; each has its own answer.

Under a key of its own for each lead, so that saying it again changes nothing. This room refuses to choose leads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from db.engine import DatabaseUnreachable
from db.tables.words import ActOutcome
from models.base import Refused
from runtime.beside import Beside
from runtime.talking.answers import NoSuchLead
from runtime.talking.saying import Speaker

log = structlog.stdlib.get_logger("baton.bulk")

MOST = 1000
"""Leads that something is said to at once."""

TOGETHER = 6
"""Leads that are spoken to at the same time: a bulk action leaves the doors their share."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is said: a message's name and fields, and under which key to each lead."""

    speaker: Speaker
    name: str
    fields: Mapping[str, Any]
    key: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it for one lead."""

    outcome: ActOutcome
    because: str


Noted = Callable[[str, Said], Awaitable[object]]
"""Keeps what came of it for one lead."""


class Bulks:
    """Runs under way in this process, each under its name."""

    def __init__(self) -> None:
        self._running: set[str] = set()

    def runs(self, name: str) -> bool:
        """Say whether a run of this name is under way here."""
        return name in self._running

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], beside: Beside) -> bool:
        """Start a run, unless one of this name is under way; say whether it was started."""
        if name in self._running:
            return False
        self._running.add(name)

        async def run() -> None:
            try:
                await work()
            finally:
                self._running.discard(name)

        beside.start(run())
        return True


async def say_to_all(bulk: Bulk, leads: Sequence[str], noted: Noted) -> None:
    """Say it to each lead and note each answer, in their order. Ends early where the database goes away.

    Who was not reached is not noted: saying it again reaches them.
    """
    ahead = iter(leads)
    workers = [_work(bulk, ahead, noted) for _ in range(min(TOGETHER, len(leads)))]
    try:
        async with asyncio.TaskGroup() as group:
            for work in workers:
                group.create_task(work)
    except* DatabaseUnreachable as away:
        # Nothing can be noted either; the page tells that these leads have not been reached, and offers to go on.
        log.warning("bulk_stopped", what=bulk.name, because=str(away.exceptions[0]))


async def _work(bulk: Bulk, ahead: Iterator[str], noted: Noted) -> None:
    for lead_id in ahead:
        await noted(lead_id, await _say(bulk, lead_id))


async def _say(bulk: Bulk, lead_id: str) -> Said:
    """Say it to one lead. Raises `DatabaseUnreachable`."""
    try:
        answer = await bulk.speaker.say(bulk.name, lead_id, {**bulk.fields, "key": bulk.key(lead_id)})
    except NoSuchLead as nobody:
        return Said(ActOutcome.REFUSED, str(nobody))
    except Refused as refused:
        wrong = "; ".join(f"{one.field}: {one.what}" if one.field else one.what for one in refused.problems)
        return Said(ActOutcome.REFUSED, wrong)
    return Said(ActOutcome(answer.outcome.value), answer.document["because"])
