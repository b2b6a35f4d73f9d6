"""Each benchmark runs, small, and writes what it found. How quick it was is nobody's business here."""

import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench import business_time, scene
from bench.__main__ import main, run_all
from bench.catalogue import BENCHMARKS
from bench.decisions import Desk
from bench.harness import Benchmark
from bench.results import Report, table
from policy.hours.calendars import due

ROOT = Path(__file__).parents[2]


@pytest.fixture
def console() -> Console:
    """A terminal that nobody sees."""
    return Console(width=200, record=True, file=StringIO())


def read(folder: Path, name: str) -> Report:
    """Read the one result in a folder, which is that of this benchmark."""
    assert [f"{name}.json"] == [file.name for file in folder.iterdir()]
    return Report.model_validate_json((folder / f"{name}.json").read_text(encoding="utf-8"))


LONG = ("engine", "recovery")
"""Each starts a whole system, as `doors` does, which stands for them in the short suite."""


def soaked(benchmark: Benchmark) -> list[pytest.MarkDecorator]:
    """Mark what belongs to the long forms."""
    return [pytest.mark.soak] if benchmark.name in LONG else []


@pytest.mark.parametrize("benchmark", [pytest.param(one, id=one.name, marks=soaked(one)) for one in BENCHMARKS])
async def test_a_benchmark_runs_and_writes_what_it_found(
    benchmark: Benchmark, tmp_path: Path, console: Console
) -> None:
    """Quick, each writes one file of its name that reads back, with every figure beside its baseline."""
    reports = await run_all([benchmark], quick=True, folder=tmp_path, console=console)
    written = read(tmp_path, benchmark.name)
    assert reports == [written]
    assert (benchmark.name, True, benchmark.rounds[1]) == (written.name, written.quick, written.rounds)
    for finding in written.findings:
        for spread in (finding.measured, finding.baseline):
            assert written.rounds <= spread.samples
            assert spread.min <= spread.median <= spread.p95 <= spread.max
        assert finding.ratio_min <= finding.ratio_max


def test_the_command_runs_one_by_name(tmp_path: Path) -> None:
    """`python -m bench --only` ends with 0, one file and a table of its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "business-time", "--into", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert read(tmp_path, "business-time").findings
    for name in business_time.BUDGETS:
        assert f"due in {name}" in done.stdout


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt benchmark ends with 2 and the names there are."""
    with pytest.raises(SystemExit) as ended:
        main(["--only", "engin"])
    assert 2 == ended.value.code
    said = capsys.readouterr().err
    assert all(one.name in said for one in BENCHMARKS)


def test_each_benchmark_is_explained() -> None:
    """The reference has a section for each, and for nothing else."""
    text = (ROOT / "docs" / "reference" / "benchmarks.md").read_text(encoding="utf-8")
    sections = [line.removeprefix("### ").strip("`") for line in text.splitlines() if line.startswith("### ")]
    assert [one.name for one in BENCHMARKS] == sections


@pytest.mark.parametrize("budget", business_time.BUDGETS.values(), ids=business_time.BUDGETS)
def test_the_naive_loop_answers_the_same_question(budget: timedelta) -> None:
    """Where zones and holidays do not matter, the baseline is right: it is compared for doing the same."""
    starts = business_time.starts()
    expected = [due(business_time.EASY, start, budget).due_at for start in starts]
    assert expected == [business_time.naive_due(start, budget) for start in starts]


def test_a_decision_looks_at_twenty() -> None:
    """Each measured decision names somebody, looks at the whole pool and says why six of it may not."""
    desk = Desk(scene.policy(), scene.many_facts())
    for facts in scene.many_facts():
        chosen = desk.decide(facts)
        assert scene.REPS == len(chosen.trace.candidates)
        assert 6 == sum(candidate.excluded is not None for candidate in chosen.trace.candidates)
        assert chosen.rep_id == chosen.trace.chosen


async def test_the_table_names_every_figure(tmp_path: Path, console: Console) -> None:
    """What is written is what is shown: each figure beside its baseline."""
    fast = [one for one in BENCHMARKS if one.name in ("decisions", "workflow-load")]
    reports = await run_all(fast, quick=True, folder=tmp_path, console=console)
    console.print(table(reports))
    shown = console.export_text()
    for report in reports:
        for finding in report.findings:
            assert finding.name in shown
            assert finding.baseline_name in shown
