"""What a learned score sees of a lead: short readable sentences that hold or do not (R38, R39).

Nobody is told by them: no name, address, title, message or `custom` field, where age and gender would hide. What
people and Baton do with a lead once they judge it is left out, too, and so is its account, whose standing nobody keeps
as it was: they would tell the outcome and not foretell it.
`as_it_was` gives a lead as it was known at an instant, so that a model learns from what it will see.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from models.facts import EmailKind, LeadFacts
from models.lead import Touch
from models.messages import HOUSE_EVENTS

_PLAIN = re.compile(r"[a-z0-9][a-z0-9 _&/.+-]{0,39}")
"""What a word looks like that many leads may share; anything longer or stranger is somebody's own text."""

_HIDDEN_KINDS = frozenset({*HOUSE_EVENTS, "tag_added", "tag_removed", "field_changed", "no_answer", "referred_on"})
_HIDDEN_TAGS = frozenset({"disqualified"})

_EMPLOYEES = (5, 25, 50, 200, 1000, 5000)
_AMOUNTS = (1_000, 10_000, 50_000, 250_000)
_RECENT = timedelta(days=7)
_OFTEN = 3


def features(facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> frozenset[str]:
    """Give what holds of a lead as of `at`; touches after it are not seen."""
    found = {f"type {facts.type.value}", f"e-mail {facts.email_kind.value}" if facts.email else "e-mail missing"}
    for name, value in (
        ("source", facts.source),
        ("country", facts.company.country or facts.country),
        ("region", facts.region),
        ("industry", facts.company.industry),
        ("seniority", facts.seniority),
        ("department", facts.department),
        ("language", facts.language),
        ("product", facts.product),
        ("use case", facts.use_case),
    ):
        _word(found, name, value)
    found.add("phone given" if facts.phone else "phone missing")
    found.add("company missing" if facts.company.name is None and facts.company.domain is None else "company given")
    if facts.decision_maker is not None:
        found.add("decides" if facts.decision_maker else "does not decide")
    found.add(_band("employees", facts.company.employees, _EMPLOYEES))
    found.add(_band("deal", facts.deal_value.amount if facts.deal_value else None, _AMOUNTS))
    for tag in facts.tags:
        if (plain := _plain(tag)) and plain not in _HIDDEN_TAGS:
            found.add(f"tag {plain}")
    for tech in facts.company.tech:
        if plain := _plain(tech):
            found.add(f"uses {plain}")
    _behaviour(found, touches, at)
    return frozenset(found)


def as_it_was(facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> LeadFacts:
    """Give a lead as it was known at `at`: without what providers or events told later, and tags that came later."""
    later = [name for name, since in facts.as_of.items() if since > at]
    tagged = {str(one.properties.get("tag")) for one in touches if one.at > at and one.kind == "tag_added"}
    if not later and not tagged:
        return facts
    changes: dict[str, Any] = {}
    company: dict[str, Any] = {}
    for name in later:
        room, _, field = name.rpartition(".")
        if room == "company" and field in type(facts.company).model_fields:
            company[field] = [] if field == "tech" else None
        elif field in _LATER:
            changes[field] = EmailKind.NONE if field == "email_kind" else None
    if company:
        changes["company"] = facts.company.model_copy(update=company)
    if tagged:
        changes["tags"] = [tag for tag in facts.tags if tag not in tagged]
    return facts.model_copy(update=changes)


_LATER = frozenset(
    {
        *("phone", "title", "seniority", "decision_maker", "department", "country", "region", "timezone", "language"),
        *("deal_value", "product", "use_case", "email_kind"),
    }
)


def _behaviour(found: set[str], touches: Sequence[Touch], at: datetime) -> None:
    counted: dict[str, int] = {}
    latest: datetime | None = None
    for touch in touches:
        if touch.at <= at and touch.kind not in _HIDDEN_KINDS and (kind := _plain(touch.kind)):
            counted[kind] = counted.get(kind, 0) + 1
            latest = touch.at if latest is None or touch.at > latest else latest
    for kind, times in counted.items():
        found.add(f"did {kind}")
        if times >= _OFTEN:
            found.add(f"did {kind} {_OFTEN} times or more")
    if latest is None:
        found.add("did nothing since")
    elif at - latest <= _RECENT:
        found.add("active in the last 7 days")


def _word(found: set[str], name: str, value: str | None) -> None:
    if value is None:
        found.add(f"{name} missing")
    elif plain := _plain(value):
        found.add(f"{name} {plain}")


def _plain(value: str) -> str | None:
    plain = " ".join(value.lower().split())
    return plain if _PLAIN.fullmatch(plain) else None


def _band(name: str, value: float | None, bounds: Sequence[int]) -> str:
    """Say between which bounds a number lies: "employees 25-49"."""
    if value is None:
        return f"{name} missing"
    place = bisect_right(bounds, value)
    if place == 0:
        return f"{name} under {bounds[0]}"
    if place == len(bounds):
        return f"{name} {bounds[-1]} or more"
    return f"{name} {bounds[place - 1]}-{bounds[place] - 1}"


def often_enough(counts: Mapping[str, int], least: int, most: int) -> tuple[str, ...]:
    """Name the features that so many leads have at least, the commonest `most` of them, in alphabetical order."""
    seen = sorted((name for name, times in counts.items() if times >= least), key=lambda name: (-counts[name], name))
    return tuple(sorted(seen[:most]))


def both_hold(feature: str, and_also: str | None) -> str:
    """Name a feature, or two that have to hold together, for a person."""
    return feature if and_also is None else f"{feature} and {and_also}"
