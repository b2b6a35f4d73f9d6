"""How much time is left: in whose time it is counted, by which rung, and in which words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.load import SHIPPED, read_policy
from db.leads import LeadCard
from models.calendar import ALWAYS, Calendar, Week
from models.ladder import Clock
from models.lead import Stage
from runtime.countdowns import Steps, Urgency, count_down, rough, steps_of
from workflows.ladder.state import LeadState, Pausing
from workflows.telling import next_step

DAY = (("09:00", "17:00"),)
OFFICE = Calendar(tz="Europe/Berlin", week=Week(mon=DAY, tue=DAY, wed=DAY, thu=DAY, fri=DAY))
FRIDAY = datetime(2026, 3, 6, 15, 45, tzinfo=UTC)
"""A quarter to five in Berlin."""

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
"""Nine o'clock in Berlin."""

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("at", "due_at", "calendar", "words", "urgency"),
    [
        (FRIDAY, MONDAY + 30 * MINUTE, OFFICE, "45 m of business time left", Urgency.CALM),
        (FRIDAY, FRIDAY + 12 * MINUTE, OFFICE, "12 m of business time left", Urgency.SOON),
        (FRIDAY, MONDAY + 30 * MINUTE, ALWAYS, "2 d 16 h left", Urgency.CALM),
        (FRIDAY + 14 * HOUR, MONDAY + 5 * HOUR, OFFICE, "5 h 00 m of business time left", Urgency.CALM),
        (FRIDAY + 14 * HOUR, MONDAY, OFFICE, "due when business opens", Urgency.SOON),
        (FRIDAY, FRIDAY, OFFICE, "under a minute of business time left", Urgency.SOON),
        (MONDAY + 5 * MINUTE, MONDAY, OFFICE, "late by 5 m of business time", Urgency.LATE),
        (MONDAY + 5 * MINUTE, FRIDAY, OFFICE, "late by 20 m of business time", Urgency.LATE),
        (MONDAY, MONDAY - 90 * MINUTE, ALWAYS, "late by 1 h 30 m", Urgency.LATE),
        (MONDAY, MONDAY - timedelta(microseconds=1), ALWAYS, "late by under a minute", Urgency.LATE),
    ],
)
def test_time_is_counted_on_the_calendar_it_was_given_in(
    at: datetime, due_at: datetime, calendar: Calendar, words: str, urgency: Urgency
) -> None:
    """Nights and weekends count where they count; late is strictly after, and counts the same way."""
    found = count_down(due_at, at, calendar)
    assert (words, urgency) == (found.words, found.urgency)


def test_a_calendar_that_rests_says_until_when() -> None:
    """On Saturday: closed until Monday at nine; while it is open, nothing."""
    assert MONDAY == count_down(MONDAY + HOUR, FRIDAY + 14 * HOUR, OFFICE).opens_at
    assert count_down(MONDAY + HOUR, FRIDAY, OFFICE).opens_at is None


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(seconds=119), "1 m"),
        (timedelta(hours=4, minutes=5), "4 h 05 m"),
        (timedelta(days=3, hours=2, minutes=59), "3 d 2 h"),
    ],
)
def test_never_more_time_is_promised_than_there_is(length: timedelta, words: str) -> None:
    """Spans are cut, not rounded."""
    assert words == rough(length)


STEPS = Steps((Clock.TEAM, Clock.REP, Clock.WALL), (Clock.LEAD, Clock.TEAM))


def card(stage: Stage, rung: int, says: str = "remind the owner") -> LeadCard:
    """A lead on a rung."""
    nothing: dict[str, Any] = dict.fromkeys(LeadCard.model_fields)
    given = {"lead_id": "x", "headline": "x", "source": "web", "type": "webinar", "policy": "p", "backfill": False}
    given |= {"offer": 1, "breached": False, "received_at": MONDAY, "changed_at": MONDAY}
    return LeadCard(**nothing | given | {"stage": stage, "rung": rung, "next_step": says})


@pytest.mark.parametrize(
    ("lead", "clock", "words"),
    [
        (card(Stage.OFFERED, 1), Clock.REP, "rung 1 of 3"),
        (card(Stage.OFFERED, 2), Clock.WALL, "rung 2 of 3"),
        (card(Stage.OFFERED, 3), Clock.WALL, "rung 3 of 3"),
        (card(Stage.OFFERED, 1, "try again: the database is away"), Clock.WALL, "rung 1 of 3"),
        (card(Stage.ACCEPTED, 2), Clock.LEAD, "accepted, not contacted yet"),
        (card(Stage.ACCEPTED, 4), Clock.TEAM, "contact rung 1 of 2"),
        (card(Stage.TRIAGE, 3), Clock.WALL, "rung 3 of 3"),
    ],
)
def test_the_next_rung_says_whose_clock_it_is(lead: LeadCard, clock: Clock, words: str) -> None:
    """By how many rungs are behind, before acceptance and after it; what is no rung is on the wall."""
    assert (clock, words) == (STEPS.clock(lead), STEPS.rung(lead))


def test_a_pause_runs_on_the_wall() -> None:
    """As the workflow words it: the instant that a pause ends at was set by somebody."""
    paused = Pausing(by="mia", reason="they are away", since=FRIDAY, until=MONDAY)
    state = LeadState(lead_id="x").model_copy(update={"paused": paused})
    assert Clock.WALL == STEPS.clock(card(Stage.OFFERED, 1, next_step(state)))


def test_a_ladder_is_written_out_as_it_is_climbed() -> None:
    """The shipped demo class: each repetition is a rung of its own."""
    policy, _ = read_policy(SHIPPED / "default.yaml")
    sla = policy.sla[0]
    found = steps_of(policy, sla.name)
    assert found is not None
    assert sum(rule.times for rule in sla.written_out(sla.ladder)) == len(found.ladder)
    assert steps_of(policy, "no-such-class") is None
