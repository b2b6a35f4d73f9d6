"""The quarterly review names what is surely so, and leaves out what chance may have made."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.insight.quarter import (
    Counts,
    Quarter,
    RuleCount,
    Sums,
    Team,
    findings,
    quarter_of,
    read_quarter,
    uneven,
)
from policy.insight.shares import share

SUMS = Sums(0, 0, share(0, 0), share(0, 0), share(0, 0))
NOTHING = Counts(SUMS, SUMS, {}, {}, {}, {}, {}, {}, ())
Q3 = Quarter(2026, 3)


@given(st.dates(date(2000, 4, 1), date(2199, 12, 31)))
def test_every_day_is_in_its_quarter(day: date) -> None:
    """A quarter begins after the one before ends, holds its days, and is read as it is written."""
    one = quarter_of(day)
    assert one.first <= day <= one.last
    assert one == one.before.after == read_quarter(str(one))
    assert quarter_of(one.last) == one
    assert 1 == (one.first - one.before.last).days


@pytest.mark.parametrize("text", ["", "2026", "2026Q5", "Q3", "26Q3", "2026Q33", "1999Q1", "٢٠٢٦Q1"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    """Nothing else is taken for one."""
    with pytest.raises(ValueError, match="no quarter"):
        read_quarter(text)


def test_a_rule_without_leads_is_silent() -> None:
    """Of four rules one took leads; what the others took before is told, and whether that none came may be chance:

    of 100 leads before and now 7 are to be expected (none: 0.0009), or 6 (0.0025).
    """
    sums = replace(SUMS, offered=100)
    counts = replace(
        NOTHING, now=sums, before=sums, rules={"hot": RuleCount(5, 0, 0, 0)}, rules_before={"old": 7, "rare": 6}
    )
    found = findings(Q3, "p1", ["hot", "old", "rare", "never"], counts)
    assert [("old", 7, True), ("rare", 6, False), ("never", 0, True)] == [
        (one.rule, one.before, one.surely) for one in found.silent
    ]
    few = findings(Q3, "p1", ["never"], replace(counts, now=replace(SUMS, offered=29)))
    assert [False] == [one.surely for one in few.silent]


def test_a_rule_is_overruled_when_it_surely_is() -> None:
    """People moved 40 of 100: surely over a fifth. Two of four may be chance. One complaint is always told, first."""
    rules = {"often": RuleCount(100, 40, 3, 2), "few": RuleCount(4, 2, 0, 0), "fine": RuleCount(100, 10, 0, 0)}
    found = findings(Q3, "p1", rules, replace(NOTHING, rules=rules, complaints={"fine": 1}))
    assert [("fine", 1, False), ("often", 0, True)] == [
        (one.rule, one.complaints, one.surely) for one in found.overruled
    ]


def test_teams_are_held_against_their_capacity() -> None:
    """Of 400 leads a team with 10 of 40 places had 250, where 100 were even; the other had 150 of 300."""
    found = uneven([Team("us", "us", 150, 30), Team("emea", "emea", 250, 10)])
    assert [("emea", 100.0, 2.5), ("us", 300.0, 0.5)] == [(one.team, one.expected, one.ratio) for one in found]


@pytest.mark.parametrize(
    "teams",
    [
        [Team("us", "us", 12, 10), Team("emea", "emea", 8, 10)],  # chance makes so much
        [Team("us", "us", 1050, 10), Team("emea", "emea", 950, 10)],  # sure, and not much
        [Team("us", "us", 500, 10)],
        [Team("us", "us", 500, 10), Team("new", "new", 0, 0)],
    ],
)
def test_teams_that_differ_little_or_alone_are_even(teams: list[Team]) -> None:
    """Neither a difference of chance nor a small one is told, and one team is compared with nobody."""
    assert () == uneven(teams)


def test_what_falls_through_to_the_default_is_told_and_what_is_new_first() -> None:
    """Chat: 30 of 30 without a rule, and was there before; apac 20 of 20, and was not; web 10 of 100 has its rules."""
    counts = replace(
        NOTHING,
        unruled={("source", "chat"): 30, ("region", "apac"): 20, ("source", "web"): 10, ("type", "call"): 4},
        all_of={("source", "chat"): 30, ("region", "apac"): 20, ("source", "web"): 100, ("type", "call"): 4},
        all_of_before={("source", "chat"): 9},
    )
    found = findings(Q3, "p1", [], counts)
    assert [("apac", True), ("chat", False)] == [(one.value, one.new) for one in found.unruled]
