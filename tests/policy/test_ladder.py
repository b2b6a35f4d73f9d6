"""When rungs are due: absolute, explained, never running backwards (contract, section 4; R30, R31)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ladder import Clock, RungKind, Target
from policy.ladder import Clocks, clocks_of, plan_contact, plan_ladder, response_due_at, shift
from policy.ladder.clocks import counted
from policy.routing.moments import FOR_EVER
from tests.policy.rungs import (
    BERLIN,
    CLOCKS,
    DENVER,
    FRIDAY,
    INSTANTS,
    NIGHTS,
    OFFICE,
    SEASON,
    berlin,
    ladders,
    policy,
    roster,
    told,
)


def test_a_hot_lead_on_friday_evening_waits_for_monday() -> None:
    """Offered on Friday 17:55 in Berlin: five minutes count on Friday, the rest on Monday from nine on."""
    plan = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "the first offer")

    assert [
        "1 Mon 09:10 remind the owner",
        "2 Mon 09:25 offer it to the backup",
        "3 Mon 09:40 tell the manager*",
        "4 Mon 09:55 give it to the next one available*",
        "5 Mon 10:25 give it to the next one available*",
        "6 Mon 11:25 triage*",
    ] == told(plan)
    assert (FRIDAY, "the first offer") == (plan.made_at, plan.cause)


def test_every_rung_says_how_its_instant_came_about() -> None:
    """The trace adds the windows up, on the clock that is named."""
    remind = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer").rungs[0]

    assert (Clock.REP, ("Fri 17:55-18:00 5 min", "weekend", "Mon 09:00-09:10 10 min")) == (
        remind.clock,
        remind.trace,
    )


def test_on_the_wall_clock_the_weekend_counts() -> None:
    """The same ladder on the wall clock is over within two and a half hours."""
    wall = plan_ladder(policy(clock="wall"), "demo", 1, OFFICE, FRIDAY, "offer")

    assert ["Fri 18:10", "Fri 18:25", "Fri 18:40", "Fri 18:55", "Fri 19:25", "Fri 20:25"] == [
        line[2:11] for line in told(wall)
    ]


def test_each_rung_may_have_its_own_clock() -> None:
    """The rep's reminder counts in their hours, the manager's alert in the team's, the rest by the class's."""
    ladder = [
        {"do": "offer", "to": "primary"},
        {"do": "remind", "after": "10m", "clock": "rep"},
        {"do": "alert", "after": "20m", "clock": "team"},
        {"do": "reassign", "after": "40m"},
        {"do": "triage", "after": "10m", "clock": "lead"},
    ]
    clocks = Clocks(rep=BERLIN, team=DENVER, lead=NIGHTS)
    plan = plan_ladder(policy(ladder, clock="wall"), "demo", 1, clocks, FRIDAY, "offer")

    assert [Clock.REP, Clock.TEAM, Clock.WALL, Clock.LEAD] == [rung.clock for rung in plan.rungs]
    # Denver is open on Friday evening, but its alert and the reassignment wait for the reminder on Monday.
    assert ["Mon 09:05", "Mon 09:05", "Mon 09:05", "Mon 14:10"] == [line[2:11] for line in told(plan)]
    assert "waits for rung 1: no rung is due before the one above it" == plan.rungs[1].trace[-1]
    assert ("Mon 22:00-22:10 10 min",) == plan.rungs[3].trace[-1:]


def test_a_repeated_rung_takes_a_number_each_time() -> None:
    """`times` repeats a reminder each `after` the one before; what follows counts from the offer all the same."""
    ladder = [
        {"do": "offer", "to": "primary"},
        {"do": "remind", "after": "10m", "times": 3},
        {"do": "reassign", "after": "45m", "times": 2},
        {"do": "triage", "after": "15m"},
    ]
    plan = plan_ladder(policy(ladder), "demo", 1, OFFICE, berlin(3, 10), "offer")

    assert ["1 Tue 10:10", "2 Tue 10:20", "3 Tue 10:30", "4 Tue 10:45", "5 Tue 11:30", "6 Tue 11:45"] == [
        line[:11] for line in told(plan)
    ]


@pytest.mark.parametrize(
    ("rungs_done", "expected"),
    [
        (0, ["1 Tue 10:15", "2 Tue 10:30", "3 Tue 10:45", "4 Tue 11:00", "5 Tue 11:30", "6 Tue 12:30"]),
        (1, ["1 Tue 10:15", "2 Tue 10:30", "3 Tue 10:45", "4 Tue 11:00", "5 Tue 11:30", "6 Tue 12:30"]),
        (3, ["3 Tue 10:15", "4 Tue 10:30", "5 Tue 11:00", "6 Tue 12:00"]),
        (5, ["5 Tue 10:30", "6 Tue 11:30"]),
        (6, ["6 Tue 11:00"]),
        (7, []),
    ],
)
def test_a_plan_goes_on_behind_the_rungs_that_are_done(rungs_done: int, expected: list[str]) -> None:
    """Each new offer opens its own answer window: the rungs left are counted from it, not from the first."""
    plan = plan_ladder(policy(), "demo", rungs_done, OFFICE, berlin(3, 10), "offer")

    assert expected == [line[:11] for line in told(plan)]


@pytest.mark.parametrize("rungs_done", [6, 7, 99])
def test_nobody_is_asked_without_an_end(rungs_done: int) -> None:
    """Behind the last rung, whoever is asked all the same has that one before them."""
    plan = plan_ladder(policy(), "demo", rungs_done, OFFICE, berlin(3, 10), "offer", asks=True)

    assert ["6 Tue 11:00"] == [line[:11] for line in told(plan)]


def test_rungs_are_projected_behind_the_next_offering_one() -> None:
    """The next offering rung is certain as planned; what comes behind it depends on it."""
    plan = plan_ladder(policy(), "demo", 5, OFFICE, berlin(3, 10), "reassigned")

    assert [(RungKind.REASSIGN, False), (RungKind.TRIAGE, True)] == [(one.kind, one.projected) for one in plan.rungs]


def test_a_projection_comes_true_when_every_offer_is_made_when_due() -> None:
    """Planning anew at the instant an offering rung was due gives the instants that were projected."""
    first = plan_ladder(policy(), "demo", 1, OFFICE, FRIDAY, "offer")
    backup = next(rung for rung in first.rungs if rung.kind is RungKind.OFFER)

    second = plan_ladder(policy(), "demo", backup.n + 1, OFFICE, backup.due_at, "nobody answered")

    assert [(one.n, one.due_at, one.trace) for one in first.rungs[backup.n :]] == [
        (one.n, one.due_at, one.trace) for one in second.rungs
    ]


def test_names_are_said_where_they_are_certain() -> None:
    """The reserved backup and the manager are named up to the next offer; behind it nobody knows who."""
    ladder = [
        {"do": "offer", "to": "primary"},
        {"do": "alert", "after": "10m"},
        {"do": "offer", "to": "backup", "after": "20m"},
        {"do": "alert", "after": "10m"},
        {"do": "reassign", "to": "backup", "after": "20m"},
        {"do": "triage", "after": "20m"},
    ]
    plan = plan_ladder(policy(ladder), "demo", 1, OFFICE, FRIDAY, "offer", backup="Ben", manager="Dana")

    assert [
        "tell the manager, Dana",
        "offer it to the backup, Ben",
        "tell the manager",
        "give it to the backup",
        "triage",
    ] == [rung.says for rung in plan.rungs]


def test_who_an_offer_goes_to_is_never_left_open() -> None:
    """An offering rung without `to` goes to the next one; rungs that offer nothing have no target."""
    ladder = [{"do": "offer"}, {"do": "remind", "after": "5m"}, {"do": "offer", "after": "9m"}, {"do": "reassign"}]
    plan = plan_ladder(policy([*ladder, {"do": "triage"}]), "demo", 1, OFFICE, FRIDAY, "offer")

    assert [(1, None), (2, Target.NEXT), (3, Target.NEXT), (4, None)] == [(rung.n, rung.to) for rung in plan.rungs]


def test_the_contact_clock_counts_on_from_the_ladder() -> None:
    """Accepted on Friday 17:55 and untouched: reminders and the manager on Monday, numbered behind the ladder's."""
    plan = plan_contact(policy(), "demo", OFFICE, FRIDAY, "accepted by ana")

    assert [
        "7 Mon 09:55 remind the owner",
        "8 Mon 10:55 remind the owner",
        "9 Mon 11:55 tell the manager",
    ] == told(plan)
    assert () == plan_contact(policy(contact=[]), "demo", OFFICE, FRIDAY, "accepted").rungs


