"""Tell a person in Microsoft Teams: one Adaptive Card to the address of a workflow that posts cards.

What strangers wrote goes into text runs, which Teams does not read as markup. The card's links lead to our pages;
Teams offers no way back from a workflow's card, nor to change one. Refuses to retry, and to put a URL (it is a
credential) in an error.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx2

from adapters.channels.base import Address, Capability, Channel, Message, PermanentFailure, Receipt, TemporaryFailure
from adapters.channels.posting import Poster, usable
from adapters.channels.wording import VALUE_LIMIT, alerts, headline, one_line, paragraphs, rows

LARGEST = 27_000
"""Bytes of a card with its envelope; Teams takes 28 KB."""

_ACTIONS_A_SET = 6
"""So many buttons Teams shows of one set; the rest it leaves out, so they go into sets of their own."""

_TEXT_LIMITS = (6_000, 3_000, 1_000, 300)
_RUN_ID = "x-ms-workflow-run-id"
# Connectors of the old kind answer 200 and say in words that Teams itself was too busy.
_THROTTLED = ("HTTP error 429", "throttl")
_NOT_DELIVERED = "message delivery failed"


class TeamsChannel(Channel):
    """POST a card to the person's Teams workflow; `clock`, `timeout` and `transport` as `posting.Poster` has them."""

    name = "teams"
    capabilities = frozenset({Capability.BUTTONS, Capability.RECEIPT})

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        timeout: timedelta = timedelta(seconds=10),
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._poster = Poster(clock=clock, timeout=timeout, transport=transport)

    def can_reach(self, address: Address) -> bool:
        """Reach whoever has the http(s) address of a workflow."""
        return usable(address.teams_url)

    async def aclose(self) -> None:
        """Close the connections kept open."""
        await self._poster.aclose()

    async def _deliver(self, message: Message) -> Receipt:
        reply = await self._poster.post(message.to.teams_url or "", compose(message), {"Idempotency-Key": message.key})
        if not reply.taken:
            raise reply.failure()
        if any(word in reply.text for word in _THROTTLED):
            raise TemporaryFailure(f"answered {reply.status}: Teams is too busy", reply.retry_after)
        if _NOT_DELIVERED in reply.text:
            raise PermanentFailure(f"answered {reply.status}: Teams refused the card")
        run = one_line(reply.headers.get(_RUN_ID, ""), 200)
        return Receipt(self.name, run or None, f"answered {reply.status}")


def compose(message: Message) -> bytes:
    """Return the body as it is sent: a function of the message alone; its text is cut where Teams takes no more.

    Raises PermanentFailure where it cannot be cut enough.
    """
    for limit in _TEXT_LIMITS:
        card = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None}
        card_of = card | {"content": _card(message, limit)}
        body = json.dumps({"type": "message", "attachments": [card_of]}, ensure_ascii=False, separators=(",", ":"))
        if len(body.encode()) <= LARGEST:
            return body.encode()
    raise PermanentFailure("the message is longer than Teams takes")


def _card(message: Message, limit: int) -> dict[str, Any]:
    facts = [_runs((f"{label}: ", True), (value, False)) for label, value in rows(message)]
    said = [_runs((line, False)) for line in paragraphs(message.text, limit).split("\n") if line]
    listed = [_runs((alerts(message), False))] if message.bundled else []
    links = [
        {"type": "Action.OpenUrl", "title": one_line(label, VALUE_LIMIT), "url": url} for label, url in message.actions
    ]
    more = [
        {"type": "ActionSet", "actions": links[at : at + _ACTIONS_A_SET]}
        for at in range(0, len(links), _ACTIONS_A_SET)
        if len(links) > _ACTIONS_A_SET
    ]
    title = headline(message) or message.kind.value
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.4",
        "fallbackText": title,
        "body": [_runs((title, True), size="medium"), *facts, *said, *more, *listed],
        "actions": [] if more else links,
    }


def _runs(*parts: tuple[str, bool], size: str = "default") -> dict[str, Any]:
    """Write one paragraph of parts that are heavy, or not."""
    inlines = [
        {"type": "TextRun", "text": text, "weight": "bolder" if heavy else "default", "size": size}
        for text, heavy in parts
    ]
    return {"type": "RichTextBlock", "inlines": inlines}
