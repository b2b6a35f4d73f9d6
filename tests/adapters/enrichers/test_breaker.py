"""The circuit breaker and the daily limit: who fails again and again rests, and nobody is asked too often."""

import asyncio
from datetime import date, timedelta

import pytest

from adapters.enrichers.base import PermanentEnricherError, TemporaryEnricherError
from adapters.enrichers.breaker import GuardedEnricher
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.findings import EnrichedField, Failed, Findings, Found, NothingKnown, Query
from adapters.enrichers.limit import LimitedEnricher
from tests.adapters.enrichers.sample import BUDGET, NOW

ASK = Query(domain="acme.example")
REST = timedelta(seconds=60)


class Hands:
    """A clock whose hands are moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.at


def _fake(trouble: str | None = None) -> FakeEnricher:
    fake = FakeEnricher({"acme.example": {EnrichedField.CITY: "Bremen"}})
    fake.trouble = TemporaryEnricherError(trouble) if trouble else None
    return fake


async def _ask(provider: GuardedEnricher, times: int = 1) -> Findings:
    for _ in range(times - 1):
        await provider.find(ASK, now=NOW, budget=BUDGET)
    return await provider.find(ASK, now=NOW, budget=BUDGET)


async def test_it_rests_after_failures_in_a_row() -> None:
    """The third failure is the last that a lead waits for; whoever asks then hears how long it rests."""
    fake, hands = _fake("down"), Hands()
    guarded = GuardedEnricher(fake, 3, REST, clock=hands)
    await _ask(guarded, 3)
    hands.at += 20
    because = "rests for another 40 s after 3 failures in a row"
    expected = Failed(because=because, temporary=True, after=timedelta(seconds=40), asked=False)
    assert (expected, 3) == (await _ask(guarded), len(fake.asked))


async def test_one_that_asks_for_peace_gets_it() -> None:
    """The next lead does not ask one that throttles before its time is over; nobody is left alone for years."""
    fake, hands = _fake(), Hands()
    guarded = GuardedEnricher(fake, 5, REST, clock=hands)
    for wait, rests in ((90, 90), (10**8, 3600)):
        fake.trouble = TemporaryEnricherError("throttled (429)", after=timedelta(seconds=wait))
        await _ask(guarded)
        hands.at += rests - 1
        because = "rests for another 1 s because it asked to be left in peace"
        expected = Failed(because=because, temporary=True, after=timedelta(seconds=1), asked=False)
        assert expected == await _ask(guarded)
        hands.at += 1
    fake.trouble = None
    assert isinstance(await _ask(guarded), Found)
    assert 3 == len(fake.asked)


async def test_one_question_tries_it_again() -> None:
    """After the rest one is asked: where that fails it rests again at once, where it does well all is forgotten."""
    fake, hands = _fake("down"), Hands()
    guarded = GuardedEnricher(fake, 2, REST, clock=hands)
    await _ask(guarded, 2)
    hands.at += 60
    assert Failed(because="down", temporary=True) == await _ask(guarded)
    assert isinstance(refused := await _ask(guarded), Failed)
    assert not refused.asked
    hands.at += 60
    fake.trouble = None
    assert isinstance(await _ask(guarded), Found)
    fake.trouble = TemporaryEnricherError("down")
    assert Failed(because="down", temporary=True) == await _ask(guarded)


async def test_only_one_tries_it_at_a_time() -> None:
    """While that question is out nobody else is sent after it."""
    fake, hands = _fake("down"), Hands()
    guarded = GuardedEnricher(fake, 1, REST, clock=hands)
    await _ask(guarded)
    hands.at += 60
    fake.trouble, fake.delay = None, timedelta(seconds=0.05)
    answers = await asyncio.gather(*(_ask(guarded) for _ in range(4)))
    assert [1, 3] == [sum(isinstance(one, kind) for one in answers) for kind in (Found, Failed)]


async def test_failures_between_successes_are_forgiven() -> None:
    """Only failures in a row count, and not knowing a company is none."""
    fake = _fake()
    guarded = GuardedEnricher(fake, 2, REST, clock=Hands())
    for trouble in ("down", None, "down", None):
        fake.trouble = PermanentEnricherError(trouble) if trouble else None
        await _ask(guarded)
    unknown = await guarded.find(Query(domain="nobody.example"), now=NOW, budget=BUDGET)
    assert isinstance(unknown, NothingKnown)


@pytest.mark.parametrize(("fair", "asked"), [(timedelta(seconds=0.02), 1), (timedelta(seconds=5), 2)])
async def test_a_time_out_counts_only_where_there_was_time(fair: timedelta, asked: int) -> None:
    """What an overall budget leaves may be too little for anybody: that is not the provider's failure."""
    fake = FakeEnricher(delay=timedelta(seconds=9))
    guarded = GuardedEnricher(fake, 1, REST, fair=fair)
    for _ in range(2):
        await guarded.find(ASK, now=NOW, budget=timedelta(seconds=0.05))
    assert asked == len(fake.asked)


@pytest.mark.parametrize(("after", "rest"), [(0, REST), (1, timedelta(0))])
def test_a_breaker_that_makes_no_sense_is_refused(after: int, rest: timedelta) -> None:
    """One that never lets anything through, or never rests, is a mistake."""
    with pytest.raises(ValueError, match="needs after"):
        GuardedEnricher(_fake(), after, rest)


class Counter:
    """A meter in memory, which may break."""

    def __init__(self, *, broken: bool = False) -> None:
        self.days: dict[tuple[str, date], int] = {}
        self._broken = broken

    async def take(self, provider: str, day: date, most: int) -> bool:
        """Count a question."""
        if self._broken:
            raise ConnectionError
        taken = self.days.get((provider, day), 0)
        self.days[provider, day] = min(taken + 1, most)
        return taken < most


async def test_a_limit_holds_for_a_day() -> None:
    """The question that is one too many is not asked, and says so; tomorrow it is."""
    fake = _fake()
    limited = LimitedEnricher(fake, Counter(), 2)
    *_, outcome = [await limited.find(ASK, now=NOW, budget=BUDGET) for _ in range(3)]
    because = "not asked: 2 questions a day were asked already"
    assert (Failed(because=because, temporary=False, asked=False), 2) == (outcome, len(fake.asked))
    assert isinstance(await limited.find(ASK, now=NOW + timedelta(days=1), budget=BUDGET), Found)


async def test_what_cannot_be_counted_is_not_asked() -> None:
    """It might be one too many, and cost."""
    fake = _fake()
    outcome = await LimitedEnricher(fake, Counter(broken=True), 2).find(ASK, now=NOW, budget=BUDGET)
    because = "not asked: its questions could not be counted (ConnectionError)"
    assert (Failed(because=because, temporary=True, asked=False), []) == (outcome, fake.asked)


async def test_a_spared_question_is_no_failure() -> None:
    """A limit that is reached does not send the provider to rest."""
    fake = _fake()
    guarded = GuardedEnricher(LimitedEnricher(fake, Counter(), 1), 1, REST)
    await _ask(guarded, 3)
    tomorrow = await guarded.find(ASK, now=NOW + timedelta(days=1), budget=BUDGET)
    assert isinstance(tomorrow, Found)
