"""What figures mean: spans in buckets, who still waits, shares, who is on shift."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.figures import Share, Step
from models.roster import Roster
from policy.insight.buckets import BINS, EDGES, bins_of, bucket_of, high_of, low_of
from policy.insight.counted import funnel, half_of, week_of
from policy.insight.shares import expected_shares, share
from policy.insight.shifts import hour_of_week, on_shift, zone_of
from policy.insight.survival import curve_of, timing_of
from tests.db.samples import rep, roster

SPANS = st.integers(0, 400 * 86_400)


@given(SPANS)
def test_a_span_lies_in_its_bucket(seconds: int) -> None:
    """And the bucket is no wider than 5 % of it, or a second."""
    bucket = bucket_of(seconds)
    assert low_of(bucket) <= seconds <= high_of(bucket)
    assert high_of(bucket) - low_of(bucket) <= max(1, 0.051 * seconds)


def test_every_bin_is_of_whole_buckets() -> None:
    """A bin's bounds are edges, and edges grow."""
    assert set(BINS[1:]) <= set(EDGES)
    assert all(low < high for low, high in pairwise(EDGES))
    assert len(EDGES) < 2**15


@given(st.lists(SPANS, max_size=60))
def test_bins_hold_each_span_where_it_belongs(spans: list[int]) -> None:
    """None is lost, none is in a neighbour's; the empty ones at either end are left out."""
    found = bins_of(Counter(map(bucket_of, spans)))
    for one in found:
        assert one.leads == sum(one.low_s <= span and (one.high_s is None or span < one.high_s) for span in spans)
    assert len(spans) == sum(one.leads for one in found)
    assert not found or (found[0].leads and found[-1].leads)


