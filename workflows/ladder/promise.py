"""The promise to the prospect: the lead clock, which nothing stops, and the moment it is broken."""

from datetime import datetime, timedelta

from models.ladder import EntryKind
from models.lead import Stage
from workflows.ladder.effects import AlertCause
from workflows.ladder.state import LeadState
from workflows.ladder.step import Step

A_TICK = timedelta(milliseconds=1)
"""Late means strictly after due: a breach is looked for this much after it."""


def breach_due(state: LeadState) -> datetime | None:
    """Name the instant at which the promise will be broken, if it still can be."""
    return state.response_due_at + A_TICK if _may_breach(state) and state.response_due_at else None


def breach_noted(step: Step, now: datetime) -> Step:
    """Note that the promised time has passed, if it has, before anything else changes."""
    due = step.state.response_due_at
    if due is None or now <= due or not _may_breach(step.state):
        return step
    says = f"nobody had taken it by {due:%Y-%m-%d %H:%M:%S} UTC, the promised time"
    step = step.set(breached=True).tell(now, EntryKind.BREACHED, says)
    held = step.state.holder is None and step.state.stage is Stage.ROUTING
    return step.alert(f"{says}: it is held, and nobody is asked", AlertCause.TROUBLE) if held else step


def _may_breach(state: LeadState) -> bool:
    return not (
        state.breached
        or state.backfill
        or state.accepted
        or state.ended
        or state.stage in (Stage.REVIEW, Stage.NURTURING)
        or (state.first_accepted_at and state.response_due_at and state.first_accepted_at <= state.response_due_at)
    )
