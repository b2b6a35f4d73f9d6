"""`python -m bench`: run the benchmarks, write what they found, and lay it out as a table.

python -m bench                     all of them, some minutes
python -m bench --only engine       one of them (may be given several times)
python -m bench --quick             small and short: shows that they work; the numbers say little
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.catalogue import BENCHMARKS
from bench.harness import Benchmark, run
from bench.results import FOLDER, Report, table

PIPED_WIDTH = 160


async def run_all(benchmarks: Sequence[Benchmark], quick: bool, folder: Path, console: Console) -> list[Report]:
    """Run them one after the other, each written down as soon as it is done."""
    reports = []
    for benchmark in benchmarks:
        report = await run(benchmark, quick=quick, say=console.print)
        report.write(folder)
        reports.append(report)
    return reports


def main(arguments: Sequence[str]) -> int:
    """Carry out the command and give its exit code: 0 done, 2 an unknown benchmark."""
    options = _parser().parse_args(arguments)
    chosen = [one for one in BENCHMARKS if not options.only or one.name in options.only]
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    console = Console(highlight=False, width=width)
    reports = asyncio.run(run_all(chosen, options.quick, options.into, console))
    console.print(table(reports))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Baton against baselines.")
    names = [one.name for one in BENCHMARKS]
    parser.add_argument("--only", action="append", choices=names, help="run this one (may be given several times)")
    parser.add_argument("--quick", action="store_true", help="small and short: the numbers say little")
    parser.add_argument("--into", type=Path, default=FOLDER, help="where the results go (bench/results)")
    return parser


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the SDK's threads abort now and then when the interpreter ends by itself
