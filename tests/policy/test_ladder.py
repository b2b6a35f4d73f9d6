"""When rungs are due: absolute, explained, never running backwards (contract, section 4; R30, R31)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.calendar import ALWAYS, Calendar
from models.ladder import Clock, Plan, RungKind, Target
from models.lead import Fit, Intent
from models.policy import Policy
from models.roster import Roster
from policy.hours.calendars import elapsed
from policy.ladder import Clocks, clocks_of, plan_contact, plan_ladder, response_due_at, shift

DAYS = ("mon", "tue", "wed", "thu", "fri")
BERLIN = Calendar.model_validate({"tz": "Europe/Berlin", "week": {day: [["09:00", "18:00"]] for day in DAYS}})
DENVER = Calendar.model_validate({"tz": "America/Denver", "week": {day: [["08:00", "16:30"]] for day in DAYS}})
NIGHTS = Calendar.model_validate({"tz": "Asia/Seoul", "week": {day: [["22:00", "06:00"]] for day in (*DAYS, "sun")}})
SEASON = Calendar.model_validate({"tz": "UTC", "week": {}, "exceptions": {"2026-03-06": [["09:00", "17:00"]]}})

LADDER = [
    {"do": "offer", "to": "primary"},
    {"do": "remind", "after": "15m"},
    {"do": "offer", "to": "backup", "after": "30m"},
    {"do": "alert", "after": "15m"},
    {"do": "reassign", "after": "30m", "times": 2},
    {"do": "triage", "after": "1h"},
]
CONTACT = [{"do": "remind", "after": "1h", "times": 2}, {"do": "alert", "after": "3h"}]


def policy(ladder: Any = LADDER, contact: Any = CONTACT, **sla: Any) -> Policy:
    """Make a policy whose only SLA class, `demo`, has this ladder."""
    one = {"name": "demo", "response": "15m", "clock": "rep", "ladder": ladder, "contact": contact} | sla
    return parse(
        Policy,
        {
            "name": "test",
            "scoring": {},
            "intent": {},
            "fit": {"strong_from": 10, "criteria": []},
            "matrix": [{"intent": intent, "fit": fit, "do": "route"} for intent in Intent for fit in Fit],
            "tiers": [{"name": "any", "levels": ["mid"]}],
            "routing": {"default_pool": "all"},
            "sla": [one],
        },
    )


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Give a Berlin wall time of March 2026 as an instant."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def told(plan: Plan, zone: str = "Europe/Berlin") -> list[str]:
    """Tell a plan as a person would: number, wall time in the zone, what; a star where it is projected."""
    return [
        f"{rung.n} {rung.due_at.astimezone(ZoneInfo(zone)):%a %H:%M} {rung.says}{'*' if rung.projected else ''}"
        for rung in plan.rungs
    ]


FRIDAY = berlin(6, 17, 55)
OFFICE = Clocks(rep=BERLIN, team=BERLIN, lead=BERLIN)


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


ROSTER = parse(
    Roster,
    {
        "calendars": {"berlin": BERLIN.model_dump(mode="json"), "denver": DENVER.model_dump(mode="json")},
        "managers": [{"id": "dana", "name": "Dana"}],
        "teams": [{"id": "emea", "name": "EMEA", "manager": "dana", "calendar": "berlin", "region": "emea"}],
        "reps": [{"id": "ana", "name": "Ana", "team": "emea", "calendar": "denver", "tz": "America/Phoenix"}],
        "pools": {"all": {"team": "emea"}},
    },
)
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
    assert clocks == clocks_of(policy(), ROSTER, holder, "Asia/Seoul")


@pytest.mark.parametrize(
    ("zone", "expected"), [("Asia/Seoul", "Asia/Seoul"), (None, "Europe/Berlin"), ("Mars/Base", "Europe/Berlin")]
)
def test_the_leads_clock_runs_in_the_leads_zone(zone: str | None, expected: str) -> None:
    """The policy's `lead` calendar is read in the lead's zone, in its own when the lead's is not known."""
    whole = policy().model_copy(update={"calendars": {"lead": BERLIN}})

    lead = clocks_of(whole, ROSTER, "ana", zone).lead

    assert (expected, BERLIN.week) == (lead.tz, lead.week)


CALENDARS = st.sampled_from([BERLIN, DENVER, NIGHTS, SEASON, ALWAYS])
CLOCKS = st.builds(Clocks, rep=CALENDARS, team=CALENDARS, lead=CALENDARS)
INSTANTS = st.integers(0, 40 * 24 * 60).map(lambda minute: berlin(1, 0) + timedelta(minutes=minute))


@st.composite
def ladders(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Make a ladder that a policy file may hold."""
    rungs: list[dict[str, Any]] = [{"do": "offer", "to": "primary"}]
    least = 0
    for kind in draw(st.lists(st.sampled_from(["offer", "remind", "alert", "reassign"]), max_size=6)):
        minutes = least + draw(st.integers(0, 3000))
        times = draw(st.integers(1, 3))
        rungs.append({"do": kind, "after": f"{minutes}m", "times": times})
        rungs[-1] |= draw(st.sampled_from([{}, *({"clock": clock.value} for clock in Clock)]))
        least = minutes * times if kind in ("remind", "alert") else 0
    return [*rungs, {"do": "triage", "after": f"{least + draw(st.integers(0, 600))}m"}]


@given(ladders(), CLOCKS, INSTANTS, st.integers(0, 9))
def test_a_plan_never_runs_backwards(ladder: list[dict[str, Any]], clocks: Clocks, at: datetime, done: int) -> None:
    """Whatever the ladder and its clocks: no rung before the offer, none before the one above, all numbered on."""
    rungs = plan_ladder(policy(ladder), "demo", done, clocks, at, "offer").rungs

    assert all(rung.due_at >= at and rung.trace for rung in rungs)
    assert all(upper.due_at <= lower.due_at and upper.n + 1 == lower.n for upper, lower in pairwise(rungs))
    assert all(upper.projected <= lower.projected for upper, lower in pairwise(rungs))


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
    ladders(), st.sampled_from([BERLIN, DENVER, NIGHTS, ALWAYS]), INSTANTS, st.integers(0, 3000), st.integers(1, 9000)
)
def test_a_freeze_keeps_what_was_left(
    ladder: list[dict[str, Any]], hours: Calendar, at: datetime, until_frozen: int, frozen_for: int
) -> None:
    """On one calendar, what is left of each rung ahead is the same after the pause as before it."""
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
