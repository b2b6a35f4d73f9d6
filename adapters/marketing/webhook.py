"""Tell the marketing tool by a signed HTTP POST that carries the idempotency key (Standard Webhooks).

How it is sent, and what of an answer can be believed, is the channels' way of doing it.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx2

from adapters.channels.base import Receipt
from adapters.channels.posting import Poster, usable
from adapters.channels.signature import checked_key, sign
from adapters.channels.wording import one_line
from adapters.marketing.base import MarketingTool, Notice, compose

_ID_LIMIT = 200


class MarketingWebhook(MarketingTool):
    """POST each notice to one URL; the newest of `signing_keys` signs, `clock` returns the aware instant for that.

    `timeout` bounds the whole exchange, `transport` replaces the network. A 409 is taken for "I have that already".
    Raises ValueError for an empty ring, a short key or a URL that is not http(s).
    """

    name = "webhook"

    def __init__(
        self,
        url: str,
        *,
        signing_keys: Sequence[bytes],
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        if not signing_keys:
            raise ValueError("the key ring must hold at least one key")
        if not usable(url):
            raise ValueError("the marketing tool's address must be an http or https URL without a password in it")
        self._key, *_ = (checked_key(key) for key in signing_keys)
        self._url, self._clock = url, clock
        self._poster = Poster(clock=clock, timeout=timeout, transport=transport)

    async def tell(self, notice: Notice) -> Receipt:
        """POST it once. Raises TemporaryFailure or PermanentFailure."""
        body = compose(notice)
        identity = "msg_" + hashlib.sha256(notice.key.encode()).hexdigest()[:32]
        headers = {"Idempotency-Key": notice.key, **sign(self._key, identity, self._clock(), body)}
        reply = await self._poster.post(self._url, body, headers)
        if reply.taken or reply.status == HTTPStatus.CONFLICT:
            named = reply.document.get("id")
            provider_id = one_line(named, _ID_LIMIT) if isinstance(named, str) else None
            return Receipt(self.name, provider_id or None, f"answered {reply.status}")
        raise reply.failure()

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._poster.aclose()
