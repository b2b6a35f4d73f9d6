"""What comes back from a provider is read distrustfully: headers, size, JSON and every value."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from adapters.enrichers.answers import delay_asked
from adapters.enrichers.findings import EnrichedField, Failed, Found, NothingKnown, Query
from adapters.enrichers.http import HttpEnricher
from tests.adapters.enrichers.sample import ACME, BUDGET, NOW

Provider = Callable[..., HttpEnricher]
ASK = Query(domain="acme.example")
QUICK = {"backoff": timedelta(milliseconds=1)}


async def _ask(enricher: HttpEnricher) -> Found | NothingKnown | Failed:
    return await enricher.find(ASK, now=NOW, budget=BUDGET)


@pytest.mark.parametrize(
    ("headers", "delay_s"),
    [
        ({}, 0),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "-7"}, 0),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "9" * 400}, 100_000_000),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:00 GMT"}, 60),
        ({"Retry-After": "Mon, 02 Mar 2026 08:59:00 GMT"}, 0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:01:00 GMT", "Date": "Mon, 02 Mar 2026 09:00:50 GMT"}, 10),
        ({"Retry-After": "Mon, 99 Mar 2026 09:01:00 GMT"}, 0),
    ],
)
def test_delay_asked(headers: dict[str, str], delay_s: int) -> None:
    """`Retry-After` is read as seconds or as a date by the provider's own clock; nonsense is no delay."""
    assert timedelta(seconds=delay_s) == delay_asked(httpx2.Headers(headers), NOW)


GARBAGE: list[tuple[str, dict[str, Any], str]] = [
    ("not json", {"response_data": "<html>", "content_type": "application/json"}, "answered with broken JSON"),
    ("cut off", {"response_data": '{"company":', "content_type": "application/json"}, "answered with broken JSON"),
    ("nan", {"response_data": '{"a": NaN}', "content_type": "application/json"}, "answered with broken JSON"),
    ("latin-1", {"response_data": b'{"a": "\xe9"}', "content_type": "application/json"}, "answered with broken JSON"),
    ("nested", {"response_data": "[" * 200_000, "content_type": "application/json"}, "answered with broken JSON"),
    ("huge number", {"response_data": "9" * 9000, "content_type": "application/json"}, "answered with broken JSON"),
    (
        "a text",
        {"response_data": '"hello"', "content_type": "application/json"},
        "answered with JSON that is neither an object nor a list",
    ),
    ("html", {"response_data": "{}", "content_type": "text/html"}, "answered with something else than JSON"),
    (
        "compressed",
        {"response_data": "{}", "content_type": "application/json", "headers": {"Content-Encoding": "gzip"}},
        "sent a compressed answer, though asked for a plain one",
    ),
    (
        "too long",
        {"response_data": " " * 300_000, "content_type": "application/json"},
        "answered with more than 262144 bytes",
    ),
]


@pytest.mark.parametrize(("answer", "because"), [case[1:] for case in GARBAGE], ids=[case[0] for case in GARBAGE])
async def test_garbage(httpserver: HTTPServer, provider: Provider, answer: dict[str, Any], because: str) -> None:
    """An answer that is not bounded, plain JSON is a permanent failure with its reason, and not asked for
    twice.
    """
    httpserver.expect_request("/v1/companies").respond_with_data(**answer)
    assert Failed(because=because, temporary=False) == await _ask(provider(httpserver.url_for("/"), **QUICK))
    assert 1 == len(httpserver.log)


async def test_a_vendor_media_type_is_json_too(httpserver: HTTPServer, provider: Provider) -> None:
    """`application/vnd.acme+json; charset=utf-8` is JSON."""
    media_type = "application/vnd.acme+json; charset=utf-8"
    httpserver.expect_request("/v1/companies").respond_with_data(json.dumps(ACME), content_type=media_type)
    assert isinstance(await _ask(provider(httpserver.url_for("/"))), Found)


async def test_wrong_values_are_left_out_with_a_note(httpserver: HTTPServer, provider: Provider) -> None:
    """A head count of "lots" spoils only itself."""
    answer = {"company": {"name": "Acme", "metrics": {"employees": "lots"}}, "offices": [{"country": "Freedonia"}]}
    httpserver.expect_request("/v1/companies").respond_with_json(answer)
    found = await _ask(provider(httpserver.url_for("/")))
    assert isinstance(found, Found)
    assert [EnrichedField.NAME] == [each.field for each in found.findings]
    notes = ("company.employees: expected a whole number", "company.country: is not a country we know")
    assert notes == found.notes


async def test_nothing_but_wrong_values_is_a_failure(httpserver: HTTPServer, provider: Provider) -> None:
    """A mapping that meets only wrong types is told as a failure, not as an unknown company."""
    httpserver.expect_request("/v1/companies").respond_with_json({"company": {"name": {"en": "Acme"}}})
    because = "answered with wrong values: company.name: expected a text"
    assert Failed(because=because, temporary=False) == await _ask(provider(httpserver.url_for("/")))


@pytest.mark.parametrize("answer", [{}, [], {"company": None}, {"company": {"name": "", "tech": []}}, {"offices": []}])
async def test_an_answer_without_facts_is_nothing_known(
    httpserver: HTTPServer, provider: Provider, answer: object
) -> None:
    """Missing, null and empty are all: not known."""
    httpserver.expect_request("/v1/companies").respond_with_json(answer)
    expected = NothingKnown(because="answered with none of the facts asked for")
    assert expected == await _ask(provider(httpserver.url_for("/")))
