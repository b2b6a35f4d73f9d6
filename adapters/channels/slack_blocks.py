"""What a message looks like in Slack, and what a pressed button says: both halves of one contract.

The block of a lead's buttons carries its id, its offer and whom it was offered to as JSON, since an option of a menu
has no room for them. What strangers wrote goes in as plain text, or escaped: it mentions nobody and links nowhere.
This room refuses to send, and to judge whether a pressed button still does anything.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from adapters.channels.base import Answerable, Message
from adapters.channels.wording import alerts, headline, paragraphs, rows

Press = Literal["accept", "decline", "why"]
PRESSES: tuple[Press, ...] = ("accept", "decline", "why")
LINK = "link"
"""Begins the `action_id` of a button that leads to a page: its press needs no answer but 200."""

# Slack's own limits, a little below where escaping adds to the length.
_HEADER, _TEXT, _FIELD, _LABEL, _FALLBACK = 150, 2900, 1900, 75, 3000
_FIELDS_A_SECTION, _BLOCKS, _CHOICES, _BUTTONS_A_BLOCK = 10, 50, 100, 25
_LEADS = 20
"""So many leads of one message get buttons of their own."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """Which button somebody pressed: of which lead and offer, whose it was, and why they pass it on."""

    does: Press
    lead_id: str
    offer: int
    rep_id: str
    reason: str = ""


def pressed(action: Mapping[str, Any]) -> Pressed | None:
    """Read one of an interaction's `actions`; None where it is no button of ours that does anything."""
    does = next((press for press in PRESSES if press == action.get("action_id")), None)
    if does is None:
        return None
    try:
        about = json.loads(action.get("value") or action.get("block_id") or "")
        lead_id, offer, rep_id = about["lead_id"], about["offer"], about["rep_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    option = action.get("selected_option")
    reason = option.get("value", "") if isinstance(option, Mapping) else ""
    words = isinstance(lead_id, str) and isinstance(rep_id, str) and isinstance(reason, str)
    if not words or type(offer) is not int or (does == "decline" and not reason):
        return None
    return Pressed(does, lead_id, offer, rep_id, reason)


def content(message: Message) -> dict[str, Any]:
    """Compose `text` (what a notification shows) and `blocks` of a message: the same whenever it is composed."""
    return {"text": escaped(headline(message), _FALLBACK), "blocks": list(_blocks(message))[:_BLOCKS]}


def escaped(text: str, limit: int) -> str:
    """Return text in which Slack finds no mention, link or entity, cut at `limit` characters before it is escaped."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    title = headline(message) or message.kind.value
    yield {"type": "header", "text": _plain(title, _HEADER)}
    shown = rows(message)
    for at in range(0, len(shown), _FIELDS_A_SECTION):
        yield {"type": "section", "fields": [_row(*row) for row in shown[at : at + _FIELDS_A_SECTION]]}
    for part in _parts(paragraphs(message.text).split("\n"), "\n"):
        yield {"type": "section", "text": _plain(part, _TEXT)}
    yield from _buttons(message)
    links = [_link(n, label, url) for n, (label, url) in enumerate(message.actions)]
    for at in range(0, len(links), _BUTTONS_A_BLOCK):
        block_id = f"{LINK}-{at}" if at else LINK
        yield {"type": "actions", "block_id": block_id, "elements": links[at : at + _BUTTONS_A_BLOCK]}
    for part in _parts(alerts(message).split(" "), " "):
        yield {"type": "context", "elements": [_plain(part, _TEXT)]}


def _buttons(message: Message) -> Iterator[dict[str, Any]]:
    """Draw the buttons of each lead that somebody may take: take it, pass it on, ask why it is theirs."""
    asked = dict[str, list[Answerable]]()
    for answer in message.answers:
        asked.setdefault(answer.lead_id, []).append(answer)
    for lead_id, answers in list(asked.items())[:_LEADS]:
        accept = next((one for one in answers if one.says == "accept"), None)
        if accept is None:
            continue
        said = dict(accept.fields)
        about = _json({"lead_id": lead_id, "offer": said.get("offer", message.offer), "rep_id": said.get("rep_id", "")})
        elements = [_button("accept", accept.label, about) | {"style": "primary"}]
        decline = next((one for one in answers if one.says == "decline" and one.choices), None)
        if decline is not None:
            elements.append(_menu(decline))
        elements.append(_button("why", "Why me", about))
        yield {"type": "actions", "block_id": about, "elements": elements}


def _button(press: Press, label: str, value: str) -> dict[str, Any]:
    return {"type": "button", "action_id": press, "text": _plain(label, _LABEL), "value": value}


def _menu(decline: Answerable) -> dict[str, Any]:
    options = [{"text": _plain(choice, _LABEL), "value": choice[:_LABEL]} for choice in decline.choices[:_CHOICES]]
    placeholder = _plain(decline.label, _LABEL)
    return {"type": "static_select", "action_id": "decline", "placeholder": placeholder, "options": options}


def _link(n: int, label: str, url: str) -> dict[str, Any]:
    return {"type": "button", "action_id": f"{LINK}-{n}", "text": _plain(label, _LABEL), "url": url}


def _row(label: str, value: str) -> dict[str, Any]:
    # Verbatim: Slack would make links of what looks like one.
    text = f"*{escaped(label, _LABEL)}*\n{escaped(value, _FIELD)}"
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain(text: str, limit: int) -> dict[str, Any]:
    line = paragraphs(text, limit).strip() or "-"
    return {"type": "plain_text", "text": line, "emoji": False}


def _parts(pieces: Sequence[str], between: str) -> Iterable[str]:
    """Put pieces together into texts as long as Slack takes."""
    part = ""
    short = (whole[at : at + _TEXT] for whole in pieces for at in range(0, max(1, len(whole)), _TEXT))
    for piece in short:
        longer = f"{part}{between}{piece}" if part else piece
        if len(longer) > _TEXT and part:
            yield part
            longer = piece
        part = longer
    if part.strip():
        yield part


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
