"""What every provider promises, run against each vendor, the cache before it, and the fake."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pytest_httpserver import HTTPServer

from adapters.enrichers.base import Enricher, TemporaryEnricherError
from adapters.enrichers.breaker import GuardedEnricher
from adapters.enrichers.cache import CachedEnricher, MemoryCacheStore
from adapters.enrichers.directory import CompanyDirectory
from adapters.enrichers.fake import FakeEnricher
from adapters.enrichers.findings import EnrichedField, Failed, Findings, Found, NothingKnown, Query, read_value
from adapters.enrichers.http import HttpEnricher
from adapters.enrichers.table import CsvEnricher
from tests.adapters.enrichers.conftest import Script
from tests.adapters.enrichers.sample import ACME, BUDGET, NOW

NOBODY = Query(domain="nobody-at-all.example", company_name="Nobody At All GmbH")


@dataclass(frozen=True)
class Rig:
    """A provider with a question it can answer and one it cannot."""

    enricher: Enricher
    known: Query
    unknown: Query = NOBODY


def _directory() -> Rig:
    return Rig(CompanyDirectory(), Query(domain="sap.com"))


def _fake() -> Rig:
    facts = {EnrichedField.NAME: "Acme Robotics", EnrichedField.COUNTRY: "Germany"}
    return Rig(FakeEnricher({"acme.example": facts}), Query(domain="acme.example"))


def _csv(folder: Path) -> Rig:
    path = folder / "companies.csv"
    path.write_text("Domain,Name,Country\nacme.example,Acme Robotics,Germany\n", encoding="utf-8")
    columns = {EnrichedField.DOMAIN: "Domain", EnrichedField.NAME: "Name", EnrichedField.COUNTRY: "Country"}
    return Rig(CsvEnricher("csv", path, columns), Query(domain="acme.example"))


@pytest.fixture(
    params=["directory", "http", "csv", "fake", "cached directory", "cached http", "cached fake", "guarded fake"]
)
def rig(
    request: pytest.FixtureRequest, httpserver: HTTPServer, provider: Callable[..., HttpEnricher], tmp_path: Path
) -> Rig:
    """Each provider in turn."""
    kind = request.param.rpartition(" ")[2]
    if kind == "http":
        httpserver.expect_request("/v1/companies", query_string="domain=acme.example").respond_with_json(ACME)
        httpserver.expect_request("/v1/companies").respond_with_data("", status=404)
        rig = Rig(provider(httpserver.url_for("/")), Query(domain="acme.example"))
    else:
        rig = _csv(tmp_path) if kind == "csv" else {"directory": _directory, "fake": _fake}[kind]()
    if request.param.startswith("cached "):
        return Rig(CachedEnricher(rig.enricher, MemoryCacheStore()), rig.known, rig.unknown)
    if request.param.startswith("guarded "):
        return Rig(GuardedEnricher(rig.enricher), rig.known, rig.unknown)
    return rig


async def test_a_known_company_is_found_with_its_origin(rig: Rig) -> None:
    """Facts come in standard form, each field once, with the provider's name and the instant given."""
    found = await rig.enricher.find(rig.known, now=NOW, budget=BUDGET)
    assert isinstance(found, Found)
    assert EnrichedField.NAME in {each.field for each in found.findings}
    for each in found.findings:
        assert (rig.enricher.name, NOW) == (each.source, each.fetched_at)
        assert each.value == read_value(each.field, each.value)


async def test_an_unknown_company_is_nothing_known(rig: Rig) -> None:
    """Not knowing is an answer with a reason, not a failure."""
    outcome = await rig.enricher.find(rig.unknown, now=NOW, budget=BUDGET)
    assert isinstance(outcome, NothingKnown)
    assert outcome.because


async def test_it_tells_no_more_than_it_says_it_does(rig: Rig) -> None:
    """Whoever is spared a question for having nothing to tell would have had nothing to tell."""
    found = await rig.enricher.find(rig.known, now=NOW, budget=BUDGET)
    assert isinstance(found, Found)
    assert {each.field for each in found.findings} <= rig.enricher.tells


async def test_an_empty_question_is_nothing_known(rig: Rig) -> None:
    """Without a domain or a name nobody is asked."""
    expected = NothingKnown(because="neither a domain nor a company name to ask with")
    assert expected == await rig.enricher.find(Query(), now=NOW, budget=BUDGET)


@pytest.mark.parametrize("budget", [timedelta(0), timedelta(seconds=-3)])
async def test_no_time_is_a_temporary_failure(rig: Rig, budget: timedelta) -> None:
    """With the budget used up the provider is not asked, and it says so."""
    expected = Failed(because="no time left to ask", temporary=True)
    assert expected == await rig.enricher.find(rig.known, now=NOW, budget=budget)


