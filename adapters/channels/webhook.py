"""Tell a person's own tool by a signed HTTP POST that carries the idempotency key.

The body depends on the message alone, so a repeat is the same byte for byte and receivers that compare
it with the first agree. Refuses to follow redirects, to read proxies from the environment, to retry, and
to put a URL (it is a credential) in an error or a log.
"""

import asyncio
import hashlib
import json
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2

from adapters.channels.base import (
    URL_PATTERN,
    Address,
    Capability,
    Channel,
    ChannelError,
    Message,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)
from adapters.channels.signature import checked_key, sign
from adapters.channels.wording import SUBJECT_LIMIT, VALUE_LIMIT, one_line, paragraphs

MAX_RETRY_AFTER = timedelta(days=1)
_ANSWER_LIMIT = 65_536
_ID_LIMIT = 200
_REASON_NAMES = ("type", "code", "error", "title", "detail", "message")
_STILL_WORKING = ("in progress", "in_progress", "outstanding", "processing", "concurrent")
_SEEN_BEFORE = ("idempoten", "duplicate", "already")
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class WebhookChannel(Channel):
    """POST each message as JSON to the person's webhook URL, or to `default_url`.

    `signing_keys` is the key ring, newest first; the newest signs (see `signature`). `clock` returns the
    aware instant for the signature; `timeout` bounds the whole exchange. `transport` replaces the network.
    Raises ValueError for an empty ring, a short key, a default URL that is not http(s), or a timeout that
    is not positive.
    """

    name = "webhook"
    capabilities = frozenset({Capability.BUTTONS, Capability.RECEIPT, Capability.IDEMPOTENCY_KEY})

    def __init__(
        self,
        *,
        signing_keys: Sequence[bytes],
        clock: Callable[[], datetime],
        default_url: str | None = None,
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        if not signing_keys:
            raise ValueError("the key ring must hold at least one key")
        if default_url is not None and _url(default_url) is None:
            raise ValueError("default_url must be an http or https URL without a password in it")
        if timeout <= timedelta(0):
            raise ValueError("timeout must be positive")
        self._key, *_ = (checked_key(key) for key in signing_keys)
        self._clock, self._default_url, self._timeout = clock, default_url, timeout
        # The bare transport: the client above it would log every URL and offer redirects, cookies, proxies.
        self._transport = transport or httpx2.AsyncHTTPTransport(trust_env=False)

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has an http(s) URL of their own, and the others when there is a default."""
        return _url(address.webhook_url or self._default_url or "") is not None

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._transport.aclose()

    async def _deliver(self, message: Message) -> Receipt:
        request = self._request(message)
        deadline = asyncio.get_running_loop().time() + self._timeout.total_seconds()
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._transport.handle_async_request(request)
        except (httpx2.HTTPError, OSError) as error:
            # Not chained: the cause can repeat the URL.
            raise _unreachable(error) from None
        try:
            answer = await _answer(response, deadline)
        finally:
            await response.aclose()
        return self._receipt(response, answer)

    def _request(self, message: Message) -> httpx2.Request:
        body = compose(message)
        identity = "msg_" + hashlib.sha256(message.key.encode()).hexdigest()[:32]
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "baton",
            "Idempotency-Key": message.key,
            **sign(self._key, identity, self._clock(), body),
        }
        url = message.to.webhook_url or self._default_url or ""
        timeout = httpx2.Timeout(self._timeout.total_seconds()).as_dict()
        return httpx2.Request("POST", url, content=body, headers=headers, extensions={"timeout": timeout})

    def _receipt(self, response: httpx2.Response, answer: dict[str, object]) -> Receipt:
        status = response.status_code
        detail = f"answered {status}"
        if 200 <= status < 300:
            return Receipt(self.name, _provider_id(answer), detail)
        if status == HTTPStatus.CONFLICT:
            return self._conflict(response, answer)
        if status >= 500 or status in _TRY_AGAIN:
            raise TemporaryFailure(detail, self._retry_after(response))
        if 300 <= status < 400:
            raise PermanentFailure(f"{detail}: redirects are not followed, enter the final URL")
        raise PermanentFailure(detail)

    def _conflict(self, response: httpx2.Response, answer: dict[str, object]) -> Receipt:
        """Tell three 409s apart: seen before (delivered), being worked on (later), any other (refused)."""
        words = " ".join(str(answer.get(name, "")) for name in _REASON_NAMES).lower()
        if any(word in words for word in _STILL_WORKING):
            detail = "answered 409: an earlier copy is being worked on"
            raise TemporaryFailure(detail, self._retry_after(response))
        if "idempotency-key" in response.headers or any(word in words for word in _SEEN_BEFORE):
            return Receipt(self.name, _provider_id(answer), "answered 409: already delivered")
        raise PermanentFailure("answered 409")

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


def _url(text: str) -> httpx2.URL | None:
    if not URL_PATTERN.fullmatch(text):
        return None
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        return None
    return url if url.host and not url.userinfo and (url.port is None or 0 < url.port < 65_536) else None


async def _answer(response: httpx2.Response, deadline: float) -> dict[str, object]:
    """Return the JSON object answered, or an empty one: the status has decided, the body is extra."""
    if "content-encoding" in response.headers:
        # Not asked for: a packed answer may unpack to anything.
        return {}
    received = b""
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > _ANSWER_LIMIT:
                    return {}
        answer = json.loads(received)
    except (httpx2.HTTPError, OSError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def compose(message: Message) -> bytes:
    """Return the body as it is sent: a function of the message alone, so a repeat is the same."""
    content = {
        "type": f"lead.{message.kind.value}" if message.lead_id else message.kind.value,
        "key": message.key,
        "lead_id": message.lead_id or None,
        "offer": message.offer,
        "rung": message.rung,
        "kind": message.kind.value,
        "to": {"person_id": message.to.person_id, "name": one_line(message.to.name, VALUE_LIMIT)},
        "subject": one_line(message.subject, SUBJECT_LIMIT),
        "text": paragraphs(message.text),
        "fields": [
            {"label": one_line(label, VALUE_LIMIT), "value": one_line(value, VALUE_LIMIT)}
            for label, value in message.fields
        ],
        "actions": [{"label": one_line(label, VALUE_LIMIT), "url": url} for label, url in message.actions],
        "answers": [
            {
                "label": one_line(answer.label, VALUE_LIMIT),
                "lead_id": answer.lead_id,
                "says": answer.says,
                "fields": dict(answer.fields),
                "asks": answer.asks,
            }
            for answer in message.answers
        ],
        "bundled": message.bundled,
        "due_at": message.due_at.astimezone(UTC).isoformat() if message.due_at else None,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _provider_id(answer: dict[str, object]) -> str | None:
    identity = answer.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        return None
    return one_line(str(identity), _ID_LIMIT) or None


def _unreachable(error: httpx2.HTTPError | OSError) -> ChannelError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PermanentFailure("the receiver's certificate is not trusted")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return TemporaryFailure("the receiver did not answer in time")
    return TemporaryFailure(f"the receiver cannot be reached: {type(error).__name__}")