@pytest.mark.parametrize(
    ("clock", "received_at", "due_at"),
    [
        ("team", FRIDAY, berlin(9, 9, 10)),
        ("wall", FRIDAY, berlin(6, 18, 10)),
        ("team", berlin(7, 12), berlin(9, 9, 15)),
        ("team", berlin(6, 17, 45), berlin(6, 18)),
        ("lead", berlin(6, 13, 55), berlin(6, 14, 15)),  # when Seoul's night shift opens
    ],
)
def test_the_promise_is_counted_from_the_door(clock: str, received_at: datetime, due_at: datetime) -> None:
    """The response is due on the class's own clock, from the instant the lead was received."""
    clocks = Clocks(rep=DENVER, team=BERLIN, lead=NIGHTS)

    assert due_at == response_due_at(policy(response_clock=clock), "demo", clocks, received_at)


def test_an_unknown_class_is_named() -> None:
    """A misspelt SLA class says which one is meant."""
    with pytest.raises(LookupError, match=r"has no SLA class 'dmo', did you mean 'demo'\?"):
        plan_ladder(policy(), "dmo", 1, OFFICE, FRIDAY, "offer")
    with pytest.raises(LookupError, match=r"has no SLA class 'xyz' \(known: demo\)"):
        response_due_at(policy(), "xyz", OFFICE, FRIDAY)


