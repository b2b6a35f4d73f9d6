"""Providers in order: the first to know is believed, the budget holds, and everybody's part is told."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.enrichers.base import Enricher, PermanentEnricherError, TemporaryEnricherError
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.findings import EnrichedField, Findings, Query
from adapters.enrichers.reports import Enriched
from adapters.enrichers.waterfall import Asked, Waterfall
from policy.believing import Trust
from tests.adapters.enrichers.sample import BUDGET, NOW

NAME, CITY, COUNTRY = EnrichedField.NAME, EnrichedField.CITY, EnrichedField.COUNTRY
ASK = Query(domain="acme.example")


class Broken(Enricher):
    """A provider with a bug."""

    name = "broken"

    async def _look_up(self, query: Query, _now: datetime, _budget: timedelta, /) -> Findings:
        raise KeyError(str(query.domain))


class BrokenByTimeout(Enricher):
    """A provider whose own code lets a time-out through that is not the budget's."""

    name = "leaky"

    async def _look_up(self, _query: Query, _now: datetime, _budget: timedelta, /) -> Findings:
        raise TimeoutError


def _fake(name: str, facts: dict[EnrichedField, Any] | None = None, **settings: Any) -> FakeEnricher:
    return FakeEnricher({"acme.example": facts} if facts else {}, name=name, **settings)


def _values(enriched: Enriched) -> dict[EnrichedField, tuple[Any, str]]:
    return {each.field: (each.value, each.source) for each in enriched.findings}


async def test_the_first_to_know_is_believed() -> None:
    """Later providers fill what is missing and change nothing."""
    first = _fake("first", {NAME: "Acme"})
    second = _fake("second", {NAME: "Acme Holding", CITY: "Bremen"})
    enriched = await Waterfall([first, second], BUDGET).enrich(ASK, now=NOW, wanted=[NAME, CITY])
    assert {NAME: ("Acme", "first"), CITY: ("Bremen", "second")} == _values(enriched)
    assert () == enriched.missing
    assert enriched.unknown_because is None


async def test_it_stops_when_nothing_is_missing() -> None:
    """No provider that costs is asked for what another knows."""
    second = _fake("second", {NAME: "x"})
    enriched = await Waterfall([_fake("first", {NAME: "Acme"}), Asked(second, cost=0.1)], BUDGET).enrich(
        ASK, now=NOW, wanted=[NAME]
    )
    assert [] == second.asked
    assert ["found company.name", "nothing was missing"] == [each.outcome.because for each in enriched.reports]


async def test_only_what_is_wanted_is_given() -> None:
    """A fact nobody asked for does not come back: the lead's own word stands."""
    enriched = await Waterfall([_fake("one", {NAME: "Acme", CITY: "Bremen"})], BUDGET).enrich(
        ASK, now=NOW, wanted=[CITY, COUNTRY]
    )
    assert {CITY: ("Bremen", "one")} == _values(enriched)
    assert (COUNTRY,) == enriched.missing


async def test_everybodys_part_is_told() -> None:
    """What stays unknown says why, provider by provider."""
    slow = _fake("http", delay=timedelta(seconds=60))
    waterfall = Waterfall([_fake("directory"), slow, Asked(_fake("spare"), cost=0.1)], timedelta(seconds=0.2))
    enriched = await waterfall.enrich(ASK, now=NOW)
    assert tuple(EnrichedField) == enriched.missing
    assert enriched.unknown_because is not None
    directory, http, spare = enriched.unknown_because.split("; ")
    assert "unknown, because directory: no such domain" == directory
    assert http.startswith("http: timed out after 0.")
    assert "spare: the time budget was used up" == spare


async def test_a_slow_provider_never_exceeds_the_overall_budget() -> None:
    """Three that hang cost one budget, not three; what each took is told."""
    hanging = [_fake(f"slow{n}", delay=timedelta(seconds=60)) for n in range(3)]
    began = time.monotonic()
    enriched = await Waterfall(hanging, timedelta(seconds=0.3)).enrich(ASK, now=NOW)
    took = timedelta(seconds=time.monotonic() - began)
    assert took < timedelta(seconds=1)
    assert timedelta(seconds=0.3) <= enriched.took <= took
    assert enriched.reports[0].took >= timedelta(seconds=0.3)


