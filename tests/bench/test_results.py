"""What is written down: turns taken fairly, ratios that mean what they say, and nothing about who measured."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.harness import Benchmark, Contest, Figure, Samples, each, rate, run
from bench.results import By, Report, Unit, spread_of

RATE = Figure("leads", "nothing", Unit.PER_SECOND)
WAIT = Figure("wait", "no wait", Unit.SECONDS, By.P95)


def benchmark(turns: list[str]) -> Benchmark:
    """Make a benchmark of known numbers that notes who had which turn."""

    async def subject() -> Samples:
        turns.append("A")
        return {"leads": [10.0 * len(turns)], "wait": [1.0, 2.0, 6.0]}

    async def baseline() -> Samples:
        turns.append("B")
        return {"leads": [40.0], "wait": [2.0]}

    @asynccontextmanager
    async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
        turns.append("quick" if quick else "full")
        yield [Contest((RATE, WAIT), subject, baseline)]
        turns.append("torn down")

    return Benchmark("sample", "Does it count?", prepare, rounds=(3, 2))


async def measured(quick: bool = True) -> tuple[Report, list[str]]:
    """Run the sample."""
    turns: list[str] = []
    return await run(benchmark(turns), quick=quick, say=lambda _: None), turns


@pytest.mark.parametrize(("quick", "rounds", "size"), [(True, 2, "quick"), (False, 3, "full")])
async def test_subject_and_baseline_take_turns(quick: bool, rounds: int, size: str) -> None:
    """A B A B, as many rounds as are said, and the set-up is taken down after them."""
    report, turns = await measured(quick)
    assert [size, *["A", "B"] * rounds, "torn down"] == turns
    assert (rounds, quick) == (report.rounds, report.quick)


async def test_a_ratio_says_how_much_longer_it_takes() -> None:
    """A quarter of the rate takes four times as long, and so does four times the wait; 1 is no difference."""
    report, _ = await measured()
    leads, wait = report.findings
    # Samples of the rate: 20 and 40 against 40 each round.
    assert (30, 40) == (leads.measured.median, leads.baseline.median)
    assert 40 / 30 == pytest.approx(leads.ratio)
    assert (1.0, 2.0) == (leads.ratio_min, leads.ratio_max)
    assert (6, 2) == (wait.measured.samples, wait.baseline.samples)
    assert wait.measured.p95 / 2 == pytest.approx(wait.ratio)
    assert wait.measured.p95 > wait.measured.median


def test_a_spread_sums_up_every_sample() -> None:
    """Median, the 95th of a hundred, and both ends; one sample is all of them."""
    hundred = spread_of([float(n) for n in range(1, 101)])
    assert (100, 50.5, 1, 100) == (hundred.samples, hundred.median, hundred.min, hundred.max)
    assert hundred.p95 == pytest.approx(95.05)
    one = spread_of([3.0])
    assert (1, 3.0, 3.0, 3.0, 3.0) == (one.samples, one.median, one.p95, one.min, one.max)


async def test_a_round_of_work_repeats_it() -> None:
    """Work without waiting is done once to warm up and then again and again; a single time is one sample."""
    done: list[int] = []

    def work() -> int:
        done.append(1)
        return 5

    often = await rate("often", work, seconds=0.01)()
    assert 0 < often["often"][0]
    assert len(done) > 1
    done.clear()
    times = await each("each", work, times=4)()
    assert (4, 5) == (len(times["each"]), len(done))


async def test_a_result_tells_the_machine_and_not_whose_it_is(tmp_path: Path) -> None:
    """Cores, versions and load are in it; no host name and no path."""
    report, _ = await measured()
    report.write(tmp_path / "new")
    written = json.loads((tmp_path / "new" / "sample.json").read_text(encoding="utf-8"))
    expected = {"cores", "processor", "system", "python", "temporalio", "bytecode", "load"}
    assert expected == set(written["machine"])
    assert [] == [text for text in texts(written) if text.startswith("/")]
    assert report == Report.model_validate(written)


def texts(found: Any) -> list[str]:
    """List every text in JSON data."""
    if isinstance(found, dict):
        return [*found, *texts(list(found.values()))]
    if isinstance(found, list):
        return [text for one in found for text in texts(one)]
    return [found] if isinstance(found, str) else []
