"""The roster changes while rungs are planned: they are counted again, and what moved is told (R19, R30)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import Calendar
from models.ladder import Plan, Rung
from models.roster import Roster
from policy.ladder import Clocks, clocks_of, plan_contact, plan_ladder, replan, shift
from tests.policy.rungs import (
    BERLIN,
    CLOCKS,
    FRIDAY,
    INSTANTS,
    OFFICE,
    berlin,
    ladders,
    policy,
    roster,
    told,
    with_leave,
)

SHORT = Calendar.model_validate(BERLIN.model_dump() | {"week": {day: [["10:00", "18:00"]] for day in ("mon", "tue")}})
LATE = Clocks(rep=SHORT, team=BERLIN, lead=BERLIN)
PLAN = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer", backup="cho")


def again(rungs: tuple[Rung, ...], clocks: Clocks, at: datetime = FRIDAY, **changes: Any) -> Plan:
    """Plan anew for ben, who has not answered, in the ordinary roster."""
    holding: dict[str, Any] = {"roster": roster(), "holder_id": "ben", "accepted": False} | changes
    return replan(rungs, clocks, at, "ben's hours changed", **holding)


def test_new_hours_move_what_was_counted_in_the_old_ones() -> None:
    """No Fridays any more, and Mondays from ten on: every rung moves, also those that were projected from others."""
    plan = again(PLAN.rungs, LATE)

    assert ["1 Mon 10:15", "2 Mon 10:30", "3 Mon 10:45", "4 Mon 11:00", "5 Mon 11:30", "6 Mon 12:30"] == [
        line[:11] for line in told(plan)
    ]
    assert "Mon 10:00-10:15 15 min" == plan.rungs[0].trace[-1]
    assert [(one.n, one.says, one.budget, one.projected) for one in PLAN.rungs] == [
        (one.n, one.says, one.budget, one.projected) for one in plan.rungs
    ]


def test_what_moved_is_told_in_the_holders_own_time() -> None:
    """From when to when, the first three of them, and how many more there are."""
    assert (
        "ben's hours changed: remind the owner Mon 09:10 -> 10:15, offer it to the backup, cho Mon 09:25 -> 10:30, "
        "tell the manager Mon 09:40 -> 10:45, 3 more (Europe/Berlin)"
    ) == again(PLAN.rungs, LATE).cause


def test_a_move_to_another_day_names_it() -> None:
    """Both the old and the new one."""
    tuesdays = Clocks(rep=Calendar.model_validate(BERLIN.model_dump() | {"week": {"tue": [["09:00", "18:00"]]}}))
    (remind, *_), cause = again(PLAN.rungs[:1], tuesdays).rungs, again(PLAN.rungs[:1], tuesdays).cause

    assert (berlin(10, 9, 15), "ben's hours changed: remind the owner Mon 09:10 -> Tue 09:15 (Europe/Berlin)") == (
        remind.due_at,
        cause,
    )


def test_where_nothing_moved_nothing_is_told() -> None:
    """The rungs are the same, and the cause is empty: nobody has to hear of it."""
    plan = again(PLAN.rungs, OFFICE)

    assert (PLAN.rungs, "", None, None) == (plan.rungs, plan.cause, plan.gone, plan.away_at)


def test_what_is_past_by_the_new_hours_keeps_its_true_instant() -> None:
    """The machine sees that it is overdue, and by how much."""
    early = Clocks(rep=Calendar.model_validate(BERLIN.model_dump() | {"week": {"mon": [["06:00", "18:00"]]}}))
    plan = again(PLAN.rungs, early, berlin(9, 8))

    assert [berlin(9, 6, 15), berlin(9, 6, 30)] == [rung.due_at for rung in plan.rungs[:2]]


def test_what_a_person_set_stays() -> None:
    """An instant without a budget is a person's word; what is behind it never comes before it."""
    remind, backup, *rest = PLAN.rungs
    given_time = backup.model_copy(update={"due_at": berlin(9, 15), "counted_from": None, "budget": None})
    plan = again((remind, given_time, *rest), LATE)

    assert [berlin(9, 10, 15), berlin(9, 15)] == [rung.due_at for rung in plan.rungs[:2]]
    assert all(upper.due_at <= lower.due_at for upper, lower in pairwise(plan.rungs))


def test_a_pause_goes_on_at_the_time_of_day_in_the_new_zone() -> None:
    """Until nine in Berlin becomes until nine in Lisbon, and what is behind it moves along."""
    ladder = [
        {"do": "offer", "to": "primary"},
        {"do": "pause", "until": "09:00", "after": "10m"},
        {"do": "reassign", "after": "40m"},
        {"do": "triage", "after": "10m"},
    ]
    lisbon = Clocks(rep=BERLIN.model_copy(update={"tz": "Europe/Lisbon"}))
    rungs = plan_ladder(policy(ladder), "demo", 1, OFFICE, berlin(3, 10), "offer").rungs

    assert [berlin(4, 9), berlin(4, 10)] == [rungs[0].until_at, again(rungs, lisbon).rungs[0].until_at]
    assert ["1 Tue 10:10", "2 Wed 10:30", "3 Wed 10:40"] == [line[:11] for line in told(again(rungs, lisbon))]


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        (with_leave(("2026-03-05", "2026-03-08")), "ben is on leave until 8 Mar"),
        (with_leave(("2026-03-06T17:00", "2026-03-06T18:30")), "ben is on leave until 6 Mar 18:30"),
        (with_leave(active=False), "ben is not active any more"),
        (roster(reps=[{"id": "ana", "name": "Ana", "team": "emea"}]), "ben is not in the roster any more"),
        (with_leave(("2026-03-06T17:00", "2026-03-06T17:55")), None),
        (with_leave(("2026-03-01", "2026-03-05")), None),
        (None, None),
    ],
)
def test_whoever_cannot_answer_any_more_is_gone(changed: Roster | None, gone: str | None) -> None:
    """On leave now, not active, or not in the roster: the plan says so, of what they have accepted, too."""
    assert gone == again(PLAN.rungs, OFFICE, roster=changed).gone
    kept = again(PLAN.rungs, OFFICE, roster=changed, accepted=True)
    assert (gone, None, PLAN.rungs) == (kept.gone, kept.away_at, kept.rungs)


