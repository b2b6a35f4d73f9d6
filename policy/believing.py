"""Who is believed about a company: the lead's own words, and those of enrichment providers (R42, R43).

The lead's own word goes first and the providers follow in their order, unless a field has an order of its own. What a
provider said is believed for a while; then it is asked for anew. What is not believed but says otherwise is kept as a
conflict. This room refuses to ask anybody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from models.base import Inside
from models.decisions import Fact
from models.facts import Conflict, LeadFacts
from models.provider import EnrichedField
from policy.cleaning.changing import EVENT
from policy.cleaning.hygiene import fill

LEAD = "lead"
"""Who stands for what came with the lead, and what was derived from it."""

ALIKE = 0.5
"""Head counts contradict each other where the smaller is less than this part of the larger."""

_EMPTY: tuple[object, ...] = (None, [], ())


class Trust(Inside):
    """Whose word goes before whose, and for how long it counts.

    `providers`: in their order. `precedence`: by field; whoever is not named there comes after, the lead first.
    `fresh_for`: by provider; one that is not named is believed for good.
    """

    providers: tuple[str, ...] = ()
    precedence: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    fresh_for: dict[str, timedelta] = Field(default_factory=dict)

    def goes_before(self, field: str, one: str, other: str) -> bool:
        """Say whether one is rather believed about a field than another."""
        return self._rank(field, one) < self._rank(field, other)

    def _rank(self, field: str, who: str) -> tuple[int, int]:
        named = self.precedence.get(field, ())
        if who in named:
            return 0, named.index(who)
        if who == LEAD:
            return 1, 0
        return (2, self.providers.index(who)) if who in self.providers else (3, 0)

    def holder(self, facts: LeadFacts, field: str) -> str:
        """Name who said what is known of a field: a provider, also one of former times, or the lead.

        What an event changed since is the lead's own word.
        """
        origin = facts.origin.get(field, LEAD)
        said = origin in self.providers or (field in facts.as_of and origin != EVENT)
        return origin if said else LEAD

    def stale(self, facts: LeadFacts, field: str, at: datetime) -> bool:
        """Say whether what a provider said of a field is older than it is believed."""
        said_at = facts.as_of.get(field)
        fresh_for = self.fresh_for.get(facts.origin.get(field, ""))
        return said_at is not None and fresh_for is not None and at - said_at > fresh_for


def wanted(facts: LeadFacts, trust: Trust, at: datetime) -> frozenset[EnrichedField]:
    """Give the fields to ask for: unknown ones, stale ones, and those on which somebody is rather believed."""
    return frozenset(
        field
        for field in EnrichedField
        if _value(facts, field) in _EMPTY
        or trust.stale(facts, field, at)
        or any(trust.goes_before(field, one, trust.holder(facts, field)) for one in trust.providers)
    )


def stale_fields(facts: LeadFacts, trust: Trust, at: datetime) -> frozenset[EnrichedField]:
    """Give the fields whose provider's word has grown old."""
    return frozenset(field for field in EnrichedField if trust.stale(facts, field, at))


def believe(facts: LeadFacts, found: Iterable[Fact], trust: Trust, at: datetime) -> LeadFacts:
    """Put what providers found where it is rather believed than what is known, with who said it and when.

    Every other finding that says something else is a conflict, with why it was not believed. The order of `found` does
    not matter, unless two of one provider's contradict each other.
    """
    said = list(found)
    chosen: dict[str, Fact] = {}
    for one in said:
        best = chosen.get(one.field)
        if _beats(one, facts, trust, at) and (best is None or trust.goes_before(one.field, one.source, best.source)):
            chosen[one.field] = one
    believed = _put(facts, chosen, at)
    return believed.model_copy(update={"conflicts": _conflicts(believed, said, trust, facts)})


def changed(before: LeadFacts, after: LeadFacts) -> tuple[str, ...]:
    """Name the company's fields that are not what they were."""
    return tuple(field for field in EnrichedField if _value(before, field) != _value(after, field))


