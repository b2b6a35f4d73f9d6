"""A provider asked once per company: answers are kept, "nothing known" less long, failures never.

Where they are kept is somebody else's (`CacheStore`); a store in trouble costs a question, never an answer.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import Field, ValidationError

from adapters.enrichers.base import Enricher, Wrapper
from adapters.enrichers.findings import Failed, Findings, Found, NothingKnown, Query
from models.base import Inside, Instant


class CacheStore(Protocol):
    """A place for texts under keys. Keys hold no names (a digest does), values hold company facts."""

    async def get(self, key: str) -> str | None:
        """Return what was put under `key`, or None; the store may forget at any time."""

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep `value` under `key`, replacing what is there; after `expires_at` it may be thrown away."""


class MemoryCacheStore:
    """A cache in memory that forgets its oldest entries past `capacity`: for tests and single runs."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._kept: dict[str, str] = {}
        self._capacity = capacity

    async def get(self, key: str) -> str | None:
        """Return what was put under `key`, or None."""
        return self._kept.get(key)

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:  # noqa: ARG002 - the seam
        """Keep `value` under `key`."""
        self._kept.pop(key, None)
        self._kept[key] = value
        while len(self._kept) > self._capacity:
            del self._kept[next(iter(self._kept))]


class _Entry(Inside):
    answer: Found | NothingKnown = Field(discriminator="kind")
    stored_at: Instant


class CachedEnricher(Wrapper):
    """Put a cache before `inner`: same name, same answers, asked again when older than `max_age`.

    `negative_max_age` is how long "nothing known" is believed; it is the shorter one. Findings keep the
    instant at which they were really fetched, and say `cached`. Raises ValueError for ages that are not positive or
    the wrong way round.
    """

    def __init__(
        self,
        inner: Enricher,
        store: CacheStore,
        max_age: timedelta = timedelta(days=30),
        negative_max_age: timedelta = timedelta(days=1),
    ) -> None:
        if not timedelta(0) < negative_max_age <= max_age:
            raise ValueError("needs 0 < negative_max_age <= max_age")
        super().__init__(inner)
        self._store = store
        self._max_age = max_age
        self._negative_max_age = negative_max_age

    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        key = self._key(query)
        kept, note = await self._kept(key, now)
        if kept is not None:
            return kept.model_copy(update={"cached": True})
        answer = await self._inner.find(query, now=now, budget=budget)
        notes: tuple[str, ...] = (note,) if note else ()
        if not isinstance(answer, Failed):
            notes += await self._keep(key, answer, now)
        return answer.model_copy(update={"notes": answer.notes + notes}) if notes else answer

    def _key(self, query: Query) -> str:
        """Name a question by what the provider is asked with: a company is one, however its people write its name."""
        asked = Query(domain=query.domain or query.email_domain) if self.needs_domain and query.domains else query
        return f"enrichment:{self.name}:{hashlib.sha256(asked.model_dump_json().encode()).hexdigest()}"

    def _age_allowed(self, answer: Found | NothingKnown) -> timedelta:
        return self._max_age if isinstance(answer, Found) else self._negative_max_age

    async def _kept(self, key: str, now: datetime) -> tuple[Found | NothingKnown | None, str | None]:
        """Fetch the fresh answer under `key`, if any, and a note when the store was no help."""
        try:
            text = await self._store.get(key)
        except Exception as error:  # noqa: BLE001 - any store may break in its own way; the note says how
            return None, f"cache not read ({type(error).__name__})"
        if text is None:
            return None, None
        try:
            entry = _Entry.model_validate_json(text)
        except ValidationError:
            return None, "cache entry not understood"
        if now - entry.stored_at > self._age_allowed(entry.answer):
            return None, None
        return entry.answer, None

    async def _keep(self, key: str, answer: Found | NothingKnown, now: datetime) -> tuple[str, ...]:
        entry = _Entry(answer=answer, stored_at=now)
        try:
            await self._store.put(key, entry.model_dump_json(), expires_at=now + self._age_allowed(answer))
        except Exception as error:  # noqa: BLE001 - as above
            return (f"cache not written ({type(error).__name__})",)
        return ()
