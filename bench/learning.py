"""How good a learned score is on leads that it has not seen, next to points and the base rate, and what it costs.

Twice: on real answers to a real offer (the Caravan data of the CoIL challenge 2000, as the ISLP package publishes it;
fetched when this runs, never kept in the repository), and on a hundred thousand made leads through Baton's own
features. The points of the first are written by hand from what one would guess of such buyers; those of the second are
the shipped policy's. How true likelihoods are is told by fifths: said, next to what came.
"""

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from time import thread_time

from bench import scene
from bench.harness import Contest, Figure, Measure, Samples, each
from bench.learning_leads import MadeLead, made
from bench.results import Unit
from models.learning import BayesModel, LogisticModel, ModelReport, ScoreModel
from policy.learning import bayes
from policy.learning.evaluating import Evaluation
from policy.learning.features import features
from policy.learning.measures import auc, brier, calibration, lifts
from policy.scoring import score
from runtime.learning.fitting import fit

LOCK = Path(__file__).parent / "data" / "caravan.lock"
CACHE = Path(__file__).parent / ".cache"
INSIDE = "ISLP/data/Caravan.csv"

_FOLDS = 5
_FIFTHS = 5
_NEVER = 1e-9
"""Stands for a rate of nothing at all, which has no ratio to anything."""


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Make the leads and fit the models; the real ones only in full, for they are fetched."""
    contests = _synthetic(4000 if quick else 100_000, quick)
    yield contests if quick else [*contests, *_caravan()]


def _synthetic(number: int, quick: bool) -> list[Contest]:
    leads, compiled = list(made(number)), scene.policy()
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
        *_quality("made leads", said, by_points, "shipped points", theirs, rate),
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
    """Examine each fifth by a model of the other four: the data has no time to split it by."""
    rows = caravan()
    came = [row["Purchase"] == "Yes" for row in rows]
    held = [_answers(row) for row in rows]
    said = [0.0] * len(rows)
    for fold in range(_FOLDS):
        learned = [n for n in range(len(rows)) if n % _FOLDS != fold]
        evaluation = Evaluation(_wrapped(fit([held[n] for n in learned], [came[n] for n in learned])))
        for n in range(fold, len(rows), _FOLDS):
            said[n] = evaluation.likelihood(held[n])
    points = [_points(row) for row in rows]
    return _quality("Caravan", said, points, "points by hand", came, sum(came) / len(came))


def caravan() -> list[dict[str, str]]:
    """Give the Caravan data, fetched once. Raises `RuntimeError` when it cannot be."""
    if not (wheels := list(CACHE.glob("[iI][sS][lL][pP]-*.whl"))):
        CACHE.mkdir(exist_ok=True)
        words = ["download", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
        done = subprocess.run([sys.executable, "-m", "pip", *words, "--dest", str(CACHE), "-r", str(LOCK)], check=False)
        wheels = list(CACHE.glob("[iI][sS][lL][pP]-*.whl"))
        if done.returncode or not wheels:
            raise RuntimeError("the Caravan data could not be fetched: pip says why above")
    with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(INSIDE) as file:
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")))


def _answers(row: Mapping[str, str]) -> frozenset[str]:
    """Say what holds of a household: its type, and each number with the steps that it reaches."""
    found = set()
    for name, text in row.items():
        if name == "Purchase":
            continue
        value = int(text)
        if name in ("MOSTYPE", "MOSHOOFD"):
            found.add(f"{name} {value}")
            continue
        steps = range(1, value + 1) if name[0] in "PA" else (1, 3, 5, 7)
        found.update(f"{name} from {step}" for step in steps if value >= step)
    return frozenset(found)


def _points(row: Mapping[str, str]) -> float:
    """Guess at who buys insurance for a caravan: who drives, insures, can afford it, and has a family and a house."""
    rules = (
        (10, int(row["PPERSAUT"]) >= 1),
        (5, int(row["PBRAND"]) >= 1),
        (5, int(row["MKOOPKLA"]) >= 6),
        (5, int(row["MINKGEM"]) >= 5),
        (3, int(row["MOPLHOOG"]) >= 3),
        (3, int(row["MGEMLEEF"]) in (2, 3)),
        (2, int(row["MHKOOP"]) >= 6),
        (2, int(row["MAUT1"]) >= 6),
        (2, int(row["MFWEKIND"]) >= 4),
    )
    return sum(points for points, holds in rules if holds)


def _quality(
    what: str, said: Sequence[float], points: Sequence[float], rival: str, came: Sequence[bool], rate: float
) -> list[Contest]:
    """Lay out how well likelihoods rank, err, lift and come true."""
    ours, theirs = lifts(said, came)[0], lifts(points, came)[0]
    base = "saying the base rate"
    whole = sum(came)
    found = [
        _told(f"{what}: AUC", _percent(auc(said, came)), rival, _percent(auc(points, came))),
        _told(f"{what}: Brier (less is better)", _percent(brier(said, came)), base,
              _percent(brier([rate] * len(came), came))),
        _told(f"{what}: conversions in the likeliest tenth", 100 * ours.converted / whole, rival,
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
