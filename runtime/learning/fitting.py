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

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)
"""How little weights are held back: which one suits the data is found out within the training, as are combinations."""

_SCREENING = 0.01
_PARTS = 5
_PLENTY = 400
"""Conversions, and others, in the last fifth that make it enough by itself; with fewer each fifth is held back once."""

_ROUNDS = 100
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


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to fit: with combinations or without, and how little weights are held back."""

    paired: bool
    strength: float


def fit(leads: Sequence[Collection[str]], came: Sequence[bool]) -> LogisticModel:
    """Fit a model to leads in the order of time, each with its features and whether it converted.

    Fifths of them that are held back say how strongly to hold weights back, whether combinations help, and how to
    calibrate; then all of them are fitted. Raises `CannotFit` without scikit-learn, and with fewer than ten leads of
    either kind.
    """
    enough = min(sum(came), len(came) - sum(came))
    if enough < LEAST:
        which = "converted" if enough == sum(came) else "did not convert"
        raise CannotFit(f"only {enough} of {len(came)} leads {which}: at least {LEAST} of either kind are needed")
    numpy = _needed("numpy")
    # With several threads small sums are slow, and their order, and so the last digit, is a matter of luck.
    with _needed("threadpoolctl").threadpool_limits(1):
        y = numpy.asarray(came, dtype=bool)
        way, slope, shift = _tune(leads, y)
        design, _ = choose(leads, came)
        design = design if way.paired else Design(design.alone)
        x = matrix(design, leads)
        base, weights = weigh(x, y, way.strength)
        return model_of(design, base, weights, slope, _level(slope * (x @ weights + base), shift, y))


def choose(leads: Sequence[Collection[str]], came: Sequence[bool]) -> tuple[Design, Any]:
    """Choose the features that are common enough, and the pairs that say more together than apart.

    A pair is tested on what the features alone leave unexplained: whether leads with both convert more or less often
    than they should. Of so many tries some look good by chance, so the bar rises with their number. What the features
    alone make likely comes with it.
    """
    counts: Counter[str] = Counter()
    for held in leads:
        counts.update(held)
    least = max(LEAST, len(leads) // 1000)
    common = {name: times for name, times in counts.items() if times <= len(leads) - least}
    alone = Design(often_enough(common, least, MOST_FEATURES))
    numpy = _needed("numpy")
    x, y = matrix(alone, leads), numpy.asarray(came, dtype=float)
    base, weights = weigh(x, y > 0, _SCREENING)
    expected = 1 / (1 + numpy.exp(-(x @ weights + base)))
    together = (x.T @ x).toarray()
    surprise = (x.T @ x.multiply((y - expected)[:, None])).toarray()
    spread = (x.T @ x.multiply((expected * (1 - expected))[:, None])).toarray()
    return Design(alone.alone, _pairs(alone.alone, together, surprise, spread, least)), expected


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


def weigh(x: Any, came: Any, strength: float) -> tuple[float, Any]:
    """Fit base and weights, holding a feature that tells little by itself back more than a telling one.

    Each column is scaled by how much its odds differ among converted leads and others; then all are held back alike.
    """
    numpy, sparse = _needed("numpy"), _needed("scipy.sparse")
    good, bad = x[came].sum(axis=0), x[~came].sum(axis=0)
    for_it, against = (good + LEAST) / (came.sum() + 2 * LEAST), (bad + LEAST) / ((~came).sum() + 2 * LEAST)
    telling = numpy.abs(numpy.log(for_it / (1 - for_it)) - numpy.log(against / (1 - against)))
    fitted = _regression(strength).fit(x @ sparse.diags_array(telling, format="csr"), came)
    return float(fitted.intercept_[0]), fitted.coef_[0] * telling


def model_of(design: Design, base: float, weights: Any, slope: float = 1.0, shift: float = 0.0) -> LogisticModel:
    """Write what was fitted down as a list of weights, the weightiest first."""
    told = [float(weight) for weight in weights]
    terms = [Term(feature=name, weight=weight) for name, weight in zip(design.alone, told, strict=False)]
    for (a, b), weight in zip(design.pairs, told[len(design.alone) :], strict=True):
        terms.append(Term(feature=a, and_also=b, weight=weight))
    terms.sort(key=lambda one: (-abs(one.weight), one.feature, one.and_also or ""))
    return LogisticModel(base=base, terms=tuple(terms), slope=slope, shift=shift, features=design.alone)


def _tune(leads: Sequence[Collection[str]], y: Any) -> tuple[_Way, float, float]:
    """Find on leads that are held back which way to fit, and the line that makes what is said of them come true.

    Combinations are looked for anew without those leads, or they would always seem to help.
    """
    numpy = _needed("numpy")
    held_back = _held_back(y)
    if any(_kinds(numpy.delete(y, one)) < LEAST / 2 for one in held_back):
        return _Way(paired=False, strength=_SCREENING), 1.0, 0.0
    said: dict[_Way, list[Any]] = {}
    for part in held_back:
        rest = numpy.setdiff1d(numpy.arange(len(y)), part)
        _say(leads, y, rest, part, said)
    truth = numpy.concatenate([y[one] for one in held_back])
    found = []
    for way, told in said.items():
        raw = numpy.concatenate(told)
        slope, shift = _line(raw, truth)
        line = slope * raw + shift
        loss = float(numpy.mean(numpy.logaddexp(0, line) - line * truth))
        found.append((loss, way.paired, way.strength, slope, shift))
    _, paired, strength, slope, shift = min(found)
    return _Way(paired, strength), slope, shift


def _say(leads: Sequence[Collection[str]], y: Any, rest: Any, part: Any, said: dict[_Way, list[Any]]) -> None:
    """Fit to the rest in each way and say of the part that is held back what comes of it."""
    design, _ = choose([leads[n] for n in rest], [bool(y[n]) for n in rest])
    both = matrix(design, leads)
    for strength in STRENGTHS:
        for paired in (False, True):
            way = _Way(paired, strength)
            if paired and not design.pairs:
                told = said[_Way(paired=False, strength=strength)][-1]
            else:
                x = both if paired else both[:, : len(design.alone)]
                base, weights = weigh(x[rest], y[rest], strength)
                told = x[part] @ weights + base
            said.setdefault(way, []).append(told)


def _held_back(y: Any) -> list[Any]:
    """Give which leads to hold back: the last fifth, or where too few of it converted each fifth once."""
    numpy = _needed("numpy")
    parts = numpy.array_split(numpy.arange(len(y)), _PARTS)
    return [parts[-1]] if _kinds(y[parts[-1]]) >= _PLENTY else list(parts)


def _kinds(y: Any) -> int:
    return int(min(y.sum(), (~y).sum()))


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
    return _needed("sklearn.linear_model").LogisticRegression(
        C=strength, solver="newton-cholesky", max_iter=_ROUNDS, tol=1e-8
    )


def _needed(module: str) -> Any:
    """Import what only those have who train. Raises `CannotFit`, saying how to get it."""
    try:
        return import_module(module)
    except ImportError:
        raise CannotFit(REMEDY) from None
