"""What a simulation told, gathered once: as one JSON document, and for the tables and lines that are made of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from policy.simulation.diff import Difference, Pair, differences
from policy.simulation.report import Report
from policy.simulation.verdicts import Verdict

MOST_PAIRS = 1000
"""So many leads that fare differently a JSON document lists; a file of `--out` has all of them."""


@dataclass(frozen=True, slots=True)
class Side:
    """One policy's part: its version, what came of each lead, and what that comes to."""

    policy: str
    verdicts: Sequence[Verdict]
    report: Report


@dataclass(frozen=True)
class Told:
    """One simulation; `against` is the policy it is compared with, if any."""

    draft: Side
    against: Side | None
    roster: str
    leads_from: str
    first_at: datetime | None
    last_at: datetime | None
    handling: timedelta
    assumptions: Sequence[str]

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """List the leads that fare differently under the two."""
        return list(differences(self.against.verdicts, self.draft.verdicts)) if self.against else []

    @cached_property
    def counts(self) -> Mapping[Difference, int]:
        """Count the leads that fare differently, by what differs."""
        found = Counter(pair.difference for pair in self.pairs)
        return {difference: found[difference] for difference in Difference}


def document(told: Told) -> dict[str, Any]:
    """Make the JSON of a simulation."""
    made: dict[str, Any] = {
        "policy": told.draft.policy,
        "against": told.against.policy if told.against else None,
        "roster": told.roster,
        "leads_from": told.leads_from,
        "first_received_at": plain(told.first_at),
        "last_received_at": plain(told.last_at),
        "handling_s": plain(told.handling),
        "assumptions": list(told.assumptions),
        "report": _report(told.draft.report),
    }
    if told.against:
        made["against_report"] = _report(told.against.report)
        made["differences"] = {
            "counts": {difference.value: count for difference, count in told.counts.items()},
            "leads": [_pair(pair) for pair in told.pairs[:MOST_PAIRS]],
            "not_listed": max(0, len(told.pairs) - MOST_PAIRS),
        }
    return made


def of_verdict(one: Verdict) -> dict[str, Any]:
    """Give one lead's verdict by name, plain."""
    known = {name: plain(value) for name, value in asdict(one).items()}
    return known | {"held_for_s": plain(one.held_for), "late": one.late}


def plain(value: Any) -> Any:
    """Give a value as JSON has it: instants as text, durations in seconds, shares with four digits."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case float():
            return round(value, 4)
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
    return value


def _report(one: Report) -> dict[str, Any]:
    made: dict[str, Any] = plain(asdict(one)) | {"healthy": one.healthy}
    for key in ("hours", "regions"):
        made[key] = [
            {("longest_wait_s" if name == "longest_wait" else name): value for name, value in line.items()}
            for line in made[key]
        ]
    return made


def _pair(pair: Pair) -> dict[str, Any]:
    before, after = of_verdict(pair.before), of_verdict(pair.after)
    same = {name: before.pop(name) for name in ("lead_id", "received_at")}
    for name in same:
        del after[name]
    return same | {"difference": pair.difference.value, "before": before, "after": after}
