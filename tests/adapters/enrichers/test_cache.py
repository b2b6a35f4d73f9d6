"""The cache asks once per company, believes "nothing known" for less long, and never stands in the way."""

from datetime import datetime, timedelta

import pytest

from adapters.enrichers.base import TemporaryEnricherError
from adapters.enrichers.cache import CachedEnricher, MemoryCacheStore
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.findings import EnrichedField, Failed, Found, NothingKnown, Query
from tests.adapters.enrichers.sample import BUDGET, NOW

ASK = Query(domain="acme.example")
DAY = timedelta(days=1)


class BrokenStore:
    """A store whose database is gone."""

    async def get(self, key: str) -> str | None:
        """Break."""
        raise ConnectionError(key)

    async def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Break."""
        raise ConnectionError(key, value, expires_at)


class GarbledStore(MemoryCacheStore):
    """A store that gives back what an older release might have written."""

    async def get(self, key: str) -> str | None:
        """Garble."""
        return '{"answer": 1}' if await super().get(key) else None


def _fake() -> FakeEnricher:
    return FakeEnricher({"acme.example": {EnrichedField.NAME: "Acme"}})


async def test_the_second_question_is_answered_from_the_cache() -> None:
    """The provider is asked once; the fact keeps the instant at which it was really fetched."""
    fake = _fake()
    cached = CachedEnricher(fake, MemoryCacheStore())
    first = await cached.find(ASK, now=NOW, budget=BUDGET)
    later = await cached.find(ASK, now=NOW + 29 * DAY, budget=BUDGET)
    assert isinstance(first, Found)
    assert first.model_copy(update={"cached": True}) == later
    assert [ASK] == fake.asked


@pytest.mark.parametrize(
    ("query", "age", "asked"),
    [
        (ASK, 30 * DAY, 1),
        (ASK, 30 * DAY + timedelta(microseconds=1), 2),
        (Query(domain="nobody.example"), DAY, 1),
        (Query(domain="nobody.example"), DAY + timedelta(microseconds=1), 2),
    ],
)
async def test_an_answer_grows_old(query: Query, age: timedelta, asked: int) -> None:
    """Facts are believed for 30 days, not knowing for one, and then asked for again (R43)."""
    fake = _fake()
    cached = CachedEnricher(fake, MemoryCacheStore(), max_age=30 * DAY, negative_max_age=DAY)
    await cached.find(query, now=NOW, budget=BUDGET)
    await cached.find(query, now=NOW + age, budget=BUDGET)
    assert asked == len(fake.asked)


@pytest.mark.parametrize(("needs_domain", "asked"), [(True, 1), (False, 3)])
async def test_one_that_is_asked_by_domain_is_asked_once_per_domain(needs_domain: bool, asked: int) -> None:
    """Three people of one company write its name in three ways: that is paid for once."""
    fake = _fake()
    fake.needs_domain = needs_domain
    cached = CachedEnricher(fake, MemoryCacheStore())
    for query in (ASK, Query(domain="acme.example", company_name="ACME"), Query(email_domain="acme.example")):
        assert isinstance(await cached.find(query, now=NOW, budget=BUDGET), Found)
    assert asked == len(fake.asked)


async def test_a_failure_is_not_kept() -> None:
    """Once the provider is back, its answer counts."""
    fake = _fake()
    cached = CachedEnricher(fake, MemoryCacheStore())
    fake.trouble = TemporaryEnricherError("down")
    assert Failed(because="down", temporary=True) == await cached.find(ASK, now=NOW, budget=BUDGET)
    fake.trouble = None
    assert isinstance(await cached.find(ASK, now=NOW, budget=BUDGET), Found)


async def test_other_questions_and_other_providers_have_other_answers() -> None:
    """One store serves several providers and companies without mixing them up."""
    store = MemoryCacheStore()
    knowing, ignorant = CachedEnricher(_fake(), store), CachedEnricher(FakeEnricher(name="other"), store)
    assert isinstance(await knowing.find(ASK, now=NOW, budget=BUDGET), Found)
    assert isinstance(await ignorant.find(ASK, now=NOW, budget=BUDGET), NothingKnown)
    assert isinstance(await knowing.find(Query(domain="b.example"), now=NOW, budget=BUDGET), NothingKnown)


async def test_keys_hold_no_names() -> None:
    """A prospect's own domain, which may be their name, is not readable in a key."""
    keys = []

    class Spy(MemoryCacheStore):
        async def get(self, key: str) -> str | None:
            keys.append(key)
            return await super().get(key)

    await CachedEnricher(_fake(), Spy()).find(Query(email_domain="ann-miller.example"), now=NOW, budget=BUDGET)
    assert 1 == len(keys)
    assert "miller" not in keys[0]
    assert keys[0].startswith("enrichment:fake:")


async def test_a_broken_store_costs_a_question_not_an_answer() -> None:
    """The provider's answer comes through, with a note on the store."""
    found = await CachedEnricher(_fake(), BrokenStore()).find(ASK, now=NOW, budget=BUDGET)
    assert isinstance(found, Found)
    assert ("cache not read (ConnectionError)", "cache not written (ConnectionError)") == found.notes


async def test_an_entry_that_is_not_understood_is_asked_for_again() -> None:
    """What another release wrote is replaced, and said."""
    fake = _fake()
    cached = CachedEnricher(fake, GarbledStore())
    await cached.find(ASK, now=NOW, budget=BUDGET)
    found = await cached.find(ASK, now=NOW, budget=BUDGET)
    assert 2 == len(fake.asked)
    assert isinstance(found, Found)
    assert ("cache entry not understood",) == found.notes


@pytest.mark.parametrize(("negative", "positive"), [(timedelta(0), DAY), (2 * DAY, DAY)])
def test_ages_the_wrong_way_round_are_refused(negative: timedelta, positive: timedelta) -> None:
    """Not knowing is never believed longer than knowing."""
    with pytest.raises(ValueError, match="negative_max_age"):
        CachedEnricher(_fake(), MemoryCacheStore(), max_age=positive, negative_max_age=negative)


async def test_memory_is_bounded() -> None:
    """The memory store forgets its oldest entries."""
    store = MemoryCacheStore(capacity=2)
    for key in "abac":
        await store.put(key, key, expires_at=NOW)
    assert [("a", "a"), ("b", None), ("c", "c")] == [(key, await store.get(key)) for key in "abc"]