def _beats(one: Fact, facts: LeadFacts, trust: Trust, at: datetime) -> bool:
    if _value(facts, one.field) in _EMPTY or trust.stale(facts, one.field, at):
        return True
    holder = trust.holder(facts, one.field)
    return one.source == holder or trust.goes_before(one.field, one.source, holder)


def _put(facts: LeadFacts, chosen: Mapping[str, Fact], at: datetime) -> LeadFacts:
    """Fill in what was chosen, and derive anew what followed from it; where that cannot be, what was known stays."""
    derived = _derived(facts, {field for field, one in chosen.items() if _value(facts, field) != one.value})
    company = {_name(field): _nothing(field) for field in (*chosen, *derived) if _is_company(field)}
    cleared = facts.model_copy(
        update={
            **{field: None for field in derived if not _is_company(field)},
            "company": facts.company.model_copy(update=company),
            "origin": {field: who for field, who in facts.origin.items() if field not in {*chosen, *derived}},
        }
    )
    filled = fill(cleared, tuple(chosen.values()))
    lost = {field for field, one in chosen.items() if _is_company(field) and filled.origin.get(field) != one.source}
    if lost:
        rest = {field: one for field, one in chosen.items() if field not in lost}
        return _put(facts.model_copy(update={"notes": filled.notes}), rest, at)
    taken = {field for field, one in chosen.items() if filled.origin.get(field) == one.source}
    return filled.model_copy(update={"as_of": facts.as_of | {field: chosen[field].as_of or at for field in taken}})


def _derived(facts: LeadFacts, fields: Collection[str]) -> frozenset[str]:
    """Name what was derived from fields, and from that in turn: a country from a domain, a region from the country."""
    gone = set(fields)
    while more := {field for field, who in facts.origin.items() if who in gone} - gone:
        gone |= more
    return frozenset(gone - set(fields))


def _conflicts(facts: LeadFacts, said: Sequence[Fact], trust: Trust, before: LeadFacts) -> tuple[Conflict, ...]:
    """Keep what was known of contradictions, and add those that what was said now brings."""
    asked_again = {(one.field, one.source) for one in said}
    kept = [one for one in facts.conflicts if (one.field, one.other_from) not in asked_again]
    for one in said:
        holder = trust.holder(facts, one.field)
        if one.source != holder and _differ(one.field, _value(facts, one.field), one.value):
            kept.append(_conflict(facts, one, holder, one.value, one.source))
    for field in sorted({one.field for one in said}):
        was, was_from = _value(before, field), trust.holder(before, field)
        holder = trust.holder(facts, field)
        if holder != was_from and was not in _EMPTY and _differ(field, _value(facts, field), was):
            named = Fact(field=field, value=was, source=was_from)
            kept.append(_conflict(facts, named, holder, was, was_from))
    return tuple({(one.field, one.other_from): one for one in kept}.values())


def _conflict(facts: LeadFacts, one: Fact, holder: str, value: Any, whose: str) -> Conflict:
    because = "what came with the lead goes first" if holder == LEAD else f"{holder} is rather believed than {whose}"
    return Conflict(
        field=one.field,
        kept=_told(_value(facts, one.field)),
        kept_from=holder,
        other=_told(value),
        other_from=whose,
        because=because,
    )


def _differ(field: str, kept: Any, other: Any) -> bool:
    """Say whether two values contradict each other: spellings, parts of a list and rough counts do not."""
    if kept in _EMPTY or other in _EMPTY or field == EnrichedField.TECH:
        return False
    if isinstance(kept, int) and isinstance(other, int):
        return min(kept, other) < max(kept, other) * ALIKE
    if field in (EnrichedField.COUNTRY, EnrichedField.DOMAIN):
        return str(kept).casefold() != str(other).casefold()
    return False  # names, cities and industries are spelled in too many ways to be called contradictions


def _told(value: Any) -> str:
    return str(value)[:200]


def _is_company(field: str) -> bool:
    return field.startswith("company.")


def _name(field: str) -> str:
    return field.removeprefix("company.")


def _nothing(field: str) -> object:
    return [] if field == EnrichedField.TECH else None


def _value(facts: LeadFacts, field: str) -> Any:
    return getattr(facts.company, _name(field), None) if _is_company(field) else getattr(facts, field, None)
