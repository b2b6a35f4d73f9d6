"""People are held against each other on like leads alone, and nothing is called a difference that chance makes."""

from math import erfc, exp, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.insight.alike import Dealt, Stands, chi_square_tail, limit, spread

KINDS = st.sampled_from(["hot", "warm", "cold"])
DEALT = st.builds(
    lambda who, kind, leads, part: Dealt(who, kind, leads, min(leads, part)),
    *(st.sampled_from(["ada", "bo", "cy"]), KINDS, st.integers(0, 60), st.integers(0, 60)),
)


def test_two_people_are_the_test_of_mantel_and_haenszel() -> None:
    """Of 40 and 40 like leads 30 and 10: expected are 20, the variance is 40 * 40 * 40 * 40 / (80^2 * 79)."""
    found = spread([Dealt("ada", "hot", 40, 30), Dealt("bo", "hot", 40, 10)])
    ada, bo = found.people
    deviation = sqrt(40**4 / (80**2 * 79))
    assert pytest.approx((20.0, 10 / deviation)) == (ada.expected, ada.z)
    assert pytest.approx(-ada.z) == bo.z
    assert (Stands.ABOVE, Stands.BELOW) == (ada.stands, bo.stands)
    # Two people have one degree of freedom, and both deviations are the same one.
    assert found.p is not None
    assert pytest.approx(erfc(abs(ada.z) / sqrt(2))) == found.p


def test_who_gets_other_leads_is_not_called_different() -> None:
    """Ada has the hot leads and Bo the cold ones; on like ones both do as well, and no difference is left."""
    found = spread(
        [
            *(Dealt("ada", "hot", 90, 81), Dealt("bo", "hot", 10, 9)),
            *(Dealt("ada", "cold", 10, 1), Dealt("bo", "cold", 90, 9)),
        ]
    )
    assert [Stands.WITHIN] * 2 == [one.stands for one in found.people]
    assert pytest.approx([0.0, 0.0]) == [one.z for one in found.people]
    assert pytest.approx(1.0) == found.p
    assert found.beyond == 0.0


def test_what_only_one_person_had_compares_nobody() -> None:
    """Ada's 500 leads of a kind that nobody else had count for nothing."""
    found = spread([Dealt("ada", "rare", 500, 0), Dealt("ada", "hot", 40, 20), Dealt("bo", "hot", 40, 20)])
    assert [40, 40] == [one.leads for one in found.people]
    assert found.rate == 0.5


@pytest.mark.parametrize(("leads", "came"), [(29, 0), (40, 0)])
def test_few_are_never_judged(leads: int, came: int) -> None:
    """Under 30 leads, or where under five were to be expected, nothing is said, however it looks."""
    rare = 2 if leads == 40 else 29
    found = spread([Dealt("ada", "hot", leads, came), Dealt("bo", "hot", leads, rare)])
    assert {Stands.FEW} == {one.stands for one in found.people}
    assert found.beyond == 0.0


def test_spread_beyond_chance_is_what_was_put_in() -> None:
    """Ten people of 1,000 leads each, whose rates lie ten points above and below a half, spread by about ten."""
    found = spread(Dealt(f"rep{place}", "hot", 1000, 600 if place % 2 else 400) for place in range(10))
    assert pytest.approx(0.105, abs=0.003) == found.beyond
    assert found.p is not None
    assert found.p < 1e-12


@pytest.mark.parametrize(
    ("value", "freedom", "tail"),
    [
        (3.841459, 1, 0.05),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (18.307038, 10, 0.05),
        (37.652484, 25, 0.05),
        (553.1268, 500, 0.05),
    ],
)
def test_chi_square_is_that_of_the_tables(value: float, freedom: int, tail: float) -> None:
    """The upper five percent are where every table has them."""
    assert pytest.approx(tail, abs=1e-6) == chi_square_tail(value, freedom)
    assert (1.0, 0.0) == (chi_square_tail(0, freedom), chi_square_tail(5000, freedom))


def test_chi_square_of_two_degrees_is_exponential() -> None:
    """With two degrees of freedom the tail is e to the minus half."""
    assert pytest.approx(exp(-2.5)) == chi_square_tail(5.0, 2)
    with pytest.raises(ValueError, match="one degree"):
        chi_square_tail(1.0, 0)


@given(st.lists(DEALT, max_size=20))
def test_as_much_is_expected_as_came(dealt: list[Dealt]) -> None:
    """What was expected of all is what came of all, rates are shares, and the order of counts does not matter."""
    found = spread(dealt)
    assert pytest.approx(found.came, abs=1e-6) == sum(one.expected for one in found.people)
    assert all(one.rate is None or 0 <= one.rate <= 1 for one in found.people)
    assert found.p is None or 0 <= found.p <= 1
    again = spread(reversed(dealt))
    assert [(one.who, one.leads, one.stands) for one in found.people] == [
        (one.who, one.leads, one.stands) for one in again.people
    ]


@given(st.floats(0.01, 0.99), st.floats(1, 1e6))
def test_limits_narrow_with_more_leads(rate: float, weight: float) -> None:
    """Limits lie around the rate of all, the outer ones outside, and get closer with more leads."""
    inner, outer, more = limit(rate, weight, 0.95), limit(rate, weight, 0.998), limit(rate, 4 * weight, 0.95)
    assert outer[0] <= inner[0] <= more[0] <= rate <= more[1] <= inner[1] <= outer[1]
