"""Bringing leads to the simulator: from a file in whatever order, or from the database, never all of them at once.

A file's leads pass the same hygiene as at any door, and wait for their turn as text: in memory as far as that is
little, else in a file without a name, which nobody else can open and which is gone with the process. This room
refuses to decide anything.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import SEEK_END, TextIOWrapper
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import BinaryIO, Self

from models.base import Problem
from models.facts import LeadFacts
from models.lead import Touch
from policy.simulation.simulator import Simulator
from runtime.intake.rows import ENDINGS, Row, decode, format_of, newline_of, stream_rows
from runtime.simulating_rows import read_all

IN_MEMORY = 32 * 1024 * 1024
"""So many bytes of text a tape keeps in memory."""

MOST_FLAWS = 50
"""So many wrong lines are told of a file; the rest is counted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class LeadFile:
    """A file of leads, read as it is asked for; a name that does not end as lead files do is read whole at first."""

    def __init__(self, name: str, content: BinaryIO) -> None:
        self._content = content
        ending = PurePath(name).suffix.lower()
        self._format = ENDINGS[ending] if ending in ENDINGS else format_of(name, decode(content.read()))
        self.size = content.seek(0, SEEK_END)
        content.seek(0)

    def __iter__(self) -> Iterator[Row]:
        """Give row by row. Raises `FileFlaw` for what cannot be read as leads at all."""
        text = TextIOWrapper(self._content, encoding="utf-8-sig", newline=newline_of(self._format))
        try:
            yield from stream_rows(text, self._format)
        except UnicodeDecodeError:
            self._content.seek(0)
            decode(self._content.read())  # says where
            raise
        finally:
            if not self._content.closed:
                text.detach()

    @property
    def position(self) -> int:
        """Say how many bytes have been read."""
        return self._content.tell()


class Flawed(ValueError):
    """Lines of a file are no leads. Carries the first of them with what is wrong, and how many there are."""

    def __init__(self, flaws: Sequence[tuple[int, Problem]], lines: int) -> None:
        self.flaws, self.lines = tuple(flaws), lines
        super().__init__(f"{lines} lines are no leads")


class Tape:
    """Leads in the order in which they were received, whatever the order in which they were put on."""

    def __init__(self) -> None:
        self._texts = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # closed by __exit__
        self._received, self._ends = array("q"), array("q", [0])
        self.undated = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._texts.close()

    def __len__(self) -> int:
        return len(self._received)

    def put(self, text: bytes, received_at: datetime) -> None:
        """Put one lead's facts on; of two received at the same instant the one that is put on first comes first."""
        self._texts.write(text)
        self._ends.append(self._ends[-1] + len(text))
        self._received.append((received_at - _EPOCH) // _MICROSECOND)

    def __iter__(self) -> Iterator[str]:
        for place in sorted(range(len(self)), key=self._received.__getitem__):
            self._texts.seek(self._ends[place])
            yield self._texts.read(self._ends[place + 1] - self._ends[place]).decode()


def record(tape: Tape, rows: Iterable[Row], now: datetime, progress: Callable[[], None]) -> None:
    """Put a file's leads on a tape; one that names no time counts as received at `now`.

    Raises `Flawed` when a line is no lead, or has the id of one before it; every line is looked at first.
    """
    seen: dict[str, int] = {}
    flaws: list[tuple[int, Problem]] = []
    wrong = 0
    for one in read_all(rows, now):
        problems = one.problems
        if one.received_at is not None:
            first = seen.setdefault(one.lead_id, one.line)
            if first != one.line:
                problems = (Problem(field="lead_id", what=f"is that of line {first}, too"),)
            elif not wrong:
                tape.put(one.text, one.received_at)
            tape.undated += not one.dated
        if problems:
            wrong += 1
            flaws += [(one.line, problem) for problem in problems][: MOST_FLAWS - len(flaws)]
        progress()
    if wrong:
        raise Flawed(flaws, wrong)


class Replay:
    """Simulators that are fed with the same leads, so that each lead is read once."""

    def __init__(self, simulators: Sequence[Simulator], patience: timedelta) -> None:
        self._simulators, self._patience = simulators, patience
        self.leads = 0
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None

    def feed(self, facts: LeadFacts, touches: Sequence[Touch] = (), text: str | None = None) -> None:
        """Let one lead in, in every simulation."""
        for simulator in self._simulators:
            simulator.take(facts, touches, text)
        self.leads += 1
        self.first_at, self.last_at = self.first_at or facts.received_at, facts.received_at

    def play(self, tape: Tape, progress: Callable[[int], None]) -> None:
        """Let all leads of a tape in, in their order."""
        for text in tape:
            self.feed(LeadFacts.model_validate_json(text), text=text)
            progress(self.leads)
        self.finish()

    def finish(self) -> None:
        """Let those who still wait have the time that they were promised for waiting."""
        if self.last_at is not None:
            for simulator in self._simulators:
                simulator.close(self.last_at + self._patience)
