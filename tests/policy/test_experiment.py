"""Experiments: who is in which arm, and what may be said of the difference."""

from fractions import Fraction
from math import comb
from random import Random
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.trials.experiment import (
    Arm,
    Call,
    Counted,
    Interval,
    Sizes,
    arm_of,
    call,
    fisher,
    newcombe,
    sample_size,
    sizes_for,
    wilson,
)

SIZES = st.integers(0, 25)


@st.composite
def counted(draw: st.DrawFn, least: int = 0) -> Counted:
    """One arm of a small experiment."""
    leads = draw(st.integers(least, 25))
    return Counted(leads, draw(st.integers(0, leads)))


def by_definition(a: Counted, b: Counted) -> float:
    """Fisher's p, every table written out."""
    converted = a.converted + b.converted
    splits = range(max(0, converted - b.leads), min(a.leads, converted) + 1)
    total = comb(a.leads + b.leads, converted)
    chances = {k: Fraction(comb(a.leads, k) * comb(b.leads, converted - k), total) for k in splits}
    return float(sum(chance for chance in chances.values() if chance <= chances[a.converted]))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Counted(4, 3), Counted(4, 1), 0.4857142857142857),  # Fisher's lady and her tea
        (Counted(12, 1), Counted(12, 9), 0.002759456185220083),  # dieting, as Wikipedia works it out
        (Counted(12, 10), Counted(18, 3), 0.0005367241),  # convictions of twins, R's fisher.test
        (Counted(9, 8), Counted(7, 2), 0.03496503496503495),  # SciPy's fisher_exact
        (Counted(0, 0), Counted(7, 2), 1.0),
        (Counted(5, 0), Counted(7, 0), 1.0),
        (Counted(3, 3), Counted(3, 0), 0.1),
    ],
)
def test_fishers_p_is_the_published_one(a: Counted, b: Counted, expected: float) -> None:
    """Textbook tables, either way round."""
    assert expected == pytest.approx(fisher(a, b), rel=1e-6)
    assert expected == pytest.approx(fisher(b, a), rel=1e-6)


@given(a=counted(), b=counted())
def test_fishers_p_is_that_of_its_definition(a: Counted, b: Counted) -> None:
    """Whichever way is walked, to the last bit."""
    assert by_definition(a, b) == fisher(a, b) == fisher(b, a)
    failed = Counted(a.leads, a.leads - a.converted), Counted(b.leads, b.leads - b.converted)
    assert fisher(a, b) == fisher(*failed)


@pytest.mark.parametrize(("one", "other"), [(25000, 25400), (15000, 15400), (37500, 12500), (50000, 0)])
def test_fishers_p_of_fifty_thousand_leads_an_arm_is_there_at_once(one: int, other: int) -> None:
    """The exact numbers have 30,000 digits, and still nobody waits."""
    began = perf_counter()
    p = fisher(Counted(50_000, one), Counted(50_000, other))
    assert perf_counter() - began < 5
    assert 0 <= p < 0.05


