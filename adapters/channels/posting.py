"""One POST to a vendor, bounded in time and size, for every channel and tool that is told by HTTP.

Refuses to follow redirects, to read proxies from the environment, to retry, to judge an answer, and to put a URL (it
is a credential) in an error or a log.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2

from adapters.channels.base import URL_PATTERN, ChannelError, PermanentFailure, TemporaryFailure

MAX_RETRY_AFTER = timedelta(days=1)
ANSWER_LIMIT = 65_536
"""Bytes of an answer that are read; a longer one counts as empty: the status has decided."""

_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answered; `document` is its JSON object, or empty; `retry_after` its own wish, if any."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    document: dict[str, Any] = field(repr=False)
    retry_after: timedelta | None

    @property
    def taken(self) -> bool:
        """Say whether the status is a success."""
        return 200 <= self.status < 300

    def failure(self) -> ChannelError:
        """Say by the status alone why it was not taken, and whether it may be later."""
        detail = f"answered {self.status}"
        if self.status >= 500 or self.status in _TRY_AGAIN:
            return TemporaryFailure(detail, self.retry_after)
        if 300 <= self.status < 400:
            return PermanentFailure(f"{detail}: redirects are not followed, enter the final URL")
        return PermanentFailure(detail)


class Poster:
    """POST to any URL; `clock` returns the aware instant, `timeout` bounds a whole exchange.

    `transport` replaces the network, `answer_limit` is in bytes. Raises ValueError for a timeout that is not positive.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
        answer_limit: int = ANSWER_LIMIT,
    ) -> None:
        if timeout <= timedelta(0):
            raise ValueError("timeout must be positive")
        self._clock, self._timeout, self._answer_limit = clock, timeout, answer_limit
        # The bare transport: the client above it would log every URL and offer redirects, cookies, proxies.
        self._transport = transport or httpx2.AsyncHTTPTransport(trust_env=False)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """POST a JSON body once, as `ask` does."""
        return await self.ask("POST", url, body, headers)

    async def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send one request with a JSON body, or another that `headers` name; an empty one is no body.

        Raises TemporaryFailure when there is no answer in time, PermanentFailure for a certificate nobody trusts.
        """
        sent = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "baton",
            **headers,
        }
        timeout = httpx2.Timeout(self._timeout.total_seconds()).as_dict()
        content = body if body or method == "POST" else None
        request = httpx2.Request(method, url, content=content, headers=sent, extensions={"timeout": timeout})
        deadline = asyncio.get_running_loop().time() + self._timeout.total_seconds()
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._transport.handle_async_request(request)
        except (httpx2.HTTPError, OSError) as error:
            # Not chained: the cause can repeat the URL.
            raise _unreachable(error) from None
        try:
            text = await self._text(response, deadline)
        finally:
            await response.aclose()
        return Reply(response.status_code, response.headers, text, _document(text), self._retry_after(response))

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._transport.aclose()

    async def _text(self, response: httpx2.Response, deadline: float) -> str:
        """Read what was answered, or nothing: the status has decided, the body is extra."""
        if "content-encoding" in response.headers:
            # Not asked for: a packed answer may unpack to anything.
            return ""
        received = b""
        try:
            async with asyncio.timeout_at(deadline):
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > self._answer_limit:
                        return ""
            return received.decode()
        except (httpx2.HTTPError, OSError, ValueError):
            return ""

    def _retry_after(self, response: httpx2.Response) -> timedelta | None:
        value = response.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            # Short enough for a timedelta: a wait of ten thousand digits must not overflow.
            return min(timedelta(seconds=int(value[:9])), MAX_RETRY_AFTER)
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(until - self._clock(), timedelta(0)), MAX_RETRY_AFTER)


def usable(url: str | None) -> bool:
    """Say whether this is an http(s) URL that can be called, without a password in it."""
    if url is None or not URL_PATTERN.fullmatch(url):
        return False
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return bool(parsed.host) and not parsed.userinfo and (parsed.port is None or 0 < parsed.port < 65_536)


def _document(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _unreachable(error: httpx2.HTTPError | OSError) -> ChannelError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PermanentFailure("the receiver's certificate is not trusted")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return TemporaryFailure("the receiver did not answer in time")
    return TemporaryFailure(f"the receiver cannot be reached: {type(error).__name__}")
