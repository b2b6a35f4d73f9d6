"""Frozen time: what was left of each rung runs on afterwards (contract, section 4)."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import ALWAYS, Calendar
from policy.hours.calendars import elapsed
from policy.ladder import Clocks, plan_ladder, shift
from tests.policy.rungs import BERLIN, CLOCKS, DENVER, FRIDAY, INSTANTS, NIGHTS, OFFICE, berlin, ladders, policy, told


def test_a_pause_keeps_the_business_time_that_was_left() -> None:
    """Paused on Friday 17:58 and resumed on Tuesday 11:00: twelve of the reminder's fifteen minutes are left."""
    plan = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer")

    later = shift(plan.rungs, berlin(6, 17, 58), berlin(10, 11), OFFICE, "resumed by dana")

    assert ["1 Tue 11:12", "2 Tue 11:27", "3 Tue 11:42", "4 Tue 11:57", "5 Tue 12:27", "6 Tue 13:27"] == [
        line[:11] for line in told(later)
    ]
    assert ("0:12:00 left when time froze", "Tue 11:00-11:12 12 min") == later.rungs[0].trace
    assert (berlin(10, 11), "resumed by dana") == (later.made_at, later.cause)
    assert [(one.says, one.projected) for one in plan.rungs] == [(one.says, one.projected) for one in later.rungs]


def test_what_was_due_before_the_freeze_is_due_when_time_runs_on() -> None:
    """An overdue rung does not run during a pause, and at once after it."""
    plan = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer")

    later = shift(plan.rungs, berlin(9, 9, 25), berlin(10, 8), OFFICE, "resumed")

    assert ["1 Tue 08:00", "2 Tue 08:00", "3 Tue 09:15"] == [line[:11] for line in told(later)[:3]]
    assert ("was due when time froze: due as soon as it runs on",) == later.rungs[0].trace


def test_time_does_not_freeze_backwards() -> None:
    """Resuming before the freeze is a mistake of the caller."""
    with pytest.raises(ValueError, match="cannot run on"):
        shift((), FRIDAY, FRIDAY - timedelta(seconds=1), OFFICE, "resumed")


def test_a_freeze_over_an_opening_without_anything_to_count() -> None:
    """A rung snapped to Monday's opening stays there when Friday was counted as left."""
    ladder = [{"do": "offer", "to": "primary"}, {"do": "reassign", "after": "9h"}, {"do": "triage"}]
    plan = plan_ladder(policy(ladder), "demo", 1, OFFICE, berlin(5, 20), "offer")
    assert ["1 Fri 18:00", "2 Mon 09:00"] == [line[:11] for line in told(plan)]

    later = shift(plan.rungs, berlin(5, 20), berlin(5, 21), OFFICE, "resumed")

    assert ["1 Fri 18:00", "2 Mon 09:00"] == [line[:11] for line in told(later)]


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 5000))
def test_a_freeze_of_no_length_changes_nothing(
    ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, later: int
) -> None:
    """Pausing and resuming at the same instant leaves every rung where it was."""
    rungs = plan_ladder(policy(ladder), "demo", 1, clocks, at, "offer").rungs
    frozen_at = at + timedelta(minutes=later)

    assert rungs == shift(rungs, frozen_at, frozen_at, clocks, "resumed").rungs


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 5000), st.integers(0, 20000))
def test_a_freeze_never_brings_a_rung_forward(
    ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, until_frozen: int, frozen_for: int
) -> None:
    """After a pause the rungs are the same and in order, none before its end and none earlier than planned."""
    rungs = plan_ladder(policy(ladder), "demo", 1, clocks, at, "offer").rungs
    frozen_at = at + timedelta(minutes=until_frozen)
    resume_at = frozen_at + timedelta(minutes=1 + frozen_for)

    moved = shift(rungs, frozen_at, resume_at, clocks, "resumed").rungs

    assert [(one.n, one.kind) for one in rungs] == [(one.n, one.kind) for one in moved]
    assert all(upper.due_at <= lower.due_at for upper, lower in pairwise(moved))
    assert all(now.due_at >= max(resume_at, was.due_at) for was, now in zip(rungs, moved, strict=True))


@given(
    ladders(("offer", "remind", "alert", "reassign")),
    st.sampled_from([BERLIN, DENVER, NIGHTS, ALWAYS]),
    INSTANTS,
    st.integers(0, 3000),
    st.integers(1, 9000),
)
def test_a_freeze_keeps_what_was_left(
    ladder: list[dict[str, Any]], hours: Calendar, at: datetime, until_frozen: int, frozen_for: int
) -> None:
    """On one calendar, what is left of each rung ahead is the same after the freeze as before it."""
    clocks = Clocks(rep=hours, team=hours, lead=hours)
    on_rep = [{key: value for key, value in rung.items() if key != "clock"} for rung in ladder]
    rungs = plan_ladder(policy(on_rep), "demo", 1, clocks, at, "offer").rungs
    frozen_at = at + timedelta(minutes=until_frozen)
    resume_at = frozen_at + timedelta(minutes=frozen_for)

    moved = shift(rungs, frozen_at, resume_at, clocks, "resumed").rungs

    ahead = [(was, now) for was, now in zip(rungs, moved, strict=True) if was.due_at > frozen_at]
    assert [elapsed(hours, frozen_at, was.due_at).elapsed for was, _ in ahead] == [
        elapsed(hours, resume_at, now.due_at).elapsed for _, now in ahead
    ]
