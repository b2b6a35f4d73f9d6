"""What was typed into a form of a lead's page, read into the message that it stands for, with what is wrong by field.

This room refuses to say anything to a lead, and to know who may.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from db.sessions import Viewer
from models.base import Refused, parse
from models.messages import MESSAGES
from models.outcome import Outcome

LONGEST_VALUE = 2000
"""So many characters of a field are looked at; no message takes as many."""


class Wrong(Exception):
    """A form says what cannot be taken: what is wrong, by field; the empty field is the form as a whole."""

    def __init__(self, **errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors

    @classmethod
    def of(cls, refused: Refused) -> "Wrong":
        """Make it of what a message refuses; the offer and whoever signs are no field of a form of ours."""
        wrong = cls()
        wrong.errors = {one.field: _plain(one.what) for one in refused.problems}
        return wrong


@dataclass(frozen=True, slots=True)
class Typed:
    """A form, and what it is read with. Times without an offset are `zone`'s."""

    form: FormData
    viewer: Viewer
    zone: str
    at: datetime

    def text(self, name: str) -> str:
        """Give a field without the space around it; empty where it was left out."""
        found = self.form.get(name, "")
        return found.strip()[:LONGEST_VALUE] if isinstance(found, str) else ""

    def texts(self) -> dict[str, str]:
        """Give everything that was typed, to be shown again."""
        return {name: value[:LONGEST_VALUE] for name, value in self.form.items() if isinstance(value, str)}

    @property
    def key(self) -> str:
        """Name what the form says: the same for its double clicks, and another once anything in it is changed."""
        said = self.texts()
        said.setdefault("once", secrets.token_urlsafe(9))
        content = json.dumps([self.viewer.session, sorted(said.items())])
        return "console-" + hashlib.sha256(content.encode()).hexdigest()[:32]


def message_of(name: str, typed: Typed) -> dict[str, Any]:
    """Read a form into the fields of its message, signed and with its key. Raises `Wrong`."""
    fields = {"key": typed.key, **_FIELDS[name](typed)}
    given = {field: value for field, value in fields.items() if value is not None}
    try:
        return parse(MESSAGES[name], given).model_dump(mode="json", exclude_none=True, exclude={"report"})
    except Refused as refused:
        raise Wrong.of(refused) from None


def event_of(kind: str, typed: Typed) -> dict[str, Any]:
    """Read what is noted of the prospect; whom they named is reached by e-mail or phone. Raises `Wrong`."""
    said = {name: typed.text(name) for name in ("name", "email", "phone", "title")} if kind == "referred_on" else {}
    if kind == "referred_on" and not (said["email"] or said["phone"]):
        raise Wrong(email="An e-mail address or a phone number is needed.")
    properties = {name: value for name, value in said.items() if value}
    return {"kind": kind, "properties": properties, "key": typed.key}


def outcome_of(typed: Typed) -> Outcome:
    """Read what became of a lead. Raises `Wrong`."""
    value = typed.text("value")
    given = {
        "result": typed.text("result"),
        "value": _number(value, "value") if value else None,
        "currency": typed.text("currency").upper() or "EUR",
        "by": typed.viewer.signs,
        "key": typed.key,
    }
    try:
        return parse(Outcome, given)
    except Refused as refused:
        raise Wrong.of(refused) from None


def _rep(typed: Typed) -> dict[str, Any]:
    return {"rep_id": typed.viewer.person_id}


def _by(typed: Typed) -> dict[str, Any]:
    return {"by": typed.viewer.signs}


def _because(typed: Typed) -> dict[str, Any]:
    return {**_by(typed), "reason": _needed(typed, "reason")}


def _accept(typed: Typed) -> dict[str, Any]:
    offer = typed.text("offer")
    if offer and not (offer.isascii() and offer.isdigit()):
        raise Wrong(offer="The offer is none: open the page anew.")
    return {**_rep(typed), "offer": int(offer) if offer else None}


def _decline(typed: Typed) -> dict[str, Any]:
    reason = ": ".join(part for part in (typed.text("why"), typed.text("reason")) if part)
    if not reason:
        raise Wrong(reason="Say why in a few words.")
    return {**_accept(typed), "reason": reason}


def _contacted(typed: Typed) -> dict[str, Any]:
    at = _local(typed, "at")
    return {**_rep(typed), "channel": typed.text("channel") or None, "at": None if at is None else at.isoformat()}


def _snooze(typed: Typed) -> dict[str, Any]:
    until = _until(typed)
    if until is None:
        raise Wrong(**{"for": "Choose when."})
    return {**_rep(typed), "until": until}


def _extend(typed: Typed) -> dict[str, Any]:
    until = _until(typed)
    if until is None:
        raise Wrong(until="Choose for how long, or until when.")
    return {**_by(typed), "until": until}


def _pause(typed: Typed) -> dict[str, Any]:
    return {**_because(typed), "until": _until(typed)}


def _adjust(typed: Typed) -> dict[str, Any]:
    return {**_because(typed), "points": _number(_needed(typed, "points"), "points")}


def _give(typed: Typed) -> dict[str, Any]:
    return {**_because(typed), "rep_id": _needed(typed, "rep_id")}


def _handover(typed: Typed) -> dict[str, Any]:
    return {**_because(typed), "rep_id": typed.text("rep_id") or None}


_FIELDS: Mapping[str, Callable[[Typed], dict[str, Any]]] = {
    "accept": _accept,
    "decline": _decline,
    "snooze": _snooze,
    "contacted": _contacted,
    "adjust": _adjust,
    "reassign": _give,
    "take": _by,
    "extend": _extend,
    "pause": _pause,
    "resume": _by,
    "escalate": _by,
    "requalify": _because,
    "disqualify": _because,
    "acknowledge": _by,
    "handover": _handover,
}


def _needed(typed: Typed, name: str) -> str:
    found = typed.text(name)
    if not found:
        raise Wrong(**{name: "Choose somebody." if name == "rep_id" else "This is needed."})
    return found


def _number(text: str, name: str) -> float:
    try:
        found = float(text.replace(",", ".").replace("\u2212", "-"))
    except ValueError:
        raise Wrong(**{name: "This is no number."}) from None
    if found != found or abs(found) == float("inf"):
        raise Wrong(**{name: "This is no number."})
    return found


def _until(typed: Typed) -> str | None:
    """Read until when, as a time or as minutes from now; None where neither was given."""
    until, minutes = _local(typed, "until"), typed.text("for")
    if until is not None:
        return until.isoformat()
    if not minutes:
        return None
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) <= 6):
        raise Wrong(**{"for": "This is no length of time."})
    return (typed.at + timedelta(minutes=int(minutes))).isoformat()


def _local(typed: Typed, name: str) -> datetime | None:
    """Read what a browser sends of a date with a time, as clocks of the viewer's zone show it."""
    text = typed.text(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(**{name: "This is no date with a time."}) from None
    if found.tzinfo:
        return found
    local = found.replace(tzinfo=ZoneInfo(typed.zone))
    try:
        shown = local.astimezone(UTC).astimezone(local.tzinfo)
    except OverflowError:
        raise Wrong(**{name: "This lies outside the years that a calendar has."}) from None
    if shown.replace(tzinfo=None, fold=0) != found:
        raise Wrong(**{name: f"There is no such time in {typed.zone}: clocks are put forward then."})
    return local


def _plain(what: str) -> str:
    """Make of a clause about a field a sentence of its own."""
    return f"{what[:1].upper()}{what[1:].rstrip('.')}."
