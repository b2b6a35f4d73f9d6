"""What a policy's rungs can do, as they are planned: said in words, with all that whoever carries them out needs."""

import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from config.load import SHIPPED
from config.yaml_marks import read_yaml
from models.ladder import OFFERING, Clock, RungKind, Target
from models.lead import Stage
from models.roster import ChannelName
from models.routing import AsideRule
from models.sla import LateRule, RungRule
from policy.ladder import Clocks, opening, plan_contact, plan_ladder
from tests.policy.rungs import BERLIN, CLOCKS, DENVER, FRIDAY, INSTANTS, OFFICE, berlin, ladders, policy, roster, told

FIRST = {"do": "offer", "to": "primary"}
TRIAGE = {"do": "triage", "after": "50m"}
TUESDAY = berlin(3, 10)


def planned(*rungs: dict[str, Any], **named: Any) -> list[str]:
    """Plan a ladder of these rungs between the first offer and triage, and tell it."""
    return told(plan_ladder(policy([FIRST, *rungs, TRIAGE]), "demo", 1, OFFICE, TUESDAY, "offer", **named))[:-1]


@pytest.mark.parametrize(
    ("rung", "says"),
    [
        ({"do": "offer"}, "offer it to the next one available"),
        ({"do": "offer", "to": "backup"}, "offer it to the backup, ben"),
        ({"do": "offer", "to": "person", "who": "grace"}, "offer it to grace"),
        ({"do": "offer", "to": "on_duty", "who": "emea-duty"}, "offer it to whoever is on duty (emea-duty)"),
        ({"do": "reassign", "to": "person", "who": "grace"}, "give it to grace"),
        ({"do": "reassign"}, "give it to the next one available"),
        ({"do": "remind"}, "remind the owner"),
        ({"do": "alert"}, "tell the manager, dana"),
        ({"do": "alert", "to": "manager"}, "tell the manager, dana"),
        ({"do": "alert", "to": "managers_manager"}, "tell dana's manager, max"),
        ({"do": "alert", "to": "person", "who": "grace"}, "tell grace"),
        ({"do": "alert", "to": "on_duty", "who": "emea-duty"}, "tell whoever is on duty (emea-duty)"),
        ({"do": "alert", "to": "room", "who": "sales-floor"}, "tell the room sales-floor"),
        ({"do": "widen", "pools": ["sdr-emea", "sdr-apac"]}, "widen to sdr-emea, sdr-apac"),
        ({"do": "pause", "until": "08:00"}, "pause until 08:00"),
    ],
)
def test_a_rung_says_what_it_does(rung: dict[str, Any], says: str) -> None:
    """In words that a rep and a manager understand, with the names that are certain."""
    assert [f"1 Tue 10:10 {says}"] == planned(
        rung | {"after": "10m"}, backup="ben", manager="dana", roster=roster(managers=MANAGERS)
    )


MANAGERS = [{"id": "dana", "name": "Dana", "manager": "max"}, {"id": "max", "name": "Max"}]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({}, "tell the manager's manager"),
        ({"manager": "dana"}, "tell the manager, dana, who has none above"),
        ({"manager": "max", "roster": roster()}, "tell the manager, max, who has none above"),
        ({"manager": "ana", "roster": roster()}, "tell ana's manager, dana"),
    ],
)
def test_a_manager_without_one_above_is_told_themselves(named: dict[str, Any], says: str) -> None:
    """A rep who leads a team answers to the manager of their own."""
    assert [f"1 Tue 10:10 {says}"] == planned({"do": "alert", "to": "managers_manager", "after": "10m"}, **named)