@pytest.mark.parametrize(
    ("arm", "expected"),
    [
        (Counted(263, 81), (0.2553, 0.3662)),
        (Counted(148, 15), (0.0624, 0.1605)),
        (Counted(20, 0), (0.0, 0.1611)),
        (Counted(29, 1), (0.0061, 0.1718)),
        (Counted(0, 0), (0.0, 1.0)),
        (Counted(5, 5), (0.5655, 1.0)),
    ],
)
def test_wilsons_interval_is_the_published_one(arm: Counted, expected: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 857-872, method 3."""
    found = wilson(arm)
    assert expected == (round(found.low, 4), round(found.high, 4))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Counted(70, 56), Counted(80, 48), (0.0524, 0.3339)),
        (Counted(10, 9), Counted(10, 3), (0.1705, 0.8090)),
        (Counted(7, 6), Counted(7, 2), (0.0582, 0.8062)),
        (Counted(56, 5), Counted(29, 0), (-0.0381, 0.1926)),
        (Counted(10, 0), Counted(20, 0), (-0.1611, 0.2775)),
        (Counted(10, 0), Counted(10, 0), (-0.2775, 0.2775)),
        (Counted(10, 10), Counted(20, 0), (0.6791, 1.0)),
        (Counted(10, 10), Counted(10, 0), (0.6075, 1.0)),
    ],
)
def test_newcombes_interval_is_the_published_one(a: Counted, b: Counted, expected: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10."""
    found = newcombe(a, b)
    assert expected == (round(found.low, 4), round(found.high, 4))


@given(a=counted(), b=counted())
def test_intervals_hold_what_was_seen(a: Counted, b: Counted) -> None:
    """The rate lies in its interval, the difference in its own, and turned round it is turned round."""
    for arm in (a, b):
        interval = wilson(arm)
        assert 0 <= interval.low <= (arm.rate or 0) <= interval.high <= 1
    found, turned = newcombe(a, b), newcombe(b, a)
    assert pytest.approx((-found.high, -found.low)) == (turned.low, turned.high)
    if a.rate is not None and b.rate is not None:
        assert found.low <= a.rate - b.rate + 1e-12
        assert a.rate - b.rate - 1e-12 <= found.high
    else:
        assert Interval(-1, 1) == found


@pytest.mark.parametrize(
    ("baseline", "effect", "power", "expected"),
    [(0.5, 0.25, 0.9, 85), (0.25, 0.15, 0.8, 165), (0.05, 0.05, 0.8, 474)],
)
def test_the_sample_is_that_of_the_tables(baseline: float, effect: float, power: float, expected: int) -> None:
    """Fleiss, Statistical Methods for Rates and Proportions, table A.3 (alpha 0.05, two-sided)."""
    assert Sizes(expected, expected) == sample_size(baseline, effect, power=power)


@pytest.mark.parametrize(("baseline", "effect", "power"), [(0.5, 0.25, 0.9), (0.3, 0.3, 0.8), (0.8, -0.3, 0.8)])
def test_the_sample_has_the_power_it_promises(baseline: float, effect: float, power: float) -> None:
    """Added up over every result there can be; and where there is no effect, chance wins no more often than alpha."""
    n = sample_size(baseline, effect, power=power).control
    found = {
        (i, j): fisher(Counted(n, i), Counted(n, j)) < 0.05 for i in range(n + 1) for j in range(i, n + 1)
    }  # it is the same the other way round
    assert _chance(found, n, baseline, baseline + effect) > power - 0.02
    assert _chance(found, n, baseline, baseline) <= 0.05


def _chance(found: dict[tuple[int, int], bool], n: int, one: float, other: float) -> float:
    """How likely a difference is found between arms of n leads with these rates."""
    p, q = _binomial(n, one), _binomial(n, other)
    return sum(p[i] * q[j] for i in range(n + 1) for j in range(n + 1) if found[min(i, j), max(i, j)])


def _binomial(n: int, p: float) -> list[float]:
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


@pytest.mark.soak
def test_an_experiment_finds_what_it_was_planned_for() -> None:
    """2,000 experiments of leads drawn with a fixed seed, split by the hash, with an effect and without."""
    dice = Random(20260302)
    sizes = sample_size(0.3, 0.1)
    for effect, least, most in ((0.1, 0.77, 0.86), (0.0, 0.02, 0.06)):
        found = 0
        for number in range(2000):
            arms = [arm_of(f"{effect}-{number}", str(lead), 0.5) for lead in range(sizes.both)]
            rates = {Arm.CONTROL: 0.3, Arm.VARIANT: 0.3 + effect}
            done = {arm: [dice.random() < rates[arm] for one in arms if one is arm] for arm in Arm}
            control, variant = (Counted(len(done[arm]), sum(done[arm])) for arm in Arm)
            found += call(control, variant, 0.05, complete=True) is not Call.NO_DIFFERENCE
        assert least < found / 2000 < most, effect


def test_unequal_arms_need_more_leads_together() -> None:
    """A careful share costs time; the smaller arm needs less than half, the larger one more."""
    even, careful = sample_size(0.3, 0.05), sample_size(0.3, 0.05, share=0.2)
    assert careful.variant < even.variant < careful.control
    assert even.both < careful.both
    assert pytest.approx(4, rel=0.01) == careful.control / careful.variant


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, Sizes(100, 100)), (0.2, Sizes(400, 100)), (0.8, Sizes(100, 400))]
)
def test_the_larger_arm_fills_with_the_smaller(share: float, expected: Sizes) -> None:
    """A sample is told by its smaller arm."""
    assert expected == sizes_for(100, share)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"baseline": 0.0}, "baseline: lies between 0 and 1, and is 0"),
        ({"share": 1.0}, "share: lies between 0 and 1, and is 1"),
        ({"alpha": 1.5}, "alpha: lies between 0 and 1, and is 1.5"),
        ({"power": 0.01}, r"power: has to be more than alpha \(0.05\), and is 0.01"),
        ({"effect": 0.0}, "effect: 0.3 and 0 more have to be a rate between 0 and 1, and another one"),
        ({"effect": 0.7}, "effect: 0.3 and 0.7 more have to be a rate"),
    ],
)
def test_what_is_no_rate_is_refused(words: dict[str, float], complaint: str) -> None:
    """Each by its name."""
    with pytest.raises(ValueError, match=complaint):
        sample_size(**{"baseline": 0.3, "effect": 0.1, **words})
    with pytest.raises(ValueError, match="3 of 2 cannot"):
        Counted(2, 3)


