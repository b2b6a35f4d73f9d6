"""The sign of life arrives, says when something is wrong, and its failure is told without the address."""

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from adapters.deadman import DeadMan


@pytest.mark.parametrize(
    ("address", "healthy", "expected"),
    [
        ("/ping/secret", True, "/ping/secret"),
        ("/ping/secret", False, "/ping/secret/fail"),
        ("/ping/secret/", False, "/ping/secret/fail"),
        ("/ping/secret?create=1", False, "/ping/secret/fail?create=1"),
    ],
)
async def test_a_healthy_audit_and_any_other_have_addresses_of_their_own(
    httpserver: HTTPServer, address: str, healthy: bool, expected: str
) -> None:
    """As watches expect it: `/fail` behind the path, whatever comes after."""
    httpserver.expect_request("/ping/secret").respond_with_data("ok")
    httpserver.expect_request("/ping/secret/").respond_with_data("ok")
    httpserver.expect_request("/ping/secret/fail").respond_with_data("ok")
    assert await DeadMan(httpserver.url_for(address)).sign(healthy=healthy) is None
    request: tuple[str, str] = (httpserver.log[0][0].path, httpserver.log[0][0].query_string.decode())
    assert expected == "?".join(part for part in request if part)


async def test_what_does_not_arrive_is_told_without_the_address(httpserver: HTTPServer) -> None:
    """The address is as good as a password."""
    httpserver.expect_request("/ping/secret").respond_with_response(Response(status=503))
    assert "answered 503" == await DeadMan(httpserver.url_for("/ping/secret")).sign(healthy=True)

    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError(f"no route to {request.url}")

    nowhere = DeadMan("https://watch.example/ping/secret", httpx2.MockTransport(refuse))
    assert "ConnectError" == await nowhere.sign(healthy=True)


async def test_without_an_address_nothing_is_fetched() -> None:
    """Nobody waits for it."""

    def never(request: httpx2.Request) -> httpx2.Response:
        raise AssertionError("nothing is to be fetched")

    assert await DeadMan(None, httpx2.MockTransport(never)).sign(healthy=False) is None
