"""The words of conditions: which fields a lead has for a rule, of what kind, and how each is read from the facts.

A field nobody knows has no value at all: there is no empty text and no zero that could match by accident. This
room refuses to judge: conditions are `policy/conditions/condition.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from models.facts import Department, EmailKind, LeadFacts
from models.lead import DEEPEST_LEAD, Fit, Intent, LeadType, Touch
from models.market import AccountStatus
from models.roster import Level
from policy.cleaning.places import read_country, read_language
from policy.cleaning.titles import Seniority


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "whole number"
    YES_NO = "yes or no"
    TEXTS = "list of texts"
    MAP = "map"


class Scope(IntEnum):
    """How far the lead has come when a condition looks at it: each stage knows more."""

    FACTS = 0
    JUDGED = 1
    QUALIFIED = 2


class Field(NamedTuple):
    """One field: its kind, from which stage on it is there, how it is read, and its values where they are few.

    `spelt` writes a text as the field's values are written, where all of them are (`DE`, `retail`).
    """

    kind: Kind
    read: Callable[[LeadFacts], Any] | None = None
    values: tuple[str, ...] = ()
    scope: Scope = Scope.FACTS
    spelt: Callable[[str], str] | None = None


def _country(name: str) -> str:
    return read_country(name) or name.upper()


def _language(name: str) -> str:
    return read_language(name) or name.lower()


FIELDS: Mapping[str, Field] = {
    "type": Field(Kind.TEXT, lambda lead: lead.type, tuple(LeadType)),
    "source": Field(Kind.TEXT, lambda lead: lead.source),
    "email_kind": Field(Kind.TEXT, lambda lead: lead.email_kind, tuple(EmailKind)),
    "country": Field(Kind.TEXT, lambda lead: lead.country, spelt=_country),
    "region": Field(Kind.TEXT, lambda lead: lead.region),
    "timezone": Field(Kind.TEXT, lambda lead: lead.timezone),
    "language": Field(Kind.TEXT, lambda lead: lead.language, spelt=_language),
    "title": Field(Kind.TEXT, lambda lead: lead.title),
    "seniority": Field(Kind.TEXT, lambda lead: lead.seniority, tuple(Seniority)),
    "department": Field(Kind.TEXT, lambda lead: lead.department, tuple(Department)),
    "decision_maker": Field(Kind.YES_NO, lambda lead: lead.decision_maker),
    "company.name": Field(Kind.TEXT, lambda lead: lead.company.name),
    "company.domain": Field(Kind.TEXT, lambda lead: lead.company.domain, spelt=str.lower),
    "company.employees": Field(Kind.NUMBER, lambda lead: lead.company.employees),
    "company.industry": Field(Kind.TEXT, lambda lead: lead.company.industry, spelt=str.lower),
    "company.country": Field(Kind.TEXT, lambda lead: lead.company.country, spelt=_country),
    "company.city": Field(Kind.TEXT, lambda lead: lead.company.city),
    "company.tech": Field(Kind.TEXTS, lambda lead: lead.company.tech, spelt=str.lower),
    "account.known": Field(Kind.YES_NO),
    "account.id": Field(Kind.TEXT),
    "account.status": Field(Kind.TEXT, values=tuple(AccountStatus)),
    "account.open_deals": Field(Kind.NUMBER),
    "deal.amount": Field(Kind.NUMBER),
    "product": Field(Kind.TEXT, lambda lead: lead.product),
    "use_case": Field(Kind.TEXT, lambda lead: lead.use_case),
    "message": Field(Kind.TEXT, lambda lead: lead.message),
    "campaign": Field(Kind.MAP, lambda lead: lead.campaign),
    "tags": Field(Kind.TEXTS, lambda lead: lead.tags, spelt=str.lower),
    "custom": Field(Kind.MAP, lambda lead: lead.custom),
    "points": Field(Kind.NUMBER, scope=Scope.JUDGED),
    "intent": Field(Kind.TEXT, values=tuple(Intent), scope=Scope.JUDGED),
    "fit": Field(Kind.TEXT, values=tuple(Fit), scope=Scope.JUDGED),
    "segments": Field(Kind.TEXTS, scope=Scope.JUDGED),
    "likelihood": Field(Kind.NUMBER, scope=Scope.JUDGED),
    "tier": Field(Kind.TEXT, scope=Scope.QUALIFIED),
    "levels": Field(Kind.TEXTS, values=tuple(Level), scope=Scope.QUALIFIED),
}
"""Every field of a lead that conditions may name. `deal.amount` is in whole EUR, `likelihood` in whole percent."""

_READERS = tuple((name, field.read) for name, field in FIELDS.items() if field.read)

RECEIVED = "received"
"""The kind of `days_since.received`: how long the lead has been with us."""


@dataclass(frozen=True)
class Vocabulary:
    """The words one policy has for its conditions: the fields so far, its touches, lists, regions, segments, tiers."""

    scope: Scope = Scope.FACTS
    touches: tuple[str, ...] = tuple(LeadType)
    lists: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Give every name a condition may use; without segments there is no word for them."""
        own = {name: field for name, field in FIELDS.items() if field.scope <= self.scope}
        for name, values in (("region", self.regions), ("segments", self.segments), ("tier", self.tiers)):
            if name in own:
                own[name] = own[name]._replace(values=values)
        if not self.segments:
            own.pop("segments", None)
        for touch in self.touches:
            own[f"touches.{touch}"] = own[f"days_since.{touch}"] = Field(Kind.NUMBER)
        own[f"days_since.{RECEIVED}"] = Field(Kind.NUMBER)
        return own | {f"lists.{name}": Field(Kind.TEXTS) for name in self.lists}


