"""Fitting a logistic regression, with the combinations of features that it finds by itself (R38).

Needs scikit-learn, which only those install who train (`make train`); it is imported when a model is fitted, and what
comes out is a list of weights that plain Python reads. The same leads give the same model.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import log
from typing import Any

from models.learning import LogisticModel, Term
from policy.learning.features import often_enough

REMEDY = "fitting a logistic regression needs scikit-learn: `make train` installs it"

MOST_FEATURES = 400
MOST_PAIRS = 60
LEAST = 10
"""Leads that have to have a feature before it is considered; of many leads, one in a thousand."""

_STRENGTHS = (0.001, 0.003, 0.03, 0.3)
"""How little the weights are held back: which one suits the data is found out on the last leads of the training."""

_SCREENING = 0.01
_HELD_BACK = 0.2
_ROUNDS = 300
_STEPS = 8
_SLOPES = (0.25, 4.0)
_UNBOUND = 1e6


class CannotFit(Exception):
    """There is nothing to fit a model with, or on; says what would be needed."""


@dataclass(frozen=True, slots=True)
class Design:
    """What the columns of a model stand for: features alone, then pairs of them."""

    alone: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()


def fit(leads: Sequence[Collection[str]], came: Sequence[bool]) -> LogisticModel:
    """Fit a model to leads in the order of time, each with its features and whether it converted.

    The last fifth says how strongly to hold weights back and how to calibrate; then all of them are fitted.
    Raises `CannotFit` without scikit-learn, and with fewer than ten leads of either kind.
    """
    enough = min(sum(came), len(came) - sum(came))
    if enough < LEAST:
        which = "converted" if enough == sum(came) else "did not convert"
        raise CannotFit(f"only {enough} of {len(came)} leads {which}: at least {LEAST} of either kind are needed")
    numpy = _needed("numpy")
    y = numpy.asarray(came, dtype=bool)
    design, _ = choose(leads, came)
    x = matrix(design, leads)
    cut = round(len(came) * (1 - _HELD_BACK))
    strength, slope, shift = _tune(x, y, cut)
    fitted = _regression(strength).fit(x, y)
    return model_of(design, fitted, slope, _level(slope * fitted.decision_function(x), shift, y))


def choose(leads: Sequence[Collection[str]], came: Sequence[bool]) -> tuple[Design, Any]:
    """Choose the features that are common enough, and the pairs that say more together than apart.

    A pair is tested on what the features alone leave unexplained: whether leads with both convert more or less often
    than they should. Of so many tries some look good by chance, so the bar rises with their number. The regression on
    the features alone comes with it.
    """
    counts: Counter[str] = Counter()
    for held in leads:
        counts.update(held)
    least = max(LEAST, len(leads) // 1000)
    common = {name: times for name, times in counts.items() if times <= len(leads) - least}
    alone = Design(often_enough(common, least, MOST_FEATURES))
    numpy = _needed("numpy")
    x, y = matrix(alone, leads), numpy.asarray(came, dtype=float)
    fitted = _regression(_SCREENING).fit(x, y > 0)
    expected = fitted.predict_proba(x)[:, 1]
    together = (x.T @ x).toarray()
    surprise = (x.T @ x.multiply((y - expected)[:, None])).toarray()
    spread = (x.T @ x.multiply((expected * (1 - expected))[:, None])).toarray()
    return Design(alone.alone, _pairs(alone.alone, together, surprise, spread, least)), fitted


def _pairs(names: Sequence[str], together: Any, surprise: Any, spread: Any, least: int) -> tuple[tuple[str, str], ...]:
    """Give the pairs with the most telling surprises; one whose features hold only together is no pair."""
    found = []
    tries = 0
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            both = together[i, j]
            if both < least or both > min(together[i, i], together[j, j]) - least / 2:
                continue
            tries += 1
            found.append((float(surprise[i, j] ** 2 / max(spread[i, j], 1e-9)), names[i], names[j]))
    bar = 2 * log(max(tries, 2)) + 2
    telling = sorted((one for one in found if one[0] > bar), key=lambda one: (-one[0], one[1], one[2]))
    return tuple((a, b) for _, a, b in telling[:MOST_PAIRS])


def matrix(design: Design, leads: Sequence[Collection[str]]) -> Any:
    """Lay leads out as rows of zeros and ones, one column for each part of the design."""
    numpy, sparse = _needed("numpy"), _needed("scipy.sparse")
    columns = {name: n for n, name in enumerate(design.alone)}
    places, ends = [], [0]
    for held in leads:
        places += [columns[name] for name in held if name in columns]
        ends.append(len(places))
    values = numpy.ones(len(places))
    x = sparse.csr_array((values, places, ends), shape=(len(leads), len(columns)))
    x.sort_indices()
    if not design.pairs:
        return x
    by_column = x.tocsc()
    both = [by_column[:, [columns[a]]].multiply(by_column[:, [columns[b]]]) for a, b in design.pairs]
    return sparse.hstack([x, *both], format="csr")


def model_of(design: Design, fitted: Any, slope: float = 1.0, shift: float = 0.0) -> LogisticModel:
    """Write a fitted regression down as a list of weights, the weightiest first."""
    weights = [float(weight) for weight in fitted.coef_[0]]
    terms = [Term(feature=name, weight=weight) for name, weight in zip(design.alone, weights, strict=False)]
    for (a, b), weight in zip(design.pairs, weights[len(design.alone) :], strict=True):
        terms.append(Term(feature=a, and_also=b, weight=weight))
    terms.sort(key=lambda one: (-abs(one.weight), one.feature, one.and_also or ""))
    return LogisticModel(
        base=float(fitted.intercept_[0]), terms=tuple(terms), slope=slope, shift=shift, features=design.alone
    )


def _tune(x: Any, y: Any, cut: int) -> tuple[float, float, float]:
    """Find on later leads how little to hold weights back, and the line that makes what is said there come true."""
    numpy = _needed("numpy")
    early, late = y[:cut], y[cut:]
    if min(late.sum(), (~late).sum(), early.sum(), (~early).sum()) < LEAST:
        return _SCREENING, 1.0, 0.0
    found = []
    for strength in _STRENGTHS:
        raw = _regression(strength).fit(x[:cut], early).decision_function(x[cut:])
        slope, shift = _line(raw, late)
        told = slope * raw + shift
        found.append((float(numpy.mean(numpy.logaddexp(0, told) - told * late)), strength, slope, shift))
    return min(found)[1:]


def _level(told: Any, shift: float, came: Any) -> float:
    """Shift likelihoods until as many conversions are expected as came, which the last leads alone cannot say."""
    numpy = _needed("numpy")
    for _ in range(_STEPS):
        expected = 1 / (1 + numpy.exp(-(told + shift)))
        shift += float((came.sum() - expected.sum()) / max((expected * (1 - expected)).sum(), 1e-9))
    return shift


def _line(raw: Any, came: Any) -> tuple[float, float]:
    """Fit slope and shift that make likelihoods come true; none where noise would make them all alike, or certain."""
    fitted = _regression(_UNBOUND).fit(raw.reshape(-1, 1), came)
    slope, shift = float(fitted.coef_[0][0]), float(fitted.intercept_[0])
    return (slope, shift) if _SLOPES[0] <= slope <= _SLOPES[1] else (1.0, 0.0)


def _regression(strength: float) -> Any:
    return _needed("sklearn.linear_model").LogisticRegression(C=strength, max_iter=_ROUNDS, tol=1e-6)


def _needed(module: str) -> Any:
    """Import what only those have who train. Raises `CannotFit`, saying how to get it."""
    try:
        return import_module(module)
    except ImportError:
        raise CannotFit(REMEDY) from None
