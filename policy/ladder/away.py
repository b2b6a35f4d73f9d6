"""Whether whoever is asked is there to answer: on leave now or soon, or gone. This room refuses to look at shifts."""

from datetime import datetime

from models.ladder import OFFERING, Plan
from models.roster import Roster
from policy.leave import leave_at, next_leave
from policy.routing.crew import calendar_of, rep_of
from policy.routing.moments import until_day


def watching_leave(plan: Plan, roster: Roster | None, holder_id: str | None) -> Plan:
    """Add to a plan when its holder, who has yet to answer, goes on leave: if that is before the lead moves on anyway.

    Time off counts, the end of a shift does not. Without a roster or a holder, and for a manager, the plan stays.
    """
    rep = rep_of(roster, holder_id) if roster is not None and holder_id is not None else None
    if roster is None or rep is None:
        return plan
    calendar = calendar_of(roster, rep)
    leave = next_leave(rep, calendar, plan.made_at)
    moves_on_at = next((rung.due_at for rung in plan.rungs if rung.kind in OFFERING), None)
    if leave is None or (moves_on_at is not None and leave.starts_at >= moves_on_at):
        return plan
    because = f"{rep.id} is on leave {until_day(leave.ends_at, calendar.tz, leave.starts_at)}"
    return plan.model_copy(update={"away_at": leave.starts_at, "away_because": because})


def gone(roster: Roster, holder_id: str, at: datetime) -> str | None:
    """Say why a holder cannot answer any more: on leave, not active, or not in the roster; None when they can."""
    rep = rep_of(roster, holder_id)
    if rep is None:
        there = any(manager.id == holder_id for manager in roster.managers)
        return None if there else f"{holder_id} is not in the roster any more"
    if not rep.active:
        return f"{holder_id} is not active any more"
    calendar = calendar_of(roster, rep)
    leave = leave_at(rep, calendar, at)
    return f"{holder_id} is on leave {until_day(leave.ends_at, calendar.tz, at)}" if leave else None
