"""A sign of life for an outside watch: one that comes no more, or says `/fail`, rings its alarm.

It refuses to repeat itself: the next audit gives the next sign, and a watch waits for several.
"""

from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import httpx2

PATIENCE = timedelta(seconds=5)
"""How long the watch may take to answer."""


class DeadMan:
    """Fetches one address after a healthy audit, and the same with `/fail` behind its path after any other."""

    def __init__(self, url: str | None, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport

    async def sign(self, *, healthy: bool) -> str | None:
        """Give the sign, if anybody waits for one; answer why it did not arrive, or None."""
        if self._url is None:
            return None
        url = self._url if healthy else _failing(self._url)
        timeout = PATIENCE.total_seconds()
        try:
            async with httpx2.AsyncClient(timeout=timeout, transport=self._transport, trust_env=False) as client:
                answer = await client.get(url, follow_redirects=True)
        except (httpx2.HTTPError, OSError) as error:
            return type(error).__name__  # its text may hold the address, which is as good as a password
        return None if answer.is_success else f"answered {answer.status_code}"


def _failing(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))