async def test_facts_found_before_the_time_was_up_are_kept() -> None:
    """A dead provider behind a good one takes nothing away."""
    good, dead = _fake("good", {NAME: "Acme"}), _fake("dead", delay=timedelta(seconds=60))
    enriched = await Waterfall([good, dead], timedelta(seconds=0.1)).enrich(ASK, now=NOW)
    assert {NAME: ("Acme", "good")} == _values(enriched)


@pytest.mark.parametrize("trouble", [TemporaryEnricherError("down"), PermanentEnricherError("no credit")])
async def test_a_failing_provider_makes_way(trouble: Exception) -> None:
    """After a failure the next provider is asked."""
    failing = _fake("failing", trouble=trouble)
    enriched = await Waterfall([failing, _fake("good", {NAME: "Acme"})], BUDGET).enrich(ASK, now=NOW, wanted=[NAME])
    assert {NAME: ("Acme", "good")} == _values(enriched)
    assert str(trouble) == enriched.reports[0].outcome.because


@pytest.mark.parametrize(("provider", "error"), [(Broken(), "KeyError"), (BrokenByTimeout(), "TimeoutError")])
async def test_a_bug_in_a_provider_is_named_and_survived(provider: Enricher, error: str) -> None:
    """A bug is told by type and place, without the data it broke on, and does not look like slowness."""
    enriched = await Waterfall([provider, _fake("good", {NAME: "Acme"})], BUDGET).enrich(ASK, now=NOW, wanted=[NAME])
    assert {NAME: ("Acme", "good")} == _values(enriched)
    told = enriched.reports[0].outcome.because
    assert told.startswith(f"broke: {error} at test_waterfall.py:")
    assert "acme" not in told


async def test_what_one_finds_the_next_is_asked_with() -> None:
    """A name known to the directory gives the domain that the paid provider needs."""
    paid = FakeEnricher({"sap.com": {EnrichedField.TECH: ["abap"]}}, name="paid")
    enriched = await Waterfall([CompanyDirectory(), paid], BUDGET).enrich(Query(company_name="SAP SE"), now=NOW)
    assert [Query(domain="sap.com", company_name="SAP SE")] == paid.asked
    assert (("abap",), "paid") == _values(enriched)[EnrichedField.TECH]
    assert () == enriched.missing


@pytest.mark.parametrize("budget", [timedelta(0), timedelta(seconds=-1)])
async def test_a_used_up_budget_asks_nobody(budget: timedelta) -> None:
    """The caller's budget counts when it is smaller, down to nothing."""
    fake = _fake("one", {NAME: "Acme"})
    enriched = await Waterfall([fake], BUDGET).enrich(ASK, now=NOW, budget=budget)
    assert [] == fake.asked
    assert "unknown, because one: the time budget was used up" == enriched.unknown_because


async def test_without_providers_it_says_so() -> None:
    """An installation without providers is told as that."""
    enriched = await Waterfall([], BUDGET).enrich(ASK, now=NOW)
    assert "unknown, because there is no provider to ask" == enriched.unknown_because


async def test_cancelling_ends_it() -> None:
    """A caller that gives up is not held."""
    asking = asyncio.create_task(Waterfall([_fake("slow", delay=timedelta(seconds=60))], BUDGET).enrich(ASK, now=NOW))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize(
    ("enrichers", "budget", "complaint"),
    [
        ([_fake("a"), _fake("a")], BUDGET, "two providers have the same name"),
        ([], timedelta(0), "budget must be positive"),
    ],
)
def test_a_waterfall_that_makes_no_sense_is_refused(
    enrichers: list[Enricher], budget: timedelta, complaint: str
) -> None:
    """Twins could not be told apart in the account, and no time is no enrichment."""
    with pytest.raises(ValueError, match=complaint):
        Waterfall(enrichers, budget)


async def test_the_account_survives_the_wire() -> None:
    """The result is plain data: written as JSON and read again it is the same."""
    enriched = await Waterfall([_fake("one", {NAME: "Acme"}), _fake("two")], BUDGET).enrich(ASK, now=NOW)
    assert enriched == Enriched.model_validate_json(enriched.model_dump_json())


def _slow(name: str, seconds: float, facts: dict[EnrichedField, Any], **settings: Any) -> Asked:
    return Asked(_fake(name, facts, delay=timedelta(seconds=seconds)), **settings)


async def test_those_that_need_not_wait_are_asked_at_once() -> None:
    """Three that take 0.2 s take 0.2 s together."""
    slow = [_slow(f"p{n}", 0.2, {field: "x"}) for n, field in enumerate((NAME, CITY, EnrichedField.INDUSTRY))]
    enriched = await Waterfall(slow, BUDGET).enrich(ASK, now=NOW)
    assert {NAME, CITY, EnrichedField.INDUSTRY} == _values(enriched).keys()
    assert timedelta(seconds=0.2) <= enriched.took < timedelta(seconds=0.35)


