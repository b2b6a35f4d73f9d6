"""Tell a person in Slack, as the app's bot: one message with buttons, which can be changed later.

Slack takes no idempotency key that it promises to honour: a repeat after a lost answer carries the same
`client_msg_id` and the same key in its metadata, and says which offer it is. Refuses to retry, to read what was said
in a channel, and to put the token or a message into an error.
"""

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx2

from adapters.channels.base import Address, Capability, Channel, Message, PermanentFailure, Receipt, TemporaryFailure
from adapters.channels.posting import Poster, Reply, usable
from adapters.channels.slack_blocks import content
from adapters.channels.wording import masked

NO_ANSWER = "answered without saying whether it was taken"

_ANSWER_LIMIT = 1_048_576  # the answer repeats the message
_NAMESPACE = uuid.UUID("6a5d1e0e-93a4-5c0c-9b0e-0d5c5a6f7e21")
_PASSING = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "message_limit_exceeded",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Codes under which the same message may go through later; every other is final."""


class SlackChannel(Channel):
    """Post to the person's Slack id with a bot's token; `url` is where Slack's Web API is.

    `clock` returns the aware instant, `timeout` bounds a whole exchange, `transport` replaces the network. Raises
    ValueError for an empty token, a URL that is not http(s), or a timeout that is not positive.
    """

    name = "slack"
    capabilities = frozenset({Capability.BUTTONS, Capability.UPDATE, Capability.RECEIPT})

    def __init__(
        self,
        *,
        token: str,
        clock: Callable[[], datetime],
        url: str = "https://slack.com/api",
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        if not token or not token.isascii() or not token.isprintable():
            raise ValueError("the bot token must be one word: xoxb-...")
        if not usable(url):
            raise ValueError("url must be an http or https URL without a password in it")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        self._url = url.rstrip("/")
        self._poster = Poster(clock=clock, timeout=timeout, transport=transport, answer_limit=_ANSWER_LIMIT)

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has a Slack id."""
        return bool(address.slack)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._poster.aclose()

    async def _deliver(self, message: Message) -> Receipt:
        about = {"key": message.key, "lead_id": message.lead_id, "offer": message.offer}
        return await self._call(
            "chat.postMessage",
            message,
            channel=message.to.slack,
            client_msg_id=str(uuid.uuid5(_NAMESPACE, message.key)),
            metadata={"event_type": "baton_notification", "event_payload": about},
            unfurl_links=False,
            unfurl_media=False,
        )

    async def update(self, provider_id: str, message: Message) -> Receipt:
        """Make a message say what `message` says; raises PermanentFailure where it is gone. See `Channel.update`."""
        channel, found, ts = provider_id.partition(":")
        if not (channel and found and ts):
            raise PermanentFailure("what is to be changed has no Slack id")
        return await self._call("chat.update", message, channel=channel, ts=ts)

    async def _call(self, method: str, message: Message, **said: object) -> Receipt:
        body = json.dumps({**said, **content(message)}, ensure_ascii=False, separators=(",", ":")).encode()
        reply = await self._poster.post(f"{self._url}/{method}", body, self._headers)
        if not reply.taken:
            raise reply.failure()
        return self._receipt(reply)

    def _receipt(self, reply: Reply) -> Receipt:
        """Read what Slack says of it: refusals come with status 200."""
        answer = reply.document
        if answer.get("ok") is True:
            channel, ts = answer.get("channel"), answer.get("ts")
            known = isinstance(channel, str) and isinstance(ts, str) and channel and ts
            return Receipt(self.name, f"{channel}:{ts}" if known else None, "answered ok")
        code = answer.get("error")
        if not isinstance(code, str):
            # A gateway's page, perhaps after it was taken: the repeat says which offer it is.
            raise TemporaryFailure(NO_ANSWER, reply.retry_after)
        detail = f"answered {masked(code)}"
        if code in _PASSING:
            raise TemporaryFailure(detail, reply.retry_after)
        raise PermanentFailure(detail)
