"""How the console says instants, spans, shares and stages: one voice for all of its pages."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.lead import Stage

TONES: dict[str, str] = {
    Stage.RECEIVED: "idle",
    Stage.ENRICHING: "idle",
    Stage.SCORING: "idle",
    Stage.ROUTING: "wait",
    Stage.OFFERED: "ask",
    Stage.ACCEPTED: "mine",
    Stage.CONTACTED: "done",
    Stage.REVIEW: "look",
    Stage.NURTURING: "rest",
    Stage.DISQUALIFIED: "gone",
    Stage.TRIAGE: "late",
    Stage.CLOSED: "gone",
    Stage.ERASED: "gone",
}
"""The tone of each stage; a colour never says anything that the word beside it does not."""


def tone(stage: str) -> str:
    """Give the tone of a stage."""
    return TONES.get(stage, "idle")


LOOKED: ContextVar[datetime | None] = ContextVar("LOOKED", default=None)
"""When the page is looked at; each request says it."""

NEAR = timedelta(days=180)
"""How far away an instant may be for its year to go without saying."""


def at(instant: datetime | None, zone: str = "UTC") -> str:
    """Write an instant as people of a zone read it: `Mon 2 Mar, 09:30`, with the year where it is not plain."""
    if instant is None:
        return "–"
    local, looked = instant.astimezone(ZoneInfo(zone)), LOOKED.get()
    year = "" if looked is not None and abs(instant - looked) < NEAR else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}" + (" UTC" if zone == "UTC" else "")


def iso(instant: datetime | None) -> str:
    """Write an instant for machines."""
    return "" if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(length: timedelta | float | None) -> str:
    """Write a span in its two largest units: `3 d 2 h`, `12 m 05 s`. Numbers are seconds."""
    if length is None:
        return "–"
    exact = length.total_seconds() if isinstance(length, timedelta) else float(length)
    sign, seconds = ("−" if exact < 0 else ""), round(abs(exact))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{sign}{days} d {hours} h"
    if hours:
        return f"{sign}{hours} h {minutes:02d} m"
    if minutes:
        return f"{sign}{minutes} m {seconds % 60:02d} s"
    return f"{sign}{seconds} s"


def share(part: float | None, digits: int = 0) -> str:
    """Write a share of one as percent: `81.5 %`."""
    return "–" if part is None else f"{100 * part:.{digits}f} %"


def number(value: Any, digits: int = 0) -> str:
    """Write a number with thin thousands: `12 345`."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", "\u202f")


FILTERS = {"tone": tone, "at": at, "iso": iso, "span": span, "share": share, "number": number}
"""What templates write values with."""
