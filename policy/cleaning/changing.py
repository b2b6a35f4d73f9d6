"""What an event changes of what is known of a lead: a tag, or a field (R21, R33).

What cannot be read changes nothing, and is noted. Who the person is (address, phone, names, ids) is not for an event to
say. This room refuses to score what follows and to keep it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from models.decisions import Fact
from models.facts import LeadFacts
from models.lead import Touch
from models.qualifying import TriggerOn
from policy.cleaning.amounts import read_headcount, read_yes_no
from policy.cleaning.hygiene import fill
from policy.cleaning.texts import tidy, words_of

EVENT = "event"
"""Who said what an event changed (`LeadFacts.origin`)."""

MOST_TAGS = 100
MOST_CUSTOM = 200
LONGEST = 500
"""Characters of a text, or of a name in `custom`."""

_READ_AS_FOUND = frozenset(
    {
        "title",
        "seniority",
        "country",
        "timezone",
        "language",
        "company.name",
        "company.domain",
        "company.employees",
        "company.industry",
        "company.country",
        "company.city",
    }
)
_AS_TEXT = frozenset({"region", "product", "use_case"})
_CUSTOM = "custom."

CHANGEABLE = frozenset({*_READ_AS_FOUND, *_AS_TEXT, "decision_maker"})
"""The fields that an event may change; beside them any `custom.NAME`."""


def changed(facts: LeadFacts, touch: Touch) -> LeadFacts:
    """Give what is known after a touch; the same facts where it changes nothing."""
    apply = _APPLIES.get(touch.kind)
    return facts if apply is None else apply(facts, touch.properties)


NO_NEWS = "no_news"
"""The property of a kept touch that said nothing but what was known: it sets no trigger off."""


def is_news(before: LeadFacts, after: LeadFacts, touch: Touch) -> bool:
    """Say whether a touch told anything that was not known, given what is known before and `after` it.

    A field that is not kept here is always news: whoever keeps it knows. What cannot be read is none.
    """
    if touch.kind not in _APPLIES or _known_apart(before) != _known_apart(after):
        return True
    field = touch.properties.get("field")
    elsewhere = isinstance(field, str) and field not in CHANGEABLE and not field.startswith(_CUSTOM)
    return touch.kind == TriggerOn.FIELD_CHANGED and elsewhere


def _known_apart(facts: LeadFacts) -> LeadFacts:
    """Leave out who said it, and notes."""
    return facts.model_copy(update={"origin": {}, "as_of": {}, "notes": ()})


def with_tag(facts: LeadFacts, tag: str) -> LeadFacts:
    """Add a tag; nothing changes where it is there, or as many as a lead may have."""
    new = [word for word in words_of([tag[:LONGEST]]) if word not in facts.tags]
    if not new:
        return facts
    if len(facts.tags) >= MOST_TAGS:
        return _noted(facts, f"tags: has {MOST_TAGS} already; an event's was left out")
    return facts.model_copy(update={"tags": [*facts.tags, *new], "origin": facts.origin | {"tags": EVENT}})


def _tag_added(facts: LeadFacts, said: Mapping[str, Any]) -> LeadFacts:
    tag = said.get("tag")
    return with_tag(facts, tag) if isinstance(tag, str) else _noted(facts, "tags: an event named none")


def _tag_removed(facts: LeadFacts, said: Mapping[str, Any]) -> LeadFacts:
    tag = said.get("tag")
    if not isinstance(tag, str):
        return _noted(facts, "tags: an event named none")
    gone = words_of([tag])
    kept = [word for word in facts.tags if word not in gone]
    return facts if kept == facts.tags else facts.model_copy(update={"tags": kept})


def _field_changed(facts: LeadFacts, said: Mapping[str, Any]) -> LeadFacts:
    field, value = said.get("field"), said.get("value")
    if not isinstance(field, str):
        return _noted(facts, "an event named no field")
    if field.startswith(_CUSTOM):
        return _custom(facts, field.removeprefix(_CUSTOM), value)
    if field not in CHANGEABLE:
        return _noted(facts, "an event named a field that events do not change")
    if field == "company.employees" and isinstance(value, str):
        found = read_headcount(value)
        value = found[0] if found else value
    if _value(facts, field) == value:
        return facts
    if field in _READ_AS_FOUND:
        new = _forgotten(facts, field)
        new = fill(new, () if value is None else (Fact(field=field, value=value, source=EVENT),))
        read = value is None or new.origin.get(field) == EVENT
    else:
        readable = _yes_no(value) if field == "decision_maker" else _text(value)
        new, read = _with(facts, field, readable), value is None or readable is not None
    return new if read else _noted(facts, f"{field}: what an event says cannot be one")


def _custom(facts: LeadFacts, name: str, value: Any) -> LeadFacts:
    if not 0 < len(name) <= LONGEST or (name not in facts.custom and len(facts.custom) >= MOST_CUSTOM):
        return _noted(facts, "custom: an event's field has no name, or there are too many")
    custom = {key: one for key, one in facts.custom.items() if key != name}
    if value is not None:
        custom[name] = value
    origin = facts.origin | {f"{_CUSTOM}{name}": EVENT}
    return facts if custom == facts.custom else facts.model_copy(update={"custom": custom, "origin": origin})


def _forgotten(facts: LeadFacts, field: str) -> LeadFacts:
    """Forget a field, and whatever was derived from it: that is derived anew."""
    gone = {field}
    while more := {name for name, source in facts.origin.items() if source in gone} - gone:
        gone |= more
    known = facts.model_dump()
    for name in gone:
        holder, _, last = name.rpartition(".")
        (known[holder] if holder else known)[last] = None
    for kept in ("origin", "as_of"):
        known[kept] = {name: one for name, one in known[kept].items() if name not in gone}
    return LeadFacts.model_validate(known)


def _with(facts: LeadFacts, field: str, value: Any) -> LeadFacts:
    origin = {name: source for name, source in facts.origin.items() if name != field}
    return facts.model_copy(update={field: value, "origin": origin | ({} if value is None else {field: EVENT})})


def _value(facts: LeadFacts, field: str) -> Any:
    holder, _, name = field.rpartition(".")
    return getattr(getattr(facts, holder) if holder else facts, name)


def _text(value: Any) -> str | None:
    return tidy(value[:LONGEST]) if isinstance(value, str) else None


def _yes_no(value: Any) -> bool | None:
    if isinstance(value, str):
        return read_yes_no(value)
    return value if isinstance(value, bool) else None


def _noted(facts: LeadFacts, what: str) -> LeadFacts:
    return facts.model_copy(update={"notes": tuple(dict.fromkeys((*facts.notes, what)))})


_Applies = Callable[[LeadFacts, Mapping[str, Any]], LeadFacts]
_APPLIES: Mapping[str, _Applies] = {
    TriggerOn.TAG_ADDED: _tag_added,
    TriggerOn.TAG_REMOVED: _tag_removed,
    TriggerOn.FIELD_CHANGED: _field_changed,
}
