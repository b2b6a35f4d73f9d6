"""An HTTP provider may be slow, broken, greedy or lying: it costs at most the budget, and the reason is
told.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from adapters.enrichers.findings import EnrichedField, Failed, Found, NothingKnown, Query
from adapters.enrichers.http import HttpEnricher, HttpSource
from tests.adapters.enrichers.conftest import Script
from tests.adapters.enrichers.sample import ACME, BUDGET, NOW, PATHS

Provider = Callable[..., HttpEnricher]
Serve = Callable[[Script], Awaitable[str]]
ASK = Query(domain="acme.example")
QUICK = {"backoff": timedelta(milliseconds=1)}


async def _ask(enricher: HttpEnricher, budget: timedelta = BUDGET) -> Found | NothingKnown | Failed:
    return await enricher.find(ASK, now=NOW, budget=budget)


async def test_each_mapped_fact_is_read(httpserver: HTTPServer, provider: Provider) -> None:
    """Dotted paths reach into objects and lists, and values come out in standard form."""
    httpserver.expect_request("/v1/companies").respond_with_json(ACME)
    found = await _ask(provider(httpserver.url_for("/")))
    assert isinstance(found, Found)
    assert {
        EnrichedField.NAME: "Acme Robotics",
        EnrichedField.DOMAIN: "acme.example",
        EnrichedField.EMPLOYEES: 420,
        EnrichedField.INDUSTRY: "manufacturing",
        EnrichedField.COUNTRY: "DE",
        EnrichedField.CITY: "Bremen",
        EnrichedField.TECH: ("postgresql", "salesforce"),
    } == {each.field: each.value for each in found.findings}
    assert () == found.notes


async def test_the_question_carries_domain_and_token(httpserver: HTTPServer, provider: Provider) -> None:
    """The domain is in the URL, the token in the header, and a plain JSON answer is asked for."""
    httpserver.expect_request("/v1/companies").respond_with_json(ACME)
    await _ask(provider(httpserver.url_for("/"), token=SecretStr("s3cret")))
    request, _ = httpserver.log[0]
    assert {"domain": "acme.example"} == request.args.to_dict()
    assert "Bearer s3cret" == request.headers["Authorization"]
    assert ("application/json", "identity") == (request.headers["Accept"], request.headers["Accept-Encoding"])


async def test_the_addresss_domain_does_for_want_of_another(httpserver: HTTPServer, provider: Provider) -> None:
    """With no company domain the address's is asked about; with neither nobody is."""
    httpserver.expect_request("/v1/companies", query_string="domain=acme.example").respond_with_json(ACME)
    enricher = provider(httpserver.url_for("/"))
    by_address = await enricher.find(Query(email_domain="acme.example"), now=NOW, budget=BUDGET)
    assert isinstance(by_address, Found)
    by_name = await enricher.find(Query(company_name="Acme"), now=NOW, budget=BUDGET)
    assert NothingKnown(because="no domain to ask with") == by_name
    assert 1 == len(httpserver.log)


@pytest.mark.parametrize("status", [204, 404, 410])
async def test_no_such_company(httpserver: HTTPServer, provider: Provider, status: int) -> None:
    """A company that the provider does not have is nothing known, at the first try."""
    httpserver.expect_request("/v1/companies").respond_with_data("", status=status)
    assert NothingKnown(because=f"no such company ({status})") == await _ask(provider(httpserver.url_for("/")))
    assert 1 == len(httpserver.log)


@pytest.mark.parametrize(
    ("status", "because"),
    [
        (400, "refused the question (400)"),
        (401, "refused our credentials (401)"),
        (403, "refused our credentials (403)"),
        (301, "redirected (301), and redirects are not followed"),
        (307, "redirected (307), and redirects are not followed"),
        (206, "refused the question (206)"),
    ],
)
async def test_a_final_refusal_is_not_tried_again(
    httpserver: HTTPServer, provider: Provider, status: int, because: str
) -> None:
    """What asking again cannot change is a permanent failure at the first try; a redirect is never
    followed.
    """
    elsewhere = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/v1/companies").respond_with_data("", status=status, headers=elsewhere)
    expected = Failed(because=because, temporary=False)
    assert expected == await _ask(provider(httpserver.url_for("/"), token=SecretStr("s3cret"), **QUICK))
    assert ["/v1/companies"] == [request.path for request, _ in httpserver.log]


@pytest.mark.parametrize(
    ("status", "because"),
    [
        (500, "in trouble (500)"),
        (503, "in trouble (503)"),
        (408, "in trouble (408)"),
        (429, "throttled (429)"),
        (202, "has no answer yet (202)"),
    ],
)
async def test_trouble_is_tried_again_a_bounded_number_of_times(
    httpserver: HTTPServer, provider: Provider, status: int, because: str
) -> None:
    """Trouble that lasts is a temporary failure after the tries allowed, and not one more."""
    httpserver.expect_request("/v1/companies").respond_with_data("", status=status)
    outcome = await _ask(provider(httpserver.url_for("/"), max_attempts=3, **QUICK))
    assert Failed(because=f"{because} (3 tries)", temporary=True) == outcome
    assert 3 == len(httpserver.log)


async def test_trouble_that_passes_costs_nothing_but_time(httpserver: HTTPServer, provider: Provider) -> None:
    """After a 500 the next try's answer counts."""
    httpserver.expect_ordered_request("/v1/companies").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/v1/companies").respond_with_json(ACME)
    assert isinstance(await _ask(provider(httpserver.url_for("/"), **QUICK)), Found)


