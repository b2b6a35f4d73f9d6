"""How good a learned score is on leads that it has not seen, next to points and the base rate, and what it costs.

Twice: on real answers to a real offer (`bench/caravan.py`), and on a hundred thousand made leads through Baton's own
features, which are read from a database, too, and learned from as `score train` does. How true likelihoods are is told
by fifths: said, next to what came.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from time import process_time, thread_time

from bench import caravan, scene
from bench.harness import Contest, Figure, Measure, Samples, each
from bench.learning_database import Shelf, shelved
from bench.learning_leads import MadeLead, made
from bench.results import Unit
from models.learning import BayesModel, LogisticModel, ModelReport, ScoreModel
from policy.learning import bayes
from policy.learning.evaluating import Evaluation
from policy.learning.features import features
from policy.learning.measures import auc, brier, calibration, lifts
from policy.scoring import score
from runtime.learning.fitting import fit

_FIFTHS = 5
_NEVER = 1e-9
"""Stands for a rate of nothing at all, which has no ratio to anything."""


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Make the leads and fit the models; the real ones only in full, for they are fetched."""
    number = 4000 if quick else 100_000
    leads = list(made(number))
    async with shelved(leads) as shelf:
        contests = [*_synthetic(leads, quick), *_from_database(shelf)]
        yield contests if quick else [*contests, *_caravan()]


def _from_database(shelf: Shelf) -> list[Contest]:
    training = f"made leads: training on {shelf.number:,} in a database, reading and examining included"
    counting = f"made leads: counting {shelf.number:,} outcomes from before into the score that grows"
    return [
        Contest((Figure(training, "the minute that is promised", Unit.SECONDS),),
                _timed_each(training, shelf.train), _minute(training)),
        Contest((Figure(counting, "the minute that is promised", Unit.SECONDS),),
                _timed_each(counting, shelf.gather), _minute(counting)),
    ]  # fmt: skip


def _timed_each(name: str, work: Callable[[], Awaitable[None]]) -> Measure:
    """Time work on all threads: reading, and what is fitted, have their own."""

    async def measure() -> Samples:
        began = process_time()
        await work()
        return {name: [process_time() - began]}

    return measure


def _minute(name: str) -> Measure:
    async def measure() -> Samples:
        return {name: [60.0]}

    return measure


def _synthetic(leads: Sequence[MadeLead], quick: bool) -> list[Contest]:
    number, compiled = len(leads), scene.policy()
    held, came = [features(one.facts, one.touches, one.at) for one in leads], [one.converted for one in leads]
    cut = number * 3 // 4

    def train() -> LogisticModel:
        return fit(_features(leads[:cut]), came[:cut])

    def count() -> BayesModel:
        return bayes.count(zip(_features(leads[:cut]), came[:cut], strict=True))

    def points(one: MadeLead) -> float:
        return score(compiled, one.facts, one.touches, one.at)[0]

    evaluation = Evaluation(_wrapped(train()))
    grown = Evaluation(_wrapped(count()))
    later, theirs = leads[cut:], came[cut:]
    by_points = [points(one) for one in later]
    said, counted = [[one.likelihood(x) for x in held[cut:]] for one in (evaluation, grown)]
    rate = sum(came[:cut]) / cut
    known = cycle(later)

    def judge_one() -> None:
        one = next(known)
        evaluation.learned(features(one.facts, one.touches, one.at), needs=50)

    beside = cycle(later)
    times = 200 if quick else 5000
    asking = "made leads: asking about one, features and reasons included"
    return [
        *_quality("made leads", said, {"shipped points": by_points}, theirs, rate),
        _told("made leads, learning as it goes: AUC", _percent(auc(counted, theirs)), "shipped points",
              _percent(auc(by_points, theirs))),
        Contest(
            (Figure(f"made leads: fitting {cut:,}, features included", "counting them", Unit.SECONDS),),
            _timed(f"made leads: fitting {cut:,}, features included", train),
            _timed(f"made leads: fitting {cut:,}, features included", count),
        ),
        Contest(
            (Figure(asking, "adding up its points", Unit.SECONDS),),
            each(asking, judge_one, times),
            each(asking, lambda: points(next(beside)), times),
        ),
    ]  # fmt: skip


def _features(leads: Sequence[MadeLead]) -> list[frozenset[str]]:
    return [features(one.facts, one.touches, one.at) for one in leads]


def _caravan() -> list[Contest]:
    rows = caravan.households()
    came, said = caravan.converted(rows), caravan.foretold(rows, _wrapped)
    rivals = {
        "points by guess": [caravan.guess(row) for row in rows],
        "points by somebody who knows the data": [caravan.knowing(row) for row in rows],
    }
    return _quality("Caravan", said, rivals, came, sum(came) / len(came))


def _quality(
    what: str, said: Sequence[float], rivals: Mapping[str, Sequence[float]], came: Sequence[bool], rate: float
) -> list[Contest]:
    """Lay out how well likelihoods rank, err, lift and come true."""
    ours, whole = lifts(said, came)[0], sum(came)
    base = _percent(brier([rate] * len(came), came))
    found = [_told(f"{what}: Brier (less is better)", _percent(brier(said, came)), "saying the base rate", base)]
    for rival, points in rivals.items():
        theirs, beside = lifts(points, came)[0], f"{what}, beside {rival}"
        found += [
            _told(f"{beside}: AUC", _percent(auc(said, came)), rival, _percent(auc(points, came))),
            _told(f"{beside}: conversions in the likeliest tenth", 100 * ours.converted / whole, rival,
                  100 * theirs.converted / whole),
        ]  # fmt: skip
    for n, point in enumerate(calibration(said, came, _FIFTHS), start=1):
        found.append(_told(f"{what}: said of fifth {n}", 100 * point.said, "what came of it", 100 * point.came))
    return found


def _told(name: str, subject: float, rival: str, theirs: float) -> Contest:
    async def ours() -> Samples:
        return {name: [max(subject, _NEVER)]}

    async def baseline() -> Samples:
        return {name: [max(theirs, _NEVER)]}

    return Contest((Figure(name, rival, Unit.PERCENT),), ours, baseline)


def _timed(name: str, work: Callable[[], object]) -> Measure:
    async def measure() -> Samples:
        began = thread_time()
        work()
        return {name: [thread_time() - began]}

    return measure


def _percent(measure: float | None) -> float:
    if measure is None:
        raise ValueError("no lead converted, or all did: nothing is measured")
    return 100 * measure


def _wrapped(body: LogisticModel | BayesModel) -> ScoreModel:
    report = ModelReport(trained_on=0, conversions=0, tested_on=0, test_conversions=0)
    return ScoreModel(version="bench", trained_at=scene.NOON, body=body, report=report)
