"""What came of an example, key by key, and why it is not what was expected, in one sentence.

This room refuses to decide anything: it reads what was decided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from typing import Any

from models.base import Outside
from models.decisions import Nurture, Route, Score
from models.explanation import RoutingTrace, RuleTried
from models.facts import LeadFacts
from models.lead import Company, DealValue, LeadInput, Touch
from models.qualifying import Way
from policy.compiled import CompiledPolicy
from policy.qualification import fit_of
from policy.routing.case import Case
from policy.routing.choices import Choice, Chosen, Impossible, Waits
from policy.routing.rules import Placed
from policy.spelling import did_you_mean

DEFAULT = "default"
"""The rule that is expected where none matches."""

HELD, NOBODY = "held", "nobody"
"""Who is expected to get a lead that waits, or that goes to nobody."""

_QUALIFIED = frozenset({"way", "tier", "sla"})
_PLACED = frozenset({"tier", "levels", "sla", "rule", "pool", "tie", "owner", "backup"})


def field_hint(field: str) -> str:
    """Say which field of a lead an unknown one (`company.employes`) may have meant."""
    holder, _, name = field.rpartition(".")
    inside: dict[str, type[Outside]] = {"": LeadInput, "company": Company, "deal_value": DealValue}
    model = inside.get(holder)
    return did_you_mean(name, model.model_fields) if model else ""


@dataclass(frozen=True)
class Outcome:
    """One example's lead, judged, and where it is routed, placed; `choice` is who got it, where there is a roster."""

    compiled: CompiledPolicy
    facts: LeadFacts
    touches: tuple[Touch, ...]
    at: datetime
    score: Score
    case: Case | None = None
    choice: Choice | None = None

    @property
    def routed(self) -> bool:
        """Say whether a person is to get it."""
        return self.case is not None

    def is_as(self, key: str, expected: Any) -> bool:
        """Say whether one key of `expect` holds."""
        if key == "reason":
            return _folded(expected) in _folded(self._reasons())
        got = self._got(key)
        if key == "points":
            return isclose(got, expected, rel_tol=1e-9, abs_tol=1e-9)
        return set(got or ()) == set(expected) if key == "levels" else bool(got == expected)

    def instead_of(self, key: str, expected: Any) -> str:
        """Say what came out instead, and why."""
        if key == "reason":
            return f'expected "{expected}" in the reason, which is: {self._reasons()}'
        return f"expected {_told(expected)}{self._stranger(key, expected)}, got {_told(self._got(key))}: " + (
            self._because(key, expected)
        )

    def _got(self, key: str) -> Any:
        if key in ("points", "intent", "fit"):
            return getattr(self.score, key)
        way = self.score.qualification
        if key == "way":
            return Way.MONITOR if isinstance(way, Nurture) and way.monitored else Way(way.way)
        if not isinstance(way, Route) or self.case is None:
            return None
        match key:
            case "tier" | "sla":
                return getattr(way, key)
            case "levels":
                return self.case.levels
            case "rule":
                return None if self._tie else self.case.placed.rule or DEFAULT
            case "pool":
                return self._pool
            case "tie":
                return self._tie
            case "owner":
                return _owner(self.choice)
        return self.choice.backup_id if isinstance(self.choice, Chosen) else None

    @property
    def _trace(self) -> RoutingTrace | None:
        return None if self.choice is None or isinstance(self.choice, Impossible) else self.choice.trace

    @property
    def _tie(self) -> str | None:
        return self._trace.tie if self._trace else None

    @property
    def _pool(self) -> str | None:
        if isinstance(self.choice, Chosen | Waits):
            return self.choice.pool
        return self.case.placed.pool if self.case else None

    def _because(self, key: str, expected: Any) -> str:
        way = self.score.qualification
        if key == "points":
            return ", ".join(f"{one.points:+g} {one.rule}" for one in self.score.reasons) or "no rule gave any"
        if key == "intent":
            seen = ", ".join(touch.kind for touch in self.touches)
            return f"type is {self.facts.type}" + (f", touches are {seen}" if seen else ", there are no touches")
        if key == "fit":
            return fit_of(self.compiled, self.compiled.known(self.facts, self.touches, self.at))[1]
        if key in _PLACED and self.case is None:
            return f"it is not routed, but goes to {way.way}: {way.because}"
        if key in _QUALIFIED or self.case is None:
            return way.because
        return "; ".join(dict.fromkeys(filter(None, self._placing(key, expected))))

    def _placing(self, key: str, expected: Any) -> Iterator[str]:
        """Say how it was placed: by which rule, why not by the one that was expected, and who got it."""
        placed = self.case.placed if self.case else None
        if placed is None:
            return
        if key in ("rule", "pool", "levels") and self._tie is None:
            yield from _by_rule(placed)
            yield from self._passed_over(key, expected, placed.tried)
        if self._trace and (key in ("owner", "backup", "tie") or self._tie or self._trace.pool != placed.pool):
            yield self._trace.because
            if key in ("owner", "backup"):
                yield from (
                    f"{expected}: {one.excluded}"
                    for one in self._trace.candidates
                    if one.rep_id == expected and one.excluded
                )

    def _passed_over(self, key: str, expected: Any, tried: Iterable[RuleTried]) -> Iterator[str]:
        pools = {rule.name: rule.pool for rule in self.compiled.policy.routing.rules}
        meant = (one for one in tried if expected == (one.rule if key == "rule" else pools.get(one.rule)))
        first = next((one for one in meant if not one.matched), None)
        if first:
            yield f"rule {first.rule} did not match ({first.because})"

    def _stranger(self, key: str, expected: Any) -> str:
        """Say so where a name is expected that neither policy nor roster has: it can never come out."""
        policy = self.compiled.policy
        known: dict[str, list[str]] = {
            "rule": [*(rule.name for rule in policy.routing.rules), *(way.name for way in policy.ways), DEFAULT],
            "sla": [one.name for one in policy.sla],
            "tier": [tier.name for tier in policy.tiers],
        }
        if self.choice is not None and self.case is not None:
            roster = self.case.roster
            known["pool"] = list(roster.pools)
            people = [person.id for person in (*roster.reps, *roster.managers)]
            known["owner"], known["backup"] = [*people, HELD, NOBODY], people
        if key not in known or expected in known[key]:
            return ""
        return f" (there is none of that name{did_you_mean(expected, known[key])})"

    def _reasons(self) -> str:
        """Give every reason there is, the most telling first."""
        said = [self.score.qualification.because]
        if isinstance(self.choice, Chosen):
            said.insert(0, self.choice.sentence)
        if self._trace:
            said += [self._trace.because, *(one.because for one in self._trace.ties)]
        if self.case and self._tie is None:
            said += _by_rule(self.case.placed)
        return "; ".join(dict.fromkeys(filter(None, said)))


def _by_rule(placed: Placed) -> Iterator[str]:
    matched = [f" matched ({one.because})" for one in placed.tried if one.matched]
    if placed.rule is None:
        yield "no routing rule matched"
    else:
        yield f"{placed.sender}{matched[0] if matched and not placed.by_way else ' says so'}"


def _owner(choice: Choice | None) -> str | None:
    match choice:
        case Chosen():
            return choice.rep_id
        case Waits():
            return HELD
        case None:
            return None
    return NOBODY


def _told(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return " or ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