def test_the_split_is_stable() -> None:
    """The same lead in the same arm in every process and every release: these were written down once."""
    arms = "".join(arm_of("experiment-1", f"lead{n}", 0.5)[0] for n in range(40))
    assert arms == "vvccccvccvvvcvcccvcvccvcvccccvcvccccvvvc"
    assert [arm_of("experiment-7", "x", 0.5)] * 3 == [arm_of("experiment-7", "x", 0.5) for _ in range(3)]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_the_split_keeps_its_share(share: float) -> None:
    """Of 100,000 leads, within four standard deviations."""
    n = 100_000
    inside = sum(arm_of("experiment-1", f"lead-{lead}", share) is Arm.VARIANT for lead in range(n))
    assert abs(inside - n * share) < 4 * (n * share * (1 - share)) ** 0.5


def test_two_experiments_split_independently() -> None:
    """Who was in one's variant is in the other's as often as anybody."""
    n = 20_000
    both = sum(
        arm_of("experiment-1", str(lead), 0.5) is Arm.VARIANT and arm_of("experiment-2", str(lead), 0.5) is Arm.VARIANT
        for lead in range(n)
    )
    assert abs(both - n / 4) < 4 * (n * 3 / 16) ** 0.5


@given(lead=st.text(max_size=64), one=st.floats(0, 1), other=st.floats(0, 1))
def test_a_larger_share_only_adds_leads(lead: str, one: float, other: float) -> None:
    """Nobody leaves the variant because its share grows; at 0 nobody is in it, at 1 everybody."""
    smaller, larger = sorted((one, other))
    if arm_of("e", lead, smaller) is Arm.VARIANT:
        assert Arm.VARIANT is arm_of("e", lead, larger)
    assert (Arm.CONTROL, Arm.VARIANT) == (arm_of("e", lead, 0.0), arm_of("e", lead, 1.0))


@pytest.mark.parametrize(
    ("control", "variant", "complete", "expected"),
    [
        ((100, 10), (100, 40), False, Call.TOO_EARLY),
        ((100, 10), (100, 40), True, Call.VARIANT),
        ((100, 40), (100, 10), True, Call.CONTROL),
        ((100, 40), (100, 42), True, Call.NO_DIFFERENCE),
        ((0, 0), (0, 0), True, Call.NO_DIFFERENCE),
    ],
)
def test_nothing_is_called_before_the_sample_is_complete(
    control: tuple[int, int], variant: tuple[int, int], complete: bool, expected: Call
) -> None:
    """However clear it looks: looking every day would call chance a winner."""
    assert expected is call(Counted(*control), Counted(*variant), 0.05, complete=complete)