async def test_the_same_question_has_the_same_answer(rig: Rig) -> None:
    """Asking changes nothing."""
    first = await rig.enricher.find(rig.known, now=NOW, budget=BUDGET)
    again = await rig.enricher.find(rig.known, now=NOW, budget=BUDGET)
    assert isinstance(first, Found)
    assert isinstance(again, Found)
    assert first.findings == again.findings


async def test_a_naive_now_is_refused(rig: Rig) -> None:
    """An instant without an offset is the caller's mistake, said loudly."""
    with pytest.raises(ValueError, match="UTC offset"):
        await rig.enricher.find(rig.known, now=datetime(2026, 3, 2), budget=BUDGET)  # noqa: DTZ001


async def test_an_answer_is_one_of_the_three_outcomes(rig: Rig) -> None:
    """Whatever is asked, the answer is found, nothing known or failed."""
    outcomes = get_args(get_args(Findings)[0])
    for query in (rig.known, rig.unknown, Query(company_name="GmbH"), Query(email_domain="acme.example")):
        assert isinstance(await rig.enricher.find(query, now=NOW, budget=BUDGET), outcomes)


@pytest.fixture(params=["http", "fake", "cached http", "cached fake"])
async def troubled(
    request: pytest.FixtureRequest, httpserver: HTTPServer, provider: Callable[..., HttpEnricher]
) -> Enricher:
    """Each provider that may be in trouble, in trouble."""
    if request.param.endswith("http"):
        httpserver.expect_request("/v1/companies").respond_with_data("", status=503)
        each: Enricher = provider(httpserver.url_for("/"), max_attempts=1)
    else:
        each = FakeEnricher(trouble=TemporaryEnricherError("in trouble (503)"))
    return CachedEnricher(each, MemoryCacheStore()) if request.param.startswith("cached ") else each


async def test_trouble_is_told_not_raised(troubled: Enricher) -> None:
    """A provider's outage is an outcome with its reason, each time it is asked."""
    for _ in range(2):
        outcome = await troubled.find(Query(domain="acme.example"), now=NOW, budget=BUDGET)
        assert Failed(because="in trouble (503)", temporary=True) == outcome


@pytest.fixture(params=["http", "fake", "cached http", "cached fake"])
async def slow(
    request: pytest.FixtureRequest, serve: Callable[[Script], Awaitable[str]], provider: Callable[..., HttpEnricher]
) -> Enricher:
    """Each provider that may be slow, silent for ever."""

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    if request.param.endswith("http"):
        each: Enricher = provider(await serve(hang), attempt_timeout=timedelta(seconds=60))
    else:
        each = FakeEnricher(delay=timedelta(seconds=60))
    return CachedEnricher(each, MemoryCacheStore()) if request.param.startswith("cached ") else each


async def test_silence_ends_with_the_budget(slow: Enricher) -> None:
    """Whoever is silent gets the budget, and no more."""
    began = time.monotonic()
    outcome = await slow.find(Query(domain="acme.example"), now=NOW, budget=timedelta(seconds=0.2))
    assert 0.19 < time.monotonic() - began < 1
    assert isinstance(outcome, Failed)
    assert outcome.temporary
    assert outcome.because.startswith("timed out after 0.2 s")


@pytest.fixture(params=["http", "fake", "cached fake", "guarded fake"])
def liar(request: pytest.FixtureRequest, httpserver: HTTPServer, provider: Callable[..., HttpEnricher]) -> Enricher:
    """Each provider that may lie, asked about Acme and answering about somebody else."""
    if request.param == "http":
        other = ACME | {"company": {**ACME["company"], "domain": "globex.example"}}
        httpserver.expect_request("/v1/companies").respond_with_json(other)
        return provider(httpserver.url_for("/"))
    facts = {EnrichedField.DOMAIN: "globex.example", EnrichedField.EMPLOYEES: 90_000}
    fake = FakeEnricher({"acme.example": facts})
    wrapped = {"cached": lambda: CachedEnricher(fake, MemoryCacheStore()), "guarded": lambda: GuardedEnricher(fake)}
    return wrapped.get(request.param.partition(" ")[0], lambda: fake)()


async def test_an_answer_about_another_company_is_distrusted_whole(liar: Enricher) -> None:
    """None of it becomes a fact, the head count neither (R46); it is told, and not kept."""
    because = "answered about another company: its domain is not the one asked for"
    for _ in range(2):
        outcome = await liar.find(Query(domain="www.acme.example"), now=NOW, budget=BUDGET)
        assert Failed(because=because, temporary=False) == outcome


async def test_another_ending_of_the_same_name_is_the_same_company() -> None:
    """Asked about `acme.co.uk` and answered about `acme.com`: what was registered is the same name."""
    fake = FakeEnricher({"acme.co.uk": {EnrichedField.DOMAIN: "acme.com"}})
    assert isinstance(await fake.find(Query(domain="acme.co.uk"), now=NOW, budget=BUDGET), Found)
