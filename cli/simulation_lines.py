"""A simulation as a CSV file: one line a lead, both sides beside each other where two policies are compared.

A text that a spreadsheet would take for a formula gets an apostrophe in front: strangers wrote some of them.
"""

import csv
from collections.abc import Iterator
from typing import IO

from policy.simulation.diff import difference_of
from policy.simulation.verdicts import Verdict
from runtime.telling_policy.simulation import Told, of_verdict

_COMMON = ("lead_id", "received_at")
_OWN = (
    "fate", "owner", "pool", "rule", "tie", "way_rule", "because", "intent", "fit", "points", "tier", "sla", "region",
    "routed_at", "offered_at", "promise_due_at", "late", "held", "held_for_s",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_lines(file: IO[str], told: Told) -> None:
    """Write one line for each lead, in the order in which they came."""
    writer = csv.writer(file, lineterminator="\n")
    if told.against is None:
        writer.writerow([*_COMMON, *_OWN])
        writer.writerows(_cells(one, (*_COMMON, *_OWN)) for one in told.draft.verdicts)
        return
    writer.writerow([*_COMMON, "difference", *_OWN, *(f"against.{name}" for name in _OWN)])
    for before, after in zip(told.against.verdicts, told.draft.verdicts, strict=True):
        differs = difference_of(before, after)
        writer.writerow([*_cells(after, _COMMON), differs or "", *_cells(after, _OWN), *_cells(before, _OWN)])


def _cells(one: Verdict, names: tuple[str, ...]) -> Iterator[object]:
    known = of_verdict(one)
    for name in names:
        value = known[name]
        if isinstance(value, str) and value.startswith(_FORMULA):
            value = f"'{value}"
        yield value
