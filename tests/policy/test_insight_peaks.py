"""The forecast of a week is what the past weeks were, later ones more, wild ones and holidays left out."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.insight.peaks import Arrived, forecast
from policy.insight.shifts import HOURS

TODAY = date(2026, 3, 4)  # a Wednesday
MONDAY = date(2026, 3, 2)
TEN = 10  # Monday 10:00
NOBODY: dict[str, frozenset[date]] = {}


def weeks(*leads: int, hour: int = TEN, team: str = "emea") -> list[Arrived]:
    """Give what came in an hour of the last weeks, the latest first."""
    return [
        Arrived(team, MONDAY - timedelta(weeks=age) + timedelta(days=hour // 24), hour, count)
        for age, count in enumerate(leads, start=1)
        if count
    ]


def test_even_weeks_are_forecast_as_they_were() -> None:
    """Six leads each Monday at ten for eight weeks: six again, and nothing in every other hour."""
    found = forecast(weeks(*[6] * 8), TODAY, MONDAY - timedelta(weeks=8), NOBODY, None)
    assert 8 == found.weeks
    assert pytest.approx(6.0) == found.hours[TEN].mean
    assert 0.0 == sum(one.mean for one in found.hours if one.hour != TEN)
    assert found.hours[TEN].mean < found.hours[TEN].high < 10


def test_fewer_than_four_weeks_forecast_nothing() -> None:
    """Three whole weeks are too few; the present one is not whole."""
    found = forecast(weeks(5, 5, 5), TODAY, MONDAY - timedelta(weeks=3), NOBODY, None)
    assert (3, False) == (found.weeks, found.told)
    assert not forecast([], TODAY, None, NOBODY, None).told


def test_later_weeks_count_more_and_wild_ones_little() -> None:
    """Growing weeks are forecast above their mean; one week of a thousand leads moves it by a few."""
    first = MONDAY - timedelta(weeks=6)
    growing = forecast(weeks(12, 10, 8, 6, 4, 2), TODAY, first, NOBODY, None)
    wild = forecast(weeks(10, 10, 1000, 10, 10, 10), TODAY, first, NOBODY, None)
    assert 7.0 < growing.hours[TEN].mean < 12
    assert 10 <= wild.hours[TEN].mean < 13


def test_holidays_teach_nothing() -> None:
    """A Monday on which the team was closed does not pull the forecast down."""
    shut = {"emea": frozenset({MONDAY - timedelta(weeks=2)})}
    first = MONDAY - timedelta(weeks=5)
    found = forecast(weeks(6, 0, 6, 6, 6), TODAY, first, shut, None)
    open_ = forecast(weeks(6, 0, 6, 6, 6), TODAY, first, NOBODY, None)
    assert open_.hours[TEN].mean < found.hours[TEN].mean == pytest.approx(6.0)


def test_gaps_and_peaks_are_told_by_who_is_on_shift() -> None:
    """Mondays at ten bring six leads for one person, other hours one for each of two; at night two come."""
    people = [0] * HOURS
    people[TEN] = 1
    for hour in range(34, 44):
        people[hour] = 2
    arrived = [*weeks(*[6] * 5), *weeks(*[2] * 5, hour=100)]
    for hour in range(34, 44):
        arrived += weeks(*[2] * 5, hour=hour)
    found = forecast(arrived, TODAY, MONDAY - timedelta(weeks=5), NOBODY, people)
    assert [TEN] == [one.hour for one in found.hours if one.peak]
    assert [100] == [one.hour for one in found.hours if one.gap]
    assert pytest.approx(56 / 26) == found.hours[TEN].usual


@pytest.mark.parametrize(("day", "hour"), [(1, 167), (0, 24), (0, 0)])
def test_an_hour_is_of_its_own_day_where_the_team_is(day: int, hour: int) -> None:
    """Sunday's last hour west of UTC is Monday there already, and the first of Tuesday east of it is still Monday."""
    arrived = [Arrived("us", MONDAY - timedelta(weeks=age), hour, 4) for age in range(1, 6)]
    found = forecast(arrived, TODAY + timedelta(days=day), MONDAY - timedelta(weeks=6), NOBODY, None)
    assert found.hours[hour].mean > 2


@given(st.lists(st.integers(0, 50), min_size=4, max_size=26))
def test_a_forecast_lies_within_what_was_seen(leads: list[int]) -> None:
    """No hour is forecast beyond what any week brought, and its upper end is never below its mean."""
    found = forecast(weeks(*leads), TODAY, MONDAY - timedelta(weeks=len(leads)), NOBODY, None)
    assert min(leads) - 1e-9 <= found.hours[TEN].mean <= max(leads) + 1e-9
    assert all(one.high >= one.mean >= 0 for one in found.hours)
