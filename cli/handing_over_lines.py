"""What became of a leaver's leads, lead by lead: as tables for people, as one document for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cli.output import instant, say, show, stamp, table
from db.handovers import InHand
from db.ledger import Booked
from policy.fairness import UNIT


class Became(StrEnum):
    """What became of one lead.

    `given`: somebody has it now. `held`: nobody may be offered it before an instant. `nobody`: a manager has to decide.
    `ended`: there was nothing to give any more. `stays`: still the leaver's, and why. `under_way`: it moves by itself.
    """

    GIVEN = "given"
    HELD = "held"
    NOBODY = "nobody"
    ENDED = "ended"
    STAYS = "stays"
    UNDER_WAY = "under_way"


@dataclass(frozen=True, slots=True)
class Moved:
    """One lead, what became of it, and why."""

    lead: InHand
    stage: str
    became: Became
    owner: str | None = None
    until: datetime | None = None
    because: str = ""


_WORDS = {
    Became.NOBODY: "nobody, triage",
    Became.ENDED: "it has ended",
    Became.UNDER_WAY: "under way",
}


def held_table(rep_id: str, held: Sequence[InHand]) -> None:
    """Show what somebody holds."""
    if not held:
        say(f"{rep_id} holds nothing.")
        return
    rows = [(one.lead_id, one.headline, one.state, one.offer, instant(one.since)) for one in held]
    show(table(("lead", "what", "state", "offer", "since"), rows, f"What {rep_id} holds"))


def held_document(held: Sequence[InHand]) -> list[dict[str, Any]]:
    """Lay out for a program what somebody holds."""
    return [_lead(one) | {"state": one.state.value, "since": stamp(one.since)} for one in held]


def moved_tables(rep_id: str, moved: Sequence[Moved], settled: Sequence[Booked]) -> None:
    """Show to whom each lead went and why, and how the ledger was settled."""
    if moved:
        rows = [(one.lead.lead_id, one.lead.headline, _to(rep_id, one), one.because) for one in moved]
        show(table(("lead", "what", "goes to", "because"), rows))
    if settled:
        lines = [(one.pool, one.rep_id, f"{one.units / UNIT:+.2f}", one.because) for one in settled]
        show("", table(("pool", "rep", "leads", "because"), lines, "Settled in the ledger"))


def _to(rep_id: str, one: Moved) -> str:
    match one.became:
        case Became.GIVEN:
            return one.owner or ""
        case Became.STAYS:
            return f"stays with {rep_id}"
        case Became.HELD:
            return f"nobody yet: held until {instant(one.until)}"
    return _WORDS[one.became]


def moved_document(moved: Sequence[Moved]) -> list[dict[str, Any]]:
    """Lay out for a program what became of each lead."""
    return [
        _lead(one.lead)
        | {
            "stage": one.stage,
            "outcome": one.became.value,
            "owner": one.owner,
            "until": stamp(one.until),
            "because": one.because,
        }
        for one in moved
    ]


def settled_document(settled: Sequence[Booked]) -> list[dict[str, Any]]:
    """Lay out for a program how the ledger was settled."""
    return [
        {"pool": one.pool, "rep_id": one.rep_id, "units": one.units / UNIT, "because": one.because} for one in settled
    ]


def _lead(one: InHand) -> dict[str, Any]:
    return {"lead_id": one.lead_id, "headline": one.headline, "offer": one.offer}