def test_a_calendar_that_ended_does_not_hold_a_lead_for_ever() -> None:
    """Where the openings run out every second counts, and the trace says so."""
    plan = plan_ladder(policy(), "demo", 1, Clocks(rep=SEASON), berlin(6, 17, 50), "offer")

    assert ["Fri 18:05", "Fri 18:20"] == [line[2:11] for line in told(plan)[:2]]
    assert plan.rungs[0].trace[0].endswith("every second counts")
    late = shift(plan.rungs, berlin(7, 17, 50), berlin(8, 17, 50), Clocks(rep=SEASON), "resumed")
    assert berlin(8, 17, 50) == late.rungs[0].due_at


@pytest.mark.parametrize(
    ("start_at", "due_at"),
    [
        (datetime(2030, 1, 1, tzinfo=UTC), datetime(2040, 1, 8, tzinfo=UTC)),
        (datetime(2995, 1, 1, tzinfo=UTC), FOR_EVER),
        (datetime(2999, 12, 31, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)),
    ],
)
def test_no_budget_is_too_long_to_be_planned(start_at: datetime, due_at: datetime) -> None:
    """Ten years from the last years that calendars are kept for: a plan ends with them, and never fails."""
    assert due_at == counted(SEASON, start_at, timedelta(days=3659)).due_at


PHOENIX = DENVER.model_copy(update={"tz": "America/Phoenix"})


@pytest.mark.parametrize(
    ("holder", "clocks"),
    [
        ("ana", Clocks(rep=PHOENIX, team=BERLIN)),
        ("dana", Clocks(rep=BERLIN, team=BERLIN)),
        ("gone", Clocks()),
        (None, Clocks()),
    ],
)
def test_clocks_belong_to_the_holder(holder: str | None, clocks: Clocks) -> None:
    """A rep has their own and their team's hours, a manager their team's; nobody has none."""
    assert clocks == clocks_of(policy(), roster(), holder, "Asia/Seoul")


@pytest.mark.parametrize(
    ("zone", "expected"), [("Asia/Seoul", "Asia/Seoul"), (None, "Europe/Berlin"), ("Mars/Base", "Europe/Berlin")]
)
def test_the_leads_clock_runs_in_the_leads_zone(zone: str | None, expected: str) -> None:
    """The policy's `lead` calendar is read in the lead's zone, in its own when the lead's is not known."""
    whole = policy().model_copy(update={"calendars": {"lead": BERLIN}})

    lead = clocks_of(whole, roster(), "ana", zone).lead

    assert (expected, BERLIN.week) == (lead.tz, lead.week)


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 9))
def test_a_plan_never_runs_backwards(ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, done: int) -> None:
    """Whatever the ladder and its clocks: no rung before the offer, none before the one above, all numbered on."""
    rungs = plan_ladder(policy(ladder), "demo", done, clocks, at, "offer").rungs

    assert all(rung.due_at >= at and rung.trace for rung in rungs)
    assert all(upper.due_at <= lower.due_at and upper.n + 1 == lower.n for upper, lower in pairwise(rungs))
    assert all(upper.projected <= lower.projected for upper, lower in pairwise(rungs))
