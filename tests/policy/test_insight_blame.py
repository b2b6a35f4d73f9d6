"""A source is blamed for what is left on leads that were dealt with alike, and routing for the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.insight.blame import Blame, Handled, alike, weigh
from policy.trials.experiment import Counted

COUNTED = st.integers(0, 400).flatmap(lambda leads: st.builds(Counted, st.just(leads), st.integers(0, leads)))


def by_source(*handled: Handled) -> dict[str, Blame]:
    """Say what each source is blamed for."""
    return {one.source: one.blame for one in weigh(handled)}


def test_one_stratum_is_the_plain_difference() -> None:
    """Of 100 and 200 leads 20 and 80: 20 points less; Sato's variance, by hand, is (-0.2 P + Q) / (200/3)^2 with

    P = (100^2 * 80 - 200^2 * 20 + 100 * 200 * 100 / 2) / 300^2 = 100 / 9; Q = (20 * 120 + 80 * 80) / 600 = 44 / 3.
    """
    found = alike([(Counted(100, 20), Counted(200, 80))])
    assert found is not None
    difference, interval = found
    variance = (-0.2 * 100 / 9 + 44 / 3) / (200 / 3) ** 2
    assert pytest.approx(-0.2) == difference
    assert pytest.approx((-0.2 - 1.959964 * variance**0.5, -0.2 + 1.959964 * variance**0.5), abs=1e-6) == (
        interval.low,
        interval.high,
    )


def test_who_converts_badly_at_any_speed_is_a_bad_source() -> None:
    """Fairs convert 5 % where the web converts 30 %, in time and late, with either team."""
    handled = [
        Handled(source, team, in_time, 200, came)
        for source, came in (("fair", 10), ("web", 60))
        for team in ("emea", "us")
        for in_time in (True, False)
    ]
    fair, web = sorted(weigh(handled), key=lambda one: one.source)
    assert (Blame.SOURCE, Blame.NONE) == (fair.blame, web.blame)
    assert pytest.approx((-0.25, -0.25, 0.0)) == (fair.difference, fair.own, fair.routing)


def test_who_is_answered_late_is_badly_routed() -> None:
    """In time both convert 40 %, late 10 %; ads are answered late four times of five, the web once of five."""
    found = weigh(
        [
            *(Handled("ads", "emea", True, 100, 40), Handled("ads", "emea", False, 400, 40)),
            *(Handled("web", "emea", True, 400, 160), Handled("web", "emea", False, 100, 10)),
        ]
    )
    ads = next(one for one in found if one.source == "ads")
    assert Blame.ROUTING is ads.blame
    assert pytest.approx((-0.18, 0.0, -0.18, 0.16)) == (ads.difference, ads.own, ads.routing, ads.alike)


def test_a_team_that_does_not_fit_is_bad_routing_and_is_named() -> None:
    """The team for the others converts half as well whatever it gets, and gets most of chat."""
    found = weigh(
        [
            *(Handled("chat", "emea", True, 100, 40), Handled("chat", "us", True, 400, 80)),
            *(Handled("web", "emea", True, 400, 160), Handled("web", "us", True, 100, 20)),
        ]
    )
    chat = next(one for one in found if one.source == "chat")
    assert (Blame.ROUTING, "us") == (chat.blame, chat.off_team)


def test_both_are_told_where_both_are() -> None:
    """Ads convert worse alike, and are answered late, too."""
    blamed = by_source(
        *(Handled("ads", "emea", True, 100, 20), Handled("ads", "emea", False, 400, 20)),
        *(Handled("web", "emea", True, 400, 160), Handled("web", "emea", False, 100, 10)),
    )
    assert Blame.BOTH is blamed["ads"]


def test_few_are_not_blamed() -> None:
    """Of 29 leads none came: that is too few, and so are the others of a house of one source."""
    assert {"ads": Blame.FEW, "web": Blame.FEW} == by_source(
        Handled("ads", "emea", True, 29, 0), Handled("web", "emea", True, 500, 200)
    )
    assert {"web": Blame.FEW} == by_source(Handled("web", "emea", True, 500, 200))


def test_what_was_never_dealt_with_alike_is_unsure() -> None:
    """Ads were always late and the web never: which of both it is cannot be told."""
    blamed = by_source(Handled("ads", "emea", False, 200, 10), Handled("web", "emea", True, 200, 80))
    assert Blame.UNSURE is blamed["ads"]


@pytest.mark.parametrize("came", [0, 1])
def test_routing_is_not_blamed_on_two_leads(came: int) -> None:
    """Two of 202 ads were dealt with as the web's leads are: these do not tell that the team is what is wrong."""
    blamed = by_source(
        *(Handled("ads", "emea", False, 200, 10), Handled("ads", "us", True, 2, came)),
        Handled("web", "us", True, 300, 120),
    )
    assert Blame.UNSURE is blamed["ads"]


def test_routing_is_not_blamed_on_what_may_be_the_source() -> None:
    """Of forty ads dealt with alike 12 came, of forty of the web 16: all of the gap, or nothing, may be theirs."""
    blamed = by_source(
        *(Handled("ads", "emea", False, 60, 8), Handled("ads", "us", True, 40, 12)),
        *(Handled("web", "us", True, 40, 16), Handled("web", "row", True, 60, 24)),
    )
    assert Blame.UNSURE is blamed["ads"]


@given(st.lists(st.tuples(COUNTED, COUNTED), max_size=5))
def test_differences_are_turned_by_turning_sides(pairs: list[tuple[Counted, Counted]]) -> None:
    """The other way round everything has the other sign; and the difference lies in its interval."""
    one, other = alike(pairs), alike((b, a) for a, b in pairs)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert pytest.approx(one[0]) == -other[0]
        assert pytest.approx(one[1].low, abs=1e-9) == -other[1].high
        assert one[1].low <= one[0] <= one[1].high
