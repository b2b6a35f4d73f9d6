"""Who still waits after which time: Kaplan and Meier's estimate, with the leads that wait now counted as waiting.

The times are buckets. Who came in a bucket came before those of the same bucket who left it uncounted, as is usual.
Intervals are by Greenwood's variance on the log-log scale, which stay between 0 and 1 (Kalbfleisch and Prentice).
"""

from collections.abc import Mapping
from math import exp, log, sqrt
from statistics import NormalDist

from models.figures import TOO_FEW, Curve, Point, Step, Timing
from policy.insight.buckets import bins_of, high_of

_Z = NormalDist().inv_cdf(0.975)


def curve_of(came: Mapping[int, int], waiting: Mapping[int, int], left: Mapping[int, int]) -> Curve:
    """Draw the curve from how many leads of each bucket came to the step, wait for it, and went another way.

    It ends where those still seen would have to speak for more than `TOO_FEW` leads each: the last of many, all the
    others having come too lately to know, would else make it fall to nothing.
    """
    leads = at_risk = sum(came.values()) + sum(waiting.values()) + sum(left.values())
    points = [Point(0, 1.0, 1.0, 1.0, at_risk)]
    still, variance = 1.0, 0.0
    for bucket in sorted({*came, *waiting, *left}):
        events = came.get(bucket, 0)
        if events and still * leads > TOO_FEW * at_risk:
            break
        if events:
            still *= 1 - events / at_risk
            variance += events / (at_risk * (at_risk - events)) if at_risk > events else 0.0
            low, high = _interval(still, variance)
            points.append(Point(high_of(bucket), still, low, high, at_risk))
        at_risk -= events + waiting.get(bucket, 0) + left.get(bucket, 0)
    return Curve(tuple(points), sum(came.values()), sum(waiting.values()), sum(left.values()))


def timing_of(
    step: Step, came: Mapping[int, int], waiting: Mapping[int, int], left: Mapping[int, int], seconds: int
) -> Timing:
    """Sum up how long leads take to a step; `seconds` is the sum of what those took that came to it."""
    curve = curve_of(came, waiting, left)
    return Timing(
        step=step,
        bins=bins_of(came),
        curve=curve,
        half_s=curve.within(0.5),
        nine_tenths_s=curve.within(0.9),
        mean_s=seconds / curve.came if curve.came else None,
    )


def _interval(still: float, variance: float) -> tuple[float, float]:
    """Give the interval of what is left; where nobody is, there is no telling, and it is 0 alone."""
    if still <= 1e-12:
        return 0.0, 0.0
    spread = exp(_Z * sqrt(variance) / abs(log(still)))
    return still**spread, still ** (1 / spread)
