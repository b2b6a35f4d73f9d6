"""Listening: the app on an address, until it is told to stop; requests under way then have a while to end."""

import contextlib
import socket
from collections.abc import Generator, Sequence

import uvicorn
from fastapi import FastAPI

from api.console.stream import Streams
from config.values import Address

GRACE_S = 10
"""Seconds that requests have to end when it stops."""


class Listener(uvicorn.Server):
    """A server that leaves signals to whoever runs it: set `should_exit` to stop it. Then streams end at once."""

    def __init__(self, config: uvicorn.Config, streams: Streams | None) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let those who look at the board go, and requests under way end."""
        if self._streams is not None:
            self._streams.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


def listener(app: FastAPI, address: Address, proxies: Sequence[str] = ()) -> Listener:
    """Make the server of an app; `proxies` are believed when they say for whom they ask."""
    config = uvicorn.Config(
        app,
        host=address.host,
        port=address.port,
        log_config=None,
        access_log=False,  # paths hold accept links
        lifespan="off",
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=64 * 1024,
    )
    return Listener(config, getattr(app.state, "streams", None))  # whoever tests us listens with apps of their own
