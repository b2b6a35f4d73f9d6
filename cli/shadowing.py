"""A draft beside the published policy, at the command line: begun, stopped, and what it would have done."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain, facts, say, say_json, show, table
from cli.trials import begin, document_of, end, latest, span_of
from config.settings import Settings
from db.shadows import Beside
from models.trial import TrialKind
from policy.trials.beside import Difference
from runtime.telling_policy.shadow import COLUMNS, WORDS, Report, cells, report_of, told

SHOWN = 20
"""So many leads are shown on a terminal; a file takes all."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def start(file: str, by: str, as_json: bool) -> int:
    """Begin to judge real leads by a draft, too. Raises BadInput and RefusedByBusiness."""
    trial = begin(TrialKind.SHADOW, file, by)
    if as_json:
        say_json(document_of(trial))
    else:
        say(f"{file}: version {trial.version} looks on from now on, beside {trial.control}; it acts on nothing.")
    return Code.DONE


def stop(by: str, as_json: bool) -> int:
    """End the shadow. Raises RefusedByBusiness when none runs."""
    trial = end(TrialKind.SHADOW, by)
    if as_json:
        say_json(document_of(trial))
    else:
        say(f"version {trial.version} looks on no more; its report stays.")
    return Code.DONE


def report(out: str | None, as_json: bool) -> int:
    """Tell what the latest shadow would have done, and what was done. Raises BadInput."""
    with _opened(out) as file:
        made = reach.carry_out(_report(reach.settings(), file))
    if as_json:
        say_json(_document(made))
    else:
        _show(made)
    if out:
        complain(f"{made.leads} leads are in {out}")
    return Code.DONE


async def _report(settings: Settings, file: IO[str] | None) -> Report:
    rows = csv.writer(file) if file else None
    if rows:
        rows.writerow(COLUMNS)

    def seen(line: Beside, where: Difference | None) -> None:
        if rows:
            lead_id, _, difference, failed, *sides = cells(line, where)
            rows.writerow([lead_id, _iso(line), difference, failed, *map(_harmless, sides)])

    async with reach.store(settings) as store:
        return await report_of(store, await latest(store, TrialKind.SHADOW), seen)


def _harmless(cell: object) -> object:
    """Keep a text from being taken for a formula by whoever opens the file."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _iso(line: Beside) -> str:
    return line.at.isoformat().replace("+00:00", "Z")


@contextmanager
def _opened(out: str | None) -> Iterator[IO[str] | None]:
    """Open the file that is to be written, before anything is asked. Raises BadInput."""
    if out is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(out).open("w", encoding="utf-8", newline=""))
        except OSError as error:
            raise BadInput(f"--out: {out} cannot be written: {error.strerror}") from None
        yield file


def _document(made: Report) -> dict[str, Any]:
    return {
        **document_of(made.trial),
        "leads": made.leads,
        "failed": dict(made.failed),
        "missed": made.missed,
        "compared": made.compared,
        "agreement": made.agreement,
        "differences": {kind.value: made.differences[kind] for kind in Difference},
        "reps": {rep: {"live": made.live[rep], "draft": made.draft[rep]} for rep in made.reps},
        "differing": [
            {
                "lead_id": line.lead_id,
                "at": _iso(line),
                "difference": where.value,
                "live": line.live and asdict(line.live),
                "draft": line.draft and asdict(line.draft),
            }
            for line, where in made.differing
        ],
    }


def _show(made: Report) -> None:
    trial, share = made.trial, made.agreement
    show(
        facts(
            {
                "shadow": f"{trial.version}, beside {trial.control}",
                "runs": span_of(trial),
                "leads": made.leads,
                "not looked at": made.missed or None,
                "failed": ", ".join(f"{name} {number}" for name, number in sorted(made.failed.items())),
                "pending": made.differences[Difference.PENDING] or None,
                "agreement": None if share is None else f"{share:.1%} of {made.compared} leads",
            }
        )
    )
    kinds = [(WORDS[kind], made.differences[kind]) for kind in WORDS if made.differences[kind]]
    if kinds:
        show("", table(("differing in", "leads"), kinds))
    if reps := made.reps:
        counts = [(rep, made.live[rep], made.draft[rep], f"{made.draft[rep] - made.live[rep]:+d}") for rep in reps]
        show("", table(("rep", "live", "draft", ""), counts, "Leads"))
    if made.differing:
        rows = [(line.lead_id, where, *told(line.live), *told(line.draft)) for line, where in made.differing[:SHOWN]]
        show("", table(("lead", "in", "live", "because", "draft", "because"), rows, "Leads that would go elsewhere"))
    if len(made.differing) > SHOWN:
        say(f"({len(made.differing) - SHOWN} more; --out FILE writes every lead)")
