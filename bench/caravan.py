"""Real answers to a real offer: who of 5,822 households had insurance for a caravan (CoIL challenge 2000).

The ISLP package publishes them; they are fetched when a benchmark runs and never kept in the repository. Two rivals
give points to households. One guesses as whoever has never seen the data would; the other has looked at all of it, also
at the part that a learned score is examined on, which no score in use can.
"""

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from models.learning import LogisticModel, ScoreModel
from policy.learning.evaluating import Evaluation
from runtime.learning.fitting import fit

LOCK = Path(__file__).parent / "data" / "caravan.lock"
CACHE = Path(__file__).parent / ".cache"
INSIDE = "ISLP/data/Caravan.csv"
FOLDS = 5


def foretold(rows: Sequence[Mapping[str, str]], wrapped: Callable[[LogisticModel], ScoreModel]) -> list[float]:
    """Say of each fifth how likely its households buy, by a model of the other four: there is no time to split by.

    Everything that is chosen about a model is chosen within those four.
    """
    held, came = [answers(row) for row in rows], converted(rows)
    said = [0.0] * len(rows)
    for fold in range(FOLDS):
        learned = [n for n in range(len(rows)) if n % FOLDS != fold]
        evaluation = Evaluation(wrapped(fit([held[n] for n in learned], [came[n] for n in learned])))
        for n in range(fold, len(rows), FOLDS):
            said[n] = evaluation.likelihood(held[n])
    return said


def converted(rows: Sequence[Mapping[str, str]]) -> list[bool]:
    """Say which of the households bought."""
    return [row["Purchase"] == "Yes" for row in rows]


def households() -> list[dict[str, str]]:
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


def answers(row: Mapping[str, str]) -> frozenset[str]:
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


def guess(row: Mapping[str, str]) -> float:
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


def knowing(row: Mapping[str, str]) -> float:
    """Give points as somebody does who has seen who bought: what tells most in all of the data, and how much."""
    rules = (
        (15, int(row["PPERSAUT"]) >= 6),
        (5, int(row["APERSAUT"]) >= 2),
        (5, 3 <= int(row["PBRAND"]) <= 4),
        (15, int(row["APLEZIER"]) >= 1),
        (5, int(row["PWAPART"]) >= 1),
        (5, int(row["MKOOPKLA"]) >= 6),
        (3, int(row["MINKGEM"]) >= 5),
        (3, int(row["MOPLHOOG"]) >= 3),
        (2, int(row["MHKOOP"]) >= 6),
        (2, int(row["MAUT1"]) >= 7),
    )
    return sum(points for points, holds in rules if holds)
