"""What a benchmark found: the words of `bench/results/*.json`, and the table people read.

A result names the machine by cores, Python and how busy it was; it refuses to hold its name or a path.
"""

import os
import platform
import statistics
from collections.abc import Sequence
from enum import StrEnum
from importlib.metadata import version
from importlib.util import cache_from_source
from pathlib import Path

from pydantic import Field
from rich.table import Table

from models.base import Inside, Instant
from workflows import lead

FOLDER = Path(__file__).parent / "results"


class Unit(StrEnum):
    """What a figure is counted in."""

    PER_SECOND = "per second"
    SECONDS = "seconds"
    PERCENT = "percent"

    def cost(self, subject: float, baseline: float) -> float:
        """Say how many times as much time the subject takes as its baseline; of percent, how much more."""
        return baseline / subject if self is Unit.PER_SECOND else subject / baseline

    def scale(self, value: float) -> tuple[str, float]:
        """Say how a value of this size is written: the word, and what to multiply by."""
        if self is Unit.PER_SECOND:
            return "/s", 1
        if self is Unit.PERCENT:
            return "%", 1
        return ("s", 1) if value >= 1 else ("ms", 1e3) if value >= 1e-3 else ("us", 1e6)


class By(StrEnum):
    """What of a figure's samples is compared."""

    MEDIAN = "median"
    P95 = "p95"


class Spread(Inside):
    """Samples of all rounds, summed up."""

    samples: int = Field(ge=1)
    median: float = Field(gt=0)
    p95: float = Field(gt=0)
    min: float = Field(gt=0)
    max: float = Field(gt=0)

    def by(self, which: By) -> float:
        """Give the value that is compared."""
        return self.median if which is By.MEDIAN else self.p95


class Finding(Inside):
    """One figure beside its baseline's. The ratio is of time: 3 means three times as long, of percent as much."""

    name: str
    unit: Unit
    by: By
    measured: Spread
    baseline_name: str
    baseline: Spread
    ratio: float = Field(gt=0)
    ratio_min: float = Field(gt=0, description="the smallest ratio of a single round")
    ratio_max: float = Field(gt=0, description="the largest ratio of a single round")


class Machine(Inside):
    """Where it was measured; `load` is how many processes wanted a core in the minute before.

    `bytecode`: whether Python keeps compiled modules; else the sandbox compiles the workflow for each lead.
    """

    cores: int
    processor: str
    system: str
    python: str
    temporalio: str
    bytecode: bool
    load: float


class Report(Inside):
    """All that one benchmark found."""

    name: str
    asks: str
    quick: bool = Field(description="a quick run shows that a benchmark works; its numbers say little")
    rounds: int = Field(ge=1)
    measured_at: Instant
    machine: Machine
    findings: tuple[Finding, ...] = Field(min_length=1)

    def write(self, folder: Path) -> None:
        """Write `<name>.json` into a folder, replacing the one before."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def machine() -> Machine:
    """Describe this machine as far as numbers depend on it."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        processor=platform.machine(),
        system=platform.system(),
        python=platform.python_version(),
        temporalio=version("temporalio"),
        bytecode=Path(cache_from_source(lead.__file__)).exists(),
        load=round(os.getloadavg()[0], 2),
    )


def spread_of(samples: Sequence[float]) -> Spread:
    """Sum samples up. Raises `ValueError` when there are none."""
    p95 = samples[0] if len(samples) == 1 else statistics.quantiles(samples, n=20, method="inclusive")[-1]
    return Spread(samples=len(samples), median=statistics.median(samples), p95=p95, min=min(samples), max=max(samples))


def table(reports: Sequence[Report]) -> Table:
    """Lay out what was found."""
    quick = ", quick: the numbers say little" if any(report.quick for report in reports) else ""
    made = Table(title=f"Cost against a baseline{quick}", caption=_caption(reports), title_justify="left")
    made.add_column("what")
    made.add_column("measured (min - max)", justify="right")
    made.add_column("baseline")
    made.add_column("measured (min - max)", justify="right")
    made.add_column("times as long, or much", justify="right", style="bold")
    for report in reports:
        made.add_row(f"[bold]{report.name}[/]", style="cyan")
        for one in report.findings:
            made.add_row(
                one.name,
                _measured(one, one.measured),
                one.baseline_name,
                _measured(one, one.baseline),
                f"{_digits(one.ratio)} ({_digits(one.ratio_min)} - {_digits(one.ratio_max)})",
            )
        made.add_section()
    return made


def _measured(finding: Finding, spread: Spread) -> str:
    value = spread.by(finding.by)
    word, times = finding.unit.scale(value)
    low, middle, high = (_digits(one * times) for one in (spread.min, value, spread.max))
    return f"{middle} {word}{' p95' if finding.by is By.P95 else ''} ({low} - {high})"


def _caption(reports: Sequence[Report]) -> str:
    where = reports[0].machine
    kept = "" if where.bytecode else ", compiled modules are not kept"
    return f"{where.cores} cores, {where.processor}, {where.system}, Python {where.python}{kept}, load {where.load}"


def _digits(value: float) -> str:
    """Write three digits that count, and no more."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
