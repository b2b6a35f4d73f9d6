"""Put a message into words that no mail reader, terminal or log can misread.

Names, companies and free text come from strangers: control characters, line breaks, forged headers,
markup and reordering marks are made harmless here. Refuses to send anything and to invent content.
"""

import re
import unicodedata
from datetime import UTC
from html import escape

from adapters.channels.base import Address, Message

SUBJECT_LIMIT = 160
VALUE_LIMIT = 300
TEXT_LIMIT = 16_000
DETAIL_LIMIT = 200

# Without a viewport a phone lays the mail out as wide as a desk and shrinks it.
_HEAD = (
    '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"></head>'
)
# Mail readers take styles on the element only; 44 px is a thumb's width.
_BODY = "margin:0 auto;padding:16px;max-width:600px;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere"
_LABEL = "padding:4px 12px 4px 0;vertical-align:top;white-space:nowrap"
_SMALL = "font-size:12px;opacity:.7"
_BUTTON = (
    "display:inline-block;padding:12px 20px;min-height:20px;border-radius:6px;"
    "background:#14532d;color:#ffffff;font-weight:bold;text-decoration:none"
)
# Embeddings, overrides and isolates can make "exe.gpj" read "jpg.exe"; right-to-left letters need none.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# The look-behind lets a match start at the start of a word only: without it a long word costs its square.
_EMAIL = re.compile(r"(?<![^\s<>()\[\]\"',;:])[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
# Nine digits and more with a phone's usual separators; a date or a time is left readable.
_PHONE = re.compile(r"(?<![\w-])(?!\d{4}-\d{2}-\d{2})\+?\(?\d(?:[ ().\-/]{0,3}\d){8,}(?![\w-])")


def one_line(text: str, limit: int) -> str:
    """Return the text as one printable line of at most `limit` characters, "…" where it was cut."""
    return _cut(" ".join(_printable(_LINE_BREAK.sub(" ", text)).split()), limit)


def paragraphs(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return the text with plain newlines kept and everything else that is not printable removed."""
    lines = (_printable(line).rstrip() for line in _LINE_BREAK.split(text))
    return _cut("\n".join(lines).strip("\n"), limit)


def masked(text: str, to: Address | None = None, limit: int = DETAIL_LIMIT) -> str:
    """Return one line fit for a log: e-mail addresses, phone numbers and the addressee's own data hidden.

    Providers echo addresses in their answers; a log must not keep them.
    """
    line = one_line(text, max(limit, len(text)))
    if to is not None:
        reached = (to.email, to.webhook_url, to.teams_url, to.slack, to.name)
        own = sorted((part for part in reached if part), key=len, reverse=True)
        for part in own:
            found = re.compile(rf"(?<!\w){re.escape(one_line(part, len(part)))}(?!\w)")
            line = found.sub(lambda _: to.person_id, line)
    return _cut(_PHONE.sub("[phone]", _EMAIL.sub("[email]", line)), limit)


def headline(message: Message) -> str:
    """Return the subject with the number of its offer, so that an old copy is never taken for the new one.

    A bundle is about several, and lists them.
    """
    subject = one_line(message.subject, SUBJECT_LIMIT)
    return f"[offer {message.offer}] {subject}" if message.offer and not message.bundled else subject


def rows(message: Message) -> tuple[tuple[str, str], ...]:
    """Return the label/value pairs to show, with the due instant when the caller has no "due" of its own."""
    shown = tuple((one_line(label, VALUE_LIMIT), one_line(value, VALUE_LIMIT)) for label, value in message.fields)
    if message.due_at is None or any(label.casefold() == "due" for label, _ in shown):
        return shown
    return (*shown, ("Due", f"{message.due_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"))


def plain(message: Message) -> str:
    """Return the whole message as plain text: what happened, the facts, the links, the alerts it is about."""
    facts = "\n".join(f"{label}: {value}" for label, value in rows(message))
    links = "\n".join(f"{one_line(label, VALUE_LIMIT)}: {url}" for label, url in message.actions)
    return "\n\n".join(part for part in (paragraphs(message.text), facts, links, alerts(message)) if part) + "\n"


def html(message: Message) -> str:
    """Return the same as minimal HTML: everything escaped, each value in its own reading direction."""
    text = "<br>\n".join(escape(line) for line in paragraphs(message.text).split("\n"))
    facts = "\n".join(
        f'<tr><th align="left" style="{_LABEL}">{escape(label)}</th><td dir="auto">{escape(value)}</td></tr>'
        for label, value in rows(message)
    )
    links = "\n".join(
        f'<p><a href="{escape(url)}" style="{_BUTTON}">{escape(one_line(label, VALUE_LIMIT))}</a></p>'
        for label, url in message.actions
    )
    table = f"<table>\n{facts}\n</table>\n" if facts else ""
    keys = f'<p style="{_SMALL}">{alerts(message)}</p>\n' if message.bundled else ""
    body = f'<body style="{_BODY}">\n<p dir="auto">{text}</p>\n{table}{links}\n{keys}</body>'
    return f'<!doctype html>\n<html lang="en">{_HEAD}{body}</html>\n'


def alerts(message: Message) -> str:
    """List the keys of all that one message is about, whole: they are checked where a message is made."""
    return f"About: {', '.join(message.bundled)}" if message.bundled else ""


def _printable(text: str) -> str:
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character in _BIDI_CONTROLS:
        return ""
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cs":
            # Half a surrogate pair cannot be encoded: it would stop the mail instead of spoiling a letter.
            return "\ufffd"
        case _:
            return character


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
