"""The review says what outcomes show of the points, and says so where they show nothing (R40)."""

import random

import pytest

from config.load import SHIPPED, read_policy
from policy.reviewing import AtThreshold, OfRule, Review, Reviewer, Seen
from policy.trials.experiment import Counted, wilson

POLICY, _ = read_policy(SHIPPED / "default.yaml")
RULE = "decision maker"


def reviewed(*groups: tuple[float, int, int, dict[str, float]], shuffled: int = 0) -> Review:
    """Review groups of leads: points, how many, how many of them converted, and what rules gave."""
    leads = [Seen(points, n < converted, rules) for points, many, converted, rules in groups for n in range(many)]
    random.Random(shuffled).shuffle(leads)
    reviewer = Reviewer(POLICY)
    for lead in leads:
        reviewer.take(lead)
    return reviewer.review()


@pytest.mark.parametrize(
    ("below", "above", "says"),
    [
        ((100, 5), (100, 30), AtThreshold.FITS),
        ((100, 60), (100, 62), AtThreshold.TOO_LATE),
        ((100, 1), (100, 2), AtThreshold.TOO_EARLY),
        ((29, 20), (100, 30), AtThreshold.UNSURE),
        ((100, 5), (29, 10), AtThreshold.UNSURE),
    ],
)
def test_the_leads_next_to_the_threshold_say_whether_it_fits(
    below: tuple[int, int], above: tuple[int, int], says: AtThreshold
) -> None:
    """Held back although they convert, or sent to sales although they do not; few leads say nothing."""
    found = reviewed((20, *below, {}), (20.5, *above, {}), (-5, 300, 15, {}), (70, 100, 50, {}))
    assert says is found.threshold.says
    assert (Counted(*below), Counted(*above)) == (
        found.threshold.just_below.counted,
        found.threshold.just_above.counted,
    )


def test_every_lead_is_in_one_band() -> None:
    """Bounds belong to the band below them, as the threshold does: more than 20 is above it."""
    found = reviewed((-100, 3, 1, {}), (10, 5, 1, {}), (20, 7, 2, {}), (20.01, 11, 3, {}), (1000, 13, 4, {}))
    assert (39, 11) == (found.leads.leads, found.leads.converted)
    assert (39, 11) == (
        sum(band.counted.leads for band in found.bands),
        sum(band.counted.converted for band in found.bands),
    )
    by_low = {band.low: band for band in found.bands}
    assert (5, 7, 11) == tuple(by_low[low].counted.leads for low in (0, 10, 20))
    assert wilson(Counted(7, 2)) == by_low[10].interval
    assert (24, 15) == (found.threshold.above.leads, found.threshold.below.leads)


@pytest.mark.parametrize(
    ("points", "having", "others", "says"),
    [
        (10, (300, 90), (300, 30), OfRule.FITS),
        (-10, (300, 30), (300, 90), OfRule.FITS),
        (10, (300, 30), (300, 90), OfRule.AGAINST),
        (-10, (300, 90), (300, 30), OfRule.AGAINST),
        (10, (300, 60), (300, 62), OfRule.IDLE),
        (10, (100, 20), (300, 62), OfRule.UNSURE),
        (10, (29, 29), (300, 10), OfRule.UNSURE),
        (10, (300, 10), (29, 29), OfRule.UNSURE),
        (10, (300, 5), (300, 4), OfRule.UNSURE),
    ],
)
def test_a_rule_is_held_against_the_leads_without_it(
    points: float, having: tuple[int, int], others: tuple[int, int], says: OfRule
) -> None:
    """As meant, the other way round, no difference; and too few, on either side or in all, say nothing."""
    (rule,) = reviewed((15, *having, {RULE: points}), (5, *others, {})).rules
    assert (RULE, points, says) == (rule.name, rule.points, rule.says)
    assert (Counted(*having), Counted(*others)) == (rule.having, rule.others)


def test_few_leads_show_nothing() -> None:
    """It is said, and everything is unsure."""
    found = reviewed((30, 30, 5, {RULE: 10}), (5, 29, 5, {}))
    assert (False, AtThreshold.UNSURE) == (found.enough, found.threshold.says)
    assert [OfRule.UNSURE] == [rule.says for rule in found.rules]
    nobody = Reviewer(POLICY).review()
    assert (False, 0, ()) == (nobody.enough, nobody.leads.leads, nobody.rules)


def test_the_order_of_leads_does_not_matter() -> None:
    """Nor which rule came first: they stand in the policy's order, and bounds are no rules."""
    groups = (
        (15.0, 40, 12, {"email_open": 3.0, RULE: 10.0, "email at most 30": -2.0}),
        (25.0, 60, 30, {RULE: 10.0}),
    )
    assert reviewed(*groups) == reviewed(*groups[::-1], shuffled=7)
    assert [RULE, "email_open"] == [rule.name for rule in reviewed(*groups).rules]