@pytest.mark.parametrize(
    ("stage", "says"),
    [
        (Stage.NURTURING, "let marketing nurture it"),
        (Stage.REVIEW, "have a person review it"),
        (Stage.CLOSED, "close it"),
    ],
)
def test_a_ladder_may_end_where_sales_lets_go(stage: Stage, says: str) -> None:
    """The last rung names the stage the lead goes to."""
    ladder = [FIRST, {"do": "stage", "stage": stage.value, "after": "1h"}]
    (rung,) = plan_ladder(policy(ladder), "demo", 1, OFFICE, FRIDAY, "offer").rungs

    assert (RungKind.STAGE, stage, says) == (rung.kind, rung.stage, rung.says)


def test_a_planned_rung_carries_all_that_its_rule_says() -> None:
    """Whom it means, how they are told and in which words; and what its instant was made of."""
    how = {"channels": ["email"], "text": "{company} waits", "urgent": True}
    rungs = [
        {"do": "alert", "to": "room", "who": "floor", "after": "10m", **how},
        {"do": "widen", "pools": ["west", "east"], "after": "20m"},
    ]
    alert, widen, triage = plan_ladder(policy([FIRST, *rungs, TRIAGE]), "demo", 1, OFFICE, berlin(3, 10), "x").rungs

    assert (Target.ROOM, "floor", (ChannelName.EMAIL,), "{company} waits", True) == (
        alert.to,
        alert.who,
        alert.channels,
        alert.text,
        alert.urgent,
    )
    assert (("west", "east"), (), False) == (widen.pools, widen.channels, widen.urgent)
    assert {(berlin(3, 10), timedelta(minutes=minutes)) for minutes in (10, 20, 50)} == {
        (rung.counted_from, rung.budget) for rung in (alert, widen, triage)
    }


def test_the_first_offer_is_a_rung_too() -> None:
    """No plan holds it, so it is asked for by itself: it may go to somebody, over a channel of its own."""
    first = {"do": "offer", "to": "on_duty", "who": "night", "channels": ["webhook"]}
    rung = opening(policy([first, TRIAGE]), "demo", FRIDAY)

    assert (0, Target.ON_DUTY, "night", (ChannelName.WEBHOOK,), FRIDAY, "offer it to whoever is on duty (night)") == (
        rung.n,
        rung.to,
        rung.who,
        rung.channels,
        rung.due_at,
        rung.says,
    )
    assert Target.PRIMARY is opening(policy([{"do": "offer"}, TRIAGE]), "demo", FRIDAY).to


def test_repeated_rungs_are_written_out() -> None:
    """The two rungs above, twice more: each has a number, counted on, from the offer before it."""
    again: list[dict[str, Any]] = [
        {"do": "remind", "after": "10m"},
        {"do": "reassign", "after": "20m"},
        {"do": "repeat", "rungs": 2, "times": 2},
    ]
    assert [
        "1 Tue 10:10 remind the owner",
        "2 Tue 10:20 give it to the next one available",
        "3 Tue 10:30 remind the owner*",
        "4 Tue 10:40 give it to the next one available*",
        "5 Tue 10:50 remind the owner*",
        "6 Tue 11:00 give it to the next one available*",
    ] == planned(*again)


def test_the_contact_clock_counts_on_behind_what_was_repeated() -> None:
    """Its rungs' numbers are nobody else's."""
    again = [{"do": "reassign", "after": "20m"}, {"do": "repeat", "rungs": 1, "times": 3}]
    contact = [{"do": "alert", "to": "managers_manager", "after": "1h"}]
    plan = plan_contact(
        policy([FIRST, *again, TRIAGE], contact), "demo", OFFICE, FRIDAY, "accepted", manager="dana", roster=roster()
    )

    assert ["6 Mon 09:55 tell dana's manager, max"] == told(plan)


