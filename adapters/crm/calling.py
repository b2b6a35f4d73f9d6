"""Requests to a CRM's API, and what it takes of a record: a field that it refuses is left out and said, not the lead.

Refuses to judge vendors' words, to retry what may be told later, and to put anything personal in an error.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx2

from adapters.channels.base import PermanentFailure, TemporaryFailure
from adapters.channels.posting import Poster, Reply
from adapters.crm.base import CrmAway, CrmRefused, CrmTask, LeadState, Taken, Value

LATER = timedelta(minutes=10)
"""A field that the CRM does not have is told of again after this: somebody may have made it."""

_ANSWERS = 1_048_576
_MIGRATING = 477
"""What HubSpot answers while it moves an account to another data centre, with a wish to be left alone."""

_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.LOCKED, HTTPStatus.TOO_EARLY, _MIGRATING})


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a CRM did not like: fields that it will not take as they are, or does not have (`unknown`)."""

    fields: frozenset[str] = frozenset()
    unknown: bool = False
    says: str = ""


class Caller:
    """Ask an API at `base`; `clock` returns the aware instant, `timeout` bounds each exchange."""

    def __init__(
        self,
        base: str,
        *,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = base.rstrip("/")
        self._poster = Poster(clock=clock, timeout=timeout, transport=transport, answer_limit=_ANSWERS)

    async def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request with a JSON document, or the text of a form. Raises CrmAway where no answer comes."""
        raw = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        try:
            return await self._poster.ask(method, self._base + path, raw, headers or {})
        except TemporaryFailure as failure:
            raise CrmAway(failure.detail, failure.retry_after) from None
        except PermanentFailure as failure:
            raise CrmAway(failure.detail, misset=True) from None

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._poster.aclose()


def away_by_status(reply: Reply) -> CrmAway | None:
    """Say whether, by the status alone, nothing is taken from anybody now."""
    detail = f"answered {reply.status}"
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return CrmAway(f"{detail}: too many requests", reply.retry_after)
    if reply.status >= 500 or reply.status in _NOT_NOW:
        return CrmAway(detail, reply.retry_after)
    if 300 <= reply.status < 400 and reply.status != HTTPStatus.MULTIPLE_CHOICES:
        return CrmAway(f"{detail}: redirects are not followed, enter the final address", misset=True)
    return None


def content_of(reply: Reply) -> Any:
    """Read the JSON of an answer; None where there is none."""
    try:
        return json.loads(reply.text)
    except (ValueError, RecursionError):
        return None


def said(value: Value) -> str | float | None:
    """Write a value as both CRMs take it: instants as ISO 8601 in UTC with milliseconds."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


@dataclass(slots=True)
class Fields:
    """One record's fields on their way out; what is refused is left out, unless the record needs it (`kept`)."""

    values: dict[str, Any]
    kept: Collection[str] = ()
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, wrong: Wrong) -> bool:
        """Take out what is wrong; say whether there is anything left to try again with."""
        bad = sorted(name for name in wrong.fields if name in self.values and name not in self.kept)
        for name in bad:
            del self.values[name]
            self.left_out.append(f"{name} ({wrong.says or 'refused'})")
        return bool(bad)


class Missing:
    """Which fields the CRM does not have, as it said a while ago."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], datetime] = {}

    def note(self, kind: str, names: Collection[str]) -> None:
        """Note that records of a kind have no such fields."""
        until = self._clock() + LATER
        self._until.update({(kind, name): until for name in names})

    def without(self, kind: str, values: Mapping[str, Any], kept: Collection[str]) -> Fields:
        """Begin a record without the fields that there are not."""
        now = self._clock()
        gone = sorted(name for name in values if name not in kept and self._until.get((kind, name), now) > now)
        there = {name: value for name, value in values.items() if name not in gone}
        return Fields(there, kept, [f"{name} (there is no such field)" for name in gone])


async def written(
    fields: Fields, missing: Missing, kind: str, send: Callable[[dict[str, Any]], Awaitable[str | Wrong]]
) -> str:
    """Send a record until it is taken, each time without what was refused; give its id. Raises CrmRefused."""
    while True:
        sent = await send(fields.values)
        if isinstance(sent, str):
            return sent
        if sent.unknown:
            missing.note(kind, sent.fields & fields.values.keys())
        if not fields.leave_out(sent):
            about = f" ({', '.join(sorted(sent.fields))})" if sent.fields else ""
            raise CrmRefused(f"{sent.says or 'refused'}{about}")


class Vendor(ABC):
    """What both CRMs share: a caller, and fields that are known to be missing."""

    def __init__(self, caller: Caller, clock: Callable[[], datetime]) -> None:
        self._caller, self._missing = caller, Missing(clock)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._caller.aclose()

    @abstractmethod
    async def _ask(self, method: str, path: str, body: Any = None) -> Reply:
        """Ask with the right to; raises CrmAway where nothing is taken from anybody."""

    @abstractmethod
    async def _task(self, task: CrmTask, record_id: str) -> tuple[str, list[str]]:
        """Bring one task of a record to its state; give its id and what was left out. Raises CrmAway and CrmRefused."""

    async def _with_tasks(self, state: LeadState, record_id: str, left_out: list[str]) -> Taken:
        """Bring the tasks of a record that was told to their state; one that is refused is said, for itself."""
        tasks = {}
        for task in state.tasks:
            try:
                tasks[task.key], without = await self._task(task, record_id)
                left_out += without
            except CrmRefused as refused:
                left_out.append(f"task {task.key}: {refused.detail}")
        return Taken(record_id, tasks, tuple(left_out))
