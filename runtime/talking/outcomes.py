"""Noting what became of a lead: kept on the database, whether or not its workflow still runs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from db.holding import UnknownLead
from db.outcomes import NoOutcome, Noted
from models.base import Problem, Refused, parse
from models.outcome import Outcome
from runtime.intake.taking import mint_lead_id
from runtime.store import Store
from runtime.talking.answers import NoSuchLead
from runtime.talking.inbox import inbox_row
from runtime.talking.instants import stamp

AHEAD = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


class NothingBecame(Exception):
    """Of this lead nothing can be noted; says why in one sentence."""


def read_outcome(raw: Any, now: datetime) -> Outcome:
    """Read what became of a lead. Raises `Refused` naming each wrong field."""
    said = parse(Outcome, raw)
    if said.at is not None and said.at > now + AHEAD:
        raise Refused((Problem(field="at", what="lies ahead of us; an outcome is noted once it is there"),))
    return said


async def note(store: Store, lead_id: str, said: Outcome, *, now: datetime, news_only: bool = False) -> Noted:
    """Note what became of a lead, under its key or a fresh one.

    Raises `NoSuchLead`, `NothingBecame`; with `news_only` also `NothingNew`.
    """
    key = said.key or mint_lead_id()
    try:
        return await store.outcomes.record(lead_id, said, key=key, now=now, news_only=news_only)
    except UnknownLead:
        if await inbox_row(store, lead_id) is None:
            raise NoSuchLead(lead_id) from None
        raise NothingBecame(f"lead {lead_id} is in the inbox, and nothing became of it yet") from None
    except NoOutcome as no:
        raise NothingBecame(f"lead {lead_id} has no outcome: {no}") from None


def document(noted: Noted) -> dict[str, Any]:
    """Lay an outcome out for a program."""
    words: Mapping[str, Any] = {
        name: getattr(noted, name) for name in ("lead_id", "key", "value", "currency", "rep_id", "industry", "by")
    }
    instants = {name: stamp(getattr(noted, name)) for name in ("at", "recorded_at")}
    return {**words, "result": noted.result.value, **instants, "repeat": noted.repeat}
