"""The score that learns as it goes: counts of features among converted leads and others (R38).

Counting is all there is to its training, so an outcome is learned from at once, and a corrected one is unlearned.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from models.learning import BayesModel, Count

SMOOTHING = 1.0
CLAMP = 2.0
SEEN_BEFORE = 5
"""A feature that fewer leads had says nothing yet."""


def count(leads: Iterable[tuple[Collection[str], bool]]) -> BayesModel:
    """Count leads, each with its features and whether it converted; their order does not matter."""
    totals: Counter[bool] = Counter()
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for features, converted in leads:
        totals[converted] += 1
        counts[converted].update(features)
    each = {
        name: Count(good=counts[True][name], bad=counts[False][name])
        for name in sorted({*counts[True], *counts[False]})
    }
    return model_of(Count(good=totals[True], bad=totals[False]), each)


def model_of(total: Count, counts: Mapping[str, Count]) -> BayesModel:
    """Make a model of counts, leaving out features that hardly any lead had."""
    often = {name: one for name, one in counts.items() if one.good + one.bad >= SEEN_BEFORE}
    return BayesModel(smoothing=SMOOTHING, clamp=CLAMP, total=total, counts=often)
