"""What a file of leads was asked to become and what became of it, and how that is told."""

import json
from dataclasses import dataclass, field

from cli.exits import Code
from cli.output import complain, say, say_json
from db.inbox import Arrival, Receipt
from runtime.dispatcher import headline


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: a file or `-`, its format, starts a second, and whether to start at all."""

    file: str
    format_name: str | None = None
    pace: float | None = None
    wait: bool = True
    as_json: bool = False

    @property
    def name(self) -> str:
        """Give what messages call the file."""
        return "stdin" if self.file == "-" else self.file


@dataclass(slots=True)
class Outcome:
    """What became of a file's leads."""

    wrong: list[tuple[int, str]] = field(default_factory=list)
    kept: list[tuple[Arrival, Receipt]] = field(default_factory=list)
    started: int = 0
    unkept: str = ""
    unstarted: str = ""

    @property
    def new(self) -> list[tuple[Arrival, Receipt]]:
        """Give the leads that nobody had let in before."""
        return [pair for pair in self.kept if pair[1].new]

    @property
    def code(self) -> Code:
        """Give the exit code: what is unreachable goes before what is wrong."""
        if self.unkept or self.unstarted:
            return Code.UNREACHABLE
        return Code.BAD_INPUT if self.wrong else Code.DONE


def safe(outcome: Outcome) -> str:
    """Say that what is not started is not lost."""
    left = len(outcome.new) - outcome.started
    if not left:
        return "Every lead that was kept is started."
    leads, them = ("1 lead is", "it") if left == 1 else (f"{left} leads are", "them")
    return f"{leads} safe in the inbox; a worker starts {them} when Temporal is there."


def tell(request: Request, outcome: Outcome) -> None:
    """Tell what became of each lead, and of the file."""
    if request.as_json:
        say_json(_document(outcome))
    else:
        for arrival, receipt in outcome.kept:
            known = "" if receipt.new else "  (was let in before; nothing is changed)"
            say(f"{arrival.lead_id}  {headline(json.loads(arrival.raw))}{known}")
        say(_summary(request, outcome))
    if outcome.unkept:
        complain(f"{outcome.unkept}.")
    if outcome.unstarted:
        complain(f"{outcome.unstarted} {safe(outcome)}")


def _summary(request: Request, outcome: Outcome) -> str:
    before = len(outcome.kept) - len(outcome.new)
    lines = len({line for line, _ in outcome.wrong})
    waiting = len(outcome.new) - outcome.started
    parts = [
        f"{len(outcome.new)} let in",
        f"{outcome.started} started" if request.wait else "",
        f"{waiting} waiting in the inbox" if waiting else "",
        f"{before} let in before" if before else "",
        f"{lines} refused (see above)" if lines else "",
    ]
    return f"{request.name}: {', '.join(part for part in parts if part)}."


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "leads": [
            {"lead_id": arrival.lead_id, "line": arrival.line, "new": receipt.new} for arrival, receipt in outcome.kept
        ],
        "import_id": next((arrival.import_id for arrival, _ in outcome.kept), None),
        "refused": [{"line": line, "what": what} for line, what in outcome.wrong],
        "started": outcome.started,
        "waiting": len(outcome.new) - outcome.started,
    }
