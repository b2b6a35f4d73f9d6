"""Any enrichment provider with an HTTP API: a URL with the domain in it, a token, where each fact stands.

It asks, and it copes: slow, throttling, redirecting, oversized or talking nonsense, a provider costs at
most the time budget and yields a reason. It refuses to follow redirects (a token must not travel) and never
logs an answer.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Self
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import Field, SecretStr, model_validator

from adapters.enrichers.answers import Again, bounded_body, delay_asked, facts_in, refusal
from adapters.enrichers.base import Enricher, TemporaryEnricherError, seconds
from adapters.enrichers.findings import EnrichedField, Findings, NothingKnown, Query
from models.base import Inside

_PLACEHOLDER = "{domain}"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_Positive = Annotated[timedelta, Field(gt=timedelta(0))]


class HttpSource(Inside):
    """How one provider is asked and read.

    `url` holds `{domain}` in its path or query; `fields` maps our fields to dotted paths in the answer
    (`data.metrics.employees`, `offices.0.city`). Plain http is for loopback only: the token would be
    readable.
    """

    name: str = Field(min_length=1, max_length=40)
    url: str
    token: SecretStr | None = None
    fields: Mapping[EnrichedField, str] = Field(min_length=1)
    attempt_timeout: _Positive = timedelta(seconds=2)
    max_attempts: int = Field(3, ge=1, le=10)
    backoff: _Positive = timedelta(milliseconds=200)
    max_bytes: int = Field(256 * 1024, ge=1)

    @model_validator(mode="after")
    def _askable(self) -> Self:
        address = urlsplit(self.url.replace(_PLACEHOLDER, "x.example"))
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError("url: needs https:// and a host")
        if address.scheme == "http" and address.hostname not in _LOOPBACK:
            raise ValueError("url: needs https:// (plain http is for loopback only)")
        if address.username or _PLACEHOLDER in urlsplit(self.url).netloc:
            raise ValueError("url: the host is fixed and carries no user name")
        if _PLACEHOLDER not in self.url:
            raise ValueError(f"url: needs {_PLACEHOLDER} where the company's domain goes")
        return self

    def address(self, domain: str) -> str:
        """Fill `domain` into the URL."""
        return self.url.replace(_PLACEHOLDER, quote(domain, safe=""))


class HttpEnricher(Enricher):
    """Ask one HTTP provider by domain, trying again inside the budget where that may help (R43).

    Tries again after time-outs, broken connections, 408, 425, 429 and 5xx, with doubling pauses, or after
    what `Retry-After` asks when that fits. The client is the caller's to build and close.
    """

    needs_domain = True

    def __init__(self, source: HttpSource, client: httpx2.AsyncClient) -> None:
        self.name, self.tells = source.name, frozenset(source.fields)
        self._source = source
        self._client = client

    async def _look_up(self, query: Query, now: datetime, budget: timedelta, /) -> Findings:
        domain = query.domain or query.email_domain
        if domain is None:
            return NothingKnown(because="no domain to ask with")
        started = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            left = budget.total_seconds() - (time.monotonic() - started)
            limit_s = max(min(left, self._source.attempt_timeout.total_seconds()), 0.001)
            outcome = await self._attempt(domain, now, limit_s)
            if not isinstance(outcome, Again):
                return outcome
            pause = max(outcome.asked.total_seconds(), self._source.backoff.total_seconds() * 2 ** (attempt - 1))
            left = budget.total_seconds() - (time.monotonic() - started)
            if attempt == self._source.max_attempts or pause >= left:
                raise TemporaryEnricherError(_gave_up(outcome, attempt, left), after=outcome.asked)
            await asyncio.sleep(pause)

    async def _attempt(self, domain: str, now: datetime, limit_s: float) -> Findings | Again:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if self._source.token is not None:
            headers["Authorization"] = f"Bearer {self._source.token.get_secret_value()}"
        request = self._client.build_request(
            "GET", self._source.address(domain), headers=headers, timeout=httpx2.Timeout(limit_s)
        )
        try:
            # The client's own time-outs are per read: a provider that drips bytes would never meet them.
            async with asyncio.timeout(limit_s):
                response = await self._client.send(request, stream=True, follow_redirects=False)
                try:
                    return await self._read(response, now)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.TimeoutException):
            return Again(because=f"timed out after {seconds(timedelta(seconds=limit_s))}")
        except httpx2.TransportError as error:
            return Again(because=f"could not be reached ({type(error).__name__})")

    async def _read(self, response: httpx2.Response, now: datetime) -> Findings | Again:
        refused = refusal(response.status_code)
        if isinstance(refused, Again):
            return refused._replace(asked=delay_asked(response.headers, now))
        if refused is not None:
            return refused
        body = await bounded_body(response, self._source.max_bytes)
        return facts_in(body, self._source.fields, self.name, now)


def _gave_up(outcome: Again, attempt: int, left_s: float) -> str:
    tries = "" if attempt == 1 else f" ({attempt} tries)"
    if outcome.asked.total_seconds() >= left_s:
        return f"{outcome.because} and asks to wait {seconds(outcome.asked)}, past the time budget{tries}"
    return f"{outcome.because}{tries}"