@pytest.mark.parametrize(
    ("at", "told_as"),
    [
        # An hour in: until nine tomorrow; of the reminder's 75 minutes, 15 are left then.
        (berlin(3, 10), ["1 Tue 11:00", "2 Wed 09:15", "3 Wed 09:30", "4 Wed 09:45*"]),
        # The pause begins at the closing bell, and ends at the next opening.
        (berlin(3, 17), ["1 Tue 18:00", "2 Wed 09:15", "3 Wed 09:30", "4 Wed 09:45*"]),
        # The pause begins on Monday morning, past nine: it lasts until Tuesday.
        (FRIDAY, ["1 Mon 09:55", "2 Tue 09:15", "3 Tue 09:30", "4 Tue 09:45*"]),
    ],
)
def test_nothing_counts_in_a_pause(at: datetime, told_as: list[str]) -> None:
    """What a rung's `after` has beyond the pause's is counted from where the pause ends; a new offer starts afresh."""
    rungs = [
        {"do": "pause", "until": "09:00", "after": "1h"},
        {"do": "remind", "after": "75m"},
        {"do": "reassign", "after": "90m"},
        {"do": "alert", "after": "15m"},
    ]
    plan = plan_ladder(policy([FIRST, *rungs, TRIAGE]), "demo", 1, OFFICE, at, "offer")

    assert told_as == [re.sub(r"(.{11})[^*]*", r"\1", line) for line in told(plan)[:-1]]
    pause, remind = plan.rungs[:2]
    assert (pause.until_at, timedelta(minutes=15)) == (remind.counted_from, remind.budget)


@pytest.mark.parametrize(
    ("clock", "until_at"),
    [
        (Clock.TEAM, berlin(4, 8)),
        (Clock.REP, berlin(4, 16)),  # it begins at 08:10 in Denver, and ends at 08:00 there
        (Clock.WALL, berlin(4, 8)),  # no place has the wall's clock: the team's time of day is meant
    ],
)
def test_the_time_of_day_is_that_of_the_rungs_clock(clock: Clock, until_at: datetime) -> None:
    """A pause ends in the zone of whoever's clock it runs on."""
    rung = {"do": "pause", "until": "08:00", "after": "10m", "clock": clock.value}
    clocks = Clocks(rep=DENVER, team=BERLIN)
    plan = plan_ladder(policy([FIRST, rung, {"do": "triage", "after": "3h"}]), "demo", 1, clocks, berlin(3, 9), "offer")

    assert until_at == plan.rungs[0].until_at


@given(ladders(), CLOCKS, INSTANTS)
def test_no_rung_of_an_offer_is_due_in_its_pause(ladder: list[dict[str, Any]], clocks: Clocks, at: datetime) -> None:
    """Whatever the ladder and its clocks: a pause ends after it begins, and what is behind it waits for its end."""
    rungs = plan_ladder(policy(ladder), "demo", 1, clocks, at, "offer").rungs
    for upper, lower in pairwise(rungs):
        if upper.until_at is not None:
            assert upper.due_at < upper.until_at <= upper.due_at + timedelta(days=1, hours=1)
            assert upper.until_at <= lower.due_at
            assert upper.until_at == lower.counted_from
    assert [rung.kind in OFFERING for rung in rungs].index(True) == sum(not rung.projected for rung in rungs) - 1


def test_what_the_shipped_policy_offers_in_its_comments_is_right() -> None:
    """Whoever takes a line of them over gets what it says."""
    text = (SHIPPED / "default.yaml").read_text(encoding="utf-8")
    rungs = re.findall(r"^#   - (\{do: .+\})", text, re.MULTILINE)
    (aside,) = re.findall(r"^  # aside: (\{.+\})$", text, re.MULTILINE)
    lates = re.findall(r"^#   late: (\{.+?\}) ", text, re.MULTILINE)

    assert (7, 2) == (len(rungs), len(lates))
    for line in rungs:
        assert RungRule.model_validate(_read(line), strict=False).do.value in line
    for line in lates:
        assert LateRule.model_validate(_read(line), strict=False).do.value in line
    assert AsideRule(misses=5) == AsideRule.model_validate(_read(aside), strict=False)


def _read(line: str) -> Any:
    return read_yaml(f"it: {line}", "comment").data["it"]