class Listed(list[str]):
    """One of a policy's named lists, which nobody changes: quick to look into, in any case, however long it is.

    Its entries are kept in small letters.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        super().__init__(entry.lower() for entry in entries)
        self._members = frozenset(self)
        self._hash = hash(self._members)

    def __contains__(self, entry: object) -> bool:
        return entry in self._members or (isinstance(entry, str) and entry.lower() in self._members)

    def __hash__(self) -> int:  # type: ignore[override] # a list has none, because others may change
        return self._hash

    def spelled(self, texts: Iterable[str]) -> list[str]:
        """Give the entries, and those again that some texts spell otherwise: what compares exactly finds them, too."""
        return [*self, *{text: None for text in texts if text not in self._members and text.lower() in self._members}]


def read_facts(facts: LeadFacts) -> dict[str, Any]:
    """Read what is known of a lead by field name; what is not known is not in it."""
    values = {}
    for name, read in _READERS:
        value = read(facts)
        if value or value == 0:
            values[name] = value if type(value) is str and value.isascii() else _plain(value)
    return values


def read_touches(facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> dict[str, int]:
    """Count touches by kind, and the whole days since the last of each kind.

    The way the lead came in is its first touch: a lead of type `demo_request` has one touch of that kind.
    """
    counted = {f"days_since.{RECEIVED}": _days(at - facts.received_at), f"touches.{facts.type}": 1}
    last: dict[str, datetime] = {facts.type.value: facts.received_at}
    for touch in touches:
        kind, when = touch.kind, touch.at
        name = f"touches.{kind}"
        counted[name] = counted.get(name, 0) + 1
        if (before := last.get(kind)) is None or before < when:
            last[kind] = when
    for kind, when in last.items():
        counted[f"days_since.{kind}"] = _days(at - when)
    return counted


def _days(span: timedelta) -> int:
    return max(span.days, 0)


def _plain(value: Any, depth: int = 0) -> Any:
    """Turn a value into one that conditions can hold: bounded numbers and depth, readable text, no null in maps."""
    match value:
        case bool() | float():
            return value
        case int():
            return value if abs(value) < 2**63 else float(min(max(value, -(10**300)), 10**300))
        case list() | tuple() | dict() if depth >= DEEPEST_LEAD:
            return []
        case list() | tuple():
            return [_plain(entry, depth + 1) for entry in value if entry is not None]
        case dict():
            return {_plain(str(key)): _plain(entry, depth + 1) for key, entry in value.items() if entry is not None}
        case datetime():
            return value.astimezone(UTC).isoformat()
    return str(value).encode("utf-8", "replace").decode("utf-8")
