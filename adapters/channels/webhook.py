"""Tell a person's own tool by a signed HTTP POST that carries the idempotency key.

The body depends on the message alone, so a repeat is the same byte for byte and receivers that compare
it with the first agree. How it is sent is `posting`'s.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx2

from adapters.channels.base import Address, Capability, Channel, Message, PermanentFailure, Receipt, TemporaryFailure
from adapters.channels.posting import MAX_RETRY_AFTER, Poster, Reply, usable
from adapters.channels.signature import checked_key, sign
from adapters.channels.wording import SUBJECT_LIMIT, VALUE_LIMIT, one_line, paragraphs

__all__ = ["MAX_RETRY_AFTER", "WebhookChannel", "compose"]

_ID_LIMIT = 200
_REASON_NAMES = ("type", "code", "error", "title", "detail", "message")
_STILL_WORKING = ("in progress", "in_progress", "outstanding", "processing", "concurrent")
_SEEN_BEFORE = ("idempoten", "duplicate", "already")


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
        if default_url is not None and not usable(default_url):
            raise ValueError("default_url must be an http or https URL without a password in it")
        self._key, *_ = (checked_key(key) for key in signing_keys)
        self._clock, self._default_url = clock, default_url
        self._poster = Poster(clock=clock, timeout=timeout, transport=transport)

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has an http(s) URL of their own, and the others when there is a default."""
        return usable(address.webhook_url or self._default_url)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._poster.aclose()

    async def _deliver(self, message: Message) -> Receipt:
        body = compose(message)
        identity = "msg_" + hashlib.sha256(message.key.encode()).hexdigest()[:32]
        headers = {"Idempotency-Key": message.key, **sign(self._key, identity, self._clock(), body)}
        reply = await self._poster.post(message.to.webhook_url or self._default_url or "", body, headers)
        if reply.taken:
            return Receipt(self.name, _provider_id(reply.document), f"answered {reply.status}")
        if reply.status == HTTPStatus.CONFLICT:
            return self._conflict(reply)
        raise reply.failure()

    def _conflict(self, reply: Reply) -> Receipt:
        """Tell three 409s apart: seen before (delivered), being worked on (later), any other (refused)."""
        words = " ".join(str(reply.document.get(name, "")) for name in _REASON_NAMES).lower()
        if any(word in words for word in _STILL_WORKING):
            raise TemporaryFailure("answered 409: an earlier copy is being worked on", reply.retry_after)
        if "idempotency-key" in reply.headers or any(word in words for word in _SEEN_BEFORE):
            return Receipt(self.name, _provider_id(reply.document), "answered 409: already delivered")
        raise PermanentFailure("answered 409")


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
            | ({"choices": answer.choices} if answer.choices else {})
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
