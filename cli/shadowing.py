"""A draft beside the published policy, at the command line: begun, stopped, and what it would have done."""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from cli import reach
from cli.exits import BadInput, Code
from cli.output import complain, facts, say, say_json, show, table
from cli.trials import begin, document_of, end, latest, span_of
from config.settings import Settings
from db.shadows import Beside
from db.trials import Trial
from models.trial import TrialKind
from policy.trials.beside import AGREEING, Answer, Difference, difference

SHOWN = 20
"""So many leads are shown on a terminal; a file takes all."""

_SIDE = ("way", "points", "sla", "pool", "rule", "tie", "owner", "because", "sentence")
COLUMNS = (
    "lead_id",
    "at",
    "difference",
    "failed",
    *(f"live_{name}" for name in _SIDE),
    *(f"draft_{name}" for name in _SIDE),
)
"""The columns of `--out`."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class Report:
    """What a shadow has shown: counts, and the leads on which the two really differ."""

    trial: Trial
    leads: int = 0
    missed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    differences: Counter[Difference] = field(default_factory=Counter)
    live: Counter[str] = field(default_factory=Counter)
    draft: Counter[str] = field(default_factory=Counter)
    differing: list[tuple[Beside, Difference]] = field(default_factory=list)

    @property
    def compared(self) -> int:
        """Count the leads of which both answers are known."""
        return sum(number for kind, number in self.differences.items() if kind is not Difference.PENDING)

    @property
    def agreement(self) -> float | None:
        """Give the share of leads on which the two agree but for the turn; None without leads."""
        return sum(self.differences[kind] for kind in AGREEING) / self.compared if self.compared else None


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
    async with reach.store(settings) as store:
        made = Report(await latest(store, TrialKind.SHADOW))
        made.missed = await store.shadows.missed(made.trial)
        await _read(made, store.shadows.lines(made.trial), file)
    return made


async def _read(made: Report, lines: AsyncIterator[Beside], file: IO[str] | None) -> None:
    rows = csv.writer(file) if file else None
    if rows:
        rows.writerow(COLUMNS)
    async for line in lines:
        made.leads += 1
        where = None if line.draft is None else difference(line.live, line.draft)
        if where is None:
            made.failed[line.failed or "unknown"] += 1
        else:
            made.differences[where] += 1
        if where not in (None, Difference.PENDING):
            made.live.update([line.live.owner] if line.live and line.live.owner else [])
            made.draft.update([line.draft.owner] if line.draft and line.draft.owner else [])
            if where not in AGREEING:
                made.differing.append((line, where))
        if rows:
            sides = [*_cells(line.live), *_cells(line.draft)]
            rows.writerow([line.lead_id, _iso(line), where or "", line.failed or "", *map(_harmless, sides)])


def _cells(answer: Answer | None) -> list[Any]:
    return [getattr(answer, name, None) for name in _SIDE]


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
        "reps": {rep: {"live": made.live[rep], "draft": made.draft[rep]} for rep in _reps(made)},
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


def _reps(made: Report) -> list[str]:
    return sorted({*made.live, *made.draft})


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
    kinds = [(_WORDS[kind], made.differences[kind]) for kind in _WORDS if made.differences[kind]]
    if kinds:
        show("", table(("differing in", "leads"), kinds))
    if reps := _reps(made):
        counts = [(rep, made.live[rep], made.draft[rep], f"{made.draft[rep] - made.live[rep]:+d}") for rep in reps]
        show("", table(("rep", "live", "draft", ""), counts, "Leads"))
    if made.differing:
        rows = [(line.lead_id, where, *_told(line.live), *_told(line.draft)) for line, where in made.differing[:SHOWN]]
        show("", table(("lead", "in", "live", "because", "draft", "because"), rows, "Leads that would go elsewhere"))
    if len(made.differing) > SHOWN:
        say(f"({len(made.differing) - SHOWN} more; --out FILE writes every lead)")


_WORDS = {
    Difference.WAY: "the way",
    Difference.POOL: "the pool",
    Difference.OWNER: "whose it is",
    Difference.SLA: "the promise",
    Difference.TURN: "whose turn it was",
}


def _told(answer: Answer | None) -> tuple[str, str]:
    """Say what an answer comes to, and why."""
    if answer is None:
        return "", ""
    if answer.pool is None and answer.owner is None:
        return answer.way, answer.because
    by = answer.tie or answer.rule or "default pool"
    return f"{answer.owner or 'nobody'} in {answer.pool or 'no pool'} ({by})", answer.because
