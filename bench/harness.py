"""How a benchmark is run: the subject and its baseline take turns (A B A B ...), several rounds, in one process.

So whatever else the machine does slows both, and their ratio stays comparable while the numbers themselves do not.
This room refuses to know what is measured.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from time import thread_time

from bench.results import By, Finding, Report, Unit, machine, spread_of
from runtime import clock

Samples = Mapping[str, Sequence[float]]
"""What one round found, by the name of the figure."""

Measure = Callable[[], Awaitable[Samples]]


@dataclass(frozen=True)
class Figure:
    """One number that a round finds, in `unit`; `by` is what of all its samples is compared."""

    name: str
    baseline: str
    unit: Unit
    by: By = By.MEDIAN


@dataclass(frozen=True)
class Contest:
    """A subject and its baseline. Each call of either is one round, and finds samples for each of the figures."""

    figures: tuple[Figure, ...]
    subject: Measure
    baseline: Measure


Prepare = Callable[[bool], AbstractAsyncContextManager[Sequence[Contest]]]
"""Set up what a benchmark needs, smaller when told to be quick; leaving it tears everything down."""


@dataclass(frozen=True)
class Benchmark:
    """A question and the contests that answer it; `rounds` when measured in full, and when quick."""

    name: str
    asks: str
    prepare: Prepare
    rounds: tuple[int, int] = (7, 2)


async def run(benchmark: Benchmark, *, quick: bool, say: Callable[[str], None]) -> Report:
    """Run one benchmark; `say` hears of each round. What goes wrong in it is raised."""
    full, few = benchmark.rounds
    rounds, facts = few if quick else full, machine()
    async with benchmark.prepare(quick) as contests:
        taken: list[tuple[Contest, list[Samples], list[Samples]]] = [(contest, [], []) for contest in contests]
        for number in range(1, rounds + 1):
            say(f"{benchmark.name}: round {number} of {rounds}")
            for contest, subjects, baselines in taken:
                subjects.append(await contest.subject())
                baselines.append(await contest.baseline())
    return Report(
        name=benchmark.name,
        asks=benchmark.asks,
        quick=quick,
        rounds=rounds,
        measured_at=clock.now(),
        machine=facts,
        findings=tuple(
            _finding(figure, [one[figure.name] for one in subjects], [one[figure.name] for one in baselines])
            for contest, subjects, baselines in taken
            for figure in contest.figures
        ),
    )


def _finding(figure: Figure, subjects: Sequence[Sequence[float]], baselines: Sequence[Sequence[float]]) -> Finding:
    subject, baseline = (spread_of([one for found in rounds for one in found]) for rounds in (subjects, baselines))
    by_round = [
        figure.unit.cost(spread_of(one).by(figure.by), spread_of(other).by(figure.by))
        for one, other in zip(subjects, baselines, strict=True)
    ]
    return Finding(
        name=figure.name,
        unit=figure.unit,
        by=figure.by,
        measured=subject,
        baseline_name=figure.baseline,
        baseline=baseline,
        ratio=figure.unit.cost(subject.by(figure.by), baseline.by(figure.by)),
        ratio_min=min(by_round),
        ratio_max=max(by_round),
    )


def rate(name: str, work: Callable[[], int], seconds: float) -> Measure:
    """Make a round of work that needs no waiting: again and again for `seconds`, and how much of it a second.

    Seconds are those of this thread on a core: what others take of it does not count. `work` answers how much it
    did, and runs once before, uncounted, so that caches are as warm as in service.
    """
    work()

    async def measure() -> Samples:
        done, began = 0, thread_time()
        while (took := thread_time() - began) < seconds:
            done += work()
        return {name: [done / took]}

    return measure


def each(name: str, work: Callable[[], object], times: int) -> Measure:
    """Make a round of work of which each time is a sample, in seconds on a core. It runs once before, uncounted."""
    work()

    async def measure() -> Samples:
        samples = []
        for _ in range(times):
            began = thread_time()
            work()
            samples.append(thread_time() - began)
        return {name: samples}

    return measure
