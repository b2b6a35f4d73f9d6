"""How good a score is: does it rank, are its likelihoods true, and where does its threshold belong (R38, R40).

Everything is arithmetic on what was said of leads and what became of them; nothing here knows a model.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from models.learning import CalibrationPoint
from policy.trials.experiment import Counted, Interval, wilson


def auc(said: Sequence[float], came: Sequence[bool]) -> float | None:
    """Give how often a converted lead was said to be likelier than another (a tie counts half); None without both."""
    good = sum(came)
    bad = len(came) - good
    if not good or not bad:
        return None
    rank, ranks = 0, 0.0
    for _, tied in groupby(sorted(zip(said, came, strict=True), key=lambda one: one[0]), key=lambda one: one[0]):
        among = [converted for _, converted in tied]
        ranks += sum(among) * (rank + (len(among) + 1) / 2)
        rank += len(among)
    return (ranks - good * (good + 1) / 2) / (good * bad)


def brier(said: Iterable[float], came: Sequence[bool]) -> float | None:
    """Give the mean squared distance between the likelihoods and what came: 0 is perfect; None without leads."""
    if not came:
        return None
    return sum((likelihood - converted) ** 2 for likelihood, converted in zip(said, came, strict=True)) / len(came)


def calibration(said: Sequence[float], came: Sequence[bool], parts: int = 10) -> tuple[CalibrationPoint, ...]:
    """Hold likelihoods against what came, in parts of as many leads each, the least likely first."""
    points = []
    for part in _parts(sorted(zip(said, came, strict=True), key=lambda one: one[0]), parts):
        n = len(part)
        points.append(CalibrationPoint(said=sum(one for one, _ in part) / n, came=sum(one for _, one in part) / n, n=n))
    return tuple(points)


@dataclass(frozen=True, slots=True)
class Lift:
    """One tenth of the leads, the likeliest first: how many converted, and how many times the average that is."""

    part: int
    leads: int
    converted: int
    lift: float | None


def lifts(said: Sequence[float], came: Sequence[bool], parts: int = 10) -> tuple[Lift, ...]:
    """Say what each part of the leads brings, the likeliest first."""
    whole = sum(came) / len(came) if came else 0.0
    ranked = sorted(zip(said, came, strict=True), key=lambda one: -one[0])
    found = []
    for n, part in enumerate(_parts(ranked, parts), start=1):
        converted = sum(one for _, one in part)
        found.append(Lift(n, len(part), converted, converted / len(part) / whole if whole else None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Band:
    """Leads whose score lies from `low` to under `high` (None: without end), how many converted, and how sure that is.

    `interval`: Wilson's, 95 %.
    """

    low: float | None
    high: float | None
    counted: Counted
    interval: Interval


def bands(said: Sequence[float], came: Sequence[bool], bounds: Sequence[float]) -> tuple[Band, ...]:
    """Count conversions between bounds of a score, and below and above them (R40)."""
    edges: list[float | None] = [None, *sorted(bounds), None]
    found = []
    for low, high in pairwise(edges):
        inside = [
            converted
            for one, converted in zip(said, came, strict=True)
            if (low is None or one >= low) and (high is None or one < high)
        ]
        counted = Counted(len(inside), sum(inside))
        found.append(Band(low, high, counted, wilson(counted)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Passed:
    """Leads that are above a threshold, and how many of them converted."""

    above: float
    leads: int
    converted: int


@dataclass(frozen=True, slots=True)
class Advice:
    """Two thresholds of a likelihood beside the one that points have.

    `same_work` lets as many leads through (or fewer, where several are said alike); `same_yield` is the highest that
    keeps as many conversions. None: the points let nothing through, or nothing that converted.
    """

    points: Passed
    same_work: Passed | None
    same_yield: Passed | None


def advise(points: Sequence[float], likelihoods: Sequence[float], came: Sequence[bool], threshold: float) -> Advice:
    """Say where the threshold of a likelihood belongs, next to the points' (R40)."""
    through = [converted for one, converted in zip(points, came, strict=True) if one > threshold]
    at_present = Passed(threshold, len(through), sum(through))
    same_work = same_yield = None
    for step in _thresholds(likelihoods, came):
        if step.leads <= at_present.leads and step.leads:
            same_work = step
        if same_yield is None and at_present.converted and step.converted >= at_present.converted:
            same_yield = step
    return Advice(at_present, same_work, same_yield)


def _thresholds(likelihoods: Sequence[float], came: Sequence[bool]) -> Iterator[Passed]:
    """Give every place a threshold may have, from the highest down: above it are all that were said to be likelier."""
    ranked = sorted(zip(likelihoods, came, strict=True), key=lambda one: -one[0])
    steps = [(said, [converted for _, converted in tied]) for said, tied in groupby(ranked, key=lambda one: one[0])]
    leads = converted = 0
    for n, (_, tied) in enumerate(steps):
        leads, converted = leads + len(tied), converted + sum(tied)
        below = steps[n + 1][0] if n + 1 < len(steps) else 0.0
        yield Passed(below, leads, converted)


def _parts(ranked: Sequence[tuple[float, bool]], parts: int) -> Iterator[Sequence[tuple[float, bool]]]:
    for n in range(parts):
        part = ranked[len(ranked) * n // parts : len(ranked) * (n + 1) // parts]
        if part:
            yield part
