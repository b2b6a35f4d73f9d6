"""What the enricher tests share: a client, providers on real local servers, and servers that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from adapters.enrichers.http import HttpEnricher, HttpSource
from tests.adapters.enrichers.sample import PATHS

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client that follows redirects unless told not to: the enricher has to tell it."""
    async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as each:
        yield each


@pytest.fixture
def provider(client: httpx2.AsyncClient) -> Callable[..., HttpEnricher]:
    """Build an HTTP enricher for a server's base URL."""

    def build(base: str, **settings: Any) -> HttpEnricher:
        url = base.rstrip("/") + "/v1/companies?domain={domain}"
        source = HttpSource(**{"name": "http", "url": url, "fields": PATHS} | settings)
        return HttpEnricher(source, client)

    return build


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Script], Awaitable[str]]]:
    """Start a loopback server that plays a script on each connection, and give its base URL.

    For what a well-behaved server library cannot do: hang, drip, break off.
    """
    async with AsyncExitStack() as stack:
        playing: set[asyncio.Task[None]] = set()

        async def start(script: Script) -> str:
            async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                task = asyncio.current_task()
                assert task is not None
                playing.add(task)
                try:
                    await reader.readuntil(b"\r\n\r\n")
                    await script(reader, writer)
                except (ConnectionError, asyncio.CancelledError):
                    pass  # the client hung up, or the test is over: both are the end of the script
                finally:
                    playing.discard(task)
                    writer.transport.abort()

            server = await asyncio.start_server(play, "127.0.0.1", 0)
            stack.push_async_callback(_close, server, playing)
            port = server.sockets[0].getsockname()[1]
            return f"http://127.0.0.1:{port}"

        yield start


async def _close(server: asyncio.Server, playing: set[asyncio.Task[None]]) -> None:
    server.close()
    for task in list(playing):
        task.cancel()
    await asyncio.gather(*playing, return_exceptions=True)
    await server.wait_closed()
