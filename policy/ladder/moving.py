"""Rungs that are planned already, on other instants: time froze, or the roster changed (contract, section 4).

What a rung counts from may be another rung: an offer that is projected, a pause. When that one moves, so does what
counts from it. This room refuses to change what rungs do, and instants that a person set.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from models.calendar import Due
from models.ladder import OFFERING, Clock, Plan, Rung, RungKind
from models.roster import Roster
from policy.ladder.away import gone, watching_leave
from policy.ladder.clocks import Clocks, counted, left, not_before
from policy.ladder.words import moves
from policy.routing.crew import crew_of
from policy.wall_times import next_after


def shift(
    rungs: Sequence[Rung],
    frozen_at: datetime,
    resume_at: datetime,
    clocks: Clocks,
    cause: str,
    *,
    roster: Roster | None = None,
    holder_id: str | None = None,
) -> Plan:
    """Plan anew what was frozen at `frozen_at`: each rung keeps what was left of it in its own business time.

    What was due by then is due at `resume_at`; nothing is brought forward. `holder_id` is who has yet to answer: the
    plan says when they go on leave. Raises `ValueError` when `resume_at` lies before `frozen_at`.
    """
    if resume_at < frozen_at:
        raise ValueError(f"time that froze at {frozen_at} cannot run on from {resume_at}: that is before")
    moved = list(rungs) if resume_at == frozen_at else _shifted(rungs, frozen_at, resume_at, clocks)
    return watching_leave(Plan(made_at=resume_at, cause=cause, rungs=tuple(moved)), roster, holder_id)


def replan(
    rungs: Sequence[Rung],
    clocks: Clocks,
    at: datetime,
    cause: str,
    *,
    roster: Roster | None,
    holder_id: str | None,
    accepted: bool,
) -> Plan:
    """Plan the same rungs on today's calendars, and tell what moved: "ana's hours changed: remind 09:10 -> 10:10".

    Each rung is counted again from where it was counted from, in its own budget; one that is past by now keeps its
    true instant, and one that a person set stays where it is. Where nothing moved the rungs are equal and the cause is
    "". `gone` says why the holder cannot answer, if so; of one who has not `accepted`, the plan says when they go on
    leave. A holder the roster does not know has no hours to count in: the rungs stay.
    """
    waits_for = None if accepted else holder_id
    known = roster is not None and (holder_id is None or holder_id in crew_of(roster).people)
    again = _recounted(rungs, clocks) if known else list(rungs)
    told = moves(rungs, again, clocks.zone(Clock.REP), at)
    plan = Plan(
        made_at=at,
        cause=f"{cause}: {told}" if cause and told else told,
        rungs=tuple(again),
        gone=gone(roster, holder_id, at) if roster is not None and holder_id is not None else None,
    )
    return plan if plan.gone else watching_leave(plan, roster, waits_for)


class _Chain(NamedTuple):
    """Where the rungs behind the last offer or pause count from: as it was, and as it is now."""

    was: datetime | None = None
    now: datetime | None = None

    def start(self, rung: Rung) -> datetime | None:
        """Say where a rung counts from now; None when a person set its instant."""
        if self.was is not None and rung.counted_from == self.was:
            return self.now
        return rung.counted_from

    def behind(self, was: Rung, now: Rung) -> "_Chain":
        """Give the chain for the rungs behind this one."""
        if was.kind is RungKind.PAUSE:
            return _Chain(was.until_at, now.until_at)
        return _Chain(was.due_at, now.due_at) if was.kind in OFFERING else self


def _recounted(rungs: Sequence[Rung], clocks: Clocks) -> list[Rung]:
    again, chain = list[Rung](), _Chain()
    for rung in rungs:
        start = chain.start(rung)
        then = Due(due_at=rung.due_at, trace=rung.trace)
        if start is not None and rung.budget is not None:
            then = counted(clocks.calendar(rung.clock), start, rung.budget)
        there = _put(rung, not_before(again, then), clocks, counted_from=start)
        unmoved = (there.due_at, there.until_at, start) == (rung.due_at, rung.until_at, rung.counted_from)
        again.append(rung if unmoved else there)
        chain = chain.behind(rung, again[-1])
    return again


def _shifted(rungs: Sequence[Rung], frozen_at: datetime, resume_at: datetime, clocks: Clocks) -> list[Rung]:
    moved, chain = list[Rung](), _Chain()
    for rung in rungs:
        start = chain.start(rung)
        if start is not None and rung.budget is not None and rung.counted_from and rung.counted_from > frozen_at:
            begun = max(start, resume_at)
            thawed = _Thawed(counted(clocks.calendar(rung.clock), begun, rung.budget), begun, rung.budget)
        else:
            thawed = _thawed(rung, frozen_at, resume_at, clocks)
        if thawed.then.due_at < rung.due_at:  # planned at an opening with nothing left to count, or outside its hours
            thawed = _Thawed(Due(due_at=rung.due_at, trace=rung.trace), rung.counted_from, rung.budget)
        then = not_before(moved, thawed.then)
        moved.append(_put(rung, then, clocks, counted_from=thawed.counted_from, budget=thawed.budget))
        chain = chain.behind(rung, moved[-1])
    return moved


class _Thawed(NamedTuple):
    """When a rung is due after a freeze, and what that instant is made of."""

    then: Due
    counted_from: datetime | None
    budget: timedelta | None


def _thawed(rung: Rung, frozen_at: datetime, resume_at: datetime, clocks: Clocks) -> _Thawed:
    if rung.due_at <= frozen_at:
        at_once = Due(due_at=resume_at, trace=("was due when time froze: due as soon as it runs on",))
        return _Thawed(at_once, None, None)
    calendar = clocks.calendar(rung.clock)
    budget = left(calendar, frozen_at, rung.due_at)
    then = counted(calendar, resume_at, budget)
    told = then.model_copy(update={"trace": (f"{budget} left when time froze", *then.trace)})
    return _Thawed(told, resume_at, budget)


def _put(rung: Rung, then: Due, clocks: Clocks, **made_of: Any) -> Rung:
    """Put a rung on another instant; a pause goes on at its next time of day."""
    update: dict[str, Any] = {"due_at": then.due_at, "trace": then.trace, **made_of}
    if rung.kind is RungKind.PAUSE and rung.until is not None:
        update["until_at"] = next_after(then.due_at, rung.until, clocks.zone(rung.clock))
    return rung.model_copy(update=update)