def test_managers_are_there() -> None:
    """Who holds it as a manager has no leave in the roster; whom it does not know at all loses no time by that."""
    assert again(PLAN.rungs, OFFICE, holder_id="dana").gone is None
    stranger = again(PLAN.rungs, Clocks(), holder_id="zed")
    assert ("zed is not in the roster any more", PLAN.rungs) == (stranger.gone, stranger.rungs)


AWAY = [
    ([("2026-03-09T09:20", "2026-03-10T12:00")], berlin(9, 9, 20), "ben is on leave until 10 Mar 12:00"),
    ([("2026-03-07", "2026-03-08"), ("2026-03-09", "2026-03-12")], berlin(7, 0), "ben is on leave until 12 Mar"),
    ([("2026-03-09T09:25", "2026-03-10T12:00")], None, ""),  # the backup has it then
    ([("2026-03-05", "2026-03-06")], None, ""),  # offered in spite of it, by hand
    ([("2026-03-05", "2026-03-06"), ("2026-03-08", "2026-03-09")], berlin(8, 0), "ben is on leave until 9 Mar"),
    ([], None, ""),
]


@pytest.mark.parametrize(("leave", "away_at", "because"), AWAY)
def test_a_plan_knows_when_its_holder_goes_on_leave(
    leave: list[tuple[str, str]], away_at: datetime | None, because: str
) -> None:
    """The first leave that begins before the lead moves on anyway; the end of a shift is none."""
    there = with_leave(*leave)
    plan = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer", roster=there, holder_id="ben")

    assert (away_at, because) == (plan.away_at, plan.away_because)
    moved = shift(plan.rungs, FRIDAY, FRIDAY, OFFICE, "resumed", roster=there, holder_id="ben")
    assert (away_at, because) == (moved.away_at, moved.away_because)
    if not leave or not leave[0][0].startswith("2026-03-05"):
        anew = again(plan.rungs, OFFICE, roster=there)
        assert (away_at, because) == (anew.away_at, anew.away_because)


def test_nobodys_leave_is_looked_for() -> None:
    """Without a holder who has to answer there is nobody to go away; contact rungs are about who has accepted."""
    there = with_leave(("2026-03-07", "2026-03-08"))
    assert plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer", roster=there).away_at is None
    assert plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "x", roster=there, holder_id="dana").away_at is None
    contact = plan_contact(policy(), "demo", OFFICE, FRIDAY, "accepted", roster=there, manager="dana")
    assert contact.away_at is None


def test_leave_is_in_the_holders_own_zone() -> None:
    """A day off begins at midnight of where they live."""
    there = with_leave(("2026-03-07", "2026-03-08"), rep="ana", calendar="denver", tz="America/Phoenix")
    clocks = clocks_of(policy(), there, "ana", None)
    plan = plan_ladder(policy(), "demo", 1, clocks, berlin(7, 1), "offer", roster=there, holder_id="ana")

    assert (datetime(2026, 3, 7, 7, tzinfo=UTC), "ana is on leave until 8 Mar") == (plan.away_at, plan.away_because)


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 9000))
def test_unchanged_calendars_move_nothing(
    ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, later: int
) -> None:
    """Whatever the ladder, and whenever it is asked: the same rungs, to the last word."""
    rungs = plan_ladder(policy(ladder), "demo", 1, clocks, at, "offer").rungs
    plan = again(rungs, clocks, at + timedelta(minutes=later))

    assert (rungs, "") == (plan.rungs, plan.cause)


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 5000), st.integers(0, 20000))
def test_what_a_freeze_moved_stays_where_it_is(
    ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, until_frozen: int, frozen_for: int
) -> None:
    """After a snooze or a pause a rung knows what it is made of now: counted again it is the same."""
    rungs = plan_ladder(policy(ladder), "demo", 1, clocks, at, "offer").rungs
    frozen_at = at + timedelta(minutes=until_frozen)
    resume_at = frozen_at + timedelta(minutes=frozen_for)
    moved = shift(rungs, frozen_at, resume_at, clocks, "resumed").rungs

    assert (moved, "") == (again(moved, clocks, resume_at).rungs, again(moved, clocks, resume_at).cause)


@given(ladders(), CLOCKS, CLOCKS, INSTANTS)
def test_planned_anew_is_planned_as_if_it_had_been_so_from_the_start(
    ladder: list[dict[str, Any]], before: Clocks, after: Clocks, at: datetime
) -> None:
    """Also through projected offers and pauses: the chain is counted again link by link."""
    rungs = plan_ladder(policy(ladder), "demo", 1, before, at, "offer").rungs
    plan = again(rungs, after, at)

    straight = plan_ladder(policy(ladder), "demo", 1, after, at, "offer").rungs
    assert [(one.n, one.due_at, one.until_at, one.counted_from, one.budget) for one in straight] == [
        (one.n, one.due_at, one.until_at, one.counted_from, one.budget) for one in plan.rungs
    ]
    assert all(upper.due_at <= lower.due_at for upper, lower in pairwise(plan.rungs))
    assert (plan.cause == "") == ([one.due_at for one in rungs] == [one.due_at for one in plan.rungs])
