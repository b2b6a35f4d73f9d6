"""How many leads somebody may get in a day of theirs, or within any such span (R19).

A lead counts from the instant it was offered; it stops counting when the day is over, or the span is. This room
refuses to say which leads count: it is handed their instants.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.roster import Cap, Rep
from policy.routing.availability import Against, Objection, midnight_after


class Capped(NamedTuple):
    """One cap that is reached, and when it lets the next lead in."""

    objection: Objection
    frees_at: datetime


def reached(rep: Rep, tz: str, recent: Sequence[datetime], at: datetime) -> tuple[Capped, ...]:
    """List the caps of a rep that are reached at `at`, `recent` being when each lead was offered to them.

    Days are those of the zone `tz`.
    """
    found = (_reached(cap, ZoneInfo(tz), recent, at) for cap in rep.caps)
    return tuple(one for one in found if one is not None)


def _reached(cap: Cap, zone: ZoneInfo, recent: Sequence[datetime], at: datetime) -> Capped | None:
    span = cap.span
    if span is None:
        today = at.astimezone(zone).date()
        had = sum(offered.astimezone(zone).date() == today for offered in recent)
        frees_at, when = midnight_after(zone, at), "today"
    else:
        counted = sorted(offered for offered in recent if offered + span > at)
        had, when = len(counted), f"within {cap.per}"
        frees_at = counted[had - cap.leads] + span if had >= cap.leads else at
    if had < cap.leads:
        return None
    return Capped(Objection(Against.CAP, f"has had {had} of {cap.leads} leads {when}"), frees_at)