REMISSION = ([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
"""Weeks in remission under 6-MP, ended and not (Freireich and others, Blood 21, 1963)."""


def test_the_survival_curve_is_the_published_one() -> None:
    """Kaplan and Meier's estimate, and its log-log interval, as the books have them for these data."""
    ended, still = (Counter(map(bucket_of, weeks)) for weeks in REMISSION)
    curve = curve_of(ended, still, {})
    expected = [(0, 1), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)]
    assert expected == [(point.at_s, round(point.left, 3)) for point in curve.points]
    assert (0.620, 0.952) == pytest.approx((curve.points[1].low, curve.points[1].high), abs=5e-4)
    assert (0.188, 0.680) == pytest.approx((curve.points[-1].low, curve.points[-1].high), abs=5e-4)
    assert [21, 21, 17, 15, 12, 11, 7, 6] == [point.at_risk for point in curve.points]
    assert (9, 12, 0) == (curve.came, curve.waiting, curve.left)
    assert (23, None) == (curve.within(0.5), curve.within(0.9))


COUNTS = st.dictionaries(st.integers(0, 200), st.integers(1, 30), max_size=12)


@given(COUNTS, COUNTS, COUNTS)
def test_a_curve_only_falls(came: dict[int, int], waiting: dict[int, int], left: dict[int, int]) -> None:
    """From all to no less than none, with its interval around it; without anybody who waits it is the plain share."""
    curve = curve_of(came, waiting, left)
    lefts = [point.left for point in curve.points]
    assert 1 == lefts[0]
    assert all(after < before + 1e-12 for before, after in pairwise(lefts))
    assert all(-1e-9 <= point.low <= point.left + 1e-9 <= point.high + 2e-9 <= 1 + 3e-9 for point in curve.points)
    assert (sum(came.values()), sum(waiting.values()), sum(left.values())) == (curve.came, curve.waiting, curve.left)
    plain, total = curve_of(came, {}, {}), sum(came.values())
    for point in plain.points[1:]:
        later = sum(number for bucket, number in came.items() if high_of(bucket) > point.at_s)
        assert later / total == pytest.approx(point.left)


def test_those_that_wait_are_not_left_out() -> None:
    """Two that came in a minute beside eight that wait for an hour are two of ten, not all."""
    timing = timing_of(Step.ACCEPTED, {bucket_of(60): 2}, {bucket_of(3600): 8}, {}, 120)
    assert (None, None, 60) == (timing.half_s, timing.nine_tenths_s, timing.mean_s)
    assert 0.8 == pytest.approx(timing.curve.points[-1].left)
    nobody = timing_of(Step.ACCEPTED, {}, {}, {}, 0)
    assert ((), None, None) == (nobody.bins, nobody.half_s, nobody.mean_s)


def test_one_lead_does_not_speak_for_many() -> None:
    """Of a hundred that came today all but one have been seen for ten minutes: the curve ends with what is known."""
    timing = timing_of(Step.ACCEPTED, {bucket_of(60): 30, bucket_of(2400): 1}, {bucket_of(600): 69}, {}, 4200)
    assert [0, high_of(bucket_of(60))] == [point.at_s for point in timing.curve.points]
    assert (None, None, 31) == (timing.half_s, timing.nine_tenths_s, timing.curve.came)


def test_half_of_some_leads_is_of_all_of_them() -> None:
    """Also of those that nobody accepted; too few say nothing."""
    times = {bucket_of(60): 2, bucket_of(600): 2}
    assert high_of(bucket_of(60)) == half_of({bucket_of(60): 4}, 8)
    assert high_of(bucket_of(600)) == half_of(times, 6)
    assert None is half_of(times, 9)
    assert None is half_of(times, 4)


def test_a_share_says_how_sure_it_is() -> None:
    """Wilson's interval, as published for 7 of 20; under five it says nothing."""
    found = share(7, 20)
    assert (0.1812, 0.5671) == (round(found.low, 4), round(found.high, 4))
    assert (0.35, True) == (found.rate, found.tells)
    assert Share(0, 0, 0, 1) == share(0, 0)
    assert (None, False, False) == (share(0, 0).rate, share(0, 0).tells, share(4, 4).tells)
    with pytest.raises(ValueError, match="cannot have converted"):
        share(2, 1)


def test_shares_by_weight_add_up() -> None:
    """Of nobody there are none."""
    assert {"ada": 0.25, "bo": 0.75} == expected_shares({"ada": 1, "bo": 3})
    assert {} == expected_shares({})


def test_a_funnel_is_held_against_its_beginning_and_its_step_before() -> None:
    """Leads that went aside come with the most first."""
    found = funnel([("received", 10), ("offered", 8), ("won", 2)], [("review", 1), ("nurturing", 1), ("closed", 3)])
    assert [(10, 10, 10), (8, 10, 10), (2, 10, 8)] == [
        (one.leads, one.share.of, one.of_before.of) for one in found.steps
    ]
    assert (("closed", 3), ("nurturing", 1), ("review", 1)) == found.aside


@pytest.mark.parametrize(
    ("instant", "zone", "hour"),
    [
        ("2026-03-01T23:30:00+00:00", "Europe/Berlin", 0),
        ("2026-03-01T23:30:00+00:00", "UTC", 6 * 24 + 23),
        ("2026-03-02T04:00:00+00:00", "America/New_York", 6 * 24 + 23),
        ("2026-07-06T22:10:00+00:00", "Asia/Kolkata", 24 + 3),
    ],
)
def test_the_hour_of_the_week_is_told_where_the_team_is(instant: str, zone: str, hour: int) -> None:
    """Monday's first hour is 0."""
    assert hour == hour_of_week(datetime.fromisoformat(instant), ZoneInfo(zone))


def test_who_is_on_shift_is_counted_in_their_teams_hours() -> None:
    """Two work from nine to five where the team is; one elsewhere, for half of two hours; a third of one is none."""
    people = parse(
        Roster,
        roster().model_dump(mode="json", exclude_unset=True)
        | {
            "calendars": {
                "office": {"tz": "Europe/Berlin", "week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "12:20"]]}},
                "india": {"tz": "Asia/Kolkata", "week": {"mon": [["09:00", "10:00"]]}},
            },
            "reps": [rep("ada"), rep("bo"), rep("cy", calendar="india"), rep("dan", active=False)],
        },
    )
    found = on_shift(people, datetime(2026, 3, 4, 12, tzinfo=UTC))
    expected = dict.fromkeys(range(9, 17), 2) | dict.fromkeys(range(24 + 9, 24 + 12), 2) | {4: 1, 5: 1}
    assert expected == {hour: number for hour, number in enumerate(found) if number}
    assert 168 == len(found)
    assert (0,) * 168 == on_shift(people, datetime(2026, 3, 4, 12, tzinfo=UTC), ("amer",))


@pytest.mark.parametrize("day", ["2026-03-25", "2026-06-10", "2026-10-21"])
def test_who_is_always_there_has_no_gap(day: str) -> None:
    """Not in the week that is an hour short, nor in the one that is an hour long."""
    week = {one: [["00:00", "24:00"]] for one in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    people = roster(calendars={"office": {"tz": "Europe/Berlin", "week": week}})
    found = on_shift(people, datetime.fromisoformat(f"{day}T12:00:00+00:00"))
    assert {3} == {number for hour, number in enumerate(found) if hour != 6 * 24 + 2 or day != "2026-03-25"}


def test_a_team_that_is_gone_is_told_in_utc() -> None:
    """So is no team, and no roster."""
    assert "Europe/Berlin" == zone_of(roster(), "emea").key
    assert ["UTC", "UTC", "UTC"] == [
        zone.key for zone in (zone_of(roster(), "gone"), zone_of(roster(), None), zone_of(None, "a"))
    ]


def test_a_week_is_its_monday() -> None:
    """Sunday belongs to the week before it."""
    assert "2026-03-02" == week_of(datetime(2026, 3, 8, tzinfo=UTC).date())
    assert "2026-03-09" == week_of(datetime(2026, 3, 9, tzinfo=UTC).date())
