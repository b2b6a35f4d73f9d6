"""What is known of a lead, who said so, and who else of its company is known, as its page shows it (R29, R45).

A pure view: it refuses to look anything up and to write HTML.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.console.lead_known import Known
from api.console.words import span
from models.contact import KnownContact, Standing
from models.explanation import RoutingTrace

_OUTCOMES = {"not_asked": "not asked", "cached": "known from before", "found": "found", "nothing": "knows nothing"}
_HIDDEN = frozenset({"lead_id", "notes", "conflicts", "origin", "as_of", "account"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known, who said so, and whether a rule looked at it."""

    name: str
    value: str
    source: str
    looked_at: bool


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else of the company, in the order to try them. `reach` is how; empty for whoever may not see it."""

    name: str
    title: str
    part: str
    state: str
    why: str
    not_now: str
    reach: str
    next_best: bool


def facts(known: Known) -> tuple[Fact, ...]:
    """List what is known of the lead and its company, who said so, and what is not known and why not."""
    score, made, enriched = known.why.score, known.why.assignment, known.why.enrichment
    used = [*(score.facts if score else ())]
    trace: RoutingTrace | None = getattr(made, "trace", None)
    used += trace.facts if trace else ()
    looked_at = {one.field for one in used}
    rows = {
        name: Fact(name, value, _said_by(known.described, name), name in looked_at)
        for name, value in _leaves(known.described, "")
        if name not in _HIDDEN
    }
    for found in enriched.facts if enriched else ():
        rows.setdefault(found.field, Fact(found.field, _flat(found.value), found.source, found.field in looked_at))
    for missing in enriched.unknown if enriched else ():
        rows.setdefault(missing.field, Fact(missing.field, "not known", missing.because, missing.field in looked_at))
    for one in used:
        value = "not known" if one.value is None else _flat(one.value)
        rows.setdefault(one.field, Fact(one.field, value, one.source or "the lead", True))
    return tuple(rows.values())


def providers(known: Known) -> tuple[tuple[str, str, str, str], ...]:
    """Tell who was asked about the company: (provider, what came of it, how long it took, why)."""
    asked = known.why.enrichment.asked if known.why.enrichment else ()
    return tuple(
        (one.provider, _OUTCOMES.get(one.outcome, one.outcome), span(one.took) if one.took else "", one.because)
        for one in asked
    )


def colleagues(known: Known) -> tuple[Colleague, ...]:
    """Tell who else of the company is known, in the order to try them; nobody for whoever may not see people."""
    group = known.group
    if group is None:
        return ()
    people = {one.id: one for one in group.people}
    best = group.next_best.contact_id if group.next_best else None
    return tuple(_colleague(people[one.contact_id], one, one.contact_id == best) for one in group.others)


def _colleague(person: KnownContact, standing: Standing, best: bool) -> Colleague:
    name = " ".join(part for part in (person.first_name, person.last_name) if part)
    title = standing.title or (standing.seniority or "").replace("_", " ")
    return Colleague(
        name or f"Contact {person.id}",
        title,
        (standing.role or "").replace("_", " "),
        standing.state.replace("_", " "),
        "; ".join(standing.because),
        standing.not_now or "",
        ", ".join(part for part in (person.email, person.phone) if part),
        best,
    )


def _leaves(known: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in known.items():
        if (not above and name in _HIDDEN) or value in (None, [], {}, ""):
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", _flat(value)


def _flat(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _said_by(described: Mapping[str, Any], name: str) -> str:
    who = str(described.get("origin", {}).get(name, "the lead"))
    said_at = described.get("as_of", {}).get(name)
    return f"{who}, {said_at[:10]}" if said_at else who