async def test_trust_counts_and_not_speed() -> None:
    """The slower one goes before the quicker, whose word is kept as what was overruled."""
    trusted = _slow("trusted", 0.1, {CITY: "Bremen"})
    enriched = await Waterfall([trusted, _fake("quick", {CITY: "Berlin"})], BUDGET).enrich(ASK, now=NOW, wanted=[CITY])
    assert {CITY: ("Bremen", "trusted")} == _values(enriched)
    assert [("Berlin", "quick")] == [(one.value, one.source) for one in enriched.overruled]


async def test_a_fields_own_order_goes_first() -> None:
    """`precedence` turns the order around for one field only."""
    providers = [_fake("a", {NAME: "A", CITY: "Bremen"}), _fake("b", {NAME: "B", CITY: "Berlin"})]
    trust = Trust(providers=("a", "b"), precedence={CITY: ("b",)})
    enriched = await Waterfall(providers, BUDGET, trust).enrich(ASK, now=NOW, wanted=[NAME, CITY])
    assert {NAME: ("A", "a"), CITY: ("Berlin", "b")} == _values(enriched)


async def test_who_costs_is_asked_when_nobody_cheaper_knew() -> None:
    """It waits for the one that might save the question, then costs what it costs; a failure costs nothing."""
    cheap, dear = _slow("cheap", 0.05, {CITY: "Bremen"}), Asked(_fake("dear", {NAME: "Acme"}), cost=0.25)
    broke = Asked(_fake("broke", trouble=TemporaryEnricherError("down")), cost=9)
    enriched = await Waterfall([cheap, dear, broke], BUDGET).enrich(ASK, now=NOW, wanted=[NAME, CITY, COUNTRY])
    assert [0, 0.25, 0] == [one.cost for one in enriched.reports]


async def test_nobodys_slowness_takes_more_than_its_own_budget() -> None:
    """A dead provider with a budget of its own leaves the rest of the time to whoever waits for it."""
    dead = _slow("dead", 60, {CITY: "x"}, budget=timedelta(seconds=0.1), patience=timedelta(seconds=9))
    spare = Asked(_fake("spare", {CITY: "Bremen"}), cost=1)
    enriched = await Waterfall([dead, spare], BUDGET).enrich(ASK, now=NOW, wanted=[CITY])
    assert {CITY: ("Bremen", "spare")} == _values(enriched)
    assert enriched.took < timedelta(seconds=1)


async def test_the_late_are_named_while_something_is_open() -> None:
    """Slow, down or out of time: whoever may still tell what is missing; not who failed for good or is not awaited."""
    patience = timedelta(seconds=9)
    asked = [
        _slow("slow", 60, {CITY: "x"}, patience=patience),
        Asked(_fake("down", trouble=TemporaryEnricherError("503", after=timedelta(seconds=7))), patience=patience),
        Asked(_fake("refused", trouble=PermanentEnricherError("401")), patience=patience),
        _slow("unawaited", 60, {CITY: "x"}),
        Asked(_fake("out of time"), cost=1, patience=patience),
    ]
    enriched = await Waterfall(asked, timedelta(seconds=0.1)).enrich(ASK, now=NOW, wanted=[CITY])
    assert (("slow", "down", "out of time"), timedelta(0)) == (enriched.late, enriched.again_after)
    nothing_open = await Waterfall([_fake("good", {CITY: "Bremen"}), *asked], timedelta(seconds=0.1)).enrich(
        ASK, now=NOW, wanted=[CITY]
    )
    assert () == nothing_open.late


async def test_late_answers_have_their_own_time() -> None:
    """Beside a lead only those named are asked, for as long as they are waited for."""
    slow, other = _slow("slow", 0.2, {CITY: "Bremen"}, patience=timedelta(seconds=5)), _fake("other", {CITY: "x"})
    waterfall = Waterfall([slow, other], timedelta(seconds=0.05))
    assert ("slow",) == (await waterfall.enrich(ASK, now=NOW, wanted=[NAME])).late
    enriched = await waterfall.enrich_late(ASK, now=NOW, providers=["slow"], wanted=[CITY])
    assert ({CITY: ("Bremen", "slow")}, 1) == (_values(enriched), len(other.asked))
