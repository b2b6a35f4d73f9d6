"""What a learned score sees of a lead: short readable sentences that hold or do not (R38, R39).

Nobody is told by them: no name of a person or company, address, city, title, message or `custom` field, where age and
gender would hide; nor a tag, product or use case in which the lead's own name, its company's or a number stands. What
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
from models.qualifying import TriggerOn
from policy.cleaning.texts import words_of

_PLAIN = re.compile(r"[a-z0-9][a-z0-9 _&/.+-]{0,39}")
"""What a word looks like that many leads may share; anything longer or stranger is somebody's own text."""

_WORDS = re.compile(r"[^\W\d_]+")
_TELLING = 3
"""Letters of a word that may name somebody: shorter ones are initials and articles."""

_NUMBER = re.compile(r"\d(?:[ .+/-]?\d){4}")
"""Five digits: somebody's number, and no size or year."""

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
    ):
        _word(found, name, value)
    own = _own_words(facts) if facts.tags or facts.product or facts.use_case else frozenset()
    for name, value in (("product", facts.product), ("use case", facts.use_case)):
        if value is None or not _names_somebody(value, own):
            _word(found, name, value)
    found.add("phone given" if facts.phone else "phone missing")
    found.add("company missing" if facts.company.name is None and facts.company.domain is None else "company given")
    if facts.decision_maker is not None:
        found.add("decides" if facts.decision_maker else "does not decide")
    found.add(_band("employees", facts.company.employees, _EMPLOYEES))
    found.add(_band("deal", facts.deal_value.amount if facts.deal_value else None, _AMOUNTS))
    for tag in facts.tags:
        if (plain := _plain(tag)) and plain not in _HIDDEN_TAGS and not _names_somebody(tag, own):
            found.add(f"tag {plain}")
    for tech in facts.company.tech:
        if plain := _plain(tech):
            found.add(f"uses {plain}")
    _behaviour(found, touches, at)
    return frozenset(found)


def as_it_was(facts: LeadFacts, touches: Sequence[Touch], at: datetime) -> LeadFacts:
    """Give a lead as it was known at `at`: without what providers or events told later, and with the tags of then.

    What a field said before it was told anew is not kept: it is taken as missing, and so is all that was derived of it.
    """
    after = [one for one in touches if one.at > at]
    tags = _tags_then(facts.tags, after)
    later = _told_later(facts, after, at)
    if not later and tags == facts.tags:
        return facts
    changes: dict[str, Any] = {"tags": tags}
    company: dict[str, Any] = {}
    for name in later:
        room, _, field = name.rpartition(".")
        if room == "company" and field in type(facts.company).model_fields:
            company[field] = [] if field == "tech" else None
        elif field in _LATER:
            changes[field] = EmailKind.NONE if field == "email_kind" else None
    if company:
        changes["company"] = facts.company.model_copy(update=company)
    return facts.model_copy(update=changes)


def _told_later(facts: LeadFacts, after: Sequence[Touch], at: datetime) -> set[str]:
    """Name the fields that were told after `at`, with whatever was derived of them."""
    later = {name for name, since in facts.as_of.items() if since > at}
    later |= {str(one.properties.get("field")) for one in after if one.kind == TriggerOn.FIELD_CHANGED}
    while more := {name for name, source in facts.origin.items() if source in later} - later:
        later |= more
    return later


def _tags_then(tags: list[str], after: Sequence[Touch]) -> list[str]:
    """Undo what events did to tags since, the latest first."""
    then = list(tags)
    for one in reversed(after):
        if one.kind == TriggerOn.TAG_ADDED:
            said = words_of([str(one.properties.get("tag"))])
            then = [tag for tag in then if tag not in said]
        elif one.kind == TriggerOn.TAG_REMOVED:
            then += [tag for tag in words_of([str(one.properties.get("tag"))]) if tag not in then]
    return then


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


def _own_words(facts: LeadFacts) -> frozenset[str]:
    """Give the words that name the lead's person or company."""
    company, address = facts.company, (facts.email or "").partition("@")
    names = (facts.first_name, facts.last_name, company.name, address[0], (company.domain or "").partition(".")[0])
    return frozenset(word for name in names if name for word in _WORDS.findall(name.lower()) if len(word) >= _TELLING)


def _names_somebody(text: str, own: frozenset[str]) -> bool:
    return _NUMBER.search(text) is not None or not own.isdisjoint(_WORDS.findall(text.lower()))


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
