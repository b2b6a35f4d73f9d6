"""Bands of points say whether more points convert better, and whether the threshold comes too late or too early."""

import pytest

from policy.insight.bands import Tens, bands_of
from policy.reviewing import AtThreshold
from policy.trials.experiment import Counted


def tens(*counted: tuple[int, int, int]) -> list[Tens]:
    """Make bands of (points, leads, converted)."""
    return [Tens(low, Counted(leads, converted)) for low, leads, converted in counted]


@pytest.mark.parametrize(
    ("bands", "says"),
    [
        ([(0, 200, 10), (10, 200, 20), (20, 200, 60), (30, 200, 80)], AtThreshold.FITS),
        ([(0, 200, 2), (10, 200, 90), (20, 200, 60), (30, 200, 80)], AtThreshold.TOO_LATE),
        ([(0, 200, 2), (10, 200, 4), (20, 200, 6), (30, 200, 120)], AtThreshold.TOO_EARLY),
        ([(0, 200, 10), (10, 29, 20), (20, 200, 60)], AtThreshold.UNSURE),
        ([(10, 200, 4), (20, 200, 5)], AtThreshold.UNSURE),
        ([], AtThreshold.UNSURE),
    ],
)
def test_what_lies_next_to_the_threshold_says_where_it_belongs(
    bands: list[tuple[int, int, int]], says: AtThreshold
) -> None:
    """Just below converts certainly better than all: too late; just above certainly worse: too early; few: unsure."""
    assert says is bands_of(tens(*bands), 20).says


def test_both_sides_are_counted_to_tens() -> None:
    """A threshold of 25 is that of its ten; negative points are below."""
    found = bands_of(tens((30, 10, 4), (-10, 5, 1), (20, 20, 6), (10, 40, 2)), 25)
    assert ([-10, 10, 20, 30], 20) == ([one.low for one in found.bands], found.threshold)
    assert (Counted(30, 10), Counted(45, 3)) == (found.above, found.below)
    assert (20, 10) == (found.just_above.low, found.just_below.low)


def test_more_points_that_convert_worse_are_named() -> None:
    """From 10 to 20 points conversion falls from 60 to 20 %: certain at 200 leads each, and not at 20."""
    many = bands_of(tens((0, 200, 10), (10, 200, 120), (20, 200, 40)), 20)
    few = bands_of(tens((0, 200, 10), (10, 20, 12), (20, 20, 4)), 20)
    assert [(10, 20)] == [(one.low, more.low) for one, more in many.turned]
    assert () == few.turned
