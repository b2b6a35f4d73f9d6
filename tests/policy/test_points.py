"""Sums that floating point would leave a hair short: tenths add up, and money is what it says."""

from typing import Any

import pytest

from models.lead import DealValue, Fit
from models.qualifying import TouchRule
from policy.placing import deal_in_euro
from policy.qualification import judge
from policy.scoring import touch_points
from tests.policy.toytown import at, lead, rules


def tenths(*points: float) -> list[dict[str, Any]]:
    """Make rules that always give so many points each."""
    return [{"name": f"r{number}", "when": "true", "points": one} for number, one in enumerate(points)]


def test_a_fit_that_is_just_reached_is_strong() -> None:
    """0.7 and 0.1 are 0.8, for the judge and for the check whether anybody can get there."""
    policy = rules(fit={"strong_from": 0.8, "criteria": tenths(0.7, 0.1)})
    assert Fit.STRONG is judge(policy, lead(1, at(9)), (), at(9)).fit


def test_points_that_are_not_more_than_the_threshold_do_not_promote() -> None:
    """0.1 and 0.2 are not more than 0.3; 0.7, 0.2 and 0.1 are one whole point, also in conditions."""
    nurtured = [{"intent": intent, "fit": fit, "do": "nurture"} for intent in ("high", "medium", "low") for fit in Fit]
    scoring = {"qualified_above": 0.3, "attributes": tenths(0.1, 0.2)}
    judged = judge(rules(scoring=scoring, matrix=nurtured), lead(1, at(9)), (), at(9))
    assert (0.3, "nurture") == (judged.points, judged.qualification.way)
    one = [{"name": "one", "when": "points >= 1", "do": "review", "because": "one point"}]
    whole = rules(scoring={"attributes": tenths(0.7, 0.2, 0.1)}, ways=one)
    assert "review" == judge(whole, lead(1, at(9)), (), at(9)).qualification.way


def test_touches_add_up() -> None:
    """Three touches of a tenth are three tenths, which is no more than their cap."""
    assert 0.3 == touch_points(TouchRule(kind="call", points=0.1, cap=0.3), 3)


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("GBP", 1700, 1989), ("SEK", 11500, 1012), ("NOK", 2500, 215)]
)
def test_a_deal_is_worth_what_its_rate_says(currency: str, amount: float, expected: float) -> None:
    """Whole euros stay whole: conditions round down."""
    facts = lead(1, at(9), deal_value=DealValue(amount=amount, currency=currency))
    policy = rules(scoring={}, ways=[])
    assert expected == deal_in_euro(facts, policy.policy)
    assert expected == policy.known(facts, (), at(9)).values["deal.amount"]
