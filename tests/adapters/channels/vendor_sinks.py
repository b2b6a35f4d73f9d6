"""Slack and Teams as receivers on the loopback: they take what the real ones take, and refuse what those refuse."""

import json
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.adapters.channels.webhook_sink import LOST, Received, WebhookSink

TOKEN = "xoxb-1-tokenBot"
_TEXT_LIMITS = {"plain_text": 3000, "mrkdwn": 3000}


@dataclass
class Posted:
    """One message that stands in a conversation, with what it was changed to say."""

    provider_id: str
    first: dict[str, Any]
    body: dict[str, Any]
    changed: int = 0

    def buttons(self) -> list[dict[str, Any]]:
        """Give what may be pressed in it now, as an interaction has it when it is."""
        return [
            {**element, "block_id": block["block_id"]}
            for block in self.body["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
        ]


class SlackSink(WebhookSink):
    """Play Slack's Web API: `posts` holds the messages in order. It forgets no key, for Slack knows none.

    `url` is the base of the API. Blocks beyond Slack's limits are refused as `invalid_blocks`.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.url = f"http://127.0.0.1:{self.port}/api"
        self.posts: list[Posted] = []
        self._refusals: deque[str] = deque()
        self._numbers = count(1)

    def refuse(self, code: str, times: int = 1) -> None:
        """Answer 200 with this error for the next `times` calls."""
        self._refusals.extend([code] * times)

    def take(self, headers: dict[str, str], raw: bytes, path: str) -> tuple[int, dict[str, str], bytes, float]:
        """Answer one call of the API."""
        asked = self._answers.take()
        assert isinstance(asked.status, int)
        with self._lock:
            answer = {} if asked.status >= 300 else self._called(headers, json.loads(raw), path.rpartition("/")[2])
            self.received.append(Received(headers, raw, asked.status or 200, repeat=False, path=path))
        body = json.dumps(answer).encode() if asked.body is None else asked.body
        return asked.status, {"Content-Type": "application/json", **(asked.headers or {})}, body, asked.delay_s

    def _called(self, headers: dict[str, str], body: dict[str, Any], method: str) -> dict[str, Any]:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if self._refusals:
            return {"ok": False, "error": self._refusals.popleft()}
        if wrong := list(wrong_blocks(body["blocks"])):
            return {"ok": False, "error": "invalid_blocks", "errors": wrong}
        if method == "chat.update":
            return self._updated(body)
        if method != "chat.postMessage":
            return {"ok": False, "error": "unknown_method"}
        number = next(self._numbers)
        # A direct message has a conversation of its own, which is what an update has to name.
        channel, ts = body["channel"].replace("U", "D", 1), f"1690000000.{number:06}"
        self.posts.append(Posted(f"{channel}:{ts}", body, body))
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": body["text"]}}

    def _updated(self, body: dict[str, Any]) -> dict[str, Any]:
        wanted = f"{body['channel']}:{body['ts']}"
        post = next((one for one in self.posts if one.provider_id == wanted), None)
        if post is None:
            return {"ok": False, "error": "message_not_found"}
        post.body, post.changed = body, post.changed + 1
        return {"ok": True, "channel": body["channel"], "ts": body["ts"], "text": body["text"]}


def wrong_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    """Name what Slack would refuse in these blocks."""
    wrong = [] if 0 < len(blocks) <= 50 else ["blocks: 1 to 50"]
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    wrong += ["block_id: twice"] if len(set(ids)) < len(ids) else []
    wrong += ["block_id: longer than 255"] if any(len(one) > 255 for one in ids) else []
    for block in blocks:
        match block["type"]:
            case "header":
                wrong += _wrong_text(block["text"], 150)
            case "section":
                fields = block.get("fields", [])
                wrong += ["fields: more than 10"] if len(fields) > 10 else []
                wrong += [one for text in fields for one in _wrong_text(text, 2000)]
                wrong += _wrong_text(block["text"], 3000) if "text" in block else []
            case "actions":
                wrong += _wrong_elements(block["elements"])
    return wrong


def _wrong_elements(elements: list[dict[str, Any]]) -> list[str]:
    wrong = [] if 0 < len(elements) <= 25 else ["elements: 1 to 25"]
    ids = [element["action_id"] for element in elements]
    wrong += ["action_id: twice in one block"] if len(set(ids)) < len(ids) else []
    for element in elements:
        if element["type"] == "static_select":
            wrong += _wrong_text(element["placeholder"], 150)
            wrong += [] if 0 < len(element["options"]) <= 100 else ["options: 1 to 100"]
            wrong += ["option: value longer than 150" for one in element["options"] if len(one["value"]) > 150]
            wrong += [found for one in element["options"] for found in _wrong_text(one["text"], 75)]
        else:
            wrong += _wrong_text(element["text"], 75)
            wrong += ["value: longer than 2000"] if len(element.get("value", "")) > 2000 else []
            wrong += ["url: longer than 3000"] if len(element.get("url", "")) > 3000 else []
    return wrong


def _wrong_text(text: dict[str, Any], limit: int) -> list[str]:
    fits = 0 < len(text["text"]) <= min(limit, _TEXT_LIMITS[text["type"]])
    return [] if fits else [f"{text['type']}: 1 to {limit}"]


class TeamsSink(WebhookSink):
    """Play a Teams workflow that posts cards: it answers 202 with the id of its run, and 413 to what is too large."""

    def take(self, headers: dict[str, str], raw: bytes, path: str) -> tuple[int, dict[str, str], bytes, float]:
        """Take one card."""
        status, extra, body, delay_s = super().take(headers, raw, path)
        card = json.loads(raw)["attachments"][0]
        if len(raw) > 28 * 1024:
            return 413, extra, b"{}", delay_s
        assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert card["content"]["type"] == "AdaptiveCard"
        if status in (200, LOST):
            extra = extra | {"x-ms-workflow-run-id": f"run-{len(self.received)}"}
            return 202 if status else LOST, extra, b"" if body.startswith(b'{"id"') else body, delay_s
        return status, extra, body, delay_s

    def cards(self) -> list[dict[str, Any]]:
        """Give the cards that were taken, repeats included."""
        taken = [request for request in self.received if request.status < 300]
        return [request.body["attachments"][0]["content"] for request in taken]
