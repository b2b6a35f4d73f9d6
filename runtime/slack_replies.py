"""What is said to whoever pressed a button in Slack, and to nobody else: over the address that came with the press.

It is words only, after what was pressed is durable: a reply that is lost loses nothing. This room refuses to call any
address but Slack's own, to try again, and to put the address (it is a credential) in a log.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from adapters.channels.base import ChannelError
from adapters.channels.posting import Poster, usable
from adapters.channels.slack_blocks import escaped

log = structlog.stdlib.get_logger("baton.notices")

SLACK_ANSWERS_AT = "https://hooks.slack.com"
LONGEST = 2900
PATIENCE = timedelta(seconds=5)


class SlackReplies:
    """Replies to presses; `slack_url` is where Slack's Web API is, which a test has on loopback."""

    def __init__(self, slack_url: str, clock: Callable[[], datetime]) -> None:
        self._allowed = {_origin(SLACK_ANSWERS_AT)}
        if _origin(slack_url) != _origin("https://slack.com"):
            self._allowed.add(_origin(slack_url))
        self._clock = clock

    async def say(self, response_url: str, text: str, link: tuple[str, str] | None = None) -> None:
        """Tell the one who pressed; `link` is a label and an address. What cannot be said is noted."""
        if not usable(response_url) or _origin(response_url) not in self._allowed:
            log.warning("slack_not_answered", because="the address to answer at is not Slack's")
            return
        body = {"response_type": "ephemeral", "replace_original": False, "text": escaped(text, LONGEST)}
        if link is not None:
            body["text"] = f"{body['text']}\n<{link[1]}|{escaped(link[0], 70)}>"
        poster = Poster(clock=self._clock, timeout=PATIENCE)
        try:
            reply = await poster.post(response_url, json.dumps(body).encode(), {})
            if not reply.taken:
                log.warning("slack_not_answered", because=reply.failure().detail)
        except ChannelError as error:
            log.warning("slack_not_answered", because=error.detail)
        finally:
            await poster.aclose()


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