async def test_retry_after_is_respected_when_it_fits(httpserver: HTTPServer, provider: Provider) -> None:
    """The pause that a throttling provider asks for is kept."""
    asked_at = []

    def answer(_: Request) -> Response:
        asked_at.append(time.monotonic())
        if len(asked_at) == 1:
            return Response(status=429, headers={"Retry-After": "1"})
        return Response(json.dumps(ACME), content_type="application/json")

    httpserver.expect_request("/v1/companies").respond_with_handler(answer)
    assert isinstance(await _ask(provider(httpserver.url_for("/"), **QUICK)), Found)
    assert asked_at[1] - asked_at[0] >= 1


async def test_retry_after_beyond_the_budget_ends_it_at_once(httpserver: HTTPServer, provider: Provider) -> None:
    """A pause that does not fit is not begun: the budget is not slept away."""
    throttled: dict[str, Any] = {"status": 429, "headers": {"Retry-After": "30"}}
    httpserver.expect_request("/v1/companies").respond_with_data("", **throttled)
    began = time.monotonic()
    outcome = await _ask(provider(httpserver.url_for("/"), **QUICK))
    because = "throttled (429) and asks to wait 30 s, past the time budget"
    assert Failed(because=because, temporary=True, after=timedelta(seconds=30)) == outcome
    assert time.monotonic() - began < BUDGET.total_seconds() / 2


async def _hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
        await writer.drain()


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


async def _not_http(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("script", [_hang, _drip])
async def test_a_slow_provider_ends_with_the_budget(serve: Serve, provider: Provider, script: Script) -> None:
    """Silent or dripping one byte at a time, a provider gets the budget and no more."""
    enricher = provider(await serve(script), attempt_timeout=timedelta(seconds=30))
    began = time.monotonic()
    outcome = await _ask(enricher, timedelta(seconds=0.3))
    assert time.monotonic() - began < 1
    assert isinstance(outcome, Failed)
    assert outcome.temporary
    assert outcome.because.startswith("timed out after 0.3 s")


async def test_a_slow_try_leaves_time_for_another(serve: Serve, provider: Provider) -> None:
    """One try has its own, shorter time: a provider that hangs once is asked again within the budget."""
    tries = 0

    async def hang_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await _hang(reader, writer)
        body = json.dumps(ACME).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        await reader.read()

    enricher = provider(await serve(hang_once), attempt_timeout=timedelta(seconds=0.2), **QUICK)
    assert isinstance(await _ask(enricher), Found)
    assert 2 == tries


async def test_a_flood_is_cut_off(serve: Serve, provider: Provider) -> None:
    """An answer without end is given up at the bound, not read to the budget's end."""
    outcome = await _ask(provider(await serve(_flood)))
    assert Failed(because="answered with more than 262144 bytes", temporary=False) == outcome


@pytest.mark.parametrize("script", [_hang_up, _not_http])
async def test_a_broken_connection_is_temporary(serve: Serve, provider: Provider, script: Script) -> None:
    """A connection that breaks off or speaks another protocol is tried again, then told."""
    outcome = await _ask(provider(await serve(script), max_attempts=2, **QUICK))
    because = "could not be reached (RemoteProtocolError) (2 tries)"
    assert Failed(because=because, temporary=True) == outcome


async def test_nobody_listening(provider: Provider, unused_tcp_port: int) -> None:
    """A provider that is down is a temporary failure."""
    outcome = await _ask(provider(f"http://127.0.0.1:{unused_tcp_port}", max_attempts=2, **QUICK))
    assert Failed(because="could not be reached (ConnectError) (2 tries)", temporary=True) == outcome


async def test_the_reason_tells_no_secret(httpserver: HTTPServer, provider: Provider) -> None:
    """Neither the token nor the answer is in what is told and stored."""
    httpserver.expect_request("/v1/companies").respond_with_json({"company": {"name": ["ann@acme.example"]}})
    enricher = provider(httpserver.url_for("/"), token=SecretStr("s3cret"))
    told = (await _ask(enricher)).model_dump_json() + repr(enricher._source)
    assert "s3cret" not in told
    assert "ann@" not in told


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"url": "http://api.acme.example/{domain}"}, "url: needs https://"),
        ({"url": "ftp://api.acme.example/{domain}"}, "url: needs https://"),
        ({"url": "/{domain}"}, "url: needs https://"),
        ({"url": "https://{domain}/facts"}, "url: the host is fixed"),
        ({"url": "https://me@api.acme.example/{domain}"}, "url: the host is fixed"),
        ({"url": "https://api.acme.example/facts"}, "url: needs {domain}"),
        ({"fields": {}}, "at least 1 item"),
        ({"fields": {"company.size": "size"}}, "company.name"),
        ({"max_attempts": 0}, "greater than or equal to 1"),
        ({"attempt_timeout": timedelta(0)}, "greater than 0"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused(settings: dict[str, Any], complaint: str) -> None:
    """A wrong description of a provider stops the start, naming what is wrong."""
    good = {"name": "x", "url": "https://api.acme.example/{domain}", "fields": PATHS}
    with pytest.raises(ValidationError, match=complaint):
        HttpSource(**good | settings)


def test_a_domain_cannot_change_the_question() -> None:
    """Whatever stands for the domain, it is one value in the URL."""
    source = HttpSource(name="x", url="https://api.acme.example/{domain}?v=1", fields=PATHS)
    assert "https://api.acme.example/a%2F..%3Fb%26c?v=1" == source.address("a/..?b&c")
