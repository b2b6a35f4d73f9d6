"""Two policies' answers for one lead, and where they differ."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.decisions import Disqualified, Qualification, Route, Score
from models.explanation import RoutingTrace, RuleTried
from models.lead import Fit, Intent
from policy.trials.beside import Answer, Difference, answer_of, difference

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIVE = Answer("route", 10, sla="demo", pool="all", rule="all", owner="ada")


def score(way: Qualification) -> Score:
    """A judgement."""
    return Score(points=10, reasons=(), intent=Intent.HIGH, fit=Fit.WEAK, qualification=way, policy="p1")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Difference.NONE),
        ({"points": 30, "because": "else", "sentence": "else", "rule": "other"}, Difference.NONE),
        ({"owner": "bo"}, Difference.TURN),
        ({"owner": "bo", "sla": "slow"}, Difference.SLA),
        ({"sla": "slow"}, Difference.SLA),
        ({"owner": None}, Difference.OWNER),
        ({"owner": "bo", "tie": "relationship"}, Difference.OWNER),
        ({"owner": "bo", "tie": "relationship", "pool": None}, Difference.OWNER),
        ({"tie": "relationship"}, Difference.NONE),
        ({"pool": "seniors"}, Difference.POOL),
        ({"pool": "seniors", "owner": "bo", "sla": "slow"}, Difference.POOL),
        ({"way": "nurture", "pool": None, "owner": None, "sla": None}, Difference.WAY),
    ],
)
def test_answers_differ_where_they_differ_first(changes: dict[str, Any], expected: Difference) -> None:
    """The same whichever of the two is the draft; points and words alone are no difference."""
    other = Answer(**{name: getattr(LIVE, name) for name in Answer.__slots__} | changes)
    assert expected is difference(LIVE, other)
    assert expected is difference(other, LIVE)


def test_without_a_live_answer_nothing_is_compared() -> None:
    """The published policy is not through yet."""
    assert Difference.PENDING is difference(None, LIVE)


def test_an_answer_names_the_rule_that_matched_and_who_was_chosen() -> None:
    """From the judgement and the trace, as they are stored with each decision."""
    trace = RoutingTrace(
        at=AT,
        policy="p1",
        pool="all",
        tier=None,
        rules=(RuleTried(rule="no", matched=False, because=""), RuleTried(rule="yes", matched=True, because="")),
        tie="parent",
        chosen="ada",
        because="owed most",
    )
    expected = Answer("route", 10, "demo", "all", "yes", "parent", "ada", "owed most", "for you")
    assert expected == answer_of(score(Route(sla="demo", because="hot")), trace, sentence="for you")
    assert Answer("disqualify", 10, because="a student") == answer_of(score(Disqualified(because="a student")), None)
    assert Answer("route", 10, "demo", because="gone") == answer_of(
        score(Route(sla="demo", because="hot")), None, because="gone"
    )
